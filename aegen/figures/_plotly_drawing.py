"""A plotly figure as matplotlib draws it: scatters, bars, lines and notes, both kinds of axes."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_plotly", "plain"]

DASHES: dict[str, Any] = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}

SYMBOLS = {
    "circle": "o",
    "circle-open": "o",
    "diamond": "D",
    "triangle-up": "^",
    "triangle-down": "v",
    "triangle-left": "<",
    "triangle-right": ">",
}

SIDES = {"left": "right", "right": "left", "center": "center", "middle": "center"}
UPRIGHT = {"top": "bottom", "bottom": "top", "middle": "center"}
"""Where a text that lies on that side of its point is held."""

INK, RULE = "#1d2529", "#dcdfde"


def draw_plotly(figure: Any, width: float, height: float, font: float) -> Figure:
    """The figure on ``width`` x ``height`` inches, with letters of ``font`` points.

    Raises:
        InvalidInput: a trace of another kind than scatter and bar.
    """
    from matplotlib.figure import Figure

    told = figure.to_dict()
    layout = told.get("layout", {})
    own = layout.get("font", {}).get("size") or layout["template"]["layout"]["font"]["size"]
    drawn = Figure(figsize=(width, height), layout="constrained")
    axes = drawn.add_subplot()
    unit = font / own
    _frame(axes, layout, unit)
    for trace in figure.data:
        _trace(axes, trace, unit)
    _axis(axes, "x", figure.layout.xaxis, unit)
    _axis(axes, "y", figure.layout.yaxis, unit)
    for shape in figure.layout.shapes:
        _line(axes, shape, unit)
    for note in figure.layout.annotations:
        _note(axes, note, unit)
    _legend(axes, figure, unit)
    return drawn


def _frame(axes: Axes, layout: dict[str, Any], unit: float) -> None:
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK, labelsize=_font(11, unit))
    axes.set_axisbelow(True)
    title = layout.get("title", {}).get("text")
    if title:
        size = layout["title"].get("font", {}).get("size", 13)
        weight = "bold" if "<b>" in title else "normal"
        axes.set_title(
            plain(title), loc="left", fontsize=_font(size, unit), fontweight=weight,
            color=INK, parse_math=False,
        )  # fmt: skip


def _axis(axes: Axes, which: str, told: Any, unit: float) -> None:
    """Scale, ends, ticks and name of an axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, MultipleLocator

    log = told.type == "log"
    axis = axes.xaxis if which == "x" else axes.yaxis
    getattr(axes, f"set_{which}scale")("log" if log else "linear")
    if told.range is not None:
        ends = [10**end if log else end for end in told.range]
        getattr(axes, f"set_{which}lim")(*ends)
    if told.title.text:
        getattr(axes, f"set_{which}label")(
            plain(told.title.text), fontsize=_font(told.title.font.size or 12, unit),
            color=INK, parse_math=False,
        )  # fmt: skip
    if told.tickvals is not None:
        axis.set_ticks(list(told.tickvals), [str(text) for text in told.ticktext])
    else:
        if log:
            subs = (1.0, 2.0, 5.0) if told.dtick in (None, "D2") else (1.0,)
            axis.set_major_locator(LogLocator(subs=subs, numticks=told.nticks or 6))
        elif isinstance(told.dtick, int | float):
            axis.set_major_locator(MultipleLocator(told.dtick))
        else:
            axis.set_major_locator(MaxNLocator(min((told.nticks or 6), 6)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: _number(value)))
    axis.set_minor_locator(MultipleLocator(1e300))
    if told.showgrid is not False:
        axes.grid(axis=which, color=RULE, linewidth=0.6)  # type: ignore[arg-type]


def _trace(axes: Axes, trace: Any, unit: float) -> None:
    if trace.type == "bar" and trace.orientation in (None, "v"):
        _bars(axes, trace)
    elif trace.type == "scatter":
        _scatter(axes, trace, unit)
    else:
        raise InvalidInput(f"a figure with a {trace.type} trace cannot be written as a file yet")


def _bars(axes: Axes, trace: Any) -> None:
    colour, width = trace.marker.color, trace.width
    wide = 0.8 if width is None else np.asarray(width, dtype=float)
    colours = list(colour) if isinstance(colour, list | tuple | np.ndarray) else colour
    axes.bar(
        np.asarray(trace.x, dtype=float), np.asarray(trace.y, dtype=float), wide,
        color=colours, linewidth=0,
    )  # fmt: skip


def _scatter(axes: Axes, trace: Any, unit: float) -> None:
    x, y = np.asarray(trace.x, dtype=float), np.asarray(trace.y, dtype=float)
    mode = trace.mode or "lines"
    opacity = 1.0 if trace.opacity is None else trace.opacity
    if trace.fill == "toself":
        axes.fill(x, y, color=trace.fillcolor, alpha=opacity, linewidth=0)
        return
    clip = trace.cliponaxis is not False
    if "lines" in mode:
        axes.plot(
            x, y, color=trace.line.color, linewidth=_points(trace.line.width or 2, unit),
            linestyle=DASHES.get(trace.line.dash or "solid", "--"), alpha=opacity, clip_on=clip,
        )  # fmt: skip
    if "markers" in mode:
        _errors(axes, x, y, trace, unit)
        symbol = trace.marker.symbol or "circle"
        colour = trace.marker.color
        axes.scatter(
            x, y, s=_points(trace.marker.size or 6, unit) ** 2, marker=SYMBOLS.get(symbol, "o"),
            facecolors="none" if symbol.endswith("open") else colour, edgecolors=colour,
            linewidths=_points(1.5, unit) if symbol.endswith("open") else 0,
            clip_on=clip, zorder=3,
        )  # fmt: skip
    if "text" in mode:
        _texts(axes, x, y, trace, unit)


def _errors(axes: Axes, x: Any, y: Any, trace: Any, unit: float) -> None:
    for name, told in (("xerr", trace.error_x), ("yerr", trace.error_y)):
        if told.array is not None and told.visible is not False:
            high = np.asarray(told.array, dtype=float)
            low = high if told.arrayminus is None else np.asarray(told.arrayminus, dtype=float)
            ends: dict[str, Any] = {name: np.abs([low, high])}
            axes.errorbar(
                x, y, fmt="none", ecolor=told.color, elinewidth=_points(1.5, unit),
                capsize=_points(3, unit), capthick=_points(1.5, unit), **ends,
            )  # fmt: skip


def _texts(axes: Axes, x: Any, y: Any, trace: Any, unit: float) -> None:
    """Texts beside their points."""
    upright, _, side = (trace.textposition or "middle center").partition(" ")
    away = _points((trace.marker.size or 6) / 2 + 3, unit)
    dx = {"left": -away, "right": away}.get(side, 0.0)
    dy = {"top": away, "bottom": -away}.get(upright, 0.0)
    for at_x, at_y, text in zip(x, y, trace.text, strict=False):
        axes.annotate(
            plain(text), (at_x, at_y), (dx, dy), textcoords="offset points",
            ha=SIDES[side], va=UPRIGHT[upright], fontsize=_font(trace.textfont.size or 11, unit),
            fontweight="bold" if "<b>" in text else "normal",
            color=trace.textfont.color or INK, annotation_clip=False, parse_math=False,
        )  # fmt: skip


def _line(axes: Axes, shape: Any, unit: float) -> None:
    """A straight line, its ends in the units of an axis or as shares of the plot."""
    if shape.type != "line":
        raise InvalidInput(f"a figure with a {shape.type} shape cannot be written as a file yet")
    transform = _places(axes, shape.xref or "x", shape.yref or "y")
    axes.plot(
        [shape.x0, shape.x1], [shape.y0, shape.y1], transform=transform,
        color=shape.line.color or INK, linewidth=_points(shape.line.width or 1.5, unit),
        linestyle=DASHES.get(shape.line.dash or "solid", "--"), zorder=2,
    )  # fmt: skip


def _note(axes: Axes, note: Any, unit: float) -> None:
    if not note.text:
        return
    values = [note.x, note.y]
    for k, (axis, ref) in enumerate(((axes.xaxis, note.xref), (axes.yaxis, note.yref))):
        if (ref or "") in ("x", "y") and axis.get_scale() == "log":
            values[k] = 10 ** values[k]  # plotly's notes are in powers there, its shapes are not
    anchors = {"auto": "center", None: "center"}
    axes.annotate(
        plain(note.text), tuple(values),
        xycoords=_places(axes, note.xref or "x", note.yref or "y"),
        ha=anchors.get(note.xanchor, note.xanchor),
        va=UPRIGHT.get({"top": "bottom", "bottom": "top"}.get(note.yanchor, "middle"), "center"),
        fontsize=_font(note.font.size or 11, unit), color=note.font.color or INK,
        annotation_clip=False, parse_math=False,
    )  # fmt: skip


def _places(axes: Axes, x: str, y: str) -> Any:
    """What leads from such places to the paper."""
    from matplotlib.transforms import blended_transform_factory

    data, share = axes.transData, axes.transAxes
    across = data if x in ("x", None) else share
    upright = data if y in ("y", None) else share
    return blended_transform_factory(across, upright)


def _legend(axes: Axes, figure: Any, unit: float) -> None:
    """Names of lines, where several have one."""
    named = [
        t for t in figure.data if t.name and t.showlegend is not False and t.type == "scatter"
    ]
    if figure.layout.showlegend is False or len(named) < 2:
        return
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=t.line.color or t.marker.color,
            linestyle=DASHES.get(t.line.dash or "solid", "--"), label=t.name,
        )
        for t in named
    ]  # fmt: skip
    axes.legend(
        handles=handles, frameon=False, fontsize=_font(11, unit), loc="upper left",
        bbox_to_anchor=(1, 1),
    )  # fmt: skip


def _points(pixels: float, unit: float) -> float:
    """A length of the screen on paper: it keeps its proportion to the letters."""
    return pixels * unit


def _font(pixels: float, unit: float) -> float:
    return pixels * unit


def plain(text: str) -> str:
    r"""A text of plotly without its marks.

    Example:
        >>> plain("<b>Flips</b><br><sup>a &amp; b</sup>")
        'Flips\na & b'
    """
    return html.unescape(re.sub(r"<[^>]*>", "", text.replace("<br>", "\n")))


def _number(value: float) -> str:
    """A number at a tick.

    Example:
        >>> _number(0.25), _number(-3.0), _number(20_000.0), _number(2.5e6)
        ('0.25', '\u22123', '20k', '2.5M')
    """
    size = abs(value)
    if size >= 1e6:
        text = f"{value / 1e6:.4g}M"
    elif size >= 1e4:
        text = f"{value / 1e3:.4g}k"
    elif size and (size < 1e-4 or not math.isfinite(size)):
        text = f"{value:.1e}"
    else:
        text = f"{value:,.4g}" if size < 1000 else f"{value:,.0f}"
    return text.replace("-", "\u2212")
