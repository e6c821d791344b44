"""What a projection is: codes (n, d) become points (n, 2), and new codes find their place too.

A method is one file in this folder holding one class with ``title``, ``summary``, ``_fit``,
``_transform``, ``_state`` and ``_restore``; the bundles and the latent map find it themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.estimator import Estimator
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import check
from aegen.core.rng import RNG, generator
from aegen.projections._shepard import between

__all__ = ["Projection"]


class Projection(Estimator, ABC):
    """A map from codes to the plane.

    Class attributes:
        title: the name that people see.
        summary: one sentence on what the picture keeps and what it distorts.
        references: the papers it is from; see `aegen.core.references`.
        quick: fields with which a fit takes a moment, for tests.

    Attributes:
        coordinates_: where the fitted codes lie, float64 (n, 2).
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    quick: ClassVar[Mapping[str, Any]] = {}

    coordinates_: FloatArray
    n_features_in_: int

    def fit(self, z: ArrayLike, y: None = None, *, rng: RNG = None) -> Self:
        """Learn the map from codes ``z`` (n, d), n >= 3; ``y`` is ignored.

        Raises:
            InvalidInput: codes or fields that cannot be used.
        """
        check(type(self), self.get_params(deep=False))
        z = arrays.codes(z, minimum=3, why=f"for a {self.title} projection")
        with np.errstate(over="ignore", invalid="ignore"):  # told below
            coordinates = self._fit(z, generator(rng))
        if not np.isfinite(coordinates).all():
            raise InvalidInput(
                f"codes are too far apart for a {self.title} projection, which overflows: divide "
                "them by their scale"
            )
        self.coordinates_ = coordinates
        self.n_features_in_ = z.shape[1]
        return self

    def transform(self, z: ArrayLike) -> FloatArray:
        """Where codes ``z`` (m, d) lie in the fitted picture, float64 (m, 2).

        Raises:
            InvalidInput: before ``fit``, or codes of another dimension.
        """
        if not hasattr(self, "n_features_in_"):
            raise InvalidInput(
                f"this {self.title} projection is not fitted: call fit(codes) first"
            )
        return self._transform(arrays.codes(z, dimension=self.n_features_in_))

    def inverse_transform(
        self, points: ArrayLike, z: ArrayLike, *, through: ArrayLike | None = None
    ) -> FloatArray:
        """Codes (m, d) that lie at ``points`` (m, 2), one of the many that do.

        A linear projection is inverted exactly, in the plane through a code ``through`` (d,), or
        through the mean of the codes. Any other is inverted locally: a weighted mean of the fitted
        codes ``z`` (n, d) whose points are nearest, which is a guess between groups and far away.

        Raises:
            InvalidInput: before ``fit``, or points, codes or a plane that do not fit.
        """
        z = arrays.codes(z, dimension=self.n_features_in_)
        points = arrays.codes(points, name="points", dimension=2)
        if len(z) != len(self.coordinates_):
            raise InvalidInput(f"{len(z)} codes cannot have {len(self.coordinates_)} coordinates")
        if through is None:
            return self._inverse(points, z, None)
        plane = np.asarray(through, np.float64)[None]
        plane = arrays.codes(plane, name="through", dimension=self.n_features_in_)
        return self._inverse(points, z, plane)

    def _inverse(self, points: FloatArray, z: FloatArray, plane: FloatArray | None) -> FloatArray:
        if not hasattr(self, "_points"):
            self._points = Neighbours(self.coordinates_)
        return between(points, self._points, z)

    def state(self) -> dict[str, NDArray[Any]]:
        """What `restored` needs beside the fitted codes and their coordinates: small arrays."""
        return self._state()

    @classmethod
    def restored(
        cls, state: Mapping[str, ArrayLike], z: ArrayLike, coordinates: ArrayLike
    ) -> Self:
        """The fitted projection again, from its state, the fitted codes and their coordinates.

        Raises:
            InvalidInput: the three do not belong together.
        """
        self = cls()
        z = arrays.codes(z)
        self.coordinates_ = arrays.codes(coordinates, name="coordinates", dimension=2)
        if len(self.coordinates_) != len(z):
            raise InvalidInput(f"{len(z)} codes cannot have {len(self.coordinates_)} coordinates")
        self.n_features_in_ = z.shape[1]
        self._restore({name: np.asarray(array) for name, array in state.items()}, z)
        return self

    @abstractmethod
    def _fit(self, z: FloatArray, rng: np.random.Generator) -> FloatArray: ...

    @abstractmethod
    def _transform(self, z: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _state(self) -> dict[str, NDArray[Any]]: ...

    @abstractmethod
    def _restore(self, state: dict[str, NDArray[Any]], z: FloatArray) -> None: ...
