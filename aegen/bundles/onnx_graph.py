"""Writes a network of our own in the ONNX format, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

__all__ = ["IMAGES", "GraphWriter"]

OPERATORS, FORMAT = 17, 8
"""Versions of ONNX's operators and of its files."""

IMAGES = "images"
"""The input, float32 (n, ...): images (n, c, h, w), or rows of numbers."""


class GraphWriter:
    """A graph from `IMAGES` to one output.

    Example:
        >>> graph = GraphWriter()
        >>> flat = graph.node("Flatten", IMAGES)
        >>> flat, len(graph.content(flat, (1, 8, 8))) > 100
        ('Flatten 0', True)
    """

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, array: NDArray[Any]) -> str:
        """Name of a value that is always the same; real ones are in single precision."""
        from onnx import numpy_helper

        name = f"constant {len(self._constants)}"
        with np.errstate(over="ignore"):
            kept = array.astype(np.float32) if array.dtype.kind == "f" else array
        self._constants.append(numpy_helper.from_array(kept, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Name of what an operator makes of others."""
        from onnx import helper

        name = f"{operator} {len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def linear(self, rows: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        """Name of rows (n, k) times a weight (m, k), plus a bias (m,)."""
        return self.node("Gemm", rows, self.constant(weight), self.constant(bias), transB=1)

    def content(self, output: str, shape: Sequence[int | str]) -> bytes:
        """The file that gives ``output`` for rows of a shape; a length with a name is any."""
        from onnx import TensorProto, helper

        images = helper.make_tensor_value_info(IMAGES, TensorProto.FLOAT, ("n", *shape))
        made = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self._nodes, "network", [images], [made], self._constants)
        versions = [helper.make_opsetid("", OPERATORS)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=FORMAT)
        found: bytes = model.SerializeToString()
        return found
