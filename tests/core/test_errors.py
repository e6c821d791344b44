"""Errors: one family, each also what Python's own code would expect."""

import pickle
import unicodedata
from pathlib import Path

import pytest

from aegen.core import errors
from aegen.core.errors import AegenError, BundleError, InvalidInput, StorageError, UnknownName


def test_all_are_of_one_family():
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), AegenError)
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(UnknownName, LookupError)
    assert issubclass(BundleError, StorageError)


@pytest.mark.parametrize(
    "problem",
    [
        StorageError("a.npz", "cannot be read"),
        BundleError(Path("a"), "was altered"),
        UnknownName("data set", "mnst", ["mnist"]),
        InvalidInput("n must be 1"),
    ],
)
def test_an_error_comes_back_from_another_process_as_it_was(problem):
    again = pickle.loads(pickle.dumps(problem))
    assert type(again) is type(problem)
    assert str(again) == str(problem)
    assert vars(again) == vars(problem)


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("mnst", ["mnist", "sprites"], "; did you mean 'mnist'? There are: mnist, sprites"),
        ("xyz", ["mnist"], "; there are: mnist"),
        ("xyz", [], "; there are: none"),
        (None, ["mnist"], "; there are: mnist"),
    ],
)
def test_an_unknown_name_says_what_there_is(name, known, words):
    text = str(UnknownName("data set", name, iter(known)))
    assert text == f"there is no data set named {str(name)!r}{words}"


def test_a_storage_error_knows_its_path():
    problem = BundleError("folder/a", "is truncated")
    assert problem.path == Path("folder/a")
    assert problem.problem == "is truncated"
    assert str(problem) == "folder/a: is truncated"


HOSTILE = ("a" * 100_000, "red \x1b[31m", "\ud800", "\u202egnp", "two\nlines", "\x9b2J", "\0")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize(
    "make",
    [
        InvalidInput,
        lambda text: StorageError("folder/a", text),
        lambda text: BundleError(text, "is truncated: copy it again"),
        lambda text: UnknownName("bundle", text, ["mnist"]),
        lambda text: UnknownName("bundle", "mnist", [text] * 100),
    ],
)
def test_a_message_is_one_short_line_whatever_was_given(make, text):
    problem = make(text)
    said = str(problem)
    assert 0 < len(said) < 500
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in said)
    assert "\u202e" not in said
    said.encode()
    if isinstance(problem, StorageError):
        assert said.endswith(problem.problem)


def test_what_to_do_stays_where_a_path_is_long():
    said = str(BundleError("/" + "deep/" * 800 + "codes", "is truncated: copy it again"))
    assert said.startswith("/deep/deep/")
    assert said.endswith("codes: is truncated: copy it again")


def test_of_many_names_as_many_are_listed_as_there_is_room_for():
    said = str(UnknownName("metric", "x", [f"metric-{k}" for k in range(1000)]))
    assert said.startswith("there is no metric named 'x'; there are: metric-0, metric-1, ")
    listed, _, rest = said.rpartition(" and ")
    assert int(rest.split()[0]) + listed.count("metric-") == 1000
