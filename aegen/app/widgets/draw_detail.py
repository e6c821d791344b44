"""The pictures of a draw to choose from, and the chosen one beside its nearest training row."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st
from numpy.typing import ArrayLike

from aegen.app import services
from aegen.app.components.image_grid import image_grid
from aegen.app.components.live import Live
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state.draws import DrawChoices
from aegen.app.widgets import share_bar
from aegen.core.arrays import FloatArray
from aegen.core.images import quantize

__all__ = ["chosen", "grid", "new_picture", "picked"]

HEIGHT, MORE = 140, 16
"""Height of the box in pixels, and what each attribute after the first adds to it: the same also
before a picture is chosen, so that nothing jumps."""


def chosen(choices: DrawChoices, n: int) -> int | None:
    """The picture that is looked at, where there is one of that number."""
    choice = choices.picked.get()
    return choice if choice is not None and choice < n else None


def grid(
    bundle: str,
    images: ArrayLike,
    codes: FloatArray,
    choices: DrawChoices,
    key: str,
    live: Live | None = None,
) -> None:
    """The pictures to choose from, with their nearest rows below where that is asked for.

    They follow sliders where ``live`` says which.
    """
    n = len(codes)
    below, names = None, [f"picture {k + 1}" for k in range(n)]
    if choices.nearest.get():
        rows, distances = services.draws.nearest(bundle, codes)
        below = services.images.sheet(bundle, tuple(int(row) for row in rows))
        names = [
            f"{name}, nearest row {row}, {distance:.2f} away"
            for name, row, distance in zip(names, rows, distances, strict=True)
        ]
    choice = image_grid(
        quantize(images),
        key=key,
        label="Draws",
        names=names,
        below=below,
        chosen=chosen(choices, n),
        live=live,
    )
    if choice is not None:
        choices.picked.set(None if choice == choices.picked.get() else choice)
        st.rerun(scope="fragment")


def picked(spec: SamplerSpec, draw: Any, choices: DrawChoices) -> None:
    """The chosen picture of ``draw`` beside its nearest training row."""
    choice = chosen(choices, len(draw.codes))
    attributes = services.bundles.attributes(spec.bundle).shape[1]
    height = HEIGHT + MORE * max(attributes - 1, 0)
    with st.container(border=True, height=height, vertical_alignment="center"):
        if choice is None:
            st.caption("Choose a picture to see the training row that is nearest to it.")
        else:
            _detail(spec, draw, choice)


def _detail(spec: SamplerSpec, draw: Any, choice: int) -> None:
    row, distance = _nearest(spec.bundle, draw.codes[choice])
    began = "" if draw.rows is None else f"began at {int(draw.rows[choice]):,}"
    if draw.rows is not None and int(draw.rows[choice]) == row:
        began = "began there"
    said = f"<b>picture&nbsp;{choice + 1}</b><br>{began}"
    _beside_row(spec.bundle, draw.images[choice], said, row, distance)


def new_picture(name: str, image: ArrayLike, code: FloatArray, said: str) -> None:
    """A picture, what is ``said`` of it in HTML, and the row that is nearest to its code."""
    _beside_row(name, image, said, *_nearest(name, code), wrap=True)


def _beside_row(
    name: str, image: ArrayLike, said: str, row: int, distance: float, *, wrap: bool = False
) -> None:
    words = escape(services.bundles.words_of(name, row))
    nearest = f"<b>row&nbsp;{row:,}</b><br>nearest, {distance:.3g} away<br>{words}"
    pictures = [(quantize(image), said), (services.images.sheet(name, (row,))[0], nearest)]
    share_bar.beside(pictures, side=64, wrap=wrap)


def _nearest(name: str, code: FloatArray) -> tuple[int, float]:
    rows, distances = services.draws.nearest(name, code[None])
    return int(rows[0]), float(distances[0])
