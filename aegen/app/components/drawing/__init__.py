"""An SVG picture made on the server, in the page's own ink (``currentColor``), light or dark.

``st.html`` leaves SVG out and ``st.image`` draws it apart from the page, so that it could not take
its colours. The text is ours: whatever comes from data is escaped by ``aegen.figures``.
"""

from __future__ import annotations

import streamlit as st

__all__ = ["drawing"]

_SHOW = """
export default function ({ data, parentElement }) {
  let place = parentElement.querySelector(".aegen-drawing");
  if (!place) {
    place = document.createElement("div");
    place.className = "aegen-drawing";
    place.style.font = "13px/1.4 var(--st-font, sans-serif)";
    place.style.color = "var(--st-text-color)";
    parentElement.append(place);
  }
  place.innerHTML = data.svg;
}
"""

_component = st.components.v2.component("aegen.drawing", js=_SHOW, isolate_styles=False)


def drawing(svg: str, *, key: str) -> None:
    """Shows ``svg``, text of one picture from ``aegen.figures``; ``key`` names its place."""
    _component(key=key, data={"svg": svg})
