"""How much an ONNX network computes, told from its file before any of it is run.

A node of a few bytes can make an array of gigabytes (ConstantOfShape, Expand, Tile, Concat with
itself), and onnxruntime would make it while it opens the file. ONNX's own shape inference tells
the shapes of all values from the rows' shape, without the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    import onnx

__all__ = ["Outline", "graphs"]

MOST_NODES = 20_000

ENDLESS = ("Loop", "Scan")
"""Operators whose work no shape tells."""

SMALL = 4096
"""Bytes of a tensor that may be a shape, or a number of repeats; weights have more."""

NUMBERS, NUMBERS_A_BYTE = 2**25, 8
"""Numbers that a value of one row may have, and for each byte of the file: 134 MB for small
networks; the autoencoder of Stable Diffusion makes 270 MB of 200 MB of weights."""

PRODUCTS, PRODUCTS_A_BYTE = 3 * 10**10, 5 * 10**4
"""Products that a row may cost, and for each byte of the file: some two seconds."""

Shape = tuple[int, ...]


class Outline:
    """A network without its weights.

    Args:
        model: the network.
        length: bytes of its file.

    Raises:
        InvalidInput: it has too many nodes, loops, or values that are too large whatever it takes.
    """

    def __init__(self, model: onnx.ModelProto, length: int) -> None:
        import onnx

        nodes = 0
        for graph in graphs(model):
            nodes += len(graph)
            for node in graph:
                if node.op_type in ENDLESS:
                    raise InvalidInput(
                        f"has the operator {node.op_type}, which may never end: export the "
                        "network without loops"
                    )
        if nodes > MOST_NODES:
            raise InvalidInput(f"has {nodes:,} nodes, at most {MOST_NODES:,} are run")
        self.most = NUMBERS + NUMBERS_A_BYTE * length
        self.products = PRODUCTS + PRODUCTS_A_BYTE * length
        weights = {tensor.name for tensor in model.graph.initializer}
        self.entries = [entry.name for entry in model.graph.input if entry.name not in weights]
        self.model = onnx.ModelProto()
        self.model.ir_version = model.ir_version
        self.model.opset_import.extend(model.opset_import)
        self.model.functions.extend(model.functions)
        graph = self.model.graph
        graph.name = "outline"
        graph.node.extend(model.graph.node)
        graph.input.extend(model.graph.input)
        inputs = {entry.name for entry in graph.input}
        for tensor in model.graph.initializer:
            if tensor.ByteSize() <= SMALL:
                graph.initializer.add().CopyFrom(tensor)
            elif tensor.name not in inputs:
                entry = onnx.helper.make_tensor_value_info(
                    tensor.name, tensor.data_type, tensor.dims
                )
                graph.input.append(entry)
        for output in model.graph.output:  # what a file says of its shape may be wrong
            entry = graph.output.add(name=output.name)
            entry.type.tensor_type.elem_type = output.type.tensor_type.elem_type
        self.require_bounded()

    def require_bounded(self, row: Shape | None = None) -> int:
        """Numbers of the largest value for a row of this shape, as far as shapes tell.

        Where the file states how many rows it takes at a time, it is for so many.

        Raises:
            InvalidInput: it is too large, or costs too much.
        """
        import onnx

        model = self.model
        if row is not None:
            model = onnx.ModelProto()
            model.CopyFrom(self.model)
            for entry in model.graph.input:
                if entry.name in self.entries:
                    dims = entry.type.tensor_type.shape.dim
                    batch = max(1, dims[0].dim_value) if dims else 1
                    entry.type.tensor_type.shape.Clear()
                    for side in (batch, *row):
                        entry.type.tensor_type.shape.dim.add(dim_value=side)
        try:
            found = onnx.shape_inference.infer_shapes(model, data_prop=True)
        except Exception:  # onnxruntime says of such a file what is wrong with it
            return 0
        shapes = _shapes(found)
        largest, work = 0, 0
        for name, shape in shapes.items():
            size = math.prod(shape)
            if size > self.most:
                raise InvalidInput(
                    f"makes {name!r:.60} of {size:,} numbers, at most {self.most:,} are "
                    f"made at a time by a file of its length"
                )
            largest = max(largest, size)
        for nodes in graphs(found):
            work += sum(_products(node, shapes) for node in nodes)
        if work > self.products:
            raise InvalidInput(
                f"costs {work:,} products at a time, at most {self.products:,} are computed for "
                "a file of its length"
            )
        return largest


def graphs(model: onnx.ModelProto) -> Iterator[Any]:
    """The nodes of the graph, of its functions, and of all graphs within their nodes."""
    waiting: list[Any] = [model.graph.node, *(function.node for function in model.functions)]
    while waiting:
        nodes = waiting.pop()
        yield nodes
        waiting += [graph.node for node in nodes for graph in _within(node)]


def _within(node: Any) -> Iterator[Any]:
    """The graphs that a node holds."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _shapes(model: onnx.ModelProto) -> dict[str, Shape]:
    """Shapes of all values by name; a length that is not known counts as 1."""
    found: dict[str, Shape] = {}
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        found |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        for value in (*graph.input, *graph.value_info, *graph.output):
            dims = value.type.tensor_type.shape.dim
            found[value.name] = tuple(max(1, dim.dim_value) for dim in dims)
        for node in graph.node:
            waiting += _within(node)
    return found


def _products(node: Any, shapes: dict[str, Shape]) -> int:
    """Products that a node costs, roughly: its output's numbers, times inputs of each of them."""
    made = sum(math.prod(shapes.get(name, ())) for name in node.output)
    given = [shapes.get(name, ()) for name in node.input]
    if node.op_type == "Conv" and len(given) > 1:
        return made * math.prod(given[1][1:])
    if node.op_type == "ConvTranspose" and len(given) > 1:
        return math.prod(given[0]) * math.prod(given[1][1:])
    if node.op_type in ("MatMul", "Gemm", "Einsum") and given:
        return made * max(given[0], default=1)
    if node.op_type in ("LSTM", "GRU", "RNN") and len(given) > 2:
        steps = math.prod(given[0][:2])
        return steps * (math.prod(given[1]) + math.prod(given[2]))
    if node.op_type.endswith("Pool"):
        kernels = [a.ints for a in node.attribute if a.name == "kernel_shape"]
        return int(made * max(1, *(math.prod(kernel) for kernel in kernels), 1))
    return made
