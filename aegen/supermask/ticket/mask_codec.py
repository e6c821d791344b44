"""Ternary masks as bytes: gap coding, compressed by LZMA.

Where a few percent of the weights remain, the gaps between them say less than a digit for each
weight. A remaining weight is one byte: its sign in the highest bit (1 for -1), and in the others
how many weights (0 to 126) were dropped since the last; 127 means that so many were dropped and
none remains yet. Units use like inputs with like signs, so these bytes repeat and LZMA shortens
them further, mostly below the entropy of a layer's counts. A coded mask is::

    4 bytes  CRC-32 of the shape and of all that follows, little-endian
    ...      the bytes above, raw LZMA2 with the dictionary of `FILTERS`
"""

from __future__ import annotations

import lzma
import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput

__all__ = ["LARGEST", "Mask", "decode", "encode", "entropy"]

Mask = NDArray[np.int8]
"""A layer's mask: -1 invert, 0 drop, +1 keep, in the shape of its weights."""

LARGEST = 1 << 25
"""Weights that one mask may have, and all masks of a ticket."""

SKIP = 127
CHECKSUM = 4

FILTERS: list[dict[str, Any]] = [
    {
        "id": lzma.FILTER_LZMA2,
        "dict_size": 1 << 20,
        "lc": 1,  # a byte is predicted from the sign before it, wherever it lies (lp, pb)
        "lp": 0,
        "pb": 0,
        "mode": lzma.MODE_NORMAL,
        "mf": lzma.MF_BT2,
        "nice_len": 64,
        "depth": 4,  # of masks of the first epochs, nearly all there, more takes seconds for 5 %
    }
]
"""Readers depend on the first four alone; fixed, so that no file can ask for more memory."""


def entropy(mask: Mask) -> float:
    """Bytes of a mask whose weights are independent and only their three counts are known.

    ``-sum_k n_k log2(n_k / n) / 8``: no code that treats all weights of a layer alike is shorter.

    Args:
        mask: values -1, 0 and 1, any shape.

    Example:
        >>> entropy(np.array([1, -1, 0, 0] * 8, np.int8))
        6.0
    """
    n = int(mask.size)
    counts = [int(np.count_nonzero(mask == value)) for value in (-1, 0, 1)]
    return -sum(k * math.log2(k / n) for k in counts if k) / 8


def encode(mask: Mask) -> bytes:
    """A mask as bytes: short where few weights remain, or rows or neighbourhoods are alike.

    Args:
        mask: int8, values -1, 0 and 1, any shape.

    Raises:
        InvalidInput: other values, or more than `LARGEST` weights.

    Example:
        >>> len(encode(np.zeros((100, 784), np.int8)))
        5
    """
    mask = np.asarray(mask)
    if mask.dtype != np.int8 or mask.size > LARGEST:
        raise InvalidInput(
            f"a mask must have dtype int8 and at most {LARGEST:,} weights, got {mask.dtype} "
            f"and {mask.size:,}"
        )
    flat = mask.reshape(-1)
    if flat.size and (int(flat.min()) < -1 or int(flat.max()) > 1):
        raise InvalidInput("a mask must hold -1, 0 and 1 only: -1 invert, 0 drop, 1 keep")
    places = np.flatnonzero(flat)
    skips, gaps = np.divmod(np.diff(places, prepend=-1) - 1, SKIP)
    steps = np.full(len(places) + int(skips.sum()), SKIP, np.uint8)
    steps[np.cumsum(skips + 1) - 1] = gaps + 128 * (flat[places] < 0)
    packed = lzma.compress(steps.tobytes(), lzma.FORMAT_RAW, filters=FILTERS)
    return _checksum(packed, mask.shape) + packed


def decode(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `encode` made these bytes of.

    Args:
        data: the bytes, all of them and no more.
        shape: the mask's.

    Raises:
        InvalidInput: these are not the bytes of a mask of this shape.

    Example:
        >>> mask = np.array([[1, 0, -1], [0, 0, 1]], np.int8)
        >>> bool((decode(encode(mask), (2, 3)) == mask).all())
        True
    """
    shape = tuple(int(side) for side in shape)
    size = math.prod(shape)
    if any(side < 0 for side in shape) or size > LARGEST:
        raise InvalidInput(f"a mask has at most {LARGEST:,} weights, got the shape {shape}")
    packed = data[CHECKSUM:]
    steps = None
    if _checksum(packed, shape) == data[:CHECKSUM]:
        steps = _decompressed(packed, size)
    if steps is None:
        raise InvalidInput(
            f"these {len(data):,} bytes are not those of a mask of shape {shape}, or not whole: "
            "copy the file again from where it came"
        )
    lengths = steps & SKIP
    there = lengths != SKIP
    lengths += there
    ends = not len(steps) or bool(there[-1])
    if not ends or int(lengths.sum(dtype=np.int64)) > size or (steps == 255).any():
        raise InvalidInput(f"these bytes place weights outside a mask of shape {shape}")
    mask = np.zeros(size, np.int8)
    mask[np.cumsum(lengths, dtype=np.int32)[there] - 1] = 1 - 2 * (steps[there] >> 7).view(np.int8)
    return mask.reshape(shape)


def _checksum(packed: bytes, shape: Sequence[int]) -> bytes:
    crc = zlib.crc32(packed, zlib.crc32(repr(tuple(shape)).encode()))
    return crc.to_bytes(CHECKSUM, "little")


def _decompressed(packed: bytes, size: int) -> NDArray[np.uint8] | None:
    """What was compressed, if it is whole, nothing follows it, and a mask of ``size`` has it.

    Every byte stands for at least one weight, so nothing longer than the mask is unpacked.
    """
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=FILTERS)
    try:
        steps = unpacker.decompress(packed, size + 1)
    except lzma.LZMAError:
        return None
    whole = unpacker.eof and not unpacker.unused_data and len(steps) <= size
    return np.frombuffer(steps, np.uint8) if whole else None
