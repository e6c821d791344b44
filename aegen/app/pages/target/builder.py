"""A target put together from plain widgets: a chip for each condition, and a form to add more.

The target itself is its text, in one item; the chips are read from it, so what is typed, linked or
clicked together is the same thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import services
from aegen.app.pages.target import condition_forms, typed
from aegen.app.state import link
from aegen.app.widgets import values
from aegen.app.widgets.markdown import plain, sentence
from aegen.app.widgets.target_text import alternatives, words
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.targeting import Target

__all__ = ["builder"]


def builder(name: str, item: link.Item[str]) -> Target | None:
    """The chips and the widgets to add to them; the target so far, or None where there is none.

    Raises:
        AegenError: the target asks for what the bundle does not have; the way out is on the page.
    """
    text = item.get()
    target, problem = None, None
    if text:
        try:
            target = services.targets.target_of(name, text)
        except AegenError as found:
            problem = found
    values.style()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            "**I want**" if text else "**What should the pictures show?**", width="content"
        )
        if target is not None:
            _chips(name, item, target)
        # What is open is kept by key: with that of another target the panel of this one is shut.
        with st.popover("Add a condition", icon=":material/add:", key=f"add:{item.key}:{text}"):
            condition_forms.form(name, item)
        with st.popover(
            "As text", icon=":material/edit:", type="tertiary", key=f"text:{item.key}"
        ):
            typed.field(name, item, "The target as text")
        if text:
            st.button("Clear", icon=":material/close:", on_click=item.reset, type="tertiary")
    if problem is not None:
        raise problem
    if target is None:
        _examples(name, item)
    return target


def _chips(name: str, item: link.Item[str], target: Target) -> None:
    from aegen.targeting import And, Not, Or

    either = isinstance(target, Or) and len(alternatives(target)) > 1
    parts = tuple(alternatives(target)) if either else services.targets.asked_parts(target)
    whole, other = (Or, And) if either else (And, Or)
    for k, part in enumerate(parts):
        if k:
            st.button(
                "or" if either else "and",
                key=f"join:{item.key}:{k}",
                type="tertiary",
                on_click=item.set,
                args=(str(other.of(*parts)),),
                help="All of them at once." if either else "Any of them is enough.",
            )
        said = words(part, name)
        label = f"{values.icons(name, part)} {plain(said)}"
        with st.popover(label, key=f"part:{item.key}:{target}:{k}"):
            st.caption(sentence(said))
            before, after = parts[:k], parts[k + 1 :]
            st.button(
                "Ask for it instead" if isinstance(part, Not) else "Exclude it instead",
                key=f"not:{item.key}:{k}",
                icon=":material/swap_horiz:",
                on_click=item.set,
                args=(str(whole.of(*before, ~part, *after)),),
            )
            st.button(
                "Leave it out",
                key=f"out:{item.key}:{k}",
                icon=":material/delete:",
                on_click=item.set,
                args=(str(whole.of(*before, *after)) if len(parts) > 1 else "",),
            )


def _examples(name: str, item: link.Item[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            "Add a condition, draw around points on the map, or begin with", width="content"
        )
        for wanted in _suggested(name):
            st.button(
                f"{values.icons(name, wanted)} {plain(words(wanted, name))}",
                key=f"example:{wanted}",
                on_click=item.set,
                args=(str(wanted),),
            )


SUGGESTED = 4
"""Targets to begin with."""


def _suggested(name: str) -> list[Target]:
    """A few targets that the attributes of a bundle allow: one value, two, a number, a place."""
    from aegen.targeting import And, AttributeEquals, Between, DensityLevel, Or

    factors = {one: found for one, found in services.targets.factors(name, True).items() if found}
    last = [AttributeEquals(one, found[-1]) for one, found in factors.items()]
    targets: list[Target] = [*last[:1]]
    numbers = services.targets.numbers(name)
    if numbers:
        number, column = numbers[0], services.bundles.column(name, numbers[0])
        steep = Between(number, float(f"{column.quantile(FAR):.2g}"), strict=True)
        targets.append(And.of(*last[:1], steep))
    if len(last) > 1:
        targets.append(And.of(*last[:2]))
    for attribute, found in list(factors.items())[:1]:
        if len(found) > 1:
            targets.append(Or.of(last[0], AttributeEquals(attribute, found[-2])))
    return [*targets, DensityLevel(0.5)][: SUGGESTED + 1]


FAR = 0.85
"""Share of the rows that a suggested number lies above."""
