"""Bundles that commands are tried on."""

import functools

import pytest
import typer.testing

from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="session", autouse=True)
def commands_once():
    """The command line is put together once, not for each run of it: that takes longer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.testing._get_command))
        yield


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    """A folder of bundles with one in it, called bars."""
    folder = tmp_path_factory.mktemp("bundles")
    tiny_bundle(folder / "bars")
    return folder


@pytest.fixture
def with_bundles(monkeypatch, bundle_folder):
    """Bundles are sought in the folder."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(bundle_folder))
