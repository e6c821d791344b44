"""Files: whole or absent, within their folder, the same bytes for the same content."""

import json
import os
import socket
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegen.core import storage, temporaries
from aegen.core.errors import StorageError
from aegen.core.storage import (
    digest,
    file_size,
    inside,
    load_arrays,
    names_in,
    read_bytes,
    replacing,
    replacing_folder,
    save_arrays,
    write_bytes,
)


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "a.txt"
    write_bytes(file, b"one")
    write_bytes(file, b"two")
    assert read_bytes(file) == b"two"
    assert listing(tmp_path) == ["a.txt"]


class Interrupted(Exception):
    """Whatever can happen in the middle of writing."""


def write_half(place, problem):
    """Write a little and fail."""
    with place as part:
        (part / "three.txt" if part.is_dir() else part).write_bytes(b"half")
        raise problem


@pytest.mark.parametrize("problem", [Interrupted, KeyboardInterrupt, OSError])
def test_a_failure_half_way_leaves_what_was_there(tmp_path, problem):
    file = tmp_path / "a.txt"
    write_bytes(file, b"old")
    expected = StorageError if problem is OSError else problem
    with pytest.raises(expected):
        write_half(replacing(file), problem(28, "No space left on device"))
    assert read_bytes(file) == b"old"
    assert listing(tmp_path) == ["a.txt"]


def test_a_failure_at_first_writing_leaves_nothing(tmp_path):
    with pytest.raises(Interrupted):
        write_half(replacing(tmp_path / "a.txt"), Interrupted())
    assert listing(tmp_path) == []


def test_a_reader_never_sees_a_half_written_file(tmp_path):
    file = tmp_path / "a.bin"
    sizes = (10, 300_000)
    write_bytes(file, bytes(sizes[0]))
    seen, stop = set(), threading.Event()

    def read():
        while not stop.is_set():
            seen.add(len(read_bytes(file)))

    reader = threading.Thread(target=read)
    reader.start()
    for k in range(60):
        write_bytes(file, bytes(sizes[k % 2]))
    stop.set()
    reader.join()
    assert seen <= set(sizes)


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(StorageError, match="cannot be written") as caught:
        write_bytes(tmp_path / "absent" / "a.txt", b"")
    assert caught.value.path == tmp_path / "absent" / "a.txt"
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        write_bytes(tmp_path / "folder", b"")
    assert listing(tmp_path) == ["folder"]


def test_files_are_as_readable_as_others(tmp_path):
    write_bytes(tmp_path / "a", b"")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    with replacing_folder(tmp_path / "c"):
        pass
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) & 0o700 == 0o700


def test_a_folder_is_replaced_whole(tmp_path):
    target = tmp_path / "bundle"
    for content in ("one", "two"):
        with replacing_folder(target) as part:
            (part / f"{content}.txt").write_text(content)
    assert listing(target) == ["two.txt"]
    with pytest.raises(Interrupted):
        write_half(replacing_folder(target), Interrupted())
    assert listing(target) == ["two.txt"]
    assert listing(tmp_path) == ["bundle"]


def test_a_folder_that_cannot_be_moved_in_stays_as_it_was(tmp_path, monkeypatch):
    target = tmp_path / "bundle"
    with replacing_folder(target) as part:
        (part / "one.txt").write_text("one")
    moves = []
    monkeypatch.setattr(temporaries, "exchange", lambda a, b: False)
    original = storage.Path.replace

    def fail_second(self, other):
        moves.append(other)
        if len(moves) == 2:
            raise OSError(5, "Input/output error")
        return original(self, other)

    monkeypatch.setattr(storage.Path, "replace", fail_second)
    with (
        pytest.raises(StorageError, match="cannot be written"),
        replacing_folder(target) as part,
    ):
        (part / "two.txt").write_text("two")
    assert listing(target) == ["one.txt"]
    assert listing(tmp_path) == ["bundle"]


def test_files_that_cannot_be_read(tmp_path):
    for read in (read_bytes, digest, load_arrays):
        with pytest.raises(StorageError, match="there is no such file"):
            read(tmp_path / "absent")
    for read in (read_bytes, digest, load_arrays):
        with pytest.raises(StorageError, match="is a folder"):
            read(tmp_path)


def test_digest_is_the_files_sha256(tmp_path):
    write_bytes(tmp_path / "a", b"abc")
    assert digest(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")
    write_bytes(tmp_path / "a", b"abd")
    assert not digest(tmp_path / "a").startswith("ba7816bf")


@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "..", ".", "", "b/../../a", "link/a", "sub/../.."]
)
def test_paths_that_lead_out_of_the_folder(tmp_path, name):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="leads out of the folder"):
        inside(folder, name)


def test_paths_within_the_folder(tmp_path):
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    for name in ("a", "sub/a", "sub/../a", "..a", "alias"):
        assert inside(tmp_path, name).is_relative_to(tmp_path.resolve())


@given(name=st.text(alphabet="./a~\\ ", max_size=12))
def test_no_name_leads_out(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp() / "anywhere"
    try:
        found = inside(folder, name)
    except StorageError:
        return
    assert folder.resolve() in found.parents
    assert os.path.commonpath([folder.resolve(), found]) == str(folder.resolve())


ARRAYS = {
    "z": np.arange(6.0).reshape(2, 3),
    "rows": np.array([3, 1], dtype=np.int32),
    "scalar": np.array(2.5),
    "none": np.zeros((0, 4), dtype=np.float32),
    "flags": np.array([True, False]),
}


def test_arrays_come_back_as_they_were(tmp_path):
    file = tmp_path / "a.safetensors"
    save_arrays(file, ARRAYS, {"name": "sprites ♥", "format": "1"})
    arrays, metadata = load_arrays(file)
    assert metadata == {"name": "sprites ♥", "format": "1"}
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert np.array_equal(arrays[name], array)
    save_arrays(file, {"t": ARRAYS["z"].T})
    assert np.array_equal(load_arrays(file)[0]["t"], ARRAYS["z"].T)


def test_same_content_same_bytes_in_any_order(tmp_path):
    metadata = {f"key {k}": str(k) for k in range(20)}
    save_arrays(tmp_path / "a", ARRAYS, metadata)
    for _ in range(5):
        save_arrays(
            tmp_path / "b",
            dict(reversed(ARRAYS.items())),
            dict(reversed(metadata.items())),
        )
        assert read_bytes(tmp_path / "b") == read_bytes(tmp_path / "a")


def test_no_truncated_file_passes_for_whole(tmp_path):
    file = tmp_path / "a.safetensors"
    save_arrays(file, ARRAYS, {"format": "1"})
    whole = file.read_bytes()
    for length in range(0, len(whole), 7):
        file.write_bytes(whole[:length])
        with pytest.raises(StorageError, match="not a whole safetensors file"):
            load_arrays(file)
    file.write_bytes(whole + b"more")
    with pytest.raises(StorageError, match="not a whole safetensors file"):
        load_arrays(file)


@given(content=st.binary(max_size=200))
def test_no_file_crashes_the_reader(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.safetensors"
    file.write_bytes(content)
    with pytest.raises(StorageError, match="not a whole safetensors file"):
        load_arrays(file)


def test_an_interrupt_between_the_two_moves_keeps_the_old_folder(tmp_path, monkeypatch):
    target = tmp_path / "bundle"
    target.mkdir()
    (target / "file").write_text("old")
    monkeypatch.setattr(temporaries, "exchange", lambda a, b: False)
    moves = []

    def interrupted(self, to):
        moves.append(to)
        if len(moves) == 2:  # the old folder is aside, the new one not yet in its place
            raise KeyboardInterrupt
        return real(self, to)

    real = type(tmp_path).replace
    monkeypatch.setattr(type(tmp_path), "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), replacing_folder(target) as part:
        (part / "file").write_text("new")
    assert (target / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def pipe(path):
    os.mkfifo(path)


def link_to_a_pipe(path):
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def loop(path):
    path.symlink_to(path.name)


def device(path):
    path.symlink_to("/dev/zero")


def folder(path):
    path.mkdir()


def listening(path):
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(str(path))


@pytest.mark.parametrize("special", [pipe, link_to_a_pipe, loop, device, folder, listening])
def test_what_is_no_ordinary_file_is_refused_and_not_waited_for(special, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path has room for a hundred bytes
    file = tmp_path / "a"
    special(Path("a"))
    assert file_size(file) is None
    for read in (read_bytes, digest, load_arrays):
        with pytest.raises(StorageError, match=r"no ordinary file|is a folder|cannot be read"):
            read(file)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a" * 5000], ids=ascii)
def test_names_that_no_file_has_are_refused_in_a_sentence(name, tmp_path):
    with pytest.raises(StorageError) as told:
        read_bytes(tmp_path / name)
    assert len(str(told.value)) < 500
    assert file_size(tmp_path / name) is None


def test_a_file_longer_than_asked_for_is_not_read(tmp_path):
    write_bytes(tmp_path / "a", b"1234")
    assert read_bytes(tmp_path / "a", most=4) == b"1234"
    with pytest.raises(StorageError, match="longer than 3 bytes"):
        read_bytes(tmp_path / "a", most=3)
    with (tmp_path / "b").open("wb") as file:
        file.truncate(10**13)  # more than any memory has
    with pytest.raises(StorageError, match="longer than"):
        read_bytes(tmp_path / "b", most=100)


def test_a_file_put_in_place_of_the_one_looked_at_is_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "b").symlink_to("secret")
    with pytest.raises(StorageError, match="cannot be read"):
        read_bytes(tmp_path / "b", follow=False)


def test_names_that_are_no_text_or_hidden_are_not_listed(tmp_path):
    for name in (b"a", b".b", b"caf\xe9", b"c\x1b[31m"):
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
    assert names_in(tmp_path) == ["a"]
    assert names_in(tmp_path / "absent") == []


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}, "F8_E4M3"),
        ({"a": {"dtype": "C64", "shape": [0], "data_offsets": [0, 0]}}, "C64"),
        ({"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4]}}, "not a whole"),
        ({"a": 3}, "not a whole"),
        ([], "not a whole"),
        ({"__metadata__": {"x": "\x1b[31m"}}, "control character"),
        ({"__metadata__": {"x": "\ud800"}}, "surrogate"),
        ({"a": {"dtype": "F32", "shape": [10**400], "data_offsets": [0, 4]}}, "beyond"),
    ],
)
def test_headers_of_arrays_that_are_not_read(header, said, tmp_path):
    text = json.dumps(header).encode()
    (tmp_path / "a").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    with pytest.raises(StorageError, match=said):
        load_arrays(tmp_path / "a")
