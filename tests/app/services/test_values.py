"""Values as people see them in the app: titles everywhere, and a picture of a typical row."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from aegen.app import services
from aegen.app.row_selection import AttributeEquals
from aegen.app.services import values
from aegen.app.widgets.target_text import words
from aegen.targeting import parse
from tests.tiny_bundle import tiny_bundle

TITLES = {"class": {"": "pose", "lying": "flat"}, "late": {"yes": "behind"}}


@pytest.fixture(scope="module")
def titled(tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("titled") / "titled", titles=TITLES)


@pytest.fixture(autouse=True)
def known(titled, monkeypatch):
    """The bundle with titles is at hand too."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(titled.path.parent))
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["titled"])


def test_rows_legends_selections_and_targets_are_told_by_titles(titled):
    row = titled.typical("class")["lying"]
    told = services.bundles.sample_of("titled", row)
    assert list(told) == ["pose", "late", "place"]
    assert told["pose"] == "flat"
    legend = services.projections.labels("titled", "class", "pca")
    assert legend.categories == ("upright", "flat", "neither")
    typical = [
        one.removesuffix(values.MARK) for one in values.pictures("titled", "class").values()
    ]
    assert legend.pictures == (*typical, "")
    assert services.projections.labels("titled", "place", "pca").pictures == ()
    assert services.projections.labels("titled", "late", "pca").categories == ("no", "behind")
    chosen = AttributeEquals("class", "lying")
    assert values.words_of_selection("titled", chosen) == "pose flat"
    parts = services.rows.members("titled", chosen, "class")
    assert parts[0][:2] == ("flat", 1.0)
    assert parts[0][4] == values.pictures("titled", "class")["lying"]
    assert words(parse("not class=lying", titled), "titled") == "pose is not flat"
    assert "pose flat" in services.images.direction_names("titled", "attributes")


def test_of_each_attribute_those_values_are_found_that_rows_have():
    found = [values.found("titled", attribute) for attribute in ("class", "late", "place")]
    assert found == [("upright", "lying"), ("no", "yes"), ()]


def test_a_value_s_picture_is_that_of_its_typical_row(titled):
    found = values.pictures("titled", "class")
    assert (
        tuple(found) == values.found("titled", "class") == ("upright", "lying")
    )  # none is neither
    seen = {}
    for value, address in found.items():
        head, _, content = address.removesuffix(values.MARK).partition(",")
        assert head == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            seen[value] = np.asarray(picture.convert("L"), float)
    rows = titled.typical("class")
    for value, picture in seen.items():
        decoded = 255 * titled.decode(titled.codes[[rows[value]]])[0, :, :, 0]
        side = len(picture)
        places = range(len(decoded) - side + 1)
        gaps = [
            np.abs(decoded[y : y + side, x : x + side] - picture).mean()
            for y in places
            for x in places
        ]
        assert min(gaps) < 10
    assert values.pictures("titled", "place") == {}
    assert values.pictures("titled", "mood") == {}


def test_margins_that_all_pictures_share_are_cut_off():
    pictures = np.zeros((2, 20, 30, 1), np.uint8)
    pictures[0, 8:12, 5:9] = pictures[1, 10:14, 6:10] = 200
    cut = values._without_margin(pictures)
    assert cut.shape == (2, 8, 8, 1)
    assert (cut.sum(axis=(1, 2, 3)) == pictures.sum(axis=(1, 2, 3))).all()
    assert values._without_margin(pictures * 0).shape == pictures.shape
