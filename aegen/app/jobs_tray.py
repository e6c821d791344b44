"""The tray of jobs in the sidebar: what runs, whose it is, how far it is, and how to stop it."""

from __future__ import annotations

import streamlit as st

from aegen.app.jobs import process
from aegen.app.jobs.job import Job
from aegen.app.state import visit
from aegen.app.widgets.job_status import end, time_left
from aegen.app.widgets.markdown import plain

__all__ = ["jobs_tray"]

BUSY, IDLE = 1.5, 5.0
"""Seconds between two looks, while something runs and while nothing does."""

MOST = 3
"""Jobs that are shown."""


def jobs_tray() -> None:
    """What runs at this moment, in the sidebar; nothing where nothing does."""
    with st.sidebar:
        st.fragment(_jobs, run_every=BUSY if _running() else IDLE)()


def _running() -> list[Job]:
    """Those that work or wait, the first begun on top."""
    return sorted((job for job in process.known() if not job.over), key=lambda job: -job.seconds)


def _jobs() -> None:
    jobs = _running()
    if not jobs:
        return
    with st.container(key="aegen-jobs", border=True, gap="small"):
        st.markdown(f"**At work** :gray[· {len(jobs)}]")
        for job in jobs[:MOST]:
            _job(job)
        if len(jobs) > MOST:
            st.caption(f"and {len(jobs) - MOST} more")


def _job(job: Job) -> None:
    theirs = job.is_theirs()
    share = min(max(job.share, 0.0), 1.0)
    with st.container(gap="xsmall"):
        # What a stranger works on is nobody else's business.
        st.caption(f"**{plain(job.title if theirs and job.title else 'Other work')}**")
        st.progress(0.0 if job.state == "waiting" else share, _standing(job, share, theirs))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_whose(job, theirs), width="stretch")
            if not theirs:
                return
            if job.state == "waiting":
                st.button(
                    "Mine first",
                    key=f"first {job.name}",
                    icon=":material/vertical_align_top:",
                    type="tertiary",
                    on_click=job.hurry,
                    help="It begins as soon as other work ends, before what else waits.",
                )
            st.button(
                "End it",
                key=f"stop {job.name}",
                icon=":material/stop_circle:",
                type="tertiary",
                on_click=end,
                args=(job,),
                disabled=job.stopping,
            )


def _standing(job: Job, share: float, theirs: bool) -> str:
    if job.stopping:
        return "Stopping"
    if job.state == "waiting":
        return "Waits for its turn"
    said = f" · {plain(job.text)}" if theirs and job.text else ""
    return f"{100 * share:.0f} %{said} · {time_left(job.seconds, share)}"


def _whose(job: Job, theirs: bool) -> str:
    """Who waits for it."""
    if not theirs:
        return "another visitor's"
    if job.watched_by(visit.session_id()):
        return "for this page"
    ends = job.ends_in
    if ends is not None:
        return f"nobody waits: ends in {ends:.0f} s"
    return "goes on by itself" if job.goes_on else "for another tab or page"
