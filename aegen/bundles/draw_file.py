"""Draws that are written as they are made: a million of them in the memory of a few thousand."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.generation import Draw, Model
from aegen.core.arrays import count
from aegen.core.errors import StorageError
from aegen.core.progress import report
from aegen.core.rng import RNG, generator
from aegen.core.storage import replacing

if TYPE_CHECKING:
    from aegen.bundles.bundle import Bundle

__all__ = ["AT_ONCE", "codes_at_once", "parts", "require_space", "write_draws"]

AT_ONCE = 65_536
"""Codes that are drawn at once at most."""

NUMBERS = 2**22
"""Numbers of codes, and of images, that are held at once."""


def codes_at_once(dimension: int) -> int:
    """How many codes are drawn at once: up to so many, `parts` are exactly `Model.sample`.

    Example:
        >>> codes_at_once(10), codes_at_once(4096)
        (65536, 1024)
    """
    return max(1, min(AT_ONCE, NUMBERS // dimension))


def parts(model: Model, n: int, *, rng: RNG = None) -> Iterator[Draw]:
    """``n`` new images, some at a time.

    Codes are drawn `codes_at_once` at a time from one generator, so the same seed gives the same
    draws; of more than that, they are others than those of one `Model.sample`.

    Raises:
        InvalidInput: ``n`` is no whole number of 0 or more.
    """
    n, draw = count(n), generator(rng)
    many = codes_at_once(model.bundle.latent_dim)
    few = max(1, NUMBERS // int(np.prod(model.bundle.image_shape)))
    for start in range(0, max(n, 1), many):
        codes, rows = model._codes(min(many, n - start), draw)
        for k in range(0, max(len(codes), 1), few):
            part = slice(k, k + few)
            images = model.bundle.decode(codes[part])
            yield Draw(images, codes[part], None if rows is None else rows[part], 0.0, 0.0)
            report((start + min(k + few, len(codes))) / max(n, 1), f"{n:,} draws")


def write_draws(path: Path | str, model: Model, n: int, *, rng: RNG = None) -> None:
    """Draw ``n`` images into an .npz as `Draw.save` writes it, whole or not at all.

    Example:
        >>> import aegen
        >>> model = aegen.load("mnist").model("kde")            # doctest: +SKIP
        >>> write_draws("new.npz", model, 1_000_000, rng=0)     # doctest: +SKIP

    Raises:
        InvalidInput: ``n`` is no whole number of 0 or more.
        StorageError: it cannot be written, or would be larger than what the disk has left.
    """
    path, n = Path(path), count(n)
    require_space(path, model.bundle, n)
    with (
        replacing(path) as part,
        zipfile.ZipFile(part, "w", allowZip64=True) as archive,
        contextlib.ExitStack() as held,
    ):
        aside: dict[str, tuple[IO[bytes], NDArray[Any]]] = {}  # an archive takes one at a time
        begun = False
        with archive.open("images.npy", "w", force_zip64=True) as first:
            for draw in parts(model, n, rng=rng):
                named = draw.arrays()
                images = named.pop("images")
                if not begun:
                    begun = True
                    _begin(first, n, images)
                    for name, array in named.items():
                        file = held.enter_context(tempfile.TemporaryFile(dir=path.parent))
                        aside[name] = file, array[:0]
                first.write(_bytes(images))
                for name, array in named.items():
                    aside[name][0].write(_bytes(array))
        for name, (written, like) in aside.items():
            written.seek(0)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                _begin(member, n, like)
                shutil.copyfileobj(written, member, 2**20)


def require_space(path: Path, bundle: Bundle, n: int) -> None:
    """Refuse ``n`` draws from a bundle that the disk has no room for.

    Raises:
        StorageError: they need more than is free.
    """
    pixels, d = int(np.prod(bundle.image_shape)), bundle.latent_dim
    needed = n * (4 * pixels + 2 * 8 * (d + 1))
    folder = path.absolute().parent
    free = shutil.disk_usage(folder).free if folder.is_dir() else needed
    if needed > free:
        raise StorageError(
            path,
            f"needs {needed / 1e9:,.1f} GB for {n:,} draws, and {free / 1e9:,.1f} GB are free: "
            "draw fewer, or write to another disk",
        )


def _begin(file: IO[bytes], n: int, like: NDArray[Any]) -> None:
    """Write what stands before the numbers of an array of ``n`` rows in an .npy."""
    header = {
        "descr": np.lib.format.dtype_to_descr(like.dtype),
        "fortran_order": False,
        "shape": (n, *like.shape[1:]),
    }
    np.lib.format.write_array_header_1_0(file, header)


def _bytes(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array).tobytes()
