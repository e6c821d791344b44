"""ZIP archives: read in place, with no path followed and nothing unpacked beyond its bounds."""

import pickle
import stat
import zipfile

import numpy as np
import pytest

from aegen.core.errors import StorageError
from aegen.data import read
from aegen.data._reading import archive
from aegen.data._reading import read as reading
from tests.data.pictures import encoded, grey, write_grey


def pack(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


def levels(found):
    return np.asarray(found.images)[:, 0, 0, 0].tolist()


def test_an_archive_is_read_as_the_folder_in_it(tmp_path):
    for name in ("cat", "dog"):
        write_grey(tmp_path / "photos" / name, range(4) if name == "cat" else range(4, 8))
    table = "file_name,age\ncat/001.png,3\ndog/004.png,5\n"
    (tmp_path / "photos" / "metadata.csv").write_text(table)
    files = [path for path in (tmp_path / "photos").rglob("*") if path.is_file()]
    packed = pack(
        tmp_path / "a.zip",
        [(path.relative_to(tmp_path).as_posix(), path.read_bytes()) for path in reversed(files)],
    )
    found, folder = read(packed), read(tmp_path / "photos")
    assert np.array_equal(found.images, folder.images)
    assert found.attributes.equals(folder.attributes)
    assert levels(found) == list(range(8))
    assert found.name == "a"


def test_paths_that_lead_out_and_links_are_left_out(tmp_path):
    picture = encoded(grey(9))
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = pack(
        tmp_path / "a.zip",
        [
            ("good.png", picture),
            ("../above.png", picture),
            ("a/../../b.png", picture),
            ("/etc/c.png", picture),
            ("C:\\d.png", picture),
            ("folder\\e.png", picture),
            (link, "/etc/passwd"),
            ("__MACOSX/._good.png", b"x"),
            ("notes.txt", b"text"),
        ],
    )
    found = read(packed)
    assert len(found.images) == 2
    said = {skipped.path: skipped.reason for skipped in found.skipped}
    assert set(said) == {
        "../above.png",
        "a/../../b.png",
        "/etc/c.png",
        "C:/d.png",
        "link.png",
        "__MACOSX/._good.png",
        "notes.txt",
    }
    assert sum("leads out" in reason for reason in said.values()) == 4
    assert said["link.png"] == "it is a link"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_bombs_are_refused_by_what_they_announce(tmp_path, monkeypatch):
    picture = encoded(grey(9))
    packed = pack(tmp_path / "a.zip", [("a.png", picture), ("bomb.png", bytes(1_000_000))])
    monkeypatch.setattr(archive, "BYTES", 100_000)
    found = read(packed)
    assert [s.path for s in found.skipped] == ["bomb.png"]
    assert "unpacks to 1 MB" in found.skipped[0].reason
    monkeypatch.setattr(archive, "TOTAL", 500_000)
    with pytest.raises(StorageError, match="would unpack to 2 files"):
        read(packed)
    monkeypatch.setattr(archive, "TOTAL", 10_000_000)
    monkeypatch.setattr(archive, "MEMBERS", 1)
    with pytest.raises(StorageError, match="at most 1 files"):
        read(packed)


def test_a_member_that_unpacks_to_more_than_it_announces_is_not_read_on(tmp_path):
    """The directory says 100 bytes of a member that would unpack to a million."""
    packed = pack(tmp_path / "a.zip", [("a.png", encoded(grey(1))), ("bomb.png", bytes(10**6))])
    content = packed.read_bytes()
    honest, lying = (10**6).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert content.count(honest) == 2
    packed.write_bytes(content.replace(honest, lying))
    found = read(packed)
    assert len(found.images) == 1
    assert found.skipped[0].path == "bomb.png"


def test_damage_encryption_and_twice_the_same_name(tmp_path):
    packed = tmp_path / "a.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        pack(packed, [("a.png", encoded(grey(1))), ("a.png", encoded(grey(2))),
                      ("b.png", encoded(grey(3)))])  # fmt: skip
    found = read(packed)
    assert levels(found) == [1, 3]
    assert "twice" in found.skipped[0].reason
    with zipfile.ZipFile(packed) as opened:
        start = opened.infolist()[2].header_offset
    content = bytearray(packed.read_bytes())
    content[start + 40] ^= 255  # within the packed bytes of b.png
    packed.write_bytes(content)
    reasons = {s.path: s.reason for s in read(packed).skipped}
    assert "cannot be unpacked" in reasons["b.png"]
    locked = pack(tmp_path / "locked.zip", [("a.png", encoded(grey(1)))])
    content = bytearray(locked.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    locked.write_bytes(content)
    with pytest.raises(StorageError, match="it is encrypted"):
        read(locked)
    locked.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(StorageError, match="not a whole ZIP archive"):
        read(locked)


def test_a_large_archive_stays_packed_and_can_be_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "IN_MEMORY", 1000)
    packed = pack(tmp_path / "a.zip", [(f"{k:03}.png", encoded(grey(k))) for k in range(40)])
    found = read(packed)
    again = pickle.loads(pickle.dumps(found.images))
    assert again[np.array([3, 30])][:, 0, 0, 0].tolist() == [3, 30]
    assert read(packed).fingerprint == found.fingerprint
    pack(packed, [(f"{k:03}.png", encoded(grey(k + 1))) for k in range(40)])
    assert read(packed).fingerprint != found.fingerprint
