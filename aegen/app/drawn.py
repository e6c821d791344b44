"""The Sample page's pieces: choosing a latent model, and its pictures (see also `worth`)."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from aegen.app import controls, fields, panels, services, state
from aegen.app.components.image_grid import image_grid
from aegen.app.services import Spec
from aegen.app.wording import duration, plain
from aegen.core.pictures import grid, png, quantize
from aegen.core.storage import npz

__all__ = [
    "DETAIL",
    "before",
    "chosen",
    "chosen_model",
    "detail",
    "next_seed",
    "npz_file",
    "picked",
    "pictures",
    "png_file",
    "restriction",
]

DETAIL = 140
"""Height of the box with the chosen picture, also before one is chosen, so that nothing jumps."""


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
            on_click=next_seed,
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
    with st.container(horizontal=True):
        chosen = fields.fields(sampler, parameters)
    state.publish((*SHOWN, *fields.items(sampler, parameters)))
    return Spec(name, sampler, chosen, state.within.get())


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


def next_seed() -> None:
    """Draw with the next seed from now on."""
    state.seed.set((state.seed.get() + 1) % state.HIGHEST_SEED)


def restriction(spec: Spec) -> None:
    """Which rows the draw keeps to, and a way back to all."""
    if spec.within is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            try:
                st.markdown(f":material/filter_alt: {plain(services.strategy(spec))}")
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
        chosen=chosen(n),
    )
    fitted = services.fitted(spec)
    came = "Fitted" if fitted.how == "fitted" else "Fitted before, read from disk"
    st.caption(
        f"{came} in {duration(fitted.model.fit_seconds)} · drawn in "
        f"{duration(draw.draw_seconds)} · decoded in {duration(draw.decode_seconds)}"
    )
    state.last_drawn((spec, n, seed))
    if choice is not None:
        state.picked.set(None if choice == state.picked.get() else choice)
        st.rerun(scope="fragment")


def before(spec: Spec) -> None:
    """The pictures that stood here last, while something new is made for the same bundle."""
    last = state.last_drawn()
    if last is None:
        return
    known, n, seed = last
    if known.bundle == spec.bundle and services.at_hand(known):
        draw = services.draw(known, n, seed)
        image_grid(
            quantize(draw.images),
            key="draws-before",
            label="Draws of before",
            names=[f"picture {k + 1} of before" for k in range(n)],
        )
        st.caption(f"Still the draws of before: {plain(services.title_of(known.sampler))}.")


def chosen(n: int) -> int | None:
    """The picture that is looked at, where there is one of that number."""
    choice = state.picked.get()
    return choice if choice is not None and choice < n else None


def picked(spec: Spec, n: int, seed: int) -> None:
    """The chosen picture beside its nearest training row."""
    choice = chosen(n)
    with st.container(border=True, height=DETAIL, vertical_alignment="center"):
        if choice is None:
            st.caption("Choose a picture to see the training row that is nearest to it.")
        else:
            detail(spec, services.draw(spec, n, seed), choice)


def detail(spec: Spec, draw: Any, choice: int) -> None:
    """A picture of a draw beside its nearest training row."""
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


# files


def png_file(spec: Spec, n: int, seed: int) -> bytes:
    """The pictures as one PNG, as ``aegen sample --out grid.png`` writes it."""
    return png(grid(services.draw(spec, n, seed).images, gap=2, scale=2))


def npz_file(spec: Spec, n: int, seed: int) -> bytes:
    """Images, codes and, where known, rows as arrays."""
    return npz(services.draw(spec, n, seed).arrays())
