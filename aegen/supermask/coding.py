"""Ternary masks as bytes, a little under their entropy; what tickets and histories are made of.

A weight's place tells much about whether it was kept: hidden units differ in how many inputs they
use, inputs in how many units use them, and neighbouring pixels are used together. So each weight
is coded as one or two yes-or-no questions (is it there? which sign?) by an arithmetic coder whose
probabilities come from several adaptive counts (layer, row, column, neighbours), blended in the
logistic domain by weights that learn as they go. The decoder learns the same, so no tables are
stored. All is done in whole numbers: every machine reads the same mask. `ticket.py` is the file.

The blend of adaptive predictions follows Mahoney, "Adaptive weighing of context models for
lossless data compression", Florida Institute of Technology CS-2005-16, 2005.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.compiled import compiled
from aegen.core.errors import InvalidInput

__all__ = ["LARGEST", "Mask", "decode", "encode", "entropy"]

Mask = NDArray[np.int8]
"""A layer's mask: -1 invert, 0 drop, +1 keep, in the shape of its weights."""

LARGEST = 1 << 27
"""Weights that one mask may have."""

FORMAT = 1
SEAL = 0xB5
"""Eight answers at the end, known beforehand: bytes that are no coded mask rarely give them."""

# Probabilities are told to the coder in 1/65536; counts keep 22 bits of them.
BITS, FINE = 16, 22
ONE = 1 << BITS
# Logits are in 1/256 and end at 12.
STEP, END = 256, 3071

INPUTS = 6
LONGEST_LAG = 1024
SAFE_SIZE = 64
PATIENCE = 1000
LEARN = 4
W0 = 20000
S_ROW, S_COLUMN, S_NEAR, S_CROWD, S_KERNEL = 20, 20, 4, 4, 4
PAIRS = 20_000_000
"""Pairs of weights looked at when distances between neighbours are sought."""


def entropy(mask: Mask) -> float:
    """Bytes of a mask whose weights are independent and only their three counts are known.

    ``-sum_k n_k log2(n_k / n) / 8``: no code that treats all weights of a layer alike is shorter.

    Args:
        mask: values -1, 0 and 1, any shape.

    Example:
        >>> entropy(np.array([1, -1, 0, 0] * 8, np.int8))
        6.0
    """
    n = mask.size
    counts = np.bincount((mask.ravel() + 1).astype(np.uint8), minlength=3)
    return -sum(int(k) * math.log2(int(k) / n) for k in counts if k) / 8


def encode(mask: Mask) -> bytes:
    """A mask as bytes: short where rows, columns or neighbourhoods differ in density.

    Args:
        mask: int8, values -1, 0 and 1; shape (out, in) or (out, in, k, k), or any other.

    Raises:
        InvalidInput: other values, or more than `LARGEST` weights.

    Example:
        >>> mask = np.zeros((100, 784), np.int8)
        >>> len(encode(mask)) < 30
        True
    """
    mask = np.asarray(mask)
    if mask.dtype != np.int8 or mask.size > LARGEST:
        raise InvalidInput(
            f"a mask must have dtype int8 and at most {LARGEST:,} weights, got {mask.dtype} "
            f"and {mask.size:,}"
        )
    rows, columns, cell = _layout(mask.shape)
    flat = np.array(mask, order="C").reshape(rows, columns)
    if flat.size and (int(flat.min()) < -1 or int(flat.max()) > 1):
        raise InvalidInput("a mask must hold -1, 0 and 1 only: -1 invert, 0 drop, 1 keep")
    lags = _lags(flat, cell)
    size = SAFE_SIZE + 5 * flat.size
    buffer = np.empty(size, np.uint8)
    used = _code(flat, buffer, lags, cell, False, *_tables())
    head = bytes([FORMAT]) + b"".join(int(lag).to_bytes(2, "little") for lag in lags)
    return head + buffer[:used].tobytes()


def decode(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `encode` made these bytes of.

    Args:
        data: the bytes, all of them and no more.
        shape: the mask's.

    Raises:
        InvalidInput: these are not the bytes of a mask of this shape, as far as can be told
            without a checksum, which the file around them has.

    Example:
        >>> mask = np.array([[1, 0, -1], [0, 0, 1]], np.int8)
        >>> bool((decode(encode(mask), (2, 3)) == mask).all())
        True
    """
    shape = tuple(int(side) for side in shape)
    size = math.prod(shape)
    if any(side < 0 for side in shape) or size > LARGEST:
        raise InvalidInput(f"a mask has at most {LARGEST:,} weights, got the shape {shape}")
    rows, columns, cell = _layout(shape)
    if len(data) < 5 or data[0] != FORMAT:
        raise InvalidInput("these bytes are no coded mask, or one of a newer aegen")
    lags = np.frombuffer(data, "<u2", 2, 1).astype(np.int64)
    mask = np.zeros((rows, columns), np.int8)
    buffer = np.frombuffer(data, np.uint8, offset=5)
    used = _code(mask, buffer.copy(), lags, cell, True, *_tables())
    if used != len(buffer):
        raise InvalidInput(f"these bytes are not those of a mask of shape {shape}, or not whole")
    return mask.reshape(shape)


def _layout(shape: Sequence[int]) -> tuple[int, int, int]:
    """Rows (units that read), columns (what they read), and columns that are one kernel."""
    rows = int(shape[0]) if len(shape) > 1 else 1
    size = math.prod(shape)
    columns = size // rows if rows else 0
    return rows, columns, max(1, math.prod(shape[2:])) if len(shape) > 2 else 1


def _lags(mask: Mask, cell: int) -> NDArray[np.int64]:
    """Two distances, beside 1 and 2, at which weights of a row are most often there together.

    In a layer that reads an image row by row these are the length of its rows and of its planes.
    """
    rows, columns = mask.shape
    longest = min(LONGEST_LAG, columns // 2)
    if longest < 4 or rows == 0:
        return np.zeros(2, np.int64)
    together = _together(mask, longest, PAIRS) / (columns - np.arange(longest + 1))
    together[:4] = 0
    if cell > 4:
        together[cell] *= 2  # the same place of the kernel before
    first = int(together.argmax())
    if together[first] <= 0:
        return np.zeros(2, np.int64)
    for lag in range(longest + 1):  # what lies beside it, or twice as far, tells little more
        if lag % first in (0, 1, first - 1) or abs(lag - first) < 3:
            together[lag] = 0
    second = int(together.argmax())
    return np.array([first, second if together[second] > 0 else 0], np.int64)


@compiled
def _together(mask: Mask, longest: int, pairs: int) -> NDArray[np.float64]:
    rows, columns = mask.shape
    found = np.zeros(longest + 1)
    there = np.empty(columns, np.int64)
    left = pairs
    step = 1
    total = 0
    for r in range(rows):
        for c in range(columns):
            if mask[r, c] != 0:
                total += 1
    share = total / max(1, rows * columns)
    if total * share * longest > pairs:
        step = int(total * share * longest / pairs) + 1
    for r in range(0, rows, step):
        n = 0
        for c in range(columns):
            if mask[r, c] != 0:
                there[n] = c
                n += 1
        for i in range(n):
            for j in range(i + 1, n):
                d = there[j] - there[i]
                if d > longest:
                    break
                found[d] += 1
                left -= 1
            if left < 0:
                return found
    return found


@functools.cache
def _tables() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Logistic function, its inverse, rates of the counts, octaves: all as whole numbers.

    From decimal arithmetic and whole roots, which come out alike everywhere.
    """
    exact = Context(prec=30, rounding=ROUND_HALF_EVEN)
    squash = np.empty(2 * END + 1, np.int64)
    for k in range(-END, END + 1):
        odds = exact.exp(exact.divide(Decimal(k), Decimal(STEP)))
        p = exact.divide(exact.multiply(odds, Decimal(ONE)), exact.add(odds, Decimal(1)))
        squash[k + END] = min(max(int(p.to_integral_value(ROUND_HALF_EVEN)), 1), ONE - 1)
    stretch = (np.searchsorted(squash, np.arange(ONE)) - END).clip(-END, END).astype(np.int16)
    rates = np.array([2 * ONE // (2 * n + 3) for n in range(PATIENCE + 1)], np.int64)
    # the whole part of log2(n) in quarters
    starts = [math.isqrt(math.isqrt(1 << k)) for k in range(4 * 16)]
    starts = [s + (s**4 < 1 << k) for k, s in enumerate(starts)]
    octaves = np.searchsorted(starts, np.arange(1 << 16), side="right").astype(np.int64) - 1
    return (
        squash.astype(np.int32),
        stretch,
        rates.astype(np.int32),
        octaves.clip(0).astype(np.int8),
    )


@compiled
def _code(
    mask: Mask,
    buffer: NDArray[np.uint8],
    lags: NDArray[np.int64],
    cell: int,
    decoding: bool,
    squash: NDArray[np.int64],
    stretch: NDArray[np.int64],
    rates: NDArray[np.int64],
    octaves: NDArray[np.int64],
) -> int:
    """Write ``mask`` to ``buffer``, or read it from there; bytes used, -1 where they are none."""
    rows, columns = mask.shape
    one, two = lags[0], lags[1]
    coder = np.array([0, 0xFFFFFFFF, 0, 0], np.int64)  # low, high, value, place
    if decoding:
        for _ in range(4):
            _take(coder, buffer)
    # where the counts of each input begin
    a_row, a_column = 1, 1 + rows
    a_near = a_column + columns
    a_crowd = a_near + 256
    a_kernel = a_crowd + 64 * 64
    size = a_kernel + 4096
    p = np.full(2 * size, 1 << (FINE - 1), np.int32)
    n = np.full(2 * size, -1, np.int16)
    n[0] = n[size] = 0
    starts = np.array([0, S_ROW, S_COLUMN, S_NEAR, S_CROWD, S_KERNEL], np.int64)
    slots = np.zeros(INPUTS, np.int64)
    logits = np.zeros(INPUTS, np.int64)
    weights = np.full((2, 4, INPUTS), W0, np.int64)
    column_counts = np.zeros(columns + 2 * LONGEST_LAG, np.int32)
    signed = np.zeros(columns + 2 * LONGEST_LAG, np.int32)
    padded = np.zeros((2, columns + 2 * LONGEST_LAG), np.int8)
    o = LONGEST_LAG
    for r in range(rows):
        above, here = padded[(r + 1) & 1], padded[r & 1]
        here[:] = 0
        in_row = 0
        row_signs = 0
        for c in range(columns):
            k = c + o
            l1, l2 = here[k - 1], here[k - 2]
            f1, f2, f3 = (
                here[k - one] if one else 0,
                here[k - one - 1] if one else 0,
                here[k - one + 1] if one else 0,
            )
            g = here[k - two] if two else 0
            u = above[k]
            crowd = 4 * column_counts[k] + 2 * (column_counts[k - 1] + column_counts[k + 1])
            if one:
                crowd += 2 * (column_counts[k - one] + column_counts[k + one])
            crowd = octaves[min(4 * crowd, 65535)] - octaves[min(r + 1, 65535)]
            crowd = min(max(crowd + 30, 0), 63)
            busy = octaves[min(64 * in_row, 65535)] - octaves[min(c + 8, 65535)]
            busy = min(max(busy + 34, 0), 63)
            slots[0] = 0
            slots[1] = a_row + r
            slots[2] = a_column + c
            near = (
                (l1 != 0)
                + 2 * (l2 != 0)
                + 4 * (f1 != 0)
                + 8 * (f2 != 0)
                + 16 * (f3 != 0)
                + 32 * (g != 0)
                + 64 * (u != 0)
            )
            slots[3] = a_near + near
            slots[4] = a_crowd + 64 * crowd + busy
            slots[5] = a_kernel + 64 * (crowd) + (c % cell) % 64
            bit = _answer(
                1 if mask[r, c] != 0 else 0,
                decoding,
                slots,
                starts,
                p,
                n,
                weights[0, 0],
                logits,
                coder,
                buffer,
                squash,
                stretch,
                rates,
            )
            if bit:
                tally = signed[k]
                slots[0] = size
                slots[1] = size + a_row + r
                slots[2] = size + a_column + c
                slots[3] = size + a_near + (l1 + 1) + 3 * (f1 + 1) + 9 * (u + 1) + 27 * (g + 1)
                slots[4] = (
                    size
                    + a_crowd
                    + (l1 + 1)
                    + 3 * (f1 + 1)
                    + 9 * (f2 + 1)
                    + 27 * (f3 + 1)
                    + 81 * (l2 + 1)
                )
                slots[5] = (
                    size
                    + a_kernel
                    + min(max(tally, -15), 15)
                    + 16
                    + 32 * (min(max(row_signs, -15), 15) + 16)
                )
                positive = _answer(
                    1 if mask[r, c] > 0 else 0,
                    decoding,
                    slots,
                    starts,
                    p,
                    n,
                    weights[1, 0],
                    logits,
                    coder,
                    buffer,
                    squash,
                    stretch,
                    rates,
                )
                s = 2 * positive - 1
                mask[r, c] = s
                here[k] = s
                column_counts[k] += 1
                signed[k] += s
                in_row += 1
                row_signs += s
        if decoding and coder[3] > len(buffer) + 4:
            return -1
    # the seal
    for k in range(8):
        bit = _coded((SEAL >> k) & 1, ONE // 2, decoding, coder, buffer)
        if bit != (SEAL >> k) & 1:
            return -1
    # The shortest number in the interval; after it the decoder reads zeros.
    place = coder[3] - (4 if decoding else 0)
    for shift in (24, 16, 8, 0):
        byte = (coder[1] >> shift) & 0xFF
        if decoding:
            if place >= len(buffer) or buffer[place] != byte:
                return -1
        else:
            buffer[place] = byte
        place += 1
        if (coder[1] >> shift) << shift >= coder[0]:
            return place
    return place


@compiled
def _answer(
    bit: int,
    decoding: bool,
    slots: NDArray[np.int64],
    starts: NDArray[np.int64],
    p: NDArray[np.int64],
    n: NDArray[np.int64],
    weights: NDArray[np.int64],
    logits: NDArray[np.int64],
    coder: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    squash: NDArray[np.int64],
    stretch: NDArray[np.int64],
    rates: NDArray[np.int64],
) -> int:
    """Code one answer with the blended probability of 1, then let counts and weights learn it."""
    total = 0
    for i in range(INPUTS):
        slot = slots[i]
        if n[slot] < 0:  # not met before: as the layer is
            p[slot] = p[slots[0]]
            n[slot] = starts[i]
        logits[i] = stretch[p[slot] >> (FINE - BITS)]
        total += weights[i] * logits[i]
    blended = squash[min(max(total >> 16, -END), END) + END]
    bit = _coded(bit, blended, decoding, coder, buffer)
    error = (bit << BITS) - blended
    for i in range(INPUTS):
        weights[i] += (logits[i] * error * LEARN + (1 << 19)) >> 20
        slot = slots[i]
        seen = n[slot]
        p[slot] += (((bit << FINE) - np.int64(p[slot])) * rates[seen]) >> 16
        if seen < PATIENCE:
            n[slot] = seen + 1
    return bit


@compiled
def _coded(
    bit: int, p: int, decoding: bool, coder: NDArray[np.int64], buffer: NDArray[np.uint8]
) -> int:
    """One answer through the arithmetic coder, whose interval is 32 bits wide."""
    width = coder[1] - coder[0]
    middle = coder[0] + (width >> BITS) * p + (((width & (ONE - 1)) * p) >> BITS)
    if decoding:
        bit = 1 if coder[2] <= middle else 0
    if bit:
        coder[1] = middle
    else:
        coder[0] = middle + 1
    while (coder[0] ^ coder[1]) & 0xFF000000 == 0:
        if decoding:
            _take(coder, buffer)
        else:
            buffer[coder[3]] = coder[1] >> 24
            coder[3] += 1
        coder[0] = (coder[0] << 8) & 0xFFFFFFFF
        coder[1] = ((coder[1] << 8) & 0xFFFFFFFF) | 0xFF
    return bit


@compiled
def _take(coder: NDArray[np.int64], buffer: NDArray[np.uint8]) -> None:
    """The decoder's next byte; zeros after the last."""
    place = coder[3]
    byte = np.int64(buffer[place]) if place < len(buffer) else np.int64(0)
    coder[2] = ((coder[2] << 8) & 0xFFFFFFFF) | byte
    coder[3] = place + 1
