"""Some hundred hostile files are opened or refused in a sentence; what measures it sees faults."""

import mmap
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from aegen.benchmarks import (
    fuzz,
    fuzz_bundles,
    fuzz_bytes,
    fuzz_networks,
    fuzz_pictures,
    fuzz_tickets,
)
from aegen.core.errors import InvalidInput


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers that overflow are for the log
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("kind", "n"),
    [(fuzz_bundles, 25), (fuzz_tickets, 50), (fuzz_networks, 6), (fuzz_pictures, 10)],
)
def test_hostile_files_are_opened_or_refused_in_a_sentence(kind, n, seed, tmp_path):
    outcomes = []
    for case in kind.cases(np.random.default_rng(seed), n, tmp_path):
        found = fuzz.attempted(kind.attempt, case)
        assert found.outcome in ("accepted", "refused"), (case, found.said)
        outcomes.append(found.outcome)
    assert outcomes.count("refused") > n // 4


@pytest.mark.parametrize("kind", [fuzz_bundles, fuzz_tickets, fuzz_networks])
def test_the_same_seed_gives_the_same_files(kind, tmp_path):
    def files(folder):
        folder.mkdir()
        made = list(kind.cases(np.random.default_rng(7), 6, folder))
        return [
            (file.relative_to(folder), file.read_bytes())
            for case in made
            for file in sorted(case.iterdir() if case.is_dir() else [case])
            if file.is_file() and not file.is_symlink() and file.name != "bundle.json"
        ]

    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_sound_bundle_ticket_and_pair_are_accepted(tmp_path):
    assert fuzz_bundles.attempt(fuzz_bundles.base(tmp_path / "sound")) == "accepted"
    file = tmp_path / "a.ticket"
    file.write_bytes(fuzz_tickets.small_ticket().to_bytes())
    assert fuzz_tickets.attempt(file) == "accepted"
    file = tmp_path / "a.history"
    file.write_bytes(fuzz_bytes.safetensors_of(*fuzz_tickets.small_history()))
    assert fuzz_tickets.attempt(file) == "accepted"
    for which, name in enumerate(("encoder.onnx", "decoder.onnx")):
        (tmp_path / name).write_bytes(fuzz_networks.pair()[which])
    assert fuzz_networks.attempt(tmp_path) == "accepted"


def raises(problem):
    def attempt(case):
        raise problem

    return attempt


class Steering(InvalidInput):
    """An error that does not look at its message."""

    def __str__(self):
        return "\x1b[31m"


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        (lambda case: "accepted", "accepted"),
        (raises(InvalidInput("no")), "refused"),
        (raises(Steering("no")), "traceback"),
        (raises(OverflowError("int too large")), "traceback"),
        (raises(SystemExit()), "traceback"),
        (raises(MemoryError()), "traceback"),
    ],
)
def test_what_is_no_sentence_is_a_traceback(attempt, outcome, tmp_path):
    assert fuzz.attempted(attempt, tmp_path).outcome == outcome


def busy(case):
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    return "accepted"


def large(case):
    with mmap.mmap(-1, 300_000_000) as held:
        held[::4096] = bytes(len(held[::4096]))
    return "accepted"


def writes_outside(case):
    (case.parent / "outside").write_text("x")
    return "accepted"


def reads_the_secret(case):
    (case / "cases" / "outside" / "secret").read_text()
    return "accepted"


def runs(case):
    subprocess.run([sys.executable, "-c", ""], check=True)
    return "accepted"


def dies(case):
    os._exit(3)


def quick(case):
    return "accepted"


def test_the_fork_sees_time_memory_places_and_code_of_each(tmp_path):
    folder = tmp_path / "own"
    (folder / "cases" / "outside").mkdir(parents=True)
    (folder / "cases" / "outside" / "secret").write_text("x")
    acts = (quick, busy, quick, large, quick, writes_outside, reads_the_secret, runs, dies, quick)
    results = fuzz.forked(lambda act: act(folder), acts, folder)
    found = dict(zip(acts, results, strict=True))
    assert 0.2 < found[busy].seconds < 5
    assert 250e6 < found[large].peak < 450e6
    assert found[writes_outside].outside
    assert found[reads_the_secret].outside
    assert found[runs].code
    assert found[dies].outcome == "traceback"
    sound = [act for act, result in zip(acts, results, strict=True) if result.sound]
    assert sound == [quick, busy, quick, large, quick, quick]
    for act, result in zip(acts, results, strict=True):
        assert act is not quick or (result.seconds < 0.1 and result.peak < 50e6)


def test_an_attempt_that_waits_for_ever_is_ended_and_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "PATIENCE", 2.0)  # more than a busy machine takes for a file
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("accepted")
    cases = [tmp_path / name for name in ("file", "pipe", "file")]
    found = fuzz.forked(lambda case: case.read_text(), cases, tmp_path)
    assert [each.outcome for each in found] == ["accepted", "hang", "accepted"]


def test_the_table_counts_what_came_of_the_cases():
    tally = fuzz.Tally("bundles", [fuzz.Attempt("accepted"), fuzz.Attempt("hang", seconds=9.0)])
    assert tally.row() == ["bundles", "2", "1", "0", "1", "9.00", "0", "0", "0"]
    assert [place for place, _ in tally.faults] == [1]


def test_another_process_tries_every_case():
    tally = fuzz.run("tickets and histories", 20, seed=3)
    assert len(tally.attempts) == 20
    assert tally.faults == []
    assert set(fuzz.kinds()) <= set(fuzz.KINDS)
