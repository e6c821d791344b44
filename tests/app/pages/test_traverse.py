"""Traverse: sliders move the picture, the link and the lines of Python reproduce it."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import aegen
from aegen.app.pages.traverse import model, paper, snippets
from aegen.app.pages.traverse.model import Place
from aegen.app.widgets import for_paper, share_bar
from aegen.core.errors import InvalidInput
from aegen.core.images import png, quantize
from aegen.traversal.attribute_association import attribute_associations
from aegen.traversal.density_path import dense_path
from aegen.traversal.directions import latent_axes, principal_directions
from aegen.traversal.interpolation import interpolate
from tests.app.conftest import link_of


def visited(opened, **link):
    return healthy(opened("traverse", **link))


def healthy(test):
    assert not test.exception
    assert test.title[0].value == "Traverse"
    return test


def drawn(test):
    """All pictures of the page as text."""
    return "".join(
        [element.proto.body for element in test.get("html")]
        + [
            data.get("picture") or data["sheet"]
            for data in (
                json.loads(element.proto.json)
                for element in test.get("bidi_component")
                if element.proto.json
            )
            if "picture" in data or "sheet" in data
        ]
    )


def test_arriving_with_nothing_chosen_starts_at_a_row(opened):
    test = visited(opened)
    assert len(test.slider) == 3
    assert not test.error
    assert not test.warning
    row = int(link_of(test)["row"])
    bundle = aegen.load("bars")
    assert share_bar.source(quantize(bundle.decode(bundle.codes[[row]])[0])) in drawn(test)


@pytest.mark.parametrize(
    ("kind", "make"), [("principal", principal_directions), ("axes", latent_axes)]
)
def test_a_slider_moves_the_picture_along_its_direction(opened, kind, make):
    test = visited(opened, row="5", along=kind)
    before = drawn(test)
    healthy(test.slider[1].set_value(-1.5).run())
    bundle = aegen.load("bars")
    directions = make(bundle.codes)
    z = bundle.codes[5] - 1.5 * directions.sd[1] * directions.vectors[1]
    picture = share_bar.source(quantize(bundle.decode(z[None])[0]))
    assert picture in drawn(test)
    assert picture not in before
    assert link_of(test)[f"traverse.move-{kind}"] == "2:-1.5"
    assert any("moved along 1 direction" in caption.value for caption in test.caption)


def test_the_link_reproduces_the_page(opened):
    test = visited(opened, row="5")
    test.slider[0].set_value(2.0).run()
    test.number_input[2].set_value(9).run()
    healthy(test.segmented_control[1].set_value("spherical").run())
    link = link_of(test)
    assert (link["traverse.to"], link["traverse.path"]) == ("9", "spherical")
    again = visited(opened, **link)
    assert drawn(again) == drawn(test)
    assert drawn(visited(opened, **{**link, "traverse.path": "straight"})) != drawn(test)


def test_reset_takes_all_moves_back(opened):
    test = visited(opened, **{"row": "5", "move-principal": "1:2,3:-1"})
    assert [slider.value for slider in test.slider] == [2.0, 0.0, -1.0]
    reset = next(button for button in test.button if button.label == "Reset")
    healthy(reset.click().run())
    assert [slider.value for slider in test.slider] == [0.0, 0.0, 0.0]
    assert drawn(test) == drawn(visited(opened, row="5"))


def test_random_rows_are_seeded_and_named_in_the_link(opened):
    rows = []
    for _ in range(2):
        test = visited(opened, row="5")
        next(button for button in test.button if button.label == "Random row").click().run()
        rows.append(link_of(test)["row"])
    assert rows[0] == rows[1] != "5"


@pytest.mark.parametrize(
    "link",
    [
        {"row": ("999", "no row 999"), "path": ("zigzag", "no path 'zigzag'")},
        {"row": ("minus one", "cannot be used"), "along": ("nowhere", "no along 'nowhere'")},
        {"move-principal": ("1:9", "cannot be used"), "to": ("40", "no row 40")},
        {"move-principal": ("1:nan", "cannot be used"), "code": ("1,2", "code of 2 numbers")},
        {"move-principal": ("8:1", "There are 3 directions")},
        {"code": ("1,inf,2", "cannot be used")},
    ],
)
def test_a_bad_link_is_named_and_the_page_still_works(opened, link):
    test = visited(opened, **{name: value for name, (value, _) in link.items()})
    said = [warning.value.replace("\\", "") for warning in test.warning]
    for _, sentence in link.values():
        assert sum(sentence in each for each in said) == 1
    assert "data:image/png" in drawn(test)


@pytest.mark.parametrize(
    "place",
    [
        Place("bars", 7),
        Place("bars", 7, kind="axes", moves=((0, 1.5), (2, -0.3))),
        Place("bars", None, (0.12345, -1.5, 2e-05), moves=((1, 3.0),)),
    ],
)
def test_the_lines_of_python_write_the_very_picture(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(snippets.python_of_picture(place), names)
    found = model.walk(place, 3)
    np.testing.assert_array_equal(names["image"], found.image)
    assert (tmp_path / "picture.png").read_bytes() == model.picture_png(place, 3)
    assert not np.array_equal(found.image, model.walk(Place("bars", 8), 3).image)


@pytest.mark.parametrize("path", ["straight", "spherical", "dense"])
def test_the_lines_of_python_write_the_very_strip(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    a, b = Place("bars", 7, moves=((0, 1.0),)), Place("bars", 2)
    names = {}
    exec(snippets.python_of_interpolation(a, b, path), names)
    found = model.interpolation(a, b, path)
    np.testing.assert_array_equal(names["images"], found.images)
    assert (tmp_path / "strip.png").read_bytes() == model.interpolation_png(a, b, path)


def test_a_filmstrip_passes_through_the_place_itself():
    place = Place("bars", 7, moves=((1, 2.0),))
    found = model.walk(place, 2)
    assert found.strips.shape == (2, 7, 16, 16, 1)
    for strip, stop in zip(found.strips, (0, 2), strict=True):
        at = model.STOPS.index(stop)
        np.testing.assert_allclose(strip[at], found.image, atol=1e-5)
        assert not np.allclose(strip[at - 1], found.image, atol=1e-5)


def test_a_path_leads_from_one_end_to_the_other():
    bundle = aegen.load("bars")
    a, b = bundle.codes[1], bundle.codes[2]
    expected_of = {
        "straight": interpolate(a, b, 9),
        "spherical": interpolate(a, b, 9, kind="spherical", centre=bundle.codes.mean(axis=0)),
        "dense": dense_path(a, b, 9, bundle.codes),
    }
    for path, expected in expected_of.items():
        found = model.interpolation(Place("bars", 1), Place("bars", 2), path)
        np.testing.assert_array_equal(found.codes, expected)
        assert len(found.readings) == 9
    with pytest.raises(InvalidInput, match="rows 0 to 39"):
        model.interpolation(Place("bars", 1), Place("bars", 40), "straight")


def test_files_hold_what_is_shown(tmp_path):
    place = Place("bars", 7, moves=((1, 2.0),))
    (tmp_path / "walk.npz").write_bytes(model.walk_npz(place, 3))
    with np.load(tmp_path / "walk.npz") as found:
        z = aegen.load("bars").codes[7] + (found["moves"] * found["sd"]) @ found["vectors"]
        np.testing.assert_allclose(found["code"], z)
    assert model.picture_png(place, 3) == png(quantize(model.walk(place, 3).image))


def test_associations_name_an_attribute_only_where_it_explains_something():
    rng = np.random.default_rng(0)
    sides = rng.random(2000) < 0.5
    positions = np.stack([np.where(sides, 1.0, -1.0), rng.normal(size=2000)], axis=1)
    table = pd.DataFrame(
        {
            "chance": pd.Categorical(rng.choice(list("abc"), 2000)),
            "side": pd.Categorical(np.where(sides, "right", "left")),
            "height": -positions[:, 1] + 0.1 * rng.normal(size=2000),
        }
    )
    first, second = attribute_associations(positions, table)
    assert (first.attribute, first.low, first.high) == ("side", "left", "right")
    assert first.share == pytest.approx(1)
    assert (second.attribute, second.low, second.high) == ("height", "more", "less")
    assert attribute_associations(positions, table[["chance"]]) == (None, None)


def test_a_picture_of_ones_own_comes_back_from_its_code(opened):
    bundle = aegen.load("bars")
    code = tuple(
        float(f"{v:.5g}") for v in bundle.encode(np.full((1, 16, 16, 1), 99, np.uint8))[0]
    )
    test = visited(opened, code=",".join(f"{v:.5g}" for v in code))
    assert share_bar.source(quantize(bundle.decode([code])[0])) in drawn(test)
    assert any("Your picture" in caption.value for caption in test.caption)
    healthy(test.number_input[0].set_value(3).run())
    assert "code" not in link_of(test)


def test_pictures_to_choose_an_end_from_are_those_of_a_value(opened):
    test = visited(opened, row="5")
    for end in "ab":
        for like, value in (("class=lying", "lying"), ("late=True", "yes")):
            label = f"Which pictures to choose {end.upper()} from"
            (filter_,) = [each for each in test.selectbox if each.label == label]
            assert filter_.options == ["Class: upright", "Class: lying", "Late: no", "Late: yes"]
            test = healthy(filter_.select(like).run())
            assert link_of(test)[f"traverse.{end}-like"] == like
            data = [json.loads(e.proto.json) for e in test.get("bidi_component") if e.proto.json]
            label = f"Picture {end.upper()} could be"
            (offered,) = [each["names"] for each in data if each.get("label") == label]
            attribute = like.partition("=")[0]
            assert offered
            assert all(f"{attribute} {value}" in name for name in offered)


def test_strips_and_paths_are_files_for_a_paper():
    at = Place("bars", 5)
    for made in (paper.of_directions(at, 2), paper.of_path(at, Place("bars", 7), "straight", "x")):
        with zipfile.ZipFile(io.BytesIO(for_paper.archive(made, 170, 8))) as packed:
            [svg] = [name for name in packed.namelist() if name.endswith(".svg")]
            [table] = [name for name in packed.namelist() if name.endswith(".csv")]
            pictures = packed.read(svg).count(b"<image")
            lines = packed.read(table).decode().splitlines()
        if "filmstrips" in svg:
            assert pictures == 2 * len(model.STOPS)
            assert len(lines) == 1 + 3
        else:
            assert pictures == model.STEPS_BETWEEN == len(lines) - 1
            assert float(lines[-1].split(",")[1]) > float(lines[1].split(",")[1]) == 0


def test_one_figure_that_cannot_be_made_leaves_the_others_whole():
    def never():
        raise InvalidInput("nothing to see")

    made = paper.of_directions(Place("bars", 5), 1)
    broken = for_paper.Exhibit("broken", "Broken", never)
    made = replace(made, figures=(broken, *made.figures))
    with zipfile.ZipFile(io.BytesIO(for_paper.archive(made, 85, 8))) as packed:
        names = packed.namelist()
        assert packed.read("left-out.txt") == b"Broken: nothing to see\n"
        assert "figures/filmstrips.svg" in names
        assert not [name for name in names if "broken" in name]
        assert b"broken" not in packed.read("figures.tex")
