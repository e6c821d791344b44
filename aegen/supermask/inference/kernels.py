"""The compiled loops of `engine.py`: sums of added and subtracted lists, and ELU.

Values lie as (channels, height, width, images): one weight concerns a run of neighbouring numbers,
a whole plane of all images at once, which the processor adds several at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aegen.core.compiled import compiled

__all__ = ["add_lists", "add_one", "elu", "multiply_lists"]

Floats = NDArray[np.float32]
Places = NDArray[np.int32]

Index = np.uint64
"""Without a sign, so that no loop has to look whether it counts from the end."""

ONE, TWO, THREE, FOUR = Index(1), Index(2), Index(3), Index(4)

CHUNK = 2048
"""Numbers summed at a time, so that the sum stays in the fastest cache."""

BLOCK = 256
"""Numbers that ELU takes at a time."""

# exp(x) = 2^k exp(f), |f| <= ln(2) / 2: k is rounded by adding MAGIC, whose last bits then hold
# it; Taylor's polynomial for the rest, its first neglected term is 1.2e-7.
MAGIC = np.float32(1.5 * 2.0**23)
PER_LN_2 = np.float32(1.44269504)
LN_2_HIGH, LN_2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
LEAST = np.float32(-80.0)
NONE, WHOLE = np.float32(0), np.float32(1)
C2, C3, C4 = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24)
C5, C6 = np.float32(1 / 120), np.float32(1 / 720)


@compiled
def add_lists(
    x: Floats, unit: int, places: Places, ends: Places, scale: float, length: int, out: Floats
) -> None:
    """Each row of ``out``: what is on its first list, less what is on its second, times ``scale``.

    ``out[o, :] = scale * (sum_{p in keep_o} x[p * unit :] - sum_{p in invert_o} x[p * unit :])``,
    each term ``length`` numbers long.

    Args:
        x: all values one after the other.
        unit: numbers that belong to one place: images worked on together.
        places: all lists one after the other.
        ends: where each row's first and second list end, shape (rows, 2).
        scale: the size of the weights.
        length: of a row that is used.
        out: all rows one after the other, overwritten; the same number of values in each.
    """
    size = np.float32(scale)
    row = Index(len(out) // max(len(ends), 1))
    step = Index(unit)
    for begin in range(0, length, CHUNK):
        start = Index(begin)
        width = Index(min(CHUNK, length - begin))
        j = Index(0)
        for o in range(len(ends)):
            to = Index(o) * row + start
            for k in range(width):
                out[to + k] = NONE
            end = Index(ends[o, 0])
            while j + FOUR <= end:  # four at a time: the sum is fetched and put back less often
                a = Index(places[j]) * step + start
                b = Index(places[j + ONE]) * step + start
                c = Index(places[j + TWO]) * step + start
                d = Index(places[j + THREE]) * step + start
                for k in range(width):
                    out[to + k] += (x[a + k] + x[b + k]) + (x[c + k] + x[d + k])
                j += FOUR
            while j < end:
                a = Index(places[j]) * step + start
                for k in range(width):
                    out[to + k] += x[a + k]
                j += ONE
            end = Index(ends[o, 1])
            while j + FOUR <= end:
                a = Index(places[j]) * step + start
                b = Index(places[j + ONE]) * step + start
                c = Index(places[j + TWO]) * step + start
                d = Index(places[j + THREE]) * step + start
                for k in range(width):
                    out[to + k] -= (x[a + k] + x[b + k]) + (x[c + k] + x[d + k])
                j += FOUR
            while j < end:
                a = Index(places[j]) * step + start
                for k in range(width):
                    out[to + k] -= x[a + k]
                j += ONE
            for k in range(width):
                out[to + k] *= size


@compiled
def add_one(x: Floats, places: Places, ends: Places, scale: float, out: Floats) -> None:
    """`add_lists` for one number a place: a dense layer on one image; ``out`` (rows, 1)."""
    size = np.float32(scale)
    first = 0
    for o in range(len(ends)):
        added, taken = NONE, NONE
        for j in range(first, ends[o, 0]):
            added += x[places[j]]
        for j in range(ends[o, 0], ends[o, 1]):
            taken += x[places[j]]
        out[o, 0] = (added - taken) * size
        first = ends[o, 1]


@compiled
def multiply_lists(
    x: Floats, unit: int, places: Places, ends: Places, values: Floats, length: int, out: Floats
) -> None:
    """`add_lists` where each weight has a size of its own, with its sign, in ``values``."""
    row = Index(len(out) // max(len(ends), 1))
    step = Index(unit)
    for begin in range(0, length, CHUNK):
        start = Index(begin)
        width = Index(min(CHUNK, length - begin))
        j = Index(0)
        for o in range(len(ends)):
            to = Index(o) * row + start
            for k in range(width):
                out[to + k] = NONE
            end = Index(ends[o, 1])
            while j < end:
                a = Index(places[j]) * step + start
                value = values[j]
                for k in range(width):
                    out[to + k] += value * x[a + k]
                j += ONE


@compiled
def elu(x: Floats) -> None:
    """Replace each x (n,) below 0 by ``exp(x) - 1``."""
    rounded = np.empty(BLOCK, np.float32)
    powers = np.empty(BLOCK, np.float32)
    bits = rounded.view(np.int32)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        n = len(part)
        for k in range(n):
            low = max(min(part[k], NONE), LEAST)
            rounded[k] = low * PER_LN_2 + MAGIC
            whole = rounded[k] - MAGIC
            f = (low - whole * LN_2_HIGH) - whole * LN_2_LOW
            p = C2 + f * (C3 + f * (C4 + f * (C5 + f * C6)))
            powers[k] = WHOLE + f * (WHOLE + f * p)
        for k in range(n):
            bits[k] = (bits[k] << np.int32(23)) + np.int32(0x3F800000)
        for k in range(n):
            part[k] = max(part[k], NONE) + (powers[k] * rounded[k] - WHOLE)
