"""What a training notes of a layer after each epoch: a histogram of its scores, and its flips."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aegen.core.arrays import array_of
from aegen.supermask.training.history import BINS

__all__ = ["edges", "flips", "histogram"]


def edges(first: Tensor) -> NDArray[np.float32]:
    """Edges (bins + 1,) of a layer's histograms: wide enough for scores twice the first ones.

    Example:
        >>> [round(float(edge), 1) for edge in edges(torch.tensor([0.1, -0.5]))[[0, -1]]]
        [-1.0, 1.0]
    """
    limit = 2 * float(first.detach().abs().max()) or 1.0
    return np.linspace(-limit, limit, BINS + 1, dtype=np.float32)


def histogram(scores: Tensor, edges: NDArray[np.float32]) -> NDArray[np.int64]:
    """Counts (bins,) of scores; the outermost bins also hold what lies beyond ``edges``."""
    limit = float(edges[-1])
    clipped = scores.detach().float().clamp(-limit, limit)
    counts = array_of(torch.histc(clipped, BINS, -limit, limit))
    return counts.astype(np.int64)


def flips(before: NDArray[np.int8], after: NDArray[np.int8]) -> list[int]:
    """How many weights of a mask changed from what to what, in the order of `history.FLIPS`.

    Example:
        >>> flips(np.array([1, 1, 0], np.int8), np.array([0, 1, -1], np.int8))
        [1, 0, 0, 1, 0, 0]
    """
    table = np.bincount((3 * (before + 1) + (after + 1)).ravel(), minlength=9).reshape(3, 3)
    invert, drop, keep = range(3)
    changes = (keep, drop), (invert, drop), (drop, keep), (drop, invert), (keep, invert)
    return [int(table[change]) for change in (*changes, (invert, keep))]
