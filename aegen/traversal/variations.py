"""Variations of a code: draws around it that look like the data near it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core import arrays
from aegen.core.arrays import FloatArray, count
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator
from aegen.traversal.directions import one_code

__all__ = ["variations"]

FEWEST, EACH = 50, 2
"""Nearest rows that the local Gaussian is of: at least so many, and so many for each dimension."""


def variations(
    code: ArrayLike, rows: ArrayLike, n: int = 12, *, spread: float = 0.5, rng: RNG = None
) -> FloatArray:
    r"""Codes (n, d) around ``code`` (d,): preconditioned Crank-Nicolson steps of a local Gaussian.

    $\mu + \sqrt{1 - s^2} (z - \mu) + s \Sigma^{1/2} E$ with $\mu$ and $\Sigma$ the mean and the
    covariance of the ``rows`` (m, d) nearest to $z$, $E \sim N(0, I)$ and s = ``spread``: 0 is the
    code itself, 1 a draw from the Gaussian of its neighbourhood, whatever the code. Such a step
    leaves that Gaussian as it is, so that none of them leads away from the data. The same seed
    gives the same directions for every spread. Goes wrong where a code's nearest rows form
    several groups, whose gaps the Gaussian fills.

    Raises:
        InvalidInput: codes of different dimensions, fewer than two rows, or a spread outside
            [0, 1].

    Source: S. Cotter, G. Roberts, A. Stuart and D. White, "MCMC methods for functions: modifying
    old algorithms to make them faster", Statistical Science 28(3), 2013.

    Example:
        >>> line = [[t, 0.0] for t in np.linspace(-1, 1, 9)]
        >>> variations([0.5, 0.0], line, 3, spread=0.1, rng=0).round(2)[:, 1].tolist()
        [0.0, 0.0, 0.0]
    """
    known = arrays.codes(rows, name="rows", minimum=2, why="to vary a code as they do")
    z = one_code(code, "the code", known.shape[1])
    n = count(n, name="n", maximum=10_000)
    if not 0 <= spread <= 1:
        raise InvalidInput(f"spread must be from 0 (the code itself) to 1, got {spread!r}")
    k = min(len(known), max(FEWEST, EACH * known.shape[1]))
    distances = ((known - z) ** 2).sum(axis=1)
    near = known[np.argpartition(distances, k - 1)[:k]]
    mean = near.mean(axis=0)
    noise = generator(rng).standard_normal((n, k)) @ (near - mean) / np.sqrt(k)
    found: FloatArray = mean + np.sqrt(1 - spread**2) * (z - mean) + spread * noise
    return found
