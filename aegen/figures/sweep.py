"""Lines over a sweep: one a latent model, its intervals as a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aegen.figures.palette import QUIET, category_colours
from aegen.figures.template import Paper, blank

__all__ = ["Swept", "swept"]

HEIGHT = 340


@dataclass(frozen=True)
class Swept:
    """One latent model over a sweep.

    Attributes:
        name: for people.
        x: places of the sweep.
        y: its figure at each.
        low: lower end of each interval; that of ``y`` where it is not known.
        high: upper end.
        reference: whether it is there to compare with.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    reference: bool = False


def swept(
    lines: Sequence[Swept],
    x_title: str,
    y_title: str,
    *,
    paper: Paper = "light",
) -> Any:
    """A plotly figure: the sweep across, on a logarithmic scale where it spans much.

    Args:
        lines: latent models in order, which gives them their colours.
        x_title: what is across.
        y_title: the metric, and which of its values are better.
        paper: what it is drawn on.

    Example:
        >>> line = Swept("a", (1.0, 2.0), (3.0, 2.5), (2.9, 2.4), (3.1, 2.6))
        >>> swept([line], "epochs", "distance").data[-1].name
        'a'
    """
    figure = blank(HEIGHT, paper)
    figure.update_layout(dragmode="zoom", legend={"font": {"size": 12}})
    models = [line for line in lines if not line.reference]
    colours = dict(zip((line.name for line in models), category_colours(len(models)), strict=True))
    for line in lines:
        colour = colours.get(line.name, QUIET)
        figure.add_scatter(
            x=[*line.x, *reversed(line.x)],
            y=[*line.high, *reversed(line.low)],
            fill="toself",
            mode="lines",
            fillcolor=colour,
            opacity=0.18,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=line.x,
            y=line.y,
            name=line.name,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": "dot" if line.reference else "solid"},
            marker={"size": 6},
        )
    places = sorted({x for line in lines for x in line.x})
    wide = bool(places) and places[0] > 0 and places[-1] > 20 * places[0]
    figure.update_xaxes(
        title=x_title,
        type="log" if wide else "linear",
        tickvals=places,
        ticktext=[f"{x:,.6g}" for x in places],
        minor={"showgrid": False},
    )
    figure.update_yaxes(title=y_title)
    return figure
