"""Where a latent model fails, by example: strange draws, copies, real codes that it misses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours

__all__ = ["Failures", "failures"]


@dataclass(frozen=True)
class Failures:
    """The worst of a model's draws and of the codes that they were to be like.

    Attributes:
        strange: draws that lie farthest from their nearest training code, farthest first, (k,).
        copied: draws that lie nearest to a training code, nearest first, (k,).
        originals: the training rows that those are nearest to, (k,).
        missed: held-out rows that lie farthest from their nearest draw, farthest first, (k,).
        nearest: the draws that are nearest to those, (k,).
    """

    strange: IntArray
    copied: IntArray
    originals: IntArray
    missed: IntArray
    nearest: IntArray


def failures(
    draws: ArrayLike, training: FloatArray | Neighbours, held_out: ArrayLike, k: int = 8
) -> Failures:
    """The ``k`` worst of ``draws`` (m, d) and of ``held_out`` codes (n, d), by Euclidean distance.

    Args:
        draws: of a latent model.
        training: codes (t, d), or what finds the nearest of them.
        held_out: codes that the model has not seen; there may be none.
        k: how many of each, fewer where there are fewer.

    Raises:
        InvalidInput: no draws, codes of another dimension, or not finite.

    Example:
        >>> found = failures([[0.1], [9.0]], np.array([[0.0], [1.0]]), [[1.2], [8.0]], k=1)
        >>> found.strange, found.copied, found.originals, found.missed, found.nearest
        (array([1]), array([0]), array([0]), array([0]), array([0]))
    """
    codes = arrays.codes(draws, name="draws", minimum=1)
    rows, distances = _nearest(training, codes)
    order = np.argsort(distances, kind="stable")
    real = arrays.codes(held_out, name="held-out codes", dimension=codes.shape[1])
    if not len(real):
        none = np.zeros(0, dtype=np.int64)
        return Failures(order[::-1][:k], order[:k], rows[order[:k]], none, none)
    drawn, apart = _nearest(codes, real)
    worst = np.argsort(-apart, kind="stable")[:k]
    return Failures(order[::-1][:k], order[:k], rows[order[:k]], worst, drawn[worst])


def _nearest(reference: FloatArray | Neighbours, codes: FloatArray) -> tuple[IntArray, FloatArray]:
    """The nearest row of each code and its distance, (m,) both."""
    search = reference if isinstance(reference, Neighbours) else Neighbours(reference)
    rows, distances = search.query(codes)
    return rows[:, 0], distances[:, 0]
