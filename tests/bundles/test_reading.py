"""A sound bundle read back: everything is there, lazy, shared, read-only and safe in threads."""

import pickle
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from aegen.bundles import bundle as bundle_module
from aegen.bundles import bundles, find, read
from aegen.core.errors import BundleError, InvalidInput, UnknownName
from tests.tiny_bundle import tiny_bundle, tiny_images, tiny_networks


@pytest.fixture(scope="module")
def source():
    return tiny_images()


def test_rows_are_those_of_the_image_set(tiny, source):
    bundle = read(tiny.path)
    assert np.array_equal(bundle.rows, np.flatnonzero(~source.holdout))
    assert np.array_equal(bundle.holdout_rows, np.flatnonzero(source.holdout))
    assert bundle.codes.shape == (40, 3)
    assert bundle.holdout.shape == (8, 3)
    assert bundle.codes.dtype == bundle.holdout.dtype == np.float64


def test_codes_are_what_the_encoder_gives(tiny, source):
    assert np.allclose(tiny.encode(source.images[tiny.rows]), tiny.codes, atol=1e-6)
    assert np.allclose(tiny.encode(source.images[tiny.holdout_rows]), tiny.holdout, atol=1e-6)
    # the rows matter: other images give other codes
    assert not np.allclose(tiny.encode(source.images[tiny.rows[::-1]]), tiny.codes, atol=1e-3)


def test_attributes_keep_their_kinds_values_and_order(tiny, source):
    expected = source.attributes.iloc[tiny.rows].reset_index(drop=True)
    found = tiny.attributes
    assert list(found["class"].cat.categories) == ["upright", "lying", "neither"]
    assert found["class"].astype(str).tolist() == expected["class"].astype(str).tolist()
    assert found["late"].dtype == bool
    assert found[["late", "place"]].equals(expected[["late", "place"]])
    held = source.attributes.iloc[tiny.holdout_rows]
    assert tiny.holdout_attributes["place"].tolist() == held["place"].tolist()


def test_attributes_given_out_are_copies(tiny):
    table = tiny.attributes
    table.loc[0, "place"] = -1.0
    assert tiny.attributes.loc[0, "place"] != -1.0


def test_arrays_given_out_cannot_be_changed(tiny):
    shared = [tiny.codes, tiny.holdout, tiny.rows, tiny.holdout_rows, tiny.projection("pca")]
    for array in shared:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_new_code_finds_its_place_and_a_known_one_its_own(tiny):
    for name in ("pca", "umap"):
        assert np.allclose(tiny.project(name, tiny.codes), tiny.projection(name), atol=1e-4)
        assert np.allclose(
            tiny.project(name, tiny.holdout), tiny.holdout_projection(name), atol=1e-4
        )
        assert tiny.projection(name).shape == (40, 2)
    with pytest.raises(UnknownName, match="no projection in tiny named 'tsne'"):
        tiny.project("tsne", tiny.codes)
    with pytest.raises(InvalidInput, match="3 columns"):
        tiny.project("pca", np.zeros((2, 4)))


def test_thumbnails_show_the_decoded_rows(tiny):
    rows = [3, 17, 39]
    tiles = tiny.thumbnail_images(rows).astype(float)
    shown = 255 * tiny.decode(tiny.codes[rows])
    assert tiles.shape == (3, 16, 16, 1)
    assert np.abs(tiles - shown).mean() < 10
    assert np.abs(tiles - np.roll(shown, 1, axis=0)).mean() > 10
    assert tiny.thumbnail_images([]).shape == (0, 16, 16, 1)


@pytest.mark.parametrize(
    ("rows", "said"), [([40], "0 to 39"), ([-1], "0 to 39"), ([[1]], "shape"), ([0.5], "whole")]
)
def test_rows_without_a_thumbnail_are_refused(tiny, rows, said):
    with pytest.raises(InvalidInput, match=said):
        tiny.thumbnail_images(rows)


def test_images_go_in_as_bytes_or_floats_and_come_out_in_range(tiny, source):
    x = source.images[:5]
    assert np.array_equal(tiny.encode(x), tiny.encode(x.astype(np.float32) / np.float32(255)))
    assert np.array_equal(tiny.encode(x), tiny.encode(x[..., 0]))
    out = tiny.decode(tiny.codes[:5])
    assert out.shape == (5, 16, 16, 1)
    assert out.dtype == np.float32
    assert out.min() >= 0
    assert out.max() <= 1
    told = tiny.classify(out)
    assert list(told) == ["class"]
    assert np.allclose(told["class"].sum(axis=1), 1)
    assert tiny.features(out).shape == (5, 8)


def test_the_classifier_is_the_one_that_was_given(tiny, source):
    import torch

    classifier = tiny_networks()[1]
    x = torch.from_numpy(source.images[:4].transpose(0, 3, 1, 2).astype(np.float32) / 255)
    with torch.inference_mode():
        logits = classifier(x)["class"].softmax(dim=1).numpy()
    assert np.allclose(tiny.classify(source.images[:4])["class"], logits, atol=1e-6)
    assert not np.allclose(tiny.classify(source.images[4:8])["class"], logits, atol=1e-6)


def test_features_that_are_known_spare_the_classifier_the_most_of_its_work():
    sprites = read("sprites")  # single pixels too decide there
    x = sprites.decode(sprites.holdout[:40])
    f = sprites.features(x)
    told, again = sprites.classify(x), sprites.classify(x, features=f)
    assert list(told) == list(again)
    assert all(np.allclose(again[name], told[name], atol=1e-6) for name in told)
    other = sprites.classify(x, features=f[::-1])
    assert not np.allclose(other["hair"], told["hair"], atol=1e-2)
    turned = sprites.classify(x[::-1], features=f)  # the pixels have their say as well
    assert not np.allclose(turned["action"], told["action"], atol=1e-2)
    assert np.allclose(turned["hair"], told["hair"], atol=1e-6)
    with pytest.raises(InvalidInput, match="40 images but 39 rows of features"):
        sprites.classify(x, features=f[1:])


def test_colour_images_keep_their_channels(tmp_path):
    bundle = tiny_bundle(tmp_path / "colour", channels=3)
    source = tiny_images(channels=3)
    assert np.allclose(bundle.encode(source.images[bundle.rows]), bundle.codes, atol=1e-6)
    image = bundle.decode(bundle.codes[:1])[0]
    tile = bundle.thumbnail_images([0])[0] / 255
    means = image.mean(axis=(0, 1)) - tile.mean(axis=(0, 1))
    assert np.abs(means).max() < 0.05


def test_nothing_in_nothing_out(tiny):
    assert tiny.decode(np.empty((0, 3))).shape == (0, 16, 16, 1)
    empty = np.empty((0, 16, 16, 1), np.uint8)
    assert tiny.encode(empty).shape == (0, 3)
    assert tiny.classify(empty)["class"].shape == (0, 3)
    assert tiny.features(empty).shape == (0, 8)


def test_a_picture_does_not_depend_on_what_is_decoded_with_it(tiny):
    z = np.random.default_rng(0).normal(size=(150, 3))
    whole = tiny.decode(z)
    alone = np.concatenate([tiny.decode(z[k : k + 1]) for k in range(0, 150, 10)])
    assert np.array_equal(whole[::10], alone)
    assert np.array_equal(whole[30:67], tiny.decode(z[30:67]))


@pytest.mark.parametrize(
    ("z", "said"),
    [
        (np.zeros((2, 4)), "3 columns, got 4"),
        (np.full((2, 3), np.nan), "finite"),
        (np.zeros(3), r"shape \(n, d\)"),
        (np.array([[0.0, 0, 0], [1e300, 0, 0]]), "too large to decode, first row 1"),
    ],
)
def test_codes_that_cannot_be_decoded_are_refused(tiny, z, said):
    with pytest.raises(InvalidInput, match=said):
        tiny.decode(z)


def test_images_that_cannot_be_encoded_are_refused(tiny):
    with pytest.raises(InvalidInput, match=r"shape \(n, 16, 16, 1\)"):
        tiny.encode(np.zeros((2, 8, 8, 1), np.uint8))
    with pytest.raises(InvalidInput, match=r"\[0, 1\]"):
        tiny.encode(np.full((2, 16, 16, 1), 200.0))


def test_each_file_is_read_once_and_by_one_thread(folder, monkeypatch):
    bundle = read(folder)
    loads = []
    original = bundle_module.OnnxNetwork
    monkeypatch.setattr(
        bundle_module, "OnnxNetwork", lambda *a: loads.append(a[1].name) or original(*a)
    )
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(bundle.decode(np.ones((1, 3)))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert loads == ["decoder.onnx"]  # the encoder is opened when something is encoded
    assert all(np.array_equal(results[0], other) for other in results)
    assert bundle.codes is bundle.codes


def test_opening_reads_the_manifest_only(folder):
    for name in ("codes.safetensors", "encoder.onnx", "decoder.onnx", "thumbnails.webp"):
        (folder / name).unlink()
    assert read(folder).manifest.rows == 40
    assert isinstance(read(folder).attributes, pd.DataFrame)


def test_a_bundle_travels_to_a_process_as_its_path(tiny):
    content = pickle.dumps(tiny)
    assert len(content) < 500
    assert np.array_equal(pickle.loads(content).codes, tiny.codes)


def test_a_bundle_without_a_classifier_says_so(tmp_path):
    bundle = tiny_bundle(tmp_path / "plain", classifier=None)
    assert "classifier.safetensors" not in bundle.manifest.files
    with pytest.raises(BundleError, match=r"bundle\.json: classifier: this bundle has none"):
        bundle.classify(np.zeros((1, 16, 16, 1), np.uint8))


def test_bundles_are_found_by_folder_name_in_the_folders_named(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("AEGEN_BUNDLES", str(tiny.path.parent))
    assert "tiny" in bundles()
    assert find("tiny") == tiny.path
    assert read("tiny").name == "tiny"
    assert read(str(tiny.path)).name == "tiny"
    with pytest.raises(UnknownName, match=r"no bundle named 'tinny'; did you mean 'tiny'\?"):
        read("tinny")
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path / "nowhere"))
    with monkeypatch.context() as here:
        here.chdir(tiny.path.parent)
        assert read("tiny").name == "tiny"
    assert "tiny" not in bundles()


def test_a_folder_half_written_is_not_listed(tiny, tmp_path, monkeypatch):
    (tmp_path / ".later.x1").mkdir()
    (tmp_path / ".later.x1" / "bundle.json").write_text("{}")
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path))
    assert not [name for name in bundles() if "later" in name]


def run(script):
    """Run it in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_looking_needs_no_heavy_library_and_networks_need_onnxruntime_only(tiny):
    """Nor does a reconstruction compile or load what only trainings need."""
    script = (
        "import sys, aegen\n"
        "heavy = {'torch', 'umap', 'streamlit', 'plotly', 'numba'}\n"
        f"b = aegen.load({str(tiny.path)!r})\n"
        "b.codes, b.attributes, b.projection('umap'), b.thumbnails, b.nearest(b.codes[:2])\n"
        "print(*sorted((heavy | {'onnxruntime', 'onnx'}) & set(sys.modules)))\n"
        "b.decode(b.codes[:2])\n"
        "b.reconstruct(b.decode(b.codes[:2]))\n"
        "print(*sorted(heavy & set(sys.modules)), 'onnxruntime' in sys.modules)\n"
    )
    assert run(script).splitlines() == ["", "True"]
