"""Conditioning by adaptive importance sampling, for any latent model with a density.

Candidates for the free coordinates come from a mixture of Student t distributions, whose own
conditional law is exact; each is weighted by the model's density over the mixture's. The first
mixture is fitted to the model's own draws, and moved towards the law in a few rounds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import gammaln, logsumexp

from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.threads import few_threads, one_blas_thread
from aegen.samplers._standardise import centre_and_scale, standardise
from aegen.samplers.base import DensitySampler

if TYPE_CHECKING:
    from aegen.samplers.bootstrap import Bootstrap

__all__ = ["refuse_wide", "resampled"]

ROUNDS = 4
"""How often the mixture is moved."""

WIDEST = 2048
"""Columns of codes that are conditioned so, at most."""

OWN_DRAWS = 4000
"""Draws that a mixture is fitted to, and most that are made of each."""

GUARD = 0.1
"""Share of candidates from the first mixture, so that no weight explodes where the last is low."""

COMPONENTS = 10
"""Most components of a mixture; fewer where there is not enough to learn their shapes from."""

FREEDOM = 6.0
"""Degrees of freedom of a component: tails heavier than a normal's, as a proposal's must be."""

FLOOR = 1e-6
"""Added to every variance of a component, in units of the candidates' own."""

FEWEST = 10.0
"""Effective candidates below which the answer would be an accident, and is refused."""


def refuse_wide(title: str, columns: int) -> None:
    """Refuse a condition that needs matrices of so many columns.

    Raises:
        InvalidInput: there are too many.
    """
    if columns > WIDEST:
        raise InvalidInput(
            f"{title} cannot be conditioned on codes of {columns:,} columns, as that takes a "
            f"matrix of them all: reduce them to {WIDEST:,} or fewer"
        )


def resampled(
    model: DensitySampler,
    known: BoolArray,
    values: FloatArray,
    rng: np.random.Generator,
    candidates: int = 16_000,
) -> Bootstrap:
    r"""The law of the free coordinates given the known ones, as weighted candidates.

    Candidate $x_i$, drawn from the density q of a mixture, has weight $f(x_i, v) / q(x_i)$, where
    f is the model's density and v the known values. Expectations are right to about one over the
    root of the effective number of candidates, which ``effective_rows()`` of the result tells:
    draws repeat candidates, so it is also about how many different codes to expect. It falls as
    coordinates become more and as values leave the codes.

    Reference: Cappé et al. 2004 (population Monte Carlo), Veach and Guibas 1995 (the balance
    heuristic), Koblents and Míguez 2015 (tempering weights where few candidates carry them all).

    Args:
        model: fitted; what is said of coordinates is said of its free ones, d in number.
        known: which coordinates are given, (d,).
        values: theirs, in order, (k,).
        rng: chooses the candidates.
        candidates: how many there are.

    Returns:
        A fitted `Bootstrap` of candidates (candidates, d - k) with their weights.

    Raises:
        InvalidInput: the model has no density, gives none to these values, or so few candidates
            carry the weight that draws would be an accident.
    """
    from aegen.samplers.bootstrap import Bootstrap

    refuse_wide(model.title, len(known))
    own = model._sample(OWN_DRAWS, rng)
    model._score_samples(own[:1])  # refuses where there is no density, before any work
    centre, scale = centre_and_scale(own)
    scale = np.where(scale > 0, scale, 1.0)

    def joint(x: FloatArray) -> FloatArray:
        """The model's log-density at the known values and at free coordinates ``x``, scaled."""
        whole = np.empty((len(x), len(known)))
        whole[:, known] = values
        whole[:, ~known] = centre[~known] + scale[~known] * x
        return model._score_samples(whole)

    at = standardise(values[None], centre[known], scale[known])[0]
    first = _StudentMixture.fitted(standardise(own, centre, scale), rng).given(known, at)
    last = _moved(first, joint, min(OWN_DRAWS, candidates // ROUNDS), rng)
    # Candidates are drawn anew: weights of those that a mixture was fitted to would be biased.
    spare = int(GUARD * candidates)
    x = np.concatenate([last.draw(candidates - spare, rng), first.draw(spare, rng)])
    proposed = np.logaddexp(
        np.log1p(-GUARD) + last.log_density(x), np.log(GUARD) + first.log_density(x)
    )
    weights = _normalised(joint(x) - proposed)
    if weights is None:
        raise InvalidInput(
            f"{model.title} gives these values no density: choose values nearer to the "
            "training codes"
        )
    effective = 1 / (weights @ weights)
    if effective < FEWEST:
        raise InvalidInput(
            f"{model.title} cannot be conditioned on these values: {effective:.1f} of "
            f"{candidates:,} candidates carry all the weight; choose values nearer to the "
            "training codes, or fix other coordinates"
        )
    codes = centre[~known] + scale[~known] * x
    there = weights > 0
    return Bootstrap()._learnt(x.shape[1], codes_=codes[there], weights_=weights[there])


def _moved(
    mixture: _StudentMixture,
    joint: Callable[[FloatArray], FloatArray],
    draws: int,
    rng: np.random.Generator,
) -> _StudentMixture:
    """A mixture nearer to the law whose log-density is ``joint`` plus a constant.

    Each round adds ``draws`` from the mixture, weights all draws so far by the law over the mean
    of all mixtures so far (the balance heuristic), and fits the next mixture to them.
    """
    rounds: list[_StudentMixture] = []
    x, logs = mixture.means[:0], np.empty(0)
    for _ in range(ROUNDS):
        new = mixture.draw(draws, rng)
        rounds.append(mixture)
        x, logs = np.concatenate([x, new]), np.concatenate([logs, joint(new)])
        weights = _normalised(logs - logsumexp([one.log_density(x) for one in rounds], axis=0))
        if weights is not None:
            mixture = _StudentMixture.fitted(x[_tempered(weights, x.shape[1], rng)], rng)
    return mixture


def _normalised(logs: FloatArray) -> FloatArray | None:
    """Weights that sum to one from their logarithms (n,), or None where all vanish."""
    largest = logs.max()
    if not np.isfinite(largest):
        return None
    weights: FloatArray = np.exp(logs - largest)
    weights /= weights.sum()
    return weights


def _tempered(weights: FloatArray, d: int, rng: np.random.Generator) -> IntArray:
    """Candidates (OWN_DRAWS,) to fit the next mixture to, drawn by weights raised to a power.

    The power is 1 where enough of them carry the weight to learn a shape from, else the largest
    below 1 at which enough do: the mixture then moves towards the law in several rounds.
    """
    enough = min(20.0 * (d + 1), len(weights) / 10)

    def raised(power: float) -> FloatArray:
        powers: FloatArray = weights**power
        powers /= powers.sum()
        return powers

    def suffice(some: FloatArray) -> bool:
        return bool(1 / (some @ some) >= enough)

    probabilities = raised(1.0)
    if not suffice(probabilities):
        low, high = 0.0, 1.0
        while high - low > 1e-3 * high and high > 1e-12:
            middle = (low + high) / 2
            low, high = (middle, high) if suffice(raised(middle)) else (low, middle)
        probabilities = raised(low)
    rows: IntArray = rng.choice(len(weights), OWN_DRAWS, p=probabilities)
    return rows


@dataclass(frozen=True)
class _StudentMixture:
    """A mixture of k Student t distributions: logs of their shares (k,), means (k, d), factors.

    These are lower Cholesky factors of the scale matrices, (k, d, d).
    """

    shares: FloatArray
    means: FloatArray
    factors: FloatArray
    freedom: float = FREEDOM

    @classmethod
    def fitted(cls, x: FloatArray, rng: np.random.Generator) -> Self:
        """The mixture that covers the rows of ``x`` (n, d), which may repeat."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture as Mixture

        d = x.shape[1]
        centre, scale = centre_and_scale(x)
        scale = np.where(scale > 0, scale, 1.0)
        different = len(np.unique(x, axis=0))
        mixture = Mixture(
            n_components=min(max(different // (10 * (d + 1)), 1), COMPONENTS),
            reg_covar=FLOOR,
            max_iter=10,
            random_state=int(rng.integers(2**31)),
        )
        # One thread: the same seed then gives the same bytes. A start is enough, no optimum.
        with one_blas_thread(), few_threads(0, "openmp"), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(standardise(x, centre, scale))
        with np.errstate(divide="ignore"):
            shares = np.log(mixture.weights_)
        factors = scale[:, None] * np.linalg.cholesky(mixture.covariances_)
        return cls(shares, centre + scale * mixture.means_, factors)

    def given(self, known: BoolArray, values: FloatArray) -> _StudentMixture:
        """The exact law of the other coordinates where the ``known`` ones are ``values``."""
        k = int(known.sum())
        means, factors, probabilities = [], [], []
        for mean, factor in zip(self.means, self.factors, strict=True):
            scale = factor @ factor.T
            root = np.linalg.cholesky(scale[np.ix_(known, known)])
            away = solve_triangular(root, values - mean[known], lower=True)
            slopes = solve_triangular(root, scale[np.ix_(known, ~known)], lower=True)
            rest = scale[np.ix_(~known, ~known)] - slopes.T @ slopes
            wider = (self.freedom + away @ away) / (self.freedom + k)
            means.append(mean[~known] + slopes.T @ away)
            factors.append(np.linalg.cholesky((rest + rest.T) / 2) * np.sqrt(wider))
            probabilities.append(_log_t(away[:, None], root, self.freedom)[0])
        shares = self.shares + np.array(probabilities)
        return _StudentMixture(
            shares - logsumexp(shares), np.array(means), np.array(factors), self.freedom + k
        )

    def draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        """``n`` codes, (n, d)."""
        probabilities = np.exp(self.shares)
        which = rng.choice(len(probabilities), n, p=probabilities / probabilities.sum())
        normal = rng.standard_normal((n, self.means.shape[1]))
        normal *= np.sqrt(self.freedom / rng.chisquare(self.freedom, n))[:, None]
        drawn = self.means[which]
        for k, factor in enumerate(self.factors):
            drawn[which == k] += normal[which == k] @ factor.T
        return drawn

    def log_density(self, x: FloatArray) -> FloatArray:
        """Logarithm of the density at each row of ``x`` (n, d), (n,)."""
        terms = [
            share
            + _log_t(solve_triangular(factor, (x - mean).T, lower=True), factor, self.freedom)
            for share, mean, factor in zip(self.shares, self.means, self.factors, strict=True)
        ]
        total: FloatArray = logsumexp(terms, axis=0)
        return total


def _log_t(y: FloatArray, factor: FloatArray, freedom: float) -> FloatArray:
    """Log-density of a Student t where ``y`` (d, n) is the factor's inverse times x - mean."""
    d = len(y)
    volume = np.log(np.diag(factor)).sum() + 0.5 * d * np.log(freedom * np.pi)
    constant = gammaln((freedom + d) / 2) - gammaln(freedom / 2) - volume
    density: FloatArray = constant - (freedom + d) / 2 * np.log1p((y * y).sum(axis=0) / freedom)
    return density
