"""The panel of a job: how far it is, Cancel, what went wrong, and how to start it again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from aegen.app import services
from aegen.app.jobs.job import Job
from aegen.app.services.samplers import SamplerSpec
from aegen.app.state import visit, watching
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["cancel", "end", "failed", "offer", "progress", "ready", "stopped", "time_left"]

POLL = 0.5
"""Seconds between two looks at a job."""

SURE = 0.1
"""Share done from which on the time that is left can be told."""


def progress(
    job: Job,
    on_cancel: Callable[..., Any],
    *args: Any,
    title: str = "",
    label: str = "Cancel",
    said: Callable[[], tuple[float, str] | None] | None = None,
    every: float = POLL,
    key: str = "cancel",
    below: Callable[[], None] | None = None,
) -> None:
    """Shows how far a job is, and runs the page anew when it is over; this visit watches it.

    Args:
        job: the job.
        on_cancel: called when the button is pressed.
        *args: what it is called with.
        title: a heading, as Markdown, in a frame with the rest.
        label: of the button.
        said: gives the share done and a sentence as Markdown, by default what the job reports;
            None where the page has something else to show.
        every: seconds between two looks.
        key: of the button, where a page shows two jobs.
        below: draws what stands below the bar, at each look.
    """
    watching.watch(job)
    visit.memory().endings[job.name] = functools.partial(on_cancel, *args)

    @st.fragment(run_every=every)
    def look() -> None:
        standing = said() if said else _percent(job)
        if job.over and job.told:  # in the sidebar, or in another tab
            on_cancel(*args)
        if standing is None or job.over or not job.watched_by(visit.session_id()):
            st.rerun()
        share, text = standing
        if job.state == "waiting":
            share, text = 0.0, "Waiting for other work to end"
        text = "Stopping" if job.stopping else f"{text} · {time_left(job.seconds, share)}"
        with st.container(border=bool(title), gap="small"):
            if title:
                st.markdown(title)
            with st.container(
                horizontal=True, vertical_alignment="center", key=f"aegen-job-{key}"
            ):
                st.progress(min(max(share, 0.0), 1.0), text)
                if not job.goes_on or job.is_theirs():
                    st.button(
                        label,
                        icon=":material/stop_circle:",
                        on_click=on_cancel,
                        args=args,
                        key=key,
                        help="It goes on when you leave this page."
                        if job.goes_on
                        else "Without anybody who waits for it, it ends within a minute.",
                    )
            if below is not None:
                below()

    look()


def _percent(job: Job) -> tuple[float, str]:
    if not job.text and not job.share:
        return 0.0, "Starting"
    return job.share, " · ".join(filter(None, [f"{100 * job.share:.0f} %", plain(job.text)]))


def time_left(seconds: float, share: float) -> str:
    """The time so far, and about how much is left where that can be told.

    Example:
        >>> time_left(75, 0.5), time_left(75, 0)
        ('1:15 so far, about 1:15 left', '1:15 so far')
    """
    spent = f"{int(seconds) // 60}:{int(seconds) % 60:02d} so far"
    if not SURE <= share < 1:
        return spent
    left = round(seconds * (1 - share) / share)
    return f"{spent}, about {left // 60}:{left % 60:02d} left"


def failed(
    job: Job, again: Callable[..., Any] | None = None, *args: Any, label: str = "Try again"
) -> None:
    """Shows why a job failed, with a button to try again, which calls ``again(*args)``."""
    assert job.problem is not None
    if not isinstance(job.problem, AegenError):
        raise job.problem
    show_problem(job.problem)
    offer("", label, ":material/replay:", again or job.forget, *args)


def offer(
    words: str,
    label: str,
    icon: str,
    act: Callable[..., Any],
    *args: Any,
    kind: Literal["primary", "secondary"] = "secondary",
) -> None:
    """A sentence as Markdown on how work stands, and the button that begins or goes on with it."""
    if words:
        st.markdown(words)
    st.button(label, icon=icon, on_click=act, args=args, type=kind, key=f"job {label}")


def end(job: Job) -> None:
    """End a job, whoever watches: its page, if this visit has it open, does not begin it again."""
    visit.memory().endings.pop(job.name, lambda: None)()
    job.cancel()


def cancel(request: Any, job: Job) -> None:
    """This visit wants what it requested no longer, and does not begin it again by itself."""
    visit.stopped().add(request)
    job.leave(visit.session_id())


def stopped(request: Any, words: str, label: str) -> bool:
    """Whether the person cancelled this request, which is then said with a way to start again."""
    if request not in visit.stopped():
        return False
    with st.container(border=True):
        offer(words, label, ":material/replay:", visit.stopped().discard, request)
    return True


def ready(spec: SamplerSpec) -> bool:
    """Whether the latent model is there to draw from; if not, the page says how that stands.

    A slow one is fitted from the first time that somebody asks; a person who cancelled it is asked
    whether to start it again.
    """
    if services.samplers.at_hand(spec):
        visit.stopped().discard(spec)
        return True
    title = plain(services.samplers.title_of(spec.sampler))
    if stopped(spec, f"Fitting {title} was cancelled; nothing of it is kept.", "Start again"):
        return False
    job = services.samplers.fitting(spec)
    if job is None:
        return True
    if job.problem is None:
        progress(job, cancel, spec, job, title=f"**Fitting {title}**")
    else:
        failed(job)
    return False
