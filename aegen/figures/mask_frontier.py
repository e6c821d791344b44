"""Frontier of masked networks: accuracy over remaining weights, beside published ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from aegen.figures.label_places import box, room
from aegen.figures.palette import QUIET
from aegen.figures.template import Paper, blank

__all__ = ["FrontierPoint", "frontier"]

HEIGHT = 330

Ends = tuple[float, float] | None
"""Lower and upper end of an interval, or None where it is not known."""

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class FrontierPoint:
    """A masked network; figures are shares.

    Attributes:
        name: for people.
        network: of which it is; all of one network have one colour.
        remaining: share of the weights that is not dropped.
        accuracy: share of test rows that it gets right.
        remaining_ends: the first figure's interval.
        accuracy_ends: the second's.
        published: whether a paper reports it: an open circle with its intervals.
        size: how it differs from the published network of this name, such as "width 0.25"; "" if
            it does not.
        chosen: whether it is the one that is looked at.
        key: of what to open when it is clicked, "" for nothing.
        note: what the pointer says beside the figures.
    """

    name: str
    network: str
    remaining: float
    accuracy: float
    remaining_ends: Ends = None
    accuracy_ends: Ends = None
    published: bool = False
    size: str = ""
    chosen: bool = False
    key: str = ""
    note: str = ""


def frontier(
    points: Sequence[FrontierPoint],
    title: str,
    colours: Mapping[str, str],
    *,
    paper: Paper = "light",
) -> Any:
    """A plotly figure: remaining weights across on a logarithmic scale, accuracy upright.

    Of networks of another size than the published ones the mark is a diamond.

    Args:
        points: those of which nothing remains are left out.
        title: the data set.
        colours: by network.
        paper: what it is drawn on.

    Example:
        >>> figure = frontier([FrontierPoint("a", "FCN", 0.03, 0.98)], "MNIST", {"FCN": "#2a84a5"})
        >>> figure.data[0].x, figure.data[0].y
        ((3.0,), (98.0,))
    """
    shown = [point for point in points if point.remaining > 0]
    figure = blank(HEIGHT, paper, margin={"t": 30, "r": 20}, font={"size": 11})
    figure.update_layout(
        title={"text": f"<b>{escape(title)}</b>", "font": {"size": 13}, "x": 0},
        showlegend=False,
        hovermode="closest",
        clickmode="event+select",
        meta=f"{title}: accuracy over remaining weights of {len(shown)} networks",
    )
    if not shown:
        return figure
    ink = figure.layout.template.layout.font.color
    chosen = [point for point in shown if point.chosen]
    for point in chosen:
        figure.add_scatter(
            x=[100 * point.remaining],
            y=[100 * point.accuracy],
            mode="markers",
            marker={"symbol": "circle-open", "size": 20, "color": ink, "line": {"width": 2}},
            hoverinfo="skip",
        )
    labels = _labels(shown)
    for point in sorted(shown, key=lambda point: (point.chosen, not point.published)):
        colour = colours.get(point.network, QUIET)
        _mark(figure, point, *labels[point.name], colour, ink)
    title_font = {"size": 11}
    figure.update_xaxes(
        title={"text": "weights that remain, %", "font": title_font},
        type="log",
        range=_across(shown),
        **_ticks(shown),
    )
    figure.update_yaxes(
        title={"text": "right, %", "font": title_font}, range=_upright(shown), nticks=6
    )
    return figure


def _mark(
    figure: Any, point: FrontierPoint, label: str, place: str, colour: str, ink: str
) -> None:
    published, own = {"symbol": "circle-open", "size": 9}, {"symbol": "circle", "size": 10}
    marker = published if point.published else own | {"symbol": "diamond"} if point.size else own
    size = f", {point.size}" if point.size else ""
    half = point.accuracy_ends
    told = [
        f"<b>{escape(point.name)}</b>",
        escape(point.network + size),
        f"{100 * point.accuracy:.2f} % right{_interval(half, 1)}",
        f"{100 * point.remaining:.2f} % remain{_interval(point.remaining_ends, 2)}",
        *([escape(point.note)] if point.note else []),
    ]
    figure.add_scatter(
        x=[100 * point.remaining],
        y=[100 * point.accuracy],
        name=point.name,
        mode="markers+text" if label else "markers",
        text=[escape(label)],
        textposition=place,
        textfont={"size": 11, "color": ink},
        cliponaxis=False,
        marker={"color": colour, **marker},
        error_x=_error(point.remaining, point.remaining_ends if point.published else None, colour),
        error_y=_error(point.accuracy, point.accuracy_ends if point.published else None, colour),
        customdata=[point.key],
        hovertemplate="<br>".join(told) + "<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}, "textfont": {"color": ink}},
    )


def _labels(points: Sequence[FrontierPoint]) -> dict[str, tuple[str, str]]:
    """What stands beside each point, and where: names of networks once, and sizes."""
    across, upright = _across(points), _upright(points)

    def at(point: FrontierPoint) -> tuple[float, float]:
        x, y = math.log10(100 * point.remaining), 100 * point.accuracy
        return (
            (x - across[0]) / (across[1] - across[0]),
            (y - upright[0]) / (upright[1] - upright[0]),
        )

    taken = [box(*at(point), 14, 14) for point in points]
    found, said = {}, set[str]()
    for point in sorted(points, key=lambda point: (not point.published, not point.chosen)):
        new = point.network not in said
        label = " ".join(filter(None, [point.network if new else "", point.size]))
        place = "top center"
        if label:
            place, held = room(label, at(point), taken)
            taken.append(held)
        found[point.name] = label, place
        said.add(point.network)
    return found


def _interval(ends: Ends, digits: int) -> str:
    if ends is None:
        return ""
    low, high = (100 * end for end in ends)
    return f" [{low:.{digits}f}, {high:.{digits}f}]"


def _error(value: float, ends: Ends, colour: str) -> dict[str, Any]:
    if ends is None:
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (ends[1] - value)],
        "arrayminus": [100 * (value - ends[0])],
        "color": colour,
        "thickness": 1.4,
        "width": 3,
    }


def _ends(values: Sequence[float], intervals: Sequence[Ends]) -> tuple[float, float]:
    """The lowest and the highest of values and of their intervals' ends."""
    every = [*values, *(end for ends in intervals if ends is not None for end in ends)]
    return min(every), max(every)


def _across(points: Sequence[FrontierPoint]) -> list[float]:
    """The scale's ends, in powers of ten as plotly has them."""
    low, high = _ends([p.remaining for p in points], [p.remaining_ends for p in points])
    return [math.log10(100 * low / 1.7), min(2.05, math.log10(100 * high * 1.7))]


def _upright(points: Sequence[FrontierPoint]) -> list[float]:
    """The other scale's ends, in percent."""
    low, high = _ends([p.accuracy for p in points], [p.accuracy_ends for p in points])
    margin = max(0.2, 12 * (high - low))
    return [100 * low - margin, min(100.5, 100 * high + margin)]


def _ticks(points: Sequence[FrontierPoint]) -> dict[str, Any]:
    low, high = (10**end for end in _across(points))
    values = [tick for tick in TICKS if low <= tick <= high]
    return {"tickvals": values, "ticktext": [f"{tick:g}" for tick in values]}
