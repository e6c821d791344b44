"""Where a person's new bundles are written, and that they are found there by their names."""

import shutil

import pytest

from aegen.bundles import bundles, find, own_folder
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    monkeypatch.delenv("AEGEN_BUNDLES", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_it_is_the_first_named_folder_or_else_at_home(monkeypatch, tmp_path):
    assert own_folder() == tmp_path / "home" / ".local" / "share" / "aegen" / "bundles"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    assert own_folder() == tmp_path / "home" / ".local" / "share" / "aegen" / "bundles"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert own_folder() == tmp_path / "data" / "aegen" / "bundles"
    monkeypatch.setenv("AEGEN_BUNDLES", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert own_folder() == tmp_path / "a"


def test_what_lies_there_is_found_by_name_before_the_shipped_ones(monkeypatch, tmp_path):
    shipped = bundles()
    assert "mine" not in shipped
    own = own_folder()
    own.mkdir(parents=True)
    tiny_bundle(own / "mine")
    assert bundles() == sorted([*shipped, "mine"])
    assert find("mine") == own / "mine"
    shutil.copytree(own / "mine", own / "mnist")
    assert find("mnist") == own / "mnist"
    # Folders that are named come first, and the person's own still count.
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path / "named"))
    shutil.copytree(own / "mine", tmp_path / "named" / "mnist")
    assert find("mnist") == tmp_path / "named" / "mnist"
    assert find("mine") == own / "mine"
