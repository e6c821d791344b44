"""What a latent model is: an (n, d) array goes in, new codes come out, and nothing else is seen.

A method is one file in this folder holding one final class. It implements ``_fit`` and ``_sample``
(a `DensitySampler` also ``_score_samples``; a `RowSampler` ``_sample_from`` in place of
``_sample``; a `ConditionalSampler` also ``_condition``); checks, the random generator, fixed
coordinates, saving and loading are here. Look at ``gaussian.py`` for a short one.

A model with a field ``reduce`` is fitted to principal components (`_principal.py`), and its
methods are given those. A model that was conditioned is a model of the same kind over the
coordinates that are left: what its methods are given and give has only those, ``_d`` of them, and
the fixed ones are put in here.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast, get_type_hints

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import AegenError, InvalidInput, StorageError
from aegen.core.estimator import Estimator, clone
from aegen.core.json_text import parse
from aegen.core.parameters import check
from aegen.core.rng import RNG, generator
from aegen.core.storage import load_arrays, save_arrays
from aegen.core.threads import one_blas_thread
from aegen.samplers._learned import (
    ANNOTATE,
    Learned,
    defects,
    effective,
    indices,
    not_negative,
    orthonormal,
    positive,
    positive_probabilities,
    probabilities,
    within,
)

if TYPE_CHECKING:
    from aegen.samplers._mixed_columns import MixedColumns
    from aegen.samplers._principal import PrincipalSubspace

__all__ = ["ConditionalSampler", "DensitySampler", "NotFitted", "RowSampler", "Sampler", "load"]

FORMAT = "3"

LARGEST = 1e100
"""Codes beyond this size are refused: their squares would soon overflow."""

WIDEST = 65_536
"""Coordinates of a code at most, as in a bundle."""

MODELLED = 4096
"""Columns that a saved model is of at most; more come to a model as principal components."""

NARROW = 16
"""Columns up to which BLAS adds products in one order, however many threads it has."""

FEW_ROWS = 10
"""Effective rows below which draws are little more than copies of those rows."""


def fingerprint(state: Mapping[str, NDArray[Any]], *texts: str) -> str:
    """The sha256 of arrays and texts, in hexadecimal: a saved model that was altered is told."""
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode() + b"\0")
    for name, array in sorted(state.items()):
        total.update(f"{name} {array.dtype.str} {array.shape}\0".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


class NotFitted(AegenError, ValueError, AttributeError):
    """A latent model that was asked for something before it was fitted.

    It is raised as scikit-learn's `NotFittedError` too.
    """


class Sampler(Estimator, ABC):
    """A distribution of codes that can be learned and drawn from.

    scikit-learn's grammar: the constructor only stores, ``fit`` returns self, what is learned ends
    in an underscore; ``clone``, ``get_params`` and ``set_params`` work.

    Class attributes:
        title: the name that people see.
        summary: one sentence on what it assumes.
        references: the papers it is from; see `aegen.core.references`.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    weighted: ClassVar[bool] = False
    """Whether ``fit`` can honour ``sample_weight``."""
    slow: ClassVar[bool] = False
    """Whether a fit to a whole bundle may take longer than a person waits for without being told
    how far it is; the app then fits in a process of its own. ``Field(slow=...)`` says the same of
    single values of an argument."""
    remedy: ClassVar[str] = "add rows"
    """What a person can do about too few rows."""
    before: ClassVar[Mapping[str, Any]] = {}
    """What fields were that a saved model lacks, as it was written before there were any."""
    quick: ClassVar[Mapping[str, Any]] = {}
    """Fields with which a fit takes a moment: for tests, and to warm up."""
    prior: ClassVar[bool] = False
    """Whether it is one distribution, whatever the codes."""
    full_rank: ClassVar[bool] = False
    """Whether its density needs columns of which none depends exactly on the others."""
    weights_repeat: ClassVar[bool] = True
    """Whether to weight a row with a whole number is to repeat it; else only 0 and 1 are so."""
    mixed: ClassVar[bool] = False
    """Whether it gives columns point masses and bounds itself; else those that have any are
    replaced by their normal scores, of which it is the model (see `_mixed_columns.py`)."""
    learned: ClassVar[dict[str, Learned]]
    """All that is learned, from its annotations: ``mean_: Annotated[FloatArray, "d"]``. The same
    word is the same length when a file is read; "d" is the dimension of the codes. Conditions may
    follow, see `_learned.py`."""

    reduced: ClassVar[dict[str, Learned]]
    """What is learned besides by a model that is fitted to principal components."""

    _fields: dict[str, Any]
    n_features_in_: Annotated[int, within(1, WIDEST)]
    free_: Annotated[BoolArray, "whole"]
    given_: Annotated[FloatArray, "whole"]
    mixed_columns_: Annotated[IntArray, "mixed"]
    mixed_codes_: Annotated[FloatArray, "rows_mixed mixed"]
    mixed_weights_: Annotated[FloatArray, "rows_mixed"]
    mixed_copies_: Annotated[IntArray, "rows_mixed", indices("rows_mixed")]
    mixed_count_: float
    origin_: Annotated[FloatArray, "whole"]
    unit_: Annotated[float, positive]
    axes_: Annotated[FloatArray, "whole d", orthonormal]
    noise_: Annotated[FloatArray, "whole", not_negative]

    _mixed: MixedColumns | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Read the axes of what it learns.

        Raises:
            TypeError: an array that is annotated without its axes.
        """
        super().__init_subclass__(**options)
        cls.learned = {}
        for kind in cls.__mro__[:0:-1]:
            cls.learned |= vars(kind).get("learned", {})
        cls.learned |= _declared(cls)

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
        if weights is not None and (weights == weights[0]).all():
            weights = None  # equal ones are none
        if weights is not None and not self.weighted:
            raise InvalidInput(
                f"{self.title} cannot weight rows: leave sample_weight out, or repeat rows instead"
            )
        n, d = z.shape
        n = n if weights is None else int((weights > 0).sum())
        components = min(d, getattr(self, "reduce", None) or d)
        if n < self.minimum_rows(components):
            raise InvalidInput(
                f"{self.title} needs at least {self.minimum_rows(components)} codes in "
                f"{components} dimensions, got {n}: {self.remedy}"
            )
        low, high = z.min(), z.max()
        if max(-low, high) > LARGEST:
            raise InvalidInput(f"codes must lie within ±{LARGEST:g}: scale them down")
        draw = generator(rng)
        self._forget()
        self._mix(None if self.mixed else self._found_mixed(z, weights, high - low))
        if self._mixed is not None:
            z = self._mixed.to_scores(z, draw.random((len(z), len(self.mixed_columns_))))
        self._fit(self._reduced(z, weights, components), weights, draw)
        for name in vars(self):
            if name.endswith("_"):
                self._require_declared(name)
        self._fields = self.get_params(deep=False)
        self.n_features_in_ = d
        self.free_, self.given_ = np.ones(d, dtype=np.bool_), np.zeros(d)
        return self

    def _forget(self) -> None:
        """Drop what was derived from an earlier fit: the cached properties."""
        for name in tuple(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                del self.__dict__[name]

    def learnt(self, field: str) -> Any:
        """What the fit chose for a field that was left to it; None where it does not say."""
        value = getattr(self, f"{field}_", None)
        return value if isinstance(value, (int, float, str)) else None

    def adjusted(self, field: str, value: Any) -> Self | None:
        """The same fit with another value of a field, where nothing is learned anew for it.

        It is what a fit with that value would be; None where that takes a fit.
        """
        return None

    def _require_declared(self, name: str) -> None:
        """A TypeError, for whoever wrote the class, of what it learned otherwise than it says."""
        owner, known = f"{type(self).__name__}.{name}", self.learned | self.reduced
        if name not in known:
            raise TypeError(f"{owner} is learned: {ANNOTATE}")
        found, said = np.asarray(getattr(self, name)).dtype, known[name].dtype
        if found != said:
            raise TypeError(f"{owner} is learned as {found}, and annotated as {said}")

    @staticmethod
    def _found_mixed(
        z: FloatArray, weights: FloatArray | None, reach: float
    ) -> MixedColumns | None:
        from aegen.samplers._mixed_columns import MixedColumns  # with what numba compiles

        return MixedColumns.find(z, weights, reach)

    def _mix(self, columns: MixedColumns | None) -> None:
        """Learn which columns are modelled by their normal scores."""
        self._mixed = columns
        if columns is None:
            self.mixed_columns_ = np.empty(0, dtype=np.int64)
            self.mixed_codes_, self.mixed_weights_ = np.empty((0, 0)), np.empty(0)
            self.mixed_copies_, self.mixed_count_ = np.empty(0, dtype=np.int64), 0.0
        else:
            self.mixed_columns_, self.mixed_codes_ = columns.columns, columns.codes
            self.mixed_weights_, self.mixed_copies_ = columns.weights, columns.copies
            self.mixed_count_ = columns.count

    def sample(self, n: int = 1, *, rng: RNG = None) -> FloatArray:
        """Draw ``n`` new codes, shape (n, d), float64; n = 0 gives an empty array.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: ``n`` is no whole number of 0 or more.
        """
        self._require_fitted()
        draw = generator(rng)
        n = self._affordable(n)
        with self._same_bits():
            return self._whole(self._sample(n, draw), draw)

    def save(self, path: Path | str) -> None:
        """Write the fitted model to one safetensors file, which `aegen.samplers.load` reads.

        Raises:
            NotFitted: before ``fit``.
            StorageError: the file cannot be written, or is of over 4,096 columns.
        """
        self._require_fitted()
        if self._d > MODELLED:
            raise StorageError(path, f"cannot be written: {_too_wide(self._d)}")
        learned = [*self.learned, *(self.reduced if self._subspace else ())]
        state = {name: np.asarray(getattr(self, name)) for name in learned}
        # Numbers of numpy, which a grid search sets, become plain ones.
        fields = json.dumps(check(type(self), self.get_params(deep=False)), sort_keys=True)
        name = type(self).__module__.rpartition(".")[2].replace("_", "-")
        mark = fingerprint(state, name, fields)
        metadata = {"aegen": FORMAT, "sampler": name, "fields": fields, "sha256": mark}
        save_arrays(path, state, metadata)

    def _restore(self, state: dict[str, NDArray[Any]], path: Path) -> None:
        """Take learned attributes read from ``path``; scalars become Python numbers again."""
        declared = self.learned | (self.reduced if "axes_" in state else {})
        if set(state) != set(declared):
            raise StorageError(
                path,
                f"holds {len(state)} arrays where {self.title} needs {len(declared)}: "
                f"{_named(set(declared) - set(state))} missing, "
                f"{_named(set(state) - set(declared))} too many",
            )
        problem = self._taken(declared, state) or self._mixed_defect() or self._defect()
        if problem:
            raise StorageError(path, f"{problem}: fit the model again and save it")

    def _taken(
        self, declared: Mapping[str, Learned], state: Mapping[str, NDArray[Any]]
    ) -> str | None:
        """Take arrays that are as declared; else what is wrong with them."""
        free = state["free_"]
        sizes = {"whole": free.size}
        if "axes_" not in state:
            sizes["d"] = int(np.count_nonzero(free))
        problem = next(defects(declared, state, sizes), None)
        if problem:
            return problem
        for name, array in state.items():
            setattr(self, name, array.item() if array.ndim == 0 else array)
        if self.n_features_in_ != len(self.free_) or not self._d:
            return "free_ must say of each coordinate whether it is free"
        if self._d > MODELLED:
            return _too_wide(self._d)
        if self._subspace and not self.free_.all():
            return "free_ must leave all coordinates free beside principal components"
        self._fields = self.get_params(deep=False)
        return None

    def _defect(self) -> str | None:
        """What is wrong with learned attributes that were just read, or None."""
        return None

    def _mixed_defect(self) -> str | None:
        """What is wrong with what was read of columns with point masses, which is taken up."""
        columns, codes, weights = self.mixed_columns_, self.mixed_codes_, self.mixed_weights_
        from aegen.samplers._mixed_columns import MixedColumns

        self._mixed = None
        if not len(columns):
            return None
        d = int(self.free_.sum())
        if columns[0] < 0 or columns[-1] >= d or (np.diff(columns) <= 0).any():
            return f"mixed_columns_ must be increasing numbers from 0 to {d - 1}"
        sizes = {"rows_mixed": len(weights)}
        if not positive_probabilities.holds(weights, sizes):
            return f"mixed_weights_ must {positive_probabilities.words}"
        if not (count := effective("rows_mixed")).holds(np.asarray(self.mixed_count_), sizes):
            return f"mixed_count_ must {count.words}"
        self._mixed = MixedColumns.of(
            columns, codes, weights, self.mixed_count_, self.mixed_copies_
        )
        return None

    @property
    def _d(self) -> int:
        """How many coordinates are free, or how many principal components stand for them."""
        return len(self.axes_[0]) if self._subspace else int(self.free_.sum())

    @property
    def _subspace(self) -> PrincipalSubspace | None:
        """The principal subspace that the model was fitted to, if it was."""
        if not hasattr(self, "axes_"):
            return None
        from aegen.samplers._principal import PrincipalSubspace

        return PrincipalSubspace(self.origin_, self.unit_, self.axes_, self.noise_)

    def _reduced(self, z: FloatArray, weights: FloatArray | None, k: int) -> FloatArray:
        """Principal components (n, k) in place of codes (n, d), if they are fewer."""
        for name in self.reduced:
            if hasattr(self, name):
                delattr(self, name)
        if k >= z.shape[1]:
            return z
        from aegen.samplers._principal import PrincipalSubspace

        subspace = PrincipalSubspace.of(z, weights, k)
        if subspace is None:
            return z
        self.origin_, self.unit_ = subspace.origin, subspace.unit
        self.axes_, self.noise_ = subspace.axes, subspace.noise
        return subspace.scores(z)

    def _whole(self, drawn: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draws as the methods give them (n, d), as codes, with the fixed coordinates put in."""
        if self._subspace:
            drawn = self._subspace.codes(drawn, rng)
        if self._mixed is not None:
            drawn = self._mixed.to_codes(drawn)
        if self.free_.all():
            return drawn
        whole = np.tile(self.given_, (len(drawn), 1))
        whole[:, self.free_] = drawn
        return whole

    def _learnt(self, d: int, **learned: Any) -> Self:
        """A fitted model with these fields, over ``d`` coordinates, that has learned this."""
        twin = clone(self)
        for name, value in learned.items():
            setattr(twin, name, value)
        twin._fields = twin.get_params(deep=False)
        twin._mix(None)
        twin.n_features_in_ = d
        twin.free_, twin.given_ = np.ones(d, dtype=np.bool_), np.zeros(d)
        return twin

    def _same_bits(self) -> Any:
        """A context in which the number of threads changes no last bit of a product."""
        return one_blas_thread() if self.n_features_in_ > NARROW else nullcontext()

    def _affordable(self, n: int) -> int:
        """``n`` if that many codes can be held in memory at all."""
        return arrays.count(n, maximum=2**36 // (8 * self.n_features_in_))

    def _require_fitted(self) -> None:
        if not hasattr(self, "n_features_in_"):
            raise _not_fitted(f"this {self.title} is not fitted yet: call fit(codes) first")
        if {name: getattr(self, name) for name in self._fields} != self._fields:
            raise _not_fitted(
                f"fields of this {self.title} were changed after it was fitted: call fit again"
            )

    def minimum_rows(self, d: int) -> int:
        """The least number of rows that this model can be fitted to in ``d`` dimensions."""
        return 2

    @abstractmethod
    def _fit(
        self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator
    ) -> None: ...

    @abstractmethod
    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray: ...


def _declared(kind: type[Any]) -> dict[str, Learned]:
    """What a class itself says that it learns."""
    hints = {n: h for n, h in inspect.get_annotations(kind).items() if n.endswith("_")}
    known = getattr(sys.modules.get(kind.__module__), "__dict__", {})
    own = get_type_hints(SimpleNamespace(__annotations__=hints), known, None, True)
    return {name: Learned.of(f"{kind.__name__}.{name}", hint) for name, hint in own.items()}


Sampler.learned = _declared(Sampler)
Sampler.reduced = {
    name: Sampler.learned.pop(name) for name in ("origin_", "unit_", "axes_", "noise_")
}


class DensitySampler(Sampler):
    """A latent model whose density is known."""

    def score_samples(self, z: ArrayLike) -> FloatArray:
        """Log-density of each row of ``z`` (n, d) in nats, shape (n,); -inf outside the support.

        Of a conditioned model it is the density of the free coordinates given the fixed ones, and
        -inf for rows that have other values there.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: another dimension than in ``fit``, or values that are not finite.
        """
        self._require_fitted()
        z = arrays.codes(z, dimension=self.n_features_in_)
        free = np.ascontiguousarray(z[:, self.free_])
        with self._same_bits():
            if self._mixed is None:
                density = self._joint(free)
            else:
                density = self._mixed.log_density(free, self._joint)
        other = (z[:, ~self.free_] != self.given_[~self.free_]).any(axis=1)
        return np.where(other, -np.inf, density)

    def score(self, z: ArrayLike, y: None = None) -> float:
        """Mean log-density of the rows of ``z``, so that scikit-learn's model selection works."""
        return float(np.mean(self.score_samples(z)))

    def _joint(self, z: FloatArray) -> FloatArray:
        """Log-density of the free coordinates (n, d), whatever the method sees of them, (n,)."""
        if not self._subspace:
            return self._score_samples(z)
        y = self._subspace.scores(z)
        return self._score_samples(y) + self._subspace.log_density(self.title, z, y)

    @abstractmethod
    def _score_samples(self, z: FloatArray) -> FloatArray: ...


class RowSampler(Sampler):
    """A latent model whose draws each start from a training row; reweightable without a refit.

    Attributes:
        weights_: the probability of each row that a draw starts from it, (n,), sum one.
    """

    weighted: ClassVar[bool] = True

    weights_: Annotated[FloatArray, "n", probabilities]

    def sample_rows(
        self, n: int = 1, *, weights: ArrayLike | None = None, rng: RNG = None
    ) -> tuple[FloatArray, IntArray]:
        """Draw codes and say which training row each started from.

        Args:
            n: how many.
            weights: non-negative factors of the rows' own probabilities, (n,), or None for none.
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
        probabilities = self._probabilities(weights)
        rows = self._choose_rows(n, probabilities, draw)
        with self._same_bits():
            return self._whole(self._sample_from(rows, draw), draw), rows

    def effective_rows(self, weights: ArrayLike | None = None) -> float:
        r"""Kish's effective number of rows behind draws, $1 / \sum_i w_i^2$, from 1 to n.

        Args:
            weights: as in `sample_rows`.

        Example:
            >>> from aegen.samplers import samplers
            >>> model = samplers.create("bootstrap").fit([[0.0], [1.0], [2.0]])
            >>> round(model.effective_rows([1, 1, 0]), 9)
            2.0
        """
        self._require_fitted()
        probabilities = self._probabilities(weights)
        return float(1 / (probabilities @ probabilities))

    def collapse(self, weights: ArrayLike | None = None) -> str | None:
        """A sentence where draws rest on too few rows to be more than copies, else None."""
        effective = self.effective_rows(weights)
        if effective >= min(FEW_ROWS, len(self.weights_)):
            return None
        return (
            f"draws rest on {effective:.1f} effective rows of {len(self.weights_):,}, so they "
            "are little more than those rows: fix fewer coordinates, or smooth more"
        )

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        return self._sample_from(self._choose_rows(n, self.weights_, rng), rng)

    def _weigh(self, n: int, weights: FloatArray | None) -> None:
        """Store the probabilities of ``n`` rows, equal where there are no weights."""
        self.weights_ = np.full(n, 1 / n) if weights is None else weights

    def _probabilities(self, weights: ArrayLike | None) -> FloatArray:
        """The rows' own probabilities times ``weights``, (n,), sum one."""
        factors = arrays.weights(weights, len(self.weights_), name="weights")
        if factors is None:
            return self.weights_
        probabilities = self.weights_ * factors
        if probabilities.max() <= 0:
            raise InvalidInput("weights must leave some row whose probability is above 0")
        probabilities /= probabilities.max()
        probabilities /= probabilities.sum()
        return probabilities

    def _choose_rows(
        self, n: int, probabilities: FloatArray, rng: np.random.Generator
    ) -> IntArray:
        """``n`` training rows, drawn with replacement; a row of probability 0 never comes."""
        if (probabilities == probabilities[0]).all():
            return rng.integers(len(probabilities), size=n)
        cumulative = np.cumsum(probabilities)
        rows = np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")
        last = np.flatnonzero(probabilities)[-1]  # rounding may lead one past the end
        chosen: IntArray = np.minimum(rows, last).astype(np.int64, copy=False)
        return chosen

    @abstractmethod
    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        """One code (d,) started from each training row in ``rows`` (n,), shape (n, d)."""


class ConditionalSampler(Sampler):
    """A latent model that can be asked for codes some of whose coordinates are fixed."""

    exact: ClassVar[Mapping[str, tuple[str, ...]] | None] = {}
    """Words of fields with which conditions agree with the density exactly, where not with all;
    None where conditions are answered by resampling."""

    def condition(self, given: Mapping[int, float], *, rng: RNG = None) -> Sampler:
        """The law of the codes given the values of some coordinates, as a fitted latent model.

        Its draws have those coordinates fixed, in their places; its density, where it has one, is
        that of the free coordinates given the fixed ones. It can be conditioned further. The
        class's docstring says whether the law is exact.

        Args:
            given: value of each coordinate to fix, by its index from 0.
            rng: seed or Generator, for methods that answer by resampling.

        Raises:
            NotFitted: before ``fit``.
            InvalidInput: no such coordinate or fixed already, none left free, a value that is
                not finite or that the model cannot take.

        Example:
            >>> from aegen.samplers import samplers
            >>> model = samplers.create("standard-normal").fit([[0.0, 1.0], [2.0, 3.0]])
            >>> model.condition({1: 2.5}).sample(2, rng=0)[:, 1].tolist()
            [2.5, 2.5]
        """
        self._require_fitted()
        columns, values = self._fixed(given)
        place = np.cumsum(self.free_) - 1  # of each whole coordinate among the free ones
        known = np.zeros(int(self.free_.sum()), dtype=np.bool_)
        known[place[columns]] = True
        at = np.empty(len(known))
        at[place[columns]] = values
        given_values = at[known]
        if self._mixed is not None:
            given_values = self._mixed.given(self.title, known, given_values)
        draw = generator(rng)
        if self._subspace:
            model = cast("DensitySampler", self)
            left: Sampler = self._subspace.conditioned(model, known, given_values, draw)
        else:
            left = self._condition(known, given_values, draw)
        if self._mixed is not None:
            left._mix(self._mixed.without(known))
        left.free_, left.given_ = self.free_.copy(), self.given_.copy()
        left.free_[columns] = False
        left.given_[columns] = values
        left.n_features_in_ = self.n_features_in_
        return left

    def _fixed(self, given: Mapping[int, float]) -> tuple[IntArray, FloatArray]:
        """The coordinates to fix and their values, checked."""
        if not isinstance(given, Mapping) or not given:
            raise InvalidInput(
                "a condition must be a dict of coordinates and values such as {0: 1.5}, "
                f"got {given!r}"
            )
        free = np.flatnonzero(self.free_)
        columns = [
            arrays.count(key, name="a coordinate", maximum=self.n_features_in_ - 1)
            for key in given
        ]
        for column in columns:
            if not self.free_[column]:
                raise InvalidInput(
                    f"coordinate {column} is fixed already: it cannot be fixed anew"
                )
        if len(set(columns)) >= len(free):
            raise InvalidInput(
                f"a condition must leave a coordinate free: at most {len(free) - 1} of {len(free)}"
            )
        values = arrays.codes([list(given.values())], name="values of a condition")[0]
        if np.abs(values).max() > LARGEST:
            raise InvalidInput(f"values of a condition must lie within ±{LARGEST:g}")
        return np.array(columns, dtype=np.int64), values

    @abstractmethod
    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        """The law of the other free coordinates, fitted, given ``values`` of the ``known`` ones.

        Args:
            known: which of the free coordinates are given, (d,).
            values: theirs, in order, (k,).
            rng: for methods that resample.
        """


def load(path: Path | str) -> Sampler:
    """A fitted latent model from a file that `Sampler.save` wrote.

    Raises:
        StorageError: missing, truncated, altered, of another format, or not a latent model.

    Example:
        >>> import tempfile, pathlib
        >>> from aegen.samplers import Gaussian, load
        >>> model = Gaussian().fit([[0.0], [1.0], [2.0]])
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> model.save(file)
        >>> load(file).sample(2, rng=0).shape
        (2, 1)
    """
    from aegen.samplers import samplers

    path = Path(path)
    state, metadata = load_arrays(path)
    if not {"aegen", "sampler"} <= set(metadata):
        raise StorageError(path, "is not a saved latent model: write one with save(path)")
    if metadata["aegen"] != FORMAT:
        raise StorageError(
            path,
            f"was written in format {metadata['aegen'][:9]}, this aegen reads {FORMAT}: update "
            "aegen",
        )
    fields = metadata.get("fields", "")
    if metadata.get("sha256") != fingerprint(state, metadata["sampler"], fields):
        raise StorageError(path, "was altered after it was written: save the model again")
    name = metadata["sampler"]
    if name not in samplers.names():
        raise StorageError(path, f"does not describe a latent model (named {name[:40]!r})")
    try:
        model = samplers.create(name, **{**samplers.get(name).before, **parse(fields)})
    except (AegenError, TypeError) as problem:
        what = f"does not describe a latent model ({str(problem)[:200]})"
        raise StorageError(path, what) from problem
    model._restore(state, path)
    return model


def _not_fitted(said: str) -> NotFitted:
    """The error that scikit-learn's tools catch too, which is loaded with it."""
    from aegen.samplers._not_fitted import NotFittedEstimator

    return NotFittedEstimator(said)


def _too_wide(d: int) -> str:
    return (
        f"it would be of {d:,} columns, and {MODELLED:,} are the most: set reduce, or reduce codes"
    )


def _named(arrays: set[str]) -> str:
    """Names of arrays, as far as they fit a sentence."""
    return repr(sorted(arrays))[:120] if arrays else "none"
