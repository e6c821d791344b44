"""The numbers behind a plotly figure, as a table."""

from __future__ import annotations

from typing import Any

from aegen.core.text_table import Cell, TextTable
from aegen.figures._plotly_drawing import plain

__all__ = ["figure_data"]


def figure_data(figure: Any) -> TextTable:
    """One line a point or bar: its series, where it is, and its interval where it has one.

    Series of two ends only that repeat a point of another, such as the mark at a line's end, are
    there as well; areas are not.

    Example:
        >>> from aegen.figures.fan_in_histogram import degrees
        >>> figure_data(degrees([1, 1])).rows[-1]
        ('units', 1.0, 2.0, None, None, None, None)
    """
    across = figure.layout.xaxis.title.text or "x"
    rows: list[tuple[Cell, ...]] = []
    for number, trace in enumerate(figure.data):
        if trace.type == "scatter" and trace.fill == "toself":
            continue
        name = trace.name or figure.layout.yaxis.title.text or figure.layout.title.text
        name = _plain(name or f"series {number + 1}")
        x_low, x_high = _ends(trace, "x")
        y_low, y_high = _ends(trace, "y")
        for k, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
            ends = (each[k] if each else None for each in (x_low, x_high, y_low, y_high))
            rows.append((name, float(x), float(y), *ends))
    x_name = _plain(across)
    head = (
        "series",
        x_name,
        "value",
        f"{x_name} low",
        f"{x_name} high",
        "value low",
        "value high",
    )
    return TextTable(head, tuple(dict.fromkeys(rows)))


def _ends(trace: Any, which: str) -> tuple[list[float], list[float]]:
    """Lower and upper ends of the intervals of a trace, empty where it has none."""
    error = trace[f"error_{which}"]
    if error.array is None or error.visible is False:
        return [], []
    high = list(error.array)
    low = high if error.arrayminus is None else list(error.arrayminus)
    at = [float(value) for value in trace[which]]
    return (
        [a - b for a, b in zip(at, low, strict=True)],
        [a + b for a, b in zip(at, high, strict=True)],
    )


def _plain(text: str) -> str:
    """A text of plotly in one line."""
    return plain(text).replace("\n", ", ")
