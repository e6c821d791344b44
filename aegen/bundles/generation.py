"""A latent model of a bundle's codes, and the new images that are drawn from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen import samplers
from aegen.core import images
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator
from aegen.core.storage import replacing, write_bytes

if TYPE_CHECKING:
    from aegen.bundles.bundle import Bundle
    from aegen.samplers import Sampler

__all__ = ["Draw", "Model", "timed"]


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

    def _repr_png_(self) -> bytes:
        """The images in a grid, for notebooks; of many, the first 64."""
        return images.png(images.grid(self.images[:64], gap=2, scale=2))

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

    bundle: Bundle
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
        (codes, rows), draw_seconds = timed(lambda: self._codes(n, draw))
        images, decode_seconds = timed(lambda: self.bundle.decode(codes))
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
        if not isinstance(sampler, samplers.ConditionalSampler):
            raise InvalidInput(
                f"{sampler.title} cannot be conditioned: take another latent model, such as "
                "empirical-beta-copula"
            )
        left, seconds = timed(lambda: sampler.condition(given, rng=rng))
        resampled = self.resampled or type(left) is not type(sampler)
        return replace(self, sampler=left, fit_seconds=seconds, resampled=resampled)

    def _codes(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, IntArray | None]:
        if self.resampled or not isinstance(self.sampler, samplers.RowSampler):
            return self.sampler.sample(n, rng=rng), None
        codes, rows = self.sampler.sample_rows(n, rng=rng)
        return codes, rows if self.rows is None else self.rows[rows]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What ``work`` returns, and the seconds that it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start
