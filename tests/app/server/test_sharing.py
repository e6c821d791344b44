"""How far the app is shared: what counts where several places say something, and what is wrong."""

import pytest

from aegen.app.server.sharing import FILE, VARIABLE, Sharing, sharing
from aegen.core.errors import AegenError


@pytest.fixture
def said(monkeypatch, tmp_path):
    """``said(file=..., environment=...)``: what counts then."""

    def read(file=None, environment=None, default=False):
        path = tmp_path / "config" / "aegen" / "config.toml" if default else tmp_path / "a.toml"
        if file is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)
            if not default:
                monkeypatch.setenv(FILE, str(path))
        if environment is not None:
            monkeypatch.setenv(VARIABLE, environment)
        sharing.cache_clear()
        return sharing()

    yield read
    sharing.cache_clear()


def test_nothing_said_is_one_person_at_this_computer(said):
    assert said() == Sharing()
    assert not said().shared


@pytest.mark.parametrize("default", [True, False])
def test_one_line_in_a_file_shares(said, default):
    assert said("shared = true\n", default=default).shared


def test_the_environment_counts_before_the_file(said):
    found = said("shared = true\nvisitor_jobs = 3\n", environment="no")
    assert (found.shared, found.visitor_jobs) == (False, 3)


@pytest.mark.parametrize(
    ("file", "environment", "sentence"),
    [
        ("shard = true", None, "known are shared, visitor_megabytes"),
        ("shared = 1", None, "true or false"),
        ("visitor_jobs = true", None, "a whole number from 1"),
        ("visitor_jobs = 0", None, "a whole number from 1"),
        ("live_messages = 1e3", None, "a whole number from 1"),
        ("shared = ", None, "is no TOML"),
        ("x = " + "[" * 5000, None, "is no TOML"),
        ("y = 1\n" * 2 + "z" * 9000, None, "is no TOML"),
        (None, "perhaps", "must be yes or no"),
    ],
)
def test_what_is_wrong_is_a_sentence(said, file, environment, sentence):
    with pytest.raises(AegenError, match=sentence) as problem:
        said(file, environment)
    assert len(str(problem.value)) < 500


def test_a_file_that_is_named_must_be_there(said, monkeypatch, tmp_path):
    monkeypatch.setenv(FILE, str(tmp_path / "none.toml"))
    with pytest.raises(AegenError, match="no such file"):
        said()
