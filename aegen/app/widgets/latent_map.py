"""The latent map on a page: its controls, and how what is drawn on it becomes a selection."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np
import streamlit as st

from aegen.app import services
from aegen.app.components import latent_map, picture, said_on_map, select_on_map
from aegen.app.row_selection import Area, AttributeEquals, Selection, area, axes_of
from aegen.app.state import link, map, visit
from aegen.app.widgets import bound, row_picker, values
from aegen.app.widgets.model_overlay import Layers
from aegen.core.arrays import IntArray
from aegen.core.errors import AegenError
from aegen.figures.colour_scale import SCALES, Scale

__all__ = ["clear", "map_controls", "map_of_rows", "path", "select", "unpin"]

MAP = "map"


def map_controls(name: str) -> tuple[str, str]:
    """Projection (with its axes: "axes-0-1") and colour as widgets."""
    manifest = services.bundles.bundle(name).manifest
    options = [*manifest.projections, *(["axes"] if manifest.latent_dim > 1 else [])]
    projection = bound.choose(
        "Projection",
        map.projection,
        options,
        kind="segments",
        format_func=lambda value: value.upper() if len(value) <= 4 and value != "axes" else value,
        help="PCA: the flat view that keeps most variance. UMAP: keeps neighbours together, "
        "distances between groups mean little. Axes: two coordinates of the codes as they are.",
    )
    if projection == "axes":
        projection = _axes(manifest.latent_dim)
    colours = [*manifest.attributes, "density", "plain"]
    if not map.colour.get():
        map.colour.set(colours[0])
    colour = bound.choose(
        "Colour",
        map.colour,
        colours,
        format_func=partial(values.attribute_label, name),
        width=170,
        help="An attribute of the images, or how crowded it is around a row on this map.",
    )
    return projection, colour


def _axes(dimension: int) -> str:
    """Two latent coordinates to lay the map out by."""
    first, second = map.axes.get()
    if max(first, second) >= dimension:
        visit.notify(f"There is no axis {max(first, second) + 1} here; there are {dimension}.")
        map.axes.reset()
    for place, label in enumerate(("Across", "Up")):
        key = f"axis:{place}"
        st.session_state[key] = map.axes.get()[place]
        st.selectbox(
            label,
            range(dimension),
            key=key,
            format_func=lambda axis: f"axis {axis + 1}",
            width=105,
            on_change=_take_axis,
            args=(place, key),
        )
    first, second = map.axes.get()
    return f"axes-{first}-{second}"


def _take_axis(place: int, key: str) -> None:
    pair = list(map.axes.get())
    pair[place] = st.session_state[key]
    map.axes.set((pair[0], pair[1]))


def map_of_rows(
    name: str,
    projection: str,
    colour: str,
    over: Layers | None = None,
    height: int = 600,
    draw: link.Item[int | None] = map.draw,
) -> None:
    """The map; what is selected and pinned on it is in ``state.selected`` and ``state.pinned``.

    ``draw`` is the chosen one of the draws over it, by its number.
    """
    opened = services.bundles.bundle(name)
    colouring = services.projections.labels(name, colour, projection)
    over = over or Layers()
    tiles = opened.atlas
    outline, pin = _outline(projection), row_picker.existing_row(name, map.pinned)
    if visit.memory().stepped:  # the map itself still holds what was selected before the step
        select_on_map(MAP, outline, pin)
    shown = picture(
        services.projections.coordinates(name, projection),
        labels=None if colouring is None else colouring.values,
        categories=None if colouring is None else colouring.categories,
        pictures=() if colouring is None else colouring.pictures,
        label_title="" if colouring is None else colouring.title,
        scale=_scale(),
        names=services.projections.names(name, colour, projection),
        draws=over.draws,
        draw_codes=over.codes,
        contours=over.lines,
        chosen=_stressed(name),
        thumbnails=opened.thumbnails,
        atlas=(tiles.columns, tiles.tile_h, tiles.tile_w, tiles.rows),
        atlas_rows=None if tiles.rows == opened.manifest.rows else np.arange(tiles.rows),
    )
    found = latent_map(
        shown,
        key=MAP,
        polygon=outline,
        pinned=pin,
        height=height,
        live=_live(name, projection),
        on_path=_take_path,
        draw=draw.get()
        if over.draws is not None and (draw.get() or 0) < len(over.draws)
        else None,
        on_draw=partial(_take_draw, draw),
        on_scale=_take_scale,
    )
    _take_polygon(projection, outline, found.polygon)
    if found.pinned != map.pinned.get():
        map.pinned.set(found.pinned)


def path(projection: str) -> tuple[tuple[float, float], ...] | None:
    """The line drawn on the map of this projection, where there is one."""
    drawn = map.path.get()
    return drawn[1] if drawn is not None and drawn[0] == projection else None


def _live(name: str, projection: str) -> dict[str, Any] | None:
    """What the map shows by the live channel: of codes that can be decoded."""
    opened = services.bundles.bundle(name)
    if not opened.decodes and opened.payload.kind != "codes":
        return None
    drawn = path(projection)
    return {
        "bundle": name,
        "projection": projection,
        "exact": projection == "pca" or projection.startswith("axes-"),
        "path": None if drawn is None else [list(point) for point in drawn],
    }


def _scale() -> Scale:
    return cast("Scale", map.scale.keep(SCALES))


def _take_scale() -> None:
    map.scale.set(said_on_map(MAP, "scale"))


def _take_draw(draw: link.Item[int | None]) -> None:
    draw.set(said_on_map(MAP, "draw")["index"])


def _take_path() -> None:
    said = said_on_map(MAP, "path")
    points = None if said is None else said["points"]
    if points is None:
        map.path.reset()
    else:
        map.path.set((said["projection"], tuple((float(x), float(y)) for x, y in points)))


def _stressed(name: str) -> IntArray | None:
    """The rows that were chosen by what they are, not by where they lie."""
    chosen = map.selected.get()
    if not isinstance(chosen, AttributeEquals):
        return None
    try:
        return services.rows.rows_of(name, chosen)
    except AegenError:  # the panel beside the map says what is wrong, and clears it
        return None


def _outline(projection: str) -> Any:
    """The selected area as this map should draw it, or None."""
    chosen, held = map.selected.get(), map.outline.get()
    if not isinstance(chosen, Area) or chosen.projection != projection:
        return None
    return held[1] if held is not None and held[0] == chosen else chosen.polygon


def _take_polygon(projection: str, shown: Any, found: Any) -> None:
    """Note what was drawn, or that what was shown is gone."""
    if found is None:
        if shown is not None:
            map.selected.reset()
        return
    drawn = tuple((float(x), float(y)) for x, y in found)
    if shown is None or drawn != tuple((float(x), float(y)) for x, y in shown):
        chosen = area(projection, drawn)
        map.selected.set(chosen)
        map.outline.set((chosen, drawn))


def clear() -> None:
    """Nothing is selected any more, on the map and beside it; the pinned row stays."""
    map.selected.reset()
    select_on_map(MAP, None, map.pinned.get())


def select(chosen: Selection) -> None:
    """Select these rows, on the map that they were selected on."""
    map.selected.set(chosen)
    if not isinstance(chosen, Area):
        select_on_map(MAP, None, map.pinned.get())
        return
    axes = axes_of(chosen.projection)
    map.projection.set(chosen.projection if axes is None else "axes")
    if axes is not None:
        map.axes.set(axes)
    select_on_map(MAP, chosen.polygon, map.pinned.get())


def unpin() -> None:
    """No row is pinned any more; the selection stays."""
    map.pinned.reset()
    chosen = map.selected.get()
    select_on_map(MAP, _outline(chosen.projection) if isinstance(chosen, Area) else None, None)
