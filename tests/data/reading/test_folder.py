"""Folders of pictures: what they say, every file that is left out, and nothing that hangs."""

import os
import pickle
import socket
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.progress import reporting
from aegen.data import LazyImages, read
from aegen.data._reading import image_files, sources
from aegen.data._reading import read as reading
from tests.data.pictures import encoded, grey, write_grey


def levels(found):
    """The level of each picture of one level."""
    return np.asarray(found.images)[:, 0, 0, 0].tolist()


def reasons(found):
    return {skipped.path: skipped.reason for skipped in found.skipped}


def test_class_folders_in_the_order_of_paths(tmp_path):
    write_grey(tmp_path / "b" / "deep", [3])
    write_grey(tmp_path / "b", [5, 4])
    write_grey(tmp_path / "a 10", [2])
    write_grey(tmp_path / "a 9", [1])
    found = read(tmp_path)
    assert levels(found) == [2, 1, 4, 5, 3]
    classes = found.attributes["class"]
    assert classes.tolist() == ["a 10", "a 9", "b", "b", "b"]
    assert classes.cat.categories.tolist() == ["a 9", "a 10", "b"]  # as people count
    assert found.name == tmp_path.name.replace("_", "-")


def test_a_lone_folder_is_no_class_however_deep(tmp_path):
    write_grey(tmp_path / "photos" / "mine", range(6))
    assert read(tmp_path).attributes.shape == (6, 0)
    write_grey(tmp_path, [9])
    assert read(tmp_path).attributes.shape == (7, 0)


@pytest.mark.parametrize("other", ["test", "Valid", "val"])
def test_parts_are_held_out(tmp_path, other):
    for part, first in (("train", 0), (other, 100)):
        for name, k in (("cat", 0), ("dog", 4)):
            write_grey(tmp_path / part / name, range(first + k, first + k + 2))
    found = read(tmp_path)
    assert found.holdout.tolist() == [level >= 100 for level in levels(found)]
    assert set(found.attributes["class"]) == {"cat", "dog"}
    assert any(f"the 4 rows of {other} are held out" in note for note in found.notes)
    assert read(tmp_path, holdout=0.5).holdout.sum() == 4
    assert not np.array_equal(read(tmp_path, holdout=0.5).holdout, found.holdout)


def test_a_picture_beside_train_and_test_makes_classes_of_them(tmp_path):
    for part in ("train", "test"):
        write_grey(tmp_path / part, [1, 2])
    write_grey(tmp_path, [3])
    assert set(read(tmp_path).attributes["class"]) == {"test", "train", "missing"}


def test_three_parts_of_which_one_is_named(tmp_path):
    for part, level in (("train", 1), ("valid", 2), ("test", 3)):
        write_grey(tmp_path / part, [level])
    found = read(tmp_path)
    assert {level for level, out in zip(levels(found), found.holdout, strict=True) if out} == {
        2,
        3,
    }
    only = read(tmp_path, holdout="test")
    assert {level for level, out in zip(levels(only), only.holdout, strict=True) if out} == {3}
    with pytest.raises(UnknownName, match="did you mean 'test'"):
        read(tmp_path, holdout="tests")


def test_sizes_that_differ_become_the_most_common(tmp_path):
    write_grey(tmp_path, [1, 2, 3], height=20, width=10)
    write_grey(tmp_path, [4, 5], height=40, width=40)
    found = read(tmp_path)
    assert found.image_shape == (20, 10, 1)
    assert levels(found) == [1, 2, 3, 4, 5]
    assert any("2 of 5 pictures have another size than 10 x 20" in note for note in found.notes)
    assert read(tmp_path, shape=(16, 16)).image_shape == (16, 16, 1)
    assert read(tmp_path, shape=(16, 8, 3)).image_shape == (16, 8, 3)
    write_grey(tmp_path, [6], height=40, width=40)  # as common, and larger
    assert read(tmp_path).image_shape == (40, 40, 1)


def test_channels_are_counted_for_themselves(tmp_path):
    for k in range(3):
        (tmp_path / f"{k}.png").write_bytes(encoded(np.full((9, 9 + k, 3), 50, np.uint8)))
    write_grey(tmp_path, [7, 8], height=9, width=9)
    found = read(tmp_path)
    assert found.image_shape == (9, 9, 3)
    assert "2 of 5 pictures were made colour" in found.notes


@pytest.mark.parametrize("shape", [(0, 8, 1), (8, 8, 2), (8, 2000, 1), (8,), (8, 8.5, 1), "ab"])
def test_shapes_that_no_bundle_holds(tmp_path, shape):
    write_grey(tmp_path, [1])
    with pytest.raises(InvalidInput, match="shape must be"):
        read(tmp_path, shape=shape)


def test_pictures_too_large_to_be_images_need_a_shape(tmp_path):
    write_grey(tmp_path, [1, 2], height=1030, width=1030)
    with pytest.raises(InvalidInput, match="give shape="):
        read(tmp_path)
    assert read(tmp_path, shape=(32, 32)).image_shape == (32, 32, 1)


def test_every_file_that_is_left_out_is_named_with_its_reason(tmp_path, monkeypatch):
    write_grey(tmp_path, range(8))
    whole = encoded(np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8))
    (tmp_path / "truncated.png").write_bytes(whole[:700])
    jpeg = encoded(np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8), "JPEG")
    (tmp_path / "truncated.jpg").write_bytes(jpeg[:700])
    flipped = bytearray(whole)
    flipped[900] ^= 255  # its header and its end are right
    (tmp_path / "flipped.png").write_bytes(flipped)
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "strip.png").write_bytes(encoded(grey(1, 12, 120)))
    (tmp_path / "tiny.png").write_bytes(encoded(grey(1, 4, 4)))
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "nothing here").mkdir()
    (tmp_path / "broken link.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # as a socket's path has a limit of its own
        listening.bind("socket.png")
    found = read(tmp_path)
    assert levels(found) == list(range(8))
    said = {
        "truncated.png": "damaged",
        "truncated.jpg": "damaged",
        "flipped.png": "damaged",
        "text.png": "no picture",
        "empty.png": "empty",
        "strip.png": "too long a strip",
        "tiny.png": "at least 8 x 8",
        ".DS_Store": "hidden",
        "Thumbs.db": "system's own",
        ".git": "hidden",
        "nothing here": "the folder is empty",
        "broken link.png": "leads nowhere",
        "pipe.png": "a pipe",
        "socket.png": "a socket",
    }
    assert set(reasons(found)) == set(said)
    assert all(words in reasons(found)[path] for path, words in said.items())
    assert found.images.shape[0] == len(found.holdout) == len(found.attributes) == 8


def test_links_are_followed_once(tmp_path):
    write_grey(tmp_path / "a", [1, 2])
    write_grey(tmp_path.parent / f"{tmp_path.name} elsewhere", [3])
    (tmp_path / "b").symlink_to(tmp_path.parent / f"{tmp_path.name} elsewhere")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "a")
    found = read(tmp_path)
    assert levels(found) == [1, 2, 3]
    assert found.attributes["class"].tolist() == ["a", "a", "b"]
    assert all("read already" in reason for reason in reasons(found).values())
    assert set(reasons(found)) == {"again", "a/loop"}


def test_names_that_are_no_utf8_can_be_printed(tmp_path):
    for folder in (b"caf\xe9", b"tea"):
        place = os.fsencode(tmp_path) + b"/" + folder
        os.mkdir(place)
        for k in range(3):
            with open(place + b"/\xff%d.png" % k, "wb") as file:
                file.write(encoded(grey(10 * k)))
    with open(os.fsencode(tmp_path) + b"/\xfe.txt", "wb") as file:
        file.write(b"text")
    found = read(tmp_path)
    assert found.attributes["class"].cat.categories.tolist() == [r"caf\xe9", "tea"]
    assert set(reasons(found)) == {r"\xfe.txt"}
    assert levels(found) == [0, 10, 20] * 2
    str(found.skipped[0]).encode()
    assert len(found.fingerprint) == 64


def test_a_table_in_a_folder_whose_name_is_no_utf_8_belongs_to_its_pictures(tmp_path):
    below = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(below)
    for k in range(3):
        with open(below + f"/{k}.png".encode(), "wb") as file:
            file.write(encoded(grey(k)))
    with open(below + b"/metadata.csv", "w") as file:
        file.write("file_name,colour\n0.png,red\n1.png,blue\n2.png,red\n")
    assert read(tmp_path).attributes["colour"].tolist() == ["red", "blue", "red"]


def test_nothing_to_read_is_a_sentence(tmp_path):
    with pytest.raises(StorageError, match="no such path"):
        read(tmp_path / "nowhere")
    with pytest.raises(StorageError, match=r"holds no picture that can be read$"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(StorageError, match=r"1 left out, the first notes\.txt: the file is no"):
        read(tmp_path)
    np.savez(tmp_path / "all.npz", x=np.zeros((3, 8, 8)))
    with pytest.raises(StorageError, match=r"give one of its files, such as all\.npz"):
        read(tmp_path)
    for name, words in (("a.tar", "unpack it"), ("a.h5ad", "read_codes"), ("a.png", "a folder")):
        (tmp_path / name).touch()
        with pytest.raises(StorageError, match=words):
            read(tmp_path / name)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="neither a file nor a folder"):
        read(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="of a loader give its dataset"):
        read(iter([1]))
    with pytest.raises(InvalidInput, match='"ends" or "all"'):
        read(tmp_path, check="some")


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A folder that is too large to be held, as this test has it."""
    monkeypatch.setattr(reading, "IN_MEMORY", 1000)
    write_grey(tmp_path, range(60))
    return tmp_path


def test_a_large_set_is_decoded_as_it_is_used(many):
    found = read(many)
    assert isinstance(found.images, LazyImages)
    assert found.images.shape == (60, 12, 12, 1)
    assert found.images.dtype == np.uint8
    assert len(found.images) == 60
    assert found.images[7].shape == (12, 12, 1)
    assert found.images[-1][0, 0, 0] == 59
    assert found.images[10:13][:, 0, 0, 0].tolist() == [10, 11, 12]
    assert found.images[np.array([5, 3, 5])][:, 0, 0, 0].tolist() == [5, 3, 5]
    assert found.images[~found.holdout].shape == (50, 12, 12, 1)
    assert found.images[:0].shape == (0, 12, 12, 1)
    with pytest.raises(IndexError):
        found.images[60]
    again = pickle.loads(pickle.dumps(found.images))
    assert np.array_equal(np.asarray(again), np.asarray(found.images))
    few = found.limited(12, 3)
    assert isinstance(few.images, LazyImages)
    assert levels(few) == few.row_ids.tolist()
    assert (~few.holdout).sum() == 12
    assert levels(read(many, limit=5)) == read(many, limit=5).row_ids.tolist()


def test_reading_a_large_set_opens_headers_only(many, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a picture was decoded")

    told = []
    monkeypatch.setattr(image_files, "fit", refuse)
    monkeypatch.setattr(Image.Image, "convert", refuse)
    with reporting(lambda share, text: told.append(text)):
        assert len(read(many).images) == 60
    assert told == ["reading the headers of 60 files"]
    with pytest.raises(AssertionError, match="decoded"):
        read(many).images[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM"])
def test_a_truncated_file_of_a_large_set_is_found_by_its_end(many, kind):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    whole = encoded(noise, kind)
    (many / "whole.x").write_bytes(whole)
    (many / "padded.x").write_bytes(whole + bytes(100))
    (many / "short.x").write_bytes(whole[:-40])
    found = read(many)
    assert isinstance(found.images, LazyImages)
    assert [s.path for s in found.skipped] == ["short.x"]
    assert len(found.images) == 62


def test_damage_in_a_large_set_is_named_when_it_is_met_or_before_if_asked(many):
    noise = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    flipped = bytearray(encoded(noise))
    flipped[120] ^= 255
    (many / "030.png").write_bytes(flipped)
    found = read(many)
    assert found.images[29:30].shape == (1, 12, 12, 1)
    with pytest.raises(StorageError, match=r"030\.png.*check=\"all\""):
        found.images[25:35]
    checked = read(many, check="all")
    assert [s.path for s in checked.skipped] == ["030.png"]
    assert 30 not in levels(checked)
    assert levels(checked) == checked.row_ids.tolist()
    (many / "031.png").unlink()
    with pytest.raises(StorageError, match=r"031\.png.*no such file"):
        checked.images[:]


def test_a_fingerprint_follows_what_is_read(many):
    first = read(many).fingerprint
    assert read(many).fingerprint == first
    assert read(many, rng=1).fingerprint != first  # other rows are held out
    assert read(many, limit=20).fingerprint != first
    found = read(many)
    turned = replace(found, images=found.images.select(np.arange(60)[::-1]))
    assert turned.fingerprint != first
    assert read(many, shape=(12, 12, 3)).fingerprint != first
    content = (many / "005.png").read_bytes()
    os.utime(many / "005.png", ns=(0, 1))
    changed = read(many).fingerprint
    assert changed != first
    (many / "005.png").write_bytes(content + b"\0")
    assert read(many).fingerprint not in (first, changed)


def test_held_rows_by_a_share_an_array_a_file(tmp_path):
    write_grey(tmp_path / "a", range(30))
    write_grey(tmp_path / "b", range(30, 60))
    found = read(tmp_path)
    assert found.holdout.sum() == 10
    assert any("10 of 60 rows" in note for note in found.notes)
    assert np.array_equal(found.holdout, read(tmp_path).holdout)
    assert not np.array_equal(found.holdout, read(tmp_path, rng=1).holdout)
    assert read(tmp_path, holdout=0.25).holdout.sum() == 15
    assert read(tmp_path, holdout=0).holdout.sum() == 0
    assert read(tmp_path, holdout=1e-9).holdout.sum() == 1
    mask = np.arange(60) % 7 == 0
    assert np.array_equal(read(tmp_path, holdout=mask).holdout, mask)
    assert np.array_equal(read(tmp_path, holdout=mask.tolist()).holdout, mask)
    names = tmp_path.parent / "names.txt"
    names.write_text("a/003.png\n040.png\n\n")
    assert np.flatnonzero(read(tmp_path, holdout=names).holdout).tolist() == [3, 40]
    names.write_text("nothing.png\n")
    with pytest.raises(StorageError, match="names no picture"):
        read(tmp_path, holdout=names)
    for wrong, words in (
        (1.0, "below 1"),
        (-0.1, "from 0"),
        (True, "a share, a name or 60 times yes or no"),
        (mask[:-1], r"bool \(59,\)"),
        (np.arange(60), r"int64 \(60,\)"),
        (np.ones(60, bool), "none trained on"),
        ([[True], [False, True]], "a share"),
    ):
        with pytest.raises(InvalidInput, match=words):
            read(tmp_path, holdout=wrong)


def test_words_about_the_set_go_with_it(tmp_path):
    write_grey(tmp_path, [1, 2, 3])
    said = {"name": "mine", "title": "Mine", "licence": "CC0", "citation": "me", "source": "here"}
    found = read(tmp_path, **said)
    assert {key: getattr(found, key) for key in said} == said
    assert sources.IN_MEMORY == 2**28
