"""Arrays in each layout and range come out as the same images, and others are refused."""

import pickle

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.data import LazyImages, read
from aegen.data._reading import image_arrays, sources
from aegen.data._reading import read as reading

X = np.random.default_rng(0).integers(0, 256, (12, 8, 10, 3), dtype=np.uint8)
X[0, 0, 0] = [0, 255, 128]
GREY = X[..., :1]

CONVENTIONS = {
    "uint8": lambda x: x,
    "int64": lambda x: x.astype(np.int64),
    "uint16": lambda x: x.astype(np.uint16) * 257,
    "0..1": lambda x: x / 255,
    "float32": lambda x: (x / 255).astype(np.float32),
    "float16": lambda x: (x / 255).astype(np.float16),
    "-1..1": lambda x: x / 127.5 - 1,
    "0..255": lambda x: x.astype(float),
}


@pytest.mark.parametrize("held", CONVENTIONS)
def test_each_range_and_layout(held):
    convert = CONVENTIONS[held]
    assert np.array_equal(read(convert(X)).images, X)
    assert np.array_equal(read(convert(np.moveaxis(X, 3, 1))).images, X)
    assert np.array_equal(read(convert(GREY)).images, GREY)
    assert np.array_equal(read(convert(GREY[..., 0])).images, GREY)
    assert np.array_equal(read(convert(np.moveaxis(GREY, 3, 1))).images, GREY)
    flat = convert(X).reshape(12, -1)
    assert np.array_equal(read(flat, shape=(8, 10, 3)).images, X)


def test_black_and_white():
    bits = np.eye(9)[None].repeat(3, axis=0)
    for kind in (bool, np.uint8, np.int32, float):
        assert np.array_equal(read(bits.astype(kind)).images[..., 0], bits * 255)


def test_where_both_ends_could_be_channels_the_shape_decides():
    both = X[:, :3, :, :3]  # (12, 3, 10, 3)
    assert read(both).image_shape == (3, 10, 3)
    first = read(both, shape=(10, 3, 3))
    assert np.array_equal(first.images, np.moveaxis(both, 1, -1))


def test_another_shape_is_fitted():
    found = read(GREY, shape=(4, 5, 3))
    assert found.image_shape == (4, 5, 3)
    middle = GREY.reshape(12, 4, 2, 5, 2).mean(axis=(2, 4))
    assert np.abs(found.images[..., 0] - middle).max() <= 1
    assert any("fitted to (4, 5, 3)" in note for note in found.notes)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (X / 255 * 3 - 1.5, "before they were standardised"),
        (X.astype(int) - 300, "from -300 to"),
        (X / 255 * 16, "from 0 to 16"),
        (np.where(X == 255, np.nan, X), "numbers from"),
        (np.full((3, 8, 8), np.inf), "numbers from"),
        (np.zeros((3, 8, 8), complex), "must hold numbers"),
        (np.zeros((3, 8, 8, 2)), "1, 3 or 4 channels"),
        (np.zeros((3, 8)), "give shape="),
        (np.zeros((480, 640, 3)), "single picture"),
        (np.zeros((0, 8, 8)), "must have shape"),
        (np.zeros(5), "must have shape"),
        (np.zeros((1, 8, 2000)), "at most 1024"),
    ],
)
def test_what_cannot_be_images_is_a_sentence(x, said):
    with pytest.raises(InvalidInput, match=said):
        read(x)


def test_labels_beside_the_pictures(tmp_path):
    names = np.array(["cat", "dog", "owl"])
    np.savez(
        tmp_path / "pets.npz",
        images=X,
        labels=np.arange(12, dtype=np.uint8)[:, None] % 3,
        class_names=names,
        weight=np.linspace(1, 2, 12),
        traits=np.arange(24).reshape(12, 2) % 4,
        traits_names=np.array(["fur", "size"]),
        where=np.array(["here", "there"] * 6),
        tame=np.arange(12) % 2,
        mean_image=np.zeros((8, 10, 3)),
        notes=np.array({"pickled": 1}, dtype=object),
    )
    found = read(tmp_path / "pets.npz")
    table = found.attributes
    assert table["class"].tolist()[:4] == ["cat", "dog", "owl", "cat"]
    assert table["class"].cat.categories.tolist() == ["cat", "dog", "owl"]
    assert table["weight"].tolist()[0] == 1.0
    assert table["fur"].tolist()[:2] == [0, 2]
    assert table["where"].tolist()[:2] == ["here", "there"]
    assert table["tame"].dtype == bool
    assert list(table) == ["class", "weight", "fur", "size", "where", "tame"]
    assert any("mean_image" in note for note in found.notes)
    assert found.name == "pets"
    assert np.array_equal(found.images, X)


def test_parts_of_an_npz(tmp_path):
    y = np.arange(12) % 3
    np.savez(tmp_path / "a.npz", x_train=X[:9], y_train=y[:9], x_test=X[9:], y_test=y[9:])
    found = read(tmp_path / "a.npz")
    assert np.array_equal(found.images, X)
    assert found.holdout.tolist() == [False] * 9 + [True] * 3
    assert found.attributes["class"].tolist() == [str(label) for label in y]
    parts = {"train": slice(6), "val": slice(6, 9), "test": slice(9, 12)}
    three = {f"{part}_images": X[rows] for part, rows in parts.items()}
    three |= {f"{part}_labels": y[rows] for part, rows in parts.items()}
    np.savez(tmp_path / "b.npz", **three)
    assert read(tmp_path / "b.npz").holdout.sum() == 6
    for wrong, said in (
        ({**three, "val_labels": y[:2]}, "rows of 'labels' where others"),
        ({k: v for k, v in three.items() if k != "val_labels"}, "has 'labels' for"),
        ({**three, "val_images": X[6:9, :4]}, "do not fit"),
    ):
        np.savez(tmp_path / "c.npz", **wrong)
        with pytest.raises(StorageError, match=said):
            read(tmp_path / "c.npz")


def test_which_array_holds_the_pictures_must_be_plain(tmp_path):
    np.savez(tmp_path / "a.npz", left=X, right=X)
    with pytest.raises(InvalidInput, match=r"left \(12, 8, 10, 3\), right"):
        read(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", left=X, imgs=GREY)
    assert read(tmp_path / "a.npz").image_shape == (8, 10, 1)
    np.savez(tmp_path / "a.npz", z=np.zeros((5, 3)), y=np.zeros(5))
    with pytest.raises(InvalidInput, match="read_codes"):
        read(tmp_path / "a.npz")
    assert np.array_equal(read({"x": X, "y": np.arange(12) % 2}).images, X)


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_damaged_files_and_pickles(tmp_path, name):
    save = np.savez_compressed if name == "a.npz" else np.save
    save(tmp_path / name, X)
    whole = (tmp_path / name).read_bytes()
    for content in (whole[:200], whole[:-50], b"", b"text"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StorageError, match="is no readable"):
            read(tmp_path / name)
    save(tmp_path / name, np.array([{"a": 1}], dtype=object))
    with pytest.raises((StorageError, InvalidInput)):
        read(tmp_path / name)
    other = tmp_path / ("b.npy" if name == "a.npz" else "b.npz")
    save(tmp_path / name, X)
    (tmp_path / name).rename(other)
    with pytest.raises(StorageError, match="call it so"):
        read(other)


def test_a_large_npy_stays_on_the_disk(tmp_path, monkeypatch):
    for module in (reading, sources):
        monkeypatch.setattr(module, "IN_MEMORY", 1000)
    monkeypatch.setattr(image_arrays, "BLOCK", 5)
    for held, convert in CONVENTIONS.items():
        path = tmp_path / f"{held}.npy"
        np.save(path, convert(np.moveaxis(X, 3, 1)))
        found = read(path)
        assert isinstance(found.images, LazyImages)
        again = pickle.loads(pickle.dumps(found.images))
        assert len(pickle.dumps(found.images)) < 2000
        assert np.array_equal(again[np.array([7, 2])], X[[7, 2]])
        assert np.array_equal(np.asarray(found.images), X)
        first = found.fingerprint
        assert read(path).fingerprint == first
        np.save(path, convert(np.moveaxis(X[::-1], 3, 1)))
        assert read(path).fingerprint != first


def test_an_arrays_fingerprint_is_that_of_its_numbers():
    first = read(X).fingerprint
    assert read(X.copy()).fingerprint == first
    other = X.copy()
    other[11, 7, 9, 2] ^= 1
    assert read(other).fingerprint != first
    assert read(X, holdout=0).fingerprint != first


def test_idx_files_without_a_name(real_data):
    found = read(real_data / "mnist", limit=60)
    assert found.image_shape == (28, 28, 1)
    assert found.attributes["class"].cat.categories.tolist() == list("0123456789")
    assert (~found.holdout).sum() == 60
    assert found.holdout.sum() == 10
