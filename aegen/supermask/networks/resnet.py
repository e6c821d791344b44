"""Residual networks for small images, whose batch norms are not trained."""

from __future__ import annotations

import math
from typing import ClassVar

from aegen.supermask.networks.conv import Width
from aegen.supermask.plan import Conv, Dense, Elu, GlobalMean, MaxPool, Plan, Residual, Scale, Step

__all__ = ["ResNet20", "ResNet56", "ResNet110"]

CHANNELS = (16, 32, 64)
"""Of each stage."""

FROZEN_NORM = 1 / math.sqrt(1 + 1e-3)
"""A batch norm that keeps mean 0 and variance 1 divides by sqrt(1 + epsilon)."""


class ResNet20(Plan):
    """Residual network: three stages of 16, 32 and 64 channels; 248,624 weights on CIFAR-10.

    The supermask paper's variant: a stage begins with a 1x1 convolution and a 1x1 shortcut, and
    batch norms keep their initial statistics, so each is a fixed factor. Here the stem's is one
    too.

    Args:
        width: factor of the channels; the paper has 1, 2 and 3.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Reference: K. He et al., arXiv 1512.03385; N. Koster et al., arXiv 2201.13361.

    Example:
        >>> ResNet20().total
        248624
    """

    references = ("koster2022", "he2016")

    blocks: ClassVar[int] = 3
    """Of each stage."""

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 10
    ) -> None:
        norm = Scale(FROZEN_NORM)
        widths = [max(1, round(w * width)) for w in CHANNELS]
        steps: list[Step] = [Conv("stem", channels, widths[0]), norm, Elu(), MaxPool(3, 1, 1)]
        inputs = widths[0]
        for stage, outputs in enumerate(widths, start=1):
            stride = 1 if stage == 1 else 2
            for block in range(1, self.blocks + 1):
                at = f"stage{stage}_block{block}"
                first = block == 1
                shortcut: tuple[Step, ...] = ()
                opening = Conv(f"{at}_conv1", outputs, outputs)
                if first:
                    opening = Conv(f"{at}_conv1", inputs, outputs, 1, stride, 0)
                    shortcut = (Conv(f"{at}_shortcut", inputs, outputs, 1, stride, 0), norm)
                branch = (opening, norm, Elu(), Conv(f"{at}_conv2", outputs, outputs), norm)
                # The first block's branch ends in an ELU of its own, before the sum.
                steps += [Residual((*branch, Elu()) if first else branch, shortcut), Elu()]
            inputs = outputs
        steps += [GlobalMean(), Dense("fc", inputs, classes)]
        super().__init__(
            type(self).__name__.lower(),
            {"width": width, "channels": channels, "size": size, "classes": classes},
            (channels, size, size),
            classes,
            tuple(steps),
        )


class ResNet56(ResNet20):
    """Residual network with nine blocks a stage; 834,992 weights on CIFAR-100."""

    blocks = 9

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 100
    ) -> None:
        super().__init__(width, channels, size, classes)


class ResNet110(ResNet56):
    """Residual network with eighteen blocks a stage; 1,705,904 weights on CIFAR-100."""

    blocks = 18
