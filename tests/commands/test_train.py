"""`aegen train` as a person runs it: a process that is killed, started again, and refused."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.commands.bundles import _trained
from tests.decoded_images import DecodedImages


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
    words = ("autoencoder", "mnist", "--data", data, "--epochs", 4, "--batch", 32)
    words = (*words, "--latent-dim", 4, "--threads", 1, "--out")
    killed = command(*words, tmp_path / "killed")
    checkpoint = tmp_path / "killed" / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = len(read_checkpoint(checkpoint).history)
    assert 1 <= done < 4
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
    words = ("autoencoder", "mnist", "--data", data, "--epochs", 4, "--limit", 32)
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


def test_a_bundle_says_what_its_decoder_began_with(aegen, data, tmp_path):
    words = ("autoencoder", "mnist", "--data", data, "--limit", 64, "--latent-dim", 2)
    words = (*words, "--threads", 1, "--out")
    assert aegen("train", *words, tmp_path / "whole", "--epochs", 2)[0] == 0
    again = ("--epochs", 1, "--begin-with", tmp_path / "whole", "--decoder-only")
    code, _, problems = aegen("train", *words, tmp_path / "again", *again)
    assert code == 0, problems
    net, training, images = _trained(tmp_path / "again", str(data), 64, None)
    first, whole, _ = _trained(tmp_path / "whole", str(data), 64, None)
    assert [training["epochs"], whole["epochs"]] == [1, 2]
    assert training["decoder_only"] is True
    assert [recipe["epochs"] for recipe in training["begun_with"]] == [2]
    assert not {"decoder_only", "begun_with"} & set(whole)
    x = torch.from_numpy(images.images[:8]).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        assert torch.equal(net.encode(x), first.encode(x))
        assert not torch.equal(net(x), first(x))


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
        (
            ("autoencoder", "mnits"),
            "no data set, file or folder named 'mnits'; did you mean 'mnist'",
        ),
        (("vae", "no/such/folder"), "no data set, file or folder named 'no/such/folder'"),
        (("autoencoder", "mnist", "--shape", "28x28"), "--shape is for images at a path"),
        (("classifier", "mnist", "--attributes", "a.csv"), "--attributes is for images at a path"),
        (("autoencoder", ".", "--data", "x"), "--data is for the files of a data set by its name"),
        (("autoencoder", ".", "--shape", "wide"), "--shape must be a height and a width"),
        (("autoencoder", ".", "--shape", "8x8x5"), "--shape: channels must be from 1 to 4, got 5"),
        (("autoencoder", ".", "--shape", "4x8"), "--shape: size must be a whole number from 8"),
        (("autoencoder", ".", "--out", f"{__file__}/a"), "test_train.py: is no folder"),
        (("autoencoder", ".", "--decoder-only"), "name the training by --begin-with, or"),
        (("supermask-autoencoder", "."), "no data set named '.'"),
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


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of pictures, read by a stand-in: 90 bars of 8 x 20, and what a table says of them.

    Gives what the reader was called with.
    """
    draw = np.random.default_rng(0)
    place, dim = draw.integers(1, 17, 90), draw.random(90) < 0.5
    x = np.zeros((90, 8, 20, 3), np.uint8)
    for k in range(90):
        x[k, :, place[k] : place[k] + 3] = 90 if dim[k] else 250
    table = pd.DataFrame(
        {
            "light": pd.Categorical(np.where(dim, "dim", "bright")),
            "right": place > 8,
            "place": np.where(draw.random(90) < 0.2, np.nan, 10.0 * place),
            "file": [f"{k}.png" for k in range(90)],
        }
    )
    asked = SimpleNamespace(table=table)

    def read(path, **given):
        asked.path, asked.given = path, given
        asked.images = DecodedImages(x)
        return SimpleNamespace(
            name="my-photos",
            title="My photos",
            images=asked.images,
            image_shape=(8, 20, 3),
            attributes=asked.table,
            holdout=np.arange(90) % 6 == 0,
            skipped=tuple(f"notes-{k}.txt: is no picture" for k in range(22)),
            notes=("two pictures were turned",),
        )

    monkeypatch.setattr("aegen.data.read", read, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "My Photos").mkdir()
    (tmp_path / "labels.csv").touch()
    return asked


def test_an_autoencoder_of_a_folder(aegen, photos, tmp_path):
    words = ("autoencoder", "My Photos/", "--shape", "8x20x3", "--attributes", "labels.csv")
    words = (*words, "--limit", 75)
    code, printed, problems = aegen("train", *words, "--epochs", 2, "--latent-dim", 3)
    assert code == 0, problems
    assert photos.given == {
        "shape": (8, 20, 3),
        "attributes": Path("labels.csv"),
        "limit": 75,
    }
    lines = printed.splitlines()
    assert "My photos: 90 pictures of 8 x 20 x 3, 15 of them held out" in lines
    assert "two pictures were turned" in lines
    assert "left out: notes-19.txt: is no picture" in lines
    assert "left out: 2 more files" in lines
    assert "codes of 3 dimensions; 2 epochs in steps of 16 pictures" in lines
    assert lines[-1].startswith(
        "next: aegen bundles create my-photos --trained runs/my-photos-autoencoder "
    )
    assert "--images 'My Photos' --attributes labels.csv" in lines[-1]
    about = read_checkpoint(tmp_path / "runs/my-photos-autoencoder/checkpoint.safetensors").about
    assert about["arguments"]["size"] == [8, 20]
    assert about["dataset"] == "my-photos"
    assert about["source"] == {
        "path": str(tmp_path / "My Photos"),
        "attributes": str(tmp_path / "labels.csv"),
        "shape": [8, 20, 3],
        "limit": 75,
    }


def test_a_folder_that_was_moved_is_gone_on_with(aegen, photos, tmp_path):
    words = ("autoencoder", "My Photos", "--epochs", 1, "--latent-dim", 2, "--out", "kept")
    assert aegen("train", *words)[0] == 0
    (tmp_path / "My Photos").rename(tmp_path / "Moved")
    code, printed, problems = aegen("train", words[0], "Moved", *words[2:])
    assert code == 0, problems
    assert "epoch 1:" not in printed


def test_defaults_go_by_the_pictures(aegen, photos, monkeypatch):
    from aegen.autoencoders import train

    asked = {}
    monkeypatch.setattr(
        train, "train_autoencoder", lambda *images, **given: asked.update(given) or iter(())
    )
    assert aegen("train", "vae", "My Photos")[0] == 0
    assert asked["arguments"] == {"latent_dim": 10, "beta": 1.0}
    assert asked["recipe"].plain() == {
        "epochs": 200,
        "batch": 16,
        "learning_rate": 2e-3,
        "seed": 0,
    }


def test_a_classifier_of_a_folder_says_how_well_it_reads_each_attribute(aegen, photos, tmp_path):
    words = ("classifier", "My Photos", "--epochs", 8, "--learning-rate", 0.01)
    code, printed, problems = aegen("train", *words)
    assert code == 0, problems
    lines = printed.splitlines()
    assert "attribute file is left out: every picture has a text of its own" in lines
    assert "learns light, right, place" in lines
    assert lines[-1].startswith(
        "next: aegen bundles create my-photos --trained runs/my-photos-autoencoder "
    )
    assert "--classifier runs/my-photos-classifier" in lines[-1]
    light, right, place = lines[-4:-1]
    assert lines[-5] == "on held-out pictures, with 95 % intervals:"
    assert light.startswith("  light  100.0% right [79.6%, 100.0%] of 15")
    assert right.startswith("  right  ")
    known = int(photos.table["place"].iloc[::6].notna().sum())
    assert place.startswith("  place  off by ")
    assert f"of {known}; R2 0." in place
    path = tmp_path / "runs/my-photos-classifier/checkpoint.safetensors"
    arguments = read_checkpoint(path).about["arguments"]
    assert arguments["attributes"] == {"light": 2, "right": 2}
    assert list(arguments["numbers"]) == ["place"]


def test_a_classifier_without_epochs_stops_by_itself_and_says_so(aegen, photos, monkeypatch):
    from aegen.autoencoders import defaults

    monkeypatch.setattr(defaults, "chosen_epochs", lambda *_, **__: 40)
    monkeypatch.setattr(defaults, "chosen_patience", lambda _: 1)
    words = ("classifier", "My Photos", "--only", "light", "--learning-rate", 0.05)
    code, printed, problems = aegen("train", *words)
    assert code == 0, problems
    assert "learns light\n" in printed
    stopped = re.search(r"stopped after epoch (\d+) of 40: the loss on a tenth of the", printed)
    assert f"the weights are those of epoch {int(stopped[1]) - 1}, where the loss" in printed


@pytest.mark.parametrize(
    ("table", "words", "sentence"),
    [
        (pd.DataFrame(index=range(90)), (), "My photos has no attributes"),
        (None, ("--only", "lihgt"), "no attribute named 'lihgt'; did you mean 'light'?"),
        (None, ("--only", "file"), "a classifier could learn (file: every picture has a text"),
        (None, ("--details", "place"), "no attribute 'place' whose details could be read"),
    ],
)
def test_attributes_that_cannot_be_learned_are_one_line(
    aegen, photos, tmp_path, table, words, sentence
):
    photos.table = photos.table if table is None else table
    code, _, problem = aegen("train", "classifier", "My Photos", *words)
    assert code == 2
    assert sentence in problem
    assert problem.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_pictures_too_large_for_a_network_are_told_with_a_shape(aegen, photos, monkeypatch):
    large = SimpleNamespace(image_shape=(600, 800, 3), title="x")
    monkeypatch.setattr("aegen.data.read", lambda path: large, raising=False)
    code, _, problem = aegen("train", "autoencoder", "My Photos")
    assert code == 2
    assert "has pictures of 600 x 800" in problem
    assert "such as --shape 96x128" in problem
