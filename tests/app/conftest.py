"""The app on two tiny bundles, nothing remembered from one test to the next."""

import contextlib
import importlib
import json
import pickle
from urllib.parse import parse_qsl

import pytest
import streamlit as st
from streamlit.testing.v1 import local_script_runner

from aegen.app.headless import open_page
from aegen.app.jobs import process
from aegen.app.jobs.job import Job, Jobs
from aegen.app.server.sharing import FILE, VARIABLE, sharing
from aegen.app.state.draws import DrawChoices
from aegen.app.state.link import Item
from aegen.app.widgets import chart
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="session", autouse=True)
def quick_scripts():
    """What Streamlit does for each script that its tests run, and these need not.

    It looks through all installed packages for components, collects all garbage where another
    test has loaded Keras, and looks through all that a script sent each millisecond of its run.
    """
    until_ended = local_script_runner.require_widgets_deltas

    def wait(runner, timeout):
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            until_ended(runner, 0)  # which stops it and raises

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
        runner = "streamlit.runtime.scriptrunner.script_runner"
        patch.setattr(f"{runner}._clean_problem_modules", lambda: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def figures_once():
    """Of the same numbers the library's figures are the same in all tests: each is drawn once.

    They take half of a page's time.
    """
    known, plain = {}, chart._drawn

    def drawn(name, given, named, draw):
        if not name.startswith("aegen.figures."):
            return plain(name, given, named, draw)
        numbers = pickle.dumps((name, given, named))
        if numbers not in known:
            known[numbers] = plain(name, given, named, draw)
        return known[numbers]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chart, "_drawn", drawn)
        yield


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    """A folder with two bundles of different dimension."""
    folder = tmp_path_factory.mktemp("bundle_folder")
    tiny_bundle(folder / "bars", title="Tiny bars")
    tiny_bundle(folder / "colours", title="Coloured bars", channels=3)
    return folder


@pytest.fixture(autouse=True)
def only_these(bundle_folder, monkeypatch, tmp_path):
    """Bundles come from the bundle_folder alone, and every cache begins empty."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(bundle_folder))
    monkeypatch.setenv("AEGEN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (VARIABLE, FILE):
        monkeypatch.delenv(name, raising=False)
    sharing.cache_clear()
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "colours"])
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def shared(monkeypatch):
    """The app is shared by visitors who are strangers to each other."""
    monkeypatch.setenv(VARIABLE, "yes")
    sharing.cache_clear()


@pytest.fixture
def by(monkeypatch):
    """``by("ann")``: from now on it is ann who asks."""
    return lambda visitor: monkeypatch.setattr(Job, "asker", staticmethod(lambda: visitor))


@pytest.fixture(autouse=True)
def fresh_jobs(monkeypatch):
    """No job of another test is known, and none outlives its test."""
    monkeypatch.setattr(process, "_jobs", Jobs(process.REMEMBERED))
    yield
    for job in process._jobs.all():
        job.stop()
    for job in process._jobs.all():
        assert job.wait(30)


@pytest.fixture(autouse=True)
def inline(request, monkeypatch):
    """Slow models, too, are fitted here at once; a test that asks for `jobs_too` has its jobs."""
    if "jobs_too" not in request.fixturenames:
        monkeypatch.setattr("aegen.app.services.samplers.slow", lambda spec: False)


@pytest.fixture
def jobs_too():
    """Slow models are fitted by jobs, as in the app."""


@pytest.fixture
def opened():
    """Opens a page of the app as a link would: ``opened("sample", seed="3")``.

    A choice of the page's own is named without the page: ``seed`` is ``sample.seed`` in the link.
    """

    def visit(address, **link):
        named = {link_name(address, name.replace("__", ".")): link[name] for name in link}
        return open_page(address, named)

    return visit


def link_of(app):
    """What the page's link holds, by name: what is handed to the browser for a bare address."""
    (told,) = [
        json.loads(element.proto.json)["link"]
        for element in app.get("bidi_component")
        if element.proto.component_name == "aegen.address"
    ]
    return dict(parse_qsl(told))


def link_name(address, name):
    """The name in links of a choice of this page, or of one that pages share."""
    page = address.replace("-", "_")
    with contextlib.suppress(ModuleNotFoundError):
        state = importlib.import_module(f"aegen.app.pages.{page}.state")
        own = f"{page}.{name}"
        if any(own in names(value) for value in vars(state).values()):
            return own
        if name.startswith("move-"):  # of Traverse, one for each kind of direction
            return own
    return name


def names(value):
    """Names in links of what a state module holds."""
    items = value.values() if isinstance(value, dict) else [value]
    if isinstance(value, DrawChoices):
        items = value.items()
    return [item.name for item in items if isinstance(item, Item)]
