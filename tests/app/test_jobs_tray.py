"""The tray: what is at work stands in the sidebar of every page, and can be ended there."""

import pytest

from aegen.app.jobs import process
from tests.app.jobs.test_process import until

HOLD = "tests.app.jobs.slow_work:hold"


@pytest.fixture(autouse=True)
def endless(jobs_too, monkeypatch):
    """Fits do not end by themselves."""
    monkeypatch.setattr("aegen.app.services.samplers.WORK", HOLD)
    monkeypatch.setattr("aegen.samplers.gaussian.Gaussian.slow", True)


def told(app):
    return "\n".join(element.value for element in app.sidebar.caption)


def the_job():
    (job,) = process.known()
    return job


def ended(app, job):
    return [button for button in app.sidebar.button if button.key == f"stop {job.name}"]


def test_a_fit_is_told_on_its_page_and_on_others(opened):
    app = opened("sample", bundle="bars", sampler="gaussian")
    job = the_job()
    assert "**Fitting Gaussian · Tiny bars**" in told(app)
    assert "for this page" in told(app)
    other = opened("bundles")
    assert "for another tab or page" in told(other)
    job.release(next(iter(job._watchers)))
    assert "nobody waits: ends in" in told(other.run())


def test_where_nothing_is_at_work_there_is_no_tray(opened):
    assert "Fitting" not in told(opened("bundles"))
    assert not process.known()


def test_what_is_ended_in_the_tray_is_not_begun_again_by_its_page(opened):
    app = opened("sample", bundle="bars", sampler="gaussian")
    job = the_job()
    app = ended(app, job)[0].click().run()
    assert not app.exception
    assert job.wait(30)
    assert job.state == "stopped"
    app = app.run()
    assert not app.exception
    assert "Fitting" not in told(app)
    assert all(each.over for each in process.known())


def test_a_stranger_s_work_is_told_without_its_name_and_cannot_be_ended(opened, shared, by):
    by("ann")
    job = process.begin("it", HOLD, lambda: ({}, lambda said: said), goes_on=True, title="Secret")
    until(lambda: job.state == "running")
    by("bob")
    app = opened("bundles")
    assert "**Other work**" in told(app)
    assert "another visitor's" in told(app)
    assert "Secret" not in told(app)
    assert not ended(app, job)


def test_who_waits_may_come_first(opened, monkeypatch):
    monkeypatch.setattr(process._turns, "_most", 1)
    keys = ("first", "second", "mine")
    jobs = [
        process.begin(key, HOLD, lambda: ({}, lambda said: said), goes_on=True, title=key)
        for key in keys
    ]
    until(lambda: jobs[0].state == "running")
    app = opened("bundles")
    (button,) = [each for each in app.sidebar.button if each.key == f"first {jobs[2].name}"]
    assert not button.click().run().exception
    jobs[0].stop()
    until(lambda: jobs[2].state == "running")
    assert jobs[1].state == "waiting"
