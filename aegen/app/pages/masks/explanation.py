"""What keep, invert and drop do, to be tried on ten weights of the layer."""

from __future__ import annotations

import numpy as np
import streamlit as st

from aegen.app.components.ten_weights import ten_weights
from aegen.app.services import tickets
from aegen.app.widgets.mask_layer import MaskedLayer

__all__ = ["explanation"]


def explanation(name: str, layer: MaskedLayer) -> None:
    """A figure to play with, folded away."""
    with st.popover("Try it on ten weights", icon=":material/science:"):
        st.markdown("**Keep, invert, drop**")
        few = tickets.few_weights(name, layer.name)
        st.caption(
            "From top to bottom: what an input says (drag it), the weight as it was drawn once by "
            "chance and then frozen, what the mask does with it (click it), the weight that acts, "
            "and what it adds. Training has only chosen the masks: kept weights stay, inverted "
            "ones change their sign, dropped ones are 0."
        )
        ten_weights(
            few.weights,
            few.mask,
            np.random.default_rng(few.unit).uniform(0.2, 1, len(few.weights)).round(1).tolist(),
            key="ten-weights",
            title=f"{layer.unit} {few.unit} of {layer.name}",
            names=[_input(layer, place) for place in few.inputs],
        )


def _input(layer: MaskedLayer, place: int) -> str:
    """Which input it is, by the layer's axes."""
    axes = layer.axes[1:]
    at = np.unravel_index(place, [size for _, size in axes])
    return ", ".join(f"{axis} {k}" for (axis, _), k in zip(axes, at, strict=True))
