"""Regular vine copula with kernel-smoothed margins, by pyvinecopulib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field
from aegen.core.progress import report
from aegen.samplers._kde_marginal import Quantiles
from aegen.samplers._learned import effective, indices, within
from aegen.samplers._mixed_marginal import MixedMargin, copies_and_count, refuse_impossible
from aegen.samplers._principal import Reduce
from aegen.samplers._resampling import resampled
from aegen.samplers._standardise import refuse_constant
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

if TYPE_CHECKING:
    import pyvinecopulib as pv

__all__ = ["VineCopula"]

FAMILIES = ("indep", "gaussian", "clayton", "gumbel", "frank", "joe", "tll")
"""Families of pair copulas by their names in the library; a pair's number is its place here."""

PRESETS: dict[str, tuple[str, ...]] = {
    "mixed": ("indep", "gaussian", "tll"),
    "nonparametric": ("tll",),
    "parametric": ("indep", "gaussian", "clayton", "gumbel", "frank", "joe"),
    "gaussian": ("gaussian",),
}

GRID = 30
"""Points a side of the grid that a pair's free-form density is kept on."""

SIZES = {"indep": 0, "tll": GRID * GRID}
"""Parameters of a family; 1 for those not named."""

EDGE = 1e-10
"""Probabilities are held this far from 0 and 1, as the library does."""

CANDIDATES = 16_000
"""How many stand for a condition that has no exact answer."""

FEWEST = 10.0
"""Effective candidates below which others are sought, that are made for the values given."""


class VineCopula(DensitySampler, ConditionalSampler):
    r"""Regular vine copula (pair-copula construction) with kernel-smoothed margins.

    A vine writes the density of the ranks as a product over pairs, arranged in trees: tree 1 ties
    neighbours, tree k ties two columns given the k - 1 between them. With $u_j = \hat F_j(z_j)$,

    $\log f(z) = \sum_{e} \log c_e(u_{a|D}, u_{b|D}) + \sum_j \log\hat f_j(z_j)$

    where pair e ties a and b given D, and $\hat F_j$ is the column smoothed by normal kernels of
    bandwidth $(3n/4)^{-1/5}$ spreads, with point masses where values repeat and bounds that no
    code passes (``_mixed_marginal.py``). Which pairs are tied first is chosen by
    Kendall's tau, the strongest first. A pair's density is of free form ("nonparametric": a local
    constant estimate on a grid), the best by AIC of five families and independence
    ("parametric"), Gaussian ("gaussian"), or the best by AIC of free form, Gaussian, independence
    ("mixed"), which keeps hundreds of weak pairs from being fitted to noise. A Gaussian vine with
    all its trees has the density of a Gaussian copula.
    Draws run pair by pair backwards from uniform numbers (inverse Rosenblatt transform).

    A condition is exact, in draws and in density, where the vine can be read so that the fixed
    columns come first: any one column, and some sets of more (about as many of each size as there
    are columns). Else weighted candidates stand for the law: they are drawn column by column in
    the vine's order and weighted by the density of each fixed value given those before it;
    ``effective_rows()`` of the answer tells how many of 16,000 carry the weight. Where they are
    fewer than ten, as far outside the codes, they are codes resampled (`_resampling.py`).

    Columns with point masses are the library's discrete variables: pairs are fitted to the
    intervals that ranks lie in, and the density of a point mass is the probability that a discrete
    vine gives it (the law of the draws is near to that, not the same, with three columns or more).

    Goes wrong by taking each pair's shape to be the same whatever the columns between them are.
    Fits take minutes in high dimensions: pairs grow with d², so lower ``truncation`` or ``rows``.
    Within 1e-10 of probabilities 0 and 1 copula densities stand still. Rare ties are ranked at
    random. Rows cannot be weighted. A constant column is left out of the vine, drawn as that
    constant, and has no density.

    Cost: pairs grow with d²: 5 s for 60,000 codes of 10 numbers, minutes in high dimensions. Draws
    run pair by pair.

    Reference: Dißmann et al. 2013 (choice of the trees); Nagler 2016 (local likelihood pairs);
    Panagiotelis, Czado and Joe 2012 (discrete variables);
    Tagasovska, Ackerer and Vatter 2019 (arXiv 1906.05423), where codes of autoencoders are
    modelled so. The pairs and trees are pyvinecopulib's.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(100, 3))
        >>> VineCopula(families="gaussian").fit(codes, rng=0).sample(4, rng=0).shape
        (4, 3)
    """

    title: ClassVar[str] = "Vine copula"
    summary: ClassVar[str] = "Dependence built from pairs of columns, each with its own shape."
    references: ClassVar[tuple[str, ...]] = (
        "dissmann2013",
        "nagler2016",
        "panagiotelis2012",
        "tagasovska2019",
    )
    slow: ClassVar[bool] = True
    mixed: ClassVar[bool] = True
    exact: ClassVar[None] = None

    codes_: Annotated[FloatArray, "n d"]
    copies_: Annotated[IntArray, "n", indices("n")]
    count_: Annotated[float, effective("n")]
    columns_: Annotated[IntArray, "v"]
    known_: Annotated[FloatArray, "v", within(0, 1)]
    matrix_: Annotated[IntArray, "v v"]
    families_: Annotated[NDArray[np.int8], "pairs", within(0, len(FAMILIES) - 1)]
    rotations_: Annotated[NDArray[np.int16], "pairs"]
    parameters_: Annotated[FloatArray, "p", within(-1e10, 1e10)]

    def __init__(
        self,
        families: Annotated[
            Literal["mixed", "nonparametric", "parametric", "gaussian"],
            Field("Shapes of pairs: any where it pays, else normal; any; five families; normal."),
        ] = "mixed",
        truncation: Annotated[
            int | None,
            Field("How many trees are tied, the rest being independent; auto: all.", low=1),
        ] = None,
        structure: Annotated[
            Literal["regular", "star", "path"],
            Field("Trees chosen by strength (regular), each a star, or each a path."),
        ] = "regular",
        rows: Annotated[
            int | None,
            Field(
                "Most codes, chosen at random, that pairs are fitted to; auto: all.",
                low=10,
                log=True,
            ),
        ] = 10_000,
        threads: Annotated[
            int,
            Field("Processor threads of a fit; the result is the same for any.", low=1, high=64),
        ] = 1,
        reduce: Reduce = None,
    ) -> None:
        self.families = families
        self.truncation = truncation
        self.structure = structure
        self.rows = rows
        self.threads = threads
        self.reduce = reduce

    def minimum_rows(self, d: int) -> int:
        """Ten: with fewer, the library ties nothing."""
        return 10

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.codes_ = z.copy()
        self.copies_, self.count_ = copies_and_count(z, None)
        self.columns_ = np.flatnonzero([not margin.constant for margin in self._margins])
        self.known_ = np.full(len(self.columns_), 0.5)
        used = z[:, self.columns_]
        if self.rows is not None and self.rows < len(z):
            used = used[np.sort(rng.choice(len(z), self.rows, replace=False))]
        self._keep(self._tied(used, rng) if len(self.columns_) > 1 else None)

    @cached_property
    def _margins(self) -> tuple[MixedMargin, ...]:
        """The law of each column."""
        even = np.full(len(self.codes_), 1 / len(self.codes_))
        return MixedMargin.of_codes(self.codes_, even, self.copies_, count=self.count_)

    @property
    def _discrete(self) -> BoolArray:
        """Which variables of the vine have point masses, (v,)."""
        return np.array([j >= 0 and len(self._margins[j].atoms) > 0 for j in self.columns_], bool)

    def _tied(self, z: FloatArray, rng: np.random.Generator) -> pv.Vinecop:
        """The library's vine fitted to the columns that vary, (n, v)."""
        import pyvinecopulib as pv

        discrete = self._discrete
        u, low = _ranks(z, [self._margins[j] for j in self.columns_], rng)
        v = u.shape[1]
        trees = v - 1 if self.truncation is None else min(self.truncation, v - 1)
        controls = pv.FitControlsVinecop(
            family_set=[getattr(pv.families, name) for name in PRESETS[self.families]],
            nonparametric_method="constant",
            nonparametric_grid_size=GRID,
            trunc_lvl=trees,
            num_threads=self.threads,
        )
        types, data = _types(discrete), _with_lower_ends(u, low, discrete)
        if self.structure != "regular":
            structure = _fixed_structure(self.structure, _strength(u), trees)
            return pv.Vinecop.from_data(data, controls, structure=structure, var_types=types)
        controls.tree_criterion = "custom"
        controls.tree_criterion_function = _reporting_tau(v, trees)
        try:
            return pv.Vinecop.from_data(data, controls, var_types=types)
        finally:
            controls.tree_criterion_function = None

    def _keep(self, vine: pv.Vinecop | None) -> None:
        """Learn the vine as arrays; None is that of no pairs."""
        v = len(self.columns_)
        self.matrix_ = np.ones((v, v), dtype=np.int64) if vine is None else _matrix(vine)
        pairs = [] if vine is None else [pair for tree in vine.pair_copulas for pair in tree]
        self.families_ = np.array([FAMILIES.index(p.family.name) for p in pairs], dtype=np.int8)
        self.rotations_ = np.array([pair.rotation for pair in pairs], dtype=np.int16)
        self.parameters_ = np.concatenate(
            [np.empty(0), *(np.asarray(pair.parameters).ravel() for pair in pairs)]
        )

    @cached_property
    def _vine(self) -> pv.Vinecop:
        """The library's vine of what was learned, of two variables or more."""
        return self._read()

    def _read(self, discrete: BoolArray | None = None) -> pv.Vinecop:
        """A new vine of what was learned, some of whose variables (v,) may be ``discrete``.

        Raises:
            RuntimeError: the arrays describe no vine.
        """
        import pyvinecopulib as pv

        v = len(self.columns_)
        parameters = np.split(self.parameters_, np.cumsum(self._sizes())[:-1])
        pairs = [
            pv.Bicop(
                getattr(pv.families, FAMILIES[family]),
                int(rotation),
                np.asfortranarray(own.reshape(_shape(len(own)))),
            )
            for family, rotation, own in zip(
                self.families_, self.rotations_, parameters, strict=True
            )
        ]
        trees, start = [], 0
        for tree in range(_trees(len(pairs), v) or 0):
            trees.append(pairs[start : start + v - 1 - tree])
            start += v - 1 - tree
        structure = pv.RVineStructure.from_matrix(
            np.asfortranarray(self.matrix_.astype(np.uint64))
        )
        types = _types(np.zeros(v, dtype=np.bool_) if discrete is None else discrete)
        return pv.Vinecop.from_structure(structure=structure, pair_copulas=trees, var_types=types)

    def _sizes(self) -> list[int]:
        """How many parameters each pair has."""
        return [SIZES.get(FAMILIES[family], 1) for family in self.families_]

    @property
    def _given(self) -> BoolArray:
        """Which variables of the vine are fixed, (v,)."""
        fixed: BoolArray = self.columns_ < 0
        return fixed

    def _defect(self) -> str | None:
        v = len(self.columns_)
        free = self.columns_[~self._given]
        if not np.array_equal(np.sort(free), np.flatnonzero(np.ptp(self.codes_, axis=0) > 0)):
            return "columns_ must name each column that varies once"
        if len(self.parameters_) != sum(self._sizes()):
            return f"parameters_ has shape {self.parameters_.shape}, which the families do not fit"
        if _trees(len(self.families_), v) is None:
            return "families_ has a shape that fills no trees"
        if ((self.matrix_ < 0) | (self.matrix_ > v)).any():
            return f"matrix_ must hold whole numbers from 0 to {v}"
        if v < 2:
            return None
        try:
            order = np.array(self._vine.order) - 1
        except (RuntimeError, ValueError, TypeError) as problem:
            return f"the vine cannot be read ({problem})"
        if not self._given[order[len(order) - self._given.sum() :]].all():
            return "matrix_ must have the variables that columns_ calls fixed at its end"
        return None

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        v = len(self.columns_)
        w = np.asfortranarray(rng.random((n, v)))
        if v > 1 and n:
            vine = self._vine
            if self._given.any():
                w[:, self._given] = vine.rosenblatt(self._held(self.known_[None]))[0, self._given]
            w = vine.inverse_rosenblatt(w)
        return self._codes_at(w)

    def _codes_at(self, u: FloatArray) -> FloatArray:
        """Codes (n, d) at the probabilities (n, v) of the vine's variables."""
        z = np.full((len(u), self._d), 0.5)
        z[:, self.columns_[~self._given]] = u[:, ~self._given]
        self._quantiles.replace(z)
        return z

    @cached_property
    def _quantiles(self) -> Quantiles:
        """The inverses of the margins."""
        return Quantiles.of([margin.knots() for margin in self._margins])

    def _probabilities(self, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of codes (m, d) the margins' log-density (m,), and the vine's probabilities (m, v).

        The latter twice: of less than each value, and of up to it; they differ at point masses.
        """
        density = np.zeros(len(z))
        low = np.tile(self.known_, (len(z), 1))
        u = low.copy()
        for place, j in enumerate(self.columns_):
            if j >= 0:
                logs, low[:, place], u[:, place] = self._margins[j].interval(z[:, j])
                density += logs
        return density, self._held(low), self._held(u)

    @staticmethod
    def _held(u: FloatArray) -> FloatArray:
        held: FloatArray = np.asfortranarray(np.clip(u, EDGE, 1 - EDGE))
        return held

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.codes_[0], np.ptp(self.codes_, axis=0))
        density, low, u = self._probabilities(z)
        if len(self.columns_) > 1 and len(z):
            k = int(self._given.sum())
            density -= _log_density_of_last(self._vine, u[:1], k)[0]
            discrete = self._discrete
            vine = self._read(discrete) if discrete.any() else self._vine
            # at a point mass the library gives the probability over that of the margin
            density += vine.logpdf(_with_lower_ends(u, low, discrete))
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        at = self.codes_[0].copy()
        at[known] = values
        refuse_impossible(self.title, [self._margins[j] for j in np.flatnonzero(known)], values)
        fixed = self._given | np.isin(self.columns_, np.flatnonzero(known))
        low, high = (np.where(fixed, ends[0], 0.5) for ends in self._probabilities(at[None])[1:])
        if (low < high).any():
            return self._given_masses(values, fixed, low, high, ~known, rng)
        held = high
        if fixed.all():  # what is left free is constant
            return self._left(~known, np.empty(0, dtype=np.int64), held[:0], None)
        place = np.cumsum(~known) - 1
        columns = np.where(fixed, -1, place[self.columns_])
        if fixed.sum() == self._given.sum():  # no more than before, save for constants
            return self._left(~known, columns, held, self._read() if len(held) > 1 else None)
        vine = self._read()  # it will be turned
        first = _first(vine, self._given, fixed)
        if first.sum() == fixed.sum():
            return self._left(~known, columns, held, vine)
        answer = self._weighted(vine, first, fixed, held, held, ~known, rng)
        if answer is None and self._discrete[~fixed].any():
            raise InvalidInput(
                f"{self.title} cannot be conditioned on these values: too few candidates carry "
                "the weight; choose values nearer to the training codes, or fix other coordinates"
            )
        return resampled(self, known, values, rng) if answer is None else answer

    def _given_masses(
        self,
        values: FloatArray,
        fixed: BoolArray,
        low: FloatArray,
        high: FloatArray,
        free: BoolArray,
        rng: np.random.Generator,
    ) -> Sampler:
        """The law of the ``free`` columns (d,) where some given value is a point mass."""
        vine = self._read() if len(high) > 1 else None
        answer = None
        if vine is not None:
            answer = self._weighted(vine, self._given.copy(), fixed, low, high, free, rng)
        elif fixed.all():
            return self._left(free, np.empty(0, dtype=np.int64), high[:0], None)
        if answer is None:
            shown = ", ".join(f"{value:g}" for value in values[:5])
            raise InvalidInput(
                f"{self.title} cannot be conditioned on the values {shown}: too few candidates "
                "carry the weight; choose values that occur together more often"
            )
        return answer

    def _left(
        self, free: BoolArray, columns: IntArray, known: FloatArray, vine: pv.Vinecop | None
    ) -> VineCopula:
        """The model of the ``free`` columns, with what it needs of the vine."""
        left = self._learnt(
            int(free.sum()),
            codes_=np.ascontiguousarray(self.codes_[:, free]),
            copies_=self.copies_,
            count_=self.count_,
            columns_=columns,
            known_=known,
        )
        left._keep(vine)
        left.__dict__["_quantiles"] = self._quantiles.take(free)
        return left

    def _weighted(
        self,
        vine: pv.Vinecop,
        first: BoolArray,
        fixed: BoolArray,
        low: FloatArray,
        high: FloatArray,
        free: BoolArray,
        rng: np.random.Generator,
    ) -> Sampler | None:
        """Candidates for the ``free`` columns (d,), drawn in the vine's order; None for too few.

        The condition of the ``first`` variables (v,), which come first in the order, is exact;
        all ``fixed`` ones (v,) lie at the probability ``high`` (v,), or where ``low`` (v,) is less
        between both.
        """
        from aegen.samplers.bootstrap import Bootstrap

        w = np.asfortranarray(rng.random((CANDIDATES, len(high))))
        logs = np.zeros(CANDIDATES)
        points = fixed & (low == high)
        u = self._held(np.tile(high, (CANDIDATES, 1)))
        if first.any():
            w[:, first] = vine.rosenblatt(u[:1])[0, first]
        for k, variable in enumerate(np.array(vine.order)[::-1] - 1):
            if not fixed[variable] or first[variable]:
                continue
            u = vine.inverse_rosenblatt(w)
            u[:, points] = high[points]
            if points[variable]:
                u = self._held(u)
                logs += _log_density_of_last(vine, u, k + 1) - _log_density_of_last(vine, u, k)
                w[:, variable] = vine.rosenblatt(u)[:, variable]
                continue
            ends = []
            for end in (low, high):
                u[:, variable] = end[variable]
                ends.append(vine.rosenblatt(self._held(u))[:, variable])
            part = np.maximum(ends[1] - ends[0], 0.0)
            with np.errstate(divide="ignore"):
                logs += np.log(part)
            w[:, variable] = np.clip(ends[0] + part * w[:, variable], EDGE, 1 - EDGE)
        if not np.isfinite(logs.max()):
            return None
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        effective = 1 / (weights @ weights)
        if not effective >= FEWEST:
            return None
        codes = self._codes_at(vine.inverse_rosenblatt(w))[:, free]
        there = weights > 0
        return Bootstrap()._learnt(
            int(free.sum()), codes_=codes[there], weights_=weights[there] / weights[there].sum()
        )


def _types(discrete: BoolArray) -> list[str]:
    """The library's letters for variables (v,) with point masses, and for others."""
    return ["d" if own else "c" for own in discrete]


def _with_lower_ends(u: FloatArray, low: FloatArray, discrete: BoolArray) -> FloatArray:
    """What the library takes: probabilities (m, v), then lower ends of discrete variables'."""
    return np.asfortranarray(np.concatenate([u, low[:, discrete]], axis=1))


def _ranks(
    z: FloatArray, margins: Sequence[MixedMargin], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """(rank - 1/2) / n in each column (n, v), equal values in random order, as both arrays.

    Of point masses, the first has the share of the rows up to them, the second of those below.
    """
    n = len(z)
    u = np.empty_like(z)
    low = np.empty_like(z)
    for j, (column, margin) in enumerate(zip(z.T, margins, strict=True)):
        order = np.lexsort((rng.random(n), column))
        u[order, j] = (np.arange(n) + 0.5) / n
        low[:, j] = u[:, j]
        atom = margin.atom_of(column)
        if atom.any():
            ordered = column[order]
            u[atom, j] = np.searchsorted(ordered, column[atom], side="right") / n
            low[atom, j] = np.searchsorted(ordered, column[atom]) / n
    return np.clip(u, EDGE, 1 - EDGE), np.clip(low, EDGE, 1 - EDGE)


def _reporting_tau(v: int, trees: int) -> Callable[[FloatArray, FloatArray], float]:
    """The size of Kendall's tau of pairs (n, 2); tells how far the fit is as it is asked.

    It is asked for all pairs that might be tied in a tree before the tree is fitted: for v(v-1)/2
    of them first, for at least the tree's own number of pairs later.
    """
    expected = v * (v - 1) // 2 + sum(3 * (v - 1 - tree) // 2 for tree in range(1, trees)) + 1
    asked = 0

    def size(pair: FloatArray, weights: FloatArray) -> float:
        nonlocal asked
        asked += 1
        report(min(asked / expected, 0.99), "tying pairs of columns")
        return _tau(pair[:, 0], pair[:, 1])  # lower ends of discrete ones may follow

    return size


def _tau(one: FloatArray, other: FloatArray) -> float:
    import pyvinecopulib as pv

    columns = np.ascontiguousarray(one), np.ascontiguousarray(other)
    return abs(float(pv.utils.wdm(*columns, "kendall")))


def _strength(u: FloatArray) -> FloatArray:
    """Sizes of Kendall's tau between the columns of u (n, v), 0 with itself, (v, v)."""
    v = u.shape[1]
    size = np.zeros((v, v))
    for i in range(v):
        for j in range(i):
            size[i, j] = size[j, i] = _tau(u[:, i], u[:, j])
            report(0.0, "measuring how columns depend on each other")
    return size


def _fixed_structure(kind: str, strength: FloatArray, trees: int) -> pv.RVineStructure:
    """Every tree a star around the column with the strongest ties, or a path along them."""
    import pyvinecopulib as pv

    if kind == "star":
        order = np.argsort(strength.sum(axis=0), kind="stable") + 1
        return pv.CVineStructure(order.tolist(), trunc_lvl=trees)
    return pv.DVineStructure(_path(strength), trunc_lvl=trees)


def _path(strength: FloatArray) -> list[int]:
    """Columns (numbered from 1) one after the other, the strongest tie to either end next."""
    path = [int(k) for k in np.unravel_index(int(np.argmax(strength)), strength.shape)]
    while len(path) < len(strength):
        ends = strength[[path[0], path[-1]]].copy()
        ends[:, path] = -1.0
        end, column = divmod(int(np.argmax(ends)), len(strength))
        path.insert(0 if end == 0 else len(path), column)
    return [column + 1 for column in path]


def _matrix(vine: pv.Vinecop) -> IntArray:
    return np.ascontiguousarray(vine.matrix).astype(np.int64)


def _shape(size: int) -> tuple[int, int]:
    """Shape in which the library takes a pair's parameters."""
    return (GRID, GRID) if size == GRID * GRID else (size, size)


@cache
def _trees(pairs: int, v: int) -> int | None:
    """How many trees of v variables have that many pairs together, None where they do not."""
    total = 0
    for tree in range(max(v, 1)):
        if total == pairs:
            return tree
        total += v - 1 - tree
    return None


def _log_density_of_last(vine: pv.Vinecop, u: FloatArray, k: int) -> FloatArray:
    """Log-density of the last k variables of the vine's order at u (m, v), shape (m,).

    They are a vine by themselves: the last columns of the matrix.
    """
    import pyvinecopulib as pv

    if k < 2:
        return np.zeros(len(u))
    v = u.shape[1]
    if k == v:
        whole: FloatArray = vine.logpdf(u)
        return whole
    last = np.array(vine.order[v - k :])
    number = np.zeros(v + 1, dtype=np.uint64)
    number[last] = np.arange(1, k + 1)
    trees = [tree[len(tree) - (k - 1 - t) :] for t, tree in enumerate(vine.pair_copulas[: k - 1])]
    structure = pv.RVineStructure.from_matrix(
        np.asfortranarray(number[_matrix(vine)[:k, v - k :]])
    )
    part = pv.Vinecop.from_structure(structure=structure, pair_copulas=trees)
    density: FloatArray = part.logpdf(np.asfortranarray(u[:, last - 1]))
    return density


def _first(vine: pv.Vinecop, already: BoolArray, fixed: BoolArray) -> BoolArray:
    """Turn the vine so that as many ``fixed`` variables (v,) as can come first; says which.

    Those ``already`` first stay so; the others are taken up one by one where that is possible.
    """
    first = already.copy()
    for variable in np.flatnonzero(fixed & ~already):
        first[variable] = True
        if not _turned(vine, first):
            first[variable] = False
    return first


def _turned(vine: Any, first: BoolArray) -> bool:
    """Whether the vine could be turned so that the ``first`` variables come first."""
    try:
        vine.reorient((np.flatnonzero(first) + 1).tolist())
    except RuntimeError:
        return False
    return True
