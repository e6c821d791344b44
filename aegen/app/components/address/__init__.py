"""The browser's address: it holds the page's link, and its history has one entry for each act."""

from __future__ import annotations

from urllib.parse import urlencode

from aegen.app import navigation
from aegen.app.components.mount import component

__all__ = ["address"]

_component = component("address")


def address(page: str, link: dict[str, str]) -> None:
    """Complete the bare address that a person arrived at.

    Args:
        page: the page's part of the address; "" is the front page.
        link: what its link holds, by name.
    """
    pages = [entry.address for entry in navigation.ENTRIES[1:]]
    _component(key="aegen.address", data={"page": page, "pages": pages, "link": urlencode(link)})
