"""The Fréchet distance of two sets' means and covariances, and how far each row sways it."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["squared_frechet"]


def squared_frechet(real: FloatArray, made: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    r"""$|\mu - \nu|^2 + \mathrm{tr}(S + T - 2 (S T)^{1/2})$ of real (n, d) and made rows (m, d).

    With $A$ the centred real rows over $\sqrt{n - 1}$ and $B$ the made ones alike, the trace of
    the root is the sum of the singular values of $B A^T$. So no covariance is formed or rooted,
    singular ones need no care, and with fewer rows than columns the work is that of the rows.

    The sways are the quadratic potentials that carry one Gaussian to the other. At a row x of A
    that is $|x|^2 - x^T M x + 2 (\mu - \nu) \cdot x$ less its mean, with M the linear map that
    makes T of S; $x^T M x$ is read off the singular vectors.

    Args:
        real: (n, d), n >= 2.
        made: (m, d), m >= 2.

    Returns:
        the squared distance, and the sways of real rows (n,) and of made rows (m,).

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
    sways_a = np.square(a).sum(axis=1) - carried_a + 2 * (a @ shift)
    sways_b = np.square(b).sum(axis=1) - carried_b - 2 * (b @ shift)
    return float(value), sways_a - sways_a.mean(), sways_b - sways_b.mean()
