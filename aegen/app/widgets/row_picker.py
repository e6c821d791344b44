"""A training row as a choice: typed in, or taken at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from aegen.app import services
from aegen.app.state import link, map, visit

__all__ = ["default_row", "roll", "row_field"]


def default_row(name: str, k: int) -> int:
    """A row to begin with: one of those on the cover."""
    manifest = services.bundles.bundle(name).manifest
    cover = manifest.cover or (0, manifest.rows - 1)
    return cover[k * (len(cover) // 2) % len(cover)]


def row_field(
    label: str,
    name: str,
    item: link.Item[int | None],
    default: int | None,
    take: Callable[..., None],
    **layout: Any,
) -> None:
    """A row by its number; one that is not there is named to the person and replaced."""
    rows = services.bundles.bundle(name).manifest.rows
    row = item.get()
    if row is not None and row >= rows:
        visit.notify(f"There is no row {row:,} here; rows go from 0 to {rows - 1:,}.")
        row = None
    if row is None:
        row = default
    item.set(row)
    key = f"walk:{item.key}"
    if key not in st.session_state or st.session_state[key] != row:
        st.session_state[key] = row
    st.number_input(
        label,
        0,
        rows - 1,
        "min" if default is not None else None,
        key=key,
        step=1,
        width=170,
        on_change=take,
        args=(item, key),
        placeholder="the above",
        **layout,
    )


def roll(name: str, item: link.Item[int | None]) -> None:
    """A row at random, from a seed that goes up by one each time."""
    seed = map.rolls.get()
    map.rolls.set(seed + 1)
    rows = services.bundles.bundle(name).manifest.rows
    item.set(int(np.random.default_rng(seed).integers(rows)))
