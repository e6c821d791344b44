"""What a latent model is: an (n, d) array goes in, new codes come out, and nothing else is seen.

A method is one file in this folder holding one final class. It implements ``_fit`` and ``_sample``
(a `DensitySampler` also ``_score_samples``; a `RowSampler` ``_sample_from`` in place of
``_sample``); checks, the random generator, saving and loading are here. Look at ``gaussian.py``
for the shortest one.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from aegen.core import arrays
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import AegenError, InvalidInput, StorageError
from aegen.core.fields import check
from aegen.core.rng import RNG, generator
from aegen.core.storage import save_arrays

__all__ = ["DensitySampler", "NotFitted", "RowSampler", "Sampler"]

FORMAT = "1"

LARGEST = 1e100
"""Codes beyond this size are refused: their squares would soon overflow."""


def fingerprint(state: Mapping[str, NDArray[Any]], *texts: str) -> str:
    """The sha256 of arrays and texts, in hexadecimal: a saved model that was altered is told."""
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    for name, array in sorted(state.items()):
        total.update(f"{name} {array.dtype.str} {array.shape}\0".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


class NotFitted(AegenError, NotFittedError):
    """A latent model that was asked for something before it was fitted."""


class Sampler(BaseEstimator, ABC):
    """A distribution of codes that can be learned and drawn from.

    scikit-learn's grammar: the constructor only stores, ``fit`` returns self, what is learned ends
    in an underscore; ``clone``, ``get_params`` and ``set_params`` work.

    Class attributes:
        title: the name that people see.
        summary: one sentence on what it assumes.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    weighted: ClassVar[bool] = False
    """Whether ``fit`` can honour ``sample_weight``."""
    remedy: ClassVar[str] = "add rows"
    """What a person can do about too few rows."""
    shapes: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Axes of the learned arrays by name, checked when a file is read: the same name, the same
    length; "d" is the dimension of the codes."""

    n_features_in_: int

    def fit(
        self,
        z: ArrayLike,
        y: None = None,
        *,
        sample_weight: ArrayLike | None = None,
        rng: RNG = None,
    ) -> Self:
        """Learn from codes.

        Args:
            z: training codes, shape (n, d), finite; not changed.
            y: ignored; scikit-learn's tools pass it.
            sample_weight: non-negative weights of the rows, shape (n,), or None for equal ones.
            rng: seed or Generator for methods that start at random.

        Raises:
            InvalidInput: codes, weights or fields that cannot be used.
        """
        check(type(self), self.get_params(deep=False))
        z = np.ascontiguousarray(arrays.codes(z))
        weights = arrays.weights(sample_weight, len(z)) if len(z) else None
        if weights is not None and not self.weighted:
            raise InvalidInput(
                f"{self.title} cannot weight rows: leave sample_weight out, or repeat rows instead"
            )
        n, d = z.shape
        n = n if weights is None else int((weights > 0).sum())
        if n < self.minimum_rows(d):
            raise InvalidInput(
                f"{self.title} needs at least {self.minimum_rows(d)} codes in {d} dimensions, "
                f"got {n}: {self.remedy}"
            )
        if np.abs(z).max() > LARGEST:
            raise InvalidInput(f"codes must lie within ±{LARGEST:g}: scale them down")
        self._fit(z, weights, generator(rng))
        self.n_features_in_ = d
        return self

    def sample(self, n: int = 1, *, rng: RNG = None) -> FloatArray:
        """Draw ``n`` new codes, shape (n, d), float64; n = 0 gives an empty array.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: ``n`` is no whole number of 0 or more.
        """
        self._require_fitted()
        return self._sample(self._affordable(n), generator(rng))

    def save(self, path: Path | str) -> None:
        """Write the fitted model to one safetensors file, which `aegen.samplers.load` reads.

        Raises:
            NotFitted: before ``fit``.
            StorageError: the file cannot be written.
        """
        self._require_fitted()
        state = {
            name: np.asarray(value)
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }
        fields = json.dumps(self.get_params(deep=False), sort_keys=True)
        name = type(self).__module__.rpartition(".")[2].replace("_", "-")
        mark = fingerprint(state, name, fields)
        metadata = {"aegen": FORMAT, "sampler": name, "fields": fields, "sha256": mark}
        save_arrays(path, state, metadata)

    def _restore(self, state: dict[str, NDArray[Any]], path: Path) -> None:
        """Take learned attributes read from ``path``; scalars become Python numbers again."""
        expected = set(self._learned())
        if set(state) != expected:
            raise StorageError(
                path, f"holds {sorted(state)} where {self.title} needs {sorted(expected)}"
            )
        sizes = {"d": int(state["n_features_in_"])} if state["n_features_in_"].ndim == 0 else {}
        for name, array in state.items():
            axes = self.shapes.get(name, ())
            if array.ndim != len(axes) or any(
                sizes.setdefault(axis, size) != size
                for axis, size in zip(axes, array.shape, strict=True)
            ):
                raise StorageError(path, f"{name} has shape {array.shape}, which does not fit")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise StorageError(path, f"{name} has values that are NaN or infinite")
            setattr(self, name, array.item() if array.ndim == 0 else array)
        problem = self._defect()
        if problem:
            raise StorageError(path, problem)

    def _defect(self) -> str | None:
        """What is wrong with learned attributes that were just read, or None."""
        return None

    def _learned(self) -> tuple[str, ...]:
        """Names of all learned attributes: annotated on the class, ending in an underscore."""
        names: list[str] = []
        for kind in type(self).__mro__:
            names += [n for n in vars(kind).get("__annotations__", {}) if n.endswith("_")]
        return tuple(names)

    def _affordable(self, n: int) -> int:
        """``n`` if that many codes can be held in memory at all."""
        return arrays.count(n, maximum=2**36 // (8 * self.n_features_in_))

    def _require_fitted(self) -> None:
        if not hasattr(self, "n_features_in_"):
            raise NotFitted(f"this {self.title} is not fitted yet: call fit(codes) first")

    def minimum_rows(self, d: int) -> int:
        """The least number of rows that this model can be fitted to in ``d`` dimensions."""
        return 2

    @abstractmethod
    def _fit(
        self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator
    ) -> None: ...

    @abstractmethod
    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray: ...


class DensitySampler(Sampler):
    """A latent model whose density is known."""

    def score_samples(self, z: ArrayLike) -> FloatArray:
        """Log-density of each row of ``z`` (n, d) in nats, shape (n,); -inf outside the support.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension than in ``fit``, or values that are not finite.
        """
        self._require_fitted()
        z = arrays.codes(z, dimension=self.n_features_in_)
        return self._score_samples(np.ascontiguousarray(z))

    def score(self, z: ArrayLike, y: None = None) -> float:
        """Mean log-density of the rows of ``z``, so that scikit-learn's model selection works."""
        return float(np.mean(self.score_samples(z)))

    @abstractmethod
    def _score_samples(self, z: FloatArray) -> FloatArray: ...


class RowSampler(Sampler):
    """A latent model whose draws each start from a training row; reweightable without a refit."""

    def sample_rows(
        self, n: int = 1, *, weights: ArrayLike | None = None, rng: RNG = None
    ) -> tuple[FloatArray, IntArray]:
        """Draw codes and say which training row each started from.

        Args:
            n: how many.
            weights: non-negative weights of the training rows, or None for equal ones.
            rng: seed or Generator.

        Returns:
            codes (n, d) and rows (n,), indices into the codes given to ``fit``.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: weights of another length, negative, or all zero.
        """
        self._require_fitted()
        n = self._affordable(n)
        draw = generator(rng)
        share = arrays.weights(weights, self._row_count(), name="weights")
        rows = self._choose_rows(n, share, draw)
        return self._sample_from(rows, draw), rows

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        return self._sample_from(self._choose_rows(n, None, rng), rng)

    def _choose_rows(
        self, n: int, weights: FloatArray | None, rng: np.random.Generator
    ) -> IntArray:
        """``n`` training rows, drawn with replacement; a row of weight zero never comes."""
        if weights is None:
            return rng.integers(self._row_count(), size=n)
        cumulative = np.cumsum(weights)
        rows = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
        last = np.flatnonzero(weights)[-1]  # rounding may lead one past the end
        kept: IntArray = np.minimum(rows, last).astype(np.int64, copy=False)
        return kept

    @abstractmethod
    def _row_count(self) -> int: ...

    @abstractmethod
    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """One code (d,) started from each training row in ``rows`` (n,), shape (n, d)."""
