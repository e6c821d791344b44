"""Codes that no bundle has, to measure latent models on: `aegen bench fidelity --unseen`.

Each has what codes of real autoencoders have and bundles' do not: heavy tails, few rows, many
dimensions, exact zeros. A name may end in a far row's value, as in ``relu+1e6``: training codes
then have one row more, all of whose values are that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["FAR", "UNSEEN"]

FAR = (1e3, 1e6)
"""Values of the far row."""


def digits() -> FloatArray:
    """The 64 pixels of scikit-learn's 1,797 digits."""
    from sklearn.datasets import load_digits

    pixels: FloatArray = np.asarray(load_digits().data, dtype=np.float64)
    return pixels


def digits_20() -> FloatArray:
    """Their first 20 principal components."""
    pixels = digits()
    centred = pixels - pixels.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:20]
    found: FloatArray = centred @ axes.T
    return found


def t_copula(n: int = 6000, d: int = 10, freedom: float = 3.0) -> FloatArray:
    """A t copula of random correlations, with normal margins."""
    from scipy.stats import norm, t

    rng = np.random.default_rng(7)
    tilt = rng.normal(size=(d, d))
    covariance = tilt @ tilt.T + np.eye(d)
    scale = np.sqrt(np.diag(covariance))
    root = np.linalg.cholesky(covariance / np.outer(scale, scale))
    heavy = rng.normal(size=(n, d)) @ root.T
    heavy /= np.sqrt(rng.chisquare(freedom, n) / freedom)[:, None]
    found: FloatArray = norm.ppf(np.clip(t.cdf(heavy, freedom), 1e-12, 1 - 1e-12))
    return found


def two_moons(n: int = 750, d: int = 32) -> FloatArray:
    """Two moons turned into many dimensions, with a little noise in all of them."""
    from sklearn.datasets import make_moons

    rng = np.random.default_rng(3)
    flat, _ = make_moons(n, noise=0.05, random_state=0)
    plane = np.linalg.qr(rng.normal(size=(d, d)))[0][:2]
    found: FloatArray = flat @ plane + 0.02 * rng.normal(size=(n, d))
    return found


def sheet(n: int = 6000, d: int = 100) -> FloatArray:
    """A curved sheet of 5 dimensions, with a little noise in all of them."""
    rng = np.random.default_rng(5)
    bent, waves, at = rng.normal(size=(5, d)), rng.normal(size=(5, d)), rng.normal(size=(n, 5))
    found: FloatArray = np.tanh(0.6 * at @ bent) + 0.3 * np.sin(at @ waves)
    found += 0.02 * rng.normal(size=(n, d))
    return found


def relu(n: int = 6000, d: int = 8) -> FloatArray:
    """What a ReLU leaves of dependent normal codes: half of the values are exactly 0."""
    rng = np.random.default_rng(6)
    mixed = rng.normal(size=(n, 4)) @ rng.normal(size=(4, d)) + 0.3 * rng.normal(size=(n, d))
    found: FloatArray = np.maximum(mixed, 0)
    return found


UNSEEN: dict[str, Callable[[], FloatArray]] = {
    "digits": digits,
    "digits-20": digits_20,
    "t-copula": t_copula,
    "two-moons": two_moons,
    "sheet": sheet,
    "relu": relu,
}
