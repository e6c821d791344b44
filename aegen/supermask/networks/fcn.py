"""Fully connected network (multilayer perceptron), by default LeNet-300-100."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.supermask.plan import Dense, Elu, Flatten, Plan, Step

__all__ = ["FCN", "sizes"]

LARGEST = 100_000
"""Units of a layer at most."""


class FCN(Plan):
    """Fully connected network with ELU between its layers; 266,200 weights on MNIST.

    Args:
        hidden: sizes of the hidden layers, "300-100".
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Raises:
        InvalidInput: ``hidden`` is not whole numbers with dashes between them.

    Reference: LeNet-300-100 of Y. LeCun et al., Gradient-based learning (1998); masks after N.
    Koster et al., arXiv 2201.13361.

    Example:
        >>> FCN().total
        266200
    """

    references = ("koster2022", "lecun1998")

    def __init__(
        self,
        hidden: Annotated[
            str,
            Field("Sizes of the hidden layers, with a dash between two", title="Hidden layers"),
        ] = "300-100",
        channels: int = 1,
        size: int = 28,
        classes: int = 10,
    ) -> None:
        widths = [channels * size * size, *sizes(hidden), classes]
        steps: list[Step] = [Flatten()]
        for k, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            steps += [Dense(f"fc{k}", inputs, outputs), Elu()]
        arguments = {"hidden": hidden, "channels": channels, "size": size, "classes": classes}
        super().__init__("fcn", arguments, (channels, size, size), classes, tuple(steps[:-1]))


def sizes(text: str, what: str = "hidden") -> list[int]:
    """Sizes of layers, from ``300-100``; "" is none.

    Raises:
        InvalidInput: it is written otherwise.

    Example:
        >>> sizes("300-100")
        [300, 100]
    """
    parts = text.split("-") if text else []
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= LARGEST for part in parts):
        raise InvalidInput(
            f"{what} must be sizes of layers with dashes between them, such as 300-100, each from "
            f"1 to {LARGEST}, got {text!r}"
        )
    return [int(part) for part in parts]
