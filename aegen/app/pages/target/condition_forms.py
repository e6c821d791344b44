"""The widgets that make one condition of a target, a small form for each kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import services
from aegen.app.state import link, map, visit
from aegen.app.widgets import image_upload, row_picker, target_text, values
from aegen.core import morphometry
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.targeting import Target

__all__ = ["form"]

Make = Callable[[], "Target"]

HELD = 500
"""Rows that a ball around a row or a picture holds at first."""

STEPS = 200
"""Steps of a slider between the least and the largest value."""


def form(name: str, item: link.Item[str]) -> None:
    """One condition: its kind, what that needs, and a button that adds it."""
    forms: dict[str, Callable[[str, str], Make | None]] = {}
    if services.targets.factors(name):
        forms |= {"Attribute": _attribute, "How sure": _probability}
    if services.targets.numbers(name):
        forms["Number"] = _number
    forms["Like a row"] = _row
    if services.bundles.takes_pictures(name):
        forms["Like my picture"] = _picture
    if map.kept.get():
        forms["Kept selection"] = _kept
    forms |= {"Density": _density, "Coordinate": _coordinate}
    kind = st.selectbox("What about", list(forms), key=f"condition:{item.key}")
    make = forms[kind](name, f"condition:{item.key}:{kind}")
    st.button(
        "Add",
        key=f"condition:{item.key}:add",
        type="primary",
        icon=":material/add:",
        disabled=make is None,
        on_click=_add,
        args=(item, make),
    )
    st.caption("For an area, draw around points on the map below.")


def _add(item: link.Item[str], make: Make) -> None:
    try:
        target_text.add(item, make())
    except AegenError as problem:
        visit.notify(str(problem))


def _choice(label: str, options: Any, key: str, **more: Any) -> Any:
    """A list whose remembered choice may be of another bundle."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]
    return st.selectbox(label, options, key=key, **more)


def _attribute_field(label: str, name: str, attributes: list[str], key: str) -> str:
    """Which attribute, by the names that people see."""
    called = partial(values.attribute_label, name)
    found: str = _choice(label, attributes, f"{key}:name", format_func=called)
    return found


def _attribute(name: str, key: str) -> Make | None:
    """Values of an attribute, any of which will do."""
    from aegen.targeting import AttributeEquals, Not, Or

    factors = services.targets.factors(name)
    attribute = _attribute_field("Attribute", name, list(factors), key)
    is_ = st.segmented_control(
        "Which", ("is", "is not"), key=f"{key}:is", default="is", label_visibility="collapsed"
    )
    place = f"{key}:{name}:{attribute}"
    chosen = values.pills("Values", name, attribute, factors[attribute], key=place, several=True)
    if not chosen:
        st.caption("Pick one value, or several any of which will do.")
        return None
    target = Or.of(*(AttributeEquals(attribute, value) for value in chosen))
    return lambda: Not(target) if is_ == "is not" else target


def _probability(name: str, key: str) -> Make | None:
    """How sure the classifier is of a value."""
    from aegen.targeting import Probability

    factors = services.targets.factors(name)
    attribute = _attribute_field("Attribute", name, list(factors), key)
    place = f"{key}:{name}:{attribute}:value"
    st.session_state.setdefault(place, factors[attribute][0])
    value = values.pills("Value", name, attribute, factors[attribute], key=place)
    low, high = _percent(
        "The classifier finds it likely to",
        (40, 60),
        key,
        "40 to 60 % asks for pictures between two values; 95 to 100 % for clear ones.",
    )
    if value is None:
        st.caption("Pick a value.")
        return None
    return lambda: Probability(attribute, value, low, high)


def _percent(label: str, start: tuple[int, int], key: str, help: str) -> tuple[float, float]:
    low, high = st.slider(label, 0, 100, start, key=f"{key}:range", format="%d %%", help=help)
    return low / 100, high / 100


def _ends(label: str, column: Any, key: str, start: Any = None) -> Any:
    """A slider over a column's values, for two ends or from ``start``; None where all agree."""
    least, largest = float(column.min()), float(column.max())
    if least == largest:
        st.caption(f"It is {least:g} in all rows, so there is nothing to choose.")
        return None
    given = (least, largest) if start is None else start
    step = (largest - least) / STEPS
    return st.slider(label, least, largest, given, step=step, format="%.4g", key=key)


def _number(name: str, key: str) -> Make | None:
    from aegen.targeting import Between

    attribute = _attribute_field("Number", name, list(services.targets.numbers(name)), key)
    measured = services.bundles.bundle(name).manifest.attributes[attribute].measured
    if measured:
        st.caption(f"Measured on each picture. {morphometry.about(measured)}")
    column = services.bundles.bundle(name).attributes[attribute]
    ends = _ends("From, to", column, f"{key}:{name}:{attribute}")
    return None if ends is None else lambda: Between(attribute, *ends)


def _kept(name: str, key: str) -> Make:
    """Rows that were selected on the map and given a name."""
    known = dict(map.kept.get())
    chosen = _choice("Selection", list(known), f"{key}:{name}")
    return lambda: target_text.condition(known[chosen])


def _row(name: str, key: str) -> Make:
    last = services.bundles.bundle(name).manifest.rows - 1
    pinned = map.pinned.get()
    start = row_picker.default_row(name) if pinned is None else min(pinned, last)
    row = int(st.number_input("Row", 0, last, start, key=f"{key}:{name}:row"))
    held = _held(name, key)
    return lambda: services.targets.near(name, row, held)


def _picture(name: str, key: str) -> Make | None:
    image_upload.upload(name)
    code = map.uploaded_code.get()
    held = _held(name, key)
    if code is None or len(code) != services.bundles.bundle(name).latent_dim:
        return None
    return lambda: services.targets.near(name, code, held)


def _held(name: str, key: str) -> int:
    n = services.bundles.bundle(name).manifest.rows
    return int(
        st.number_input(
            "As near as so many rows",
            1,
            n,
            min(HELD, max(1, n // 10)),
            key=f"{key}:{name}:held",
            help="Draws may be as far from it as this many training rows are.",
        )
    )


def _density(name: str, key: str) -> Make:
    from aegen.targeting import DensityLevel

    low, high = _percent(
        "Denser than this share of the rows",
        (20, 100),
        key,
        "20 to 100 % leaves out the fifth of the rows that lie loneliest; 0 to 10 % asks for "
        "unusual pictures.",
    )
    return lambda: DensityLevel(low, high)


def _coordinate(name: str, key: str) -> Make | None:
    """A range of one coordinate of the codes, or one value of it."""
    from aegen.targeting import Coordinate, Fixed

    codes = services.bundles.bundle(name).codes
    axes = range(codes.shape[1])
    index = _choice("Coordinate", axes, f"{key}:{name}:index", format_func="z{}".format)
    fixed = st.toggle(
        "Exactly one value",
        key=f"{key}:fixed",
        help="The latent model is conditioned on it, where it can be.",
    )
    column, key = codes[:, index], f"{key}:{name}:{index}"
    if fixed:
        value = _ends("Value", column, f"{key}:value", float(column.mean()))
        return None if value is None else lambda: Fixed(index, float(f"{value:.6g}"))
    ends = _ends("From, to", column, f"{key}:range")
    if ends is None:
        return None
    low, high = (float(f"{end:.6g}") for end in ends)
    return lambda: Coordinate(index, low, high)
