"""Scatter plots of compared latent models: fidelity against copying, and against time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aegen.figures.label_places import HIGH, WIDE, Box, box, room
from aegen.figures.palette import ACCENT, CATEGORIES, QUIET
from aegen.figures.template import Paper, below, blank

__all__ = ["Compared", "against_copying", "against_time"]

HEIGHT = 380

STEEP = 20.0
"""Ratio of the largest to the smallest figure from which the scale is logarithmic."""

LEAST_SECONDS = 1e-4

Ends = tuple[float, float] | None
"""Lower and upper end of an interval, or None where it is not known."""

Direction = Literal["lower", "higher", "nearer"]


@dataclass(frozen=True)
class Compared:
    """One latent model in the pictures.

    Attributes:
        name: for people.
        fidelity: its figure by the metric that was chosen.
        fidelity_ends: the figure's interval.
        copying: distance of its draws to training rows as a share of held-out rows', or None.
        copying_ends: that figure's interval.
        seconds: time to fit and draw, or None where there is none.
        reference: whether it is there to compare with.
        best: whether it is better than all others by a resolved difference.
    """

    name: str
    fidelity: float
    fidelity_ends: Ends = None
    copying: float | None = None
    copying_ends: Ends = None
    seconds: float | None = None
    reference: bool = False
    best: bool = False


def against_copying(
    models: Sequence[Compared],
    metric: str,
    direction: Direction,
    best: float,
    *,
    paper: Paper = "light",
) -> Any:
    """Fidelity upright, copying across: a plotly figure with a cross of intervals a model.

    The frame holds all models; a reference beyond it is a triangle at its edge. Where figures of
    which 0 is the best differ more than twentyfold the upright scale is logarithmic.

    Args:
        models: those without a figure for copying are left out.
        metric: the name of the fidelity's metric.
        direction: which of its values are better.
        best: its best value, which is drawn as a line where "nearer" is better.
        paper: what it is drawn on.

    Example:
        >>> figure = against_copying([Compared("a", 1.0, copying=0.9)], "Distance", "lower", 0.0)
        >>> figure.data[0].x
        (0.9,)
    """
    points = [
        _Point(model, model.copying, model.copying_ends)
        for model in models
        if model.copying is not None
    ]
    inner = [p.x for p in points if not p.model.reference] or [p.x for p in points]
    across = _Scale(-0.12, max(1.35, 1.12 * max(inner, default=1.0)))
    upright = _upright([point.model for point in points], direction, best)
    figure = _blank(metric, direction, best, upright, paper)
    if points:
        figure.add_vline(x=1.0, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_xaxes(
        title=below("distance to training rows", "0 copies them, 1 is like new data"),
        range=across.range,
    )
    return _with_points(figure, points, across, upright)


def against_time(
    models: Sequence[Compared],
    metric: str,
    direction: Direction,
    best: float,
    *,
    paper: Paper = "light",
) -> Any:
    """Fidelity upright, time to fit and draw across on a logarithmic scale: a plotly figure.

    Arguments and frame are those of `against_copying`; a model without a time is a line from side
    to side.

    Example:
        >>> figure = against_time([Compared("a", 1.0, seconds=0.1)], "Distance", "lower", 0.0)
        >>> figure.layout.xaxis.type
        'log'
    """
    points = [
        _Point(model, max(model.seconds, LEAST_SECONDS), None)
        for model in models
        if model.seconds is not None
    ]
    times = [point.x for point in points] or [0.01, 1.0]
    across = _Scale(min(times) / 2.5, max(times) * 2.5, log=True)
    upright = _upright(models, direction, best)
    figure = _blank(metric, direction, best, upright, paper)
    for model in models:
        if model.seconds is None and upright.holds(model.fidelity):
            figure.add_hline(
                y=model.fidelity,
                line={"color": QUIET, "width": 1, "dash": "dash"},
            )
            figure.add_annotation(
                text=model.name,
                font={"color": QUIET, "size": 11},
                x=1,
                xref="paper",
                y=math.log10(model.fidelity) if upright.log else model.fidelity,
                showarrow=False,
                xanchor="right",
                yanchor="top",
            )
    figure.update_xaxes(
        title="seconds to fit and draw", type="log", range=across.range, dtick=1, tickformat="~g"
    )
    return _with_points(figure, points, across, upright)


# scales


@dataclass(frozen=True)
class _Scale:
    """An axis from ``low`` to ``high``."""

    low: float
    high: float
    log: bool = False

    @property
    def range(self) -> list[float]:
        """As plotly wants it."""
        ends = [self.low, self.high]
        return [math.log10(end) for end in ends] if self.log else ends

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def inside(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def share(self, value: float) -> float:
        """Where a value lies between the ends, from 0 to 1."""
        low, high = self.range
        at = math.log10(self.inside(value)) if self.log else self.inside(value)
        return (at - low) / (high - low)


@dataclass(frozen=True)
class _Point:
    model: Compared
    x: float
    x_ends: Ends


def _upright(models: Sequence[Compared], direction: Direction, best: float) -> _Scale:
    """A scale of fidelity that holds all models, and references unless they lie far beyond."""
    values = [m.fidelity for m in models if not m.reference] or [m.fidelity for m in models]
    if not values:
        return _Scale(0.0, 1.0)
    everything = [m.fidelity for m in models]
    steep = max(everything) > STEEP * min(everything) > 0
    if direction == "lower" and best == 0 and steep:
        return _Scale(min(everything) / 2, max(everything) * 2, log=True)
    low, high = min(values), max(values)
    reach = (high - low) or abs(high) or 1.0
    near = [v for v in everything if low - reach <= v <= high + reach]
    near += [best] if direction == "nearer" and low - reach <= best <= high + reach else []
    for m in models:
        if m.fidelity_ends is not None and not m.reference:
            near += [max(e, low - reach) for e in m.fidelity_ends if e <= high + reach]
    low, high = min(near), max(near)
    margin = 0.12 * ((high - low) or abs(high) or 1.0)
    return _Scale(low - margin, high + margin)


# drawing


def _blank(metric: str, direction: Direction, best: float, upright: _Scale, paper: Paper) -> Any:
    better = {
        "lower": "lower is better",
        "higher": "higher is better",
        "nearer": f"nearer to {best:g} is better",
    }[direction]
    steep = ", logarithmic" if upright.log else ""
    figure = blank(HEIGHT, paper)
    figure.update_layout(
        showlegend=False, hovermode="closest", meta=f"Models by {metric}, {better}"
    )
    figure.update_yaxes(
        title=below(metric, better + steep),
        range=upright.range,
        type="log" if upright.log else "linear",
        dtick=1 if upright.log else None,
    )
    if direction == "nearer" and upright.holds(best):
        figure.add_hline(y=best, line={"color": QUIET, "width": 1, "dash": "dot"})
    return figure


def _with_points(figure: Any, points: Sequence[_Point], across: _Scale, upright: _Scale) -> Any:
    """Models on top of references, each with a name where there is room for it."""
    ordered = sorted(points, key=lambda p: (not p.model.reference, p.model.best))
    taken = [box(across.share(p.x), upright.share(p.model.fidelity), 14, 14) for p in points]
    taken += [bar for point in points for bar in _bars(point, across, upright)]
    places: dict[str, str] = {}
    for point in reversed(ordered):  # who matters most chooses first
        at = across.share(point.x), upright.share(point.model.fidelity)
        places[point.model.name], taken_up = room(point.model.name, at, taken)
        taken.append(taken_up)
    for point in ordered:
        _mark(figure, point, across, upright, places[point.model.name])
    return figure


def _bars(point: _Point, across: _Scale, upright: _Scale) -> Iterator[Box]:
    """Where the intervals of a point are drawn; on a desk they are twice as long."""
    x, y = across.share(point.x), upright.share(point.model.fidelity)
    if point.x_ends is not None and across.holds(point.x):
        low, high = map(across.share, point.x_ends)
        yield box((low + high) / 2, y, 2 * (high - low) * WIDE, 4)
    if point.model.fidelity_ends is not None and upright.holds(point.model.fidelity):
        low, high = map(upright.share, point.model.fidelity_ends)
        yield box(x, (low + high) / 2, 4, (high - low) * HIGH)


def _mark(figure: Any, point: _Point, across: _Scale, upright: _Scale, place: str) -> None:
    """A model as a point with its intervals and its name."""
    model = point.model
    colour = QUIET if model.reference else ACCENT if model.best else CATEGORIES[0]
    x, y = across.inside(point.x), upright.inside(model.fidelity)
    symbol = "circle-open" if model.reference else "circle"
    if y != model.fidelity:
        symbol = "triangle-up" if model.fidelity > y else "triangle-down"
    elif x != point.x:
        symbol = "triangle-right" if point.x > x else "triangle-left"
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers+text",
        name=model.name,
        text=[model.name],
        textposition=place,
        textfont={"size": 11, "color": QUIET} if model.reference else {"size": 11},
        cliponaxis=False,
        marker={
            "color": colour,
            "size": 9 if model.reference else 12 if model.best else 10,
            "symbol": symbol,
        },
        error_x=_error(point.x, point.x_ends, across, colour),
        error_y=_error(model.fidelity, model.fidelity_ends, upright, colour),
        customdata=[[model.fidelity, point.x]],
        hovertemplate=f"{model.name}<br>%{{customdata[0]:.4g}} · %{{customdata[1]:.3g}}"
        "<extra></extra>",
    )


def _error(value: float, ends: Ends, scale: _Scale, colour: str) -> dict[str, Any]:
    """An interval as plotly's error bar; one of a value outside the frame is not drawn."""
    if ends is None or not scale.holds(value):
        return {"visible": False}
    low, high = (scale.inside(end) for end in ends)
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value],
        "arrayminus": [value - low],
        "color": colour,
        "thickness": 1.5,
        "width": 3,
    }
