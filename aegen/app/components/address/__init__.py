"""The browser's address: it holds the page's link, and its history has one entry for each act."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from aegen.app import navigation

__all__ = ["address"]

_component = st.components.v2.component(
    "aegen.address",
    js=(Path(__file__).parent / "address.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def address(page: str, link: dict[str, str]) -> None:
    """Complete the bare address that a person arrived at.

    Args:
        page: the page's part of the address; "" is the front page.
        link: what its link holds, by name.
    """
    pages = [entry.address for entry in navigation.ENTRIES[1:]]
    _component(key="aegen.address", data={"page": page, "pages": pages, "link": urlencode(link)})
