"""Two commands with one --out: the second is refused in a line, and changes nothing."""

import pytest

from aegen.core.storage import claimed
from aegen.supermask.training.recipe import Recipe
from aegen.supermask.training.runs import Run, perform
from tests.onnx_networks import affine
from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    """A bundle that can be compared on."""
    folder = tmp_path_factory.mktemp("compared") / "bars"
    tiny_bundle(folder, image_set=tiny_images(100, 80))
    return folder


TRAIN = ["train", "autoencoder", "mnist", "--limit", 64, "--epochs", 1]
MASKS = ["supermask", "train", "fcn:hidden=8", "--limit", 64, "--epochs", 1]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (TRAIN, "checkpoint.safetensors"),
        (["train", "classifier", *TRAIN[2:]], "checkpoint.safetensors"),
        (MASKS, "seed-0.safetensors"),
    ],
)
def test_a_training_that_is_under_way_elsewhere_is_refused(
    aegen, few_data, tmp_path, words, place
):
    folder = few_data / "mnist"
    given = f"mnist={folder}" if words is MASKS else folder
    words = [*words, "--data", given, "--out", tmp_path / "out"]
    with claimed(tmp_path / "out" / place):
        code, _, said = aegen(*words)
    assert code == 2
    assert f"{place}: is being written by another process: wait until that has ended" in said
    assert not (tmp_path / "out").exists()


def test_of_several_seeds_one_that_is_under_way_elsewhere_has_a_problem(few_data, tmp_path):
    data, recipe = str(few_data / "mnist"), Recipe(epochs=1)
    run = Run("fcn", (("hidden", "8"),), "mnist", data, 64, recipe, str(tmp_path))
    with claimed(run.checkpoint):
        assert "is being written by another process" in perform(run).problem
        assert perform(run.of_seed(1)).problem is None
    assert not run.checkpoint.exists()
    assert run.of_seed(1).ticket.is_file()


def test_a_comparison_that_is_under_way_elsewhere_is_refused(aegen, bars, tmp_path):
    words = ["compare", bars, "--samplers", "gaussian", "--seeds", 1, "--draws", 40]
    words += ["--metrics", "codes/distance-ratio", "--reference", "held-out", "--jobs", 1]
    with claimed(tmp_path / "results"):
        code, _, said = aegen(*words, "--out", tmp_path)
    assert code == 2
    assert "results: is being written by another process" in said
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert list((tmp_path / "results").iterdir()) == []


def test_a_bundle_that_is_being_made_elsewhere_is_refused(aegen, tmp_path):
    import numpy as np

    np.save(tmp_path / "codes.npy", np.random.default_rng(0).normal(size=(40, 3)))
    w = np.random.default_rng(0).normal(size=(3, 256))
    (tmp_path / "decoder.onnx").write_bytes(affine(w, w[0], (3,), (1, 16, 16), end="Sigmoid"))
    words = ["bundles", "create", "bars", "--codes", tmp_path / "codes.npy"]
    words += ["--decoder", tmp_path / "decoder.onnx", "--out", tmp_path / "out" / "bars"]
    with claimed(tmp_path / "out" / "bars"):
        code, _, said = aegen(*words)
    assert code == 2
    assert "bars: is being written by another process" in said
    assert not (tmp_path / "out").exists()
