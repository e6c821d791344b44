"""What is told of a layer under its map: connections, the mask variable, how it was trained."""

from __future__ import annotations

import streamlit as st

from aegen.app.pages.masks import state
from aegen.app.pages.masks.layer_map import change_of, epoch_of
from aegen.app.services import interventions, tickets
from aegen.app.widgets import mask_curves
from aegen.app.widgets.chart import chart, paper
from aegen.app.widgets.markdown import sentence
from aegen.app.widgets.mask_layer import MaskedLayer

__all__ = ["layer_figures"]


def layer_figures(name: str, layer: MaskedLayer) -> None:
    """Three columns, the third about the whole network."""
    one, two, three = st.columns(3, gap="medium")
    with one:
        _connections(name, layer)
    with two:
        _variable(name, layer)
    with three:
        _training(name)


def _connections(name: str, layer: MaskedLayer) -> None:
    """Fan-in and fan-out, and what could go without a difference."""
    from aegen.figures.fan_in_histogram import degrees
    from aegen.supermask.paths import fan_in, fan_out

    epoch, change = epoch_of(name), change_of(name)
    mask = interventions.changed_masks(name, epoch, change)[layer.name]
    into, out = fan_in(mask), fan_out(mask)
    inputs = "channels" if layer.convolution else "inputs"
    st.markdown("**Connections**")
    source = "a channel" if layer.convolution else "an input"
    for key, counted, what, across in (
        ("fan-in", into, f"{layer.unit}s", f"weights into a {layer.unit}"),
        ("fan-out", out, inputs, f"weights from {source}"),
    ):
        chart(degrees(counted, what=what, across=f"{across} ({key})", paper=paper()), key=key)
    found = interventions.paths_of(name, epoch, change)
    if found is None:
        return
    here = found[layer.name]
    dead = int(here.dead.sum())
    unread = int((out == 0).sum())
    off = sum(each.off_path for each in found.values())
    st.caption(
        f"{dead:,} of {len(into):,} {layer.unit}s are dead: they always say 0, or nobody reads "
        f"them. {unread:,} of {len(out):,} {inputs} are not read. {here.off_path:,} of the "
        f"layer's weights lie on no path from input to output ({off:,} in the whole network): "
        "they could be dropped without a difference."
    )


def _variable(name: str, layer: MaskedLayer) -> None:
    st.markdown("**Mask variable**")
    known = tickets.history(name)
    if known is None:
        st.caption(f"{sentence(tickets.history_problem(name))}, so it is not known.")
        return
    factor = state.threshold.get()
    chart(
        mask_curves.variable(name, layer.name, factor, epoch_of(name), paper()),
        key="mask-variable",
    )
    st.caption(
        "One real number stands behind each weight, and is all that was trained: above the "
        "threshold its weight is kept, below minus the threshold inverted, between them dropped. "
        "Counts are on a logarithmic scale."
    )


def _training(name: str) -> None:
    st.markdown("**Training**")
    known = tickets.history(name)
    if known is None:
        st.caption(f"{sentence(tickets.history_problem(name))}, so there is nothing to replay.")
        return
    mask_curves.curves(known, now=epoch_of(name), key="training")
    st.caption("Flips: weights that changed between kept, inverted and dropped in an epoch.")
