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
HEAD = 6
SEAL = 0xB5
"""Eight answers at the end, known beforehand: bytes that are no coded mask rarely give them."""

BITS, FINE = 16, 22
"""Bits of a probability as the coder takes it, and as counts keep it."""

ONE = 1 << BITS
STEP, END = 256, 3071
"""Logits are whole numbers of 1/256, and end at 12."""

PATIENCE = 1000
"""Answers after which a count forgets as fast as it learns."""

LEARNING = 8
"""How fast the blend learns; found on masks of trained networks, as all that follows."""

EVEN = 13_000
"""What each input weighs in the beginning, of 65536."""

INPUTS = 6
TRUST = (0, 10, 10, 4, 4, 4)
"""A count that begins counts as if it had seen that many answers like the layer's."""

# The slots of one question's counts: its rows and columns come after these.
FIRST, NEAR, CROWD, OTHER, EACH = 0, 128, 384, 4480, 8576

LONGEST_LAG = 1024
PAIRS = 20_000_000
"""Pairs of weights looked at when distances between neighbours are sought."""

MOST_GROUPED = 64
GROUPED = 100_000
"""Smaller masks are not asked group by group, which is five times faster and 2 % longer."""


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
    group = _group(flat)
    buffer = np.empty(64 + 7 * flat.size, np.uint8)  # the worst: 16 bits an answer
    if group:
        told = _lags(flat, cell)
        used = _code(flat, buffer, told, cell, group, False, *_tables(), *_room(flat.shape, group))
    else:
        told = _shares(flat)
        used = _code_evenly(flat.reshape(-1), buffer, told, False, _coder())
    head = bytes([FORMAT, group]) + told.astype("<u2").tobytes()
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
    if len(data) < HEAD or data[0] != FORMAT or data[1] > MOST_GROUPED:
        raise InvalidInput("these bytes are no coded mask, or one of a newer aegen")
    told = np.frombuffer(data, "<u2", 2, 2).astype(np.int64)
    mask = np.zeros((rows, columns), np.int8)
    buffer = np.frombuffer(data, np.uint8, offset=HEAD).copy()
    used = -1
    group = data[1]
    if not group and told.min() > 0:
        used = _code_evenly(mask.reshape(-1), buffer, told, True, _coder())
    elif group and told.max() <= LONGEST_LAG:
        used = _code(mask, buffer, told, cell, group, True, *_tables(), *_room(mask.shape, group))
    if used != len(buffer):
        raise InvalidInput(f"these bytes are not those of a mask of shape {shape}, or not whole")
    return mask.reshape(shape)


def _group(mask: Mask) -> int:
    """How many neighbours are first asked about together: more where few weights are there.

    Large masks of which much is there are not modelled at all (0): they are those of the first
    epochs, nearly even, and many.
    """
    if mask.size < GROUPED:
        return 1
    there = max(1, int(np.count_nonzero(mask)))
    group = 1
    while group < MOST_GROUPED and 8 * 2 * group * there <= mask.size:
        group *= 2
    return group if group > 1 else 0


def _shares(mask: Mask) -> NDArray[np.int64]:
    """Of 65536: how many weights are there, and how many of those are kept."""
    there = int(np.count_nonzero(mask))
    kept = int(np.count_nonzero(mask > 0))
    shares = ONE * there // max(mask.size, 1), ONE * kept // max(there, 1)
    return np.array(shares, np.int64).clip(1, ONE - 1)


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
    if 4 < cell <= longest:
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


def _room(shape: tuple[int, int], group: int) -> tuple[NDArray[Any], ...]:
    """What `_code` works in, as it is in the beginning; made here, as compiling it takes time."""
    rows, columns = shape
    # Three questions: 0 is any of the group there, 1 is the weight there, 2 is it kept. Each has
    # counts: the probability of yes, and how many answers were seen.
    counts = np.empty((3 * (EACH + rows + columns), 2), np.int32)
    counts[:] = 1 << (FINE - 1), -1
    wide = columns + 2 * (LONGEST_LAG + 2)
    groups = -(-columns // group) + 2 * (LONGEST_LAG // group + 2)
    return (
        _coder(),
        counts,
        np.full((3, INPUTS), EVEN, np.int64),
        np.empty((2, INPUTS), np.int64),  # where the counts of an answer are, and their logits
        np.zeros((2, wide), np.int64),  # this row and the one above
        np.zeros((2, wide), np.int32),  # by column so far: there; kept less inverted
        np.zeros((2, groups), np.int64),
        np.zeros(groups, np.int32),
    )


def _coder() -> NDArray[np.int64]:
    """The arithmetic coder's low, high, value and place."""
    return np.array([0, 0xFFFFFFFF, 0, 0], np.int64)


@compiled
def _code_evenly(
    mask: Mask,
    buffer: NDArray[np.uint8],
    shares: NDArray[np.int64],
    decoding: bool,
    coder: NDArray[np.int64],
) -> int:
    """`_code` for a flat mask whose weights are told apart by their shares alone."""
    if decoding:
        for _ in range(4):
            _take(coder, buffer)
    for k in range(len(mask)):
        there = _coded(1 if mask[k] != 0 else 0, shares[0], decoding, coder, buffer)
        if there:
            kept = _coded(1 if mask[k] > 0 else 0, shares[1], decoding, coder, buffer)
            mask[k] = 2 * kept - 1
        if decoding and coder[3] > len(buffer) + 4:
            return -1
    return _sealed(decoding, coder, buffer)


@compiled
def _code(
    mask: Mask,
    buffer: NDArray[np.uint8],
    lags: NDArray[np.int64],
    cell: int,
    group: int,
    decoding: bool,
    squash: NDArray[np.int32],
    stretch: NDArray[np.int16],
    rates: NDArray[np.int32],
    octaves: NDArray[np.int8],
    coder: NDArray[np.int64],
    counts: NDArray[np.int32],
    weights: NDArray[np.int64],
    slots: NDArray[np.int64],
    lines: NDArray[np.int64],
    tally: NDArray[np.int32],
    group_lines: NDArray[np.int64],
    group_tally: NDArray[np.int32],
) -> int:
    """Write ``mask`` to ``buffer``, or read it from there; bytes used, -1 where they are none."""
    rows, columns = mask.shape
    size = EACH + rows + columns  # of one question's counts; there are three questions
    groups = (columns + group - 1) // group
    o = LONGEST_LAG + 2  # columns before the first and after the last are never there
    pad = LONGEST_LAG // group + 2
    zero = rows - rows  # not a literal, for which functions would be compiled anew
    if decoding:
        for _ in range(4):
            _take(coder, buffer)
    for r in range(rows):
        line, above = lines[r & 1], lines[(r + 1) & 1]
        group_line, group_above = group_lines[r & 1], group_lines[(r + 1) & 1]
        line[:] = 0
        group_line[:] = 0
        there = signs = zero
        for g in range(groups):
            start, end = g * group, min((g + 1) * group, columns)
            busy = _level(64 * there, start, octaves)
            if group > 1:
                yes = zero
                if not decoding:
                    for c in range(start, end):
                        yes |= mask[r, c] != 0
                _group_slots(
                    slots[0],
                    r,
                    g,
                    group,
                    lags,
                    busy,
                    group_line,
                    group_above,
                    group_tally,
                    octaves,
                )
                for i in range(1, 3):
                    slots[0, i] += EACH + (rows if i == 2 else 0)
                yes = _answer(
                    yes, decoding, slots, counts, weights[0], coder, buffer, squash, stretch, rates
                )
                if not yes:
                    continue
                group_line[pad + g] = 1
            none = group > 1  # yet, of a group that has some
            for c in range(start, end):
                yes = 1 if mask[r, c] != 0 else 0
                if none and c == end - 1:
                    yes = 1
                else:
                    _weight_slots(
                        slots[0],
                        c + o,
                        lags,
                        busy,
                        line,
                        above,
                        tally[0],
                        r,
                        c % cell,
                        end - c if none else 0,
                        octaves,
                    )
                    slots[0, 1] = EACH + r
                    slots[0, 2] = EACH + rows + c
                    for i in range(INPUTS):
                        slots[0, i] += size
                    yes = _answer(
                        yes,
                        decoding,
                        slots,
                        counts,
                        weights[1],
                        coder,
                        buffer,
                        squash,
                        stretch,
                        rates,
                    )
                if yes:
                    _sign_slots(slots[0], c + o, lags, line, above, tally[1], signs)
                    slots[0, 1] = EACH + r
                    slots[0, 2] = EACH + rows + c
                    for i in range(INPUTS):
                        slots[0, i] += 2 * size
                    kept = _answer(
                        1 if mask[r, c] > 0 else 0,
                        decoding,
                        slots,
                        counts,
                        weights[2],
                        coder,
                        buffer,
                        squash,
                        stretch,
                        rates,
                    )
                    none = False
                    sign = 2 * kept - 1
                    mask[r, c] = sign
                    line[c + o] = sign
                    tally[0, c + o] += 1
                    tally[1, c + o] += sign
                    group_tally[pad + g] += 1
                    there += 1
                    signs += sign
        if decoding and coder[3] > len(buffer) + 4:
            return -1
    return _sealed(decoding, coder, buffer)


@compiled
def _level(found: int, seen: int, octaves: NDArray[np.int8]) -> int:
    """A density, ``found`` of ``seen``, in quarters of an octave, 0 to 63."""
    level = octaves[min(found, ONE - 1)] - octaves[min(seen + 8, ONE - 1)]
    return int(min(max(level + 34, 0), 63))


@compiled
def _group_slots(
    slots: NDArray[np.int64],
    r: int,
    g: int,
    group: int,
    lags: NDArray[np.int64],
    busy: int,
    line: NDArray[np.int64],
    above: NDArray[np.int64],
    tally: NDArray[np.int32],
    octaves: NDArray[np.int8],
) -> None:
    """Where the counts for a group's question are."""
    k = g + LONGEST_LAG // group + 2
    crowd = 4 * tally[k] + 2 * (tally[k - 1] + tally[k + 1])
    near = line[k - 1] + 2 * line[k - 2] + 4 * above[k]
    for i in range(2):
        if lags[i] >= group:
            back = k - lags[i] // group
            crowd += tally[back] + tally[k + lags[i] // group]
            near += (8 << (2 * i)) * line[back] + (16 << (2 * i)) * line[back - 1]
    crowd = _level(4 * crowd, r, octaves)
    slots[0] = FIRST
    slots[1] = r
    slots[2] = g
    slots[3] = NEAR + near
    slots[4] = CROWD + 64 * crowd + busy
    slots[5] = OTHER + 64 * crowd + near % 64


@compiled
def _weight_slots(
    slots: NDArray[np.int64],
    k: int,
    lags: NDArray[np.int64],
    busy: int,
    line: NDArray[np.int64],
    above: NDArray[np.int64],
    tally: NDArray[np.int32],
    r: int,
    place: int,
    left: int,
    octaves: NDArray[np.int8],
) -> None:
    """Where the counts for a weight's question are, but those of its row and column."""
    near = (line[k - 1] != 0) + 2 * (line[k - 2] != 0) + 4 * (above[k] != 0)
    crowd = 4 * tally[k] + 2 * (tally[k - 1] + tally[k + 1])
    if lags[0]:
        back = k - lags[0]
        near += 8 * (line[back] != 0) + 16 * (line[back - 1] != 0) + 32 * (line[back + 1] != 0)
        crowd += 2 * (tally[back] + tally[k + lags[0]])
    if lags[1]:
        near += 64 * (line[k - lags[1]] != 0)
    crowd = _level(4 * crowd, r, octaves)
    slots[0] = FIRST + left
    slots[3] = NEAR + near + (128 if left else 0)
    slots[4] = CROWD + 64 * crowd + busy
    slots[5] = OTHER + 64 * crowd + (left if left else place % 64)


@compiled
def _sign_slots(
    slots: NDArray[np.int64],
    k: int,
    lags: NDArray[np.int64],
    line: NDArray[np.int64],
    above: NDArray[np.int64],
    tally: NDArray[np.int32],
    signs: int,
) -> None:
    """Where the counts for a sign's question are, but those of its row and column."""
    one, two, up = line[k - 1] + 1, line[k - 2] + 1, above[k] + 1
    back, before, after, far = 1, 1, 1, 1
    if lags[0]:
        at = k - lags[0]
        back, before, after = line[at] + 1, line[at - 1] + 1, line[at + 1] + 1
    if lags[1]:
        far = line[k - lags[1]] + 1
    slots[0] = FIRST
    slots[3] = NEAR + one + 3 * back + 9 * up + 27 * far
    slots[4] = CROWD + one + 3 * back + 9 * before + 27 * after + 81 * two
    slots[5] = OTHER + min(max(tally[k], -15), 15) + 15 + 32 * (min(max(signs, -15), 15) + 15)


@compiled
def _answer(
    bit: int,
    decoding: bool,
    slots: NDArray[np.int64],
    counts: NDArray[np.int32],
    weights: NDArray[np.int64],
    coder: NDArray[np.int64],
    buffer: NDArray[np.uint8],
    squash: NDArray[np.int32],
    stretch: NDArray[np.int16],
    rates: NDArray[np.int32],
) -> int:
    """Code one answer with the blended probability of yes; counts and weights learn it."""
    total = 0
    for i in range(INPUTS):
        count = counts[slots[0, i]]
        if count[1] < 0:  # not met before: as the layer is
            count[0] = counts[slots[0, 0], 0]
            count[1] = TRUST[i]
        logit = np.int64(stretch[count[0] >> (FINE - BITS)])
        slots[1, i] = logit
        total += weights[i] * logit
    blended = np.int64(squash[min(max(total >> 16, -END), END) + END])
    bit = _coded(bit, int(blended), decoding, coder, buffer)
    error = (bit << BITS) - blended
    for i in range(INPUTS):
        weights[i] += (slots[1, i] * error * LEARNING + (1 << 19)) >> 20
        count = counts[slots[0, i]]
        seen = count[1]
        count[0] += (((bit << FINE) - np.int64(count[0])) * rates[seen]) >> 16
        count[1] = min(seen + 1, PATIENCE)
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
    return int(bit)


@compiled
def _take(coder: NDArray[np.int64], buffer: NDArray[np.uint8]) -> None:
    """The decoder's next byte; zeros after the last."""
    place = coder[3]
    byte = np.int64(buffer[place]) if place < len(buffer) else np.int64(0)
    coder[2] = ((coder[2] << 8) & 0xFFFFFFFF) | byte
    coder[3] = place + 1


@compiled
def _sealed(decoding: bool, coder: NDArray[np.int64], buffer: NDArray[np.uint8]) -> int:
    """Write or check the seal and the shortest number in the interval.

    After that number the decoder reads zeros.
    """
    for k in range(8):
        answer = (SEAL >> k) & 1
        if _coded(answer, ONE // 2, decoding, coder, buffer) != answer:
            return -1
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
            break
    return int(place)
