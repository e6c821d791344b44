"""The line drawn on the map: its pictures, and the walk along it to keep."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.pages.latent_map import snippets
from aegen.app.state import map
from aegen.app.widgets import latent_map
from aegen.app.widgets.moving_picture import moving_picture

__all__ = ["path"]


def path(name: str, projection: str) -> None:
    """What the pictures along the line are, and a moving picture of them; else nothing."""
    points = latent_map.path(projection)
    if points is None:
        return
    row = map.pinned.get()
    exact = projection == "pca" or projection.startswith("axes-")
    plane = "the mean of all codes" if row is None else f"row {row:,}"
    st.caption(
        f"Pictures along the line, decoded from the plane through {plane}."
        if exact
        else "Pictures along the line, each decoded from a weighted mean of the codes of the ten "
        "nearest rows on the map: a guess where there are no rows."
    )
    moving_picture(
        f"{name}-path",
        services.walks.over_map,
        (name, projection, points, row),
        snippets.of_path(name, projection, points, row),
    )
