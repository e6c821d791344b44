"""Pictures side by side, and the row of copies and downloads below a result."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from numpy.typing import ArrayLike

from aegen.app.components.copy_link import copy_link
from aegen.app.widgets.lazy_popover import lazy_popover
from aegen.core.arrays import ByteArray
from aegen.core.images import grid, png, quantize
from aegen.core.storage import npz

__all__ = ["beside", "draw_files", "share", "source"]

Download = tuple[str, str, str, Callable[..., bytes]]
"""Label, file name, mime, and the function that makes the file."""


def beside(
    pictures: Sequence[tuple[ByteArray, str]],
    side: int = 96,
    *,
    wrap: bool = True,
    below: bool = False,
) -> None:
    """Pictures (h, w, c) side by side, each with a text to its right: HTML, escaped before.

    With ``below`` the texts stand below the pictures, which takes less width.
    """
    lines = "wrap" if wrap else "nowrap"
    flow = "column" if below else "row"
    figures = "".join(
        f'<figure style="display:flex;flex-direction:{flow};gap:10px;align-items:center;margin:0">'
        f'<img alt="" src="{source(picture)}" style="height:{side}px;image-rendering:pixelated;'
        'border-radius:6px;flex:none">'
        f'<figcaption style="font-size:.86rem;line-height:1.4">{text}</figcaption></figure>'
        for picture, text in pictures
    )
    st.html(f'<div style="display:flex;flex-wrap:{lines};gap:8px 16px">{figures}</div>')


def source(picture: ArrayLike) -> str:
    """A picture (h, w, c) as an image's address."""
    return "data:image/png;base64," + base64.b64encode(png(grid(quantize(picture)[None]))).decode()


def share(
    name: str,
    python: str | Callable[[], str],
    command: str | None = None,
    downloads: Sequence[Download] = (),
    arguments: tuple[Any, ...] = (),
    more: Sequence[Callable[[], None]] = (),
) -> None:
    """*Copy as Python*, *Copy as command*, *Copy link* and *Download*, small, below a result.

    The functions of ``downloads`` get ``arguments``, and only when a file is asked for; those of
    ``more`` draw further buttons in the same line. Where ``python`` is a function, what is chosen
    may change without this being drawn anew: it is then called when its panel opens. ``name``
    tells the page's buttons from those of others.
    """
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        later = f"{name}: " if callable(python) else ""
        lines = python if callable(python) else lambda: python
        _panel("Copy as Python", ":material/code:", lambda: _code(lines(), "python"), later)
        if command:
            _panel("Copy as command", ":material/terminal:", lambda: _code(command, "bash"), later)
        copy_link(key=" ".join(["copy-link", name, *(label for label, *_ in downloads)]))
        for label, file, mime, make in downloads:
            st.download_button(
                label,
                functools.partial(make, *arguments),
                file_name=file,
                mime=mime,
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )
        for button in more:
            button()


def _panel(label: str, icon: str, draw: Callable[[], None], later: str) -> None:
    """A button with a panel, drawn when it opens where ``later`` gives it a key."""
    if later:
        lazy_popover(label, draw, icon=icon, key=later + label)
        return
    with st.popover(label, icon=icon, type="tertiary"):
        draw()


def _code(text: str, language: str) -> None:
    st.code(text, language=language, wrap_lines=True)


def draw_files(
    stem: str, make: Callable[..., Any], label: str = "PNG", columns: int | None = None
) -> list[Download]:
    """The images of the record that ``make`` gives as a PNG, and its arrays as npz."""

    def picture(*arguments: Any) -> bytes:
        return png(grid(make(*arguments).images, columns=columns, gap=2, scale=2))

    def arrays(*arguments: Any) -> bytes:
        return npz(make(*arguments).arrays())

    return [
        (label, f"{stem}.png", "image/png", picture),
        ("npz", f"{stem}.npz", "application/zip", arrays),
    ]
