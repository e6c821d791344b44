"""Three doors of the Start page, each with a picture of the bundle and links to pages."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import glossary, navigation, services
from aegen.app.widgets.cover import cover
from aegen.figures.palette import CATEGORIES, QUIET

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["doors"]

HEIGHT = 92
"""Pixels of the picture on a door."""


def doors(name: str) -> None:
    """Explore, make, compare."""
    bundle = services.bundles.bundle(name)
    doors = (
        (
            "Explore",
            _map(name, bundle.manifest.projections),
            "Who is near whom? All [codes] as a map, and sliders that move a picture through it.",
            ("latent-map", "traverse"),
        ),
        (
            "Make",
            f'<div style="width:{_width(bundle)}px">{cover(bundle, 2, 8)}</div>',
            "New pictures, drawn by a [latent model] that learned which codes there are; or just "
            "those that you ask for.",
            ("sample", "target"),
        ),
        (
            "Compare",
            _intervals(),
            "Which latent model is best, and which one only [copies]? What do weights know that "
            "[were never trained](signed supermask)?",
            ("compare", "masks"),
        ),
    )
    for column, (title, picture, said, pages) in zip(st.columns(3), doors, strict=True):
        with column, st.container(border=True, height="stretch", gap="small"):
            st.subheader(title, anchor=False)
            st.html(
                f'<div style="height:{HEIGHT}px;display:flex;justify-content:center;'
                f'align-items:center;overflow:hidden">{picture}</div>'
            )
            st.markdown(glossary.linked(said))
            with st.container(horizontal=True):
                for address in pages:
                    navigation.link(address, navigation.entry(address).title)


def _width(bundle: Bundle) -> int:
    """Pixels across, of two lines of four pictures that are as high as the door's picture."""
    height, width, _ = bundle.image_shape
    return round(4 * (HEIGHT / 2) * width / height)


def _map(name: str, known: Collection[str]) -> str:
    """All rows as a shade, as the map places them first."""
    projection = "umap" if "umap" in known else next(iter(known), "axes-0-1")
    return _image(services.projections.shade(name, projection).picture, "png")


def _intervals() -> str:
    """Three figures with their intervals, one of them clear of another."""
    rows = "".join(
        f'<g transform="translate(0 {y})" stroke="{colour}" fill="{colour}">'
        f'<path d="M{low} 0H{high}" stroke-width="3" stroke-linecap="round"/>'
        f'<circle cx="{(low + high) / 2}" r="5"/></g>'
        for y, low, high, colour in (
            (22, 30, 70, CATEGORIES[0]),
            (50, 80, 120, CATEGORIES[1]),
            (78, 96, 150, QUIET),
        )
    )
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 170 100" width="170" height="100">'
        f'<path d="M16 8V92" stroke="{QUIET}"/>{rows}</svg>'
    )
    return _image(drawing.encode(), "svg+xml")


def _image(content: bytes, kind: str) -> str:
    data = base64.b64encode(content).decode()
    return f'<img alt="" style="height:100%" src="data:image/{kind};base64,{data}">'
