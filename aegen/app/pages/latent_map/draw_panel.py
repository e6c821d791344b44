"""The chosen draw over the map: what is new, the row it is nearest to, where to go from it."""

from __future__ import annotations

from html import escape

import streamlit as st

from aegen.app import navigation, services
from aegen.app.place import Place, at_code
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import map, pictures
from aegen.app.widgets import share_bar
from aegen.app.widgets.model_overlay import Layers
from aegen.core.images import quantize

__all__ = ["chosen_draw"]


def chosen_draw(spec: SamplerSpec | None, over: Layers | None) -> None:
    """The draw whose ring was clicked; nothing where there is none."""
    number = None if over is None else over.chosen(map.draw.get())
    if spec is None or over is None or over.codes is None or number is None:
        return
    name, code = spec.bundle, over.codes[number]
    place = at_code(name, code, "draw")
    rows, distances = services.draws.nearest(name, code[None])
    row, words = int(rows[0]), escape(services.bundles.words_of(name, int(rows[0])))
    title = escape(services.samplers.title_of(spec.sampler))
    new = f"<b>new: draw&nbsp;{number + 1}</b><br>{title}"
    nearest = f"<b>row&nbsp;{row:,}</b><br>nearest, {distances[0]:.3g} away<br>{words}"
    with st.container(border=True):
        image = quantize(services.images.decode(name, code[None])[0])
        seen = [(image, new), (services.images.sheet(name, (row,))[0], nearest)]
        share_bar.beside(seen, side=64)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Look closer",
                on_click=pictures.open_at,
                args=(place,),
                type="tertiary",
                icon=":material/zoom_in:",
            )
            if st.button("Traverse from this draw", icon=":material/tune:", type="tertiary"):
                _start(place)
            st.button(
                "Unpick", on_click=map.draw.reset, type="tertiary", icon=":material/keep_off:"
            )


def _start(place: Place) -> None:
    """Traverse starts at a code."""
    pictures.start_at(place)
    st.switch_page(navigation.entry("traverse").path)
