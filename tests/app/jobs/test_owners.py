"""Where the app is shared, work belongs to whoever began it."""

import pytest

from aegen.app.jobs import process
from aegen.app.jobs.job import Jobs
from aegen.app.services import creations, trainings
from aegen.app.services.creations import CreationConfig, Sources
from aegen.app.services.trainings import TrainingConfig
from aegen.core.errors import AegenError
from tests.app.jobs.test_process import until

HOLD = "tests.app.jobs.slow_work:hold"
ORDER = TrainingConfig("bundle:bars", 40, "12-6", 2, 0.1, 0.0, 0.01, 1.0, 0)


def begun(**options):
    job = process.begin("it", HOLD, lambda: ({}, lambda said: said), **options)
    until(lambda: job.state == "running")
    return job


def test_nobody_else_stops_it(shared, by):
    by("ann")
    job = begun(goes_on=True)
    by("bob")
    job.watch("bob's tab")
    job.leave("bob's tab")
    job.cancel()
    assert not job.wait(0.5)
    assert not job.stopping
    by("ann")
    job.watch("ann's tab")
    job.leave("ann's tab")
    assert job.wait(30)
    assert job.state == "stopped"


def test_at_ones_own_computer_any_tab_stops_it(by):
    by("ann")
    job = begun(goes_on=True)
    by("bob")
    job.cancel()
    assert job.wait(30)


def test_begin_anew_is_for_ones_own_training(shared, by, monkeypatch):
    monkeypatch.setattr(trainings, "WORK", HOLD)
    by("ann")
    job = trainings.start_training(ORDER)
    kept = trainings._folder(ORDER) / "checkpoint"
    kept.write_bytes(b"hours of work")
    by("bob")
    assert trainings.training_job(ORDER) is None
    trainings.forget_training(ORDER)
    assert kept.is_file()
    assert not job.stopping
    by("ann")
    trainings.forget_training(ORDER)
    assert not kept.exists()
    assert job.over


def test_a_bundle_that_another_visitor_began_keeps_its_name(shared, by, monkeypatch, tmp_path):
    monkeypatch.setattr(creations, "CREATE", HOLD)
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path))
    order = CreationConfig(Sources("codes.npy"), "codes", None, None, "mine")
    by("ann")
    job = creations.start_creation(order)
    chunks = creations._chunks(creations.place_of("mine"))
    chunks.mkdir()
    by("bob")
    with pytest.raises(AegenError, match="another visitor began"):
        creations.start_creation(order)
    creations.discard("mine")
    assert chunks.is_dir()
    assert not creations.running()
    by("ann")
    assert creations.running() == "mine"
    job.cancel()
    assert job.wait(30)
    creations.require_free("mine")
    monkeypatch.setattr(process, "_jobs", Jobs(1))  # as after a restart: nobody knows whose it was
    with pytest.raises(AegenError, match="another visitor began"):
        creations.require_free("mine")


def test_one_visitor_s_work_leaves_room_for_another_s(shared, by):
    by("ann")
    first = begun()
    second = process.begin("second", HOLD, lambda: ({}, lambda said: said))
    by("bob")
    other = process.begin("other", HOLD, lambda: ({}, lambda said: said))
    for job in (second, other):
        job.watch("test")
    until(lambda: other.state == "running")
    assert second.state == "waiting"
    first.stop()
    until(lambda: second.state == "running")
