"""What Conv2 to Conv8 share: pairs of 3x3 convolutions, a pool after each, then dense layers."""

from __future__ import annotations

from typing import Annotated, Any

from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.supermask.plan import Conv, Dense, Elu, Flatten, MaxPool, Step, output_shape

__all__ = ["Width", "pairs"]

Width = Annotated[
    float,
    Field("Factor of the number of channels and hidden units", low=0.0625, high=8, step=0.125),
]

WIDTHS = (64, 128, 256, 512)
"""Channels of each pair."""

HIDDEN = 256


def pairs(
    name: str, count: int, width: float, channels: int, size: int, classes: int
) -> tuple[str, dict[str, Any], tuple[int, int, int], int, tuple[Step, ...]]:
    """What `Plan` takes, of a network with ``count`` pairs of convolutions."""
    if size < 2**count:
        raise InvalidInput(f"{name} halves an image {count} times: size {size} is too small")
    steps: list[Step] = []
    inputs = channels
    for k in range(count):
        outputs = max(1, round(WIDTHS[k] * width))
        steps += [Conv(f"conv{2 * k + 1}", inputs, outputs), Elu()]
        steps += [Conv(f"conv{2 * k + 2}", outputs, outputs), Elu(), MaxPool()]
        inputs = outputs
    steps.append(Flatten())
    [features] = output_shape(tuple(steps), (channels, size, size))
    hidden = max(1, round(HIDDEN * width))
    steps += [Dense("fc1", features, hidden), Elu(), Dense("fc2", hidden, hidden), Elu()]
    steps.append(Dense("fc3", hidden, classes))
    arguments = {"width": width, "channels": channels, "size": size, "classes": classes}
    return name, arguments, (channels, size, size), classes, tuple(steps)
