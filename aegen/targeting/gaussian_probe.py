"""Quadratic discriminant analysis of attributes on codes: quick, as it decodes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from aegen.core.arrays import FloatArray, IntArray

__all__ = ["Probe"]

FLOOR = 0.02
"""Added to every variance, in units of all codes' variance, so that no covariance is singular."""


@dataclass(frozen=True, eq=False)
class Probe:
    r"""Regularised quadratic discriminant analysis: probability of each value from a code.

    $P(v | z) \propto \pi_v N(z; \mu_v, \Sigma_v + 0.02 I)$ in standardised codes, with the share,
    mean and covariance of the rows that have the value. A value with few rows leans on the
    covariance that all values share. It takes 2 ms for 1,000 codes; it is overconfident, so it
    proposes candidates and the classifier tests them.

    It holds logs of the shares (v,), -inf for a value without rows, standardised means (v, d),
    lower Cholesky factors of the covariances (v, d, d), and centre and scale of all codes (d,).

    Source: Friedman, "Regularized discriminant analysis", 1989.

    Example:
        >>> z = np.array([[0.0], [0.2], [4.0], [4.4]])
        >>> probe = Probe.fitted(z, np.array([0, 0, 1, 1]), 2)
        >>> probe.probabilities(np.array([[0.1]])).round(2).tolist()
        [[1.0, 0.0]]
    """

    shares: FloatArray
    means: FloatArray
    factors: FloatArray
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def fitted(cls, z: FloatArray, values: IntArray, k: int) -> Probe:
        """The probe of codes ``z`` (n, d) whose values are ``values`` (n,), from 0 to k - 1."""
        n, d = z.shape
        centre, scale = z.mean(axis=0), z.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        x = (z - centre) / scale
        counts = np.bincount(values, minlength=k)
        means = np.zeros((k, d))
        spreads = np.zeros((k, d, d))
        for v in np.flatnonzero(counts):
            own = x[values == v]
            means[v] = own.mean(axis=0)
            spreads[v] = (own - means[v]).T @ (own - means[v])
        common = spreads.sum(axis=0) / n
        # d more rows of the common shape, so that a handful of rows still has a covariance
        mixed = (spreads + d * common) / (counts[:, None, None] + d)
        factors = np.linalg.cholesky(mixed + FLOOR * np.eye(d))
        with np.errstate(divide="ignore"):
            shares = np.log(counts / n)
        return cls(shares, means, factors, centre, scale)

    def probabilities(self, z: FloatArray) -> FloatArray:
        """Probability of each value for codes ``z`` (k, d), (k, v)."""
        x = (z - self.centre) / self.scale
        logs = np.empty((len(x), len(self.means)))
        for v, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            away = solve_triangular(factor, (x - mean).T, lower=True)
            logs[:, v] = -0.5 * np.square(away).sum(axis=0) - np.log(np.diag(factor)).sum()
        logs += self.shares
        probabilities: FloatArray = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        return probabilities
