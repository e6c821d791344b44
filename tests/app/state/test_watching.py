"""Which jobs a visit watches where the next run of a page begins before the last one has ended."""

from contextlib import ExitStack
from contextvars import copy_context

import pytest
import streamlit as st

from aegen.app.jobs.job import Job
from aegen.app.state import visit, watching


class Waiting(Job):
    """Work that is never begun."""

    def _work(self):
        raise NotImplementedError


class Run:
    """A run of a page as Streamlit has it: in a thread's context, ended by another one's start."""

    def __init__(self, page, *parts):
        self._context, self._open = copy_context(), ExitStack()
        self._context.run(self._open.enter_context, watching.page_run(page))
        for part in parts:
            self.begin(part)

    def begin(self, part):
        self._context.run(self._open.enter_context, watching.part_run(part))

    def watch(self, job):
        self._context.run(watching.watch, job)

    def end(self, problem=None):
        self._context.run(self._open.__exit__, type(problem) if problem else None, problem, None)


class Stopped(BaseException):
    """As Streamlit's own, by which it ends a run at its next call."""


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    return visit.memory()


@pytest.fixture
def job():
    return Waiting("it")


def watched(job):
    return job.watched_by(visit.session_id())


def test_a_job_is_watched_until_a_run_no_longer_asks_for_it(job):
    for asks in (True, True, False):
        run = Run("sample")
        if asks:
            run.watch(job)
        run.end()
        assert (watched(job), job.stopping) == (asks, not asks)


def test_an_interrupted_run_leaves_no_job_that_it_did_not_come_to_ask_for(job):
    run = Run("sample", "draws")
    run.watch(job)
    run.end()
    run = Run("sample", "draws")
    run.end(Stopped())
    assert watched(job)
    Run("sample", "draws").end()
    assert job.stopping


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("parts", [(), ("draws",)])
def test_a_page_that_still_runs_when_it_is_left_watches_nothing_any_more(job, before, parts):
    old = Run("compare", *parts)
    if before:
        old.watch(job)
    new = Run("bundles")
    if not before:
        old.watch(job)
    old.end(Stopped())
    assert not watched(job)
    new.end()
    assert not watched(job)
    assert not job.stopping  # who left may come back


def test_a_part_that_ends_after_its_page_was_left_says_nothing_of_the_next_page(job):
    first = Run("sample", "draws")
    first.watch(job)
    first.end()
    old = Run("sample", "draws")
    new = Run("latent-map")
    new.watch(job)
    old.end()  # whole, without the job
    assert watched(job)
    assert not job.stopping
    new.end()
    assert watched(job)


def test_a_part_that_begins_after_its_page_was_overtaken_leaves_nothing(job):
    old = Run("sample")
    new = Run("sample", "draws")
    new.watch(job)
    old.begin("draws")
    old.end()
    new.end()
    assert watched(job)
    assert not job.stopping


def test_a_part_on_its_own_leaves_what_it_no_longer_asks_for(job):
    page = Run("sample", "draws")
    page.watch(job)
    page.end()
    with watching.part_run("draws"):
        watching.watch(job)
    assert watched(job)
    with watching.part_run("draws"):
        pass
    assert job.stopping


def test_what_both_pages_ask_for_stays_watched_whichever_ends_first(job):
    old = Run("sample")
    old.watch(job)
    new = Run("latent-map")
    new.watch(job)
    old.watch(job)
    old.end()
    assert watched(job)
    new.end()
    assert watched(job)
    assert not job.stopping


def test_a_run_of_the_same_page_that_was_overtaken_changes_nothing(job):
    old, other = Run("sample"), Waiting("other")
    old.watch(other)
    new = Run("sample")
    new.watch(job)
    old.watch(Waiting("late"))
    old.end()  # to its end, without a job that the new one wants
    assert watched(job)
    assert not job.stopping
    new.end()
    assert watched(job)
    assert other.stopping
