"""The one place where codes meet images: a bundle and a latent model make new images.

``load`` a bundle, ask it for a ``model``, and ``sample``: three lines to images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.bundles import Bundle, find
from aegen.core import arrays, images
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.neighbours import Neighbours
from aegen.core.rng import RNG, generator
from aegen.core.storage import replacing, write_bytes
from aegen.metrics.distance_ratio import Copying, ratio_to
from aegen.samplers import ConditionalSampler, RowSampler, Sampler, samplers

__all__ = ["Copying", "Draw", "GenerativeBundle", "Model", "load"]

HOLDOUT = 2000
"""Held-out rows, evenly spaced, that copying is measured against."""


def load(name: str | Path) -> GenerativeBundle:
    """A bundle to generate from, by the name of a shipped one or by the path of its folder.

    Raises:
        UnknownName: no bundle has this name.
        BundleError: there is no bundle at this path, or it cannot be used.

    Example:
        >>> import aegen
        >>> bundle = aegen.load("mnist")                                   # doctest: +SKIP
        >>> model = bundle.model("empirical-beta-copula", degree=50)       # doctest: +SKIP
        >>> draw = model.sample(16, rng=0)                                 # doctest: +SKIP
    """
    return GenerativeBundle.open(find(name))


@dataclass(frozen=True, eq=False)
class Draw:
    """New images.

    Attributes:
        images: float32 (n, h, w, c) in [0, 1].
        codes: the codes they were decoded from, float64 (n, d).
        rows: the training row that each started from, int64 (n,), for latent models whose draws
            start from rows (`aegen.samplers.RowSampler`); else None.
        draw_seconds: time to draw the codes.
        decode_seconds: time to decode them, with loading the network the first time.
    """

    images: NDArray[np.float32]
    codes: FloatArray
    rows: IntArray | None
    draw_seconds: float
    decode_seconds: float

    def __len__(self) -> int:
        """How many there are."""
        return len(self.codes)

    def arrays(self) -> dict[str, Any]:
        """What an .npz of it holds: images, codes and, where they are known, rows."""
        known = {} if self.rows is None else {"rows": self.rows}
        return {"images": self.images, "codes": self.codes, **known}

    def save(self, path: Path | str, *, scale: int = 2) -> None:
        """Write the images: all in one grid as .png, or images, codes and rows as arrays in .npz.

        The file is written whole or not at all. An .npz holds ``images`` and ``codes``, and
        ``rows`` where they are known; read it with ``numpy.load(path)``.

        Args:
            path: where to; its ending says which.
            scale: how many pixels of a .png each pixel of an image becomes, in each direction.

        Raises:
            InvalidInput: another ending, or a picture of no images.
            StorageError: the file cannot be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending == ".png":
            write_bytes(path, images.png(images.grid(self.images, gap=2, scale=scale)))
        elif ending == ".npz":
            with replacing(path) as part, part.open("wb") as file:
                np.savez(file, **self.arrays())
        else:
            raise InvalidInput(
                f"draws are saved as .png or .npz, got {path.name!r}: change the end"
            )


@dataclass(frozen=True, eq=False)
class Model:
    """A latent model fitted to a bundle's codes.

    Attributes:
        bundle: where codes come from and images are decoded.
        name: the latent model's name.
        sampler: the fitted `aegen.samplers.Sampler`.
        rows: the training rows that it was fitted to, or None for all.
        fit_seconds: time to fit.
        resampled: whether it was conditioned by resampling; it then draws weighted candidates,
            which are no training rows.
    """

    bundle: GenerativeBundle
    name: str
    sampler: Sampler
    rows: IntArray | None
    fit_seconds: float
    resampled: bool = False

    def sample(self, n: int = 1, *, rng: RNG = None) -> Draw:
        """Draw ``n`` new images; n = 0 gives an empty draw. The same seed gives the same draw.

        Raises:
            InvalidInput: ``n`` is no whole number of 0 or more.
        """
        draw = generator(rng)
        (codes, rows), draw_seconds = _timed(lambda: self._codes(n, draw))
        images, decode_seconds = _timed(lambda: self.bundle.decode(codes))
        return Draw(images, codes, rows, draw_seconds, decode_seconds)

    def condition(self, given: Mapping[int, float], *, rng: RNG = None) -> Model:
        """This model with some coordinates of its codes fixed.

        Args:
            given: value of each coordinate to fix, by its index from 0.
            rng: seed or Generator, for latent models that answer by resampling.

        Raises:
            InvalidInput: the latent model cannot be conditioned, or not on these values.

        Example:
            >>> import aegen
            >>> model = aegen.load("mnist").model("kde")                # doctest: +SKIP
            >>> model.condition({0: 2.5}).sample(16, rng=0).images      # doctest: +SKIP
        """
        sampler = self.sampler
        if not isinstance(sampler, ConditionalSampler):
            raise InvalidInput(
                f"{sampler.title} cannot be conditioned: take another latent model, such as "
                "empirical-beta-copula"
            )
        left, seconds = _timed(lambda: sampler.condition(given, rng=rng))
        resampled = self.resampled or type(left) is not type(sampler)
        return replace(self, sampler=left, fit_seconds=seconds, resampled=resampled)

    def _codes(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None]:
        if self.resampled or not isinstance(self.sampler, RowSampler):
            return self.sampler.sample(n, rng=rng), None
        codes, rows = self.sampler.sample_rows(n, rng=rng)
        return codes, rows if self.rows is None else self.rows[rows]


@dataclass(frozen=True, eq=False)
class GenerativeBundle(Bundle):
    """A bundle that new images can be drawn from.

    Example:
        >>> import aegen
        >>> draw = aegen.load("mnist").model("gaussian").sample(64, rng=0)  # doctest: +SKIP
        >>> draw.save("grid.png")                                           # doctest: +SKIP
    """

    def model(
        self, sampler: str, *, rng: RNG = None, rows: ArrayLike | str | None = None, **fields: Any
    ) -> Model:
        """A latent model fitted to the training codes.

        Args:
            sampler: its name; ``aegen.samplers.samplers.names()`` lists them.
            rng: seeds fits that start at random.
            rows: fit only to these training rows (indices into ``codes``); by default to all. A
                word is the field of this name that some latent models have, such as "balanced".
            fields: the latent model's own fields.

        Raises:
            UnknownName: no latent model or field of this name.
            InvalidInput: a field out of its range, or too few rows.
        """
        if isinstance(rows, str):
            fields, rows = {**fields, "rows": rows}, None
        latent = samplers.create(sampler, **fields)
        codes, chosen = self.codes, None
        if rows is not None:
            chosen = self._row_indices(rows, len(codes), "training rows")
            codes = codes[chosen]
        _, seconds = _timed(lambda: latent.fit(codes, rng=rng))
        return Model(self, sampler, latent, chosen, seconds)

    def neighbours(self) -> Neighbours:
        """A search among the training codes, made once."""
        return self._once("neighbours", lambda: Neighbours(self.codes))

    def nearest(self, codes: ArrayLike) -> tuple[IntArray, FloatArray]:
        """The nearest training row of each code (k, d), and how far it is in latent space.

        Returns:
            rows, int64 (k,), and Euclidean distances, float64 (k,); exact.

        Raises:
            InvalidInput: codes of another dimension, or not finite.
        """
        rows, distances = self.neighbours().query(codes)
        return rows[:, 0], distances[:, 0]

    def copying(self, codes: ArrayLike) -> Copying:
        """How near codes (k, d), k >= 1, are to training rows, beside held-out codes.

        Raises:
            InvalidInput: no codes, codes of another dimension, or a bundle without held-out rows.
        """
        z = arrays.codes(codes, dimension=self.latent_dim, minimum=1, why="to measure copying")
        usual = self._once("copying", self._holdout_distance)
        return ratio_to(usual, self.nearest(z)[1])

    def _holdout_distance(self) -> float:
        """Median distance of held-out codes to their nearest training code."""
        if len(self.holdout) == 0:
            raise InvalidInput(f"{self.name} has no held-out rows to measure copying against")
        chosen = np.unique(np.linspace(0, len(self.holdout) - 1, HOLDOUT).astype(np.int64))
        usual = float(np.median(self.nearest(self.holdout[chosen])[1]))
        if usual == 0:
            raise InvalidInput(
                f"the held-out rows of {self.name} are training rows, so copying has no scale"
            )
        return usual


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
