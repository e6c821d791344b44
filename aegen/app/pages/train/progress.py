"""How a training goes: start, stop, go on; curves, where the first layer looks, and its ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from aegen.app import navigation, services
from aegen.app.components.network_row import Layer, network_row
from aegen.app.jobs.job import Job
from aegen.app.pages.masks import state as masks_state
from aegen.app.services.trainings import TrainingConfig
from aegen.app.state import visit
from aegen.app.widgets import job_status, share_bar, ticket_names
from aegen.app.widgets.markdown import sentence
from aegen.app.widgets.mask_curves import colours, curves
from aegen.app.widgets.mask_layer import MaskedLayer
from aegen.core.images import grid

if TYPE_CHECKING:
    from aegen.supermask.training.history import History

__all__ = ["progress"]

POLL = 1.0
"""Seconds between two looks at a training."""

SEEN = 24
"""Training images that are shown."""

PLAY = ":material/play_arrow:"

Stage = Literal["new", "running", "part", "done", "failed"]


def progress(asked: TrainingConfig) -> None:
    """The training as it stands; while it runs, every new epoch shows."""
    stage, found = _stage(asked), services.trainings.trained(asked)
    with st.container(horizontal=True, vertical_alignment="center", key="aegen-training"):
        _standing(asked, stage, 0 if found is None else len(found.records))
    if found is not None:
        _pictures(asked, found)
        if stage != "running":
            _save(asked)
    elif stage == "new":
        _beginning(asked)


def _stage(asked: TrainingConfig) -> Stage:
    job = services.trainings.training_job(asked)
    if job is not None and not job.over:
        return "running"
    found = services.trainings.trained(asked)
    if found is not None and len(found.records) >= asked.epochs:
        return "done"
    if job is not None and job.state == "failed":
        return "failed"
    return "part" if found is not None else "new"


def _pictures(asked: TrainingConfig, found: History) -> None:
    """Figures, curves, where the first layer looks, and all layers."""
    _reached(found)
    left, right = st.columns([1, 1.15], gap="large")
    with left:
        curves(found, last=asked.epochs, key="training-curves")
    with right:
        _looks(asked, found)
    _layers(found)


def _beginning(asked: TrainingConfig) -> None:
    st.info(
        "Press *Train*: you will see accuracy, what remains and how many weights change by epoch, "
        "and where the first layer begins to look. It runs in a process of its own and goes on "
        "when you leave the page; you can stop it and go on later.",
        icon=":material/model_training:",
    )
    kind, _, name = asked.source.partition(":")
    if kind != "bundle":
        return
    rows = np.linspace(0, services.bundles.bundle(name).manifest.rows - 1, SEEN).astype(int)
    images = services.images.sheet(name, tuple(rows.tolist()))
    st.html(
        f'<img alt="{SEEN} of the pictures that it learns from" '
        f'src="{share_bar.source(grid(images, columns=SEEN // 2))}" '
        'style="width:100%;image-rendering:pixelated;border-radius:6px">'
    )
    st.caption("Some of what it learns from: rows of the bundle as its autoencoder redraws them.")


def _standing(asked: TrainingConfig, stage: Stage, done: int) -> None:
    """A line on how it stands, with what can be done."""
    job = services.trainings.training_job(asked)
    if stage == "running" and job is not None:
        _running(asked, job, done)
    elif stage == "failed" and job is not None:
        job_status.failed(job, services.trainings.start_training, asked)
    elif stage == "new":
        job_status.offer(
            "", "Train", PLAY, services.trainings.start_training, asked, kind="primary"
        )
    elif stage == "part":
        words = f"**Epoch {done} of {asked.epochs} is done.**"
        job_status.offer(
            words, "Continue", PLAY, services.trainings.start_training, asked, kind="primary"
        )
    else:
        st.markdown(f"**All {done} epochs are done.** For more, raise their number.")
    if stage in ("part", "done"):
        job_status.offer(
            "", "Begin anew", ":material/restart_alt:", services.trainings.forget_training, asked
        )


def _running(asked: TrainingConfig, job: Job, shown: int) -> None:
    """How far it is; the page runs anew where another epoch is done than is shown."""

    def said() -> tuple[float, str] | None:
        found = services.trainings.trained(asked)
        if found is not None and len(found.records) != shown:
            return None
        return max(job.share, shown / asked.epochs), sentence(job.text) or "Starting"

    job_status.progress(job, _stop, job, label="Stop", said=said, every=POLL)


def _stop(job: Job) -> None:
    job.leave(visit.session_id())
    job.wait(3)


# pictures


def _reached(found: History) -> None:
    """Accuracy and what remains now."""
    record = found.records[-1]
    facts = [
        (
            f"{100 * record['accuracy']:.2f} %",
            f"right on {found.about.get('test_rows', 0):,} rows",
        ),
        (f"{100 * record['remaining']:.2f} %", "of the weights remain"),
        (f"{record['seconds'] / len(found.records):.1f} s", "an epoch"),
    ]
    columns = "".join(
        f'<div><div style="font-size:1.25rem;font-weight:600;line-height:1.25">{big}</div>'
        f'<div style="font-size:.8rem;opacity:.72">{small}</div></div>'
        for big, small in facts
    )
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:4px 28px;'
        f'font-variant-numeric:tabular-nums">{columns}</div>'
    )


def _looks(asked: TrainingConfig, found: History) -> None:
    """Where the first layer looks, epoch by epoch, on one scale."""
    from aegen.figures.input_map import painted

    maps = services.trainings.first_layer_maps(asked)
    most = max((float(counts.max()) for _, counts in maps), default=1.0)
    units = next(iter(found.layers.values()))[0]
    pictures = "".join(
        '<figure style="margin:0">'
        f'<img src="{share_bar.source(painted(counts, colours(), most))}" '
        f'alt="where the first layer looks after epoch {epoch}" '
        'style="width:100%;display:block;image-rendering:pixelated;border-radius:6px">'
        f'<figcaption style="font-size:.78rem;opacity:.75">epoch {epoch}</figcaption></figure>'
        for epoch, counts in maps
    )
    st.markdown("**Where the first layer looks**")
    st.html(
        '<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax(72px,1fr));'
        f'gap:10px">{pictures}</div>'
    )
    more = "lighter" if st.context.theme.type == "dark" else "darker"
    st.caption(
        f"How many of its {units} units read each pixel: the {more} the more, all epochs on one "
        "scale."
    )


def _layers(found: History) -> None:
    """Every layer's bars."""
    network_row(
        [
            Layer(name, MaskedLayer(name, tuple(shape)).words, (int(k), int(i), int(d)))
            for (name, shape), (k, i, d) in zip(
                found.layers.items(), found.counts[-1], strict=True
            )
        ],
        key="training-layers",
        label="Layers of the network",
    )


# what to do with it


def _save(asked: TrainingConfig) -> None:
    """Look at it on Masks, or have it as files."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Look at its masks", icon=":material/grid_on:", type="primary"):
            name = services.trainings.save_training(asked)
            for item in masks_state.MASKS:
                item.reset()
            masks_state.ticket.set(name)
            ticket_names.brought(name)
            masks = navigation.entry("masks")
            if masks is not None:
                st.switch_page(masks.path)
        for kind, label in (("ticket", "Save ticket"), ("history", "Save history")):
            st.download_button(
                label,
                services.trainings.trained_file(asked, kind),
                file_name=f"fcn-{asked.source.partition(':')[2]}-{asked.seed}.{kind}",
                icon=":material/download:",
                on_click="ignore",
            )
        st.caption(
            "The ticket is the network; its history, kept beside it under the same name, lets the "
            "Masks page replay the training."
        )
