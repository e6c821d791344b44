"""How a picture is halved, layer by layer, until a few pixels are left; without torch.

A picture that is not square has its longer side halved first, by itself, until both sides need as
many halvings; a side that a step leaves alone has a kernel of three there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aegen.autoencoders.networks._size import Size, sides
from aegen.core.errors import InvalidInput

__all__ = ["Halvings", "Pair", "chosen_widths", "halved"]

WIDEST = 512
"""Channels after the last halving, at most. With them doubled at each halving every layer does the
same work, so a large picture, which begins narrower, costs little more than one of 128 x 128."""

Pair = tuple[int, int]
"""Down and across."""


@dataclass(frozen=True)
class Halvings:
    """How a picture is halved, step by step.

    Attributes:
        padding: rows and columns of zeros that it needs to be halved evenly.
        inner: height and width that are left.
        strides: those of each step, down and across.
    """

    padding: Pair
    inner: Pair
    strides: tuple[Pair, ...]

    @property
    def kernels(self) -> tuple[Pair, ...]:
        """Sizes of the kernels of each step, for a padding of one."""
        return tuple((2 + down, 2 + across) for down, across in self.strides)


def chosen_widths(widths: Sequence[int] | None, size: Size, first: int = 32) -> tuple[int, ...]:
    """``widths`` as given, or doubled from ``first`` until at most 4 pixels a side are left.

    The first is halved as long as the last would be above 512.

    Raises:
        InvalidInput: none, or one that is not positive.

    Example:
        >>> chosen_widths(None, 64), chosen_widths(None, (80, 160))
        ((32, 64, 128, 256), (16, 32, 64, 128, 256, 512))
    """
    if widths is not None:
        given = tuple(int(w) for w in widths)
        if not given or min(given) < 1:
            raise InvalidInput(f"widths must be one or more positive numbers, got {widths!r}")
        return given
    steps = _needed(max(sides(size)))
    while first * 2 ** (steps - 1) > WIDEST:
        first //= 2
    return tuple(first * 2**k for k in range(steps))


def halved(size: Size, steps: int) -> Halvings:
    """How a picture is halved in so many steps.

    Raises:
        InvalidInput: one pixel would be left.

    Example:
        >>> halved(28, 3)
        Halvings(padding=(4, 4), inner=(4, 4), strides=((2, 2), (2, 2), (2, 2)))
        >>> halved((8, 16), 2).strides
        ((1, 2), (2, 2))
    """
    pair = sides(size)
    most = max(_needed(side) for side in pair)
    times = [max(0, steps - most + _needed(side)) for side in pair]
    inner = [-(-side // 2**k) for side, k in zip(pair, times, strict=True)]
    if min(inner) < 2:
        raise InvalidInput(f"size {size} cannot be halved {steps} times: give fewer widths")
    padding = [n * 2**k - side for n, k, side in zip(inner, times, pair, strict=True)]
    down, across = ([1] * (steps - k) + [2] * k for k in times)
    return Halvings(
        (padding[0], padding[1]), (inner[0], inner[1]), tuple(zip(down, across, strict=True))
    )


def _needed(side: int) -> int:
    """Halvings of a side, one at least, until at most 4 pixels are left."""
    steps = 1
    while side > 4 * 2**steps:
        steps += 1
    return steps
