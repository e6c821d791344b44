"""A bundle's classifier run by onnxruntime: features of pictures, and what they say.

The weights are torch's; its graph is written down here, so that reading pictures loads no torch
(2 s in each process) and takes half the time on small pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.autoencoders.classifier_layout import SWAY, ClassifierLayout
from aegen.bundles.convention import PIXELS_FIRST
from aegen.bundles.onnx_graph import IMAGES, GraphWriter
from aegen.bundles.onnx_network import OnnxNetwork, in_batches
from aegen.core.arrays import FloatArray

__all__ = ["ClassifierNetwork"]

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
        self._features = OnnxNetwork(_graph(layout, weights), path)

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


def _graph(layout: ClassifierLayout, weights: Mapping[str, NDArray[Any]]) -> bytes:
    """Images to features, as `aegen.autoencoders.Classifier.features`, in the ONNX format."""
    graph = GraphWriter()
    (top, left), (down, across) = (k // 2 for k in layout.plan.padding), layout.plan.padding
    edges = np.array([0, 0, top, left, 0, 0, down - top, across - left])
    x, summaries = graph.node("Pad", IMAGES, graph.constant(edges)), []
    for k, stage in enumerate(layout.stages):
        folded = map(graph.constant, _folded(weights, f"stages.{k}"))
        x = graph.node("Conv", x, *folded, strides=stage.stride, pads=(1, 1, 1, 1))
        x = graph.node("Relu", x)
        if stage.pool:
            x = graph.node("MaxPool", x, kernel_shape=stage.pool, strides=stage.pool)
        if layout.fine:
            summaries.append(graph.node("ReduceMean", x, axes=(2, 3), keepdims=0))
            summaries.append(graph.node("Flatten", graph.node("GlobalMaxPool", x)))
    joined = graph.node("Concat", graph.node("Flatten", x), *summaries, axis=1)
    embed = (graph.constant(weights[f"embed.{part}"]) for part in ("weight", "bias"))
    features = graph.node("Relu", graph.node("Gemm", joined, *embed, transB=1))
    return graph.bytes(features, (layout.channels, *layout.size))


def _folded(weights: Mapping[str, NDArray[Any]], stage: str) -> tuple[FloatArray, FloatArray]:
    """A convolution's kernel and bias that do what batch normalisation does behind it."""
    kernel = weights[f"{stage}.0.weight"].astype(np.float64)
    gain, bias, mean, variance = (
        weights[f"{stage}.1.{name}"].astype(np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + EPSILON)
    return kernel * scale[:, None, None, None], bias - mean * scale
