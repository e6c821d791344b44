"""What every data set promises, checked on all: a file added to the family is here too."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.data import ImageSet, datasets
from tests.data.stand_ins import WRITERS
from tests.data.wholeness import is_whole

every = pytest.mark.parametrize("name", datasets.names())


@every
def test_it_says_what_it_is(name):
    kind = datasets.get(name)
    assert kind.title
    assert kind.licence
    assert kind.citation
    assert "Example:" in kind.__doc__


@every
def test_a_place_that_does_not_hold_it_is_named(name, tmp_path):
    with pytest.raises(StorageError) as caught:
        datasets.create(name).load(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(caught.value)


@pytest.fixture(scope="module")
def loaded():
    """A function that loads a data set from a place once."""
    return cache(lambda name, place: datasets.create(name).load(place))


@pytest.fixture
def place_of(real_data, tmp_path):
    """A function that says where a data set lies: the real one, or a stand-in."""

    def place(name, *, real):
        path = real_data / name.replace("-", "_")
        if path.is_dir() and (real or name not in WRITERS):
            return path
        if name in WRITERS:
            WRITERS[name](tmp_path / name)
            return tmp_path / name
        if datasets.get(name).fetched:
            pytest.skip(f"nothing is fetched by a test, and there is no {path}")
        return None

    return place


@every
def test_it_is_whole(name, loaded, place_of):
    # The real files of cifar10 take ten seconds to unpack, and the real personas have own tests.
    real = name not in ("cifar10", "personas")
    is_whole(loaded(name, place_of(name, real=real)), name)


@every
def test_it_is_the_same_each_time(name, loaded, place_of):
    path = place_of(name, real=False)
    found, again = loaded(name, path), datasets.create(name).load(path)
    assert np.array_equal(found.images, again.images)
    assert found.attributes.equals(again.attributes)
    assert np.array_equal(found.holdout, again.holdout)
    assert found.fingerprint == again.fingerprint


@every
def test_without_a_place_it_is_there_or_asks_for_one(name):
    if datasets.get(name).fetched:
        pytest.skip("nothing is fetched by a test")
    try:
        found = datasets.create(name).load()
    except InvalidInput as refusal:
        assert "--data" in str(refusal)  # noqa: PT017
    else:
        is_whole(found, name)


def test_what_is_not_whole_is_seen():
    images, holdout = np.zeros((20, 8, 8, 1), np.uint8), np.arange(20) > 15
    whole = ImageSet("a", "A", images, pd.DataFrame({"b": holdout}), holdout, "c", "d", "e")
    is_whole(whole, "a")
    for change in (
        {"images": images / 255},
        {"holdout": holdout & False},
        {"attributes": whole.attributes[1:]},
        {"licence": ""},
        {"name": "b"},
    ):
        with pytest.raises(AssertionError):
            is_whole(ImageSet(**{**whole.__dict__, **change}), "a")
