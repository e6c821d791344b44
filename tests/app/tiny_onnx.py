"""Autoencoders of two matrices as ONNX files: principal components, so what comes back is right.

``pair(x)`` gives the content of an encoder and a decoder for rows x (n, ...); pixels enter and
leave in the range that ``scale`` names, and nothing in the files says which.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

RANGES = {"unit": (1.0, 0.0), "signed": (2.0, -1.0)}
"""How values in [0, 1] become those of a network: times the first, plus the second."""


def pair(x: NDArray[Any], d: int = 4, *, scale: str = "unit") -> tuple[bytes, bytes]:
    """Contents of encoder.onnx and decoder.onnx for rows ``x`` (n, ...), as the networks see them.

    Pictures are given as (n, c, h, w) in [0, 1].
    """
    factor, shift = RANGES[scale]
    flat = x.reshape(len(x), -1).astype(np.float64) * factor + shift
    mean = flat.mean(axis=0)
    components = np.linalg.svd(flat - mean, full_matrices=False)[2][:d]
    encoder = _network(
        x.shape[1:], [("Flatten", None), ("MatMul", components.T), ("Add", -mean @ components.T)]
    )
    decoder = _network(
        (d,), [("MatMul", components), ("Add", mean), ("Reshape", np.array([-1, *x.shape[1:]]))]
    )
    return encoder, decoder


def _network(shape: tuple[int, ...], steps: list[tuple[str, Any]]) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, name = [], [], "x"
    for k, (kind, weight) in enumerate(steps):
        inputs, output = [name], f"y{k}"
        if weight is not None:
            kept = weight.astype(np.int64 if kind == "Reshape" else np.float32)
            weights.append(numpy_helper.from_array(kept, f"w{k}"))
            inputs.append(f"w{k}")
        nodes.append(helper.make_node(kind, inputs, [output]))
        name = output
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)],
        weights,
    )
    opset = [helper.make_opsetid("", 17)]
    content: bytes = helper.make_model(
        graph, opset_imports=opset, ir_version=9
    ).SerializeToString()
    return content


def zipped(images: NDArray[np.uint8], classes: list[str]) -> bytes:
    """A ZIP of pictures (n, h, w, c) in folders of their classes."""
    from PIL import Image

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for k, (image, name) in enumerate(zip(images, classes, strict=True)):
            picture = io.BytesIO()
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(picture, "PNG")
            archive.writestr(f"{name}/{k:03d}.png", picture.getvalue())
    return file.getvalue()


def saved(**arrays: NDArray[Any]) -> bytes:
    """An npz file's content."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
