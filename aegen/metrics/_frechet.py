"""Squared Fréchet distance of two Gaussians, and the influence of each row."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["squared_frechet"]


def squared_frechet(real: FloatArray, made: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    r"""$|\mu - \nu|^2 + \mathrm{tr}(S + T - 2 (S T)^{1/2})$ of two sets (n, d) and (m, d).

    With $A$ the centred real rows over $\sqrt{n - 1}$ and $B$ the made ones alike, the trace of
    the root is the sum of the singular values of $B A^T$. So no covariance is formed or rooted,
    singular ones need no care, and with fewer rows than columns the work is that of the rows.

    The influences are the quadratic potentials that carry one Gaussian to the other, at a row x
    of A $|x|^2 - x^T M x + 2 (\mu - \nu) \cdot x$ less its mean, with M the linear map that
    makes T of S; $x^T M x$ is read off the singular vectors.

    Returns:
        the squared distance, and the influences of real rows (n,) and of generated rows (m,).

    Reference: Dowson and Landau 1982; Heusel et al. 2017 (arXiv 1706.08500).

    Example:
        >>> squared_frechet(np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]))[0]
        9.0
    """
    shift = real.mean(axis=0) - made.mean(axis=0)
    a, b = (rows - rows.mean(axis=0) for rows in (real, made))
    # Each set's rows are combinations, with orthonormal weights, of at most d rows.
    weights_a, few_a = np.linalg.qr(a)
    weights_b, few_b = np.linalg.qr(b)
    left, singular, right = np.linalg.svd(few_b @ few_a.T, full_matrices=False)
    n, m = len(a), len(b)
    within = np.square(a).sum() / (n - 1) + np.square(b).sum() / (m - 1)
    between = singular.sum() / np.sqrt((n - 1) * (m - 1))
    value = shift @ shift + max(0.0, within - 2 * between)
    scale = np.sqrt((n - 1) / (m - 1))
    carried_a = np.square(weights_a @ right.T) @ singular * scale
    carried_b = np.square(weights_b @ left) @ singular / scale
    of_a = np.square(a).sum(axis=1) - carried_a + 2 * (a @ shift)
    of_b = np.square(b).sum(axis=1) - carried_b - 2 * (b @ shift)
    return float(value), of_a - of_a.mean(), of_b - of_b.mean()
