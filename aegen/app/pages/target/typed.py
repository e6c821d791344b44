"""A target typed in words; what is wrong with it stands below, with the values that there are."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.state import link, visit
from aegen.app.widgets import target_text, values
from aegen.app.widgets.markdown import sentence
from aegen.core.errors import AegenError

__all__ = ["field", "forget"]

HELP = (
    "Conditions joined by and, or, not and brackets: hair is blue, class=7, slant>0.3, "
    "thick=0.2..0.8, probability class=7 = 0.4..0.6, near row 4711 within 2.5, density>=20%, "
    "z3=0.5. A value's name alone will do where only one is called so. `aegen target` takes the "
    "same text."
)


def field(name: str, item: link.Item[str], label: str) -> None:
    """The field; a text that is no target stays in it, and the target of before is kept."""
    key = f"typed:{item.key}:{name}"
    if visit.memory().stepped or key not in st.session_state:
        forget(item)
    problem = visit.memory().mistyped.get(key)
    text = _shown(name, item.get())
    if problem is None and st.session_state.get(key) != text:
        st.session_state[key] = text
    st.text_area(
        label,
        key=key,
        on_change=_take,
        args=(name, item, key),
        height=100,
        placeholder=_example(name),
        help=HELP,
    )
    if problem is not None:
        st.error(sentence(problem), icon=":material/edit_off:")
        _values_there(name, item, key)


def _shown(name: str, text: str) -> str:
    """A target in words, where these stand for it; else its text."""
    try:
        target = services.targets.target_of(name, text)
        said = target_text.words(target, name)
        return said if services.targets.target_of(name, said) == target else text
    except AegenError:
        return text


def forget(item: link.Item[str]) -> None:
    """What was wrong with a text is over, as something else was chosen."""
    told = visit.memory().mistyped
    for key in [key for key in told if key.startswith(f"typed:{item.key}:")]:
        del told[key]


def _take(name: str, item: link.Item[str], key: str) -> None:
    text = str(st.session_state[key] or "").strip()
    visit.memory().mistyped.pop(key, None)
    try:
        item.set(str(services.targets.target_of(name, text)) if text else "")
    except AegenError as problem:
        visit.memory().mistyped[key] = str(problem)


def _values_there(name: str, item: link.Item[str], key: str) -> None:
    """The values of the attribute that the text names, to choose from."""
    said = str(st.session_state[key]).casefold()
    factors = services.targets.factors(name, True)
    for attribute in factors:
        if any(
            one.casefold() in said for one in (attribute, services.values.title(name, attribute))
        ):
            values.pills(
                values.attribute_label(name, attribute),
                name,
                attribute,
                factors[attribute],
                key=f"{key}:{attribute}",
                on_change=_choose,
                args=(item, attribute, f"{key}:{attribute}"),
            )
            return


def _choose(item: link.Item[str], attribute: str, key: str) -> None:
    from aegen.targeting import AttributeEquals

    value = st.session_state[key]
    if value is not None:
        item.set(str(AttributeEquals(attribute, value)))
        forget(item)


def _example(name: str) -> str:
    """A text that is a target of this bundle."""
    factors = services.targets.factors(name, True)
    for attribute, found in factors.items():
        if found:
            title, value = (services.values.title(name, attribute, *v) for v in ((), found[-1:]))
            return f"{title} is {value}"
    return "density >= 20%"
