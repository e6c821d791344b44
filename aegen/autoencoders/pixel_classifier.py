"""What single pixels tell of an attribute: a linear reading of the whole picture.

Figures composed of layers at fixed places may differ in a pixel or two. A convolutional network
trained by gradient descent hardly learns from those: other cues explain all pictures but a few,
and those few it learns by heart. A multinomial logistic regression on the pixels, fitted to its
optimum, gives each pixel the weight that it deserves.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.classifier_layout import SWAY
from aegen.core.arrays import BoolArray, ByteArray, IntArray
from aegen.core.errors import TrainingError

__all__ = ["Details"]

PENALTY = 0.01
"""Of the squared weights of standardised pixels: next to none, as held-out pictures are composed
of the very pixels that others showed."""

STEPS = 2_000
"""L-BFGS steps at most; some 420 are needed on 10,584 pictures of 64 x 64."""

STILL, SELDOM = 5, 0.01
"""A pixel that leaves its usual level by more than so many of 255 levels in less than so large a
share of pictures has no say: its weight would rest on a few, and soft pictures would trip it."""


BLOCK = 1_000
"""Pixels that are looked at together."""


class Details(nn.Module):
    """Log-probabilities that are linear in the pixels before they are cut off below.

    Args:
        pixels: of a picture, channels counted.
        values: of the attribute.

    Example:
        >>> Details(pixels=3 * 64 * 64, values=3)(torch.rand(2, 3, 64, 64)).shape
        torch.Size([2, 3])
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, pixels: int, values: int) -> None:
        super().__init__()
        # Buffers, as no step of the network's training moves them.
        self.register_buffer("weight", torch.zeros(values, pixels))
        self.register_buffer("bias", torch.zeros(values))

    @property
    def fitted(self) -> bool:
        """Whether any pixel has a say."""
        return bool(self.weight.any())

    def forward(self, x: Tensor) -> Tensor:
        """What to add to logits (n, k) of images (n, c, h, w) in [0, 1]: 0 to -`SWAY`."""
        logits = functional.linear(x.flatten(1), self.weight, self.bias)
        return functional.log_softmax(logits, dim=1).clamp(min=-SWAY)

    def fit(self, images: ByteArray, labels: IntArray) -> None:
        """Multinomial logistic regression by maximum likelihood, as scikit-learn has it.

        Where no pixel moves, or all pictures have one value, it stays as it was.

        ``images`` are uint8 (n, c, h, w); ``labels`` (n,) their values, from 0.

        Raises:
            TrainingError: the optimum is not reached in `STEPS` steps.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        levels = images.reshape(len(images), -1)
        moves = _moving(levels)
        values = np.unique(labels)
        if not moves.any() or len(values) < 2:
            return
        scaler = StandardScaler(copy=False)
        x = scaler.fit_transform(levels[:, moves].astype(np.float32) / 255)
        regression = LogisticRegression(C=1 / PENALTY, max_iter=STEPS)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                regression.fit(x, labels)
            except ConvergenceWarning as problem:
                raise TrainingError(
                    f"what single pixels tell was not found in {STEPS:,} steps: leave the details "
                    "of this attribute out; the network itself is trained"
                ) from problem
        slope, level = regression.coef_, regression.intercept_
        if len(values) == 2:  # one logit there, of the second value
            slope, level = np.concatenate([-slope, slope]) / 2, np.concatenate([-level, level]) / 2
        slope = slope / scaler.scale_
        level = level - slope @ scaler.mean_
        weight, bias = np.zeros(self.weight.shape), np.full(len(self.bias), level.min())
        weight[np.ix_(values, moves)] = slope
        bias[values] = level
        self.weight.copy_(torch.from_numpy(weight))
        self.bias.copy_(torch.from_numpy(bias))


def _moving(levels: ByteArray) -> BoolArray:
    """Which pixels (p,) of pictures (n, p) have a say."""
    found = np.empty(levels.shape[1], dtype=bool)
    for start in range(0, len(found), BLOCK):  # so that a whole data set is not held in float64
        block = levels[:, start : start + BLOCK].astype(np.float32)
        far = np.abs(block - np.median(block, axis=0)) > STILL
        found[start : start + BLOCK] = far.mean(axis=0) >= SELDOM
    return found
