"""What a metric is: real rows, generated rows and the training rows go in, one number comes out.

A method is one file in this folder holding one class with ``title``, ``summary``, ``direction``,
``best`` and ``_measure``; what compares latent models finds it itself. Rows are arrays in one
space, and the caller says which of `SPACES`. A metric never sees an image, a model or a path.

Beside its value a metric says how far each row influences it. From that follow a standard error
without any repeated draws, and the error of a difference of two models that were compared with
the same real rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import check, values_of
from aegen.core.rng import RNG, generator

__all__ = ["SPACES", "Measured", "Metric", "variance"]

SPACES = ("codes", "pixels", "features", "attributes", "densities")
"""Where rows may lie: latent codes (n, d); flattened images; features that a classifier sees;
probabilities that it gives to each value of each attribute, side by side, so that a row sums to
the number of attributes; or, one column, log-densities under the latent model."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A metric's value, and how far each row influences it.

    They are the empirical influence function: with one more copy of reference row i among n the
    value changes by about ``influence_reference[i] / n``. Their mean is 0. They are what a
    bootstrap over rows would find, to first order and without repeating anything.

    Attributes:
        value: the value.
        influence_reference: of each reference row, float64 (n,), or None where it is not known.
        influence_generated: of each generated row, float64 (m,), or None.
        details: what it is made of, by the names of those metrics; see `Metric.details`.

    Reference: Efron 1981, Nonparametric estimates of standard error (the infinitesimal jackknife).

    Example:
        >>> Measured(0.5, np.array([1.0, -1.0]), np.zeros(2)).error
        0.7071067811865476
    """

    value: float
    influence_reference: FloatArray | None = None
    influence_generated: FloatArray | None = None
    details: Mapping[str, Measured] = field(default_factory=dict)

    @property
    def error(self) -> float | None:
        """Standard error for the sampling of both sets of rows; None where it is not known."""
        if self.influence_reference is None or self.influence_generated is None:
            return None
        both = (self.influence_reference, self.influence_generated)
        return float(np.sqrt(sum(map(variance, both))))


def variance(influences: FloatArray) -> float:
    """Sampling variance of a value whose rows have these ``influences`` (n,).

    Example:
        >>> variance(np.array([1.0, -1.0]))
        0.5
    """
    return float(np.mean(np.square(influences)) / len(influences)) if len(influences) else 0.0


class Metric(ABC):
    """A comparison of generated rows with real ones.

    Class attributes:
        title: the name that people see.
        summary: one sentence on what a value says.
        references: the papers it is from; see `aegen.core.references`.
        direction: whether "lower" or "higher" values are better, or those "nearer" to ``best``.
        best: what it is in expectation, or at the limit, where generated rows are as real ones;
            infinite where no value is best by itself, and values say something side by side only.
        spaces: the spaces in which it means something.
        needs_training: whether it compares with the rows that the latent model was fitted to.
        needs_parents: whether it asks which training row each generated row started from.
        minimum: the least number of rows on each side.
        decides: whether the best value is the same for all data, so that a winner can be told;
            else a value says something only beside that of real rows.
        seeds_needed: comparisons without which its error is not known well enough to distinguish
            two models.
        paired: whether it needs as many generated rows as reference rows.
        detects: the fault that it is about: rows "spread" too far, a "part" of the data that is
            missing, or "copies" of training rows.
        unit_power: the power of the rows' unit that a value has: 1 for a distance.
        rotation_invariant: whether turning all rows leaves the value as it is.
        order_matters: whether the value depends on the order of rows, by what it draws.
        details: names of the metrics that its value is made of: measured with it, shown with it.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    direction: ClassVar[Literal["lower", "higher", "nearer"]]
    best: ClassVar[float]
    spaces: ClassVar[tuple[str, ...]] = ("codes", "pixels", "features")
    needs_training: ClassVar[bool] = False
    needs_parents: ClassVar[bool] = False
    minimum: ClassVar[int] = 1
    decides: ClassVar[bool] = True
    seeds_needed: ClassVar[int] = 1
    paired: ClassVar[bool] = False
    detects: ClassVar[Literal["spread", "part", "copies"]] = "spread"
    unit_power: ClassVar[int] = 0
    rotation_invariant: ClassVar[bool] = True
    order_matters: ClassVar[bool] = False
    details: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        """As it is made: ``ClassifierTwoSampleTest(folds=3)``."""
        fields = ", ".join(f"{name}={value!r}" for name, value in values_of(self).items())
        return f"{type(self).__name__}({fields})"

    def __call__(
        self,
        reference: ArrayLike,
        generated: ArrayLike,
        *,
        training: ArrayLike | Neighbours | None = None,
        parents: ArrayLike | None = None,
        rng: RNG = None,
    ) -> float:
        """How ``generated`` compares with ``reference``.

        Args:
            reference: real rows that the latent model has not seen, shape (n, d), finite.
            generated: what it drew, shape (m, d).
            training: the rows that it was fitted to, shape (k, d), or a search among them that
                was made before; ignored by metrics that do not need it.
            parents: index of the training row that each generated row started from, shape (m,);
                ignored by metrics that do not need it.
            rng: seed or Generator for metrics that draw.

        Raises:
            InvalidInput: rows that cannot be compared, or no training rows or parents where they
                are needed.

        Example:
            >>> from aegen.metrics import metrics
            >>> ratio = metrics.create("distance-ratio")
            >>> ratio([[1.0], [3.0]], [[0.5], [2.5]], training=[[0.0], [2.0]])
            0.5
        """
        return self.measured(
            reference, generated, training=training, parents=parents, rng=rng
        ).value

    def measured(
        self,
        reference: ArrayLike,
        generated: ArrayLike,
        *,
        training: ArrayLike | Neighbours | None = None,
        parents: ArrayLike | None = None,
        rng: RNG = None,
    ) -> Measured:
        """The same with the influence of each row, from which its standard error follows.

        Example:
            >>> from aegen.metrics import metrics
            >>> nearest = metrics.create("nearest-neighbour-accuracy")
            >>> nearest.measured([[0.0], [10.0]], [[0.1], [11.0]]).error
            0.125
        """
        check(type(self), values_of(self))
        real, made = self._rows(reference, generated)
        known = self._search(training, real.shape[1]) if self.needs_training else None
        started = self._started(parents, made, known) if self.needs_parents else None
        return self._measure(real, made, known, started, generator(rng))

    def shortfall(self, value: float) -> float:
        """How far ``value`` is on the wrong side of the best: 0 for the best, more is worse.

        Where the best is infinite, the value itself with the sign that makes more worse.

        Example:
            >>> from aegen.metrics import metrics
            >>> metrics.create("nearest-neighbour-accuracy").shortfall(0.25)
            0.25
        """
        away = value - (self.best if np.isfinite(self.best) else 0.0)
        if not np.isfinite(self.best):
            return away if self.direction == "lower" else -away
        if self.direction == "nearer":
            return abs(away)
        return max(0.0, away if self.direction == "lower" else -away)

    def _rows(self, reference: ArrayLike, generated: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Both sets of rows, checked."""
        least, why = self.minimum, f"for {self.title}"
        real = arrays.codes(reference, name="reference rows", minimum=least, why=why)
        made = arrays.codes(
            generated, name="generated rows", dimension=real.shape[1], minimum=least, why=why
        )
        if self.paired and len(real) != len(made):
            raise InvalidInput(
                f"{self.title} needs as many generated rows as reference rows, got {len(made)} "
                f"and {len(real)}: leave rows of the larger set out at random"
            )
        return real, made

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

    def _started(
        self, parents: ArrayLike | None, made: FloatArray, known: Neighbours | None
    ) -> IntArray:
        """The parents, checked; a metric that needs them needs the training rows too."""
        assert known is not None
        if parents is None:
            raise InvalidInput(
                f"{self.title} asks which training row each generated row started from: pass "
                "parents, which only latent models that draw from rows can tell"
            )
        wanted = np.asarray(parents)
        n = len(known.reference)
        if wanted.shape != (len(made),) or wanted.dtype.kind not in "iu":
            raise InvalidInput(
                f"parents must be a whole number for each of {len(made)} generated rows, got "
                f"shape {wanted.shape} of {wanted.dtype}"
            )
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < n:
            raise InvalidInput(
                f"parents must be training rows, 0 to {n - 1}, got {wanted.min()} to "
                f"{wanted.max()}"
            )
        return wanted.astype(np.int64)

    @abstractmethod
    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured: ...
