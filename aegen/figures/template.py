"""The plotly template of all plotly figures: quiet axes, our palette, paper of the page."""

from __future__ import annotations

import functools
from typing import Any, Literal

from aegen.figures.palette import CATEGORIES, SCALE

__all__ = ["Paper", "below", "blank", "mark", "small", "template"]

FONT = "Inter, 'Segoe UI', system-ui, -apple-system, 'Helvetica Neue', Arial, sans-serif"
"""The letters of the app's theme."""

Paper = Literal["light", "dark"]
"""What a figure is drawn on."""


@functools.cache
def template(paper: Paper = "light") -> Any:
    """A ``plotly.graph_objects.layout.Template`` for light or dark paper, not to be changed.

    Example:
        >>> template("dark").layout.colorway[0]
        '#2a84a5'
    """
    from plotly import graph_objects as go

    ink, line = ("#1d2529", "#dcdfde") if paper == "light" else ("#e4e9eb", "#2c353a")
    axis = {
        "gridcolor": line,
        "linecolor": line,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"size": 13}},
    }
    scale = [[k / (len(SCALE) - 1), colour] for k, colour in enumerate(SCALE)]
    return go.layout.Template(
        layout={
            "colorway": list(CATEGORIES),
            "colorscale": {"sequential": scale},
            "font": {"color": ink, "size": 13, "family": FONT},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
            "hoverlabel": {"font": {"size": 13}},
        }
    )


def blank(height: int, paper: Paper = "light", **layout: Any) -> Any:
    """A plotly figure of ``height`` pixels on the template, still without traces.

    Example:
        >>> blank(340).layout.height
        340
    """
    from plotly import graph_objects as go

    margin = {"t": 16, "r": 16} | layout.pop("margin", {})
    given = {"template": template(paper), "height": height, "margin": margin, "dragmode": False}
    return go.Figure(layout=given | layout)  # at once: each update would take as long again


def below(title: str, more: str) -> str:
    """A title with a line of small letters below it.

    Example:
        >>> below("seconds", "to fit")
        'seconds<br><span style="font-size:11px">to fit</span>'
    """
    return f'{title}<br><span style="font-size:11px">{more}</span>'


def small(height: int, x_title: str, y_title: str = "", paper: Paper = "light") -> Any:
    """A `blank` figure for a narrow column: small letters, axes that do not move.

    Titles may be plain text only: what comes from data is escaped by the caller.
    """
    xaxis, yaxis = (
        {
            "title": {"text": title, "standoff": 6, "font": {"size": 11}},
            "ticklabelstandoff": 4,
            "fixedrange": True,
            "nticks": 6,
        }
        for title in (x_title, y_title)
    )
    return blank(
        height,
        paper,
        margin={"t": 20, "r": 24},
        font={"size": 11},
        showlegend=False,
        hoverlabel={"font": {"size": 12}},
        xaxis=xaxis | {"showgrid": False},
        yaxis=yaxis,
    )


def mark(figure: Any, x: float, text: str = "", anchor: str = "center") -> None:
    """A dashed upright line at ``x``, with ``text`` above the plot, its ``anchor`` on the line."""
    figure.add_vline(
        x=x,
        line={"width": 1.4, "dash": "4px,3px", "color": figure.layout.template.layout.font.color},
        annotation={"text": text, "xanchor": anchor},
        annotation_position="top",
    )
