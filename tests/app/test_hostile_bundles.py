"""A dozen bad bundles and a good one: every page works on it, and says what the others are."""

import gc

import pytest
import streamlit as st

from aegen.app import navigation
from aegen.bundles import discovery
from tests.app.conftest import link_of
from tests.spoilt_bundles import TITLES, spoilt_bundles


@pytest.fixture(scope="module")
def spoilt(bundle_folder, tmp_path_factory):
    """The folder of `spoilt_bundles`."""
    folder = tmp_path_factory.mktemp("spoilt")
    spoilt_bundles(folder, bundle_folder / "bars")
    return folder


@pytest.fixture(autouse=True)
def only_spoilt(only_these, spoilt, monkeypatch):
    monkeypatch.setenv("AEGEN_BUNDLES", str(spoilt))
    monkeypatch.setattr(discovery, "_roots", lambda: [spoilt])
    monkeypatch.setattr("aegen.bundles.bundles", discovery.bundles)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def no_collection():
    """None falls into the depth of a hostile file's nesting, where no finalizer can be called."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("address", [entry.address for entry in navigation.ENTRIES])
def test_every_page_works_beside_bad_bundles(opened, address):
    app = opened(address, bundle="good")
    assert not app.exception
    assert not app.warning
    if address != "bundles":
        assert not app.error
        assert link_of(app).get("bundle", "good") == "good"


def test_the_bundles_page_says_of_each_what_is_wrong(opened):
    app = opened("bundles")
    assert not app.exception
    said = " ".join(error.value for error in app.main.error).replace("\\", "")
    for words in ("beyond 2**53", "surrogate", "U+001B", "32 times", "too large", "whole JSON"):
        assert words in said
    assert len(app.main.error) == len(TITLES) + 8
    keys = [b.key for b in app.button if str(b.key).startswith("check:")]
    for key in keys:
        app = app.button(key=key).click().run()
        assert not app.exception
        assert bool(app.success) == (key == "check:good")


@pytest.mark.parametrize("name", ["number", "text", "pipe"])
def test_a_bad_one_that_is_chosen_is_a_sentence_with_a_way_to_others(opened, name):
    app = opened("latent-map", bundle=name)
    assert not app.exception
    assert app.error
    picker = next(box for box in app.selectbox if box.label == "Bundle")
    titles = " ".join(map(str, picker.options))
    assert "Tiny bars" in titles
    assert "number (cannot be read)" in titles
    assert not opened("latent-map", bundle="good").main.error
