"""The Sample page: how new pictures are, the settings behind that, and the pictures."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import glossary, navigation, services
from aegen.app.components.image_grid import image_grid
from aegen.app.pages.compare import state as compare_state
from aegen.app.pages.sample import snippets, state
from aegen.app.services.recommendations import RecommendationRequest
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import draws, formats, link, visit
from aegen.app.widgets import bound, copying, draw_grid, fields, sliders
from aegen.app.widgets.markdown import duration, plain
from aegen.app.widgets.moving_picture import moving_picture
from aegen.app.widgets.sprite_sheet import sprite_sheet
from aegen.core import defaults
from aegen.core.images import quantize
from aegen.metrics.distance_ratio import COPIES

__all__ = [
    "before",
    "chosen_model",
    "how_new",
    "moving",
    "pictures",
    "restriction",
    "sheet",
    "why",
]


def chosen_model(name: str) -> tuple[SamplerSpec, Any]:
    """New pictures at a press, all else under Settings; the model, and the place of its slider."""
    st.html("<style>:has(> .st-key-aegen-how-new) { min-width: min(100%, 340px); }</style>")
    with st.container(horizontal=True, vertical_alignment="center", key="aegen-in-sight-sample"):
        with st.container(key="aegen-how-new", width="stretch"):
            slider = st.container(height=SLIDER, border=False, gap=None)
        st.button(
            "New pictures",
            icon=":material/casino:",
            on_click=state.draws.next_seed,
            type="primary",
            shortcut="n",
            help="Draw again with the next seed.",
        )
        with st.popover("Settings", icon=":material/tune:"):
            sampler, chosen = _settings()
    return SamplerSpec(name, sampler, chosen, draws.within.get()), slider


def _settings() -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Latent model, number, seed and the model's fields as widgets."""
    sampler = bound.choose(
        "Latent model",
        draws.sampler,
        services.samplers.sampler_names(),
        format_func=services.samplers.title_of,
        help=_models(),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound.number("Pictures", state.draws.count, 1, draws.MOST, width=130)
        bound.number(
            "Seed",
            state.draws.seed,
            0,
            formats.HIGHEST_SEED,
            width=130,
            help="The same seed gives the same pictures.",
        )
        bound.switch(
            "Nearest rows",
            state.draws.nearest,
            help="Shows each picture's nearest training row, in latent space, under it.",
        )
    about = glossary.card("latent-models", sampler, "How it works")
    st.caption(f"{services.samplers.summary_of(sampler)} {about}")
    parameters = services.samplers.fields_of(sampler)
    chosen: tuple[tuple[str, Any], ...] = ()
    if parameters:
        st.caption(f"Fields of the {plain(services.samplers.title_of(sampler))}")
        with st.container(horizontal=True, width=2 * fields.FIELD + 16):
            chosen = fields.fields(sampler, parameters)
    st.button(
        "The paper's setting",
        icon=":material/article:",
        type="tertiary",
        on_click=_paper,
        help="The empirical beta copula with degree n, whose draws are nearly copies.",
    )
    link.show((*state.SHOWN, *fields.items(sampler, parameters)))
    return sampler, chosen


def how_new(spec: SamplerSpec, place: Any, *, there: bool) -> None:
    """The one slider from closer to the data to more new, where the model has one."""
    with place:
        if not fields.leads(services.samplers.fields_of(spec.sampler)):
            title = services.samplers.title_of(spec.sampler)
            sliders.still(
                f"The {title} has nothing between closer and newer. Under Settings there are "
                "models that have, such as the Local Gaussian."
            )
        elif there:
            copying.smoothing(spec, plainly=True)
        else:
            sliders.still("The model is being fitted.")


def _models() -> str:
    return "  \n".join(
        f"**{services.samplers.title_of(name)}**: {services.samplers.summary_of(name)}"
        for name in services.samplers.sampler_names()
    )


def restriction(spec: SamplerSpec) -> None:
    """Which rows the draw keeps to, and the button that takes all rows again."""
    if spec.within is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            try:
                st.markdown(f":material/filter_alt: {plain(services.samplers.strategy(spec))}")
            finally:  # the rows asked for may not be there, and are remembered until this is used
                st.button("Use all rows", on_click=draws.within.reset, icon=":material/close:")


PAPER = "empirical-beta-copula"
"""The paper's own model, whose defaults are the paper's setting: degree n."""

SLIDER = 92
"""Height of the slider's place in pixels, the same whatever stands there."""


def why(spec: SamplerSpec) -> None:
    """Which model draws and why, in a sentence, and the way to one that was found the best."""
    title = services.samplers.title_of(spec.sampler)
    about = services.samplers.summary_of(spec.sampler)
    leads = fields.leads(services.samplers.fields_of(spec.sampler))
    still = "" if leads else " It has nothing between closer and newer, so no slider."
    st.caption(f"Drawn by the **{plain(title)}**: {plain(about)} {_reason(spec)}{still}")
    best = _best(spec.bundle)
    if (best is None or best != (spec.sampler, spec.fields)) and st.button(
        "Take the model found best" if best else "Which model is best here?",
        icon=":material/balance:",
        type="tertiary",
        help="Models are tried on codes that are kept from them; copiers are left out.",
    ):
        if best:
            draws.sampler.set(best[0])
            fields.put(best[0], services.samplers.fields_of(best[0]), best[1])
            st.rerun(scope="fragment")
        compare_state.recommended.set(True)
        st.switch_page(navigation.entry("compare").path)


def _reason(spec: SamplerSpec) -> str:
    """Why this model, by what is known of it."""
    copied = services.draws.quality(spec).copying
    if _best(spec.bundle) == (spec.sampler, spec.fields):
        return "Of the models that were tried here and do not copy it was found the best."
    first = "Shown first" if (spec.sampler, spec.fields) == (defaults.SAMPLER, ()) else ""
    if copied is None:
        made = f"{first} since it is made not to copy; without" if first else "Without"
        return f"{made} held-out rows nobody can tell whether it copies."
    if copied.ratio < COPIES:
        copies = (
            f"its draws lie {copied.ratio:.2f} times as far from training rows as new data do."
        )
        seldom = f"{first} since it seldom copies; here it does: {copies}"
        return seldom if first else f"It copies: {copies}"
    lies = f"draws lie {copied.ratio:.2f} times as far from training rows as new data do."
    return f"{first} since it does not copy: its {lies}" if first else f"It does not copy: {lies}"


def _best(name: str) -> tuple[str, tuple[tuple[str, Any], ...]] | None:
    """The model that was found the best for a bundle, where somebody asked for it."""
    item = compare_state
    found = services.recommendations.found(
        RecommendationRequest(name, item.seconds.get(), item.copying.get(), item.seed.get())
    )
    if found is None or found.best is None:
        return None
    spec = services.comparisons.spec_of(name, found.best.candidate.text)
    return spec.sampler, spec.fields


def _paper() -> None:
    draws.sampler.set(PAPER)
    fields.put(PAPER, services.samplers.fields_of(PAPER))


def pictures(spec: SamplerSpec, n: int, seed: int) -> None:
    """The grid, and how long it took."""
    draw, fitted = services.draws.draw(spec, n, seed), services.samplers.fitted(spec)
    visit.last_drawn((spec, n, seed))
    live = copying.live(spec, n, seed)
    draw_grid.grid(spec.bundle, draw, state.draws, "draws", live)
    came = "Fitted before, read from disk" if fitted.how == "read" else "Fitted"
    st.caption(
        f"{came} in {duration(fitted.model.fit_seconds)} · drawn in "
        f"{duration(draw.draw_seconds)} · decoded in {duration(draw.decode_seconds)}"
    )


def sheet(spec: SamplerSpec, n: int, seed: int) -> None:
    """The draw as a sprite sheet."""
    sprite_sheet(
        spec.bundle,
        f"{spec.bundle}-{spec.sampler}-{seed}",
        services.draws.draw,
        (spec, n, seed),
        snippets.command(spec, n, seed),
    )


def moving(spec: SamplerSpec, n: int, seed: int) -> None:
    """The draw from copies to independence as a moving picture, where the model has a degree."""
    if spec.sampler != "empirical-beta-copula" or n > copying.FOLLOWING:
        return
    plain_one = not spec.fields and spec.within is None
    command = f"aegen walk {spec.bundle} --smoothing {n} --seed {seed}" if plain_one else None
    smoothed = services.walks.smoothed
    moving_picture(f"{spec.bundle}-smoothing", smoothed, (spec, n, seed), command, pictures=n)


def before(spec: SamplerSpec) -> None:
    """The pictures that stood here last, while something new is made for the same bundle."""
    last = visit.last_drawn()
    if last is None:
        return
    known, n, seed = last
    if known.bundle == spec.bundle and services.samplers.at_hand(known):
        draw = services.draws.draw(known, n, seed)
        image_grid(
            quantize(draw.images),
            key="draws-before",
            label="Draws of before",
            names=[f"picture {k + 1} of before" for k in range(n)],
        )
        st.caption(
            f"Still the draws of before: {plain(services.samplers.title_of(known.sampler))}."
        )
