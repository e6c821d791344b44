"""Where commands write is tried before any work; what no draw can be is refused before a fit."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from aegen.bundles import draw_file, read
from aegen.bundles.draw_file import parts, write_draws
from aegen.commands import progress_bar
from aegen.core.errors import StorageError
from aegen.core.progress import report, reporting

pytestmark = pytest.mark.usefixtures("with_bundles")

FILES = {
    "sample": ("sample", "nowhere"),
    "target": ("target", "nowhere", "class=1"),
    "edit": ("edit", "nowhere", "class=1"),
    "walk": ("walk", "nowhere"),
    "recommend": ("recommend", "nowhere"),
    "export": ("supermask", "export", "nowhere"),
}
FOLDERS = {
    "compare": ("compare", "nowhere"),
    "autoencoder": ("train", "autoencoder", "mnist", "--data", "nowhere.npz"),
    "supermask": ("supermask", "train", "fcn", "--data", "mnist=nowhere"),
    "create": ("bundles", "create", "new", "--codes", "nowhere.npy"),
}
END = {"walk": ".gif", "recommend": ".csv", "export": ".safetensors"}


@pytest.mark.parametrize("command", FILES)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(
    aegen, command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    end = END.get(command, ".npz")
    (tmp_path / f"folder{end}").mkdir()
    for out, said in [
        ("x.jpg", "--out must end in "),
        (f"folder{end}", "is a folder: name a file in it"),
        (f"no/such/x{end}", "cannot be written, as there is no such folder"),
        (f"{__file__}/x{end}", "cannot be written, as there is no such folder"),
        (f"/proc/x{end}", "cannot be written ("),
        ("x" * 300 + end, "has a name of over 200 bytes"),
    ]:
        code, _, complaint = aegen(*FILES[command], "--out", out)
        assert (code, complaint.count("\n")) == (2, 1)
        assert said in complaint
    assert [path.name for path in tmp_path.iterdir()] == [f"folder{end}"]


@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_read(
    aegen, command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for out, said in [
        (f"{__file__}/runs", "is no folder"),
        ("/proc/runs", "cannot be written ("),
        ("x" * 300, "has a name of over 200 bytes"),
    ]:
        code, _, complaint = aegen(*FOLDERS[command], "--out", out)
        assert (code, complaint.count("\n")) == (2, 1)
        assert said in complaint
    assert list(tmp_path.iterdir()) == []


SAMPLE = ("sample", "bars", "--out", "x.npz")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*SAMPLE, "--given", "0=nan"), "--given must be a number within"),
        ((*SAMPLE, "--given", "0=inf"), "--given must be a number within"),
        ((*SAMPLE, "--given", "-1=0"), "a coordinate from 0 to 2, got -1"),
        ((*SAMPLE, *(["--given", "0=1", "--given", "1=1", "--given", "2=1"])), "leave one free"),
        ((*SAMPLE, "--seed", 10**30), "--seed must be a number within"),
        (("sample", "bars", "--out", "x.png", "-n", 10**6), "over 100 million pixels"),
        (("target", "bars", "class=lying", "-n", 10**6), "draws are held together"),
        (("target", "bars", "class=lying", "--strategy", "luck"), "strategy must be auto"),
        (("target", "bars", "class=standing"), "standing"),
        (("target", "bars", "class=lying and class=upright"), "class"),
        (("target", "bars", "class=lying", "-n", 500_000, "--out", "x.png"), "100 million pixels"),
        (("walk", "bars", "--smoothing", 400, "--seconds", 60, "--out", "x.gif"), "too large for"),
        (("edit", "bars", "class=lying", "--reach", "nan"), "--reach must be a number within"),
        (("walk", "bars", "--out", "x.gif", "--reach", "inf"), "--reach must be a number within"),
        (("recommend", "bars", "--seconds", "nan"), "--seconds must be a number within"),
        (("bundles", "create", "A b"), "up to 64 small letters"),
        (("bundles", "create", "new", "--title", "x" * 201), "--title must be text of 1 to 200"),
        (("bundles", "create", "new", "--title", "a\x1b[2J"), "without control characters"),
        (("bundles", "create", "new", "--licence", " "), "--licence must be text of 1 to"),
    ],
)
def test_what_cannot_be_is_refused_before_a_fit(aegen, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("aegen.samplers.base.Sampler.fit", None)  # a fit would be a traceback
    monkeypatch.setattr("aegen.bundles.plan", None)
    code, _, complaint = aegen(*words)
    assert (code, complaint.count("\n")) == (2, 1)
    assert said in complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("-n", 0), ("-n", -1), ("--seed", -1)])
def test_no_draws_and_no_seeds_below_0(aegen, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    code, _, complaint = aegen("sample", "nowhere", "--out", "x.npz", *words)
    assert code == 2
    assert "Invalid value" in complaint
    assert list(tmp_path.iterdir()) == []


# many draws


@pytest.mark.parametrize("sampler", ["gaussian", "bootstrap"])
def test_draws_in_parts_are_those_of_one_draw(sampler, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_file, "NUMBERS", 2_000)  # 7 pictures at a time
    model = read("bars").model(sampler, rng=0)
    whole = model.sample(50, rng=3)
    write_draws(tmp_path / "a.npz", model, 50, rng=3)
    whole.save(tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert list(a) == list(b) == list(whole.arrays())
        for name in a:
            assert a[name].dtype == b[name].dtype
            assert np.array_equal(a[name], b[name])
    assert max(len(part) for part in parts(model, 50, rng=3)) == 7
    write_draws(tmp_path / "none.npz", model, 0)
    assert np.load(tmp_path / "none.npz")["images"].shape == (0, *whole.images.shape[1:])


def test_more_than_are_drawn_at_once_come_from_one_generator(aegen, tmp_path, monkeypatch):
    monkeypatch.setattr(draw_file, "AT_ONCE", 16)
    words = ("sample", "bars", "--sampler", "gaussian", "-n", 40, "--out")
    code, _, told = aegen(*words, tmp_path / "a.npz")
    assert (code, "40 draws" in told) == (0, True)
    assert aegen(*words, tmp_path / "b.npz")[0] == 0
    one, other = (np.load(tmp_path / name)["codes"] for name in ("a.npz", "b.npz"))
    assert np.array_equal(one, other)
    assert len(np.unique(one, axis=0)) == 40
    first = read("bars").model("gaussian", rng=0).sample(16, rng=0).codes
    assert np.array_equal(one[:16], first)


def test_a_disk_without_room_is_told_before_a_fit(aegen, tmp_path, monkeypatch):
    monkeypatch.setattr("aegen.samplers.base.Sampler.fit", None)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    code, _, complaint = aegen("sample", "bars", "--out", tmp_path / "x.npz")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "and 0.0 GB are free" in complaint


def test_draws_that_the_disk_has_no_room_for_are_refused(tmp_path):
    model = read("bars").model("gaussian", rng=0)
    with pytest.raises(StorageError, match=r"needs [\d,.]+ GB for 1,000,000,000,000 draws"):
        write_draws(tmp_path / "a.npz", model, 10**12)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_no_half_file(tmp_path):
    words = ["sample", "bars", "--sampler", "gaussian", "-n", "1000000", "--out", "x.npz"]
    # Where tests run in the background, their processes are told to ignore an interrupt.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heard}; from aegen.cli import main; main()"
    command = [sys.executable, "-c", script, *words]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as running:
        # Not before the decoder is loaded: a library that begins may swallow an interrupt.
        while sum(file.stat().st_size for file in tmp_path.iterdir()) < 10**6:
            assert running.poll() is None
            time.sleep(0.01)
        os.kill(running.pid, signal.SIGINT)
        assert running.wait(60) not in (0, None)
    assert list(tmp_path.iterdir()) == []


def test_a_bar_comes_where_a_person_waits_for_longer_than_a_moment(monkeypatch, capsys):
    monkeypatch.setattr(progress_bar, "SOON", 0.0)
    for person in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda person=person: person, raising=False)
        with progress_bar.patient():
            report(0.5, "half way")
            time.sleep(0.2)
            report(0.6, "half way")
        assert ("half way" in capsys.readouterr().err) == person


def test_a_bar_comes_even_where_nothing_is_told_after_that_moment(monkeypatch, capsys):
    monkeypatch.setattr(progress_bar, "SOON", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_bar.patient():
        time.sleep(0.5)
    assert "working" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("walk bars --row 3 --row 7 --row 9 --out x.gif", ["finding the path", "packing frames"]),
        ("walk bars --smoothing 2 --out x.webp", ["drawing", "packing frames"]),
        ("edit bars class=lying --out x.png", []),
    ],
)
def test_walks_and_edits_can_be_waited_for(aegen, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    said = []

    @contextlib.contextmanager
    def patient():
        with reporting(lambda share, text: said.append((share, text))):
            yield
        said.append((1.0, "done"))

    monkeypatch.setattr(f"aegen.commands.{words.split()[0]}.patient", patient)
    code, _, problem = aegen(*words.split())
    assert (code, problem) == (0, "")
    assert {*told, "done"} <= {text for _, text in said}
    assert said == sorted(said, key=lambda each: each[0])
