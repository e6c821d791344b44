"""What single pixels tell of an attribute: a linear reading of the whole picture.

Figures composed of layers at fixed places may differ in a pixel or two. A convolutional network
trained by gradient descent hardly learns from those: other cues explain all pictures but a few,
and those few it learns by heart. A multinomial logistic regression on the pixels, fitted to its
optimum, gives each pixel the weight that it deserves.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.core.arrays import ByteArray, IntArray

__all__ = ["Details"]

PENALTY = 0.01
"""Of the squared weights of standardised pixels: next to none, as held-out pictures are composed
of the very pixels that others showed."""

STEPS = 2_000
"""L-BFGS steps at most; some 420 are needed on 10,584 pictures of 64 x 64."""

STILL, SELDOM = 5, 0.01
"""A pixel that leaves its usual level by more than so many of 255 levels in less than so large a
share of pictures has no say: its weight would rest on a few, and soft pictures would trip it."""


class Details(nn.Module):
    """Logits that are linear in the pixels; nothing as long as it is not fitted.

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
        """Whether `fit` was called."""
        return bool(self.weight.any())

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, k) of images (n, c, h, w) in [0, 1]."""
        return functional.linear(x.flatten(1), self.weight, self.bias)

    def fit(self, images: ByteArray, labels: IntArray) -> None:
        """Multinomial logistic regression by maximum likelihood, as scikit-learn has it.

        Args:
            images: uint8 (n, c, h, w).
            labels: value of each, from 0, (n,).
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        levels = images.reshape(len(images), -1)
        usual = np.median(levels, axis=0)
        moves = (np.abs(levels - usual) > STILL).mean(axis=0) >= SELDOM
        values = np.unique(labels)
        if not moves.any() or len(values) < 2:
            return
        scaler = StandardScaler()
        x = scaler.fit_transform(levels[:, moves].astype(np.float32) / 255)
        found = LogisticRegression(C=1 / PENALTY, max_iter=STEPS).fit(x, labels)
        slope, level = found.coef_, found.intercept_
        if len(values) == 2:  # one logit there, of the second value
            slope, level = np.concatenate([-slope, slope]) / 2, np.concatenate([-level, level]) / 2
        slope = slope / scaler.scale_
        level = level - slope @ scaler.mean_
        weight, bias = np.zeros(self.weight.shape), np.full(len(self.bias), level.min())
        weight[np.ix_(values, moves)] = slope
        bias[values] = level
        self.weight.copy_(torch.from_numpy(weight))
        self.bias.copy_(torch.from_numpy(bias))
