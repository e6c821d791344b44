"""A group of pictures to choose: values by their pictures, of one attribute or of several."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.pages.target import typed
from aegen.app.state import link
from aegen.app.widgets import values
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.target_text import words_of
from aegen.core.errors import AegenError

__all__ = ["pick"]


def pick(label: str, name: str, item: link.Item[str], default: str, help: str) -> None:
    """A button that shows what is chosen, and below it values to choose from or to write."""
    if not item.get():
        item.set(default)
    text = item.get()
    with st.container(gap="xxsmall", width="content"):
        st.markdown(f":small[{label}]", help=help, width="content")
        with st.popover(f"{_icons(name, text)} {plain(words_of(name, text))}"):
            _choices(name, item)
            typed.field(name, item, "Or in words")


def _icons(name: str, text: str) -> str:
    """Pictures of the values that a text names, as far as it is a target here."""
    try:
        return values.icons(name, services.targets.target_of(name, text))
    except AegenError:
        return ""


def _choices(name: str, item: link.Item[str]) -> None:
    """An attribute, and its values; what is chosen of others stays."""
    factors = services.targets.factors(name, True)
    chosen = _chosen(name, item)
    attribute = next(iter(factors))
    if len(factors) > 1:
        key = f"pick:{item.key}:{name}"
        if st.session_state.get(key) not in factors:
            st.session_state[key] = next((one for one in chosen if one in factors), attribute)
        picked = st.pills(
            "Attribute",
            list(factors),
            key=key,
            required=True,
            format_func=lambda one: plain(values.attribute_label(name, one)),
            label_visibility="collapsed",
            wrap=True,
        )
        attribute = picked or attribute
    key = f"pick:{item.key}:{name}:{attribute}"
    st.session_state[key] = chosen.get(attribute)
    values.pills(
        values.attribute_label(name, attribute),
        name,
        attribute,
        factors[attribute],
        key=key,
        on_change=_take,
        args=(name, item, attribute, key),
    )


def _chosen(name: str, item: link.Item[str]) -> dict[str, str]:
    """The values that are asked for, by attribute; none where something else is."""
    from aegen.targeting import AttributeEquals

    try:
        parts = services.targets.target_of(name, item.get()).conjuncts
    except AegenError:
        return {}
    if not all(isinstance(part, AttributeEquals) for part in parts):
        return {}
    return {part.attribute: part.value for part in parts if isinstance(part, AttributeEquals)}


def _take(name: str, item: link.Item[str], attribute: str, key: str) -> None:
    """The value that was chosen beside those of others; one value stays in any case."""
    from aegen.targeting import And, AttributeEquals

    value, chosen = st.session_state[key], _chosen(name, item)
    if value is not None:
        chosen[attribute] = value
    elif len(chosen) > 1:
        chosen.pop(attribute, None)
    if chosen:
        item.set(str(And.of(*(AttributeEquals(*one) for one in chosen.items()))))
    typed.forget(item)
