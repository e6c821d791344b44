"""Features of pictures where there is no classifier: of convolutions with random weights.

They tell textures and shapes apart well enough to compare samplers on one bundle. What they say is
comparable with nothing else, and is named after them, never after Inception.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.convention import PIXELS_FIRST
from aegen.bundles.onnx_graph import IMAGES, GraphWriter
from aegen.bundles.onnx_network import OnnxNetwork

__all__ = ["random_features"]

WIDTHS = (32, 64, 64)
SEED = 2309

Float32 = NDArray[np.float32]


def random_features(x: Float32) -> Float32:
    """Features, float32 (n, 224), of pictures ``x`` (n, h, w, c) in [0, 1].

    Three convolutions of 3 x 3 and step 2 with weights of N(0, 2 / fan-in), after each of which
    the mean over all places is a feature, and after the last the deviation too; the same weights
    always (after Saxe et al. 2011, On random weights and unsupervised feature learning).

    Example:
        >>> random_features(np.zeros((2, 8, 8, 1), np.float32)).shape
        (2, 224)
    """
    colour = np.repeat(x, 3, axis=3) if x.shape[3] == 1 else x[..., :3]
    return _network()(PIXELS_FIRST.apply(colour))


@functools.cache
def _network() -> OnnxNetwork:
    rng = np.random.default_rng(SEED)
    graph, before, parts = GraphWriter(), 3, []
    y = graph.node("Sub", IMAGES, graph.constant(np.array(0.5)))
    for width in WIDTHS:
        kernel = rng.standard_normal((width, before, 3, 3)) * np.sqrt(2 / (9 * before))
        y = graph.node("Conv", y, graph.constant(kernel), strides=(2, 2), pads=(1, 1, 1, 1))
        y = graph.node("Relu", y)
        parts.append(graph.node("ReduceMean", y, axes=(2, 3), keepdims=0))
        before = width
    gaps = graph.node("Sub", y, graph.node("ReduceMean", y, axes=(2, 3)))
    squares = graph.node("ReduceMean", graph.node("Mul", gaps, gaps), axes=(2, 3), keepdims=0)
    joined = graph.node("Concat", *parts, graph.node("Sqrt", squares), axis=1)
    return OnnxNetwork(graph.content(joined, (3, "h", "w")), Path("random convolutions"))
