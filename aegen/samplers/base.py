"""What a latent model is: an (n, d) array goes in, new codes come out, and nothing else is seen.

A method is one file in this folder holding one final class. It implements ``_fit`` and ``_sample``
(and what its capabilities ask for: ``_score_samples``, ``_sample_rows``); checks, the random
generator, saving and loading are here. Look at ``gaussian.py`` for the shortest one.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
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
        z = arrays.codes(z, minimum=self.minimum_rows(1))
        rows = self.minimum_rows(z.shape[1])
        z = arrays.codes(z, minimum=rows, why=f"to fit {self.title} in {z.shape[1]} dimensions")
        weights = arrays.weights(sample_weight, len(z))
        if weights is not None and not self.weighted:
            raise InvalidInput(
                f"{self.title} cannot weight rows: leave sample_weight out, or repeat rows instead"
            )
        self._fit(z, weights, generator(rng))
        self.n_features_in_ = z.shape[1]
        return self

    def sample(self, n: int = 1, *, rng: RNG = None) -> FloatArray:
        """Draw ``n`` new codes, shape (n, d), float64; n = 0 gives an empty array.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: ``n`` is no whole number of 0 or more.
        """
        self._require_fitted()
        return self._sample(arrays.count(n), generator(rng))

    def save(self, path: Path | str) -> None:
        """Write the fitted model to one safetensors file, no pickle; read by `aegen.samplers.load`.

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
        save_arrays(path, state, {"aegen": FORMAT, "sampler": name, "fields": fields})

    def _restore(self, state: dict[str, NDArray[Any]], path: Path) -> None:
        """Take learned attributes read from ``path``; scalars become Python numbers again."""
        expected = set(self._learned())
        if set(state) != expected:
            raise StorageError(
                path, f"holds {sorted(state)} where {self.title} needs {sorted(expected)}"
            )
        for name, array in state.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise StorageError(path, f"{name} has values that are NaN or infinite")
            setattr(self, name, array.item() if array.ndim == 0 else array)

    def _learned(self) -> tuple[str, ...]:
        """Names of all learned attributes: those annotated on the class, ending in an underscore."""
        names: list[str] = []
        for kind in type(self).__mro__:
            names += [n for n in vars(kind).get("__annotations__", {}) if n.endswith("_")]
        return tuple(names)

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
        return self._score_samples(arrays.codes(z, dimension=self.n_features_in_))

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
        n = arrays.count(n)
        draw = generator(rng)
        share = arrays.weights(weights, self._row_count(), name="weights")
        return self._sample_rows(n, share, draw)

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        return self._sample_rows(n, None, rng)[0]

    @abstractmethod
    def _row_count(self) -> int: ...

    @abstractmethod
    def _sample_rows(
        self, n: int, weights: FloatArray | None, rng: np.random.Generator
    ) -> tuple[FloatArray, IntArray]: ...
