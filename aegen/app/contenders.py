"""Choosing what Compare compares: latent models, draws, seed, budget (see also `compared`)."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import controls, fields, services, state
from aegen.app.services import BUDGETS, Asked
from aegen.core.errors import AegenError

__all__ = ["MOST", "SHOWN", "asked", "remove"]

MOST = 12
"""Latent models that one comparison holds at most."""

SHOWN: tuple[state.Item[Any], ...] = (
    state.models,
    state.size,
    state.seed,
    state.budget,
    state.measure,
)
"""What the link of a comparison holds."""

COSTS = (
    "**Quick**: one seed and the main metrics; half a minute for the usual five on two cores.  \n"
    "**Thorough**: five seeds and all metrics, so that intervals also hold the chance in fits; "
    "several minutes, and it starts when you say so."
)


def asked(name: str) -> Asked:
    """Number, seed, budget and models as widgets; what they ask for."""
    models = _models()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.number(
            "Draws of each",
            state.size,
            20,
            5000,
            width=140,
            help="More draws give narrower intervals and take longer. As many held-out rows are "
            "compared with, so there are at most half as many as held-out rows.",
        )
        controls.number(
            "First seed",
            state.seed,
            0,
            state.HIGHEST_SEED - 100,
            width=130,
            help="The same seed gives the same pictures, and the same held-out rows for all.",
        )
        controls.choose(
            "Budget",
            state.budget,
            list(BUDGETS),
            kind="segments",
            format_func=lambda key: BUDGETS[key].title,
            help=COSTS,
        )
        _add(name, models)
        if state.models.get() is not None:
            st.button(
                "Usual five",
                icon=":material/restart_alt:",
                type="tertiary",
                on_click=state.models.reset,
                help="Back to the five models that are compared by default.",
            )
    return Asked(name, models, state.size.get(), state.seed.get(), state.budget.get())


def _models() -> tuple[str, ...]:
    chosen = state.models.get()
    if chosen is None:
        return services.default_models()
    if len(chosen) > MOST:
        state.complain(f"{MOST} models are compared at most; the first {MOST} are shown.")
        state.models.set(chosen[:MOST])
    return chosen[:MOST]


def remove(model: str) -> None:
    """Leave a model out; meant for callbacks."""
    state.models.set(tuple(other for other in _models() if other != model))


# adding


def _add(name: str, models: tuple[str, ...]) -> None:
    """A latent model and its fields in a panel that closes when it is added."""
    full = len(models) >= MOST
    with st.popover(
        "Add a model",
        icon=":material/add:",
        disabled=full,
        help=f"{MOST} models are compared at most: remove one first." if full else None,
        key=f"add {len(models)}",
    ):
        sampler = controls.choose(
            "Latent model",
            state.addition,
            services.samplers(),
            format_func=services.title_of,
        )
        st.caption(services.summary_of(sampler))
        with st.container(horizontal=True):
            values = fields.fields(f"new {sampler}", services.fields_of(sampler))
        if services.slow(services.Spec(name, sampler, values)):
            st.caption("Its fit takes a while; pictures and figures come when it is done.")
        st.button(
            "Add", type="primary", icon=":material/add:", on_click=_take, args=(sampler, values)
        )


def _take(sampler: str, values: tuple[tuple[str, Any], ...]) -> None:
    try:
        text = services.text_of(sampler, values)
    except AegenError as problem:
        state.complain(f"{problem}.")
        return
    models = _models()
    if text in models:
        state.complain("This model is there already: change one of its fields to add it again.")
    else:
        state.models.set((*models, text))
