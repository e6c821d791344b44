"""Plotly figures of `aegen.figures` on a page, for its paper and for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from aegen.app.services.cache import EACH
from aegen.figures.template import Paper

__all__ = ["chart", "drawn", "paper"]


def paper() -> Paper:
    """What the page's figures are drawn on."""
    return "dark" if st.context.theme.type == "dark" else "light"


def drawn(draw: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """The figure that a function of `aegen.figures` draws of numbers and texts, not to be changed.

    It is drawn once for the same ones, as that takes longer than all else on a page.
    """
    return _drawn(f"{draw.__module__}.{draw.__qualname__}", given, named, draw)


@st.cache_resource(max_entries=2 * EACH, show_spinner=False)
def _drawn(
    name: str, given: tuple[Any, ...], named: dict[str, Any], _draw: Callable[..., Any]
) -> Any:
    return _draw(*given, **named)


def chart(figure: Any, *, key: str, on_click: Callable[[], None] | None = None) -> None:
    """Shows a figure, told by its ``layout.meta``; one without traces is left out.

    ``on_click`` is called when a point is clicked, which then lies under ``key`` in the session.
    """
    if figure.data:
        st.plotly_chart(
            figure,
            key=key,
            theme=None,
            config={"displayModeBar": False},
            alt=figure.layout.meta,
            on_select=on_click or "ignore",
            selection_mode="points",
        )
