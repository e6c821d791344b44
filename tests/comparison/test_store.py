"""A result is found again by what its task is, whole, and never taken for another."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from aegen.comparison import Candidate, Figure, Result, Store, Task, metric_specs, store
from aegen.core.errors import StorageError, UnknownName
from tests.conftest import ROOT

KEYS = "codes/distance-ratio", "features/frechet-distance"
MEASURED = metric_specs(KEYS)


@pytest.fixture
def task(bars):
    return Task(bars, Candidate("kde"), 0, 60, MEASURED)


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "results")


def result_of(task):
    """One with something in every field."""
    rng = np.random.default_rng(0)
    figures = {
        "codes/distance-ratio": Figure(1 / 3, rng.normal(size=60).astype(np.float32), 0.1),
        "features/frechet-distance": Figure(-0.0),
    }
    images = rng.integers(0, 256, (36, 16, 16, 1), dtype=np.uint8)
    return Result(
        task,
        figures,
        {"a/b": "as it rained"},
        *(60, 2.5, 0.1, 1e-9),
        images=images,
        codes=rng.normal(size=(36, 3)),
        parents=rng.integers(0, 60, 36),
    )


def test_all_source_that_figures_come_from_is_there():
    for part in store.MEASURING:
        assert list((ROOT / "aegen").glob(part)), part


def test_what_is_kept_comes_back_to_the_last_bit(task, kept):
    result = result_of(task)
    assert kept.find(task) is None
    kept.keep(result)
    found = kept.find(task)
    for key, figure in result.figures.items():
        again = found.figures[key]
        assert (again.value, again.variance_generated) == (figure.value, figure.variance_generated)
        assert (again.influence_reference is None) == (figure.influence_reference is None)
        if figure.influence_reference is not None:
            assert again.influence_reference.dtype == np.float32
            assert np.array_equal(again.influence_reference, figure.influence_reference)
    for array in store.ARRAYS:
        assert np.array_equal(getattr(found, array), getattr(result, array))
    rest = ("task", "missing", "size", "distinct", "fit_seconds", "draw_seconds", "problem")
    assert all(getattr(found, name) == getattr(result, name) for name in rest)
    failed = Result(task, problem="it rained")
    kept.keep(failed)
    assert kept.find(task).problem == "it rained"
    assert len(list(kept.folder.iterdir())) == 1


def test_another_store_of_the_same_folder_finds_it(task, kept):
    kept.keep(result_of(task))
    assert Store(kept.folder).find(task) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"draws": 61},
        {"codes": 50},
        {"metric_specs": MEASURED[:1]},
        {"metric_specs": MEASURED[::-1]},
        {"candidate": Candidate("gaussian")},
        {"candidate": Candidate("kde", (("bandwidth", 0.5),))},
        {"candidate": Candidate("kde", (("bandwidth", 0.5000000000000001),))},
    ],
    ids=str,
)
def test_another_task_is_another_file(change, task, kept):
    kept.keep(result_of(task))
    assert kept.find(replace(task, **change)) is None
    assert kept.find(replace(task)) is not None


def test_another_content_of_the_bundle_is_another_file(task, kept, tmp_path):
    same = shutil.copytree(task.bundle, tmp_path / "elsewhere")
    kept.keep(result_of(task))
    there = replace(task, bundle=str(same))
    assert kept.find(there) is not None  # wherever it lies
    manifest = json.loads((same / "bundle.json").read_text())
    manifest["files"]["codes.safetensors"] = "0" * 64
    (same / "bundle.json").write_text(json.dumps(manifest))
    assert kept.find(there) is None


def test_other_code_is_another_file(task, kept, monkeypatch):
    kept.keep(result_of(task))
    monkeypatch.setattr(store, "_code", lambda: "the code of tomorrow")
    assert kept.find(task) is None


def damages(path):
    whole = path.read_bytes()
    size = int.from_bytes(whole[:8], "little")
    yield "empty", b""
    yield "cut", whole[: len(whole) // 2]
    yield "cut in its head", whole[:20]
    yield "text", b"not what it was" * 10
    yield "of a later format", whole.replace(b'"format":"1"', b'"format":"9"')
    yield "another head", whole[:8] + b"[" + whole[9 : 8 + size] + whole[8 + size :]


def test_a_damaged_file_is_no_result_and_goes(task, kept):
    path = kept.path(task)
    kept.keep(result_of(task))
    for what, content in list(damages(path)):
        kept.keep(result_of(task))
        assert kept.find(task) is not None
        path.write_bytes(content)
        assert kept.find(task) is None, what
        assert not path.exists(), what


def test_a_bundle_that_is_not_there_is_a_sentence(task, kept):
    with pytest.raises(UnknownName, match="no bundle named 'nowhere'"):
        kept.find(replace(task, bundle="nowhere"))


def test_a_place_that_is_no_folder_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made a folder"):
        Store(tmp_path / "file")


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(task, kept):
    """The limit of a file's size stands in for the disk's."""
    kept.keep(result_of(task))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot be written \(File too large\)"):
            kept.keep(result_of(replace(task, seed=1)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in kept.folder.iterdir()] == [kept.path(task).name]
    assert kept.find(task) is not None


def test_a_process_that_is_killed_while_it_writes_leaves_no_half_file(task, kept):
    kept.keep(result_of(task))
    before = kept.path(task).read_bytes()
    code = f"""
import os, signal
from pathlib import Path
from aegen.comparison import Candidate, Result, Store, Task, metric_specs
task = Task({task.bundle!r}, Candidate("kde"), 0, 60, metric_specs({[*KEYS]}))
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # all but in its place
Store({str(kept.folder)!r}).keep(Result(task, problem="it rained"))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert kept.path(task).read_bytes() == before
    assert kept.find(task).problem is None
    kept.keep(Result(task, problem="it rained"))
    assert kept.find(task).problem == "it rained"
