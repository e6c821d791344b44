"""What the Train page trains: rows, network and recipe as widgets."""

from __future__ import annotations

import streamlit as st

from aegen.app import controls, services, state
from aegen.app import train_choices as choices
from aegen.app.services import Order
from aegen.core.errors import InvalidInput

__all__ = ["order"]


def order() -> Order:
    """The training as the widgets say."""
    sources = services.sources()
    if not sources:
        raise InvalidInput(
            "there is nothing to train on: a bundle with held-out rows and an attribute named "
            "'class' is needed"
        )
    if not choices.source.get():
        choices.source.set(next(iter(sources)))
    _preset()
    source = controls.choose(
        "Train on",
        choices.source,
        list(sources),
        format_func=sources.__getitem__,
        help="Redrawn: the rows of a bundle as its autoencoder decodes their codes, since the "
        "originals are not shipped. Originals are offered where AEGEN_DATA names their folder.",
    )
    with st.container(horizontal=True):
        rows = controls.number(
            "Rows", choices.rows, 10, choices.MOST_ROWS, width=130, help="Training rows at most."
        )
        epochs = controls.number(
            "Epochs", choices.epochs, 1, choices.MOST_EPOCHS, width=110, help="Passes over them."
        )
        seed = controls.number(
            "Seed",
            choices.seed,
            0,
            state.HIGHEST_SEED,
            width=110,
            help="Of the frozen weights, the first mask variables and the order of the rows.",
        )
    with st.expander("Network and recipe", expanded=False):
        hidden = _hidden()
        with st.container(horizontal=True):
            rate = _number("Learning rate", choices.rate, 0.005, RATE)
            decay = _number("Decay", choices.decay, 0.0001, DECAY)
            threshold = _number("Threshold", choices.threshold, 0.005, THRESHOLD)
            kappa = _number("Kappa", choices.kappa, 1.0, KAPPA)
    return Order(source, rows, hidden, epochs, rate, decay, threshold, kappa, seed)


RATE = "Of the steps that move the mask variable."
DECAY = (
    "By which the mask variable shrinks each step, whatever the learning rate: this alone drops "
    "weights. More rows mean more steps an epoch."
)
THRESHOLD = "A weight is dropped while its mask variable is between minus and plus this."
KAPPA = "Inputs of a unit times the variance of its frozen weights; too large a one diverges."


def _preset() -> None:
    item = choices.preset
    item.keep(list(choices.PRESETS))
    key = controls.bind(item)
    st.segmented_control(
        "Recipe",
        list(choices.PRESETS),
        key=key,
        required=True,
        format_func=lambda name: choices.PRESETS[name].title,
        on_change=_take_preset,
        args=(key,),
    )
    st.caption(choices.PRESETS[item.get()].about)


def _take_preset(key: str) -> None:
    name = st.session_state[key]
    choices.preset.set(name)
    for setting, value in choices.PRESETS[name].settings.items():
        getattr(choices, setting).set(value)


def _hidden() -> str:
    item = choices.hidden
    key = controls.bind(item)
    st.text_input(
        "Hidden layers",
        key=key,
        help="Sizes with dashes between: 300-100 is the paper's.",
        on_change=_take_hidden,
        args=(key,),
    )
    return item.get()


def _take_hidden(key: str) -> None:
    try:
        choices.hidden.set(choices.hidden.parse(st.session_state[key].strip()))
    except ValueError as problem:
        state.complain(f"Hidden layers: {problem}.")


def _number(label: str, item: state.Item[float], step: float, help: str) -> float:
    key = controls.bind(item)
    st.number_input(
        label,
        key=key,
        step=step,
        min_value=0.0,
        format="%g",
        width=125,
        help=help,
        on_change=_take_number,
        args=(label, item, key),
    )
    return item.get()


def _take_number(label: str, item: state.Item[float], key: str) -> None:
    try:
        item.set(item.parse(str(st.session_state[key])))
    except ValueError as problem:
        state.complain(f"{label}: {problem}.")
