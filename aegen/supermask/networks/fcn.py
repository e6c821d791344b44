"""Fully connected network (multilayer perceptron), by default LeNet-300-100."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.supermask.plan import Dense, Elu, Flatten, Plan, Step

__all__ = ["FCN"]


class FCN(Plan):
    """Fully connected network with ELU between its layers; 266,200 weights on MNIST.

    Args:
        hidden: sizes of the hidden layers, "300-100".
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Raises:
        InvalidInput: ``hidden`` is not whole numbers with dashes between them.

    Source: LeNet-300-100 of Y. LeCun et al., Gradient-based learning (1998).

    Example:
        >>> FCN().total
        266200
    """

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
        sizes = [channels * size * size, *_sizes(hidden), classes]
        steps: list[Step] = [Flatten()]
        for k, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            steps += [Dense(f"fc{k}", inputs, outputs), Elu()]
        arguments = {"hidden": hidden, "channels": channels, "size": size, "classes": classes}
        super().__init__("fcn", arguments, (channels, size, size), classes, tuple(steps[:-1]))


def _sizes(hidden: str) -> list[int]:
    parts = hidden.split("-") if hidden else []
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= 100_000 for part in parts):
        raise InvalidInput(
            f"hidden must be sizes from 1 to 100000 with dashes between them, such as 300-100, "
            f"got {hidden!r}"
        )
    return [int(part) for part in parts]
