"""Which jobs a visit watches: those that its page asks for, and no longer than it does."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aegen.app.jobs.job import Job
from aegen.app.state import visit

__all__ = ["page_run", "part_run", "watch"]

_runs: ContextVar[tuple[set[Job], ...]] = ContextVar("runs", default=())
"""The jobs asked for so far by the runs that are going on, a page's and those of parts in it."""


def _asker() -> str:
    return "" if get_script_run_ctx(suppress_warning=True) is None else visit.visitor()


Job.asker = staticmethod(_asker)


def watch(job: Job) -> None:
    """Watch a job, as long as the session is connected and its page goes on asking for it."""
    job.watch(visit.session_id(), _present())
    for asked in _runs.get():
        asked.add(job)


@contextmanager
def page_run(page: str) -> Iterator[None]:
    """A run of a whole page, which first releases the jobs of another page."""
    memory = visit.memory()
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
    memory = visit.memory()
    before, asked, whole = memory.watched.get(part, set()), set[Job](), True
    token = _runs.set((*_runs.get(), asked))
    try:
        yield
    except BaseException as problem:
        whole = isinstance(problem, Exception)
        raise
    finally:
        _runs.reset(token)
        memory.watched[part] = asked if whole else before | asked
        for job in before - asked if whole else ():
            job.leave(memory.session_id)


def _present() -> Callable[[], bool]:
    """Tells whether this session is connected."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    return functools.partial(runtime.get_instance().is_active_session, context.session_id)
