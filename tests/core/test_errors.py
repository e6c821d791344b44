"""Errors: one family, each also what Python's own code would expect."""

import pickle
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
