"""Metrics of two samples: nothing but the reference and the generated rows matters."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.metrics.base import Measured, Metric

__all__ = ["TwoSampleMetric"]


class TwoSampleMetric(Metric):
    """A metric that needs neither training rows nor parents: it implements ``_compare`` alone."""

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        return self._compare(reference, generated, rng)

    @abstractmethod
    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        """The metric of reference rows ``x`` (n, d) and generated rows ``y`` (m, d)."""
