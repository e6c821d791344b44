"""Start: a picture, its numbers and what comes back; links that lead on; a tour of the pages."""

import json

import pytest

from aegen.app import navigation
from aegen.app.server.moved import moved
from aegen.app.services.places import Place
from aegen.app.widgets.tour import STOPS
from tests.app.conftest import link_of


def shown(app):
    """What the component shows."""
    (found,) = [
        json.loads(element.proto.json)
        for element in app.get("bidi_component")
        if element.proto.component_name == "aegen.autoencoder"
    ]
    return found


def pictures(app):
    return shown(app)["picture"], shown(app)["decoded"]


def test_what_comes_back_is_the_picture_until_a_number_is_dragged(opened):
    app = opened("start", row="3")
    picture, decoded = pictures(app)
    assert picture == decoded
    numbers = shown(app)["numbers"]
    assert [number["axis"] for number in numbers] == list(range(len(numbers)))
    assert sum(number["live"] for number in numbers) == 2
    assert all(number["now"] == number["own"] for number in numbers)
    assert link_of(app)["start.row"] == "3"
    dragged = opened("start", row="3", at="-2,1.5")
    assert pictures(dragged)[0] == picture
    assert pictures(dragged)[1] != picture
    assert [n["now"] for n in shown(dragged)["numbers"] if n["live"]] == [-2, 1.5]
    (back,) = [button for button in dragged.button if button.label == "Numbers as they were"]
    assert pictures(back.click().run()) == (picture, picture)


def test_the_live_channel_gives_what_the_page_shows(opened):
    from aegen.app.live.answers import answer
    from aegen.app.live.messages import request

    app = opened("start", row="3", at="-2,1.5")
    asked = shown(app)
    moves = {n["axis"]: n["now"] - n["own"] for n in asked["numbers"] if n["live"]}
    show = {**asked["request"], "moves": moves}
    found = request(json.dumps({"id": 1, "lane": "autoencoder", "show": show}))
    assert isinstance(found.ask.place, Place)
    content = answer(found)
    size = int.from_bytes(content[:4], "little")
    pixels = content[4 + size :]
    from aegen.app.services import images, places
    from aegen.core.images import quantize

    expected = quantize(images.decode("bars", places.code_of(found.ask.place)[None]))
    assert len(pixels) == expected.size
    assert max(abs(a - b) for a, b in zip(pixels, expected.tobytes(), strict=True)) <= 1


def test_another_picture_is_another_row_with_its_own_numbers(opened):
    app = opened("start", row="3", at="-2,1.5")
    (another,) = [button for button in app.button if button.label == "Another picture"]
    app = another.click().run()
    assert link_of(app)["start.row"] != "3"
    assert "start.at" not in link_of(app)


@pytest.mark.parametrize("link", [{"row": "4000", "at": "9,9"}, {"row": "x", "at": "1"}])
def test_what_a_link_has_wrong_is_said_and_the_page_still_shows(opened, link):
    app = opened("start", **link)
    assert not app.exception
    assert len(app.warning) == 2
    assert shown(app)


def test_a_bundle_of_codes_alone_says_so_and_has_its_doors(opened, monkeypatch):
    from aegen.bundles import Bundle

    monkeypatch.setattr(Bundle, "decodes", property(lambda self: False))
    app = opened("start")
    assert not app.exception
    assert "codes alone" in app.info[0].value
    assert len(app.get("page_link")) >= 6


def test_the_tour_goes_through_its_stops_and_ends(opened):
    app = opened("start")
    (begin,) = [button for button in app.button if "tour" in button.label]
    app = begin.click().run()
    titles = [navigation.entry(address).title for address, _ in STOPS[:3]]
    for place, title in enumerate(titles, start=1):
        assert not app.exception
        assert any(f"Tour, {place} of {len(STOPS)} · {title}" in m.value for m in app.markdown)
        assert app.title[0].value.startswith(title)
        (following,) = [button for button in app.button if button.label.startswith("Next: ")]
        app = following.click().run()
    (end,) = [button for button in app.button if button.label == "End"]
    app = end.click().run()
    assert not any("Tour, " in m.value for m in app.markdown)
    assert "tour" not in link_of(app)


@pytest.mark.parametrize(
    ("path", "query", "base", "to"),
    [
        ("/", "", "", None),
        ("/", "embed=true", "", None),
        ("/", "bundle=mnist&start.row=1", "", None),
        ("/sample", "bundle=mnist", "", None),
        ("/start", "bundle=mnist", "", "/?bundle=mnist"),
        ("/start/", "", "", "/"),
        ("/lab/one/start", "", "lab/one", "/lab/one/"),
        ("/", "bundle=mnist&row=5", "", "/latent-map?bundle=mnist&row=5"),
        ("/", "select=class%3D7", "", "/latent-map?select=class%3D7"),
        ("/lab/one/", "bundle=a", "lab/one", "/lab/one/latent-map?bundle=a"),
        ("/lab/one", "bundle=a", "lab/one", "/lab/one/latent-map?bundle=a"),
        ("/", "bundle=a", "lab/one", None),
    ],
)
def test_old_links_of_the_map_and_the_front_page_by_its_name_lead_there(path, query, base, to):
    assert moved(path, query, base) == to
