"""`aegen train` as a person runs it: a process that is killed, started again, and refused."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from aegen.autoencoders.checkpoint import read_checkpoint


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A keras-style npz of 200 bars."""
    draw = np.random.default_rng(0)
    x = np.zeros((200, 28, 28), np.uint8)
    y = draw.integers(0, 10, 200).astype(np.uint8)
    for k in range(200):
        x[k, 2 * y[k] : 2 * y[k] + 8, 5:20] = 200
    path = tmp_path_factory.mktemp("data") / "mnist.npz"
    np.savez(path, x_train=x[:160], y_train=y[:160], x_test=x[160:], y_test=y[160:])
    return path


def command(*words):
    """The command in a process of its own, which can be killed."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return subprocess.Popen(
        [sys.executable, "-m", "aegen", "train", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_killed_command_continues_where_it_was(aegen, data, tmp_path):
    words = ("autoencoder", "mnist", "--data", data, "--epochs", 15, "--batch", 32)
    words = (*words, "--latent-dim", 4, "--threads", 1, "--out")
    killed = command(*words, tmp_path / "killed")
    checkpoint = tmp_path / "killed" / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = len(read_checkpoint(checkpoint).history)
    assert 1 <= done < 15
    code, printed, problems = aegen("train", *words, tmp_path / "killed")
    assert code == 0, problems
    assert f"epoch {done + 1}: loss" in printed
    assert f"epoch {done}: loss" not in printed
    assert aegen("train", *words, tmp_path / "whole")[0] == 0
    a, b = (read_checkpoint(tmp_path / n / "checkpoint.safetensors") for n in ("killed", "whole"))
    assert all(np.array_equal(a.weights[name], b.weights[name]) for name in b.weights)
    assert a.history == b.history
    # Nothing half written lies about.
    assert sorted(p.name for p in (tmp_path / "killed").iterdir()) == [checkpoint.name]


def test_weights_of_epochs_are_kept_on_demand(aegen, data, tmp_path):
    words = ("autoencoder", "mnist", "--data", data, "--epochs", 4, "--limit", 64)
    words = (*words, "--latent-dim", 2, "--threads", 1, "--keep-every", 2, "--out", tmp_path)
    code, _, problems = aegen("train", *words)
    assert code == 0, problems
    kept = sorted(tmp_path.glob("epoch-*"))
    assert [path.name for path in kept] == ["epoch-002.safetensors", "epoch-004.safetensors"]
    early, last = (read_checkpoint(path) for path in kept)
    assert [len(early.history), len(last.history)] == [2, 4]
    end = read_checkpoint(tmp_path / "checkpoint.safetensors")
    assert all(np.array_equal(last.weights[name], end.weights[name]) for name in end.weights)
    assert not all(np.array_equal(early.weights[name], end.weights[name]) for name in end.weights)


def test_details_are_read_after_the_last_epoch(aegen, data, tmp_path):
    words = ("classifier", "mnist", "--data", data, "--epochs", 1, "--details", "class")
    code, printed, problems = aegen("train", *words, "--threads", 1, "--out", tmp_path)
    assert code == 0, problems
    history = read_checkpoint(tmp_path / "checkpoint.safetensors").history
    assert f"with details: epoch 1.0000, loss {history[0]['loss']:.4f}" in printed
    assert f"accuracy_class {history[0]['accuracy_class']:.4f}" in printed
    assert history[0]["accuracy_class"] > 0.9  # the place of a bar, which each pixel tells
    assert "reading what single pixels tell of class" in printed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("autoencoder", "mnits"), "no data set named 'mnits'"),
        (("vae", "mnist", "--data", "/no/such"), "/no/such: is neither a folder"),
        (("classifier", "sprites"), "give its npz file with --data"),
    ],
)
def test_bad_input_is_one_line(aegen, words, sentence):
    code, printed, problem = aegen("train", *words)
    assert code == 2
    assert sentence in problem
    assert problem.startswith("aegen: ")
    assert problem.count("\n") == 1
    assert not printed
