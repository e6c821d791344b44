"""Tasks at work tell how far they are; what is skipped ends, and leaves no result behind."""

import threading
import time

import pytest

from aegen.comparison import Backend, Candidate, Store, metric_specs, run
from aegen.comparison.at_work import SKIPPED, AtWork
from aegen.comparison.task import Task
from aegen.core.progress import report
from tests.comparison.patient import patient

SPECS = metric_specs(["codes/distance-ratio"])


def task(model, seed=0):
    return Task("mnist", Candidate(model), seed, 20, SPECS)


def test_a_task_at_work_is_told_until_it_ends(tmp_path):
    notes = AtWork(tmp_path)
    with notes.following(task("kde", 3)) as skipped:
        time.sleep(0.45)
        report(0.25, "pass 3")
        [now] = notes.now()
        assert (now.model, now.seed, now.share, now.text) == ("kde", 3, 0.25, "pass 3")
        assert 0.4 < now.seconds < 60
        assert not skipped()
    assert notes.now() == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_skipped_ends_within_a_fit_and_is_not_kept(tmp_path):
    store, notes = Store(tmp_path / "results"), AtWork(tmp_path / "notes")
    notes.folder.mkdir()

    def skip():
        until = time.monotonic() + 60
        while not notes.now() and time.monotonic() < until:
            time.sleep(0.02)
        notes.skip("kde")

    threading.Thread(target=skip, daemon=True).start()
    tasks = [task("kde"), task("gaussian"), task("kde", 1)]
    found = {
        (result.task.candidate.sampler, result.task.seed): result
        for result in run(tasks, store=store, backend=Backend(jobs=1), work=patient, at_work=notes)
    }
    assert [each.problem for each in found.values()].count(SKIPPED) == 2
    assert found["gaussian", 0].size == 7
    assert len(list(store.folder.glob("*.safetensors"))) == 1
    notes.skip("kde", False)
    assert not notes.skips(tasks[0])


@pytest.mark.parametrize("broken", [b"", b"[1", b'{"a": 1}'])
def test_a_note_that_is_half_written_is_passed_over(tmp_path, broken):
    (tmp_path / "task-a.json").write_bytes(broken)
    assert AtWork(tmp_path).now() == []
