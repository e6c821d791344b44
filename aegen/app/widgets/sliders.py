"""Sliders for fields of a latent model that lead from one kind of model to another.

A field that declares where its slider begins and ends (`aegen.core.parameters.Field.slide`) gets
one, whichever model it belongs to; one on a logarithmic scale with both bounds gets one too. A
slider stops at round numbers; the exact number stays in the field's own box, and either moves the
other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from aegen.app.components.live import Slider
from aegen.app.state import link
from aegen.app.widgets.bound import take
from aegen.app.widgets.markdown import plain
from aegen.core.parameters import Parameter

__all__ = ["followed", "lead", "scale", "still", "stops"]

STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""Round numbers of a decade."""

PLAINLY, ENDS = "How new", ("closer to the data", "more new")
"""What a slider is called by what it does to pictures, and its ends."""

EVEN = 20
"""Steps of a slider that is not logarithmic."""


def stops(low: float, high: float, *, whole: bool, log: bool = True) -> list[float]:
    """Round numbers from ``low`` to ``high``, both among them.

    Example:
        >>> stops(1, 25, whole=True)
        [1, 2, 3, 5, 7, 10, 15, 20, 25]
    """
    if log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [float(f"{step * 10.0**k:.2g}") for k in decades for step in STEPS]
        inner = [value for value in found if low < value < high]
    else:
        inner = [float(f"{low + (high - low) * k / EVEN:.6g}") for k in range(1, EVEN)]
    kind = round if whole else float
    between = {kind(value) for value in inner if not whole or value == round(value) or not log}
    return sorted({kind(low), kind(high), *between})


def lead(
    parameter: Parameter,
    item: link.Item[Any],
    rows: int,
    learnt: Callable[[str], Any],
    settle: Callable[[], None] = lambda: None,
    plainly: bool = False,
) -> None:
    """The slider of a field that declares where it leads, with words at both ends.

    The word "n" stands for ``rows``, to which the model is fitted; where the field is left to the
    model, ``learnt`` gives what it chose. ``settle`` is called before what is moved is taken. Said
    ``plainly``, the slider is called by what it does to pictures, whatever the field.
    """
    assert parameter.field.slide is not None
    (_, begin), (_, end) = parameter.field.slide
    title = PLAINLY if plainly else parameter.title
    with st.container(gap=None):
        _slider(parameter, item, rows, learnt, title=title, settle=settle)
        _words(*(ENDS if plainly else (begin, end)))


def still(words: str) -> None:
    """A slider that cannot be moved, in the place of one that is not there, and why."""
    with st.container(gap=None):
        st.select_slider(PLAINLY, ["–", " "], disabled=True, key="slide:still", help=words)
        _words(*ENDS)


def _words(begin: str, end: str) -> None:
    st.html(
        '<div style="display:flex;justify-content:space-between;gap:1rem;font-size:.82rem;'
        f'opacity:.75"><span>← {begin}</span><span>{end} →</span></div>'
    )


def scale(parameter: Parameter, item: link.Item[Any]) -> None:
    """A slider on a logarithmic scale for a field whose bounds are both known.

    There is none while the field is left to the model: nobody knows where it would stand.
    """
    if isinstance(item.get(), str) or item.get() is None:
        return
    _slider(parameter, item, 0, lambda name: None, label="collapsed")


def followed(
    parameter: Parameter, item: link.Item[Any], rows: int, learnt: Callable[[str], Any]
) -> Slider | None:
    """The slider of a field, as what follows it while it is moved must know it, if it has one."""
    if parameter.field.slide is None and (isinstance(item.get(), str) or item.get() is None):
        return None
    values = _shown(parameter, item, rows, learnt)[0]
    return Slider(_key(item), ("fields", parameter.name), values)


def _key(item: link.Item[Any]) -> str:
    return f"slide:{item.key}"


def _values(parameter: Parameter, rows: int) -> list[Any]:
    """The stops of a field's slider, from one end to the other."""
    whole, field = parameter.kind == "int", parameter.field
    if field.slide is None:
        assert field.low is not None
        assert field.high is not None
        return list(stops(field.low, field.high, whole=whole))
    (first, _), (last, _) = field.slide
    ends = [rows if value == "n" else float(value) for value in (first, last)]
    values: list[Any] = list(stops(min(ends), max(ends), whole=whole, log=field.log))
    if ends[0] > ends[1]:
        values.reverse()
    values[0], values[-1] = (
        word if isinstance(word, str) else value
        for word, value in ((first, values[0]), (last, values[-1]))
    )
    return values


def _shown(
    parameter: Parameter, item: link.Item[Any], rows: int, learnt: Callable[[str], Any]
) -> tuple[list[Any], Any]:
    """The stops with the field's own value among them, wherever that lies, and that value."""
    values, value = _values(parameter, rows), item.get()
    if value not in values:
        if isinstance(value, str) or value is None:
            value = learnt(parameter.name)
        value = values[0] if value is None else value
    return _with(values, value, rows), value


def _slider(
    parameter: Parameter,
    item: link.Item[Any],
    rows: int,
    learnt: Callable[[str], Any],
    label: Literal["visible", "collapsed"] = "visible",
    title: str = "",
    settle: Callable[[], None] = lambda: None,
) -> None:
    """The slider itself."""
    shown, value = _shown(parameter, item, rows, learnt)
    key = _key(item)
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value

    def moved() -> None:
        settle()
        take(item, key)

    st.select_slider(
        plain(title or parameter.title),
        shown,
        key=key,
        format_func=lambda value: f"n = {rows:,}" if value == "n" else _said(value),
        help=f"{parameter.field.help} It stops at round numbers; its own box takes any.",
        on_change=moved,
        label_visibility=label,
    )


def _said(value: float) -> str:
    """A stop in a few signs; one that a model chose has more digits than anybody reads."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _with(values: list[Any], value: Any, rows: int) -> list[Any]:
    """``values`` with ``value`` put in where it belongs."""
    if value in values:
        return values
    falling = len(values) > 1 and _size(values[0], rows) > _size(values[-1], rows)
    return sorted([*values, value], key=lambda other: _size(other, rows), reverse=falling)


def _size(value: Any, rows: int) -> float:
    return rows if isinstance(value, str) else float(value)
