"""SVG, or HTML that holds some, made on the server in the page's own ink, light or dark.

``st.html`` leaves SVG out and ``st.image`` draws it apart from the page, so that it could not take
its colours. The text is ours: whatever comes from data is escaped by those who make it.
"""

from __future__ import annotations

from aegen.app.components.mount import component

__all__ = ["drawing"]

_component = component("drawing")


def drawing(svg: str, *, key: str) -> None:
    """Shows ``svg``: a picture of `aegen.figures`, or HTML; ``key`` names its place."""
    _component(key=key, data={"svg": svg})
