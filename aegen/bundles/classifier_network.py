"""A bundle's classifier run by onnxruntime: features of pictures, and what they say.

The weights are torch's; its graph is written down here, so that reading pictures loads no torch
(2 s in each process) and takes half the time on small pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.autoencoders.classifier_layout import SWAY, ClassifierLayout
from aegen.bundles.convention import PIXELS_FIRST
from aegen.bundles.onnx_network import OnnxNetwork, in_batches
from aegen.core.arrays import FloatArray

if TYPE_CHECKING:
    import onnx

__all__ = ["ClassifierNetwork"]

OPERATORS, FORMAT = 17, 8
"""Versions of ONNX's operators and of its files."""

EPSILON = 1e-5
"""What torch adds to the variances of batch normalisation."""

Float32 = NDArray[np.float32]


class ClassifierNetwork:
    """A classifier with numpy at both ends.

    Args:
        layout: its layers.
        weights: the arrays that the layout names, of its shapes.
        path: where they came from, for messages.
    """

    def __init__(
        self, layout: ClassifierLayout, weights: Mapping[str, NDArray[Any]], path: Path
    ) -> None:
        self.layout = layout
        self._weights = {
            name: array.astype(np.float32)
            for name, array in weights.items()
            if not name.startswith("stages.")
        }
        graph = _graph(layout, weights)
        self._features = OnnxNetwork(graph.SerializeToString(), path)

    def features(self, x: Float32) -> Float32:
        """Features, float32 (n, f), not negative, of images (n, h, w, c) in [0, 1]."""
        return self._features(PIXELS_FIRST.apply(x))

    def probabilities(self, x: Float32, f: Float32 | None = None) -> dict[str, FloatArray]:
        """Probability of each value, float64 (n, k) an attribute, of images (n, h, w, c).

        ``f`` (n, f) spares the most of it where `features` was called before.
        """
        layout, f = self.layout, self.features(x) if f is None else f
        logits = {
            name: self._linear(f"heads.{k}", f).astype(np.float64)
            for k, name in enumerate(layout.attributes)
        }
        for k, name in enumerate(layout.details):
            if self._weights[f"details.{k}.weight"].any():
                pixels = PIXELS_FIRST.apply(x).reshape(len(x), -1)
                said = self._linear(f"details.{k}", pixels).astype(np.float64)
                logits[name] += np.maximum(_log_softmax(said), -SWAY)
        return {name: np.exp(_log_softmax(said)) for name, said in logits.items()}

    def measured(self, x: Float32) -> dict[str, FloatArray]:
        """Each number attribute, float64 (n,), of images (n, h, w, c)."""
        units = self.layout.numbers
        if not units:
            return {}
        standard = self._linear("gauge", self.features(x)).astype(np.float64)
        return {
            name: centre + scale * column
            for (name, (centre, scale)), column in zip(units.items(), standard.T, strict=True)
        }

    def _linear(self, name: str, rows: Float32) -> Float32:
        weight, bias = (self._weights[f"{name}.{part}"] for part in ("weight", "bias"))
        return in_batches(lambda batch: batch @ weight.T + bias, rows)


def _log_softmax(logits: FloatArray) -> FloatArray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    found: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found


def _graph(layout: ClassifierLayout, weights: Mapping[str, NDArray[Any]]) -> onnx.ModelProto:
    """Images (n, c, h, w) to features (n, f), as `aegen.autoencoders.Classifier.features`."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(array: NDArray[Any]) -> str:
        name = f"constant {len(constants)}"
        constants.append(numpy_helper.from_array(array, name))
        return name

    def node(operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operator} {len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    (top, left), (down, across) = (k // 2 for k in layout.plan.padding), layout.plan.padding
    edges = np.array([0, 0, top, left, 0, 0, down - top, across - left])
    x, summaries = node("Pad", "images", constant(edges)), []
    for k, stage in enumerate(layout.stages):
        kernel, bias = _folded(weights, f"stages.{k}")
        x = node(
            *("Conv", x, constant(kernel), constant(bias)), strides=stage.stride, pads=(1, 1, 1, 1)
        )
        x = node("Relu", x)
        if stage.pool:
            x = node("MaxPool", x, kernel_shape=stage.pool, strides=stage.pool)
        if layout.fine:
            summaries.append(node("ReduceMean", x, axes=(2, 3), keepdims=0))
            summaries.append(node("Flatten", node("GlobalMaxPool", x)))
    joined = node("Concat", node("Flatten", x), *summaries, axis=1)
    weight, bias = (weights[f"embed.{part}"].astype(np.float32) for part in ("weight", "bias"))
    last = node("Relu", node("Gemm", joined, constant(weight), constant(bias), transB=1))
    images = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, ("n", layout.channels, *layout.size)
    )
    features = helper.make_tensor_value_info(last, TensorProto.FLOAT, ("n", layout.features))
    graph = helper.make_graph(nodes, "features", [images], [features], constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPERATORS)], ir_version=FORMAT
    )


def _folded(weights: Mapping[str, NDArray[Any]], stage: str) -> tuple[Float32, Float32]:
    """A convolution's kernel and bias that do what batch normalisation does behind it."""
    kernel = weights[f"{stage}.0.weight"].astype(np.float64)
    gain, bias, mean, variance = (
        weights[f"{stage}.1.{name}"].astype(np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + EPSILON)
    folded = kernel * scale[:, None, None, None]
    return folded.astype(np.float32), (bias - mean * scale).astype(np.float32)
