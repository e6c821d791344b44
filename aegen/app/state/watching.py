"""Which jobs a visit watches: those that its page asks for, and no longer than it does."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aegen.app.jobs.job import Job
from aegen.app.state import visit

__all__ = ["page_run", "part_run", "watch"]


class _Run(NamedTuple):
    """A run of a page or a part: the jobs that it asked for, and with them those of the last run.

    ``turn`` is that of the visit when it began. Streamlit begins the next run of a page while the
    last one still finishes a computation: what that one says from then on does not count.
    """

    turn: object
    asked: set[Job]
    known: set[Job]


_runs: ContextVar[tuple[_Run, ...]] = ContextVar("runs", default=())
"""The runs that are going on, a page's and those of parts in it."""

_turns = threading.Lock()
"""Held while a run takes its turn, and while one that has it notes what it asks for."""


def _asker() -> str:
    return "" if get_script_run_ctx(suppress_warning=True) is None else visit.visitor()


Job.asker = staticmethod(_asker)


def watch(job: Job) -> None:
    """Watch a job, as long as the session is connected and its page goes on asking for it."""
    runs = _runs.get()
    with _turns:
        if runs and runs[0].turn is not visit.memory().turn:
            return
        job.watch(visit.session_id(), _present())
        for run in runs:
            run.asked.add(job)
            run.known.add(job)


@contextmanager
def page_run(page: str) -> Iterator[None]:
    """A run of a whole page, which first releases the jobs of another page."""
    memory = visit.memory()
    with _turns:
        memory.turn = object()
        if memory.watching != page:
            for job in set().union(*memory.watched.values()):
                job.release(memory.session_id)
            memory.watching, memory.watched = page, {}
        memory.watched[""] = set().union(*memory.watched.values())
    with part_run(""):
        yield


@contextmanager
def part_run(part: str) -> Iterator[None]:
    """A run of a part, which leaves the jobs that its last run asked for and this one does not.

    A run that was interrupted, as by a rerun, may not have come to ask.
    """
    memory, runs = visit.memory(), _runs.get()
    with _turns:
        before = memory.watched.get(part, set())
        run = _Run(runs[0].turn if runs else memory.turn, set(), set(before))
        if run.turn is memory.turn:
            memory.watched[part] = run.known
    token, whole = _runs.set((*runs, run)), True
    try:
        yield
    except BaseException as problem:
        whole = isinstance(problem, Exception)
        raise
    finally:
        _runs.reset(token)
        with _turns:
            whole = whole and run.turn is memory.turn
            if whole:
                memory.watched[part] = run.asked
        for job in before - run.asked if whole else ():
            job.leave(memory.session_id)


def _present() -> Callable[[], bool]:
    """Tells whether this session is connected."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    return functools.partial(runtime.get_instance().is_active_session, context.session_id)
