"""SVG, or HTML that holds some, made on the server in the page's own ink, light or dark.

``st.html`` leaves SVG out and ``st.image`` draws it apart from the page, so that it could not take
its colours. The text is ours: whatever comes from data is escaped by those who make it.
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
    place.style.setProperty("--aegen-paper", "var(--st-background-color)");
    parentElement.append(place);
  }
  if (place.shown === data.svg) return;
  const sideways = [...place.querySelectorAll("[tabindex]")].map((box) => box.scrollLeft);
  place.innerHTML = place.shown = data.svg;
  place.querySelectorAll("[tabindex]").forEach((box, k) => (box.scrollLeft = sideways[k] ?? 0));
}
"""

_component = st.components.v2.component("aegen.drawing", js=_SHOW, isolate_styles=False)


def drawing(svg: str, *, key: str) -> None:
    """Shows ``svg``: a picture of `aegen.figures`, or HTML; ``key`` names its place."""
    _component(key=key, data={"svg": svg})
