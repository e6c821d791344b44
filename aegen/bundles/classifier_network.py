"""A bundle's classifier run by onnxruntime: features of pictures, and what they say.

The weights are torch's; its graph is written down here, so that reading pictures loads no torch
(2 s in each process) and takes half the time on small pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.autoencoders.classifier_layout import SWAY, ClassifierLayout
from aegen.bundles.convention import PIXELS_FIRST
from aegen.bundles.onnx_graph import IMAGES, GraphWriter
from aegen.bundles.onnx_network import OnnxNetwork
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
        self._features = OnnxNetwork(_graph(layout, weights), path)
        heads = [f"heads.{k}" for k in range(len(layout.attributes))]
        self._heads = _linear(weights, heads, path) if heads else None
        self._details = {
            name: _linear(weights, [f"details.{k}"], path)
            for k, name in enumerate(layout.details)
            if weights[f"details.{k}.weight"].any()
        }
        self._gauge = _linear(weights, ["gauge"], path) if layout.numbers else None

    def features(self, x: Float32) -> Float32:
        """Features, float32 (n, f), not negative, of images (n, h, w, c) in [0, 1]."""
        return self._features(PIXELS_FIRST.apply(x))

    def probabilities(self, x: Float32, f: Float32 | None = None) -> dict[str, FloatArray]:
        """Probability of each value, float64 (n, k) an attribute, of images (n, h, w, c).

        ``f`` (n, f) spares the most of it where `features` was called before.
        """
        if self._heads is None:
            return {}
        attributes = self.layout.attributes
        together = self._heads(self.features(x) if f is None else f).astype(np.float64)
        ends = np.cumsum(list(attributes.values()))[:-1]
        logits = dict(zip(attributes, np.split(together, ends, axis=1), strict=True))
        for name, details in self._details.items():
            said = details(PIXELS_FIRST.apply(x).reshape(len(x), -1)).astype(np.float64)
            logits[name] = logits[name] + np.maximum(_log_softmax(said), -SWAY)
        return {name: np.exp(_log_softmax(said)) for name, said in logits.items()}

    def measured(self, x: Float32) -> dict[str, FloatArray]:
        """Each number attribute, float64 (n,), of images (n, h, w, c)."""
        if self._gauge is None:
            return {}
        units, standard = self.layout.numbers, self._gauge(self.features(x)).astype(np.float64)
        return {
            name: centre + scale * column
            for (name, (centre, scale)), column in zip(units.items(), standard.T, strict=True)
        }


def _linear(weights: Mapping[str, NDArray[Any]], names: Sequence[str], path: Path) -> OnnxNetwork:
    """Linear layers beside each other; numpy's products of a row would depend on other rows."""
    weight, bias = (
        np.concatenate([weights[f"{name}.{part}"] for name in names])
        for part in ("weight", "bias")
    )
    graph = GraphWriter()
    return OnnxNetwork(graph.content(graph.linear(IMAGES, weight, bias), weight.shape[1:]), path)


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
    embedded = graph.linear(joined, weights["embed.weight"], weights["embed.bias"])
    return graph.content(graph.node("Relu", embedded), (layout.channels, *layout.size))


def _folded(weights: Mapping[str, NDArray[Any]], stage: str) -> tuple[FloatArray, FloatArray]:
    """A convolution's kernel and bias that do what batch normalisation does behind it."""
    kernel = weights[f"{stage}.0.weight"].astype(np.float64)
    gain, bias, mean, variance = (
        weights[f"{stage}.1.{name}"].astype(np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + EPSILON)
    return kernel * scale[:, None, None, None], bias - mean * scale
