"""Density around each point of a picture: a smoothed 2-D histogram, read back per point."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.arrays import FloatArray

__all__ = ["row_density", "smoothed"]


def row_density(points: ArrayLike, *, bins: int = 192, smoothing: float = 2.0) -> FloatArray:
    """Density of the points around each point, in (0, 1]; 1 is the most crowded place.

    The points are counted in ``bins`` x ``bins`` cells, the counts are smoothed with a Gaussian
    kernel of ``smoothing`` cells, and each point takes the value of its cell. Finer detail than a
    few cells is lost; 60,000 points take about 10 ms.

    Args:
        points: (n, 2) coordinates.
        bins: cells in each direction.
        smoothing: standard deviation of the kernel in cells.

    Returns:
        (n,) densities relative to the largest.

    Example:
        >>> row_density([[0, 0], [0, 0], [0, 0], [9, 9]]).round(2).tolist()
        [1.0, 1.0, 1.0, 0.33]
    """
    xy = arrays.codes(points, name="points", dimension=2)
    if not len(xy):
        return np.empty(0)
    low = xy.min(axis=0)
    span = xy.max(axis=0) - low
    cell = np.minimum((xy - low) / np.where(span > 0, span, 1) * bins, bins - 1).astype(np.int64)
    place = cell[:, 0] * bins + cell[:, 1]
    counts = np.bincount(place, minlength=bins * bins).reshape(bins, bins)
    values = smoothed(counts, smoothing).reshape(-1)[place]
    density: FloatArray = values / values.max()
    return density


def smoothed(counts: NDArray[np.integer], sigma: float) -> FloatArray:
    """Counts (h, w) smoothed by a Gaussian kernel of ``sigma`` cells; beyond the edges is none."""
    from scipy.ndimage import gaussian_filter

    reach = int(np.ceil(3 * sigma))
    found: FloatArray = gaussian_filter(
        counts.astype(np.float64), sigma, mode="constant", radius=reach
    )
    return found
