"""Margins of codes by the book, slow: sums over all rows with the width of Silverman's rule."""

import numpy as np
from scipy.special import logsumexp, ndtr
from scipy.stats import norm

from aegen.samplers._mixed_marginal import MixedMargin

__all__ = ["found", "silvermans", "smoothed", "smoothed_cdf"]


def silvermans(column):
    """Bandwidth of a column (n,): (3n/4)^(-1/5) times the lesser of two standard deviations.

    Its own, and that of a normal distribution with its interquartile range.
    """
    quartiles = np.quantile(column, [0.25, 0.75], method="averaged_inverted_cdf")
    of_quartiles = np.ptp(quartiles) / np.ptp(norm.ppf([0.25, 0.75]))
    return (0.75 * len(column)) ** -0.2 * min(column.std(), of_quartiles)


def found(column, weights=None):
    """Bandwidth and bounds of a column with groups, as found; the rule has tests of its own."""
    order = np.argsort(column)
    share = np.full(len(column), 1 / len(column)) if weights is None else weights / weights.sum()
    margin = MixedMargin.of(column[order], share[order], count=1 / (share @ share))
    return {"width": margin.rest.width, "low": margin.low, "high": margin.high}


def smoothed(x, column, width, low=-np.inf, high=np.inf, weights=None):
    """Log-density and P(X <= x) at x (m,) of normal kernels around a column (n,).

    Each has mirror images at the bounds; ``weights`` (n,) sum to one.
    """
    rows, own = _kernels(column, low, high, weights)
    held = np.clip(x, low, high)
    with np.errstate(divide="ignore"):
        terms = np.log(own) + norm.logpdf(held[:, None], rows, width)
    logs = np.where(held == x, logsumexp(terms, axis=1), -np.inf)
    return logs, smoothed_cdf(x, column, width, low, high, weights)


def smoothed_cdf(x, column, width, low=-np.inf, high=np.inf, weights=None):
    """P(X <= x) alone."""
    rows, own = _kernels(column, low, high, weights)
    held = np.clip(x, low, high)
    below = ndtr((held[:, None] - rows) / width) - ndtr((low - rows) / width)
    return below @ own


def _kernels(column, low, high, weights):
    """Where they stand, and the weight of each."""
    rows = np.concatenate([column, *(2 * b - column for b in (low, high) if np.isfinite(b))])
    own = np.full(len(column), 1 / len(column)) if weights is None else weights
    return rows, np.resize(own, len(rows))
