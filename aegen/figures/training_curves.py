"""Training curves: what was measured at each epoch, one line a series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from aegen.figures.palette import ACCENT, CATEGORIES
from aegen.figures.template import Paper, mark, small

__all__ = ["curve"]

HEIGHT = 140


def curve(
    epochs: Sequence[float],
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    unit: str = "",
    colours: Sequence[str] = (CATEGORIES[0], ACCENT),
    log: bool = False,
    now: float | None = None,
    last: float | None = None,
    paper: Paper = "light",
) -> Any:
    """A plotly figure of one or two series over epochs, each with its last value at its end.

    Values that are not finite are left out; where none remains the figure has no traces.
    ``layout.meta`` says in a sentence what is seen.

    Args:
        epochs: where they were measured.
        series: values by name, one an epoch, on one scale; a single one is told by the title.
        title: what they are.
        unit: after each number: " %".
        colours: of the lines.
        log: whether the scale is logarithmic; values of 0 and less are then left out.
        now: an epoch to mark.
        last: the epoch that the scale ends at, where training still goes on.
        paper: what it is drawn on.

    Example:
        >>> curve([1, 2], {"Accuracy": [90.0, 97.0]}, title="Accuracy").data[0].y
        (90.0, 97.0)
    """
    figure = small(HEIGHT, "epoch", paper=paper)
    finite = {name: _finite(epochs, values, log) for name, values in series.items()}
    drawn = {name: points for name, points in finite.items() if points}
    if not drawn:
        return figure
    numbers = [value for points in drawn.values() for _, value in points]
    whole = all(value.is_integer() for value in numbers)
    highest = max(points[-1][1] for points in drawn.values())
    said = []
    for (name, points), colour in zip(drawn.items(), colours, strict=False):
        x, y = zip(*points, strict=True)
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"{escape(name)}, epoch %{{x}}: "
            f"%{{y:{',d' if whole else ',.4~r'}}}{unit}<extra></extra>",
        )
        label = f"{escape(name)} " if len(drawn) > 1 else ""
        side = "middle" if not label else "top" if y[-1] == highest else "bottom"
        figure.add_scatter(
            x=x[-1:],
            y=y[-1:],
            mode="markers+text",
            marker={"color": colour, "size": 6},
            text=[f"<b>{label}{_short(y[-1])}{unit}</b>"],
            textposition=f"{side} right",
            cliponaxis=False,
            hoverinfo="skip",
        )
        said.append(f"{label}{y[-1]:,.0f}{unit}" if whole else f"{label}{y[-1]:,.4g}{unit}")
    begin, end = min(epochs), max(last or 0, *epochs, min(epochs) + 1)
    if now is not None and begin <= now <= end:
        mark(figure, now)
    figure.update_xaxes(range=[begin, end], dtick=1 if end - begin < 6 else None)
    figure.update_yaxes(
        type="log" if log else "linear",
        nticks=3 if log else 5,
        dtick=_log_step(min(numbers), max(numbers)) if log else None,
        tickformat="~s" if max(numbers) >= 1e4 else ",~r",
    )
    return figure.update_layout(
        title={
            "text": f"<b>{escape(title)}</b>{unit and f',{unit}'}",
            "font": {"size": 13},
            "x": 0,
        },
        margin={"t": 26, "r": 60 if len(drawn) == 1 else 120},
        hovermode="x",
        meta=f"{title} over {len(epochs)} epochs, last {', '.join(said)}",
    )


def _finite(
    epochs: Sequence[float], values: Sequence[float], log: bool
) -> list[tuple[float, float]]:
    """Epochs with their values, without those that cannot be drawn."""
    return [
        (epoch, float(value))
        for epoch, value in zip(epochs, values, strict=False)
        if math.isfinite(value) and (value > 0 or not log)
    ]


def _log_step(low: float, high: float) -> str | int | None:
    """Ticks at 1, 2, 5 and so on over a few decades, at powers of 10 over more of them."""
    decades = math.log10(high / low)
    return None if decades < 0.6 else "D2" if decades < 2 else 1 + int(decades) // 5


def _short(value: float) -> str:
    """A number that fits beside a plot.

    Example:
        >>> _short(97.8612), _short(1062), _short(11_420), _short(200_000), _short(2_500_000)
        ('97.86', '1,062', '11.42k', '200k', '2.5M')
    """
    if abs(value) >= 1e6:
        return f"{value / 1e6:.4g}M"
    if abs(value) >= 1e4:
        return f"{value / 1e3:.4g}k"
    return f"{value:,.4g}"
