"""What if: a ticket changed by hand, and how it then does on held-out images."""

from __future__ import annotations

import functools
import math
import time
from typing import Any

import streamlit as st

from aegen.app import glossary, services
from aegen.app.components.drawing import drawing
from aegen.app.components.network_row import Layer, network_row
from aegen.app.jobs.job import Job
from aegen.app.pages.masks import state
from aegen.app.pages.masks.layer_map import asked_change, change_of, epoch_of, layers_of
from aegen.app.services.interventions import MaskChange
from aegen.app.state import formats, link, visit, watching
from aegen.app.widgets import bound, job_status
from aegen.app.widgets.markdown import plain, sentence

__all__ = ["awaited", "look_again", "what_if"]

PATIENCE, POLL = 0.6, 1.0
"""Seconds that a page waits for an evaluation, and between two looks when it takes longer."""

FACTORS = (0.0, 0.25, 0.5, *(k / 10 for k in range(6, 16)), 1.75, 2.0, 2.5, 3.0, 4.0)
"""Of the threshold, finer where a mask changes gently."""

PERCENT = 0, 100


def what_if(name: str, layer: str, shown: MaskChange) -> None:
    """Controls on the left, what comes of them on the right.

    Args:
        name: of the ticket.
        layer: the one that the page shows.
        shown: the change that the page's map and figures show.
    """
    if not visit.page_runs() and (layer, shown) != (state.layer.get(), change_of(name)):
        st.rerun()
    st.subheader("What if", anchor=False)
    st.caption(
        glossary.linked(
            "Change the masks by hand and see what it costs. [Shuffled masks] keep the numbers of "
            "weights and lose their places."
        )
    )
    left, right = st.columns([1, 1.35], gap="large")
    with left:
        _controls(name)
    change = asked_change(name)
    with right:
        _outcome(name, change)
    _structure(name, change)


def _controls(name: str) -> None:
    """The threshold, and what is done to the masks after it."""
    layers = list(services.tickets.ticket(name).layers)
    known = services.tickets.history(name)
    movable = known is not None and bool(known.last) and epoch_of(name) is None
    _slide(
        st.select_slider,
        "Threshold, times the trained one",
        state.threshold,
        sorted({*FACTORS, state.threshold.get()}),
        format_func="{:g} ×".format,
        disabled=not movable,
        help="A weight remains where its mask variable is beyond the threshold.",
    )
    if not movable:
        why = (
            f"{services.tickets.history_problem(name)}, so the threshold cannot be moved."
            if known is None
            else "the mask variable is kept of the last epoch: go there to move the threshold."
        )
        st.caption(sentence(why))
    _slide(
        st.slider,
        "Put back of what was dropped",
        state.back,
        *PERCENT,
        format="%d %%",
        help="Percent of the dropped weights of each layer, kept with their frozen values.",
    )
    _slide(
        st.slider,
        "Un-invert of what was inverted",
        state.straight,
        *PERCENT,
        format="%d %%",
        help="Percent of the inverted weights of each layer that get their frozen signs back.",
    )
    with st.container(horizontal=True):
        bound.choose(
            "Shuffle within",
            state.shuffled,
            ["", *layers, "all"],
            format_func=_named,
            help="The same numbers of kept, inverted and dropped weights, at random places: "
            "what is lost is what the places mean.",
            width=150,
        )
        bound.choose(
            "Drop whole",
            state.dropped,
            ["", *layers],
            format_func=_named,
            help="Of a layer that is dropped nothing remains; nor can anything pass.",
            width=150,
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        bound.number(
            "Seed",
            state.seed,
            0,
            formats.HIGHEST_SEED,
            width=110,
            help="Decides which weights are taken at random.",
        )
        st.button(
            "Undo all",
            icon=":material/undo:",
            on_click=_undo,
            disabled=asked_change(name).nothing,
        )
    bound.switch(
        "Show the change on the map, too",
        state.on_map,
        help="Map, bars and connections above then show the changed masks.",
    )


def _slide(widget: Any, label: str, item: link.Item[Any], *values: Any, **how: Any) -> None:
    """One of Streamlit's sliders, bound to a choice."""
    key = bound.bind(item)
    widget(label, *values, key=key, on_change=bound.take, args=(item, key), **how)


def _named(layer: str) -> str:
    return {"": "no layer", "all": "all layers"}.get(layer, layer)


def _undo() -> None:
    for item in state.WHAT_IF:
        item.reset()


def _outcome(name: str, change: MaskChange) -> None:
    """Accuracy before and after, with the confusion matrix."""
    sets = {each.key: each for each in services.evaluation_data.evaluation_sets(name)}
    if not sets:
        _nothing_to_evaluate_on(name)
        return
    key = next(iter(sets))
    if state.evaluation_set.get() not in sets:
        state.evaluation_set.set(key)
    if len(sets) > 1:
        key = bound.choose(
            "Evaluated on",
            state.evaluation_set,
            list(sets),
            format_func=lambda key: sets[key].title,
            width=330,
        )
    jobs = _jobs(name)
    if not _evaluated(jobs):
        return
    before, after = jobs[0].result, jobs[-1].result
    redraws = services.reconstruction.picture(name) is not None
    right = "recognised once redrawn" if redraws else "right"
    _headline(before.accuracy, after.accuracy, after.n, change.nothing, right)
    from aegen.figures.confusion import confusion

    _, labels, names = services.evaluation_data.examples_of(name, key)
    drawing(
        confusion(after.confusion, names, before=None if change.nothing else before.confusion),
        key="confusion",
    )
    some = f"the first {after.n:,} of " if after.n < len(labels) else ""
    teller = ""
    if redraws:
        title = plain(services.bundles.bundle(services.evaluation_data.classifier_of(name)).title)
        teller = f" This autoencoder redraws each, and the classifier of {title} tells what it is."
    st.caption(
        f"Rows: what it is; columns: what it is taken for. Evaluated on {some}"
        f"{plain(sets[key].about)}.{teller}"
    )


def _jobs(name: str) -> list[Job]:
    """The evaluations of the ticket as it is and as changed, begun if need be."""
    sets = [each.key for each in services.evaluation_data.evaluation_sets(name)]
    if not sets:
        return []
    chosen = state.evaluation_set.get()
    key, epoch = chosen if chosen in sets else sets[0], epoch_of(name)
    changes = dict.fromkeys((services.interventions.UNCHANGED, asked_change(name)))
    return [services.interventions.evaluation(name, key, epoch, change) for change in changes]


def _evaluated(jobs: list[Job]) -> bool:
    """Whether the figures are there; if not, other parts of the page stay usable meanwhile."""
    for job in jobs:
        watching.watch(job)
    until = time.monotonic() + PATIENCE
    if not all(job.wait(max(0.0, until - time.monotonic())) for job in jobs):
        if not visit.page_runs():
            st.rerun()  # so that `awaited` looks again
        st.caption(
            "Working it out: the first time, held-out images are prepared, which takes a while."
        )
        return False
    for job in jobs:
        if job.problem is not None:
            job_status.failed(job)
            return False
    return all(job.result is not None for job in jobs)


def look_again(name: str) -> float | None:
    """Seconds after which the page looks again whether the figures are there; None: they are."""
    return None if all(job.over for job in _jobs(name)) else POLL


def awaited(name: str) -> None:
    """Draws the page anew once the figures are there, beside `what_if` and not in it.

    Where a part lies in another that is drawn anew before all of it has arrived, Streamlit's page
    goes white.
    """
    if not visit.page_runs() and look_again(name) is None:
        st.rerun()


def _headline(before: float, after: float, n: int, unchanged: bool, right: str) -> None:
    """Accuracy with its 95 % interval."""
    half = 196 * math.sqrt(max(after * (1 - after), 1 / n) / n)
    change = (
        "as trained"
        if unchanged
        else f"before {100 * before:.2f} %, a change of {100 * (after - before):+.2f} points"
    )
    st.html(
        '<div style="display:flex;align-items:baseline;gap:12px;flex-wrap:wrap">'
        f'<span style="font-size:2.1rem;font-weight:600;font-variant-numeric:tabular-nums">'
        f"{100 * after:.2f} %</span>"
        f'<span style="opacity:.75">{right}, ± {half:.2f} · {change}</span></div>'
    )


def _nothing_to_evaluate_on(name: str) -> None:
    """What a person can do to see accuracy."""
    ticket, redraws = (
        services.tickets.ticket(name),
        services.reconstruction.picture(name) is not None,
    )
    data, icon = str(ticket.about.get("data", "")), ":material/info:"
    below = "What changes in the layers is shown below."
    if redraws and not services.evaluation_data.classifier_of(name):
        words = (
            "An autoencoder is evaluated by a classifier of what it redraws, and no bundle here "
            f"with the same data set and size of pictures has one. {below}"
        )
    elif not ticket.has_plan and not redraws:
        words = (
            "This ticket holds masks for a network that is described elsewhere: it can be looked "
            "at, but not run."
        )
    elif not data:
        words = "The ticket does not say which data it was trained on."
    else:
        icon = ":material/image:"
        title = services.evaluation_data.DATA_TITLES.get(data, data)
        words = (
            f"To see accuracy, {plain(title)} images are needed, which are not shipped: "
            f"put them into a folder `{plain(data)}`, name the folder "
            f"above it in the environment variable AEGEN_DATA, and start the app again. {below}"
        )
    st.info(words, icon=icon)


def _structure(name: str, change: MaskChange) -> None:
    """The layers after the change."""
    if change.nothing:
        return
    counts = services.interventions.changed_counts(name, epoch_of(name), change)
    layers = layers_of(name)
    kept, inverted, dropped = (sum(column) for column in zip(*counts.values(), strict=True))
    share = (kept + inverted) / (kept + inverted + dropped)
    st.caption(f"The layers after the change: {100 * share:.2f} % of all weights remain.")
    network_row(
        [Layer(each.name, each.words, counts[each.name]) for each in layers],
        key="changed-row",
        label="Layers after the change",
        on_choose=functools.partial(_look_at, [layer.name for layer in layers]),
    )


def _look_at(layers: list[str], place: int) -> None:
    state.layer.set(layers[place])
