"""Plotly figures of `aegen.figures` on a page, for its paper and for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from aegen.figures.template import Paper

__all__ = ["chart", "paper"]


def paper() -> Paper:
    """What the page's figures are drawn on."""
    return "dark" if st.context.theme.type == "dark" else "light"


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
