"""`aegen train supermask-autoencoder` as a person runs it, and the bundle made of it."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.core.storage import load_arrays, save_arrays
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from tests.tiny_bundle import QuickUMAP

SMALL = ("--encoder", "24-12", "--latent-dim", 3, "--limit", 300, "--threads", 1)


def test_a_training_gives_checkpoint_ticket_and_history(aegen, few_data, tmp_path):
    words = ("train", "supermask-autoencoder", "mnist", "--data", few_data / "mnist", *SMALL)
    code, out, err = aegen(*words, "--epochs", 2, "--seed", 3, "--out", tmp_path)
    assert code == 0, err
    assert "epoch 2: loss" in out
    assert "decoder.2" in out
    ticket = Ticket.read(tmp_path / "autoencoder.ticket")
    assert (ticket.network, ticket.seed, ticket.about["data"]) == (None, 3, "mnist")
    assert ticket.layers["encoder.0"] == (24, 784)
    history = History.read(tmp_path / "autoencoder.history")
    assert np.array_equal(history.masks(2)["encoder.0"], ticket.masks["encoder.0"])
    checkpoint = read_checkpoint(tmp_path / "checkpoint.safetensors")
    assert checkpoint.about["recipe"]["epochs"] == 2
    for name, weights in ticket.weights().items():
        assert np.array_equal(checkpoint.weights[f"{name}.weight"], weights)
    # The same command does nothing more, another recipe is not taken for it.
    code, out, _ = aegen(*words, "--epochs", 2, "--seed", 3, "--out", tmp_path)
    assert code == 0
    assert "epoch 2:" not in out
    code, _, err = aegen(*words, "--epochs", 3, "--seed", 3, "--out", tmp_path)
    assert code == 2
    assert "was begun with epochs 2, not with epochs 3" in err


def test_a_bundle_of_few_rows_with_a_rounded_classifier(aegen, few_data, tmp_path, monkeypatch):
    from aegen import bundles
    from aegen.projections import projections

    chosen = projections.create
    monkeypatch.setattr(
        projections,
        "create",
        lambda name, **given: QuickUMAP() if name == "umap" else chosen(name, **given),
    )
    data = ("mnist", "--data", few_data / "mnist", *SMALL)
    masked, out = tmp_path / "masked", tmp_path / "new" / "few"
    assert aegen("train", "supermask-autoencoder", *data, "--epochs", 1, "--out", masked)[0] == 0
    evaluation_set = _with_a_finer_classifier(bundles.find("mnist"), tmp_path / "finer")
    words = (
        "bundles",
        "create",
        "few",
        "--trained",
        masked,
        "--classifier",
        evaluation_set,
        "--images",
        few_data / "mnist",
    )
    words = (*words, "--limit", 300, "--title", "Few", "--description", "A few.", "--keep", 60)
    code, _, err = aegen(*words, "--compact", "--out", out)
    assert code == 0, err
    bundle = bundles.read(out)
    assert (len(bundle.codes), len(bundle.holdout)) == (60, 10)
    assert bundle.manifest.architecture.name == "masked"
    assert bundle.manifest.training["rows"] == 300
    rounded, _ = load_arrays(out / "classifier.safetensors")
    exact, _ = load_arrays(evaluation_set / "classifier.safetensors")
    for name, weights in exact.items():
        if weights.dtype == np.float32:
            assert rounded[name].dtype == np.float16
            assert np.allclose(rounded[name], weights, rtol=1e-3, atol=1e-6)
    assert not np.array_equal(rounded["embed.weight"], exact["embed.weight"])


def _with_a_finer_classifier(source, folder):
    """A copy of a bundle whose classifier has more digits than half precision can hold."""
    shutil.copytree(source, folder)
    file = folder / "classifier.safetensors"
    arrays, about = load_arrays(file)
    finer = {
        name: (array * np.float32(1.0001)).astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }
    save_arrays(file, finer, about)
    manifest = json.loads((folder / "bundle.json").read_text())
    content = file.read_bytes()
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest["files"][file.name] = entry
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--encoder", "24,12"), "--encoder must be sizes of layers with dashes"),
        (("--decoder", "0-12"), "--decoder must be sizes of layers with dashes"),
        (("--classifier", "sprites"), "the bundle sprites has no classifier that distinguishes"),
        (("--classifier", "mnits"), "there is no bundle named 'mnits'"),
        (("--kappa", 1e30), "kappa gives weights of size"),
    ],
)
def test_bad_input_is_one_line(aegen, few_data, tmp_path, words, sentence):
    line = ("train", "supermask-autoencoder", "mnist", "--data", few_data / "mnist", *SMALL)
    code, _, err = aegen(*line, *words, "--out", tmp_path / "a")
    assert code == 2
    assert err.startswith("aegen: ")
    assert sentence in err
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("a/*"))
