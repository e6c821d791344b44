r"""Draws of order statistics: U ~ Beta(s, m + 1 - s), exact, about 10 ns each.

A beta number is g / (g + h) of two gamma numbers. Each gamma number is made from a normal one by
Marsaglia and Tsang's cube (2000); both are accepted or refused together, by one uniform number
and, nearly always, one comparison. Normal numbers come from Marsaglia and Tsang's ziggurat (2000)
with 256 layers, and bits from SplitMix64 (Steele, Lea, Flood 2014), whose state fits a register:
that is where the speed comes from. It starts where the caller's generator says, so the same
generator gives the same draws, whatever the number of threads. `empirical_beta_copula.py` uses it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray
from aegen.core.compiled import compiled

__all__ = ["draw_beta"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
BY_30, BY_27, BY_31, BY_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
BY_8, BYTE, ONE = np.uint64(8), np.uint64(255), np.uint64(1)  # unsigned: indices need no sign test
UNIT = 2.0**-53
STRIDE = np.uint64((64 * int(GOLDEN)) % 2**64)  # 64 words an entry, of which it uses two or three


def _ziggurat() -> tuple[FloatArray, FloatArray]:
    """Right ends of the 256 layers (257,) and the heights of exp(-x²/2) there (257,)."""
    last = 3.6541528853610088  # where the tail begins, so that all layers have one area
    area = last * math.exp(-0.5 * last**2) + math.sqrt(math.pi / 2) * math.erfc(last / 2**0.5)
    ends = [area * math.exp(0.5 * last**2), last]
    while len(ends) < 256:
        ends.append(math.sqrt(-2 * math.log(area / ends[-1] + math.exp(-0.5 * ends[-1] ** 2))))
    edges = np.array([*ends, 0.0])
    return edges, np.exp(-0.5 * edges**2)


EDGES, HEIGHTS = _ziggurat()
TAIL = float(EDGES[1])

# A place in a layer is a whole number of 48 bits with its sign: what one is worth there, and
# below which it lies below the curve for sure.
WORTH = EDGES * 2.0**-47
INNER = (EDGES[1:] / EDGES[:-1] * 2.0**47).astype(np.int64)


@compiled
def _word(state: np.uint64) -> np.uint64:
    """The bits that belong to a state."""
    state = (state ^ (state >> BY_30)) * MIX_1
    state = (state ^ (state >> BY_27)) * MIX_2
    return state ^ (state >> BY_31)


@compiled
def _outside(state: np.uint64, layer: np.uint64, place: np.int64) -> tuple[np.uint64, float]:
    """Finish a normal number that fell outside the rectangle of its layer (1 in 80)."""
    while True:
        x = place * WORTH[layer]
        if abs(place) < INNER[layer]:
            return state, x
        if layer == 0:
            while True:
                state += GOLDEN
                a = -math.log(1.0 - (_word(state) >> BY_11) * UNIT) / TAIL
                state += GOLDEN
                b = -math.log(1.0 - (_word(state) >> BY_11) * UNIT)
                if b + b > a * a:
                    return state, math.copysign(TAIL + a, x)
        state += GOLDEN
        height = (_word(state) >> BY_11) * UNIT
        height = HEIGHTS[layer] + height * (HEIGHTS[layer + ONE] - HEIGHTS[layer])
        if height < math.exp(-0.5 * x * x):
            return state, x
        state += GOLDEN
        word = _word(state)
        layer = word & BYTE
        place = np.int64(word) >> 16


@compiled
def draw_beta(seed: np.uint64, s: NDArray[np.int32], m: int, out: FloatArray) -> None:
    """Fill ``out`` with independent draws of Beta(s, m + 1 - s), one for each entry of ``s``.

    Both are contiguous, of one shape; the stream of bits starts at ``seed``. Each entry has words
    of its own in it, so that a refusal of one moves no other: with the same seed and another ``m``
    draws move a little instead of being drawn anew (common random numbers).
    """
    shapes = s.reshape(-1)
    drawn = out.reshape(-1)
    begin = seed
    for k in range(shapes.size):
        state = begin
        begin += STRIDE
        d_a = shapes[k] - 1 / 3
        d_b = m + 2 / 3 - shapes[k]
        while True:
            # Of each word the low byte chooses the layer, the high 48 bits the place in it; the
            # byte between, of the first, begins the number that accepts.
            state += GOLDEN
            word = _word(state)
            layer = word & BYTE
            begun = np.int64((word >> BY_8) & BYTE)
            place = np.int64(word) >> 16
            x = place * WORTH[layer]
            if abs(place) >= INNER[layer]:
                state, x = _outside(state, layer, place)
            state += GOLDEN
            word = _word(state)
            layer = word & BYTE
            place = np.int64(word) >> 16
            y = place * WORTH[layer]
            if abs(place) >= INNER[layer]:
                state, y = _outside(state, layer, place)
            p, q = x / math.sqrt(9 * d_a), y / math.sqrt(9 * d_b)
            v, w = 1 + p, 1 + q
            v, w = v * v * v, w * w * w
            # The log of the acceptance probability is d (3 log(1 + p) - 3p + 1.5 p² - p³) for each
            # of the two; its series begins -3/4 d p⁴, so it is above -1.5 d p⁴ where p > -1/2.
            pp, qq = p * p, q * q
            refused = 1.5 * (d_a * pp * pp + d_b * qq * qq)
            if p > -0.5 and q > -0.5 and begun + 1 < 256 * (1 - refused):
                break
            state += GOLDEN
            u = (begun + (_word(state) >> BY_11) * UNIT) / 256
            if v > 0 and w > 0:
                probability = d_a * (1 - v + math.log(v)) + d_b * (1 - w + math.log(w))
                if math.log(u) < 0.5 * (x * x + y * y) + probability:
                    break
        drawn[k] = d_a * v / (d_a * v + d_b * w)
