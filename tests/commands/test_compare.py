"""`aegen compare` as a person runs it: tables, bad input, an interrupt, a kill, and going on."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.parallel.deadly import all_end
from tests.tiny_bundle import tiny_bundle, tiny_images

METRICS = "codes/nearest-neighbour-accuracy,codes/distance-ratio,densities/log-likelihood"


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    """A folder of bundles: bars with 130 held-out rows, and bare with eight."""
    folder = tmp_path_factory.mktemp("bundles")
    tiny_bundle(folder / "bars", image_set=tiny_images(200, 130))
    tiny_bundle(folder / "bare")
    return folder


@pytest.fixture
def compare(aegen, monkeypatch, bundle_folder):
    """A function that runs `aegen compare` with the bundles of the folder."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(bundle_folder))
    return lambda *words: aegen("compare", *words)


def command(bundle_folder, *words):
    """The command in a process of its own, which can be stopped."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    environment |= {"AEGEN_BUNDLES": str(bundle_folder), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "aegen", "compare", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts():
    """As a terminal starts it: a shell's background work would ignore Ctrl-C, and so its own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def usual(out, *words):
    models = "gaussian,kde:bandwidth=0.2"
    return (
        "bars",
        "--samplers",
        models,
        "--draws",
        60,
        "--metrics",
        METRICS,
        *words,
        "--out",
        out,
    )


def kept(out):
    return {path.name for path in (out / "results").glob("[!.]*")}


def lines(out):
    with (out / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def figures(out):
    return [{k: v for k, v in line.items() if "seconds" not in k} for line in lines(out)]


def until_kept(running, out, n, seconds=120):
    """Wait until some results are there, and say which processes are at work."""
    end = time.monotonic() + seconds
    while len(kept(out)) < n and running.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert running.poll() is None
    return children(running.pid)


def children(pid):
    """Processes that a process started, and those that they did."""
    found = set()
    for place in os.listdir("/proc"):
        if place.isdigit():
            try:
                with open(f"/proc/{place}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found |= {int(place)} | children(int(place))
    return found


def test_tables_are_shown_and_written_and_a_stopped_command_goes_on(
    compare, bundle_folder, tmp_path
):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    words = ("--seeds", 3, "--jobs", 2)  # 15 tasks, so that there is time to stop them
    alone = ("--seeds", 3, "--jobs", 1)
    first = command(bundle_folder, *usual(killed, *words))
    workers = until_kept(first, killed, 3)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert all_end(workers)
    before = {name: (killed / "results" / name).stat().st_mtime_ns for name in kept(killed)}
    assert 3 <= len(before) < 15

    interrupted = command(bundle_folder, *usual(killed, *alone))
    workers = until_kept(interrupted, killed, len(before) + 1)
    os.killpg(interrupted.pid, signal.SIGINT)  # as a terminal does
    _, said = interrupted.communicate()
    assert interrupted.returncode == 130
    assert "stopped; results are kept in" in said
    assert "Traceback" not in said
    assert all_end(workers)
    assert set(before) < kept(killed)

    code, shown, said = compare(*usual(killed, *alone))
    assert code == 0, said
    assert compare(*usual(whole, *alone))[0] == 0
    assert kept(killed) == kept(whole)
    assert len(kept(killed)) == 15
    after = {name: (killed / "results" / name).stat().st_mtime_ns for name in before}
    assert after == before  # not measured again
    assert figures(killed) == figures(whole)
    assert (killed / "table.md").read_text().startswith("## bars\n")
    assert "-{}-seeds 3 -{}-draws 60" in (killed / "table.tex").read_text()
    assert "aegen compare bars --samplers" in (killed / "report.html").read_text()

    assert "bars: 60 draws, seeds: 3" in shown
    assert "±" in shown
    assert "copies" in shown
    assert "its draws do not" not in shown
    assert "Real codes, Bootstrap: Log-likelihood: it has no density" in shown
    assert f"wrote {killed / 'table.csv'}" in shown
    assert len(lines(killed)) == 5 * (3 + 2)  # the accuracy has halves
    best = {row["latent model"] for row in lines(killed) if row["best"] == "yes"}
    assert best <= {"kde:bandwidth=0.2"}


def test_a_model_that_fails_is_a_row_that_says_why(compare, tmp_path):
    out = tmp_path / "out"
    words = ("bars", "--samplers", "gaussian-mixture:components=500", "--seeds", 1, "--draws", 60)
    code, shown, said = compare(*words, "--metrics", METRICS, "--out", out, "--jobs", 1)
    assert code == 0, said
    assert "Gaussian mixture (components 500) on bars, seed 0: " in said
    notes = {r["note"] for r in lines(out) if r["latent model"].startswith("gaussian-mixture")}
    assert len(notes) == 1
    assert "".join(notes.pop().split()) in "".join(shown.split())  # whatever the lines' width
    assert all(r["value"] for r in lines(out) if r["latent model"] == "standard-normal")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["brs"], "there is no bundle named 'brs'; did you mean 'bars'?"),
        (["./nowhere"], "nowhere"),
        (["bars", "--samplers", "gausian"], "no latent model named 'gausian'; did you mean"),
        (["bars", "--samplers", "kde:width=2"], "no field of kde named 'width'"),
        (["bars", "--samplers", "gaussian,gaussian"], "named twice"),
        (["bars", "--metrics", "codes/recal"], "did you mean 'recall'"),
        (["bars", "--metrics", "code/recall"], "no space of recall named 'code'"),
        (["bars", "--metrics", "quik"], "no set of metrics named 'quik'; did you mean 'quick'"),
        (["bare"], "bare has 8 held-out rows, and a comparison needs at least 40"),
        (["bars", "--draws", "5"], "draws must be a whole number of 20 or more, got 5"),
        (["bars", "--backend", "slurm"], "backend must be one of loky, dask, ray"),
        (
            ["bars", "--reference", "left-out", "--sweep", "codes"],
            "compares with held-out ones alone: leave --reference out",
        ),
        (["bars", "--reference", "all"], "--reference must be one of both, held-out, left-out"),
        (
            ["bars", "--reference", "left-out", "--metrics", "codes/recall"],
            "none of the metrics looks at left-out codes",
        ),
        (["bars", "--scheduler", "tcp://here:8786"], "add --backend dask"),
        (["bars", "--backend", "dask", "--address", "here:6379"], "add --backend ray"),
        (["bars", "--data", "somewhere"], "--data must be BUNDLE=FOLDER"),
        (["bars", "--data", "mnist=somewhere"], "--data names mnist, which is not compared"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(words, sentence, compare, tmp_path):
    code, printed, said = compare(*words, "--out", tmp_path / "out")
    assert code == 2
    assert printed == ""
    last = said.strip().splitlines()[-1]
    assert last.startswith("aegen: ")
    assert sentence in last
    assert not (tmp_path / "out").exists()


def test_either_reference_can_be_left_alone():
    from aegen.commands.compare import _beside
    from aegen.comparison import metric_specs

    quick = metric_specs(["quick"])
    spaces = {
        name: {spec.space for spec in _beside(name, quick)}
        for name in ("both", "held-out", "left-out")
    }
    assert "left-out" in spaces["both"]
    assert spaces["held-out"] == spaces["both"] - {"left-out"}
    assert spaces["left-out"] == {"left-out", "codes"}  # the ratio, which tells copies


def test_too_few_rows_for_a_metric_are_said_before_the_work(compare, tmp_path, monkeypatch):
    from aegen.metrics.distance_ratio import DistanceRatio

    monkeypatch.setattr(DistanceRatio, "minimum", 64)
    words = ("--metrics", METRICS, "--seeds", 1, "--out", tmp_path / "out")
    code, _, said = compare("bars", "--draws", 63, *words)
    assert (code, "needs at least 64 rows on each side" in said) == (2, True)
    assert "--draws is 63" in said
    monkeypatch.setattr(DistanceRatio, "minimum", 100)
    code, _, said = compare("bars", "--draws", 2000, *words)
    assert "Note: bars has 130 held-out rows, which is enough for 65 draws." in said
    assert "there are 65, as bars has 130 held-out rows, half for each" in said
    assert code == 2


def test_a_folder_that_cannot_be_written_to_is_said_before_the_work(compare, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, said = compare("bars", "--draws", 60, "--out", tmp_path / "file" / "out")
    assert code == 2
    assert "file: is no folder, so nothing can be written below it" in said


def test_a_scheduler_that_is_not_there_is_one_sentence(compare, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("aegen.parallel.backends.PATIENCE", 1.0)
    words = ("bars", "--draws", 60, "--metrics", METRICS, "--backend", "dask", "--out", tmp_path)
    code, _, said = compare(*words, "--scheduler", "tcp://127.0.0.1:9")
    assert code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in said.splitlines()[-1]


def test_a_path_is_known_wherever_the_workers_are(bundle_folder, tmp_path, monkeypatch):
    from aegen.commands.compare import _located

    monkeypatch.setenv("AEGEN_BUNDLES", str(bundle_folder))
    assert _located("bars") == "bars"
    monkeypatch.chdir(bundle_folder.parent)
    monkeypatch.delenv("AEGEN_BUNDLES")
    assert _located(f"{bundle_folder.name}/bars") == str((bundle_folder / "bars").resolve())
    shutil.copytree(bundle_folder / "bars", tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert _located("mine") == str((tmp_path / "mine").resolve())
