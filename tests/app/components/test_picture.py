"""What a map accepts, and that each part is sent again exactly when it changed."""

from __future__ import annotations

import numpy as np
import pytest

from aegen.app.components.latent_map.parts import parts, specification
from aegen.app.components.latent_map.picture import picture
from aegen.app.components.mount import spec_part
from aegen.core.errors import InvalidInput
from aegen.figures.palette import CATEGORIES, SCALE

POINTS = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
CODES = np.arange(50) % 3
TILES = {"thumbnails": b"not looked at here", "atlas": (5, 4, 4, 10)}


def ids(**changes):
    given = {"points": POINTS, "labels": CODES, "draws": POINTS[:5], **TILES, **changes}
    shown = picture(given.pop("points"), **given)
    return {name: part and part["id"] for name, part in parts(shown).items()}


def test_the_same_content_has_the_same_fingerprints():
    assert ids() == ids(points=POINTS.astype(np.float64), labels=CODES.astype(np.uint8))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"points": POINTS + 1}, "points"),
        ({"labels": CODES[::-1]}, "labels"),
        ({"labels": CODES.astype(float)}, "labels"),
        ({"draws": POINTS[:4]}, "draws"),
        ({"draws": None}, "draws"),
        ({"contours": [(0.5, POINTS[:9])]}, "contours"),
        ({"chosen": np.arange(7)}, "chosen"),
        ({"hover_text": [str(i) for i in range(50)]}, "text"),
        ({"pictures": ["a", "", "c"]}, "pictures"),
        ({"thumbnails": b"another image"}, "atlas"),
        ({"atlas_rows": np.arange(10, 20)}, "tiles"),
    ],
)
def test_a_change_changes_its_own_part_only(changes, name):
    before, after = ids(), ids(**changes)
    assert {part for part in before if before[part] != after[part]} == {name}


def test_texts_that_join_to_the_same_string_differ():
    first = ids(hover_text=["ab", "c", *[""] * 48])
    assert first["text"] != ids(hover_text=["a", "bc", *[""] * 48])["text"]


def test_the_tables_hold_what_was_given():
    shown = picture(POINTS, labels=CODES, categories=["a", "b", "c"], draws=POINTS[:5])
    tables = parts(shown)
    assert np.array_equal(np.column_stack(tables["points"]["table"].columns), POINTS)
    assert tables["labels"]["table"].column(0).to_pylist() == CODES.tolist()
    assert tables["labels"]["table"].column(0).type == "uint8"
    assert shown.counts == [17, 17, 16]
    assert shown.label(4) == "b"


def test_the_specification_names_the_parts_that_belong_together():
    shown = picture(POINTS, labels=CODES)
    ready = parts(shown)
    spec = specification(shown, ready, height=300)
    assert spec["parts"] == {"points": ready["points"]["id"], "labels": ready["labels"]["id"]}
    assert spec["palette"] == list(CATEGORIES[:3])
    assert spec_part(spec)["id"] != spec_part({**spec, "height": 301})["id"]


def test_float_labels_make_a_continuous_scale():
    shown = picture(POINTS, labels=np.linspace(-1, 3, 50), label_title="density")
    assert shown.kind == "value"
    assert shown.stops == (-1.0, 3.0)
    assert shown.palette == SCALE
    assert shown.label(49) == "density 3"


def test_numbers_that_single_precision_would_make_one_colour_travel_in_double():
    near = 1e9 + 1e-3 * np.linspace(-1, 1, 50)
    table = parts(picture(POINTS, labels=near))["labels"]["table"]
    assert table["label"].to_pylist() == near.tolist()
    assert parts(picture(POINTS, labels=near - 1e9))["labels"]["table"]["label"].type == "float"
    assert picture(POINTS, labels=near).label(0) == "999,999,999.99900"


def test_ends_that_are_passed_are_said_to_be():
    values = np.r_[np.linspace(0, 1, 4_999), 900.0]
    shown = picture(np.zeros((5_000, 2)), labels=values)
    assert specification(shown, parts(shown), height=300)["scale"]["beyond"] == [True, True]
    assert picture(POINTS, labels=np.linspace(0, 1, 50)).beyond == (False, False)


def test_codes_of_draws_are_as_many_as_draws():
    codes = np.arange(15.0).reshape(5, 3)
    table = parts(picture(POINTS, draws=POINTS[:5], draw_codes=codes))["draw_codes"]["table"]
    assert table["code"].to_pylist() == codes.tolist()
    with pytest.raises(InvalidInput, match="as many as draws"):
        picture(POINTS, draws=POINTS[:4], draw_codes=codes)


def test_colours_repeat_when_there_are_more_categories():
    shown = picture(POINTS, labels=np.arange(50), palette=["#000000", "#ffffff"])
    assert shown.palette[:3] == ("#000000", "#ffffff", "#000000")
    assert len(shown.palette) == 50


def test_a_map_of_no_points_is_a_map():
    shown = picture(np.empty((0, 2)), labels=np.empty(0, dtype=int), categories=["a"])
    assert specification(shown, parts(shown), height=300)["n"] == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"points": POINTS[:, :1]}, r"points must be numbers of shape \(n, 2\), got \(50, 1\)"),
        ({"points": POINTS * np.nan}, "points must be finite"),
        ({"draws": [[0, np.inf]]}, "draws must be finite"),
        ({"labels": CODES[:9]}, r"labels must have shape \(50,\)"),
        ({"labels": CODES - 1}, "labels must be codes from 0 to 1"),
        ({"labels": CODES, "categories": ["a", "b"]}, "one of 2 categories, got 0 to 2"),
        ({"labels": CODES * 0.5, "categories": ["a"]}, "integer codes where categories"),
        ({"labels": CODES + np.nan}, "labels must be finite"),
        ({"labels": np.array(["a"] * 50)}, "integer codes or floats"),
        ({"palette": ["red"]}, "palette must hold colours like"),
        ({"labels": CODES * 1.0, "palette": ["#ff0000"]}, "at least 2 colours"),
        ({"labels": CODES, "pictures": ["a"]}, "pictures must be 3, one a category, got 1"),
        ({"hover_text": ["a"]}, "hover_text must have 50 entries, got 1"),
        ({"thumbnails": b"x"}, "atlas must be"),
        ({**TILES, "atlas_rows": np.arange(9)}, "atlas_rows must be 10 row numbers"),
        ({**TILES, "atlas_rows": np.arange(41, 51)}, "atlas_rows must lie from 0 to 49"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(InvalidInput, match=message):
        picture(given.pop("points", POINTS), **given)


def test_contours_are_distinguished_and_rows_beyond_the_points_refused():
    lines = [(0.95, POINTS[:9]), (0.5, POINTS[9:12])]
    table = parts(picture(POINTS, contours=lines))["contours"]["table"]
    assert table["line"].to_pylist() == [0] * 9 + [1] * 3
    assert set(table["share"].to_pylist()[9:]) == {0.5}
    assert np.array_equal(np.column_stack([table["x"], table["y"]]), POINTS[:12])
    for wrong in ({"contours": [(1.5, POINTS)]}, {"chosen": [50]}, {"chosen": [0.5]}):
        with pytest.raises(InvalidInput):
            picture(POINTS, **wrong)
