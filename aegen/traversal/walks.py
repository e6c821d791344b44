"""Walks through latent space, frame by frame: between codes, over a map, along an edit, smoothing.

Each function gives a `Walk`, whose pictures can be saved as a file that moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray, FloatArray, count
from aegen.core.errors import InvalidInput
from aegen.core.images import grid, quantize
from aegen.core.progress import report
from aegen.core.rng import RNG, generator
from aegen.traversal.density_path import dense_path
from aegen.traversal.directions import one_code
from aegen.traversal.interpolation import along, interpolate

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Walk", "between", "codes_at", "edit", "over_map", "smoothing"]

LONGEST = 2000
"""Frames of a walk, at most."""


@dataclass(frozen=True, eq=False)
class Walk:
    """A walk of one or several codes at once.

    Attributes:
        bundle: whose decoder draws it.
        codes: float64 (frames, n, d); n pictures a frame.
    """

    bundle: Bundle
    codes: FloatArray

    def __len__(self) -> int:
        return len(self.codes)

    def frames(self) -> ByteArray:
        """Its pictures, uint8 (frames, H, W, c); several at once are laid out as a grid."""
        steps, n, d = self.codes.shape
        images = quantize(self.bundle.decode(self.codes.reshape(-1, d)))
        if n == 1:
            return images
        several = images.reshape(steps, n, *images.shape[1:])
        return np.stack([grid(frame, gap=1) for frame in several])

    def save(
        self, path: Path | str, *, fps: int = 20, ping_pong: bool = False, scale: int = 4
    ) -> None:
        """Write it as an animated .webp or .gif.

        Raises:
            InvalidInput: another ending, or another number of frames a second than 1 to 50.
            StorageError: the file cannot be written.
        """
        from aegen.figures.animation import save_animation

        report(0.0, "decoding")
        frames = self.frames()
        report(0.3, "packing frames")
        save_animation(path, frames, fps=fps, ping_pong=ping_pong, scale=scale)


def between(
    bundle: Bundle,
    stops: Sequence[int | ArrayLike],
    frames: int,
    *,
    path: Literal["straight", "spherical", "dense"] = "straight",
) -> Walk:
    """From code to code, training rows by their numbers or codes (d,), each stretch as long.

    Example:
        >>> import aegen
        >>> from aegen.traversal import walks
        >>> walk = walks.between(aegen.load("mnist"), [3, 77], 60, path="spherical")
        >>> walk.save("walk.webp", ping_pong=True)   # doctest: +SKIP

    Raises:
        InvalidInput: fewer than two stops, fewer frames than stops, no such row, or an unknown
            path.
    """
    frames = _frames(frames)
    if not 2 <= len(stops) <= frames:
        raise InvalidInput(
            f"a walk of {frames} frames has two stops at least and a frame for each at most, "
            f"got {len(stops)}"
        )
    z = [_code(bundle, stop) for stop in stops]
    shares = np.array_split(np.arange(frames - 1), len(z) - 1)
    pieces = []
    for k, (a, b, steps) in enumerate(zip(z, z[1:], shares, strict=False)):
        report(k / len(shares), "finding the path")
        pieces.append(_stretch(bundle, a, b, len(steps) + 1, path)[:-1])
    return Walk(bundle, np.concatenate([*pieces, z[-1][None]])[:, None])


def _stretch(bundle: Bundle, a: FloatArray, b: FloatArray, steps: int, path: str) -> FloatArray:
    if path == "dense":
        return dense_path(a, b, steps, bundle.codes)
    if path == "spherical":
        return interpolate(a, b, steps, kind="spherical", centre=bundle.codes.mean(axis=0))
    if path != "straight":
        raise InvalidInput(f'path must be "straight", "spherical" or "dense", got {path!r}')
    return interpolate(a, b, steps)


def over_map(
    bundle: Bundle,
    projection: str,
    points: ArrayLike,
    frames: int,
    *,
    through: int | ArrayLike | None = None,
) -> Walk:
    """Along a line of points (k, 2) of a projection, k >= 2, at one speed; see `Bundle.unproject`.

    ``through`` is a row or a code whose plane is walked on PCA; by default the mean's.
    "axes-0-3" stands for the plane of two latent axes.

    Raises:
        InvalidInput: fewer than two points or frames, or points that are not finite.
        UnknownName: no such projection.
    """
    line = along(points, _frames(frames))
    plane = None if through is None else _code(bundle, through)
    return Walk(bundle, codes_at(bundle, projection, line, plane)[:, None])


def codes_at(
    bundle: Bundle, projection: str, points: FloatArray, plane: FloatArray | None
) -> FloatArray:
    """Codes at points of a projection, or of the plane of two axes, "axes-0-3"."""
    if not projection.startswith("axes-"):
        return bundle.unproject(projection, points, through=plane)
    parts = projection.removeprefix("axes-").split("-")
    axes = [int(part) for part in parts if part.isdecimal()]
    if len(parts) != 2 or len(axes) != 2 or max(axes) >= bundle.latent_dim:
        raise InvalidInput(
            f"axes are named such as axes-0-1, from 0 to {bundle.latent_dim - 1}, "
            f"got {projection!r}"
        )
    z = np.repeat((bundle.codes.mean(axis=0) if plane is None else plane)[None], len(points), 0)
    z[:, axes] = points
    return z


def edit(bundle: Bundle, start: int | ArrayLike, target: str, frames: int, **how: Any) -> Walk:
    """A picture on its way to other attribute values; ``how`` is `aegen.targeting.edit`'s.

    Raises:
        InvalidInput, UnknownName: as `aegen.targeting.edit` does.
    """
    from aegen import targeting

    found = targeting.edit(bundle, start, target, steps=_frames(frames), **how)
    return Walk(bundle, found.codes[:, None])


def smoothing(bundle: Bundle, n: int, frames: int, *, rng: RNG = None) -> Walk:
    """``n`` draws of the empirical beta copula, from copies of rows to independent columns.

    The degree falls from the number of rows to 1 in equal steps of its logarithm, and the random
    numbers stay the same (common random numbers), so that each picture changes bit by bit.

    Raises:
        InvalidInput: no draws, or fewer than two frames.
    """
    n = count(n, name="n", minimum=1, maximum=400)
    seed = rng if isinstance(rng, int) else int(generator(rng).integers(2**31))
    sampler: Any = bundle.model("empirical-beta-copula", rng=0).sampler
    degrees = np.geomspace(len(bundle.codes), 1, _frames(frames)).round().astype(np.int64)
    codes = []
    for k, m in enumerate(degrees):
        report(k / frames, "drawing")
        codes.append(sampler.at_degree(int(m)).sample(n, rng=seed))
    return Walk(bundle, np.stack(codes))


def _frames(frames: int) -> int:
    return count(frames, name="frames", minimum=2, maximum=LONGEST)


def _code(bundle: Bundle, stop: int | ArrayLike) -> FloatArray:
    """A code, of a row by its number or as it is."""
    if isinstance(stop, (int, np.integer)):
        if not 0 <= stop < len(bundle.codes):
            raise InvalidInput(f"{bundle.name} has rows 0 to {len(bundle.codes) - 1}, got {stop}")
        stop = bundle.codes[stop]
    return one_code(stop, "a stop", bundle.latent_dim)
