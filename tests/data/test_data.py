"""Data sets: the idx and npz readers, the splits, and every way a file can be wrong."""

import gzip

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.data import datasets
from aegen.data._idx import read_idx
from tests.data.stand_ins import idx_bytes


@pytest.fixture
def digits(tmp_path):
    """Twelve training and three held-out pictures in the four files of MNIST."""
    draw = np.random.default_rng(0)
    for part, n in (("train", 12), ("t10k", 3)):
        images = draw.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = (np.arange(n) % 10).astype(np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return tmp_path


def test_idx_files_are_read_in_order_gzipped_or_not(digits):
    found = datasets.create("mnist").load(digits)
    assert found.images.shape == (15, 28, 28, 1)
    assert found.images.dtype == np.uint8
    assert found.holdout.tolist() == [False] * 12 + [True] * 3
    assert found.attributes["class"].tolist()[10:] == ["0", "1", "0", "1", "2"]
    first = read_idx(digits / "train-images-idx3-ubyte.gz")
    assert (found.images[:12, ..., 0] == first).all()


def test_keras_npz_gives_the_same_set(digits, tmp_path):
    found = datasets.create("mnist").load(digits)
    labels = found.attributes["class"].cat.codes.to_numpy(np.uint8)
    np.savez(
        tmp_path / "mnist.npz",
        x_train=found.images[:12, ..., 0],
        y_train=labels[:12],
        x_test=found.images[12:, ..., 0],
        y_test=labels[12:],
    )
    again = datasets.create("mnist").load(tmp_path / "mnist.npz")
    assert (again.images == found.images).all()
    assert again.attributes.equals(found.attributes)


def test_clothes_are_named(digits):
    found = datasets.create("fashion-mnist").load(digits)
    assert found.attributes["class"].tolist()[:3] == ["T-shirt/top", "Trouser", "Pullover"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b[:-5], "truncated"),
        (lambda b: b"\x00\x00\x0d" + b[3:], "unsigned bytes"),
        (lambda b: b"", "unsigned bytes"),
        (lambda b: b[:9], "header ends early"),
        (lambda b: gzip.compress(b)[:-9], "gzip"),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path, damage, message):
    whole = idx_bytes(np.zeros((3, 4), np.uint8))
    path = tmp_path / "labels"
    path.write_bytes(whole)
    assert read_idx(path).shape == (3, 4)
    path.write_bytes(damage(whole))
    with pytest.raises(StorageError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_missing_files_and_names_are_sentences(tmp_path):
    with pytest.raises(StorageError, match="holds no train-images"):
        datasets.create("mnist").load(tmp_path)
    with pytest.raises(StorageError, match="neither a folder"):
        datasets.create("mnist").load(tmp_path / "nowhere")
    with pytest.raises(UnknownName, match="did you mean 'mnist'"):
        datasets.create("minst")
    with pytest.raises(InvalidInput, match="--data"):
        datasets.create("sprites").load()


def test_labels_out_of_range_are_refused(digits):
    (digits / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([1, 2, 10], np.uint8)))
    with pytest.raises(InvalidInput, match="label below 10"):
        datasets.create("mnist").load(digits)


def test_labels_of_the_wrong_part_are_not_shifted_along(tmp_path):
    images = np.zeros((5, 28, 28), np.uint8)
    labels = np.arange(8, dtype=np.uint8)
    path = tmp_path / "mnist.npz"
    # Eight pictures and eight labels in all, but five of one part and three of the other swapped.
    np.savez(path, x_train=images, y_train=labels[:3], x_test=images[:3], y_test=labels[:5])
    with pytest.raises(InvalidInput, match=r"labels \(3,\)"):
        datasets.create("mnist").load(path)


def test_pickled_arrays_are_refused(tmp_path):
    path = tmp_path / "bad.npz"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, x_train=objects, y_train=objects, x_test=objects, y_test=objects)
    with pytest.raises(StorageError, match=r"bad\.npz"):
        datasets.create("mnist").load(path)


@pytest.fixture
def sprites(tmp_path):
    """Every body, hair and topwear in three actions, with tiny pictures."""
    body, hair, top, action = np.stack(
        np.unravel_index(np.arange(6 * 6 * 6 * 3), (6, 6, 6, 3))
    ).astype(np.uint8)
    nothing = np.zeros_like(body)
    attributes = np.stack([body, nothing, top, hair, action, nothing, nothing], axis=1)
    path = tmp_path / "sprites.npz"
    names = ["body", "bottomwear", "topwear", "hair", "action", "direction", "frame"]
    np.savez(
        path,
        images=np.zeros((len(attributes), 8, 8, 3), np.uint8),
        attributes=attributes,
        attribute_names=np.array(names),
        action_names=np.array(["walk", "spellcard", "slash"]),
        direction_names=np.array(["front", "left", "right"]),
    )
    return path


def test_sprites_hold_out_whole_combinations(sprites):
    found = datasets.create("sprites").load(sprites)
    table = found.attributes
    combination = [tuple(row) for row in table[["body", "topwear", "hair"]].to_numpy()]
    held = {c for c, out in zip(combination, found.holdout, strict=True) if out}
    trained = {c for c, out in zip(combination, found.holdout, strict=True) if not out}
    assert len(held) == 20
    assert not held & trained
    for name in ("body", "topwear", "hair"):  # each value is still seen in training
        assert set(table[name][~found.holdout]) == set(table[name])
    assert table["action"].tolist()[:3] == ["walk", "spellcard", "slash"]
    assert table["body"].cat.categories.tolist() == list("123456")
    # The same rows are held out where only some of the rows are there.
    with np.load(sprites) as file:
        arrays = dict(file)
    few = sprites.with_name("few.npz")
    few_arrays = {
        k: arrays[k][:100] if k in ("images", "attributes") else arrays[k] for k in arrays
    }
    np.savez(few, **few_arrays)
    again = datasets.create("sprites").load(few)
    assert again.holdout.tolist() == found.holdout.tolist()[:100]
    assert datasets.create("sprites").load(sprites.parent).holdout.sum() == 60


def test_a_limit_keeps_both_parts_and_the_order(digits):
    found = datasets.create("mnist").load(digits).limited(6, rng=1)
    assert (~found.holdout).sum() == 6
    assert found.holdout.sum() == 1
    assert len(found.attributes) == len(found.images) == 7
    whole = datasets.create("mnist").load(digits)
    rows = [int(np.flatnonzero((whole.images == x).all(axis=(1, 2, 3)))[0]) for x in found.images]
    assert rows == sorted(rows) == found.row_ids.tolist()
    fewer = found.limited(3, 1, rng=2)
    assert set(fewer.row_ids) < set(rows)
    assert np.array_equal(fewer.images, whole.images[fewer.row_ids])
