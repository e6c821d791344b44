"""A small button whose panel is drawn when it is opened, and not before."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

__all__ = ["lazy_popover"]


def lazy_popover(
    label: str, draw: Callable[[], None], *, icon: str, key: str, help: str | None = None
) -> None:
    """``draw`` in a panel below a button.

    It is no part of its own (`aegen.app.page.part`): where a part lies in another that is drawn
    anew before all of it has arrived, Streamlit's page goes white.
    """
    panel = st.popover(label, icon=icon, type="tertiary", key=key, on_change="rerun", help=help)
    with panel:
        if panel.open:
            draw()
        else:
            st.caption("One moment")  # one with nothing in it could not be opened
