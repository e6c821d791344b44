"""A grid of pictures of which one can be chosen, by mouse or by arrow keys.

All pictures travel as one image and are cut out by the browser, so hundreds cost one message.
"""

from __future__ import annotations

import base64

import numpy as np

from aegen.app.components.live import SCRIPTS, Live
from aegen.app.components.mount import component, fingerprint, nothing
from aegen.core.arrays import ByteArray
from aegen.core.images import grid, png

__all__ = ["image_grid"]

_component = component("image_grid", (*SCRIPTS, "image_grid.js"))


def image_grid(
    images: ByteArray,
    *,
    key: str,
    label: str,
    names: list[str] | None = None,
    below: ByteArray | None = None,
    chosen: int | None = None,
    columns: int | None = None,
    least: int | None = None,
    live: Live | None = None,
    frame: tuple[str, float] | None = None,
) -> int | None:
    """Shows ``images``; gives back which one was just chosen, or None where none was.

    Args:
        images: uint8 (n, h, w, c), n >= 1.
        key: names the grid within the app.
        label: what the pictures are, for screen readers: "Draws".
        names: what each picture is, for screen readers and on hover.
        below: as many pictures again, each shown somewhat darker under its own.
        chosen: the one to stress.
        columns: how many side by side; by default as many as rows, or one more.
        least: pixels that a picture is wide at least: a narrow screen has fewer side by side.
        live: what the pictures follow; not where others stand ``below``.
        frame: class and place of a frame over one line of pictures, counted in pictures from the
            left: `aegen.app.components.live.Slider` moves it.
    """
    n = len(images)
    across = columns or next(k for k in range(1, n + 1) if k * k >= n)
    picture = png(grid(images if below is None else _pairs(images, below), columns=across, gap=0))
    data = {
        "sheet": "data:image/png;base64," + base64.b64encode(picture).decode(),
        "mark": fingerprint(picture),
        "n": n,
        "columns": across,
        "least": least or 0,
        "label": label,
        "names": names or [f"{label} {k + 1}" for k in range(n)],
        "chosen": chosen,
        "live": live.data() if live is not None and below is None else None,
        "frame": frame,
    }
    result = _component(key=key, data=data, on_choice_change=nothing)
    choice = result.get("choice")
    return int(choice) if choice is not None and 0 <= int(choice) < n else None


def _pairs(images: ByteArray, below: ByteArray) -> ByteArray:
    """Each image with another one, somewhat darker, under it: (n, 2h, w, c)."""
    return np.concatenate([images, (below * 0.72).astype(np.uint8)], axis=1)
