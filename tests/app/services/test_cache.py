"""The app's cache: what it holds at most, and how often it looks for bundles."""

import io
import logging
import os
from dataclasses import dataclass

import numpy as np
import pytest

import aegen
from aegen.app.services import cache
from aegen.bundles import discovery
from aegen.core.errors import UnknownName


@pytest.fixture
def made():
    """A cached function of which two answers have room, and what it was made for so far."""
    made = []

    @cache.cached(64, of=lambda name: ("", 0, 0), megabytes=lambda: 2)
    def array(name, size=1_000_000):
        made.append((name, size))
        return {"codes": np.zeros(size, np.uint8)}

    array.made = made
    return array


def test_what_was_used_last_stays_as_far_as_there_is_room(made):
    for name in ("a", "b", "a", "c", "a", "b"):
        made(name)
    assert [name for name, _ in made.made] == ["a", "b", "c", "b"]


def test_one_that_is_too_large_by_itself_is_kept_alone(made):
    made("a")
    made("large", 5_000_000)
    made("large", 5_000_000)
    made("a")
    made("large", 5_000_000)
    assert [name for name, _ in made.made] == ["a", "large", "a", "large"]


def test_the_run_of_a_page_keeps_what_it_was_given_but_for_copies(made):
    @cache.cached(8, copied=True, of=lambda name: ("", 0, 0))
    def own(name):
        return [name]

    with cache.one_look():
        first = made("a")
        made("large", 5_000_000)
        assert made("a") is first
        own("a").append("b")
        assert own("a") == ["a"]
    assert made("a") is not first
    assert [name for name, _ in made.made] == ["a", "large", "a"]


def test_no_more_is_noted_than_there_is(made):
    noted = cache.Budget(3, lambda: 100, lambda *key: None)
    for k in range(50):
        noted.used((k,), b"")
    assert len(noted._sizes) == 3


def test_what_is_held_is_counted_once_and_without_the_bundle(opened_bars):
    @dataclass
    class Model:
        bundle: object
        rows: object

    rows = np.zeros((10, 3))
    found = Model(opened_bars, [rows, rows, {"text": "four"}])
    assert cache.held(found) == rows.nbytes + 4
    found.again = found  # a circle
    assert cache.held(found) == rows.nbytes + 4


@pytest.fixture
def opened_bars():
    return aegen.load("bars")


def test_a_run_of_a_page_looks_for_bundles_once(monkeypatch):
    looks = []
    listed = discovery._folders
    monkeypatch.setattr(discovery, "_folders", lambda: looks.append(1) or listed())
    with cache.one_look():
        for name in ("bars", "colours"):
            for _ in range(3):
                cache.stamp(name)
        with cache.one_look():
            cache.stamp("bars")
        assert len(looks) == 1
    cache.stamp("bars")
    assert len(looks) == 2


def test_a_bundle_that_is_replaced_is_seen_by_the_next_run(bundle_folder):
    with cache.one_look():
        before = cache.stamp("bars")
    os.utime(bundle_folder / "bars" / "bundle.json")
    with cache.one_look():
        assert cache.stamp("bars") != before


@pytest.mark.parametrize("name", ["/etc", "./bars", "..", "~", "{folder}/bars", ""])
def test_a_path_is_no_name_whether_it_is_there_or_not(bundle_folder, name):
    with pytest.raises(UnknownName):
        cache.stamp(name.format(folder=bundle_folder))


def test_a_cache_that_is_declared_before_the_server_runs_is_nothing_to_warn_of(monkeypatch):
    log = io.StringIO()
    logger = logging.getLogger("streamlit.runtime.caching.cache_data_api")
    monkeypatch.setattr(logger, "handlers", [logging.StreamHandler(log)])
    cache.cached(8, copied=True)(lambda name: None)
    assert log.getvalue() == ""
    logger.warning("something else")
    assert log.getvalue() == "something else\n"
