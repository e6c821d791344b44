"""What a latent model is worth: where its draws fall, how near they come to training rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.live import Live
from aegen.app.services.samplers import SamplerSpec
from aegen.app.widgets import fields

if TYPE_CHECKING:
    from aegen.core.parameters import Parameter

__all__ = ["copying", "figures", "live", "smoothing"]

COPYING = "copying"
"""Key of the drawing of the copying ratio."""

FOLLOWING = 64
"""Pictures that follow a slider while it is moved, at most."""

SMALL = "pca"
"""The projection of the small map: every bundle has it and it is exact for new codes."""


def figures(spec: SamplerSpec, n: int, seed: int, chosen: int | None) -> None:
    """Where the draws fall, and how likely they are; the ``chosen`` one stands out."""
    from aegen.figures import small_map

    draw = services.draws.draw(spec, n, seed)
    codes = services.projections.project(spec.bundle, SMALL, draw.codes)
    background = services.projections.shade(spec.bundle, SMALL)
    drawing(small_map(background, codes, chosen=chosen), key="small-map")
    st.caption("Rings: where these draws fall among all rows (PCA).", text_alignment="center")
    _densities(services.draws.quality(spec))


def smoothing(spec: SamplerSpec, *, plainly: bool = False) -> None:
    """The sliders of a latent model that lead from one kind of model to another."""
    fields.slides(spec.sampler, *_of_sliders(spec), plainly=plainly)


def live(spec: SamplerSpec, n: int, seed: int) -> Live | None:
    """How a draw follows all sliders of its model; None where it cannot."""
    within = "" if spec.within is None else spec.within.text()
    leads = fields.leads(services.samplers.fields_of(spec.sampler))
    still = services.samplers.slow(spec) and not leads
    if n > FOLLOWING or still or (spec.within is not None and not within):
        return None
    request = {
        "ask": "draw",
        "bundle": spec.bundle,
        "sampler": spec.sampler,
        "fields": dict(spec.fields),
        "within": within,
        "n": n,
        "seed": seed,
    }
    return Live("draw", request, fields.followed(spec.sampler, *_of_sliders(spec)), read=COPYING)


def _of_sliders(
    spec: SamplerSpec,
) -> tuple[tuple[Parameter, ...], int, Callable[[str], Any]]:
    """What its sliders need: the fields, the rows that it is fitted to, and what it learnt."""
    rows = services.bundles.bundle(spec.bundle).manifest.rows
    found = services.samplers.model(spec).rows
    return (
        services.samplers.fields_of(spec.sampler),
        rows if found is None else len(found),
        functools.partial(services.samplers.learnt, spec),
    )


def copying(quality: services.draws.Quality) -> None:
    """How near draws come to training rows, with its interval."""
    found = quality.copying
    if found is None:
        return
    st.markdown(
        f"**Copying** · ratio **{found.ratio:.2f}** :gray[({found.low:.2f} to {found.high:.2f})]",
        help=f"Median distance of {found.n:,} draws to their nearest training row, as a share of "
        f"the same for held-out rows: 0 repeats training rows, 1 is as new as new data. "
        f"95 % interval {found.low:.2f} to {found.high:.2f}.",
    )
    drawing(services.draws.copying_drawing(found, f"{found.n:,} draws"), key=COPYING)


def _densities(quality: services.draws.Quality) -> None:
    if quality.own_density is None or quality.holdout_density is None:
        return
    own, held_out = (
        f"{density:,.1f}".replace("-", "\u2212")
        for density in (quality.own_density, quality.holdout_density)
    )
    st.markdown(
        f"**Log-density** · draws **{own}**, held-out rows **{held_out}**",
        help="Medians in nats. Held-out rows far below the model's own draws: the model is "
        "surer of itself than the data allow.",
    )
