"""Values of attributes to choose from: each with its name and the picture of a typical row."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import services
from aegen.app.widgets.markdown import plain

if TYPE_CHECKING:
    from aegen.targeting import Target

__all__ = ["attribute_label", "icon", "icons", "label", "pills", "source", "style"]

STYLE = f"""<style>
img[src$="{services.values.MARK}"] {{
  height: 2.4rem !important; max-height: none !important; width: auto; border-radius: 4px;
  image-rendering: pixelated; vertical-align: middle; margin: 2px 3px 2px 0;
}}
button:has(img[src$="{services.values.MARK}"]) {{ height: auto; min-height: 2.6rem; }}
button:has(img[src$="{services.values.MARK}"]) p {{ display: flex; align-items: center; }}
/* A button with a panel is as high as the fields beside it. */
[data-testid="stPopover"] > div > button:has(img[src$="{services.values.MARK}"]) {{
  min-height: 2.5rem; padding-block: 0;
}}
[data-testid="stPopover"] > div > button img[src$="{services.values.MARK}"] {{
  height: 2rem !important;
}}
</style>"""


def style() -> None:
    """How large pictures are that stand in texts; once on a page."""
    st.html(STYLE)


def icon(name: str, attribute: str, value: str) -> str:
    """The picture of a value, as Markdown; "" where there is none."""
    source = services.values.pictures(name, attribute).get(value)
    return f"![]({source})" if source else ""


def icons(name: str, target: Target) -> str:
    """The pictures of the values that a target names, as Markdown."""
    found = dict.fromkeys(_values_in(target))
    return "".join(icon(name, attribute, value) for attribute, value in found)


def source(name: str, target: Target) -> str:
    """The address of the picture of the first value that a target names; "" where it has none."""
    named = _values_in(target)[:1]
    return next((services.values.pictures(name, a).get(value, "") for a, value in named), "")


def _values_in(target: Any) -> list[tuple[str, str]]:
    """Attributes and values that a target names, in its order."""
    if hasattr(target, "value"):
        return [(target.attribute, target.value)] if hasattr(target, "attribute") else []
    parts = getattr(target, "parts", None) or [getattr(target, "part", None)]
    return [named for part in parts if part is not None for named in _values_in(part)]


def label(name: str, attribute: str, value: str) -> str:
    """A value with its picture, as Markdown."""
    return f"{icon(name, attribute, value)} {plain(services.values.title(name, attribute, value))}"


def attribute_label(name: str, attribute: str) -> str:
    """An attribute as the name of a field."""
    title = services.values.title(name, attribute)
    return title[:1].upper() + title[1:]


def pills(
    label_: str,
    name: str,
    attribute: str,
    values: tuple[str, ...],
    *,
    key: str,
    several: bool = False,
    on_change: Callable[..., None] | None = None,
    args: tuple[Any, ...] = (),
) -> Any:
    """Values to choose one of, or several: pictures with names; a list where they are many."""
    style()
    label_ = plain(label_)
    given: dict[str, Any] = {"key": key, "on_change": on_change, "args": args}
    if len(values) > services.values.MOST:
        titles = services.values.titles(name, attribute)
        given |= {"format_func": titles.__getitem__, "label_visibility": "collapsed"}
        if several:
            return st.multiselect(label_, values, **given)
        if key not in st.session_state:
            given["index"] = None
        return st.selectbox(label_, values, **given)
    return st.pills(
        label_,
        values,
        selection_mode="multi" if several else "single",
        format_func=lambda value: label(name, attribute, value),
        label_visibility="collapsed",
        wrap=True,
        **given,
    )
