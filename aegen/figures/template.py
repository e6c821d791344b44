"""The plotly template of all plotly figures: quiet axes, our palette, paper of the page."""

from __future__ import annotations

from typing import Any, Literal

from aegen.figures.palette import CATEGORIES, SCALE

__all__ = ["template"]


def template(paper: Literal["light", "dark"] = "light") -> Any:
    """A ``plotly.graph_objects.layout.Template`` for light or dark paper.

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
    }
    scale = [[k / (len(SCALE) - 1), colour] for k, colour in enumerate(SCALE)]
    return go.layout.Template(
        layout={
            "colorway": list(CATEGORIES),
            "colorscale": {"sequential": scale},
            "font": {"color": ink, "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
            "hoverlabel": {"font": {"size": 13}},
        }
    )
