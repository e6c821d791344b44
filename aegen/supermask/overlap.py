"""Overlap of two masks (Jaccard index, sign agreement), beside what random masks would have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["Overlap", "overlap", "overlaps"]


@dataclass(frozen=True)
class Overlap:
    """Overlap of two masks of one layer, a and b.

    Signs are those of the weights as they act, frozen sign times mask, so that tickets of other
    seeds can be compared.

    Attributes:
        total: weights.
        left: weights that are not dropped, in a and in b.
        both: those that remain in both.
        same: those of them that act with the same sign.
        positive: weights that act with positive sign, in a and in b.
        by_input: ``both`` as expected of masks that are random but for how often each input is
            read: an overlap above it is not only due to both reading the same inputs.
    """

    total: int
    left: tuple[int, int]
    both: int
    same: int
    positive: tuple[int, int]
    by_input: float

    @property
    def jaccard(self) -> float:
        """``|a and b| / |a or b|`` of what is not dropped; 1 where nothing is left in either."""
        return _jaccard(self.both, *self.left)

    @property
    def expected_both(self) -> float:
        """``both`` as expected of random masks with as many weights."""
        return self.left[0] * self.left[1] / self.total

    @property
    def expected_jaccard(self) -> float:
        """``jaccard`` at the expected ``both``."""
        return _jaccard(self.expected_both, *self.left)

    @property
    def jaccard_by_input(self) -> float:
        """``jaccard`` at ``by_input``."""
        return _jaccard(self.by_input, *self.left)

    @property
    def agreement(self) -> float:
        """Share of the common weights that act with the same sign; NaN without any."""
        return self.same / self.both if self.both else float("nan")

    @property
    def expected_agreement(self) -> float:
        """`agreement` of random signs, as many positive ones in each."""
        if not all(self.left):
            return float("nan")
        p, q = (n / left for n, left in zip(self.positive, self.left, strict=True))
        return p * q + (1 - p) * (1 - q)


def overlap(a: NDArray[np.int8], b: NDArray[np.int8]) -> Overlap:
    """Overlap of two masks of one shape; values -1, 0 and 1.

    Raises:
        InvalidInput: other shapes.

    Example:
        >>> a, b = np.array([[1, -1, 0, 0]], np.int8), np.array([[1, 1, 1, 0]], np.int8)
        >>> found = overlap(a, b)
        >>> round(found.jaccard, 3), found.expected_both, found.agreement
        (0.667, 1.5, 0.5)
    """
    if a.shape != b.shape or a.size == 0:
        raise InvalidInput(f"masks of one shape can be compared, got {a.shape} and {b.shape}")
    there = a != 0, b != 0
    both = int(np.count_nonzero(there[0] & there[1]))
    same = int(np.count_nonzero((a == b) & there[0]))
    readers = [t.reshape(len(a), -1).sum(axis=0, dtype=np.int64) for t in there]
    left = tuple(int(r.sum()) for r in readers)
    positive = int(np.count_nonzero(a > 0)), int(np.count_nonzero(b > 0))
    by_input = float((readers[0] * readers[1]).sum() / len(a))
    return Overlap(a.size, (left[0], left[1]), both, same, positive, by_input)


def overlaps(one: Ticket, other: Ticket) -> dict[str, Overlap]:
    """`overlap` of each layer of two tickets of the same network.

    Raises:
        InvalidInput: other layers.
    """
    if one.layers != other.layers:
        raise InvalidInput(
            "only tickets of the same layers can be compared: these have "
            f"{one.layers} and {other.layers}"
        )
    return {name: overlap(one.acting(name), other.acting(name)) for name in one.masks}


def _jaccard(both: float, a: float, b: float) -> float:
    union = a + b - both
    return both / union if union else 1.0
