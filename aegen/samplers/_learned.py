"""What a latent model learns, as its class declares it: axes, type and conditions of each array.

A declaration stands beside the attribute, and everything follows from it: what is saved, and what
a file that someone else may have written must hold before a model is made of it::

    weights_: Annotated[FloatArray, "n", probabilities]
    scale_: Annotated[FloatArray, "d", not_negative]
    count_: Annotated[float, effective("n")]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray

__all__ = [
    "Condition",
    "Learned",
    "correlation",
    "covariance",
    "defects",
    "effective",
    "indices",
    "not_negative",
    "orthonormal",
    "positive",
    "positive_probabilities",
    "probabilities",
    "ranks",
    "sorted_rows",
    "triangular",
    "within",
]

LARGEST = 1e120
"""Learned numbers lie within ±this: codes do within ±1e100, and products of two must be finite."""

SUM = 1e-12
"""How far the sum of probabilities may be from one: what rounding leaves."""

FLAT = 1e-8
"""How far below 0 a variance may be, beside the largest: what rounding leaves."""

ANNOTATE = (
    'annotate it on the class with its axes, such as z_: Annotated[FloatArray, "n d"], '
    "or as bool, int or float"
)

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Condition:
    """What a learned array must fulfil.

    Args:
        words: ends the sentence "scale_ must ...".
        holds: whether an array does, which is finite and fits its axes, given their lengths.
    """

    words: str
    holds: Callable[[NDArray[Any], Sizes], Any]


@dataclass(frozen=True)
class Learned:
    """A declaration.

    Args:
        axes: a word for each; the same word is the same length.
        dtype: the type of its numbers.
        conditions: what they fulfil besides.
    """

    axes: tuple[str, ...]
    dtype: np.dtype[Any]
    conditions: tuple[Condition, ...] = ()

    @staticmethod
    def of(owner: str, hint: Any) -> Learned:
        """From the annotation of an attribute.

        Raises:
            TypeError: an array without axes, or of numbers of no certain type.
        """
        axes, conditions = None, []
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
            axes = next((tuple(e.split()) for e in extras if isinstance(e, str)), None)
            conditions = [extra for extra in extras if isinstance(extra, Condition)]
        if hint in (bool, int, float):
            kind: Any = {bool: np.bool_, int: np.int64, float: np.float64}[hint]
        else:
            inner = [kind for part in get_args(hint) for kind in get_args(part)]
            kind = inner[-1] if inner and axes is not None else None
        if not (isinstance(kind, type) and issubclass(kind, np.generic)):
            raise TypeError(f"{owner} is learned: {ANNOTATE}")
        return Learned(axes or (), np.dtype(kind), tuple(conditions))


def defects(
    declared: Mapping[str, Learned], state: Mapping[str, NDArray[Any]], sizes: dict[str, int]
) -> Iterator[str]:
    """What is wrong with arrays that were read, types and shapes first.

    Args:
        declared: of each of them.
        state: the arrays.
        sizes: lengths of axes that are known; the others are put in as they are found.
    """
    for name, array in state.items():
        own = declared[name]
        if array.dtype != own.dtype:
            yield f"{name} has numbers of type {array.dtype} where {own.dtype} is needed"
        if array.ndim != len(own.axes) or any(
            sizes.setdefault(axis, size) != size
            for axis, size in zip(own.axes, array.shape, strict=True)
        ):
            yield f"{name} has shape {array.shape}, which does not fit"
    for name, array in state.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            yield f"{name} has values that are NaN or infinite"
        if array.dtype.kind == "f" and float(np.abs(array).max(initial=0)) > LARGEST:
            yield f"{name} must lie within ±{LARGEST:g}"
        for condition in declared[name].conditions:
            if not condition.holds(array, sizes):
                yield f"{name} must {condition.words}"


# Conditions


def within(low: float, high: float) -> Condition:
    """From ``low`` to ``high``, both included."""
    return Condition(
        f"lie from {low:g} to {high:g}", lambda a, _: ((a >= low) & (a <= high)).all()
    )


def effective(axis: str) -> Condition:
    """A number of rows that counts for at least one and, but for rounding, at most for all."""
    return Condition(
        "be from 1 to the number of rows", lambda a, sizes: 1 - SUM <= a <= sizes[axis] + 0.5
    )


def indices(axis: str) -> Condition:
    """Places along an axis, from 0."""
    return Condition(
        "number rows from 0", lambda a, sizes: ((a >= 0) & (a < max(sizes[axis], 1))).all()
    )


def _symmetric_with_variances(a: FloatArray) -> bool:
    """Whether a matrix (d, d) is a covariance, which may be singular."""
    variances = np.diag(a)
    if not (variances >= 0).all() or not np.array_equal(a, a.T):
        return False
    unit = np.sqrt(np.where(variances > 0, variances, 1.0))
    units = a / unit / unit[:, None]
    if not (np.abs(units) <= 1 + FLAT).all() or units[variances == 0].any():
        return False
    try:  # quicker than eigenvalues by a factor of about 20
        np.linalg.cholesky(units + len(a) * FLAT * np.eye(len(a)))
    except np.linalg.LinAlgError:
        return False
    return True


def _is_correlation(a: FloatArray) -> bool:
    return bool(np.isin(np.diag(a), (0.0, 1.0)).all()) and _symmetric_with_variances(a)


def _sum_to_one(a: FloatArray) -> bool:
    return bool((a >= 0).all() and abs(a.sum() - 1) <= SUM)


def _is_triangular(a: FloatArray) -> bool:
    diagonal = np.diagonal(a, axis1=-2, axis2=-1)
    return not np.triu(a, 1).any() and bool((diagonal >= 0).all())


def _is_ranking(a: NDArray[Any]) -> bool:
    whole = np.arange(1, len(a) + 1)[:, None]
    return len(a) > 1 and bool((np.sort(a, axis=0) == whole).all())


positive = Condition("be above 0", lambda a, _: (a > 0).all())
not_negative = Condition("not be negative", lambda a, _: (a >= 0).all())
probabilities = Condition(
    "be probabilities, none negative, that sum to one", lambda a, _: _sum_to_one(a)
)
positive_probabilities = Condition(
    "be probabilities above 0 that sum to one", lambda a, _: (a > 0).all() and _sum_to_one(a)
)
sorted_rows = Condition("be sorted along each row", lambda a, _: (np.diff(a) >= 0).all())
ranks = Condition("hold every rank once in each column", lambda a, _: _is_ranking(a))
correlation = Condition(
    "be a symmetric matrix of correlations, without negative variances in any direction",
    lambda a, _: _is_correlation(a),
)
covariance = Condition(
    "be a symmetric matrix of covariances, without negative variances in any direction",
    lambda a, _: _symmetric_with_variances(a),
)
triangular = Condition(
    "be lower triangular, its diagonal not negative", lambda a, _: _is_triangular(a)
)
orthonormal = Condition(
    "have orthonormal columns",
    lambda a, _: np.abs(a.T @ a - np.eye(a.shape[1])).max(initial=0.0) <= FLAT,
)
