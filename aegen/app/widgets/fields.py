"""The tunable fields of any latent model as widgets, so a new model's widgets appear unasked.

Each field has a box that takes every value the field takes. One that declares a logarithmic scale
has a slider below it; one that declares where a slider leads has it where a page puts `slides`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from aegen.app.components.live import Slider
from aegen.app.state.link import Item
from aegen.app.widgets import sliders
from aegen.app.widgets.bound import (
    bind,
    choose,
    say_mistyped,
    switch,
    take,
    take_typed,
    words,
)
from aegen.core.parameters import AUTO, Parameter

__all__ = ["FIELD", "fields", "followed", "items", "leads", "put", "slides"]


def fields(owner: str, parameters: Sequence[Parameter]) -> tuple[tuple[str, Any], ...]:
    """The tunable fields of ``owner`` as widgets; what differs from the defaults, by name."""
    chosen = []
    for parameter in parameters:
        if _scaled(parameter):
            with st.container(width=FIELD, gap="xsmall"):
                value = _field(owner, parameter)
                sliders.scale(parameter, _item(owner, parameter))
        else:
            value = _field(owner, parameter)
        if value != parameter.default:
            chosen.append((parameter.name, value))
    return tuple(chosen)


def items(owner: str, parameters: Sequence[Parameter]) -> list[Item[Any]]:
    """The fields as choices, for a page's link."""
    return [_item(owner, parameter) for parameter in parameters]


def put(
    owner: str, parameters: Sequence[Parameter], chosen: Sequence[tuple[str, Any]] = ()
) -> None:
    """Choose the fields' values; those that are not named get their defaults."""
    values = dict(chosen)
    for parameter in parameters:
        _item(owner, parameter).set(values.get(parameter.name, parameter.default))


def leads(parameters: Sequence[Parameter]) -> bool:
    """Whether `slides` has something to show."""
    return any(parameter.field.slide is not None for parameter in parameters)


def slides(
    owner: str,
    parameters: Sequence[Parameter],
    rows: int,
    learnt: Callable[[str], Any] = lambda name: None,
    *,
    plainly: bool = False,
) -> None:
    """A slider for each field of ``owner`` that leads from one kind of model to another.

    What takes long to choose is fixed at what the model chose, once a slider is moved.

    Args:
        owner: whose values are remembered apart from others'.
        parameters: all of its fields.
        rows: how many rows the model is fitted to.
        learnt: gives what the fitted model chose for a field that was left to it, or None.
        plainly: whether sliders are called by what they do to pictures.
    """
    for parameter in parameters:
        if parameter.field.slide is not None:
            settle = functools.partial(_settle, owner, parameters, parameter, learnt)
            sliders.lead(parameter, _item(owner, parameter), rows, learnt, settle, plainly)


def _settle(
    owner: str,
    parameters: Sequence[Parameter],
    moved: Parameter,
    learnt: Callable[[str], Any],
) -> None:
    """Fix the other fields that would be chosen anew at length, at what was chosen for them."""
    chosen = [
        (_item(owner, parameter), learnt(parameter.name))
        for parameter in parameters
        if parameter != moved and _item(owner, parameter).get() in parameter.field.slow
    ]
    for item, value in chosen:
        if value is not None:
            item.set(value)


def followed(
    owner: str, parameters: Sequence[Parameter], rows: int, learnt: Callable[[str], Any]
) -> tuple[Slider, ...]:
    """The sliders of all fields that have one, for pictures that follow them."""
    found = (
        sliders.followed(parameter, _item(owner, parameter), rows, learnt)
        for parameter in parameters
        if parameter.field.slide is not None or _scaled(parameter)
    )
    return tuple(slider for slider in found if slider is not None)


def _scaled(parameter: Parameter) -> bool:
    """Whether a slider on a logarithmic scale stands below a field's box."""
    field = parameter.field
    known = field.low is not None and field.low > 0 and field.high is not None
    return field.log and field.slide is None and known and parameter.kind in ("int", "float")


FIELD = 168
"""Width of a field's widget in pixels: five side by side, and two on a phone."""


def _item(owner: str, parameter: Parameter) -> Item[Any]:
    def parse(text: str) -> Any:
        return parameter.parse(text, words(owner))

    return Item(f"{owner}.{parameter.name}", parameter.default, parse, _text)


def _text(value: Any) -> str:
    if value is None:
        return AUTO
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _field(owner: str, parameter: Parameter) -> Any:
    """One field as the widget that suits its kind."""
    item = _item(owner, parameter)
    if parameter.kind == "bool":
        return switch(parameter.title, item, help=parameter.field.help)
    if parameter.kind == "choice":
        return choose(
            parameter.title,
            item,
            [*parameter.options, *([None] if parameter.optional else [])],
            format_func=lambda value: AUTO if value is None else str(value),
            help=parameter.field.help,
            width=FIELD,
        )
    if parameter.kind == "str":
        key = bind(item)
        with st.container(gap="xsmall"):
            st.text_input(
                parameter.title,
                key=key,
                help=parameter.field.help,
                on_change=take_typed,
                args=(item, key, item.parse),
                **key.default(value=item.get()),
            )
            say_mistyped(item)
        return item.get()
    return _number_or_word(item, parameter)


def _number_or_word(item: Item[Any], parameter: Parameter) -> Any:
    """A number; where words or "auto" are allowed too, a list that takes typed numbers."""
    if not parameter.options and not parameter.optional:
        return _plain_number(item, parameter)
    auto = [AUTO] if parameter.optional else []
    key = bind(item, _text)
    shown = _text(item.get())
    options = list(dict.fromkeys([*parameter.options, *auto, *_suggestions(parameter), shown]))
    with st.container(width=FIELD, gap="xsmall"):
        st.selectbox(
            parameter.title,
            options,
            key=key,
            help=f"{parameter.field.help} Choose, or type {parameter.allowed(typed=True)}.",
            accept_new_options=True,
            on_change=take_typed,
            args=(item, key, item.parse),
            **key.default(index=options.index(shown)),
        )
        say_mistyped(item)
    return item.get()


def _suggestions(parameter: Parameter) -> list[str]:
    """A few numbers in the field's range to choose from; any other can be typed."""
    field = parameter.field
    if field.low is None or field.high is None:
        low = field.low or (1 if parameter.kind == "int" else 0.01)
        steps = (1, 5, 20, 100, 500) if parameter.kind == "int" else (1, 5, 10, 20, 50, 100)
        numbers = [max(low, 0.01 if parameter.kind == "float" else 1) * step for step in steps]
    else:
        numbers = [field.low + (field.high - field.low) * share for share in (0.1, 0.3, 0.5, 0.8)]
    return [_text(int(v) if parameter.kind == "int" else float(f"{v:.2g}")) for v in numbers]


def _plain_number(item: Item[Any], parameter: Parameter) -> Any:
    field = parameter.field
    kind = int if parameter.kind == "int" else float
    low = None if field.low is None else kind(field.low)
    if low is not None and field.open_low:
        low = low + 1 if kind is int else math.nextafter(low, math.inf)
    key = bind(item)
    st.number_input(
        parameter.title,
        low,
        None if field.high is None else kind(field.high),
        key=key,
        step=kind(field.step) if field.step else (1 if kind is int else None),
        format=None if kind is int else "%g",
        help=field.help,
        width=FIELD,
        on_change=take,
        args=(item, key),
        **key.default(value=item.get()),
    )
    return item.get()
