"""The form of what Compare compares: latent models, draws, seed, budget."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import glossary, services
from aegen.app.pages.compare import state
from aegen.app.services.comparisons import BUDGETS, ComparisonRequest
from aegen.app.state import formats, visit
from aegen.app.widgets import bound, fields
from aegen.core.errors import AegenError

__all__ = ["asked", "remove", "room", "take"]

COSTS = (
    "**Quick**: one seed and the main metrics; about 20 seconds for the usual five on two cores. "
    "A model whose fit takes long is compared with held-out codes alone.  \n"
    "**Thorough**: five seeds and all metrics, so that intervals also hold the chance in fits; "
    "several minutes, and it starts when you say so."
)


def asked(name: str) -> ComparisonRequest:
    """Number, seed, budget and models as widgets; what they ask for."""
    models = _models()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        draws = bound.number(
            "Draws of each",
            state.size,
            20,
            5000,
            usual=services.comparisons.usual_draws(name),
            width=140,
            help="More draws give narrower intervals and take longer: 2,000 are usual, fewer of "
            "images larger than 32 × 32. As many held-out rows are compared with, so there are at "
            "most half as many as held-out rows.",
        )
        bound.number(
            "First seed",
            state.seed,
            0,
            formats.HIGHEST_SEED - 100,
            width=130,
            help="The same seed gives the same pictures, and the same held-out rows for all.",
        )
        bound.choose(
            "Budget",
            state.budget,
            list(BUDGETS),
            kind="segments",
            format_func=lambda key: BUDGETS[key].title,
            help=COSTS,
        )
        usual = BUDGETS[state.budget.get()].seeds
        bound.choose(
            "Seeds",
            state.seeds,
            list(state.SEEDS),
            format_func=lambda n: str(n) if n else f"usual ({usual})",
            width=130,
            help="Fits and draws are made anew under so many seeds. From three on, intervals "
            "also hold the chance in fits; each takes as long as the first.",
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
        st.button(
            "Recommend a model",
            icon=":material/award_star:",
            on_click=state.recommended.set,
            args=(True,),
            disabled=state.recommended.get(),
            help="Tries ten models on left-out codes and says which one to take, and how sure "
            "that is.",
        )
    return ComparisonRequest(
        name,
        models,
        draws,
        state.seed.get(),
        state.budget.get(),
        state.seeds.get(),
        state.skipped.get() or (),
    )


def _models() -> tuple[str, ...]:
    chosen = state.models.get()
    if chosen is None:
        return services.comparisons.default_models()
    if len(chosen) > state.MOST:
        visit.notify(
            f"{state.MOST} models are compared at most; the first {state.MOST} are shown."
        )
        state.models.set(chosen[: state.MOST])
    return chosen[: state.MOST]


def remove(model: str) -> None:
    """Leave a model out; meant for callbacks."""
    state.models.set(tuple(other for other in _models() if other != model))


def _add(name: str, models: tuple[str, ...]) -> None:
    """A latent model and its fields in a panel that closes when it is added."""
    full = not room()
    with st.popover(
        "Add a model",
        icon=":material/add:",
        disabled=full,
        help=f"{state.MOST} models are compared at most: remove one first." if full else None,
        key=f"add {len(models)}",
    ):
        sampler = bound.choose(
            "Latent model",
            state.addition,
            services.samplers.sampler_names(),
            format_func=services.samplers.title_of,
        )
        about = glossary.card("latent-models", sampler, "How it works")
        st.caption(f"{services.samplers.summary_of(sampler)} {about}")
        with st.container(horizontal=True):
            values = fields.fields(f"new {sampler}", services.samplers.fields_of(sampler))
        if services.samplers.slow(services.samplers.SamplerSpec(name, sampler, values)):
            st.caption("Its fit takes a while; pictures and figures come when it is done.")
        st.button(
            "Add", type="primary", icon=":material/add:", on_click=take, args=(sampler, values)
        )


def room() -> bool:
    """Whether one more model can be compared."""
    return len(_models()) < state.MOST


def take(sampler: str, values: tuple[tuple[str, Any], ...]) -> None:
    """Compare a model with the others as well; meant for callbacks."""
    try:
        text = services.comparisons.text_of(sampler, values)
    except AegenError as problem:
        visit.notify(f"{problem}.")
        return
    models = _models()
    if text in models:
        visit.notify("This model is there already: change one of its fields to add it again.")
    else:
        state.models.set((*models, text))
