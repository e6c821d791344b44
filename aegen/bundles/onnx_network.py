"""A network in the ONNX format, checked and run by onnxruntime on one thread.

No class is needed to open one and no code of its author is run. What onnxruntime would read from
elsewhere (weights in other files) or cannot run (operators of somebody's own) is refused first.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.onnx_size import Outline, graphs
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.plain_text import unfit

if TYPE_CHECKING:
    import onnx
    import onnxruntime

__all__ = ["OnnxNetwork", "in_batches"]

BATCH, BLOCK = 64, 16
"""Rows at a time, and the multiple to which the last batch is filled up.

Kernels may be chosen by batch size, so the same row in a batch of 7 and of 64 may differ in the
last bit. In multiples of 16 it did not. 64 at a time is also faster a row than 256, which leaves
the processor's cache.
"""

ALONE = 4096
"""Numbers of a row, going in or coming out, above which rows go through one at a time.

Batches gain large rows nothing (28 ms each at 80 x 160 x 3, alone or in batches of 16), and a
single picture would cost as much as sixteen.
"""

WIDE = 2**19
"""Numbers of a value inside, for one row, above which rows go alone: 64 times it is 134 MB."""

DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
"""Sets of operators that onnxruntime has itself."""

FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}

Shape = tuple[int | None, ...]
Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class OnnxNetwork:
    """A network with one input and a chosen output.

    Rows go through it in batches of a few fixed sizes, the last one filled up with zeros, and
    large rows alone, so that a row's result depends on the row alone. Threads may share one; a
    copy, or one that was sent to another process, opens the file's bytes again.

    Attributes:
        content: the bytes of the file.
        path: where they came from, for messages.
        output: name of the output that is taken; "" for the first.

    Raises:
        BundleError: no ONNX file, weights in other files, operators of somebody's own, more than
            one input, no such output, or an input that holds no floats.
    """

    content: bytes = field(repr=False)
    path: Path
    output: str = ""

    def __post_init__(self) -> None:
        model = _parsed(self.content, self.path)
        for problem in _problems(model):
            raise BundleError(self.path, problem)
        try:
            outline = Outline(model, len(self.content))
        except InvalidInput as problem:
            raise BundleError(self.path, str(problem)) from None
        object.__setattr__(self, "_outline", outline)
        object.__setattr__(self, "_widths", {})
        object.__setattr__(self, "_session", None)
        object.__setattr__(self, "_alone", {})
        self._open()

    @property
    def parameters(self) -> int:
        """Numbers that the file holds as weights, which shapes and indices are not."""
        from onnx import TensorProto

        floats = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
        graph = _parsed(self.content, self.path).graph
        return sum(math.prod(t.dims) for t in graph.initializer if t.data_type in floats)

    def exported(self, example: Float32) -> OnnxNetwork:
        """Itself: it is a file already."""
        return self

    def __deepcopy__(self, memo: Any) -> OnnxNetwork:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return OnnxNetwork, (self.content, self.path, self.output)

    def _open(self) -> onnxruntime.InferenceSession:
        session = self.__dict__["_session"]
        if session is None:
            session = _session(self.content, self.path)
            inputs, names = session.get_inputs(), [o.name for o in session.get_outputs()]
            if len(inputs) != 1:
                wants = ", ".join(i.name for i in inputs) or "none"
                raise BundleError(
                    self.path, f"has {len(inputs)} inputs ({wants}): export one that takes one"
                )
            if inputs[0].type not in FLOATS:
                raise BundleError(self.path, f"takes {inputs[0].type}, where floats are needed")
            if self.output and self.output not in names:
                raise BundleError(
                    self.path, f"has no output {self.output!r}; its outputs: {', '.join(names)}"
                )
            object.__setattr__(self, "_session", session)
        return session

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all outputs."""
        return tuple(output.name for output in self._open().get_outputs())

    @property
    def input_shape(self) -> Shape:
        """Shape of the input; None for a length that is open."""
        return _shape(self._open().get_inputs()[0])

    @property
    def output_shape(self) -> Shape:
        """Shape of the output that is taken."""
        [chosen] = [o for o in self._open().get_outputs() if o.name == self._output()]
        return _shape(chosen)

    def _output(self) -> str:
        return self.output or self.outputs[0]

    @property
    def batch(self) -> int | None:
        """Rows that it takes at a time, where that is fixed."""
        return self.input_shape[0] if self.input_shape else None

    def __call__(self, x: Float32) -> Float32:
        """What it gives for rows ``x`` (n, ...), float32 (n, ...).

        Raises:
            InvalidInput: rows that it cannot take, with onnxruntime's own reason.
        """
        return in_batches(self._run, x, self.batch or self._size(x.shape[1:]))

    def at_once(self, x: Float32) -> Float32:
        """What it gives for all rows in one batch as large as they are, where it takes any.

        The quickest way for a few rows: a batch of 16 for a single one cost 2 ms where this cost
        0.1 ms. The last bits of a row may depend on how many others come with it.

        Raises:
            InvalidInput: rows that it cannot take.
        """
        wide = self._width(x.shape[1:]) > WIDE
        return in_batches(self._run, x, self.batch or (1 if wide else max(1, len(x))))

    def _width(self, shape: tuple[int, ...]) -> int:
        """Numbers of the largest value that a row of this shape becomes, asked once a shape."""
        widths: dict[tuple[int, ...], int] = self.__dict__["_widths"]
        if shape not in widths:
            try:
                widths[shape] = self.__dict__["_outline"].require_bounded(shape)
            except InvalidInput as problem:
                raise InvalidInput(f"{self.path.name} {problem}") from None
        return widths[shape]

    def _run(self, rows: Float32) -> NDArray[Any]:
        self._width(rows.shape[1:])
        session = self._open()
        entry = session.get_inputs()[0]
        try:
            with np.errstate(over="ignore"):
                found: list[Any] = session.run(
                    [self._output()], {entry.name: rows.astype(FLOATS[entry.type])}
                )
        except Exception as problem:  # onnxruntime's errors have no base class of their own
            raise InvalidInput(
                f"{self.path.name} cannot take rows of shape {rows.shape[1:]}: {_reason(problem)}"
            ) from None
        return np.asarray(found[0])

    def _size(self, shape: tuple[int, ...]) -> int | None:
        """1 where rows of this shape are large, which a row of zeros tells; else None."""
        if shape not in self.__dict__["_alone"]:
            inside = max(self._width(shape), math.prod(shape))
            try:
                made = self._run(np.zeros((1, *shape), np.float32))
            except InvalidInput:  # it may want more than one, though it does not say so
                return 1 if inside > WIDE else None
            large = max(math.prod(shape), made.size) > ALONE or inside > WIDE
            self.__dict__["_alone"][shape] = 1 if large else None
        found: int | None = self.__dict__["_alone"][shape]
        return found


def in_batches(
    run: Callable[[Float32], NDArray[Any]], x: Float32, batch: int | None = None
) -> Float32:
    """``run`` over rows ``x`` (n, ...) in batches of a few fixed sizes, filled up with zeros.

    Args:
        run: takes rows (b, ...) and gives as many.
        x: float32 (n, ...); an empty one still tells the width of the output.
        batch: the only number of rows that ``run`` takes; None where any will do.

    Raises:
        InvalidInput: it gives another number of rows, or no numbers.
    """
    n = len(x)
    block, most = (BLOCK, BATCH) if batch is None else (batch, batch)
    filled = max(block, -(-n // block) * block)
    pieces = []
    for start in range(0, filled, most):
        stop = min(start + most, filled)
        rows = x[start:stop]
        missing = stop - start - len(rows)
        if missing:
            rows = np.concatenate([rows, np.zeros((missing, *x.shape[1:]), np.float32)])
        # A copy, into which networks may write; and with the strides of a fresh array, since torch
        # takes grey pictures with the strides of a view for channels last.
        made = np.asarray(run(np.array(rows, order="C")))
        if made.dtype.kind not in "fiu" or made.ndim < 2 or len(made) != len(rows):
            raise InvalidInput(
                f"a network gave {made.dtype} of shape {made.shape} for {len(rows)} rows: its "
                "output must hold numbers, a row for each row"
            )
        pieces.append(made.astype(np.float32))
    return np.concatenate(pieces)[:n]


def _parsed(content: bytes, path: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        raise BundleError(path, "is no ONNX file: export the network again") from None
    if not model.graph.node:
        raise BundleError(path, "is no ONNX file, or one without a network: export it again")
    return model


def _problems(model: onnx.ModelProto) -> Iterator[str]:
    """Why a network is not run."""
    import onnx

    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            yield (
                "keeps weights in another file, which a bundle cannot: save it whole, as "
                "onnx.save(onnx.load(PATH), PATH, save_as_external_data=False) does"
            )
    own = {function.domain for function in model.functions}
    if any(isinstance(name, bytes) or unfit(name) for name in set(_names(model))):
        yield "has names that are no text: export the network again"
    for graph in graphs(model):
        for node in graph:
            if node.domain not in DOMAINS | own:
                yield (
                    f"needs the operator {node.domain}.{node.op_type}, which onnxruntime does not "
                    "have: export the network with standard operators"
                )


def _names(model: onnx.ModelProto) -> Iterator[str | bytes]:
    """All names in a network: bytes where they are not UTF-8."""
    graph = model.graph
    yield from (each.name for each in (*graph.input, *graph.output, *graph.initializer))
    for nodes in graphs(model):
        for node in nodes:
            yield from (node.op_type, node.domain, node.name, *node.input, *node.output)


def _tensors(model: onnx.ModelProto) -> Iterator[Any]:
    """All tensors that the file holds."""
    graphs: list[Any] = [model.graph]
    while graphs:
        graph = graphs.pop()
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                if attribute.HasField("g"):
                    graphs.append(attribute.g)
                graphs += attribute.graphs
    for function in model.functions:
        for node in function.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors


def _session(content: bytes, path: Path) -> onnxruntime.InferenceSession:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # from 1.32 it reports to its makers
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what matters is raised
    # Memory goes back after each run: kept, it grew to 1.2 GB over runs of 0.2 GB, for no gain in
    # speed.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(
            content,
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # to which it would print what the file says, and try again
        )
    except Exception as problem:  # onnxruntime's errors have no base class of their own
        raise BundleError(path, f"cannot be run by onnxruntime ({_reason(problem)})") from None


def _shape(entry: Any) -> Shape:
    return tuple(n if isinstance(n, int) and n > 0 else None for n in entry.shape)


def _reason(problem: Exception) -> str:
    """What onnxruntime says, without its codes and places in its own source, in one line."""
    said = " ".join(str(problem).split()) or type(problem).__name__
    said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", said)
    return re.sub(r"/onnxruntime_src/\S+ .*?\) (?=[A-Z])", "", said)[:300]
