"""Work that nobody watches any more ends soon: closed tabs, other pages, other requests."""

import os
import time

import pytest

from aegen.app import navigation
from aegen.app.jobs import job as jobs
from aegen.app.jobs import process
from aegen.app.pages.target import results
from aegen.app.services import comparisons, samplers, targets, trainings
from aegen.core.progress import report
from aegen.samplers.gaussian import Gaussian
from tests.app.jobs.server import Server
from tests.app.jobs.test_process import begin, until
from tests.tiny_bundle import tiny_bundle, tiny_images

HOLD = "tests.app.jobs.slow_work:hold"
LINKS = {
    "sample": {"bundle": "bars", "sampler": "gaussian", "sample.n": "4"},
    "compare": {"bundle": "many", "compare.models": "gaussian", "compare.n": "20"},
    "target": {"bundle": "bars", "target.text": "z0>0", "target.n": "4"},
    "train": {
        "bundle": "bars",
        "train.data": "bundle:bars",
        "train.hidden": "12-6",
        "train.epochs": "2",
    },
}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The folder of a bundle with enough held-out rows to compare."""
    folder = tmp_path_factory.mktemp("compared")
    tiny_bundle(folder / "many", title="Many bars", image_set=tiny_images(60, 48))
    return folder


@pytest.fixture(autouse=True)
def endless(jobs_too, monkeypatch, many):
    """Fits, comparisons, trainings and searches do not end by themselves; leaving soon counts."""
    bundle_folder = os.environ["AEGEN_BUNDLES"]
    monkeypatch.setenv("AEGEN_BUNDLES", os.pathsep.join([bundle_folder, str(many)]))
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "many"])
    patience(monkeypatch, 0.7)
    monkeypatch.setattr(Gaussian, "slow", True)
    for module in (samplers, comparisons, trainings):
        monkeypatch.setattr(module, "WORK", HOLD)
    monkeypatch.setattr(targets, "_drawn", go_on)
    monkeypatch.setattr(targets, "_searches", jobs.Jobs(8))
    monkeypatch.setattr(results, "PATIENCE", 0.1)
    yield
    for job in targets._searches.all():
        job.stop()


def patience(monkeypatch, seconds):
    """How long work goes on that nobody watches."""
    monkeypatch.setattr(jobs, "GRACE", seconds)
    monkeypatch.setattr(jobs, "LEFT", seconds)


def go_on(*given):
    while True:
        report(0.5, "half way")
        time.sleep(0.02)


def ends_soon(job):
    """It is stopped though nobody told it to; the patience is for a busy machine only."""
    assert job.wait(60), f"still {job.state}"
    assert job.state == "stopped"


def goes_on(job):
    assert not job.wait(jobs.GRACE + 0.5)
    assert not job.stopping


def the_job():
    (job,) = process._jobs.all() + targets._searches.all()
    return job


# jobs themselves


def test_a_job_that_nobody_watches_ends_soon_and_its_process_with_it():
    job = begin("hold")
    until(lambda: job.state == "running")
    goes_on(job)
    job.release("test")
    assert not job.stopping  # who left may come back
    ends_soon(job)


def test_a_watcher_that_is_present_no_longer_counts_no_longer():
    here = [True]
    job = begin("hold")
    job.watch("ann", lambda: here[0])
    job.release("test")
    goes_on(job)
    here[0] = False
    ends_soon(job)


def test_who_comes_back_in_time_keeps_a_job():
    job = begin("hold")
    job.release("test")
    job.watch("test")
    goes_on(job)


def test_left_alone_it_goes_on_for_longer_than_where_other_work_waits(monkeypatch):
    monkeypatch.setattr(jobs, "LEFT", 600)
    job = begin("hold")
    until(lambda: job.state == "running")
    assert job.ends_in is None
    job.release("test")
    goes_on(job)
    assert 500 < job.ends_in < 600
    other = process.begin("another", HOLD, lambda: ({}, lambda said: said))
    other.watch("test")
    ends_soon(job)
    goes_on(other)


def test_a_job_that_may_go_on_does_until_it_is_told_to_stop():
    job = process.begin("it", HOLD, lambda: ({}, lambda answer: answer), goes_on=True)
    goes_on(job)
    job.watch("test")
    job.leave("test")
    ends_soon(job)


def test_who_waits_for_the_outcome_watches_until_then(monkeypatch):
    patience(monkeypatch, 0.1)
    job = process.begin(
        "it", "tests.app.jobs.slow_work:count", lambda: ({"to": 200}, lambda said: said)
    )
    assert job.outcome() == {"sum": 20100}


# pages


def visited(opened, page):
    app = opened(page, **{name.replace(".", "__"): value for name, value in LINKS[page].items()})
    assert not app.exception
    return app, the_job()


def to(app, page):
    """To another page in the same session."""
    for name, value in LINKS.get(page, {}).items():
        app.query_params[name] = value
    app.switch_page(str(navigation.entry(page).path)).run()
    assert app.title[0].value.startswith(navigation.entry(page).title)


@pytest.mark.parametrize("page", ["sample", "compare", "target"])
def test_work_ends_soon_after_its_page_was_left_for_another(opened, page):
    app, job = visited(opened, page)
    goes_on(job)
    to(app, "bundles")
    ends_soon(job)


def test_work_goes_on_when_its_page_comes_back_soon(opened, monkeypatch):
    patience(monkeypatch, 60)
    app, job = visited(opened, "sample")
    to(app, "bundles")
    to(app, "sample")
    assert the_job() is job
    patience(monkeypatch, 0.7)
    goes_on(job)


def test_work_ends_at_once_where_its_page_asks_for_something_else(opened, monkeypatch):
    patience(monkeypatch, 600)
    app, job = visited(opened, "sample")
    app = app.selectbox(key="widget:sampler").select("bootstrap").run()
    assert not app.exception
    ends_soon(job)


def test_a_search_ends_where_another_thing_is_done_on_its_page(opened, monkeypatch):
    patience(monkeypatch, 600)
    app, job = visited(opened, "target")
    [mode] = [one for one in app.button_group if one.label == "What to do"]
    assert not mode.set_value("edit").run().exception
    ends_soon(job)


def test_a_training_goes_on_when_its_page_is_left_and_ends_when_it_is_changed(opened):
    app = opened("train", **{name.replace(".", "__"): v for name, v in LINKS["train"].items()})
    [train] = [button for button in app.button if button.label == "Train"]
    app = train.click().run()
    job = the_job()
    to(app, "bundles")
    goes_on(job)
    to(app, "train")
    assert "Stop" in [button.label for button in app.button]
    app.number_input(key="widget:train.seed").set_value(3).run()
    ends_soon(job)


# sessions of a server


@pytest.fixture
def server():
    with Server() as started:
        yield started


def asked(server, page):
    """A session that has opened this page, and the job that it waits for."""
    browser = server.browser()
    browser.open(page, **LINKS[page])
    until(lambda: process._jobs.all() + targets._searches.all())
    job = the_job()
    until(lambda: job._watchers)
    return browser, job


@pytest.mark.parametrize("page", ["sample", "compare", "target"])
def test_work_ends_soon_after_its_last_visitors_session(server, page):
    browser, job = asked(server, page)
    other, same = asked(server, page)
    assert same is job
    until(lambda: len(job._watchers) == 2)
    browser.close()
    goes_on(job)
    other.close()
    ends_soon(job)


def test_work_goes_on_when_a_tab_is_loaded_anew(server, monkeypatch):
    patience(monkeypatch, 60)
    browser, job = asked(server, "sample")
    browser.close()
    asked(server, "sample")
    until(lambda: len(job._watchers) == 2)
    patience(monkeypatch, 0.7)
    goes_on(job)
    assert the_job() is job


def test_another_page_of_the_same_session_ends_work(server):
    browser, job = asked(server, "compare")
    goes_on(job)
    browser.open("bundles")
    ends_soon(job)
