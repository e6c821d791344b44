"""A page with a map and nothing else, for test_map_component.py."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st
from PIL import Image

from aegen.app.components import latent_map, picture, said_on_map, select_on_map
from aegen.core.polygons import inside

COLUMNS, SIDE, TILES = 20, 4, 200


def reference_set(n):
    """Three groups on a line, at x = 0, 10 and 20; row i belongs to group i % 3."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    return np.column_stack([10 * group, 0 * group]) + rng.normal(size=(n, 2)), group


def atlas():
    """Tile i is one colour: red i, green 255 - i."""
    pixels = np.zeros((TILES // COLUMNS * SIDE, COLUMNS * SIDE, 3), dtype=np.uint8)
    for i in range(TILES):
        top, left = i // COLUMNS * SIDE, i % COLUMNS * SIDE
        pixels[top : top + SIDE, left : left + SIDE] = (i, 255 - i, 0)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


st.set_page_config(layout="wide")
n = int(st.query_params.get("n", "3000"))
points, group = reference_set(n)
if st.checkbox("turned"):
    points = points[:, ::-1]
colours = st.radio("colour", ["group", "height", "third", "none"], horizontal=True)
labels = {
    "group": {"labels": group, "categories": ["left", "middle", "right"], "label_title": "group"},
    "height": {"labels": points[:, 1], "label_title": "height"},
    "third": {"labels": np.arange(n) * 3 // n, "label_title": "third"},
    "none": {},
}[colours]
if "named" in st.query_params:
    labels["names"] = [("left", 0, 0, 0), ("right", 2, 20, 0)]
rings = {"draws": points[:30] + 0.5} if st.checkbox("draws") else {}
if st.checkbox("ring"):
    turn = np.linspace(0, 2 * np.pi, 200)
    rings["contours"] = [(0.5, np.stack([10 + 6 * np.cos(turn), 2 * np.sin(turn)], axis=1))]
if st.checkbox("stress"):
    rings["chosen"] = np.flatnonzero(group == 1)
st.button("clear", on_click=select_on_map, args=("map",))
start = {"polygon": [(-5, -5), (5, -5), (5, 5), (-5, 5)], "pinned": 3}
if st.checkbox("map", value=True):
    tiles = {"thumbnails": atlas(), "atlas": (COLUMNS, SIDE, SIDE, TILES)}
    seen = latent_map(
        picture(points, **tiles, **labels, **rings),
        key="map",
        height=420,
        **(start if "linked" in st.query_params else {}),
    )
    found = None if seen.polygon is None else int(inside(points, seen.polygon).sum())
    st.text(f"chosen {said_on_map('map', 'draw')} scale {said_on_map('map', 'scale')}")
    st.text(f"found {found} pinned {seen.pinned} hidden {seen.hidden}")
