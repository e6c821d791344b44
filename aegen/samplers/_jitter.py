"""Normal numbers that are coupled across columns, row by row, for jitter along the data.

Each has variance 1 whatever the coupling is, so that what is made of one alone keeps its law. Used
by `empirical_beta_copula.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours

__all__ = ["Correlated", "Jitter", "Local"]

NEIGHBOURS = 20
"""Nearest rows whose directions a local jitter follows."""


class Jitter(ABC):
    """Coupled normal numbers, (1 - c) of whose variance is each column's own."""

    def draw(self, rows: IntArray, coupling: float, rng: np.random.Generator) -> FloatArray:
        """Numbers (k, d) for draws that start from these rows (k,)."""
        common = self._common(rows, rng)
        own = rng.standard_normal(common.shape)
        common = np.where(np.isfinite(common), common, own)
        both: FloatArray = np.sqrt(1 - coupling) * own + np.sqrt(coupling) * common
        return both

    @abstractmethod
    def _common(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """What columns have in common, (k, d); NaN in columns that have nothing."""


class Correlated(Jitter):
    """As all rows vary together: the correlation of ``scores`` (n, d) weighted by (n,)."""

    def __init__(self, scores: FloatArray, weights: FloatArray) -> None:
        there = weights > 0
        scores, weights = scores[there], weights[there]
        if len(scores) < scores.shape[1]:  # no matrix of all columns is needed
            moved = np.sqrt(weights)[:, None] * scores
            self.root: FloatArray = (moved / np.linalg.norm(moved, axis=0)).T
            return
        covariance = (scores * weights[:, None]).T @ scores
        spread = np.sqrt(np.diag(covariance))
        values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
        self.root = vectors * np.sqrt(np.clip(values, 0.0, None))

    def _common(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        normal = rng.standard_normal((len(rows), self.root.shape[1]))
        common: FloatArray = normal @ self.root.T
        return common


class Local(Jitter):
    """Towards a row's nearest others among ``codes`` (n, d), which should be standardised.

    Rows of weight zero in ``weights`` (n,) are nobody's neighbours.
    """

    def __init__(self, codes: FloatArray, weights: FloatArray) -> None:
        self.codes = codes
        self.near = Neighbours(codes[weights > 0])

    def _common(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        others = self.near.reference
        here = self.codes[rows]
        found = self.near.query(here, min(NEIGHBOURS + 1, len(others)))[0]
        away = others[found] - here[:, None]
        spread = np.sqrt(np.square(away).sum(axis=1))
        pull = rng.standard_normal(found.shape)
        moved = np.einsum("ik,ikj->ij", pull, away)
        common: FloatArray = np.where(spread > 0, moved / np.where(spread > 0, spread, 1), np.nan)
        return common
