"""Bundles: a card for each, a broken one with a sentence, a check, and a folder of one's own."""

import json
import shlex
import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from aegen.app.location import MAIN
from aegen.app.pages.bundles import model
from aegen.app.state import visit
from aegen.bundles import discovery
from tests.app.conftest import link_of
from tests.tiny_bundle import tiny_bundle

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "pages/library/bundles.py"


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The person sits at the computer that runs the app."""
    monkeypatch.setattr(visit, "is_local", lambda: True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One bundle, one with a wrong field, one with a file cut short."""
    folder = tmp_path_factory.mktemp("bundles")
    history = [
        {"epoch": 1.0, "loss": 90.0, "held_out_cross_entropy": 80.0},
        {"epoch": 2.0, "loss": 75.0, "held_out_cross_entropy": 73.5},
    ]
    tiny_bundle(
        folder / "tiny", training={"epochs": 2, "recipe": {"batch": 8}, "history": history}
    )
    for name in ("broken", "cut"):
        shutil.copytree(folder / "tiny", folder / name)
    manifest = folder / "broken" / "bundle.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**document, "latent_dim": "three"}))
    with (folder / "cut" / "codes.safetensors").open("r+b") as file:
        file.truncate(300)
    return folder


@pytest.fixture(autouse=True)
def only_these(folder, monkeypatch):
    monkeypatch.setattr(discovery, "_roots", lambda: [folder])
    st.cache_resource.clear()


def opened(page=PAGE):
    test = AppTest.from_file(page, default_timeout=60).run()
    assert not test.exception
    assert test.title[0].value == "Bundles"
    return test


def said(elements):
    return " ".join(element.value for element in elements)


def test_cards_say_what_each_bundle_is():
    test = opened()
    html = "".join(element.proto.body for element in test.get("html"))
    for fact in ("40 and 8 held out", "16 x 16 pixels, grey", "3 dimensions", "MIT", "class (3)"):
        assert fact in html
    assert "held-out pixels are off by" in html
    assert "data:image/webp" in html
    code = said(test.code)
    assert 'aegen.load("tiny")' in code
    assert "aegen bundles check tiny" in code
    assert "**3** bundles" in test.markdown[0].value
    assert "**2** cannot be used" in test.markdown[0].value


def test_a_broken_bundle_is_a_card_that_names_file_and_field():
    sentences = [error.value for error in opened().error]
    assert len(sentences) == 2
    assert "bundle.json" in sentences[0]
    assert "latent\\_dim" in sentences[0]
    assert "codes.safetensors" in sentences[1]
    assert "truncated" in sentences[1]


def test_check_says_sound_or_what_is_wrong():
    test = opened().button(key="check:tiny").click().run()
    assert not test.exception
    assert "Sound" in test.success[0].value
    test = opened().button(key="check:cut").click().run()
    assert not test.success
    assert sum("codes.safetensors" in error.value for error in test.error) == 2


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/no/such/folder", "no such bundle folder"),
        ("{folder}", "holds no bundle.json"),
        ("{folder}/broken", "must be a whole number"),
        ("x" * 5000, "no such bundle folder"),
        ("~nobody-of-this-name/mine", "cannot be read"),
    ],
)
def test_a_bad_folder_of_ones_own_is_a_sentence(path, sentence, folder):
    before = len(opened().error)
    test = opened().text_input[0].set_value(path.format(folder=folder)).run()
    assert not test.exception
    assert len(test.error) == before + 1
    assert sentence in test.error[-1].value.replace("\\", "")


def test_a_good_folder_of_ones_own_is_shown_with_the_lines_that_use_it(folder):
    test = opened().text_input[0].set_value(str(folder / "tiny")).run()
    assert not test.exception
    assert "Sound" in test.success[0].value
    assert [f"AEGEN_BUNDLES={folder}", "aegen", "app"] in [
        shlex.split(code.value) for code in test.code if code.language == "bash"
    ]


def test_a_folder_with_a_quote_in_its_name_is_quoted_for_the_shell(folder, tmp_path):
    place = tmp_path / "Ann's bundles; $HOME"
    shutil.copytree(folder / "tiny", place / "tiny")
    test = opened().text_input[0].set_value(str(place / "tiny")).run()
    assert [f"AEGEN_BUNDLES={place}", "aegen", "app"] in [
        shlex.split(code.value) for code in test.code if code.language == "bash"
    ]


def test_a_relative_folder_of_ones_own_is_named_in_full(folder, monkeypatch):
    monkeypatch.chdir(folder)
    test = opened().text_input[0].set_value("tiny").run()
    assert not test.exception
    assert any(f"AEGEN_BUNDLES={folder.resolve()} " in code.value for code in test.code)


def test_no_bundle_at_all_still_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "_roots", lambda: [tmp_path])
    test = opened()
    assert "**0** bundles" in test.markdown[0].value
    assert "aegen bundles create" in said(test.code)


def test_the_training_is_told(folder):
    card = model.card(folder / "tiny")
    assert model.losses(card.manifest) == {"training loss": [90.0, 75.0], "held-out": [80.0, 73.5]}
    recipe = model.recipe(card.manifest)
    assert (recipe["Epochs"], recipe["Batch"]) == ("2", "8")
    networks = (card.manifest.encoder, card.manifest.decoder)
    assert recipe["Parameters"] == f"{sum(network.parameters for network in networks):,}"
    assert sum(network.parameters for network in networks) > 100
    drawn = [chart.proto.alt for chart in opened().get("plotly_chart")]
    assert drawn.count("Nats a picture over 2 epochs, last training loss 75, held-out 73.5") == 2


def test_open_chooses_the_bundle_and_shows_its_map(folder):
    test = AppTest.from_file(MAIN, default_timeout=60).run()
    assert not test.exception  # the first bundle is the broken one: the first sound one opens
    assert not any("must be a whole number" in error.value for error in test.main.error)
    test.switch_page(str(PAGE)).run()
    assert test.title[0].value == "Bundles"
    test.button(key="open:tiny").click().run()
    assert not test.exception
    assert test.title[0].value.startswith("Latent map")
    assert link_of(test)["bundle"] == "tiny"
    assert test.sidebar.selectbox[0].value == "tiny"


def test_who_is_elsewhere_names_no_folder(folder, monkeypatch):
    monkeypatch.setattr(visit, "is_local", lambda: False)
    app = opened()
    assert not app.text_input
    assert "aegen bundles create" in " ".join(code.value for code in app.code)
