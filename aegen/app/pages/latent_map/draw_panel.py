"""The chosen draw over the map: what is new, the row it is nearest to, where to go from it."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import navigation, services
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import map
from aegen.app.widgets import draw_detail
from aegen.app.widgets.model_overlay import Layers
from aegen.core.arrays import FloatArray

__all__ = ["chosen_draw"]


def chosen_draw(spec: SamplerSpec | None, over: Layers | None) -> None:
    """The draw whose ring was clicked; nothing where there is none."""
    number = None if over is None else over.chosen(map.draw.get())
    if spec is None or over is None or over.codes is None or number is None:
        return
    code = over.codes[number]
    title = escape(services.samplers.title_of(spec.sampler))
    with st.container(border=True):
        image = services.images.decode(spec.bundle, code[None])[0]
        said = f"<b>new: draw&nbsp;{number + 1}</b><br>{title}"
        draw_detail.new_picture(spec.bundle, image, code, said)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Traverse from this draw", icon=":material/tune:", type="tertiary"):
                _start(code)
            st.button(
                "Unpick", on_click=map.draw.reset, type="tertiary", icon=":material/keep_off:"
            )


def _start(code: FloatArray) -> None:
    """Traverse starts at a code, as from a point of its pad."""
    map.uploaded_code.set(tuple(float(f"{value:.5g}") for value in code))
    map.code_from.set("point")
    st.switch_page(navigation.entry("traverse").path)
