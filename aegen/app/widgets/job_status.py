"""While a slow latent model is fitted: how far it is, a way to stop it, and to start it again."""

from __future__ import annotations

import streamlit as st

from aegen.app import services
from aegen.app.services import SamplerSpec
from aegen.app.state import visit
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["ready"]

POLL = 0.5
"""Seconds between two looks at a job."""


def ready(spec: SamplerSpec) -> bool:
    """Whether the latent model is there to draw from; if not, the page says how that stands.

    A slow one is fitted from the first time that somebody asks; a person who stopped it is asked
    whether to start it again.
    """
    if spec in visit.stopped():
        if not services.at_hand(spec):
            _stopped(spec)
            return False
        visit.stopped().discard(spec)
    job = services.fitting(spec)
    if job is None:
        return True
    if job.problem is not None:
        _failed(spec, job.problem)
    else:
        _progress(spec)
    return False


@st.fragment(run_every=POLL)
def _progress(spec: SamplerSpec) -> None:
    """Looks again by itself; the page runs anew when the job is over."""
    job = None if spec in visit.stopped() else services.fitting(spec)
    if job is None or job.over:
        st.rerun()
    job.watch(visit.session_id())
    with st.container(border=True, gap="small"):
        st.markdown(f"**Fitting {plain(services.title_of(spec.sampler))}**")
        st.progress(min(max(job.share, 0.0), 1.0), _standing(job.state, job.share, job.text))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Cancel", icon=":material/stop_circle:", on_click=_stop, args=(spec,), key="cancel"
            )
            minutes, seconds = divmod(int(job.seconds), 60)
            st.caption(f"{minutes}:{seconds:02d} so far; other pages stay usable meanwhile.")


def _standing(now: str, share: float, text: str) -> str:
    """How a job stands, in a line."""
    if now == "waiting":
        return "Waiting for another fit to end"
    if not text and not share:
        return "Starting"
    return f"{100 * share:.0f} % · {plain(text)}" if text else f"{100 * share:.0f} %"


def _stop(spec: SamplerSpec) -> None:
    visit.stopped().add(spec)
    job = services.fitting(spec)
    if job is not None:
        job.leave(visit.session_id())


def _stopped(spec: SamplerSpec) -> None:
    with st.container(border=True):
        title = plain(services.title_of(spec.sampler))
        st.markdown(f"Fitting {title} was cancelled; nothing of it is kept.")
        _again("Start again", spec)


def _failed(spec: SamplerSpec, problem: Exception) -> None:
    if not isinstance(problem, AegenError):
        raise problem
    show_problem(problem)
    _again("Try again", spec)


def _again(label: str, spec: SamplerSpec) -> None:
    st.button(label, icon=":material/replay:", on_click=_start, args=(spec,), key="again")


def _start(spec: SamplerSpec) -> None:
    visit.stopped().discard(spec)
    services.give_up(spec)
