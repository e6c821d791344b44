"""KMNIST, EMNIST letters, SVHN, dSprites and CelebA from stand-ins of their published layouts."""

import shutil

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.data import LazyImages, datasets, read
from tests.data.stand_ins import (
    idx_bytes,
    noise,
    write_celeba,
    write_digits,
    write_dsprites,
    write_letters,
    write_svhn,
)


def load(name, place):
    return datasets.create(name).load(place)


def test_kmnist_reads_the_files_of_mnist(tmp_path):
    write_digits(tmp_path)
    found = load("kmnist", tmp_path)
    assert np.array_equal(found.images[:30, ..., 0], noise(30, 28, 28))
    assert found.attributes["class"].tolist()[:4] == ["o", "ki", "su", "tsu"]
    assert found.holdout.sum() == 6
    assert "CODH" in found.licence


@pytest.mark.parametrize("place", ["", "raw", "gzip"])
def test_letters_stand_upright_and_begin_at_a(tmp_path, place):
    write_letters(tmp_path / place)
    found = load("emnist-letters", tmp_path)
    assert (found.images[:, 0] == 255).all()  # the bright side is the top
    assert (found.images[:, 1:] == 0).all()
    letters = found.attributes["class"].tolist()
    assert letters[:3] == ["A", "B", "C"]
    assert letters[25:27] == ["Z", "A"]
    assert found.holdout.sum() == 13


def test_letters_with_labels_of_another_split_are_refused(tmp_path):
    write_letters(tmp_path, first=0)
    with pytest.raises(InvalidInput, match="label below 26"):
        load("emnist-letters", tmp_path)
    flat = idx_bytes(np.zeros(52, np.uint8))
    (tmp_path / "emnist-letters-train-images-idx3-ubyte.gz").write_bytes(flat)
    with pytest.raises(InvalidInput, match=r"got images \(52,\)"):
        load("emnist-letters", tmp_path)


def test_svhn_turns_axes_and_the_digit_ten(tmp_path):
    write_svhn(tmp_path)
    found = load("svhn", tmp_path)
    assert found.images.shape == (30, 32, 32, 3)
    assert found.images[:, 5, 7, 1].tolist() == [*range(20), *range(10)]
    assert found.attributes["class"].tolist()[:10] == list("1234567890")
    assert found.holdout.tolist() == [False] * 20 + [True] * 10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"X": np.zeros((32, 32, 3, 20))}, "must be uint8"),
        ({"X": np.zeros((32, 30, 3, 20), np.uint8)}, "must be uint8"),
        ({"y": np.zeros((20, 1), np.uint8)}, "from 1 to 10"),
        ({"y": np.ones((19, 1), np.uint8)}, "one a picture"),
    ],
)
def test_svhn_of_another_form_is_refused(tmp_path, changes, said):
    write_svhn(tmp_path, **changes)
    with pytest.raises(StorageError, match=said):
        load("svhn", tmp_path)


def test_svhn_that_is_damaged_is_named(tmp_path):
    write_svhn(tmp_path)
    path = tmp_path / "train_32x32.mat"
    whole = path.read_bytes()
    for content in (whole[:200], whole[:-30], b"", b"MATLAB 5.0"):
        path.write_bytes(content)
        with pytest.raises(StorageError, match=r"train_32x32\.mat: is no readable"):
            load("svhn", tmp_path)


def test_dsprites_has_six_factors_and_a_bit_a_pixel(tmp_path):
    write_dsprites(tmp_path)
    found = load("dsprites", tmp_path)
    assert isinstance(found.images, LazyImages)
    assert found.images.shape == (94, 64, 64, 1)
    rows = np.packbits(np.asarray(found.images)[:, 0, :8, 0] > 0, axis=1)[:, 0]
    assert rows.tolist() == list(range(94))
    assert set(np.unique(found.images)) == {0, 255}
    table = found.attributes
    assert list(table) == ["colour", "shape", "scale", "orientation", "position_x", "position_y"]
    assert table["shape"].cat.categories.tolist() == ["square", "ellipse", "heart"]
    first = np.unravel_index(7919, (1, 3, 6, 40, 32, 32))
    assert table["scale"][1] == 0.5 + 0.1 * first[2]
    assert table["orientation"][1] == pytest.approx(2 * np.pi * first[3] / 39)
    assert table["position_y"][1] == pytest.approx(first[5] / 31)
    assert found.holdout.sum() == 15
    few = found.limited(9, 3)
    assert np.array_equal(few.images, np.asarray(found.images)[few.row_ids])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"imgs": np.full((94, 64, 64), 255, np.uint8)}, "nothing but 0 and 1"),
        ({"imgs": np.zeros((94, 64, 64))}, "imgs must be uint8"),
        ({"imgs": np.zeros((90, 64, 64), np.uint8)}, r"must have shape \(90, 6\)"),
        ({"latents_classes": np.full((94, 6), 1)}, "colour must be from 0 to 0"),
        ({"latents_classes": np.zeros((94, 5), int)}, "must have shape"),
    ],
)
def test_dsprites_of_another_form_is_refused(tmp_path, changes, said):
    write_dsprites(tmp_path, **changes)
    with pytest.raises(StorageError, match=said):
        load("dsprites", tmp_path)


def test_dsprites_that_is_damaged_is_named(tmp_path):
    write_dsprites(tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is no readable npz"):
        load("dsprites", tmp_path)
    np.savez(path, latents_classes=np.zeros((3, 6), int))
    with pytest.raises(StorageError, match="is no readable npz file with imgs"):
        load("dsprites", tmp_path)


@pytest.mark.parametrize("layout", ["torchvision", "kaggle"])
def test_celeba_is_cropped_and_has_forty_attributes(tmp_path, layout):
    write_celeba(tmp_path, layout=layout)
    found = load("celeba", tmp_path)
    assert isinstance(found.images, LazyImages)
    assert found.images.shape == (12, 64, 64, 3)
    for k, image in enumerate(found.images):  # all of a picture's middle and nothing around it
        assert np.abs(image.astype(int) - 100 - k).max() <= 4
    assert found.attributes.shape == (12, 40)
    assert set(found.attributes.dtypes) == {np.dtype(bool)}
    assert found.attributes["Smiling"].tolist() == [k % 41 == 0 for k in range(12)]
    assert found.attributes["Attribute_0"].tolist() == [k % 2 == 0 for k in range(12)]
    assert found.holdout.tolist() == [False] * 9 + [True] * 3
    assert "non-commercial" in found.licence
    assert load("celeba", tmp_path).fingerprint == found.fingerprint


def test_celeba_in_parts_and_by_the_pictures_numbers(tmp_path):
    write_celeba(tmp_path, partition=False)
    pictures = tmp_path / "celeba" / "img_align_celeba"
    (pictures / "000002.jpg").unlink()
    assert load("celeba", tmp_path).holdout.sum() == 0
    found = load("celeba", tmp_path / "celeba")
    assert found.row_ids.tolist() == [0, *range(2, 12)]
    assert "1 of 12 pictures of the list are not there" in found.notes
    listed = tmp_path / "celeba" / "list_attr_celeba.txt"
    listed.write_text(listed.read_text().replace("000005.jpg", "162771.jpg"))
    (pictures / "000005.jpg").rename(pictures / "162771.jpg")
    late = load("celeba", tmp_path)
    assert late.row_ids[late.holdout].tolist() == [4]


def test_celeba_that_is_not_whole_is_refused(tmp_path):
    write_celeba(tmp_path)
    root = tmp_path / "celeba"
    listed = root / "list_attr_celeba.txt"
    whole = listed.read_text()
    listed.write_text(whole.replace(" -1", " 7", 1))
    with pytest.raises(StorageError, match="1 or -1"):
        load("celeba", tmp_path)
    listed.write_text(whole)
    (root / "img_align_celeba" / "000003.jpg").write_bytes(b"no picture")
    found = load("celeba", tmp_path)
    with pytest.raises(StorageError, match=r"000003\.jpg"):
        found.images[:]
    shutil.rmtree(root / "img_align_celeba")
    with pytest.raises(StorageError, match="holds no folder img_align_celeba"):
        load("celeba", tmp_path)


def test_a_published_set_by_its_name(monkeypatch, tmp_path):
    """`read` finds it where nothing of that name lies in the folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="CelebA is not fetched"):
        read("celeba")
    write_digits(tmp_path / "kept")
    made = load("kmnist", tmp_path / "kept")
    monkeypatch.setattr(datasets.get("kmnist"), "load", lambda self, path=None: made)
    found = read("kmnist")
    assert (found.name, found.title, found.licence) == (made.name, made.title, made.licence)
    assert np.array_equal(found.holdout, made.holdout)
    assert found.attributes["class"].tolist() == made.attributes["class"].tolist()
    assert read("KMNIST", shape=(14, 14)).image_shape == (14, 14, 1)
    assert read("kmnist", holdout=0.5, licence="mine").holdout.sum() == 18
