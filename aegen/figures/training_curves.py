"""How masks were trained: accuracy, what remains, and how many weights changed, by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aegen.figures._plot import Plot, ticks
from aegen.figures.palette import ACCENT, CATEGORIES, QUIET

__all__ = ["curve"]


def curve(
    epochs: Sequence[float],
    values: Sequence[float],
    *,
    title: str,
    unit: str = "",
    colour: str = CATEGORIES[0],
    log: bool = False,
    zero: bool = False,
    now: float | None = None,
    last: float | None = None,
    second: tuple[str, Sequence[float]] | None = None,
) -> str:
    """A line over epochs as an SVG picture; values that are not finite are left out.

    Args:
        epochs: where they were measured.
        values: one an epoch.
        title: what they are.
        unit: after each number: " %".
        colour: of the line.
        log: whether the scale is logarithmic; values of 0 and less are then left out.
        zero: whether the scale begins at 0.
        now: an epoch to mark.
        last: the epoch that the scale ends at, where training still goes on.
        second: another line on the same scale, dashed and quiet: its name and values.

    Example:
        >>> curve([1, 2], [90.0, 97.0], title="Accuracy").count("<polyline")
        1
    """
    lines = [(title, values, colour, "")]
    if second is not None:
        lines.append((second[0], second[1], QUIET, "5 3"))
    drawn = []
    for name, series, ink, dash in lines:
        points = [
            (e, float(v))
            for e, v in zip(epochs, series, strict=False)
            if v is not None and math.isfinite(v) and (v > 0 or not log)
        ]
        if points:
            drawn.append((name, points, ink, dash))
    if not drawn:
        return ""
    everything = [v for _, points, _, _ in drawn for _, v in points]
    low, high = min(everything), max(everything)
    if log:
        scale = (low / 1.25, high * 1.25)
        marks = _log_ticks(*scale)
    else:
        low = 0.0 if zero else low
        margin = 0.06 * ((high - low) or abs(high) or 1)
        scale = (low if zero else low - margin, high + margin)
        marks = ticks(*scale, about=4)
    end = max(last or 0, max(epochs))
    begin = min(epochs)
    plot = Plot(x=(begin, max(end, begin + 1)), y=scale, height=140, right=60, log=log)
    whole = [v for v in ticks(*plot.x) if v == int(v)]
    parts = [
        plot.axes(
            x_ticks=[(v, f"{v:g}") for v in whole],
            y_ticks=[(v, f"{_short(v)}{unit}") for v in marks],
        )
    ]
    if now is not None and begin <= now <= end:
        parts.append(plot.mark(now))
    for name, points, ink, dash in drawn:
        parts.append(plot.line(points, ink, dash=dash))
        for e, v in points:
            parts.append(
                f'<circle cx="{plot.across(e):.1f}" cy="{plot.upright(v):.1f}" r="5" '
                f'fill="transparent"><title>{name}, epoch {e:g}: {_whole(v)}{unit}</title>'
                "</circle>"
            )
    e, v = drawn[0][1][-1]
    parts.append(
        f'<circle cx="{plot.across(e):.1f}" cy="{plot.upright(v):.1f}" r="3" fill="{ACCENT}"/>'
        f'<text x="{plot.across(e) + 6:.1f}" y="{plot.upright(v) + 4:.1f}" '
        f'font-weight="600">{_short(v)}{unit}</text>'
    )
    said = f"{title} over {len(drawn[0][1])} epochs, last {_whole(v)}{unit}"
    return f'<div><b style="font-weight:600">{title}</b>{plot.svg(said, *parts)}</div>'


def _log_ticks(low: float, high: float) -> list[float]:
    """Round numbers on a logarithmic scale, not more than there is room for."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**k for k in powers for m in steps if low <= m * 10.0**k <= high]
        if len(found) <= 5:
            return found
    return found[:: -(-len(found) // 5)]


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


def _whole(value: float) -> str:
    """A number with all its digits before the point."""
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"
