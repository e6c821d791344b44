"""The map for browsers without WebGL: a Plotly chart of fewer rows, which says so.

SVG can be drawn everywhere, but only a few thousand marks of it; the rows are chosen by a fixed
seed, so the same map is the same picture. What is selected is read as a polygon all the same, and
the page tests that against every row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aegen.app.components.latent_map.picture import Picture, reading
from aegen.figures.colour_scale import positions

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["MOST", "chosen_rows", "draw", "figure", "read"]

MOST = 5_000
"""How many rows the chart draws at most."""


def draw(
    shown: Picture,
    *,
    key: str,
    height: int,
    points: str,
    memory: MutableMapping[str, Any],
    on_select: Callable[[], None],
) -> dict[str, Any] | None:
    """Puts the chart on the page; what was selected on it last, as the browser's view says it."""
    rows = chosen_rows(len(shown.points))
    # Another selection asked for by the page, or other points, begin on a fresh chart.
    chart = f"{key}-plotly-{memory['token']}-{points[:8]}"
    asked = memory["asked"] if memory["asked"]["points"] == points else None
    event = st.plotly_chart(
        figure(shown, rows, height=height, asked=asked),
        key=chart,
        theme="streamlit",
        on_select=on_select,
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "scrollZoom": True},
    )
    st.caption(f"{len(rows):,} of {len(shown.points):,} drawn: this browser has no WebGL")
    polygon, pinned = read(event["selection"])
    acted = polygon is not None or pinned is not None
    # An empty selection is an answer only where there was one to take back.
    if not acted and memory.get("acted") != chart:
        return None
    memory["acted"] = chart
    return {
        "polygon": polygon,
        "pinned": pinned,
        "hidden": [],
        "points": points,
        "token": memory["token"],
    }


def chosen_rows(n: int) -> NDArray[np.int64]:
    """At most ``MOST`` of n rows, in order, always the same ones.

    Example:
        >>> chosen_rows(3).tolist(), len(chosen_rows(60_000))
        ([0, 1, 2], 5000)
    """
    if n <= MOST:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, MOST, replace=False))


def read(selection: Mapping[str, Any]) -> tuple[list[list[float]] | None, int | None]:
    """The polygon and the pinned row in what Plotly says was selected.

    Of several areas the last one counts; a clicked point pins its row where no area was drawn.

    Example:
        >>> read({"points": [], "box": [{"x": [0, 2], "y": [1, 0]}], "lasso": []})
        ([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]], None)
    """
    if selection["lasso"]:
        area = selection["lasso"][-1]
        vertices = [[float(x), float(y)] for x, y in zip(area["x"], area["y"], strict=True)]
        if len(vertices) > 2:
            return vertices, None
    if selection["box"]:
        area = selection["box"][-1]
        (left, right), (low, high) = sorted(map(float, area["x"])), sorted(map(float, area["y"]))
        return [[left, low], [right, low], [right, high], [left, high]], None
    for point in selection["points"]:
        row = point.get("customdata")
        if row is not None:
            return None, int(row[0] if isinstance(row, (list, tuple)) else row)
    return None, None


def figure(
    shown: Picture, rows: NDArray[np.int64], *, height: int, asked: Mapping[str, Any] | None = None
) -> Figure:
    """The chart of ``rows``, with the selection that the page asked for drawn in."""
    from plotly import graph_objects as go

    chart = go.Figure()
    for name, members, marker in _groups(shown, rows):
        chart.add_trace(
            go.Scatter(
                x=shown.points[members, 0],
                y=shown.points[members, 1],
                mode="markers",
                name=name,
                marker={"size": 4, "opacity": 0.75, **marker},
                selectedpoints=_places(shown, members),
                customdata=members,
                text=[_words(shown, int(row)) for row in members],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    if shown.draws is not None:
        chart.add_trace(
            go.Scatter(
                x=shown.draws[:MOST, 0],
                y=shown.draws[:MOST, 1],
                mode="markers",
                name="draws",
                marker={"symbol": "circle-open", "size": 8, "color": "#888888"},
                hoverinfo="skip",
            )
        )
    for share, line in shown.contours or ():
        chart.add_trace(
            go.Scatter(
                x=line[:, 0],
                y=line[:, 1],
                mode="lines",
                name=f"{100 * share:.0f} % of draws",
                line={"color": "#888888", "width": 1.2},
                showlegend=False,
                hoverinfo="name",
            )
        )
    for text, _, x, y in shown.names:
        chart.add_annotation(x=x, y=y, text=f"<b>{escape(text)}</b>", showarrow=False)
    _show_asked(chart, shown, asked)
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "title": None}
    chart.update_layout(
        height=height,
        dragmode="lasso",
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={
            "orientation": "h",
            "title": {"text": shown.title},
            "y": 1.02,
            "yanchor": "bottom",
        },
        showlegend=shown.kind == "category",
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
    )
    return chart


def _groups(
    shown: Picture, rows: NDArray[np.int64]
) -> list[tuple[str, NDArray[np.int64], dict[str, Any]]]:
    """(name, rows, marker) a trace: one a category, or one for all."""
    if shown.kind == "category" and shown.labels is not None:
        codes = shown.labels[rows]
        return [
            (name, rows[codes == code], {"color": shown.palette[code]})
            for code, name in enumerate(shown.categories)
        ]
    if shown.kind == "value" and shown.labels is not None:
        scale = [[k / (len(shown.palette) - 1), colour] for k, colour in enumerate(shown.palette)]
        ticks = [0, 0.5, 1]
        told = np.interp(ticks, np.linspace(0, 1, len(shown.stops)), shown.stops)
        marker = {
            "color": positions(shown.labels[rows], shown.stops),
            "colorscale": scale,
            "cmin": 0,
            "cmax": 1,
            "colorbar": {
                "title": {"text": shown.title},
                "tickvals": ticks,
                "ticktext": [reading(value, shown.stops) for value in told],
            },
        }
        return [("points", rows, marker)]
    return [("points", rows, {"color": shown.palette[0]})]


def _places(shown: Picture, members: NDArray[np.int64]) -> list[int] | None:
    """Which of ``members`` are among the chosen rows; None where no rows were chosen."""
    if shown.chosen is None:
        return None
    return [int(place) for place in np.flatnonzero(np.isin(members, shown.chosen))]


def _words(shown: Picture, row: int) -> str:
    more = shown.text[row] if shown.text else ""
    return " · ".join(part for part in (f"row {row}", shown.label(row), more) if part)


def _show_asked(chart: Figure, shown: Picture, asked: Mapping[str, Any] | None) -> None:
    if asked and asked["polygon"]:
        path = " L ".join(f"{x},{y}" for x, y in asked["polygon"])
        chart.add_shape(type="path", path=f"M {path} Z", line={"width": 2, "color": "#888888"})
    if asked and asked["pinned"] is not None and 0 <= asked["pinned"] < len(shown.points):
        x, y = shown.points[asked["pinned"]]
        chart.add_annotation(x=float(x), y=float(y), text=f"row {asked['pinned']}", showarrow=True)
