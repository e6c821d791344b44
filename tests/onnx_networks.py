"""ONNX files of small networks that are written down, not trained: no exporter to wait for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

__all__ = ["affine", "linear_pair", "model", "shaped"]

Float32 = NDArray[np.float32]


def model(
    nodes: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    weights: dict[str, NDArray[Any]] | None = None,
    domains: tuple[str, ...] = ("",),
) -> bytes:
    """The bytes of an ONNX file of these nodes."""
    initializers = [numpy_helper.from_array(w, name) for name, w in (weights or {}).items()]
    graph = helper.make_graph(nodes, "net", inputs, outputs, initializers)
    opsets = [helper.make_opsetid(domain, 17 if domain == "" else 1) for domain in domains]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    content: bytes = made.SerializeToString(deterministic=True)
    return content


def shaped(name: str, shape: tuple[int, ...], batch: Any = "n", kind: Any = None) -> Any:
    """An input or output of rows of ``shape``."""
    return helper.make_tensor_value_info(name, kind or TensorProto.FLOAT, [batch, *shape])


def affine(
    w: NDArray[Any],
    b: NDArray[Any],
    takes: tuple[int, ...],
    gives: tuple[int, ...],
    *,
    end: str = "Identity",
    batch: Any = "n",
    dtype: Any = np.float32,
) -> bytes:
    """Rows (n, *takes), flat, times ``w`` plus ``b``, through the operator ``end``: (n, *gives).

    ``batch`` is the number of rows that it takes, where that is fixed.
    """
    rows = -1 if isinstance(batch, str) else batch
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return model(
        [
            helper.make_node("Reshape", ["x", "flat"], ["a"]),
            helper.make_node("Gemm", ["a", "w", "b"], ["c"]),
            helper.make_node(end, ["c"], ["e"]),
            helper.make_node("Reshape", ["e", "form"], ["y"]),
        ],
        [shaped("x", takes, batch, kind)],
        [shaped("y", gives, batch, kind)],
        {
            "w": np.asarray(w, dtype),
            "b": np.asarray(b, dtype),
            "flat": np.array([rows, len(w)], np.int64),
            "form": np.array([rows, *gives], np.int64),
        },
    )


def linear_pair(
    u: NDArray[Any],
    y: NDArray[Any],
    d: int,
    *,
    code: tuple[int, ...] = (),
    end: str = "Identity",
    **options: Any,
) -> tuple[bytes, bytes]:
    """The encoder and the decoder that take rows ``u`` (n, ...) best to rows ``y`` (n, ...).

    Codes are ``d`` principal components of deviation 1; ``code`` is their shape where they are no
    vector. The decoder ends in the operator ``end``, before which it gives ``y``.
    """
    flat, wanted = (a.reshape(len(a), -1).astype(np.float64) for a in (u, y))
    mean = flat.mean(axis=0)
    axes = np.linalg.svd(flat - mean, full_matrices=False)[2][:d]
    w = axes.T / ((flat - mean) @ axes.T).std(axis=0)
    z = (flat - mean) @ w
    back = np.linalg.lstsq(np.column_stack([z, np.ones(len(z))]), wanted, rcond=None)[0]
    code = code or (d,)
    return (
        affine(w, -mean @ w, u.shape[1:], code, **options),
        affine(back[:-1], back[-1], code, y.shape[1:], end=end, **options),
    )
