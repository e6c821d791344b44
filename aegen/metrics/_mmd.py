"""Estimators of the squared maximum mean discrepancy (MMD), and the influence of each row."""

from __future__ import annotations

import math

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics.base import Measured, variance

__all__ = ["biased", "root", "unbiased"]


def unbiased(xx: FloatArray, yy: FloatArray, xy: FloatArray) -> Measured:
    r"""Unbiased squared MMD (a U-statistic): 0 in the mean for one law.

    $\frac{\sum_{i \ne j} k(x_i, x_j)}{n (n - 1)} + \frac{\sum_{i \ne j} k(y_i, y_j)}{m (m - 1)}
    - \frac{2}{n m} \sum_{ij} k(x_i, y_j)$

    from the kernel between real rows (n, n), between generated ones (m, m), and both (n, m).

    Reference: Gretton et al. 2012, A kernel two-sample test, lemma 6.

    Example:
        >>> same = np.ones((2, 2))
        >>> unbiased(same, same, 0 * same).value
        2.0
    """
    xx, yy = _others(xx), _others(yy)
    value = xx.mean() + yy.mean() - 2 * xy.mean()
    return Measured(float(value), *_influences(xx, yy, xy))


def biased(xx: FloatArray, yy: FloatArray, xy: FloatArray) -> Measured:
    """Biased squared MMD (a V-statistic): never negative, above 0 for one law.

    Example:
        >>> same = np.ones((2, 2))
        >>> biased(same, same, same).value
        0.0
    """
    value = max(0.0, float(xx.mean() + yy.mean() - 2 * xy.mean()))
    return Measured(value, *_influences(_others(xx), _others(yy), xy))


def _influences(xx: FloatArray, yy: FloatArray, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Twice the witness function at each row, less its mean, scaled for its sampling noise.

    The witness at a row is its mean kernel with rows of its own set less that with the other's.
    Where both sets follow one law it is all noise, and the discrepancy is of second order in the
    noise: its variance is

    $2 E\,\tilde k^2 (1/n + 1/m)^2$ with $\tilde k$ the centred kernel,

    half of what the witness says. Where laws differ the witness is right but for as much too. So
    that much is taken off, and never more than leaves as much: near the null the witness itself
    is so noisy that it can be far too small.
    """
    n, m = xy.shape
    x = 2 * (xx.mean(axis=1) - xy.mean(axis=1))
    y = 2 * (yy.mean(axis=1) - xy.mean(axis=0))
    x, y = x - x.mean(), y - y.mean()
    second = 2 * _spread(xx) / n**2 + 2 * _spread(yy) / m**2 + 4 * _spread(xy) / (n * m)
    first = variance(x) + variance(y)
    scale = np.sqrt(max(second, first - second) / first) if first > 0 else 1.0
    return scale * x, scale * y


def _others(k: FloatArray) -> FloatArray:
    """``k`` (n, n) with the mean of the others of its row in each place on the diagonal."""
    filled = k.copy()
    np.fill_diagonal(filled, 0)
    np.fill_diagonal(filled, filled.sum(axis=1) / max(len(k) - 1, 1))
    return filled


def _spread(k: FloatArray) -> float:
    """Mean square of what the means of rows and columns of ``k`` (n, m) leave unexplained."""
    centre = k.mean()
    of_rows, of_columns = k.mean(axis=1) - centre, k.mean(axis=0) - centre
    explained = np.mean(np.square(of_rows)) + np.mean(np.square(of_columns))
    return max(0.0, float(np.mean(np.square(k - centre)) - explained))


def root(square: Measured) -> Measured:
    """The root of ``square`` with its influences by the delta method: over twice the root.

    Where the square is below its own standard error, that stands in for it in the influences, as
    the root has no slope at 0.

    Example:
        >>> root(Measured(9.0, np.array([6.0, -6.0]), np.zeros(2))).influence_reference
        array([ 1., -1.])
    """
    value = math.sqrt(max(0.0, square.value))
    real, made, error = square.influence_reference, square.influence_generated, square.error
    if real is None or made is None or error is None:
        return Measured(value)
    # without an error the value is 0 and so is every influence
    steepest = 2 * math.sqrt(max(square.value, error)) or 1.0
    return Measured(value, real / steepest, made / steepest)
