"""A grid of pictures of which one can be chosen, by mouse or by arrow keys.

All pictures travel as one image and are cut out by the browser, so hundreds cost one message.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from aegen.core.arrays import ByteArray
from aegen.core.pictures import grid, png

__all__ = ["image_grid"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "aegen.image_grid",
    css=(_HERE / "image_grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "image_grid.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def image_grid(
    images: ByteArray,
    *,
    key: str,
    label: str,
    names: list[str] | None = None,
    below: ByteArray | None = None,
    chosen: int | None = None,
    columns: int | None = None,
    on_choose: Callable[[], None] | None = None,
) -> int | None:
    """Shows ``images``; gives back which one was just chosen, or None where none was.

    Args:
        images: uint8 (n, h, w, c), n >= 1.
        key: names the grid within the app.
        label: what the pictures are, for screen readers: "Draws".
        names: what each picture is, for screen readers and on hover.
        below: as many pictures again, each shown smaller under its own.
        chosen: the one to stress.
        columns: how many side by side; by default as many as rows, or one more.
        on_choose: called before the run that a choice starts.
    """
    n, h, w, _ = images.shape
    across = columns or next(k for k in range(1, n + 1) if k * k >= n)
    data = {
        "sheet": _sheet(images, across),
        "below": None if below is None else _sheet(below, across),
        "n": n,
        "columns": across,
        "aspect": w / h,
        "label": label,
        "names": names or [f"{label} {k + 1}" for k in range(n)],
        "chosen": chosen,
    }
    result = _component(key=key, data=data, on_choice_change=on_choose or _nothing)
    choice = result.get("choice")
    return int(choice) if choice is not None and 0 <= int(choice) < n else None


def _sheet(images: ByteArray, columns: int) -> str:
    picture = png(grid(images, columns=columns, gap=0))
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def _nothing() -> None:
    """Streamlit hands over a choice only where a callback is named for it."""
