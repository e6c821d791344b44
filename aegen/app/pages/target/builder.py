"""A target put together from plain widgets: a chip for each condition, and a form to add more.

The target itself is its text, in one item; the chips are read from it, so what is typed, linked or
clicked together is the same thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import services
from aegen.app.pages.target import condition_forms
from aegen.app.state import link, visit
from aegen.app.widgets import bound
from aegen.app.widgets.markdown import plain, sentence
from aegen.app.widgets.target_text import alternatives, words, words_of
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.targeting import Target

__all__ = ["builder", "pick", "single_values"]


def single_values(name: str) -> list[str]:
    """The texts of the targets that ask for one value of one attribute."""
    from aegen.targeting import AttributeEquals

    known = services.targets.factors(name, True)
    return [str(AttributeEquals(each, value)) for each in known for value in known[each]]


def pick(
    label: str, name: str, item: link.Item[str], options: list[str], default: str, help: str
) -> None:
    """A target from a list of texts, or typed in."""
    if not item.get():
        item.set(default)
    current, key = item.get(), bound.bind(item)
    st.selectbox(
        label,
        options if current in options else [current, *options],
        key=key,
        format_func=lambda text: words_of(name, text),
        accept_new_options=True,
        on_change=_take_text,
        args=(item, key),
        width=260,
        help=help,
    )


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
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            "**I want**" if text else "**What should the pictures show?**", width="content"
        )
        if target is not None:
            _chips(item, target)
        with st.popover("Add a condition", icon=":material/add:"):
            condition_forms.form(name, item)
        _typed(item)
        if text:
            st.button("Clear", icon=":material/close:", on_click=item.reset, type="tertiary")
    if problem is not None:
        raise problem
    if target is None:
        _examples(name, item)
    return target


def _chips(item: link.Item[str], target: Target) -> None:
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
        with st.popover(plain(words(part)), type="secondary"):
            st.caption(sentence(words(part)))
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


def _typed(item: link.Item[str]) -> None:
    """The target as text, for those who would rather write it."""
    with st.popover("As text", icon=":material/edit:", type="tertiary"):
        key = bound.bind(item)
        st.text_area(
            "The target as text",
            key=key,
            on_change=_take_text,
            args=(item, key),
            height=100,
            placeholder="class=7 and not thick>0.8",
            help="Conditions joined by and, or, not and brackets: class=7, thick=0.2..0.8, "
            "probability class=7 = 0.4..0.6, near row 4711 within 2.5, density>=20%, z3=0.5. "
            "`aegen target` takes the same text.",
        )


def _take_text(item: link.Item[str], key: str) -> None:
    from aegen.targeting import parse

    text = str(st.session_state[key] or "").strip()
    try:
        item.set(str(parse(text)) if text else "")
    except AegenError as problem:
        visit.notify(str(problem))


def _examples(name: str, item: link.Item[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            "Add a condition, draw around points on the map, or begin with", width="content"
        )
        for text in _suggested(services.targets.factors(name, True)):
            st.button(
                plain(words(services.targets.target_of(name, text))),
                key=f"example:{text}",
                on_click=item.set,
                args=(text,),
            )


def _suggested(factors: dict[str, tuple[str, ...]]) -> list[str]:
    """Texts of a few targets that these attributes allow.

    Example:
        >>> _suggested({"class": ("0", "1", "2"), "thick": ("no", "yes")})
        ['class=2', 'class=2 and thick=yes', 'class=2 or class=1', 'density>=50%']
    """
    from aegen.targeting import And, AttributeEquals, Or

    last = [AttributeEquals(each, values[-1]) for each, values in factors.items() if values]
    targets: list[Target] = [*last[:1]]
    if len(last) > 1:
        targets.append(And.of(*last[:2]))
    for name, values in list(factors.items())[:1]:
        if len(values) > 1:
            targets.append(Or.of(last[0], AttributeEquals(name, values[-2])))
    return [*map(str, targets), "density>=50%"]
