"""The Sample page's pieces: choosing a latent model, its pictures, and what they are worth."""

from __future__ import annotations

import io
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from aegen.app import controls, panels, services, state
from aegen.app.components.drawing import drawing
from aegen.app.components.image_grid import image_grid
from aegen.app.services import Spec
from aegen.core.pictures import grid, png, quantize

__all__ = ["chosen_model", "figures", "picked", "pictures", "png_file", "npz_file", "restriction"]

DETAIL = 140
"""Height of the box with the chosen picture, also before one is chosen, so that nothing jumps."""

SMALL = "pca"
"""The projection of the small map: every bundle has it and it is exact for new codes."""


def chosen_model(name: str) -> Spec:
    """Latent model, number, seed and the model's fields as widgets."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sampler = controls.choose(
            "Latent model",
            state.sampler,
            services.samplers(),
            format_func=services.title_of,
            help=_models(),
            width=260,
        )
        controls.number("Pictures", state.count, 1, state.MOST_DRAWS, width=130)
        controls.number(
            "Seed",
            state.seed,
            0,
            state.HIGHEST_SEED,
            width=130,
            help="The same seed gives the same pictures.",
        )
        st.button(
            "New seed",
            icon=":material/casino:",
            on_click=_next_seed,
            type="primary",
            shortcut="n",
            help="Draw again with the next seed.",
        )
        controls.switch(
            "Nearest rows",
            state.nearest,
            help="Shows each picture's nearest training row, in latent space, under it.",
        )
    st.caption(services.summary_of(sampler))
    parameters = services.fields_of(sampler)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fields = controls.fields(sampler, parameters)
    state.publish((*SHOWN, *controls.field_items(sampler, parameters)))
    return Spec(name, sampler, fields, state.within.get())


SHOWN: tuple[state.Item[Any], ...] = (
    state.sampler,
    state.count,
    state.seed,
    state.nearest,
    state.picked,
    state.within,
)
"""What the link of a draw holds, beside the latent model's fields."""


def _models() -> str:
    return "  \n".join(
        f"**{services.title_of(name)}**: {services.summary_of(name)}"
        for name in services.samplers()
    )


def _next_seed() -> None:
    state.seed.set((state.seed.get() + 1) % state.HIGHEST_SEED)


def restriction(spec: Spec) -> None:
    """Which rows the draw keeps to, and a way back to all."""
    if spec.within is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            try:
                st.markdown(f":material/filter_alt: {services.strategy(spec)}")
            finally:  # the rows asked for may not be there, and are remembered until this is used
                st.button("Use all rows", on_click=state.within.reset, icon=":material/close:")


def pictures(spec: Spec, n: int, seed: int) -> None:
    """The grid; a chosen picture is in ``state.picked``."""
    draw = services.draw(spec, n, seed)
    below, names = None, [f"picture {k + 1}" for k in range(n)]
    if state.nearest.get():
        rows, distances = services.nearest(spec.bundle, draw.codes)
        below = services.sheet(spec.bundle, tuple(int(row) for row in rows))
        names = [
            f"picture {k + 1}, nearest row {row}, {distance:.2f} away"
            for k, (row, distance) in enumerate(zip(rows, distances, strict=True))
        ]
    choice = image_grid(
        quantize(draw.images),
        key="draws",
        label="Draws",
        names=names,
        below=below,
        chosen=_chosen(n),
    )
    st.caption(
        f"Fitted in {_time(services.model(spec).fit_seconds)} · drawn in "
        f"{_time(draw.draw_seconds)} · decoded in {_time(draw.decode_seconds)}"
    )
    if choice is not None:
        state.picked.set(None if choice == state.picked.get() else choice)
        st.rerun(scope="fragment")


def _chosen(n: int) -> int | None:
    choice = state.picked.get()
    return choice if choice is not None and choice < n else None


def picked(spec: Spec, n: int, seed: int) -> None:
    """The chosen picture beside its nearest training row."""
    choice = _chosen(n)
    with st.container(border=True, height=DETAIL, vertical_alignment="center"):
        if choice is None:
            st.caption("Choose a picture to see the training row that is nearest to it.")
        else:
            _detail(spec, services.draw(spec, n, seed), choice)


def _detail(spec: Spec, draw: Any, choice: int) -> None:
    rows, distances = services.nearest(spec.bundle, draw.codes[choice : choice + 1])
    row = int(rows[0])
    attributes = services.sample_of(spec.bundle, row)
    words = ", ".join(f"{escape(key)} {escape(value)}" for key, value in attributes.items())
    began = "" if draw.rows is None else f"began at {int(draw.rows[choice]):,}"
    if draw.rows is not None and int(draw.rows[choice]) == row:
        began = "began there"
    panels.beside(
        [
            (quantize(draw.images[choice]), f"<b>picture&nbsp;{choice + 1}</b><br>{began}"),
            (
                services.sheet(spec.bundle, (row,))[0],
                f"<b>row&nbsp;{row:,}</b><br>nearest, {distances[0]:.3g} away<br>{words}",
            ),
        ],
        side=64,
        wrap=False,
    )


def figures(spec: Spec, n: int, seed: int) -> None:
    """Where the draws fall, how near they come to training rows, how likely they are."""
    from aegen.figures import small_map

    draw = services.draw(spec, n, seed)
    codes = services.project(spec.bundle, SMALL, draw.codes)
    drawing(
        small_map(services.shade(spec.bundle, SMALL), codes, chosen=_chosen(n)), key="small-map"
    )
    st.caption("Rings: where these draws fall among all rows (PCA).", text_alignment="center")
    with st.spinner("Measuring copying and density …", width="stretch"):
        quality = services.quality(spec)
    _copying(quality)
    _densities(quality)


def _copying(quality: services.Quality) -> None:
    from aegen.figures import copying_scale

    found = quality.copying
    if found is None:
        return
    st.markdown(
        f"**Copying** · nearest training row **{found.ratio:.2f}** × as far as for new data",
        help=f"Median distance of {found.n:,} draws to their nearest training row, as a share of "
        f"the same for held-out rows: 0 repeats training rows, 1 is as new as new data. "
        f"95 % interval {found.low:.2f} to {found.high:.2f}.",
    )
    drawing(copying_scale(found.ratio, found.low, found.high), key="copying")


def _densities(quality: services.Quality) -> None:
    if quality.own_density is None or quality.holdout_density is None:
        return
    st.markdown(
        f"**Log-density** · draws **{quality.own_density:,.1f}**, held-out rows "
        f"**{quality.holdout_density:,.1f}**",
        help="Medians in nats. Held-out rows far below the model's own draws: the model is "
        "surer of itself than the data allow.",
    )


def _time(seconds: float) -> str:
    """A duration in words.

    Example:
        >>> _time(0.0023), _time(1.23)
        ('2.3 ms', '1.2 s')
    """
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s"


# files


def png_file(spec: Spec, n: int, seed: int) -> bytes:
    """The pictures as one PNG, as ``aegen sample --out grid.png`` writes it."""
    return png(grid(services.draw(spec, n, seed).images, gap=2, scale=2))


def npz_file(spec: Spec, n: int, seed: int) -> bytes:
    """Images, codes and, where known, rows as arrays."""
    draw = services.draw(spec, n, seed)
    known: dict[str, Any] = {} if draw.rows is None else {"rows": draw.rows}
    file = io.BytesIO()
    np.savez(file, images=draw.images, codes=draw.codes, **known)
    return file.getvalue()
