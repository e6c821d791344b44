"""Other libraries' own models, called directly, beside which `aegen bench fidelity` puts ours.

`PEERS` has a line for each: what is given are codes, fields and a seed, what comes back draws n
codes. Anything else that learns from codes can be measured the same way by adding it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["PEERS", "Drawing"]


class Drawing(Protocol):
    """What a fitted peer, or one of our latent models, can do."""

    def sample(self, n: int, *, rng: int) -> FloatArray:
        """New codes (n, d)."""


class _Drawn:
    def __init__(self, draw: Callable[[int, int], Any]) -> None:
        self._draw = draw

    def sample(self, n: int, *, rng: int) -> FloatArray:
        return np.asarray(self._draw(n, rng), dtype=np.float64)


def scipy_kde(codes: FloatArray, *, factor: float | None = None) -> Drawing:
    """`scipy.stats.gaussian_kde`; its rule of Scott, or a factor of the covariance's root."""
    from scipy.stats import gaussian_kde

    model = gaussian_kde(codes.T, bw_method=factor)
    return _Drawn(lambda n, seed: model.resample(n, seed=seed).T)


def scikit_learn_kde(codes: FloatArray, *, share: float = 0.2) -> Drawing:
    """`sklearn.neighbors.KernelDensity`, of a share of the columns' root mean square deviation."""
    from sklearn.neighbors import KernelDensity

    width = share * float(np.sqrt(codes.var(axis=0).mean()))
    model = KernelDensity(bandwidth=width).fit(codes)
    return _Drawn(lambda n, seed: model.sample(n, random_state=seed))


def scikit_learn_mixture(codes: FloatArray, *, components: int = 10) -> Drawing:
    """`sklearn.mixture.GaussianMixture` with full covariances."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(components, random_state=0).fit(codes)

    def draw(n: int, seed: int) -> Any:
        model.random_state = seed
        return np.random.default_rng(seed).permutation(model.sample(n)[0])

    return _Drawn(draw)


PEERS: dict[str, Callable[..., Drawing]] = {
    "scipy-kde": scipy_kde,
    "scikit-learn-kde": scikit_learn_kde,
    "scikit-learn-mixture": scikit_learn_mixture,
}
