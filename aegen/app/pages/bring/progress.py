"""How the making of a bundle goes: how far it is, Cancel, and the first new pictures of it."""

from __future__ import annotations

import streamlit as st

from aegen.app import navigation, services
from aegen.app.components.image_grid import image_grid
from aegen.app.jobs.job import Job
from aegen.app.pages.bring import state
from aegen.app.server.sharing import sharing
from aegen.app.services.creations import CreationConfig
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import link, visit
from aegen.app.state.uploads import uploads
from aegen.app.widgets import job_status
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError
from aegen.core.images import quantize

__all__ = ["begin", "progress"]

MODEL = "empirical-beta-copula"
"""The latent model that draws the first new pictures."""

DRAWS = 16


def begin(asked: CreationConfig) -> None:
    """Begin to make a bundle, or go on; its files stay until it is made."""
    try:
        services.creations.start_creation(asked, kept=uploads())
    except AegenError as problem:
        visit.notify(f"{problem}.")
        return
    state.making.set(asked.name)


def progress() -> bool:
    """The bundle that is being made, or was; gives whether the form is to be shown as well."""
    if not state.making.get() and (visit.is_local() or sharing().shared):
        state.making.set(services.creations.running())  # begun before this page was loaded anew
    name = state.making.get()
    job = services.creations.creation_job(name) if name else None
    if job is None or job.state == "stopped":
        return True
    if job.state == "done":
        _made(name)
        return False
    if job.state == "failed":
        _failed(job)
        return True
    job_status.progress(job, _cancel, job, title=f"**Making the bundle {plain(name)}**")
    return False


def _cancel(job: Job) -> None:
    job.cancel()
    job.wait(3)


def _failed(job: Job) -> None:
    """Why it could not be made; the form below begins it again."""
    assert job.problem is not None
    if not isinstance(job.problem, AegenError):
        raise job.problem
    show_problem(job.problem)


def _made(name: str) -> None:
    """The first new pictures, and the way to the map."""
    opened = services.bundles.bundle(name)
    st.success(
        f"**{plain(opened.title)}** is made: {opened.manifest.rows:,} rows, and "
        f"{opened.manifest.holdout_rows:,} held out.",
        icon=":material/check:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Open it on the map", icon=":material/scatter_plot:", type="primary"):
            link.bundle.set(name)
            st.switch_page(navigation.entry("latent-map").path)
        job_status.offer("", "Make another", ":material/restart_alt:", _another)
    try:
        draw = services.draws.draw(SamplerSpec(name, MODEL), DRAWS, 0)
    except AegenError as problem:  # too few rows for it, say: the bundle is there all the same
        show_problem(problem)
        return
    image_grid(
        quantize(draw.images),
        key="bring-draws",
        label="New pictures",
        names=[f"new picture {k + 1}" for k in range(DRAWS)],
        columns=DRAWS // 2,
    )
    st.caption(
        f"{DRAWS} new rows, drawn by the latent model "
        f"{plain(services.samplers.title_of(MODEL))}. The pages Sample and Compare have others."
    )


def _another() -> None:
    """The files stay, the bundle gets another name."""
    state.making.reset()
    state.name.reset()
    state.title.reset()
