"""How long each latent model takes to fit and to draw, a coordinate, beside plain numpy.

Each pair is timed in turns within one run, so that what slows the machine slows both; medians of
several repeats after a warm-up, which also compiles. `report` prints what `run` measures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError
from aegen.samplers import Sampler, samplers
from aegen.samplers._margins import Margin, silverman
from aegen.samplers.empirical_beta_copula import EmpiricalBetaCopula
from aegen.samplers.gaussian_mixture import GaussianMixture
from aegen.samplers.kde import KDE

__all__ = ["Timing", "made_up_codes", "report", "run"]

SIZES = (2_000, 60_000)
GRID = 4096
"""Points of the reference's distribution functions, between which np.interp inverts them."""

Fit = Callable[[], Any]
Draw = Callable[[], FloatArray]


@dataclass(frozen=True)
class Timing:
    """What was measured for one latent model at one size; times in nanoseconds a coordinate.

    Args:
        name: the latent model.
        rows: training codes, and draws.
        dimension: numbers a code.
        fit: n x d coordinates learned from.
        sample: as many drawn.
        plain_fit: what plain numpy takes for the same, or None where it has no counterpart.
        plain_sample: likewise for drawing.
    """

    name: str
    rows: int
    dimension: int
    fit: float
    sample: float
    plain_fit: float | None
    plain_sample: float | None

    @property
    def ratio(self) -> float | None:
        """How many times faster than plain numpy a draw is."""
        return None if self.plain_sample is None else self.plain_sample / self.sample


def made_up_codes(n: int, d: int = 10, *, rng: int = 0) -> FloatArray:
    """Codes (n, d) with clusters and curvature, to measure on where there is no bundle.

    Example:
        >>> made_up_codes(3).shape
        (3, 10)
    """
    draw = np.random.default_rng(rng)
    centres = draw.normal(scale=3, size=(10, d))
    tilt = draw.normal(size=(d, d)) / np.sqrt(d)
    x = draw.normal(size=(n, d)) @ tilt
    x[:, 0] += 0.3 * x[:, -1] ** 2
    moved: FloatArray = x + centres[draw.integers(10, size=n)]
    return moved


def run(
    codes: ArrayLike | None = None, *, sizes: tuple[int, ...] = SIZES, repeats: int = 7
) -> list[Timing]:
    """Time every latent model at every size.

    Args:
        codes: training codes (n, d) to take rows from, with repetition where they are too few;
            None for made-up ones in 10 dimensions.
        sizes: numbers of rows; as many are drawn.
        repeats: how often each draw is timed; a fit at most 3 times.

    Raises:
        InvalidInput: codes that cannot be used.
    """
    repeats = arrays.count(repeats, name="repeats", minimum=1)
    given = made_up_codes(max(sizes)) if codes is None else arrays.codes(codes, minimum=2)
    timings = []
    for n in sizes:
        rows = np.random.default_rng(0).choice(len(given), n, replace=n > len(given))
        z = np.ascontiguousarray(given[rows])
        timings += [_time_one(name, z, repeats) for name in samplers.names()]
    return timings


def report(
    codes: ArrayLike | None = None, *, sizes: tuple[int, ...] = SIZES, repeats: int = 7
) -> None:
    """Measure as `run` does, then print a table; on the codes of the mnist bundle if there is one.

    Raises:
        InvalidInput: codes that cannot be used.
    """
    source = "the codes given"
    if codes is None:
        codes, source = _bundled_codes()
    console = Console()
    with console.status(f"timing {len(samplers.names())} latent models on {source}"):
        timings = run(codes, sizes=sizes, repeats=repeats)
    for n in sizes:
        console.print(_table([timing for timing in timings if timing.rows == n], source))
    console.print(
        "plain: numpy doing the same. The copula's is rng.beta, then np.interp into "
        f"{GRID} points of each margin. Medians of {repeats}, timed in turns."
    )


def _table(timings: list[Timing], source: str) -> Table:
    """The timings of one size."""
    n, d = timings[0].rows, timings[0].dimension
    table = Table(title=f"{n:,} rows of {source}, d = {d}: ns a coordinate", title_justify="left")
    table.add_column("latent model", no_wrap=True)
    for heading in ("fit ms", "fit", "plain", "draw", "plain", "faster"):
        table.add_column(heading, justify="right", no_wrap=True)
    for timing in timings:
        table.add_row(
            timing.name,
            f"{timing.fit * n * d / 1e6:,.1f}",
            _number(timing.fit),
            _number(timing.plain_fit),
            _number(timing.sample),
            _number(timing.plain_sample),
            "" if timing.ratio is None else f"{timing.ratio:.1f} x",
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _bundled_codes() -> tuple[FloatArray | None, str]:
    """Codes of the mnist bundle, and what to call them."""
    from aegen.bundles import read

    try:
        return np.asarray(read("mnist").codes), "the mnist bundle's codes"
    except AegenError:
        return None, "made-up codes"


def _time_one(name: str, z: FloatArray, repeats: int) -> Timing:
    model = samplers.create(name).fit(z, rng=0)
    plain_fit, plain_draw = _plain(model, z)
    scale = 1e9 / z.size
    fit, other_fit = _in_turns(
        lambda: samplers.create(name).fit(z, rng=0), plain_fit, min(repeats, 3)
    )
    rng = np.random.default_rng(0)
    draw, other_draw = _in_turns(lambda: model.sample(len(z), rng=rng), plain_draw, repeats)
    n, d = z.shape
    return Timing(
        name,
        n,
        d,
        fit * scale,
        draw * scale,
        None if other_fit is None else other_fit * scale,
        None if other_draw is None else other_draw * scale,
    )


def _in_turns(one: Fit, other: Fit | None, repeats: int) -> tuple[float, float | None]:
    """Median seconds of each, timed alternately after one call of each that does not count."""
    calls = [one] if other is None else [one, other]
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(repeats + 1):
        for call, seconds in zip(calls, taken, strict=True):
            start = time.perf_counter()
            call()
            if turn:
                seconds.append(time.perf_counter() - start)
    medians = [median(seconds) for seconds in taken]
    return medians[0], None if other is None else medians[1]


def _plain(model: Sampler, z: FloatArray) -> tuple[Fit | None, Draw | None]:
    """A fit and a draw of the same law in plain numpy, where there is one."""
    rng = np.random.default_rng(1)
    n, d = z.shape
    if isinstance(model, EmpiricalBetaCopula):
        return lambda: np.argsort(np.argsort(z, axis=0), axis=0) + 1, _plain_ebc(z, rng)
    if isinstance(model, GaussianMixture):
        return None, _plain_mixture(model, n, rng)
    if isinstance(model, KDE):
        width = model.bandwidth_ * z.std(axis=0)

        def blurred() -> FloatArray:
            drawn: FloatArray = z[rng.integers(n, size=n)] + width * rng.standard_normal((n, d))
            return drawn

        return None, blurred
    name = samplers.name_of(model)
    if name == "gaussian":
        mean, covariance = z.mean(axis=0), np.atleast_2d(np.cov(z.T, bias=True))
        return (
            lambda: (z.mean(axis=0), np.cov(z.T, bias=True)),
            lambda: rng.multivariate_normal(mean, covariance, size=n),
        )
    if name == "independent-margins":
        knots, probabilities = _margin_grids(z)

        def draw() -> FloatArray:
            u = rng.random((n, d))
            for j in range(d):
                u[:, j] = np.interp(u[:, j], probabilities[j], knots[j])
            return u

        return lambda: z.std(axis=0), draw
    return None, None  # a model that plain numpy has no counterpart of


def _plain_ebc(z: FloatArray, rng: np.random.Generator) -> Draw:
    """Beta numbers by numpy, margins inverted by np.interp: the yardstick of the copula."""
    n, d = z.shape
    ranks = np.argsort(np.argsort(z, axis=0), axis=0) + 1
    knots, probabilities = _margin_grids(z)

    def draw() -> FloatArray:
        chosen = ranks[rng.integers(n, size=n)]
        u: FloatArray = rng.beta(chosen, n + 1 - chosen)
        for j in range(d):
            u[:, j] = np.interp(u[:, j], probabilities[j], knots[j])
        return u

    return draw


def _margin_grids(z: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Points of each column and their probabilities, five bandwidths beyond the codes.

    They are made without being timed, by aegen's own exact sums: plain ones take minutes.
    """
    knots, probabilities = [], []
    for column in np.sort(z, axis=0).T:
        # A constant column has no spread; any width serves to draw something as quickly.
        width = silverman(len(z)) * float(column.std()) or 1.0
        at = np.linspace(column[0] - 5 * width, column[-1] + 5 * width, GRID)
        knots.append(at)
        probabilities.append(Margin.of(np.ascontiguousarray(column), width).density_and_cdf(at)[1])
    return knots, probabilities


def _plain_mixture(model: GaussianMixture, n: int, rng: np.random.Generator) -> Draw:
    means = model.centre_ + model.scale_ * model.means_
    factors = model.scale_[:, None] * model.factors_
    covariances = [factor @ factor.T for factor in factors]

    def draw() -> FloatArray:
        counts = rng.multinomial(n, model.weights_)
        parts = [
            rng.multivariate_normal(mean, covariance, size=count)
            for mean, covariance, count in zip(means, covariances, counts, strict=True)
        ]
        drawn: FloatArray = rng.permutation(np.concatenate(parts))
        return drawn

    return draw
