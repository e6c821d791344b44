"""A walk as a moving picture to keep: how long, how fast, there and back, WebP or GIF."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import services
from aegen.app.state import moving
from aegen.app.widgets import bound

if TYPE_CHECKING:
    from aegen.traversal.walks import Walk

__all__ = ["moving_picture"]

LONGEST, FASTEST = 20, 50
"""Seconds, and frames a second, at most."""

MOST = 4096
"""Pictures of all frames at most, so that nobody waits for minutes."""


def moving_picture(
    stem: str,
    make: Callable[..., Walk],
    arguments: tuple[Any, ...],
    command: str | None = None,
    *,
    pictures: int = 1,
) -> None:
    """A small button that opens what a moving picture of a walk needs.

    Args:
        stem: the file's name without its ending; also tells one button of a page from another.
        make: gives the walk for ``arguments`` and a number of frames, when a file is asked for.
        arguments: what it is of.
        command: the command that writes the same, but for length and speed.
        pictures: how many a frame has.
    """
    with (
        st.container(horizontal=True, horizontal_alignment="right"),
        st.popover("Moving picture", icon=":material/movie:", type="tertiary"),
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            seconds = bound.number("Seconds", moving.seconds, 1, LONGEST, width=110)
            fps = bound.number("Frames a second", moving.fps, 1, FASTEST, width=130)
        back = bound.switch("There and back", moving.back)
        most = max(2, MOST // pictures)
        frames = min(max(2, seconds * fps), most)
        if seconds * fps > most:
            st.caption(f"{most} frames at most: it lasts {most / fps:.1f} s.")
        with st.container(horizontal=True):
            for kind in ("webp", "gif"):
                st.download_button(
                    "WebP" if kind == "webp" else "GIF",
                    functools.partial(_file, kind, make, arguments, frames, fps, back),
                    file_name=f"{stem}.{kind}",
                    mime=f"image/{kind}",
                    key=f"moving:{stem}:{kind}",
                    icon=":material/download:",
                    on_click="ignore",
                )
        if command:
            length = f"--seconds {frames / fps:g} --fps {fps}{' --ping-pong' if back else ''}"
            st.code(f"{command} {length} --out walk.webp", language="bash", wrap_lines=True)


def _file(
    kind: Any, make: Callable[..., Walk], arguments: tuple[Any, ...], n: int, fps: int, back: bool
) -> bytes:
    from aegen.figures.animation import animation

    services.images.one_thread()
    frames = make(*arguments, n).frames()
    scale = max(1, round(256 / max(frames.shape[1:3])))
    return animation(frames, kind, fps=fps, ping_pong=back, scale=scale)
