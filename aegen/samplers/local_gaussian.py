"""Locally smoothed bootstrap: a row, moved about as its nearest rows differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.compiled import compiled
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import Field
from aegen.core.progress import report
from aegen.samplers._kernel_sums import in_threads
from aegen.samplers._learned import not_negative, within
from aegen.samplers._mixed_marginal import MixedMargin, may_repeat
from aegen.samplers._normal import known_units
from aegen.samplers._principal import Reduce
from aegen.samplers._standardise import first_copies, refuse_constant
from aegen.samplers.base import ConditionalSampler, DensitySampler, RowSampler, Sampler

__all__ = ["LocalGaussian"]

LEFT_OUT, SHARE_OUT = 2000, 0.2
"""Most rows that are left out to choose by, and most of all rows."""

FEWEST = 100
"""Different rows below which there is nothing to choose by."""

ENOUGH = 1000
"""Rows left out from which on differences, which have no density, are tried too."""

GAIN = 0.02
"""How much nearer to one half differences must bring the worse half of 1-NN accuracy."""

AGAIN = 3
"""Settings of each kind of noise that are tried on a second split."""

NEIGHBOURS = {"gaussian": (10, 20, 40, 80), "differences": (20,)}
KEPT = {"gaussian": (0.0, 0.2, 0.4, 0.6, 0.8), "differences": (0.7, 0.8, 0.85, 0.9, 0.95)}
"""Values that are tried, by the kind of noise."""

SPREADS = (0.05, 4.0)
"""Where the spread is looked for."""

SETTLED = 1000
"""Left-out rows that the spread follows; a split of few rows is followed by others."""

MEASURED = 500
"""Draws whose distance to the training rows sets the spread."""

WIDTH = 0.1
"""Width of the noise in every direction, as a share of how far nearest rows are apart."""

EDGE_ROWS, EDGE_SHARE = 100, 0.02
"""A least or greatest value is a bound where that share of so many different rows have it."""

FEW_VALUES = 0.1
"""The same where a column has fewer different values than this share of rows."""

SHARP_ROWS, SHARP = 1000, 0.3
"""The same where the outermost fiftieth of so many rows takes less than this share of the room
that the four next to it take; normal tails take as much as these."""

FAR_SHARE = 0.003
"""So many rows may lie beyond a bound: they are far ones, and stay as they are."""

BLOCK = 2**22
"""Numbers that are worked on at a time."""

NEGLIGIBLE = 40.0
"""Terms below exp(-40) of the largest over n change no digit."""


class _Laws(NamedTuple):
    """Components of the mixture: means (b, d) and roots (b, k, d), the covariances' low rank."""

    means: FloatArray
    roots: FloatArray


@dataclass(frozen=True, eq=False)
class _Rows:
    """Different training rows and a search among them.

    Args:
        codes: (p, d), no two alike.
        shares: their weights (p,); copies of a row count as one of their sum.
        place: of each training row among them, (n,); of a row of weight 0 it says nothing.
        known: neighbours of all rows, by their number, once they were looked for.
    """

    codes: FloatArray
    shares: FloatArray
    place: IntArray
    search: Neighbours
    known: dict[int, IntArray]

    @classmethod
    def of(cls, z: FloatArray, weights: FloatArray) -> _Rows:
        there = np.flatnonzero(weights > 0)
        first = there[first_copies(z[there])]
        different, of = np.unique(first, return_inverse=True)
        place = np.zeros(len(z), dtype=np.int64)
        place[there] = of
        shares = np.bincount(of, weights=weights[there]).astype(np.float64)
        codes = z[different]
        return cls(codes, shares, place, Neighbours(codes), {})

    def near(self, places: IntArray, k: int) -> IntArray:
        """The ``k`` nearest others of rows at ``places`` (b,), nearest first, (b, k)."""
        if k in self.known:
            return self.known[k][places]
        once, of = np.unique(places, return_inverse=True)
        found = self.search.query(self.codes[once], k + 1)[0]
        other = found != once[:, None]
        other[other.all(axis=1), -1] = False  # rounding hid the row itself among others
        near: IntArray = found[other].reshape(len(once), k)
        if len(once) == len(self.codes):
            self.known[k] = near
        return near[of]

    def laws(self, places: IntArray, near: IntArray, kept: float) -> _Laws:
        """Means and roots, for a spread of 1, of rows with these neighbours."""
        shares, away, centre = self._centred(places, near)
        roots = np.sqrt(shares)[:, :, None] * (away - centre[:, None])
        return _Laws(self.codes[places] + (1 - kept) * centre, roots)

    def centres(self, places: IntArray, near: IntArray) -> FloatArray:
        """The mean of these neighbours of rows, from the row on, (b, d)."""
        return self._centred(places, near)[2]

    def _centred(
        self, places: IntArray, near: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Shares of neighbours (b, k), the ways to them (b, k, d) and the mean way (b, d)."""
        shares = self.shares[near]
        shares = shares / shares.sum(axis=1, keepdims=True)
        away = self.codes[near] - self.codes[places][:, None]
        return shares, away, np.einsum("bk,bkd->bd", shares, away)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Bounds that codes touch and do not pass, and values that repeat.

    Args:
        low: -inf where there is none, (d,).
        high: inf where there is none, (d,).
        atoms: of each column that has any.
    """

    low: FloatArray
    high: FloatArray
    atoms: dict[int, FloatArray]

    @cached_property
    def columns(self) -> IntArray:
        """Which columns have either."""
        bounded = np.flatnonzero((self.low > -np.inf) | (self.high < np.inf))
        return np.union1d(bounded, np.array(list(self.atoms), dtype=np.int64))

    def hold(self, drawn: FloatArray, parents: FloatArray) -> FloatArray:
        """Draws (b, d) folded back inside; where a parent is on a bound, it stays.

        Where a parent's value is one that repeats, a draw's is the nearest of these.
        """
        if not len(self.columns):
            return drawn
        held = np.where(drawn < self.low, 2 * self.low - drawn, drawn)
        held = np.where(held > self.high, 2 * self.high - held, held)
        held = np.clip(held, self.low, self.high)
        on_edge = (parents <= self.low) | (parents >= self.high)
        for column, atoms in self.atoms.items():
            at = np.isin(parents[:, column], atoms)
            place = np.searchsorted((atoms[1:] + atoms[:-1]) / 2, held[at, column])
            held[at, column] = atoms[place]
        return np.where(on_edge, parents, held)


class LocalGaussian(RowSampler, DensitySampler, ConditionalSampler):
    r"""Local Gaussian mixture (manifold Parzen windows), chosen by left-out two-sample tests.

    Row $x_i$ has k nearest other rows $x_j$ with mean $\mu_i$. A draw from it is

    $\mu_i + a (x_i - \mu_i) + c \sum_j g_j (x_j - \mu_i) / \sqrt k + h \epsilon$

    with g and $\epsilon$ standard normal: a row pulled towards its neighbours' mean, so that it
    does not leave the surface that codes lie on, and moved about within their spread. It is a
    mixture of n Gaussians with covariances of rank k plus a small diagonal; its density is exact,
    and so are conditions, which are mixtures of the same kind (in logs, however far away).

    ``noise`` "differences" moves by one difference $c (x_l - x_j)$ in place of the sum, where
    $x_j$ is near to $x_i$ and $x_l$ near to $x_j$: where codes are made of parts that come and go,
    such as a garment, draws have new combinations of them. It has no density.

    What is left at "auto" is chosen by leaving out a fifth of the rows, at most 2,000: for each k
    and a the least spread c at which draws are as far from the other rows as ``newness`` says,
    beside left-out rows (medians of nearest distances), and of these the setting under which the
    worse half of 1-NN accuracy, among left-out rows or among draws, is nearest to one half. Its
    spread is the mean over as many splits as leave out 1,000 rows together. Where one leaves out
    1,000, differences are tried as well. ``neighbours_``, ``kept_``, ``spread_`` and
    ``differences_`` tell what was chosen, ``worse_half_`` how it did.

    Bounds that many rows touch or crowd at, such as the zeros of a ReLU, are found from the codes:
    a draw lies on a bound where its row does, and never beyond. There is no density then. A
    constant column is drawn as that constant. Row weights count in neighbours' means too.

    Goes wrong where rows are too few to have near neighbours (noise then dominates), and where
    held-out codes are placed differently by the encoder than those that it has seen.

    Cost: it looks for the neighbours of all rows, and chooses: 3 s for 60,000 codes of 10 numbers.
    10,000 draws take 2 s.

    Reference: Vincent and Bengio 2003 (manifold Parzen windows); differences of neighbours are
    the step of differential evolution, Storn and Price 1997.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(80, 2))
        >>> LocalGaussian(neighbours=10, kept=0.6, spread=1.0).fit(codes).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Local Gaussian"
    summary: ClassVar[str] = "Training codes moved about as their nearest neighbours differ."
    references: ClassVar[tuple[str, ...]] = ("vincent2003", "storn1997")
    mixed: ClassVar[bool] = True
    quick: ClassVar[dict[str, float]] = {"neighbours": 8, "kept": 0.6, "spread": 1.0}
    exact: ClassVar[dict[str, tuple[str, ...]]] = {"noise": ("gaussian",)}

    codes_: Annotated[FloatArray, "n d"]
    widths_: Annotated[FloatArray, "d", not_negative]
    bounded_below_: Annotated[BoolArray, "d"]
    bounded_above_: Annotated[BoolArray, "d"]
    conditioned_: bool
    roots_: Annotated[FloatArray, "k heavy d"]
    neighbours_: Annotated[int, within(0, 1000)]
    kept_: Annotated[float, within(0, 1)]
    spread_: Annotated[float, within(0, 1e12)]
    differences_: bool
    worse_half_: float

    def __init__(
        self,
        neighbours: Annotated[
            int | Literal["auto"],
            Field(
                "How many nearest rows; auto: by left-out rows.",
                low=2,
                high=1000,
                log=True,
                slow=("auto",),
            ),
        ] = "auto",
        kept: Annotated[
            float | Literal["auto"],
            Field(
                "Share of a row's distance from its neighbours' mean that is kept; auto: by "
                "left-out rows.",
                low=0,
                high=1,
                step=0.05,
                slow=("auto",),
            ),
        ] = "auto",
        spread: Annotated[
            float | Literal["auto"],
            Field(
                "Factor of the neighbours' spread; auto: what newness needs.",
                low=0.01,
                high=10,
                log=True,
                slide=((0.02, "copies rows"), (3.0, "leaves the data")),
                slow=("auto",),
            ),
        ] = "auto",
        noise: Annotated[
            Literal["auto", "gaussian", "differences"],
            Field(
                "How rows are moved: by normal noise, by differences of near rows, or as "
                "left-out rows say (auto).",
                slow=("auto",),
            ),
        ] = "auto",
        newness: Annotated[
            float,
            Field(
                "Distance to the nearest training row, beside that of new rows, that draws have.",
                low=0.05,
                high=2,
                step=0.05,
            ),
        ] = 0.93,
        rows: Annotated[
            Literal["balanced", "iid"],
            Field("Rows picked each equally often in a batch (balanced), or independently (iid)."),
        ] = "balanced",
        reduce: Reduce = None,
    ) -> None:
        self.neighbours = neighbours
        self.kept = kept
        self.spread = spread
        self.noise = noise
        self.newness = newness
        self.rows = rows
        self.reduce = reduce

    # learning

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.conditioned_ = False
        self.codes_ = z.copy()
        self._weigh(len(z), weights)
        rows = self._rows
        codes, p = rows.codes, len(rows.codes)
        self.bounded_below_, self.bounded_above_ = _bounded(codes), _bounded(-codes)
        self.widths_ = _widths(rows, rng)
        chosen = self._plain(p)
        if "auto" in (self.neighbours, self.kept, self.spread) and p >= FEWEST:
            chosen = self._choose(codes, rng)
        self.neighbours_, self.kept_, self.spread_, self.differences_, _ = chosen
        self.worse_half_ = chosen.worse_half
        self.roots_ = np.zeros((self.neighbours_, 1, z.shape[1]))  # each is made where asked for

    def learnt(self, field: str) -> Any:
        """What was chosen for a field; see `Sampler.learnt`."""
        if field == "noise":
            return "differences" if self.differences_ else "gaussian"
        return super().learnt(field)

    def adjusted(self, field: str, value: Any) -> Self | None:
        """Another spread, of the same neighbours; see `Sampler.adjusted`."""
        if field != "spread" or not isinstance(value, (int, float)) or self.conditioned_:
            return None
        found = copy(self)
        found.spread = found.spread_ = float(value)
        found.neighbours, found.kept, found.noise = map(
            self.learnt, ("neighbours", "kept", "noise")
        )
        found._fields = found.get_params(deep=False)
        return found

    def _plain(self, p: int) -> _Chosen:
        """What is used where there is nothing to choose, or nothing to choose by."""
        k = 10 if self.neighbours == "auto" else int(self.neighbours)
        return _Chosen(
            min(k, p - 1),
            0.6 if self.kept == "auto" else float(self.kept),
            1.0 if self.spread == "auto" else float(self.spread),
            self.noise == "differences",
        )

    def _choose(self, codes: FloatArray, rng: np.random.Generator) -> _Chosen:
        """The best setting by rows that are left out of ``codes``, which all differ.

        All settings are tried on one split of the rows, the best few on a second one too.
        """
        kinds = ["gaussian", "differences"] if self.noise == "auto" else [self.noise]
        if self.noise == "auto" and SHARE_OUT * len(codes) < ENOUGH:
            kinds = ["gaussian"]
        spread = None if self.spread == "auto" else float(self.spread)

        def split() -> _Trial:
            return _Trial.of(codes, self._edges, self.widths_, self.newness, rng)

        trials = [split(), split()]
        tried: list[_Chosen] = []
        for step, kind in enumerate(kinds):
            ks = NEIGHBOURS[kind] if self.neighbours == "auto" else (int(self.neighbours),)
            kept = KEPT[kind] if self.kept == "auto" else (float(self.kept),)
            most = min(trials[0].near.shape[1], max(2, len(codes) // 4))
            for k in sorted({min(k, most) for k in ks}):
                report(step / len(kinds), f"choosing by left-out rows: {kind}, {k} neighbours")
                tried += trials[0].judged(k, kept, kind == "differences", spread)
        found = []
        for differences in {one.differences for one in tried}:
            of_kind = [one for one in tried if one.differences == differences]
            for one in sorted(of_kind, key=lambda one: one.worse_half)[:AGAIN]:
                again = trials[1].judged(one.neighbours, (one.kept,), differences, one.spread)[0]
                halves = np.mean([one.halves, again.halves], axis=0)
                found.append(one._replace(halves=(float(halves[0]), float(halves[1]))))
        best = min(found, key=lambda one: one.worse_half + GAIN * one.differences)
        if spread is not None:
            return best
        left_out = len(trials[1].parents)
        splits = [trials[1], *(split() for _ in range(math.ceil(SETTLED / left_out) - 1))]
        return best._replace(spread=float(np.mean([each.exact_spread(best) for each in splits])))

    # drawing

    @cached_property
    def _rows(self) -> _Rows:
        """Made on first use: a file holds the codes alone."""
        return _Rows.of(self.codes_, self.weights_)

    @cached_property
    def _edges(self) -> _Edges:
        codes = self._rows.codes
        low = np.where(self.bounded_below_, _least_values(codes), -np.inf)
        high = np.where(self.bounded_above_, -_least_values(-codes), np.inf)
        return _Edges(low, high, {} if self.conditioned_ else _atoms(codes))

    def _choose_rows(
        self, n: int, probabilities: FloatArray, rng: np.random.Generator
    ) -> IntArray:
        if self.rows == "iid":
            return super()._choose_rows(n, probabilities, rng)
        return _balanced(n, probabilities, rng)

    def _sample_from(self, rows: IntArray, rng: np.random.Generator) -> FloatArray:
        drawn = np.empty((len(rows), self._d))
        if not self.differences_:
            for part, laws in self._laws(rows):
                normal = rng.standard_normal(laws.roots.shape[:2])
                moved = np.einsum("bk,bkd->bd", normal, laws.roots)
                drawn[part] = laws.means + self.spread_ * moved
        else:
            found, places = self._rows, self._rows.place[rows]
            drawn[:] = self.codes_[rows]
            if self.neighbours_:
                near = found.near(places, self.neighbours_)
                moves = _differences(found, places, near, rng)
                for part in _parts(len(rows), near.shape[1] * self._d):
                    drawn[part] = found.laws(places[part], near[part], self.kept_).means
                drawn += self.spread_ * moves
        drawn += self.widths_ * rng.standard_normal(drawn.shape)
        return self._edges.hold(drawn, self.codes_[rows])

    def _laws(self, rows: IntArray) -> Iterator[tuple[slice, _Laws]]:
        """Components of training rows (m,), part by part; roots are for a spread of 1."""
        if self.conditioned_:
            place = np.cumsum(self.weights_ > 0) - 1
            for part in _parts(len(rows), self.neighbours_ * self._d):
                roots = self.roots_[:, place[rows[part]]].transpose(1, 0, 2)
                yield part, _Laws(self.codes_[rows[part]], roots)
            return
        found, places = self._rows, self._rows.place[rows]
        near = found.near(places, self.neighbours_)
        for part in _parts(len(rows), self.neighbours_ * self._d):
            yield part, found.laws(places[part], near[part], self.kept_)

    # density

    def _require_density(self, what: str) -> None:
        """Refuse a density or a condition, ``what`` it is, where the law has none."""
        if self.differences_:
            raise InvalidInput(
                f"{self.title} has no {what} where rows are moved by differences: fit it with "
                'noise="gaussian"'
            )
        held = self._edges.columns
        if len(held):
            raise InvalidInput(
                f"{self.title} has no {what}: codes repeat values, or never pass a bound that "
                f"many lie on or near (first in column {held[0]}); draws respect it, take "
                f"another latent model for a {what}"
            )

    def _score_samples(self, z: FloatArray) -> FloatArray:
        self._require_density("density")
        refuse_constant(self.title, self.codes_[0], self.widths_)
        heavy = np.flatnonzero(self.weights_ > 0)
        logs = np.log(self.weights_[heavy])
        x = z / self.widths_
        density = np.full(len(z), -np.inf)
        for part, laws in self._laws(heavy):
            report(part.start / len(heavy), "density")
            inner, volume, widest = _whitened(self.spread_ * laws.roots / self.widths_)
            cost = x.size * len(logs[part])
            means = laws.means / self.widths_
            high = logs[part] - 0.5 * volume
            more = in_threads(_log_mixture, x, means, inner, high, widest, cost=cost)
            density = np.logaddexp(density, more)
        density -= np.log(self.widths_).sum() + 0.5 * self._d * math.log(2 * math.pi)
        return density

    # conditions

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        self._require_density("condition")
        widths = self.widths_[known]
        known_units(self.title, self.codes_[0, known], widths, values, np.eye(len(values)))
        varying = widths > 0
        columns, widths, at = np.flatnonzero(known)[varying], widths[varying], values[varying]
        heavy = np.flatnonzero(self.weights_ > 0)
        logs = np.log(self.weights_[heavy])
        for part, laws in self._laws(heavy):
            away = (at - laws.means[:, columns]) / widths
            inner, volume, widest = _whitened(self.spread_ * laws.roots[:, :, columns] / widths)
            lengths = np.square(away).sum(axis=1)
            along = np.square(np.einsum("brd,bd->br", inner, away)).sum(axis=1)
            logs[part] -= 0.5 * (np.maximum(lengths - along, lengths / widest) + volume)
        logs -= logs.max()
        heavy = heavy[logs > -NEGLIGIBLE]
        weights = np.zeros(len(self.codes_))
        weights[heavy] = np.exp(logs[logs > -NEGLIGIBLE])
        codes = self.codes_[:, ~known].copy()
        roots = np.empty((self.neighbours_, len(heavy), codes.shape[1]))
        for part, laws in self._laws(heavy):
            # Given the known columns, the k normal numbers of a component are normal again.
            seen = self.spread_ * laws.roots[:, :, columns] / widths
            away = (at - laws.means[:, columns]) / widths
            axes, lengths, _ = np.linalg.svd(seen, full_matrices=False)
            left = 1 / np.hypot(1, lengths)  # of a standard deviation, along these axes
            pulled = np.einsum("bkj,bj->bk", seen, away)
            turned = np.einsum("bkr,bk->br", axes, pulled) * left**2
            expected = np.einsum("bkr,br->bk", axes, turned)
            free = laws.roots[:, :, ~known]
            codes[heavy[part]] = laws.means[:, ~known] + self.spread_ * np.einsum(
                "bk,bkd->bd", expected, free
            )
            taken = (1 - left)[:, :, None] * np.einsum("bkr,bkd->brd", axes, free)
            roots[:, part] = (free - np.einsum("bkr,brd->bkd", axes, taken)).transpose(1, 0, 2)
        return self._learnt(
            codes.shape[1],
            codes_=codes,
            weights_=weights / weights.sum(),
            widths_=self.widths_[~known],
            bounded_below_=self.bounded_below_[~known],
            bounded_above_=self.bounded_above_[~known],
            conditioned_=True,
            roots_=roots,
            neighbours_=self.neighbours_,
            kept_=self.kept_,
            spread_=self.spread_,
            differences_=False,
            worse_half_=self.worse_half_,
        )

    def _defect(self) -> str | None:
        heavy = int((self.weights_ > 0).sum()) if self.conditioned_ else 1
        if self.roots_.shape[:2] != (self.neighbours_, heavy):
            return f"roots_ has shape {self.roots_.shape}, which does not fit"
        if self.conditioned_ and self.differences_:
            return "differences_ must be false of a model that was conditioned"
        if not self.conditioned_ and self.neighbours_ >= len(self._rows.codes):
            return "neighbours_ must be fewer than the codes that differ"
        return None


class _Chosen(NamedTuple):
    """A setting, and both halves of 1-NN accuracy under it: among left-out rows, among draws."""

    neighbours: int
    kept: float
    spread: float
    differences: bool
    halves: tuple[float, float] = (0.5, 0.5)

    @property
    def worse_half(self) -> float:
        """How far the worse half lies from one half."""
        return max(abs(half - 0.5) for half in self.halves)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Rows that are left out, the others, and draws from these that differ by the setting alone.

    Args:
        left_out: a search among them, (m, d).
        rows: the others.
        parents: places of as many of them as are left out, (m,).
        near: their nearest others, (m, most).
        edges: bounds of all codes, with ``widths`` (d,) of the noise in every direction.
        goal: the median nearest distance that draws shall have.
        seed: of the draws, the same for each setting, so that settings are compared by what they
            do and less by luck.
    """

    left_out: Neighbours
    rows: _Rows
    parents: IntArray
    near: IntArray
    edges: _Edges
    widths: FloatArray
    goal: float
    seed: int

    @classmethod
    def of(
        cls,
        codes: FloatArray,
        edges: _Edges,
        widths: FloatArray,
        newness: float,
        rng: np.random.Generator,
    ) -> _Trial:
        p = len(codes)
        m = min(LEFT_OUT, int(SHARE_OUT * p))
        order = rng.permutation(p)
        left_out, others = codes[order[:m]], codes[order[m:]]
        rows = _Rows.of(others, np.full(len(others), 1 / len(others)))
        parents = rng.permutation(len(others))[:m]
        most = min(max(NEIGHBOURS["gaussian"]), len(others) - 1)
        near = rows.near(parents, most)
        goal = newness * float(np.median(rows.search.query(left_out)[1]))
        seed, real = int(rng.integers(2**32)), Neighbours(left_out)
        return cls(real, rows, parents, near, edges, widths, goal, seed)

    @cached_property
    def _apart(self) -> FloatArray:
        """How far each row that is left out is from the next, (m,)."""
        return _nearest_others(self.left_out)

    def judged(
        self, k: int, each_kept: Sequence[float], differences: bool, spread: float | None
    ) -> list[_Chosen]:
        """Settings that differ in what is kept, with their spreads and halves."""
        moves, noise = self._moves(k, differences)
        centres = self._centres(k)
        few = slice(MEASURED)
        around = np.concatenate([self.parents[few, None], self.near[few]], axis=1)
        around = np.ascontiguousarray(self.rows.codes[around].transpose(0, 2, 1))
        found = []
        for kept in each_kept:
            means = self._means(centres, kept) + noise

            def median(c: float, means: FloatArray = means) -> float:
                drawn = self._held(means[few] + c * moves[few], few)
                return float(np.sqrt(np.median(_nearest_squares(drawn, around))))

            c = _least(median, self.goal, SPREADS) if spread is None else spread
            halves = self._halves(self._held(means + c * moves))
            found.append(_Chosen(k, kept, c, differences, halves))
        return found

    def _halves(self, drawn: FloatArray) -> tuple[float, float]:
        """Both halves of 1-NN accuracy of draws; a tie counts for the other kind."""
        search = Neighbours(drawn)
        real = self._apart < search.query(self.left_out.reference)[1][:, 0]
        made = _nearest_others(search) < self.left_out.query(drawn)[1][:, 0]
        return float(real.mean()), float(made.mean())

    def exact_spread(self, chosen: _Chosen) -> float:
        """The spread anew, with distances to all rows in place of those around the parent."""
        moves, noise = self._moves(chosen.neighbours, chosen.differences)
        means = self._means(self._centres(chosen.neighbours), chosen.kept) + noise

        def median(c: float) -> float:
            return float(np.median(self.rows.search.query(self._held(means + c * moves))[1]))

        bounds = 0.8 * chosen.spread, 1.25 * chosen.spread
        return _least(median, self.goal, bounds, steps=5)

    def _centres(self, k: int) -> FloatArray:
        """The mean of ``k`` neighbours of each parent, from it on, (m, d)."""
        centres = np.empty_like(self.left_out.reference)
        for part in _parts(len(centres), k * centres.shape[1]):
            centres[part] = self.rows.centres(self.parents[part], self.near[part, :k])
        return centres

    def _means(self, centres: FloatArray, kept: float) -> FloatArray:
        """Where draws are before they are moved, (m, d)."""
        return self.rows.codes[self.parents] + (1 - kept) * centres

    def _moves(self, k: int, differences: bool) -> tuple[FloatArray, FloatArray]:
        """Moves for a spread of 1, and the small noise in every direction, both (m, d)."""
        rng = np.random.default_rng(self.seed)
        noise = self.widths * rng.standard_normal(self.left_out.reference.shape)
        if differences:
            return _differences(self.rows, self.parents, self.near[:, :k], rng), noise
        moves = np.empty_like(noise)
        for part in _parts(len(moves), k * moves.shape[1]):
            roots = self.rows.laws(self.parents[part], self.near[part, :k], 1.0).roots
            moves[part] = np.einsum("bk,bkd->bd", rng.standard_normal(roots.shape[:2]), roots)
        return moves, noise

    def _held(self, drawn: FloatArray, part: slice = slice(None)) -> FloatArray:
        return self.edges.hold(drawn, self.rows.codes[self.parents[part]])


def _differences(
    rows: _Rows, places: IntArray, near: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Of each row at ``places`` (b,) the way from one near row to one that is near to that one."""
    b, k = near.shape
    each = np.arange(b)
    first = near[each, rng.integers(k, size=b)]
    around = rows.near(first, k)
    second = around[each, rng.integers(k, size=b)]
    back = second == places  # which would be a step back from the near row
    second[back] = around[back, rng.integers(k, size=int(back.sum()))]
    moved: FloatArray = rows.codes[second] - rows.codes[first]
    return moved


def _least_values(codes: FloatArray) -> FloatArray:
    """The least value of each column (p, d), less a few far ones where rows are many, (d,)."""
    low: FloatArray = np.quantile(codes, FAR_SHARE, axis=0, method="lower")
    return low


def _atoms(codes: FloatArray) -> dict[int, FloatArray]:
    """Values that repeat in columns of different codes (p, d) that are not constant."""
    repeating = np.flatnonzero(may_repeat(codes) & (np.ptp(codes, axis=0) > 0))
    margins = {
        int(j): MixedMargin.of(np.sort(codes[:, j]), count=float(len(codes))) for j in repeating
    }
    return {j: margin.atoms for j, margin in margins.items() if len(margin.atoms)}


def _bounded(codes: FloatArray) -> BoolArray:
    """Whether the least value of each column (p, d) is a bound, (d,)."""
    p, d = codes.shape
    found = np.zeros(d, dtype=np.bool_)
    low, high = _least_values(codes), codes.max(axis=0)
    if p >= EDGE_ROWS:
        found |= (codes == low).mean(axis=0) >= EDGE_SHARE
        values = np.array([len(np.unique(column)) for column in codes.T])
        found |= values < FEW_VALUES * p
    if p >= SHARP_ROWS:
        outer, inner = np.quantile(codes, [0.02, 0.1], axis=0)
        found |= outer - low < SHARP * (inner - outer)
    bounded: BoolArray = found & (low < high)
    return bounded


def _widths(rows: _Rows, rng: np.random.Generator) -> FloatArray:
    """The noise of each column (d,): a share of how far the nearest rows are apart in it.

    Of 2,000 rows the half with the nearest neighbours counts, so that far ones widen nothing.
    """
    codes = rows.codes
    scale = codes.max(axis=0) - codes.min(axis=0)
    if len(codes) < 2:
        return np.zeros_like(scale)
    places = rng.permutation(len(codes))[:LEFT_OUT]
    away = codes[rows.near(places, 1)[:, 0]] - codes[places]
    largest = np.abs(away).max()
    lengths = np.square(away / largest).sum(axis=1)
    away = away[lengths <= np.median(lengths)]
    size = largest * np.sqrt(np.square(away / largest).mean(axis=0))
    size = np.maximum(size, 1e-6 * np.sqrt(np.square(size / largest).mean()) * largest)
    return np.where(scale > 0, WIDTH * size, 0.0)


def _balanced(n: int, probabilities: FloatArray, rng: np.random.Generator) -> IntArray:
    """``n`` rows, each as often as its probability says, to within one (systematic sampling)."""
    order = rng.permutation(np.flatnonzero(probabilities > 0))
    cumulative = np.cumsum(probabilities[order])
    marks = (np.arange(n) + rng.random()) / max(n, 1) * cumulative[-1]
    at = np.minimum(np.searchsorted(cumulative, marks, side="right"), len(order) - 1)
    chosen: IntArray = rng.permutation(order[at])
    return chosen


def _parts(n: int, numbers: int) -> Iterator[slice]:
    """Slices of ``n`` rows of so many ``numbers`` each."""
    step = max(1, BLOCK // max(numbers, 1))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _least(
    median: Callable[[float], float], goal: float, bounds: tuple[float, float], steps: int = 9
) -> float:
    """The least number within ``bounds`` at which ``median`` reaches the goal, by halving."""
    low, high = bounds
    for _ in range(steps):
        middle = math.sqrt(low * high)
        if median(middle) < goal:
            low = middle
        else:
            high = middle
    return high


@compiled
def _nearest_squares(x: FloatArray, around: FloatArray) -> FloatArray:
    """Squared distances of ``x`` (m, d) to the nearest of their own rows (m, d, k), (m,)."""
    m, d, k = around.shape
    nearest = np.empty(m)
    squares = np.empty(k)
    for p in range(m):
        squares[:] = 0.0
        for j in range(d):
            for i in range(k):  # several at a time
                squares[i] += (around[p, j, i] - x[p, j]) ** 2
        nearest[p] = squares.min()
    return nearest


def _nearest_others(search: Neighbours) -> FloatArray:
    """How far the nearest other row is from each row of a search, (n,)."""
    rows, distances = search.query(search.reference, 2)
    own = rows[:, 0] == np.arange(len(rows))
    return np.where(own, distances[:, 1], distances[:, 0])


def _whitened(roots: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    r"""Of $I + R^\top R$ for roots R (b, k, d): its inverse, log-determinant, largest eigenvalue.

    The inverse is $I - W^\top W$ with W (b, min(k, d), d), by Woodbury's identity.
    """
    _, k, d = roots.shape
    if d <= k:
        squares, axes = np.linalg.eigh(roots.transpose(0, 2, 1) @ roots)
        squares = np.maximum(squares, 0)
        inner = np.sqrt(squares / (1 + squares))[:, :, None] * axes.transpose(0, 2, 1)
    else:
        squares, axes = np.linalg.eigh(roots @ roots.transpose(0, 2, 1))
        squares = np.maximum(squares, 0)
        inner = (axes.transpose(0, 2, 1) @ roots) / np.sqrt(1 + squares)[:, :, None]
    volume = np.log1p(squares).sum(axis=1)
    widest = 1 + squares.max(axis=1, initial=0.0)
    return np.ascontiguousarray(inner), volume, widest


@compiled
def _log_mixture(
    x: FloatArray, means: FloatArray, inner: FloatArray, high: FloatArray, widest: FloatArray
) -> FloatArray:
    """The log of sum_i exp(high_i - q_i / 2), q the squared length after whitening, (m,).

    A component is measured only where a lower bound of its q leaves it a chance to count.
    """
    n, d = means.shape
    rank = inner.shape[1]
    lengths = np.empty(n)
    out = np.empty(len(x))
    margin = NEGLIGIBLE + math.log(n)
    for p in range(len(x)):
        first, hope = 0, -np.inf
        for i in range(n):
            length = 0.0
            for j in range(d):
                length += (x[p, j] - means[i, j]) ** 2
            lengths[i] = length
            if high[i] - 0.5 * length / widest[i] > hope:
                first, hope = i, high[i] - 0.5 * length / widest[i]
        top, total = -np.inf, 0.0
        for turn in range(n + 1):
            i = first if turn == 0 else turn - 1
            if turn > 0 and i == first:
                continue
            if high[i] - 0.5 * lengths[i] / widest[i] < top - margin:
                continue
            along = 0.0
            for r in range(rank):
                product_ = 0.0
                for j in range(d):
                    product_ += inner[i, r, j] * (x[p, j] - means[i, j])
                along += product_ * product_
            q = max(lengths[i] - along, lengths[i] / widest[i])
            term = high[i] - 0.5 * q
            if term > top:
                total = total * math.exp(top - term) + 1.0 if total > 0 else 1.0
                top = term
            else:
                total += math.exp(term - top)
        out[p] = top + math.log(total)
    return out
