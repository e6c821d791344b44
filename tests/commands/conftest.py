"""The command line as a person has it, in the process of the tests."""

import pytest

from tests.tiny_bundle import tiny_bundle


@pytest.fixture
def aegen(monkeypatch, capsys, one_thread):
    """A function that runs a command: its exit code, what it printed, what it complained of."""
    from aegen.cli import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["aegen", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


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
