"""The map within a running script, without a browser; and that its built script is up to date."""

from __future__ import annotations

import hashlib
import importlib
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

# The package's attribute of this name is the function; the module is what is looked into here.
mount = importlib.import_module("aegen.app.components.mount")
component = importlib.import_module("aegen.app.components.latent_map")
FOLDER = Path(component.__file__).parent


def script():
    import numpy as np
    import streamlit as st

    from aegen.app.components import latent_map, picture, select_on_map

    points = np.random.default_rng(0).normal(size=(6_000, 2))
    st.button("pin", on_click=select_on_map, args=("map",), kwargs={"pinned": 7})
    seen = latent_map(picture(points, labels=np.arange(6_000) % 3), key="map")
    st.text(f"polygon {seen.polygon} pinned {seen.pinned}")


@pytest.fixture
def app():
    return AppTest.from_function(script, default_timeout=30)


def test_the_map_runs_and_the_page_can_select_on_it(app):
    app.run()
    assert not app.exception
    assert app.text[0].value == "polygon None pinned None"
    app.button[0].click().run()
    assert app.text[0].value == "polygon None pinned 7"


def test_what_a_visit_was_sent_is_named_from_then_on_until_the_browser_lacks_it(app):
    def sent():
        protos = [each.proto for each in app.run().get("bidi_component")]
        return {proto.id: len(proto.SerializeToString()) for proto in protos}

    first, second = sent(), sent()
    smaller = {each for each in first if second[each] < first[each] / 2}
    assert len(smaller) == 2  # the points and their labels
    app.session_state[mount._SENT] = {
        place: mark
        for place, mark in app.session_state[mount._SENT].items()
        if "points" not in place
    }  # as where the browser says that it lacks them
    third = sent()
    again = {each for each in smaller if third[each] > first[each] / 2}
    assert again == {max(smaller, key=first.__getitem__)}
    assert sent() == second


def test_without_webgl_a_chart_takes_over_and_says_so(app):
    app.session_state[component._NO_WEBGL] = True
    app.run()
    assert not app.exception
    assert [caption.value for caption in app.caption] == [
        "5,000 of 6,000 drawn: this browser has no WebGL"
    ]
    app.button[0].click().run()
    assert app.text[0].value == "polygon None pinned 7"


def source_hash():
    sources = sorted((FOLDER / "source").glob("*.js"), key=lambda path: path.name)
    content = b"".join(path.read_bytes() for path in [FOLDER / "package.json", *sources])
    return hashlib.sha256(content).hexdigest()


def test_the_built_script_belongs_to_its_source():
    banner = (FOLDER / "latent_map.js").read_text(encoding="utf-8").splitlines()[0]
    assert source_hash() in banner, "run `sh build.sh` in aegen/app/components/latent_map"


def test_every_bundled_library_is_licensed():
    licences = (FOLDER / "LICENSES.txt").read_text(encoding="utf-8")
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    bundled = {**package["overrides"], **package["devDependencies"]}
    del bundled["esbuild"]
    for name, version in bundled.items():
        assert f"{name} {version} (" in licences


def test_nothing_is_fetched_from_elsewhere():
    for name in ("latent_map.js", "latent_map.css", "source/store.js"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        for scheme in ("import(", "fetch(", "XMLHttpRequest", "@import", "cdn."):
            assert scheme not in text, f"{name}: {scheme}"
