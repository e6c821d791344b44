"""What is told of a layer under its map: connections, the mask variable, how it was trained."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from aegen.app.components.epoch import follow_epoch
from aegen.app.pages.masks import state
from aegen.app.pages.masks.layer_map import MAP, change_of, last_epoch, passing_epoch
from aegen.app.services import interventions, tickets
from aegen.app.widgets import mask_curves
from aegen.app.widgets.chart import chart, drawn, paper
from aegen.app.widgets.markdown import sentence
from aegen.app.widgets.mask_layer import MaskedLayer

__all__ = ["layer_figures"]


def layer_figures(name: str, layer: MaskedLayer) -> None:
    """Three columns, the third about the whole network; they follow the map's epochs."""
    epoch = passing_epoch(name)
    shown = last_epoch(name) if epoch is None else epoch
    follow_epoch(MAP, shown, key="charts-epoch", on_epoch=state.passing.set)
    one, two, three = st.columns(3, gap="medium")
    with one:
        _connections(name, layer, epoch)
    with two:
        _variable(name, layer, epoch)
    with three:
        _training(name, epoch)


def _connections(name: str, layer: MaskedLayer, epoch: int | None) -> None:
    """Fan-in and fan-out, and what could go without a difference."""
    from aegen.figures.fan_in_histogram import degrees
    from aegen.supermask.paths import fan_in, fan_out

    change = change_of(name)
    if epoch is not None:  # the mask variable is known of the last epoch alone
        change = replace(change, threshold=1.0)
    mask = interventions.changed_masks(name, epoch, change)[layer.name]
    into, out = fan_in(mask), fan_out(mask)
    inputs = "channels" if layer.convolution else "inputs"
    st.markdown("**Connections**")
    source = "a channel" if layer.convolution else "an input"
    for key, counted, what, across in (
        ("fan-in", into, f"{layer.unit}s", f"weights into a {layer.unit}"),
        ("fan-out", out, inputs, f"weights from {source}"),
    ):
        across = f"{across} ({key})"
        chart(drawn(degrees, counted, what=what, across=across, paper=paper()), key=key)
    st.caption("Orange: none at all. Dashed: the median.")
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


def _variable(name: str, layer: MaskedLayer, epoch: int | None) -> None:
    st.markdown("**Mask variable**")
    known = tickets.history(name)
    if known is None:
        st.caption(f"{sentence(tickets.history_problem(name))}, so it is not known.")
        return
    factor = state.threshold.get()
    chart(
        mask_curves.variable(name, layer.name, factor, epoch, paper()),
        key="mask-variable",
    )
    st.caption(
        "One real number stands behind each weight, and is all that was trained: above the "
        "threshold (dashed) its weight is kept, below minus the threshold inverted, between them "
        "dropped. Colours as on the map; counts are on a logarithmic scale."
    )


def _training(name: str, epoch: int | None) -> None:
    st.markdown("**Training**")
    known = tickets.history(name)
    if known is None:
        st.caption(f"{sentence(tickets.history_problem(name))}, so there is nothing to replay.")
        return
    mask_curves.curves(known, now=epoch, key="training")
    st.caption("Flips: weights that changed between kept, inverted and dropped in an epoch.")
