"""The Sample page's form for a latent model and its seed, and the pictures drawn from it."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.components.image_grid import image_grid
from aegen.app.pages.sample import state
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import draws, formats, link, visit
from aegen.app.widgets import bound, copying, draw_grid, fields
from aegen.app.widgets.markdown import duration, plain
from aegen.app.widgets.moving_picture import moving_picture
from aegen.core import defaults
from aegen.core.images import quantize
from aegen.metrics.distance_ratio import COPIES

__all__ = ["before", "chosen_model", "first_choice", "moving", "pictures", "restriction"]


def chosen_model(name: str) -> SamplerSpec:
    """Latent model, number, seed and the model's fields as widgets."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sampler = bound.choose(
            "Latent model",
            draws.sampler,
            services.samplers.sampler_names(),
            format_func=services.samplers.title_of,
            help=_models(),
            width=260,
        )
        bound.number("Pictures", state.draws.count, 1, draws.MOST, width=130)
        bound.number(
            "Seed",
            state.draws.seed,
            0,
            formats.HIGHEST_SEED,
            width=130,
            help="The same seed gives the same pictures.",
        )
        st.button(
            "New seed",
            icon=":material/casino:",
            on_click=state.draws.next_seed,
            type="primary",
            shortcut="n",
            help="Draw again with the next seed.",
        )
        bound.switch(
            "Nearest rows",
            state.draws.nearest,
            help="Shows each picture's nearest training row, in latent space, under it.",
        )
    st.caption(services.samplers.summary_of(sampler))
    parameters = services.samplers.fields_of(sampler)
    with st.container(horizontal=True):
        chosen = fields.fields(sampler, parameters)
    link.show((*state.SHOWN, *fields.items(sampler, parameters)))
    return SamplerSpec(name, sampler, chosen, draws.within.get())


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


def first_choice(spec: SamplerSpec) -> None:
    """Why the model that stands here first does, and the button to the paper's own setting."""
    if (spec.sampler, spec.fields) != (defaults.SAMPLER, ()):
        return
    copying = services.draws.quality(spec).copying
    if copying is None:
        why = "Shown first since it is made not to copy; without held-out rows nobody can tell."
    elif copying.ratio < COPIES:
        why = "Shown first since it seldom copies; here it does: Compare recommends another one."
    else:
        why = (
            f"Shown first since it does not copy: its draws lie {copying.ratio:.2f} times as far "
            "from training rows as new data do."
        )
    with st.container(gap="xsmall"):
        st.caption(why)
        st.button(
            "The paper's setting",
            icon=":material/article:",
            type="tertiary",
            on_click=_paper,
            help="The empirical beta copula with degree n, whose draws are nearly copies.",
        )


def _paper() -> None:
    draws.sampler.set(PAPER)
    fields.put(PAPER, services.samplers.fields_of(PAPER))


def pictures(spec: SamplerSpec, n: int, seed: int) -> None:
    """The grid, and how long it took."""
    draw, fitted = services.draws.draw(spec, n, seed), services.samplers.fitted(spec)
    visit.last_drawn((spec, n, seed))
    live = copying.live(spec, n, seed)
    draw_grid.grid(spec.bundle, draw, state.draws, "draws", live)
    came = "Fitted" if fitted.how == "fitted" else "Fitted before, read from disk"
    st.caption(
        f"{came} in {duration(fitted.model.fit_seconds)} · drawn in "
        f"{duration(draw.draw_seconds)} · decoded in {duration(draw.decode_seconds)}"
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
