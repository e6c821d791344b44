"""Other ways to write a ticket's masks down, to compare its file with; each can be read back.

A network at a few percent remaining is mostly zeros, which a fixed number of bits a weight cannot
use; `coding.py` is what tickets use.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aegen.supermask.ticket.mask_codec import Mask, encode
from aegen.supermask.ticket.ticket import Ticket

__all__ = [
    "Size",
    "gaps",
    "gaps_with_lzma",
    "sizes",
    "trits",
    "two_bits",
    "unpacked_gaps",
    "unpacked_gaps_with_lzma",
    "unpacked_trits",
    "unpacked_two_bits",
]

Bytes = NDArray[np.uint8]

FILTERS: Sequence[dict[str, Any]] = [
    {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 0, "pb": 0}
]
"""Without any header; the literal's bits are predicted from nothing, which suits gaps best."""


def two_bits(mask: Mask) -> bytes:
    """Four weights a byte.

    Example:
        >>> len(two_bits(np.zeros(1000, np.int8)))
        250
    """
    digits = _padded(mask, 4).reshape(-1, 4)
    packed: Bytes = (digits << np.array([0, 2, 4, 6], np.uint8)).sum(axis=1, dtype=np.uint8)
    return packed.tobytes()


def unpacked_two_bits(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `two_bits` packed."""
    digits: Bytes = (
        np.frombuffer(data, np.uint8)[:, None] >> np.array([0, 2, 4, 6], np.uint8)
    ) & np.uint8(3)
    return _unpadded(digits, shape)


def trits(mask: Mask) -> bytes:
    """Five weights a byte, as ``3**5 = 243`` fits: 1.6 bits a weight.

    Example:
        >>> len(trits(np.zeros(1000, np.int8)))
        200
    """
    digits = _padded(mask, 5).reshape(-1, 5)
    packed: Bytes = (digits * np.array([1, 3, 9, 27, 81], np.uint8)).sum(axis=1, dtype=np.uint8)
    return packed.tobytes()


def unpacked_trits(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `trits` packed."""
    powers = np.array([1, 3, 9, 27, 81], np.uint8)
    return _unpadded(np.frombuffer(data, np.uint8)[:, None] // powers % 3, shape)


def gaps(mask: Mask) -> bytes:
    """For each remaining weight its sign and how many were dropped since the last.

    Seven bits a byte, more bytes for longer gaps.

    Example:
        >>> gaps(np.array([0, 0, 1, -1], np.int8)).hex()
        '0401'
    """
    flat = mask.reshape(-1)
    places = np.flatnonzero(flat)
    values = (np.diff(places, prepend=-1) - 1) * 2 + (flat[places] < 0)
    groups = np.stack([values >> (7 * k) for k in range(5)], axis=1)
    wanted = groups > 0
    wanted[:, 0] = True
    more = np.concatenate([wanted[:, 1:], np.zeros((len(values), 1), bool)], axis=1)
    packed: Bytes = ((groups & 127) | (more * 128))[wanted].astype(np.uint8)
    return packed.tobytes()


def unpacked_gaps(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `gaps` packed."""
    found = np.zeros(int(np.prod(shape)), np.int8)
    place, value, shift = -1, 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            place += (value >> 1) + 1
            found[place] = -1 if value & 1 else 1
            value = shift = 0
    return found.reshape(shape)


def gaps_with_lzma(mask: Mask) -> bytes:
    """`gaps`, compressed by LZMA."""
    return lzma.compress(gaps(mask), format=lzma.FORMAT_RAW, filters=list(FILTERS))


def unpacked_gaps_with_lzma(data: bytes, shape: Sequence[int]) -> Mask:
    """The mask that `gaps_with_lzma` packed."""
    return unpacked_gaps(
        lzma.decompress(data, format=lzma.FORMAT_RAW, filters=list(FILTERS)), shape
    )


class Size(NamedTuple):
    """How many bytes a way of writing takes for all layers of a ticket.

    Attributes:
        what: the way.
        size: bytes.
        whole: whether that is a whole file, not the masks alone.
    """

    what: str
    size: int
    whole: bool


def sizes(ticket: Ticket) -> list[Size]:
    """A ticket's bytes beside other ways to write it, the longest first by nature.

    The entropy is that of masks of which only each layer's counts are known; a ticket may be
    shorter, as weights that remain are not spread evenly.
    """
    from safetensors.numpy import save

    ways: dict[str, Callable[[Mask], bytes]] = {
        "2 bits a weight": two_bits,
        "1.6 bits a weight": trits,
        "gaps": gaps,
        "gaps, lzma": gaps_with_lzma,
        "masks alone, coded": encode,
    }
    acting = [ticket.acting(name) for name in ticket.masks]
    found = [Size("safetensors, float32", len(save(ticket.weights())), True)]
    found += [
        Size(what, sum(len(pack(mask)) for mask in acting), False) for what, pack in ways.items()
    ]
    found.append(Size("entropy of the counts", round(ticket.entropy), False))
    found.append(Size("ticket", len(ticket.to_bytes()), True))
    return found


def _padded(mask: Mask, per_byte: int) -> Bytes:
    """Digits 0 (drop), 1 (keep) and 2 (invert), and zeros to fill the last byte."""
    flat = mask.reshape(-1)
    digits = np.zeros(-(-flat.size // per_byte) * per_byte, np.uint8)
    digits[: flat.size] = np.where(flat < 0, 2, flat)
    return digits


def _unpadded(digits: NDArray[Any], shape: Sequence[int]) -> Mask:
    flat = digits.reshape(-1)[: int(np.prod(shape))].astype(np.int8)
    found: Mask = np.where(flat == 2, np.int8(-1), flat).reshape(shape)
    return found
