r"""Normal distributions within intervals: probabilities of boxes, and draws inside them.

A coordinate with a point mass tells of its normal score only that it lies in an interval. The
probability of a box is estimated one coordinate at a time: each is drawn within its interval given
those before it, and the probabilities of the intervals are multiplied (the GHK simulator). Points
of a Sobol sequence in place of random numbers make it the same each time, to about three digits;
one interval alone is exact. Used by `gaussian_copula.py`.

Reference: Geweke 1989; Hajivassiliou and McFadden 1998; Genz 1992.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from aegen.core.arrays import FloatArray
from aegen.samplers._sobol import sobol

__all__ = ["box_draws", "box_log_probability", "drawn_within"]

POINTS = 256
"""Points a box is estimated with."""

SMALLEST = 1e-12
"""Added to variances of 1, so that columns that depend on each other exactly have a root."""


def drawn_within(
    low: FloatArray, high: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Normal quantiles of probabilities ``u`` within intervals, and the intervals' log-masses.

    All arrays have one shape, or shapes that broadcast.
    """
    upper = low > 0  # there the other tail has the digits
    a, b = np.where(upper, -high, low), np.where(upper, -low, high)
    part = np.where(upper, 1 - u, u)
    most = log_ndtr(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.exp(np.minimum(log_ndtr(a) - most, 0.0))
        mass = most + np.log1p(-ratio)
        x = ndtri_exp(most + np.log(part + (1 - part) * ratio))
    x = np.clip(np.where(upper, -x, x), low, high)
    return np.where(np.isfinite(x), x, np.where(upper, low, high)), mass


def box_log_probability(
    mean: FloatArray, covariance: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Log of P(low < X < high) of normal X, for each of r means and boxes, (r,).

    Args:
        mean: (r, k).
        covariance: of all, (k, k).
        low: lower ends of the intervals, -inf included, (r, k).
        high: upper ends, inf included, (r, k).
    """
    k = mean.shape[1]
    points = sobol(k - 1, POINTS) if k > 1 else np.zeros((1, 0))
    last = np.full((len(points), 1), 0.5)  # nothing depends on where the last one lies
    logs = box_draws(mean, covariance, low, high, np.hstack([points, last]))[1]
    best = logs.max(axis=1)
    safe = np.where(np.isfinite(best), best, 0.0)
    total: FloatArray = safe + np.log(np.exp(logs - safe[:, None]).mean(axis=1))
    return total


def box_draws(
    mean: FloatArray, covariance: FloatArray, low: FloatArray, high: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Draws of normal X within boxes, one coordinate after the other, and their log-weights.

    Args:
        mean: (r, k).
        covariance: of all, (k, k).
        low: lower ends of the intervals, (r, k).
        high: upper ends, (r, k).
        u: uniform numbers, (p, k), the same for each box.

    Returns:
        Differences from the means (r, p, k), and logs of the weights, whose mean is the
        probability of the box, (r, p).
    """
    k = mean.shape[1]
    root = np.linalg.cholesky(covariance + SMALLEST * np.eye(k))
    logs = np.zeros((len(mean), len(u)))
    units = np.zeros((len(mean), len(u), k))
    for j in range(k):
        centre = mean[:, None, j] + units[:, :, :j] @ root[j, :j]
        ends = [(end[:, None, j] - centre) / root[j, j] for end in (low, high)]
        units[:, :, j], mass = drawn_within(ends[0], ends[1], u[None, :, j])
        logs += mass
    return units @ root.T, logs
