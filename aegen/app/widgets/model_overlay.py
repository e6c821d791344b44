"""A latent model over the map: which one, with which fields, as draws or as contours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import link, map
from aegen.app.widgets import bound, copying, fields, job_status
from aegen.app.widgets.markdown import plain
from aegen.core.arrays import FloatArray

__all__ = ["Layers", "chosen_model", "layers", "said"]

SEED = 0

OVERLAID = 500
"""Draws laid over the map; more would hide the rows."""

SHOWN = ("draws", "contours", "both")


@dataclass(frozen=True, eq=False)
class Layers:
    """What lies over the map: places and codes of draws, and lines with the share they hold."""

    draws: FloatArray | None = None
    codes: FloatArray | None = None
    lines: list[tuple[float, FloatArray]] | None = None

    def chosen(self, number: int | None) -> int | None:
        """The draw of this number, where it is there."""
        n = 0 if self.draws is None else len(self.draws)
        return number if number is not None and number < n else None


def chosen_model(name: str, shown: tuple[link.Item[Any], ...]) -> SamplerSpec | None:
    """The latent model over the map as widgets, with its fields folded away; None for none.

    ``shown`` is what else the page's link holds.
    """
    sampler = bound.choose(
        "Latent model",
        map.overlay,
        ["none", *services.samplers.sampler_names()],
        format_func=lambda known: "None" if known == "none" else services.samplers.title_of(known),
        width=220,
        help="Lies over the rows: where it leaves holes, and where it goes beyond them.",
    )
    if sampler == "none":
        link.show(shown)
        return None
    bound.choose(
        "Shown as",
        map.layers,
        SHOWN,
        kind="segments",
        help=f"{OVERLAID} draws as rings; contours hold a quarter, half, three quarters and 95 % "
        f"of {services.draws.CONTOURED:,} draws.",
    )
    parameters = services.samplers.fields_of(sampler)
    found: tuple[tuple[str, Any], ...] = ()
    if parameters:
        with st.popover("Fields", icon=":material/tune:"):
            st.caption(services.samplers.summary_of(sampler))
            with st.container(horizontal=True, width=2 * fields.FIELD + 16):
                found = fields.fields(sampler, parameters)
    link.show((*shown, *fields.items(sampler, parameters)))
    return SamplerSpec(name, sampler, found)


def layers(spec: SamplerSpec | None, projection: str) -> Layers | None:
    """What the map shows of the latent model; None where there is none, or not yet."""
    if spec is None or not job_status.ready(spec):
        return None
    shown = map.layers.get()
    if fields.leads(services.samplers.fields_of(spec.sampler)):
        left, right = st.columns(2, gap="large")
        with left:
            copying.smoothing(spec)
        with right:
            copying.copying(services.draws.quality(spec))
    draws = codes = lines = None
    if shown != "contours":
        draws = services.draws.overlaid(spec, OVERLAID, SEED, projection)
        codes = services.draws.overlaid_codes(spec, OVERLAID, SEED)
    if shown != "draws":
        with st.spinner("Drawing contours …", width="stretch"):
            found = services.draws.contours(spec, projection)
        lines = [(contour.share, line) for contour in found for line in contour.lines]
    return Layers(draws, codes, lines)


def said(spec: SamplerSpec | None, over: Layers | None, projection: str) -> None:
    """How what lies over the map was made, in a line."""
    if spec is None or over is None:
        return
    title, where = (
        plain(services.samplers.title_of(spec.sampler)),
        projection.upper().replace("-", " "),
    )
    parts, both = [], over.draws is not None and over.lines is not None
    if over.draws is not None:
        parts.append(
            f"Rings: {len(over.draws):,} draws of the {title}. Point at one to see what is new."
        )
    if over.lines is not None:
        parts.append(
            f"Contours{'' if both else f' of the {title}'}: the smallest areas of the {where} map "
            f"that hold 25, 50, 75 and 95 % of {services.draws.CONTOURED:,} "
            f"{'of its ' if both else ''}draws, smoothed."
        )
    st.caption(" ".join(parts))
