"""What a metric is: real rows, generated rows and the training rows go in, one number comes out.

A method is one file in this folder holding one class with ``title``, ``summary``, ``direction``,
``best`` and ``_measure``; what compares latent models finds it itself. Rows are arrays in one
space, and the caller says which: codes, pixels or a classifier's features. A metric never sees an
image, a model or a path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.fields import check
from aegen.core.neighbours import Neighbours
from aegen.core.rng import RNG, generator

__all__ = ["Metric", "SPACES"]

SPACES = ("codes", "pixels", "features")
"""Where rows may lie: latent codes, flattened images, or features that a classifier sees."""


class Metric(BaseEstimator, ABC):
    """A comparison of generated rows with real ones.

    Class attributes:
        title: the name that people see.
        summary: one sentence on what a value says.
        direction: whether "lower" or "higher" values are better, or those "nearer" to ``best``.
        best: what it is in expectation, or at the limit, where generated rows are as real ones.
        spaces: the spaces in which it means something.
        needs_training: whether it compares with the rows that the latent model was fitted to.
        minimum: the least number of rows on each side.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    direction: ClassVar[Literal["lower", "higher", "nearer"]]
    best: ClassVar[float]
    spaces: ClassVar[tuple[str, ...]] = SPACES
    needs_training: ClassVar[bool] = False
    minimum: ClassVar[int] = 1

    def __call__(
        self,
        reference: ArrayLike,
        generated: ArrayLike,
        *,
        training: ArrayLike | Neighbours | None = None,
        rng: RNG = None,
    ) -> float:
        """How ``generated`` compares with ``reference``.

        Args:
            reference: real rows that the latent model has not seen, shape (n, d), finite.
            generated: what it drew, shape (m, d).
            training: the rows that it was fitted to, shape (k, d), or a search among them that
                was made before; ignored by metrics that do not need it.
            rng: seed or Generator for metrics that draw.

        Raises:
            InvalidInput: rows that cannot be compared, or no training rows where they are needed.

        Example:
            >>> from aegen.metrics import metrics
            >>> ratio = metrics.create("distance-ratio")
            >>> ratio([[1.0], [3.0]], [[0.5], [2.5]], training=[[0.0], [2.0]])
            0.5
        """
        check(type(self), self.get_params(deep=False))
        least, why = self.minimum, f"for {self.title}"
        real = arrays.codes(reference, name="reference rows", minimum=least, why=why)
        made = arrays.codes(
            generated, name="generated rows", dimension=real.shape[1], minimum=least, why=why
        )
        known = self._search(training, real.shape[1]) if self.needs_training else None
        return float(self._measure(real, made, known, generator(rng)))

    def shortfall(self, value: float) -> float:
        """How far ``value`` is on the wrong side of the best: 0 for the best, more is worse.

        Example:
            >>> from aegen.metrics import metrics
            >>> metrics.create("nearest-neighbour-accuracy").shortfall(0.25)
            0.25
        """
        away = value - self.best
        if self.direction == "nearer":
            return abs(away)
        return max(0.0, away if self.direction == "lower" else -away)

    def _search(self, training: ArrayLike | Neighbours | None, d: int) -> Neighbours:
        if training is None:
            raise InvalidInput(
                f"{self.title} compares with the rows that the latent model was fitted to: "
                "pass them as training"
            )
        if isinstance(training, Neighbours):
            arrays.codes(training.reference, name="training rows", dimension=d)
            return training
        return Neighbours(arrays.codes(training, name="training rows", dimension=d, minimum=1))

    @abstractmethod
    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        rng: np.random.Generator,
    ) -> float: ...
