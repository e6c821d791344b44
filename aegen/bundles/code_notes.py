"""What is odd about codes, and what to do: said when a bundle is made, and kept in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from aegen.core.arrays import FloatArray

__all__ = ["code_notes"]

ZEROS = 0.2
"""Share of exact zeros in a dimension above which it is said."""

ROUND = 1e-3
"""Spread of the codes' norms, as a share of their mean, below which they lie on a sphere."""

LISTED = 8


def code_notes(z: FloatArray) -> Iterator[str]:
    """What latent models should know of codes (n, d), a sentence each.

    Example:
        >>> for note in code_notes(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])):
        ...     print(note)
        1 of 2 latent dimensions never varies (0): models leave it as it is
    """
    n, d = z.shape
    spread = np.ptp(z, axis=0)
    collapsed = np.flatnonzero(spread == 0)
    if len(collapsed):
        varies = "never vary" if len(collapsed) > 1 else "never varies"
        left = "them as they are" if len(collapsed) > 1 else "it as it is"
        yield (
            f"{len(collapsed)} of {d} latent dimensions {varies} ({_some(collapsed)}): models "
            f"leave {left}"
        )
    if n <= d:
        yield (
            f"there are {n:,} training rows and {d:,} latent dimensions: models with a covariance "
            "need more rows than dimensions; bring more rows, take reduce=True, or take kde"
        )
    zeros = np.flatnonzero(((z == 0).mean(axis=0) > ZEROS) & (spread > 0))
    if len(zeros):
        share = 100 * (z[:, zeros] == 0).mean()
        yield (
            f"{len(zeros)} of {d} latent dimensions are exactly zero in {share:.0f} % of the rows "
            f"({_some(zeros)}), as after a ReLU: draws of smooth models will be near zero there, "
            "not at it; bootstrap keeps them, or encode before that layer"
        )
    norms = np.linalg.norm(z, axis=1)
    if len(collapsed) < d and norms.mean() > 0 and norms.std() < ROUND * norms.mean():
        yield (
            f"all codes have the norm {norms.mean():.4g}: they lie on a sphere, and draws of most "
            "models do not; encode before the normalisation, if the decoder allows it"
        )


def _some(dimensions: np.ndarray) -> str:
    shown = ", ".join(map(str, dimensions[:LISTED]))
    return shown + (" ..." if len(dimensions) > LISTED else "")
