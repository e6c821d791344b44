"""A training row as a choice: typed in, taken at random, or an uploaded picture in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from aegen.app import services
from aegen.app.state import link, map, visit
from aegen.app.widgets import image_upload

__all__ = ["default_row", "existing_row", "random_row", "row_field", "start", "uploaded_code"]

Row = link.Item[int | None]


def default_row(name: str, k: int = 0) -> int:
    """A row to begin with: one of those on the cover."""
    manifest = services.bundles.bundle(name).manifest
    cover = manifest.cover or (0, manifest.rows - 1)
    return cover[k * (len(cover) // 2) % len(cover)]


def existing_row(name: str, item: Row) -> int | None:
    """The chosen row; one that is not there is named to the person and left out."""
    rows, row = services.bundles.bundle(name).manifest.rows, item.get()
    if row is None or row < rows:
        return row
    visit.notify(f"There is no row {row:,} here; rows go from 0 to {rows - 1:,}.")
    item.reset()
    return None


def row_field(
    label: str, name: str, item: Row, default: int | None, take: Callable[..., None], **layout: Any
) -> None:
    """A row by its number; one that is not there is named to the person and replaced."""
    row = existing_row(name, item)
    row = default if row is None else row
    item.set(row)
    key = f"walk:{item.key}"
    if key not in st.session_state or st.session_state[key] != row:
        st.session_state[key] = row
    st.number_input(
        label,
        0,
        services.bundles.bundle(name).manifest.rows - 1,
        "min" if default is not None else None,
        key=key,
        step=1,
        width=170,
        on_change=take,
        args=(item, key),
        placeholder="the above",
        **layout,
    )


def random_row(name: str, item: Row) -> None:
    """A row at random, from a seed that goes up by one each time."""
    seed = map.rolls.get()
    map.rolls.set(seed + 1)
    rows = services.bundles.bundle(name).manifest.rows
    item.set(int(np.random.default_rng(seed).integers(rows)))


def start(name: str) -> None:
    """Where to start: at a row by its number, at a random one, or at an uploaded picture."""
    row_field("Start at row", name, map.pinned, default_row(name), _take_start)
    st.button(
        "Random row",
        icon=":material/casino:",
        on_click=_random_start,
        args=(name,),
        help="Another row at random. The link names it.",
    )
    if services.bundles.takes_pictures(name):
        with st.popover("Your picture", icon=":material/add_photo_alternate:"):
            image_upload.upload(name)


def _take_start(item: Row, key: str) -> None:
    """The row typed in; an emptied field keeps the row."""
    if st.session_state[key] is not None:
        item.set(st.session_state[key])
        map.uploaded_code.reset()


def _random_start(name: str) -> None:
    map.uploaded_code.reset()
    random_row(name, map.pinned)


def uploaded_code(name: str) -> tuple[float, ...] | None:
    """The code of the uploaded picture, where it fits the bundle."""
    code, dimension = map.uploaded_code.get(), services.bundles.bundle(name).latent_dim
    if code is not None and len(code) != dimension:
        visit.notify(
            f"The link holds a code of {len(code)} numbers, but codes here have {dimension}. "
            "You see a row instead."
        )
        map.uploaded_code.reset()
        return None
    return code
