"""What the Train page trains: rows, network and recipe as widgets."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.pages.train import state
from aegen.app.services.trainings import TrainingConfig
from aegen.app.state import formats
from aegen.app.widgets import bound, fields
from aegen.core.errors import InvalidInput

__all__ = ["order"]


def order() -> TrainingConfig:
    """The training as the widgets say."""
    sources = services.evaluation_data.sources()
    if not sources:
        raise InvalidInput(
            "there is nothing to train on: a bundle with held-out rows and an attribute named "
            "'class' is needed"
        )
    if not state.source.get():
        state.source.set(next(iter(sources)))
    _preset()
    source = bound.choose(
        "Train on",
        state.source,
        list(sources),
        format_func=sources.__getitem__,
        help="Redrawn: the rows of a bundle as its autoencoder decodes their codes, since the "
        "originals are not shipped. Originals are offered where AEGEN_DATA names their folder.",
    )
    with st.container(horizontal=True):
        rows = bound.number(
            "Rows", state.rows, 10, state.MOST_ROWS, width=130, help="Training rows at most."
        )
        epochs = bound.number(
            "Epochs", state.epochs, 1, state.MOST_EPOCHS, width=110, help="Passes over them."
        )
        seed = bound.number(
            "Seed",
            state.seed,
            0,
            formats.HIGHEST_SEED,
            width=110,
            help="Of the frozen weights, the first scores and the order of the rows.",
        )
    with st.expander("Network and recipe", expanded=False):
        hidden = _hidden()
        with st.container(horizontal=True):
            fields.fields("train", state.SETTINGS)
    rate, decay, threshold, kappa = (state.SET[s.name].get() for s in state.SETTINGS)
    return TrainingConfig(source, rows, hidden, epochs, rate, decay, threshold, kappa, seed)


def _preset() -> None:
    item = state.preset
    item.keep(list(state.PRESETS))
    key = bound.bind(item)
    st.segmented_control(
        "Recipe",
        list(state.PRESETS),
        key=key,
        required=True,
        wrap=True,
        format_func=lambda name: state.PRESETS[name].title,
        on_change=_take_preset,
        args=(key,),
    )
    st.caption(state.PRESETS[item.get()].about)


def _take_preset(key: str) -> None:
    name = st.session_state[key]
    state.preset.set(name)
    for setting, value in state.PRESETS[name].settings.items():
        state.SET[setting].set(value)


def _hidden() -> str:
    item = state.hidden
    key = bound.bind(item)
    st.text_input(
        "Hidden layers",
        key=key,
        help="Sizes with dashes between: 300-100 is the paper's.",
        on_change=bound.take_typed,
        args=(item, key, item.parse),
    )
    bound.say_mistyped(item)
    return item.get()
