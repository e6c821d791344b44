"""The app on two tiny bundles, nothing remembered from one test to the next."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aegen.app import navigation
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A folder with two bundles of different dimension."""
    folder = tmp_path_factory.mktemp("shelf")
    tiny_bundle(folder / "bars", title="Tiny bars")
    tiny_bundle(folder / "colours", title="Coloured bars", channels=3)
    return folder


@pytest.fixture(autouse=True)
def only_these(shelf, monkeypatch, tmp_path):
    """Bundles come from the shelf alone, and every cache begins empty."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(shelf))
    monkeypatch.setenv("AEGEN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "colours"])
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def inline(request, monkeypatch):
    """Slow models, too, are fitted here at once; a test that asks for `jobs_too` has its jobs."""
    if "jobs_too" not in request.fixturenames:
        monkeypatch.setattr("aegen.app.services.models.slow", lambda spec: False)


@pytest.fixture
def jobs_too():
    """Slow models are fitted by jobs, as in the app."""


@pytest.fixture
def opened():
    """Opens a page of the app as a link would: ``opened("sample", seed="3")``."""

    def visit(address, **link):
        app = AppTest.from_file(str(navigation.folder() / "app.py"), default_timeout=60)
        for name, value in link.items():
            app.query_params[name.replace("__", ".")] = value
        entry = navigation.entry(address)
        app.switch_page(f"pages/{entry.file}")
        return app.run()

    return visit
