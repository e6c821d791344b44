"""Pictures one after the other as a file that moves: animated WebP or GIF."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import count
from aegen.core.errors import InvalidInput
from aegen.core.images import WEBP_SIDE, quantize
from aegen.core.storage import write_bytes

__all__ = ["animation", "require_animation", "save_animation"]

MOST = 200_000_000
"""Pixels of all frames together, at most."""

FASTEST = 50
"""Frames a second at most: a GIF's delays are whole hundredths of a second, and browsers slow
down what asks for less than two."""


def animation(
    frames: ArrayLike,
    kind: Literal["webp", "gif"] = "webp",
    *,
    fps: int = 20,
    ping_pong: bool = False,
    scale: int = 1,
) -> bytes:
    """An endless animation of frames, as the bytes of a file.

    Args:
        frames: images (n, h, w, c) of 1, 3 or 4 channels, uint8 or floats in [0, 1]; n >= 1.
        kind: "webp", lossless, or "gif", with at most 256 colours a frame.
        fps: frames a second, 1 to 50; a GIF's delays are rounded to hundredths of a second.
        ping_pong: whether it goes back the way it came, without showing either end twice.
        scale: each pixel becomes scale x scale pixels.

    Raises:
        InvalidInput: no frames, another kind or speed, or over 200 million pixels in all.

    Example:
        >>> animation(np.zeros((3, 8, 8, 1)), "gif")[:6]
        b'GIF89a'
    """
    from PIL import Image

    tiles = quantize(frames)
    if tiles.ndim != 4 or 0 in tiles.shape or tiles.shape[3] not in (1, 3, 4):
        raise InvalidInput(
            f"an animation needs frames (n, h, w, c) of 1, 3 or 4 channels, got {tiles.shape}"
        )
    if kind not in ("webp", "gif"):
        raise InvalidInput(f'an animation is "webp" or "gif", got {kind!r}')
    fps = count(fps, name="fps", minimum=1, maximum=FASTEST)
    scale = count(scale, name="scale", minimum=1)
    n, h, w, _ = tiles.shape
    require_animation(n, h, w, ping_pong=ping_pong, scale=scale)
    order = [*range(n), *range(n - 2, 0, -1)] if ping_pong else range(n)
    large = (
        np.squeeze(tiles[k].repeat(scale, axis=0).repeat(scale, axis=1), axis=2)
        if tiles.shape[3] == 1
        else tiles[k].repeat(scale, axis=0).repeat(scale, axis=1)
        for k in order
    )
    first, *others = (Image.fromarray(frame) for frame in large)
    milliseconds = 1000 / fps
    options: dict[str, Any] = (
        {"lossless": True, "method": 2, "duration": round(milliseconds)}
        if kind == "webp"
        # Frames that are the same would be merged: their times stay right, and tests count them.
        else {"duration": 10 * round(milliseconds / 10), "disposal": 2, "optimize": False}
    )
    file = io.BytesIO()
    first.save(file, kind.upper(), save_all=True, append_images=others, loop=0, **options)
    return file.getvalue()


def require_animation(
    n: int, height: int, width: int, *, ping_pong: bool = False, scale: int = 1
) -> None:
    """Refuse an animation of ``n`` frames of that size, before there are any.

    Raises:
        InvalidInput: over 200 million pixels in all, or a side above what WebP can hold.

    Example:
        >>> require_animation(60, 28, 28, scale=4)
    """
    shown = 2 * n - 2 if ping_pong and n > 1 else n
    if shown * height * width * scale**2 > MOST or max(height, width) * scale > WEBP_SIDE:
        raise InvalidInput(
            f"{shown} frames of {height} x {width} at scale {scale} are too large for an "
            "animation: take fewer or smaller ones"
        )


def save_animation(
    path: Path | str,
    frames: ArrayLike,
    *,
    fps: int = 20,
    ping_pong: bool = False,
    scale: int = 1,
) -> None:
    """Write an animation as .webp or .gif; the arguments are those of `animation`.

    Raises:
        InvalidInput: another ending, or frames that cannot be used.
        StorageError: the file cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("webp", "gif"):
        raise InvalidInput(f"a moving picture is written as .webp or .gif, got {path.name!r}")
    content = animation(
        frames,
        "webp" if kind == "webp" else "gif",
        fps=fps,
        ping_pong=ping_pong,
        scale=scale,
    )
    write_bytes(path, content)
