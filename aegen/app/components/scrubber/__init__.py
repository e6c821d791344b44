"""One large picture of a path, and a slider along it: every frame is in the browser."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from aegen.app.components.mount import component, fingerprint, nothing
from aegen.core.arrays import ByteArray
from aegen.core.images import WEBP_SIDE, grid, png, webp

__all__ = ["Scrubbed", "scrubber"]

_component = component("scrubber")

COLUMNS = 8
"""Frames side by side in the image that travels."""

SMALL = 64
"""Sides up to which frames travel as PNG, without loss; larger ones as WebP."""


@dataclass(frozen=True)
class Scrubbed:
    """What a person did: put the slider at a frame, and asked to see that one closely."""

    at: int
    opened: bool


def scrubber(
    frames: ByteArray, *, key: str, label: str, at: int, seen: bool = False
) -> Scrubbed | None:
    """Shows the frame ``at`` of uint8 ``frames`` (n, h, w, c), and a slider to all others.

    Args:
        frames: the pictures.
        key: names its place within the app.
        label: what they are, for screen readers.
        at: the frame that is shown.
        seen: whether the browser should scroll to it, once.
    """
    sheet = grid(frames, columns=COLUMNS, gap=0)
    small = max(frames.shape[1:3]) <= SMALL or max(sheet.shape[:2]) > WEBP_SIDE
    content, kind = (png(sheet), "png") if small else (webp(sheet, quality=90), "webp")
    result = _component(
        key=key,
        data={
            "sheet": f"data:image/{kind};base64," + base64.b64encode(content).decode(),
            "mark": fingerprint(content),
            "n": len(frames),
            "columns": COLUMNS,
            "height": frames.shape[1],
            "width": frames.shape[2],
            "label": label,
            "at": at,
            "seen": seen,
        },
        on_put_change=nothing,
        on_open_change=nothing,
    )
    for trigger in ("open", "put"):
        frame = result.get(trigger)
        if frame is not None and 0 <= int(frame) < len(frames):
            return Scrubbed(int(frame), trigger == "open")
    return None
