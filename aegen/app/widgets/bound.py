"""Widgets that are bound to choices of `aegen.app.state`: what one shows is what is chosen.

`aegen.app.widgets.fields` makes such widgets from the declared fields of a latent model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

from aegen.app.state import link
from aegen.app.state.visit import memory
from aegen.app.widgets.markdown import sentence

__all__ = [
    "Key",
    "bind",
    "choose",
    "number",
    "say_mistyped",
    "switch",
    "take",
    "take_typed",
    "text",
    "words",
]

T = TypeVar("T")


def words(value: object) -> str:
    """A name as people read it: "empirical-beta-copula" is "Empirical beta copula"."""
    text = str(value).replace("-", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def choose(
    label: str,
    item: link.Item[T],
    options: Sequence[T],
    *,
    kind: Literal["list", "segments"] = "list",
    format_func: Callable[[Any], str] = words,
    help: str | None = None,
    **layout: Any,
) -> T:
    """One of ``options``; a value that is none of them is named to the person and replaced."""
    item.keep(options)
    key = bind(item)
    widget: Any = st.selectbox if kind == "list" else st.segmented_control
    if kind == "list":
        extra = key.default(index=list(options).index(item.get()))
    else:
        extra = {"required": True, "wrap": True, **key.default(default=item.get())}
    widget(
        label,
        options,
        key=key,
        format_func=format_func,
        help=help,
        on_change=take,
        args=(item, key),
        **extra,
        **layout,
    )
    return item.get()


def number(
    label: str,
    item: link.Item[int] | link.Item[int | None],
    low: int,
    high: int,
    *,
    usual: int | None = None,
    help: str | None = None,
    **layout: Any,
) -> int:
    """A whole number from ``low`` to ``high``; the ``usual`` one where None is chosen.

    Who comes back to the usual one has chosen None again.
    """

    def shown(value: Any) -> Any:
        return usual if value is None else value

    key = bind(item, shown)
    st.number_input(
        label,
        low,
        high,
        key=key,
        step=1,
        help=help,
        on_change=_take_number,
        args=(item, key, usual),
        **key.default(value=shown(item.get())),
        **layout,
    )
    number: int = shown(item.get())
    return number


def text(label: str, item: link.Item[str], *, placeholder: str = "", **layout: Any) -> str:
    """A line of text, without spaces at its ends."""
    key = bind(item)
    st.text_input(
        label,
        key=key,
        placeholder=placeholder,
        on_change=take,
        args=(item, key),
        **key.default(value=item.get()),
        **layout,
    )
    return item.get().strip()


def switch(label: str, item: link.Item[bool], *, help: str | None = None) -> bool:
    """Yes or no."""
    key = bind(item)
    shown = key.default(value=item.get())
    st.toggle(label, key=key, help=help, on_change=take, args=(item, key), **shown)
    return item.get()


class Key(str):
    """The key of a widget, which knows whether the widget was given a value in this run."""

    given = False

    def default(self, **value: Any) -> dict[str, Any]:
        """What the widget is to show where it was given nothing, as arguments of it.

        A browser that sees a widget for the first time, as in a panel that is opened, knows only
        what the last run said of it; a value that an earlier run gave is lost to it.
        """
        return {} if self.given else value


def bind(item: link.Item[Any], text: Callable[[Any], Any] = lambda value: value) -> Key:
    """The key of the item's widget, which shows the item's value from now on, as ``text`` has it.

    What was typed and is no value stays, until the item gets another one.
    """
    key = Key(f"widget:{item.key}")
    if key not in st.session_state:
        memory().mistyped.pop(item.key, None)
    if item.key in memory().mistyped:
        return key
    value = text(item.get())
    # After a step in its history the browser may still show what was chosen before it.
    if memory().stepped or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
        key.given = True
    return key


def take(item: link.Item[Any], key: str) -> None:
    """What the person did on the widget, as the item's value."""
    item.set(st.session_state[key])


def _take_number(item: link.Item[Any], key: str, usual: int | None) -> None:
    """The number that stands there, but for the usual one."""
    if st.session_state[key] == usual:
        item.reset()
    else:
        take(item, key)


def take_typed(item: link.Item[T], key: str, parse: Callable[[str], T]) -> None:
    """What was typed, as the item's value; what is none stays in the field, see `say_mistyped`."""
    try:
        item.set(parse(str(st.session_state[key]).strip()))
    except ValueError as problem:
        memory().mistyped[item.key] = str(problem)


def say_mistyped(item: link.Item[Any]) -> None:
    """What is wrong with what was typed, below its field."""
    problem = memory().mistyped.get(item.key)
    if problem is not None:
        st.error(f":small[{sentence(problem)}.]")
