"""Work that nobody watches any more ends soon: closed tabs, other pages, other requests."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aegen.app import navigation
from aegen.app.jobs import job as jobs
from aegen.app.jobs import process
from aegen.app.pages.target import results
from aegen.app.services import comparisons, samplers, targets, trainings
from aegen.core.progress import report
from aegen.samplers.gaussian import Gaussian
from tests.app.jobs.server import Server
from tests.app.jobs.test_process import begin, ended, until
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


class Clock:
    """The time by which jobs are left alone: it passes when a test says so, and only then."""

    def __init__(self):
        self.now = 1000.0
        self.asked = {}
        """The last moment at which each job began to ask whether it is to end."""

    def monotonic(self):
        return self.now


clock = Clock()


@pytest.fixture(autouse=True)
def endless(jobs_too, monkeypatch, many):
    """Fits, comparisons, trainings and searches do not end by themselves; no time passes."""
    bundle_folder = os.environ["AEGEN_BUNDLES"]
    monkeypatch.setenv("AEGEN_BUNDLES", os.pathsep.join([bundle_folder, str(many)]))
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "many"])
    monkeypatch.setattr(jobs, "time", clock)
    note_when_asked(monkeypatch)
    monkeypatch.setattr(Gaussian, "slow", True)
    for module in (samplers, comparisons, trainings):
        monkeypatch.setattr(module, "WORK", HOLD)
    monkeypatch.setattr(targets, "_drawn", go_on)
    monkeypatch.setattr(targets, "_searches", jobs.Jobs(8))
    monkeypatch.setattr(results, "PATIENCE", 0.1)
    yield
    for job in targets._searches.all():
        job.stop()


def note_when_asked(monkeypatch):
    """The clock knows until when a job has asked whether it is to end."""
    unwanted = jobs.Job._unwanted

    def noted(job):
        now = clock.now
        answer = unwanted(job)
        clock.asked[job.name] = now
        return answer

    monkeypatch.setattr(jobs.Job, "_unwanted", noted)


def go_on(*given):
    while True:
        report(0.5, "half way")
        time.sleep(0.02)


def ends_soon(job):
    """It is stopped though nobody told it to, once enough time passes after it was left."""
    ending = 60.0  # of a busy machine, on which it may be left later than this is called
    while not job.wait(0.02) and ending > 0:
        clock.now += jobs.LEFT + 1
        ending -= 0.02
    assert job.state == "stopped"


def goes_on(job, seconds=jobs.LEFT + 1):
    """It is not stopped though so much time passes."""
    clock.now += seconds
    until(lambda: job.over or clock.asked.get(job.name) == clock.now)
    assert not job.over
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
    goes_on(job, jobs.LEFT - 1)  # who left may come back
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


def test_left_alone_it_goes_on_for_longer_than_where_other_work_waits():
    job = begin("hold")
    until(lambda: job.state == "running")
    assert job.ends_in is None
    job.release("test")
    goes_on(job, jobs.GRACE + 1)
    assert job.ends_in == jobs.LEFT - jobs.GRACE - 1
    other = process.begin("another", HOLD, lambda: ({}, lambda said: said))
    other.watch("test")
    assert ended(job).state == "stopped"
    goes_on(other)


def test_a_job_that_may_go_on_does_until_it_is_told_to_stop():
    job = process.begin("it", HOLD, lambda: ({}, lambda answer: answer), goes_on=True)
    goes_on(job)
    job.watch("test")
    job.leave("test")
    assert ended(job).state == "stopped"


def test_who_waits_for_the_outcome_watches_until_then(tmp_path):
    job = begin("wait_for", path=str(tmp_path / "go"))
    thread = ThreadPoolExecutor(1)
    outcome = thread.submit(job.outcome)
    thread.shutdown(wait=False)
    until(lambda: len(job._watchers) == 2)
    job.release("test")
    goes_on(job)
    (tmp_path / "go").touch()
    assert outcome.result(60) == "seen"
    assert not job._watchers


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


def test_work_goes_on_when_its_page_comes_back_soon(opened):
    app, job = visited(opened, "sample")
    to(app, "bundles")
    to(app, "sample")
    assert the_job() is job
    goes_on(job)


def test_work_ends_at_once_where_its_page_asks_for_something_else(opened):
    app, job = visited(opened, "sample")
    app = app.selectbox(key="widget:sampler").select("bootstrap").run()
    assert not app.exception
    assert ended(job).state == "stopped"


def test_a_search_ends_where_another_thing_is_done_on_its_page(opened):
    app, job = visited(opened, "target")
    [mode] = [one for one in app.button_group if one.label == "What to do"]
    assert not mode.set_value("edit").run().exception
    assert ended(job).state == "stopped"


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
    assert ended(job).state == "stopped"


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


def test_work_goes_on_when_a_tab_is_loaded_anew(server):
    browser, job = asked(server, "sample")
    browser.close()
    asked(server, "sample")
    until(lambda: len(job._watchers) == 2)
    goes_on(job)
    assert the_job() is job


def test_another_page_of_the_same_session_ends_work(server):
    browser, job = asked(server, "compare")
    goes_on(job)
    browser.open("bundles")
    ends_soon(job)
