"""Bundles in memory: as good as written ones, and the same bytes once they are."""

import os
import pickle

import numpy as np
import pytest

from aegen.bundles import Bundle, check, read
from aegen.core.errors import BundleError
from tests.onnx_networks import affine
from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def held():
    """The tiny bundle, in memory."""
    return tiny_bundle(None)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_does_all_that_a_written_one_does(held, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = tiny_images().images[:3]
    assert np.array_equal(held.codes, tiny.codes)
    assert np.array_equal(held.encode(x), tiny.encode(x))
    assert np.array_equal(held.decode(held.codes), tiny.decode(tiny.codes))
    assert held.attributes.equals(tiny.attributes)
    assert held.cover == tiny.cover
    assert np.array_equal(held.thumbnail_images([0, 5]), tiny.thumbnail_images([0, 5]))
    assert np.array_equal(held.project("pca", held.codes), tiny.project("pca", tiny.codes))
    assert np.array_equal(held.classify(x)["class"], tiny.classify(x)["class"])
    draw = held.model("gaussian").sample(4, rng=0)
    assert np.array_equal(draw.images, tiny.model("gaussian").sample(4, rng=0).images)
    assert held.manifest.files == tiny.manifest.files
    assert os.listdir() == []  # nothing was written anywhere


def test_saved_it_is_byte_for_byte_what_a_path_gives(held, tiny, tmp_path):
    saved = held.save(tmp_path / "tiny")
    assert files(saved.path) == files(tiny.path)
    assert check(saved.path).findings == ()
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert np.array_equal(saved.decode(saved.codes), held.decode(held.codes))


def test_a_written_one_can_be_saved_elsewhere_and_onto_itself(tiny, tmp_path):
    saved = read(tiny.path).save(tmp_path / "copy")
    assert files(saved.path) == files(tiny.path)
    assert files(saved.save(saved.path).path) == files(tiny.path)


def test_saving_replaces_a_bundle_and_nothing_else(held, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(BundleError, match="no bundle: name a new folder"):
        held.save(tmp_path / "thesis")
    with pytest.raises(BundleError, match="there is no folder"):
        held.save(tmp_path / "absent" / "tiny")
    for nameless in (".", "..", "/"):
        with pytest.raises(BundleError, match="is no new folder: give it a name"):
            held.save(nameless)
    old = tiny_bundle(tmp_path / "old", title="Old", classifier=None)
    assert held.save(old.path).title == "Tiny bars"
    assert "classifier.safetensors" in os.listdir(old.path)


def test_it_travels_whole_to_another_process(held):
    again = pickle.loads(pickle.dumps(held))
    assert type(again) is Bundle
    assert again.manifest == held.manifest
    assert np.array_equal(again.decode(again.codes), held.decode(held.codes))
    assert np.array_equal(again.encode(tiny_images().images), held.encode(tiny_images().images))


# Functions


def encode(x):
    return x.reshape(len(x), -1)[:, ::50]


def decode(z):
    return np.repeat(z[:, :1], 256, axis=1).reshape(len(z), 16, 16, 1)


@pytest.fixture(scope="module")
def of_functions():
    return tiny_bundle(None, network=None, encode=encode, decode=decode)


def test_functions_work_in_memory(of_functions):
    x = tiny_images().images
    z = of_functions.encode(x)
    assert of_functions.encodes
    assert of_functions.decodes
    assert np.allclose(of_functions.encode(x[of_functions.rows]), of_functions.codes)
    layout = of_functions.manifest.decoder.convention.layout
    assert layout == "channels last"
    assert np.allclose(of_functions.decode(z)[:, 3, 5, 0], np.clip(z[:, 0], 0, 1), atol=0.6)
    assert of_functions.model("gaussian").sample(2, rng=0).images.shape == (2, 16, 16, 1)


def test_a_written_bundle_of_functions_has_all_but_them(of_functions, tmp_path):
    saved = of_functions.save(tmp_path / "saved")
    assert check(saved.path).ok
    assert np.array_equal(saved.codes, of_functions.codes)
    assert saved.cover == of_functions.cover
    assert saved.manifest.decoder.function
    assert not saved.decodes
    assert not saved.encodes
    lost = "this bundle has none, since it was made with a function, which no file can hold"
    for ask, end in [
        (lambda: saved.decode(saved.codes), "decoder"),
        (lambda: saved.decode_values(saved.codes), "decoder"),
        (lambda: saved.encode(tiny_images().images), "encoder"),
        (lambda: saved.reconstruct(tiny_images().images), "encoder"),
        (lambda: saved.model("gaussian").sample(2, rng=0), "decoder"),
    ]:
        with pytest.raises(BundleError, match=f"{end}: {lost}") as error:
            ask()
        assert error.value.path == saved.path / "bundle.json"


def test_with_a_path_functions_go_on_working_until_it_is_opened_again(tmp_path):
    bundle = tiny_bundle(tmp_path / "fresh", network=None, encode=encode, decode=decode)
    assert bundle.decode(bundle.codes[:2]).shape == (2, 16, 16, 1)
    assert sorted(os.listdir(tmp_path)) == ["fresh"]
    assert not read(bundle.path).decodes


def test_functions_do_not_travel(of_functions):
    again = pickle.loads(pickle.dumps(of_functions))
    assert np.array_equal(again.codes, of_functions.codes)
    with pytest.raises(BundleError, match="made with a function"):
        again.decode(again.codes)


def test_a_function_beside_a_file(tmp_path):
    w = np.random.default_rng(0).normal(size=(6, 256)) / 6
    decoder = affine(w, np.full(256, 0.5), (6,), (1, 16, 16))
    bundle = tiny_bundle(None, network=None, encode=encode, decoder=decoder)
    saved = bundle.save(tmp_path / "half")
    assert saved.decodes
    assert not saved.encodes
    assert np.array_equal(saved.decode(saved.codes), bundle.decode(bundle.codes))
    assert check(saved.path).ok
