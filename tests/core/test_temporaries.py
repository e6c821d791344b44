"""What killed processes leave goes with the next write; what living ones write is left alone."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aegen.core import storage, temporaries
from aegen.core.errors import StorageError
from aegen.core.storage import claimed, replacing, replacing_folder, temporary_folder, write_bytes
from aegen.core.temporaries import Temporary, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

START = """
import os, signal, sys
from pathlib import Path
from aegen.core import temporaries
from aegen.core.storage import *
place = Path(sys.argv[1])
def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def killed(program, place):
    """A process that runs the program and ends itself, as `kill -9` would, where that says so."""
    done = subprocess.run([sys.executable, "-c", START + program, str(place)], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture(autouse=True)
def always_due(monkeypatch):
    """Folders are looked through at every write."""
    monkeypatch.setattr(temporaries, "RARELY", 0)


FILE = "with replacing(place) as part:\n    part.write_bytes(b'half')\n    die()"
FOLDER = "with replacing_folder(place) as part:\n    write_bytes(part / 'a', b'half')\n    die()"
PRIVATE = "held = temporary_folder('uploads', place.parent)\n(held.path / 'a').touch()\ndie()"
CLAIM = "with claimed(place):\n    die()"
UNLOCKED = "temporaries._hold = die\nreplacing(place).__enter__()"


@pytest.mark.parametrize("program", [FILE, FOLDER, PRIVATE, CLAIM, UNLOCKED])
def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path, program):
    place = tmp_path / "result.npz"
    killed(program, place)
    (left,) = listing(tmp_path)
    assert left.startswith(".")
    write_bytes(tmp_path / "another", b"")
    assert listing(tmp_path) == ["another"]


@pytest.mark.parametrize(
    "making",
    [
        lambda place: replacing(place),
        lambda place: replacing_folder(place),
        lambda place: temporary_folder("uploads", place.parent),
        lambda place: claimed(place),
    ],
)
def test_what_a_living_process_writes_is_left_alone(tmp_path, making):
    with making(tmp_path / "result"):
        (own,) = listing(tmp_path)
        code = "write_bytes(place / 'other', b''); temporaries.sweep(place)"
        subprocess.run([sys.executable, "-c", START + code, str(tmp_path)], check=True)
        assert listing(tmp_path) == [own, "other"]


def test_only_names_of_its_own_are_removed(tmp_path):
    names = [".result.npz", ".aegen-0123", "result.aegen-01234567", ".x.aegenaut", ".a.tmp", "b"]
    for name in names:
        (tmp_path / name).write_bytes(b"somebody's")
    (tmp_path / ".link.aegen-01234567").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / ".pipe.aegen-01234567")
    (tmp_path / ".old.aegen-01234567").write_bytes(b"ours")
    sweep(tmp_path)
    assert listing(tmp_path) == sorted([*names, ".link.aegen-01234567", ".pipe.aegen-01234567"])


def test_what_another_user_left_is_left_alone(tmp_path, monkeypatch):
    left = tmp_path / ".result.aegen-01234567"
    left.touch()
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    sweep(tmp_path)
    assert left.exists()


def test_without_locks_nothing_is_removed_and_no_place_refused(tmp_path, monkeypatch):
    import fcntl

    def unsupported(held, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    left = tmp_path / ".result.aegen-01234567"
    left.touch()
    write_bytes(tmp_path / "result", b"whole")
    with claimed(tmp_path / "place"), claimed(tmp_path / "place"):
        pass
    assert listing(tmp_path) == [left.name, "result"]


def two_folders(place):
    with replacing_folder(place) as part:
        write_bytes(part / "a", b"earlier")


BETWEEN = """
temporaries.exchange = lambda a, b: False
real = Path.replace
def replace(self, to):
    if to == place:
        die()
    return real(self, to)
Path.replace = replace
with replacing_folder(place) as part:
    write_bytes(part / 'a', b'later')
"""
AFTER = BETWEEN.replace("        die()", "        real(self, to)\n        die()")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems need two moves")
def test_a_folder_is_replaced_in_one_step(tmp_path, monkeypatch):
    place = tmp_path / "bundle"
    two_folders(place)
    real, seen = temporaries.exchange, []

    def watched(a, b):
        done = real(a, b)
        seen.append((done, listing(place)))
        return done

    monkeypatch.setattr(temporaries, "exchange", watched)
    with replacing_folder(place) as part:
        (part / "b").touch()
    assert seen == [(True, ["b"])]
    assert listing(tmp_path) == ["bundle"]


def test_a_kill_between_two_moves_loses_neither_folder(tmp_path):
    place = tmp_path / "bundle"
    two_folders(place)
    killed(BETWEEN, place)
    assert not place.exists()
    sweep(tmp_path)
    assert listing(tmp_path) == ["bundle"]
    assert (place / "a").read_bytes() == b"earlier"


def test_a_kill_after_two_moves_leaves_the_later_folder(tmp_path):
    place = tmp_path / "bundle"
    two_folders(place)
    killed(AFTER, place)
    sweep(tmp_path)
    assert listing(tmp_path) == ["bundle"]
    assert (place / "a").read_bytes() == b"later"


def test_what_is_moved_aside_by_a_living_process_is_left_alone(tmp_path, monkeypatch):
    place = tmp_path / "bundle"
    two_folders(place)
    real = Path.replace

    def replace(self, to):
        if to == place:  # the earlier one is aside, and a sweeper comes
            code = START + "temporaries.sweep(place)"
            subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        return real(self, to)

    monkeypatch.setattr(temporaries, "exchange", lambda a, b: False)
    monkeypatch.setattr(Path, "replace", replace)
    with replacing_folder(place) as part:
        write_bytes(part / "a", b"later")
    assert listing(tmp_path) == ["bundle"]
    assert (place / "a").read_bytes() == b"later"


def test_writers_and_sweepers_at_once_lose_nothing(tmp_path):
    """One that was removed between its making and its lock is made anew."""
    over, problems = threading.Event(), []

    def sweeping():
        while not over.is_set():
            sweep(tmp_path)

    def writing(name):
        try:
            for k in range(150):
                write_bytes(tmp_path / name, str(k).encode())
        except StorageError as problem:
            problems.append(problem)

    threads = [threading.Thread(target=writing, args=(f"{k}",)) for k in range(3)]
    sweepers = [threading.Thread(target=sweeping) for _ in range(2)]
    for thread in [*threads, *sweepers]:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    for thread in sweepers:
        thread.join()
    assert problems == []
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {b"149"}
    assert listing(tmp_path) == ["0", "1", "2"]


def test_a_temporary_that_was_swept_before_its_lock_is_made_anew(tmp_path, monkeypatch):
    real, times = temporaries._hold, []

    def swept(path):
        if not times:
            times.append(path)
            path.unlink()
        return real(path)

    monkeypatch.setattr(temporaries, "_hold", swept)
    write_bytes(tmp_path / "result", b"whole")
    assert (tmp_path / "result").read_bytes() == b"whole"
    assert len(times) == 1


def test_a_place_has_one_writer(tmp_path):
    place = tmp_path / "out" / "result"
    with claimed(place):
        code = START + "with claimed(place): pass"
        words = [sys.executable, "-c", code, str(place)]
        said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
        assert f"{place}: is being written by another process: wait until" in said
        with claimed(place.with_name("other")):
            pass
    with claimed(place):
        pass
    assert listing(tmp_path) == []  # nor the folder that was made for it


def test_a_place_whose_writer_was_killed_is_free(tmp_path):
    killed(CLAIM, tmp_path / "result")
    with claimed(tmp_path / "result"):
        pass
    assert listing(tmp_path) == []


def test_a_folder_is_not_looked_through_at_every_write(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(temporaries, "RARELY", 10**9)
    monkeypatch.setattr(temporaries, "sweep", seen.append)
    for _ in range(3):
        write_bytes(tmp_path / "result", b"")
    assert seen == [tmp_path]


def test_temporaries_are_as_private_as_they_are_told(tmp_path):
    for private, mode in ((True, 0o700), (False, 0o777)):
        with Temporary(tmp_path / "a", folder=True, private=private) as made:
            assert made.path.stat().st_mode & 0o077 == mode & 0o077 & ~mask()


def mask():
    before = os.umask(0)
    os.umask(before)
    return before


def test_no_folder_for_temporaries_is_a_sentence(monkeypatch):
    def none():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(storage.tempfile, "gettempdir", none)
    with pytest.raises(StorageError, match="the folder for temporary files: cannot be written"):
        temporary_folder("uploads")
