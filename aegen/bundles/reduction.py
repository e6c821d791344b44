"""Principal components of large codes: latent models then work on some hundred numbers.

A code of 6,400 numbers is more than a latent model can learn from some thousand rows. The bundle's
codes are then coordinates along the principal components of the autoencoder's own codes; what the
components leave out is set to its mean when a picture is decoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray
from aegen.core.errors import BundleError

__all__ = ["LARGE", "MOST", "REDUCTION", "Reduction"]

REDUCTION = "reduction.safetensors"

LARGE = 512
"""Numbers of a code above which it is reduced."""

MOST = 256
"""Components that are kept at most."""

SHARE = 0.99
"""Share of the variance that the components need not exceed."""

NUMBERS = 50_000_000
"""Numbers that the components are found from: as many rows as that allows."""


@dataclass(frozen=True, eq=False)
class Reduction:
    """Codes (n, D) along k principal components, and back.

    Attributes:
        mean: of the codes, float32 (D,).
        components: orthonormal, float32 (k, D).
        variance: share of the codes' variance that the components hold, 0 to 1.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    variance: float

    @classmethod
    def fit(cls, codes: NDArray[Any], *, seed: int) -> Self:
        """The components of codes (n, D): enough for 99 % of the variance, at most 256.

        By randomised singular values (Halko et al. 2011, through scikit-learn), at most n - 1.
        """
        from sklearn.decomposition import PCA

        most = min(MOST, len(codes) - 1, codes.shape[1])
        with np.errstate(invalid="ignore"):  # codes that are all the same have no variance
            found = PCA(most, svd_solver="randomized", random_state=seed).fit(codes)
        total = np.cumsum(np.nan_to_num(found.explained_variance_ratio_, nan=1.0))
        k = min(most, 1 + int(np.searchsorted(total, SHARE)))
        return cls(
            found.mean_.astype(np.float32),
            np.ascontiguousarray(found.components_[:k], np.float32),
            float(min(1.0, total[k - 1])),
        )

    @property
    def k(self) -> int:
        """How many components there are."""
        return len(self.components)

    def scores(self, codes: NDArray[Any]) -> FloatArray:
        """Coordinates, float64 (n, k), of codes (n, D)."""
        centred = codes.astype(np.float64) - self.mean
        found: FloatArray = centred @ self.components.T.astype(np.float64)
        return found

    def codes(self, scores: FloatArray) -> FloatArray:
        """Codes, float64 (n, D), at these coordinates (n, k)."""
        found: FloatArray = scores @ self.components.astype(np.float64) + self.mean
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What its file holds."""
        return {"mean": self.mean, "components": self.components}

    @classmethod
    def read(
        cls, named: Mapping[str, NDArray[Any]], k: int, width: int, variance: float, path: Path
    ) -> Self:
        """It again, from the arrays of its file.

        Raises:
            BundleError: other arrays than ``k`` components of ``width`` numbers and their mean.
        """
        shapes = {"mean": (width,), "components": (k, width)}
        for name in sorted(set(shapes) | set(named)):
            if name not in shapes or name not in named:
                fault = "is missing" if name in shapes else "is no part of a reduction"
                raise BundleError(path, f"{name}: {fault}")
            array = named[name]
            if array.shape != shapes[name] or array.dtype != np.float32:
                raise BundleError(
                    path, f"{name}: must be float32 of shape {shapes[name]}, got {array.shape}"
                )
            if not np.isfinite(array).all():
                raise BundleError(path, f"{name}: holds values that are NaN or infinite")
        return cls(named["mean"], named["components"], variance)
