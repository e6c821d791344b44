"""VGG-style convolutional networks: pairs of 3x3 convolutions, pools, three dense layers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.supermask.plan import Conv, Dense, Elu, Flatten, MaxPool, Plan, Step, output_shape

__all__ = ["Conv2", "Conv4", "Conv6", "Conv8"]

Width = Annotated[
    float,
    Field("Factor of the number of channels and hidden units", low=0.0625, high=8, step=0.125),
]

CHANNELS = (64, 128, 256, 512)
"""Of each pair."""

HIDDEN = 256


class _VGG(Plan):
    """Pairs of 3x3 convolutions with a 2x2 max pool after each, then three dense layers; ELU.

    Args:
        width: factor of the channels (64 in the first pair) and of the 256 hidden units.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Reference: J. Frankle, M. Carbin, arXiv 1803.03635, whose Conv2 to Conv6 are small VGGs;
    masks after N. Koster et al., arXiv 2201.13361.
    """

    references = ("koster2022", "frankle2018")

    pairs: ClassVar[int]

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 10
    ) -> None:
        name = type(self).__name__.lower()
        if size < 2**self.pairs:
            raise InvalidInput(
                f"{name} halves an image {self.pairs} times: size {size} is too small"
            )
        steps: list[Step] = []
        inputs = channels
        for k in range(self.pairs):
            outputs = max(1, round(CHANNELS[k] * width))
            steps += [Conv(f"conv{2 * k + 1}", inputs, outputs), Elu()]
            steps += [Conv(f"conv{2 * k + 2}", outputs, outputs), Elu(), MaxPool()]
            inputs = outputs
        steps.append(Flatten())
        [features] = output_shape(tuple(steps), (channels, size, size))
        hidden = max(1, round(HIDDEN * width))
        steps += [Dense("fc1", features, hidden), Elu(), Dense("fc2", hidden, hidden), Elu()]
        steps.append(Dense("fc3", hidden, classes))
        arguments = {"width": width, "channels": channels, "size": size, "classes": classes}
        super().__init__(name, arguments, (channels, size, size), classes, tuple(steps))


class Conv2(_VGG):
    """VGG-style network of two convolutions; 4,300,992 weights on CIFAR-10.

    Example:
        >>> Conv2(width=0.25).total
        269616
    """

    pairs = 1


class Conv4(_VGG):
    """VGG-style network of four convolutions; 2,425,024 weights on CIFAR-10."""

    pairs = 2


class Conv6(_VGG):
    """VGG-style network of six convolutions; 2,261,184 weights on CIFAR-10."""

    pairs = 3


class Conv8(_VGG):
    """VGG-style network of eight convolutions; 5,275,840 weights on CIFAR-10."""

    pairs = 4
