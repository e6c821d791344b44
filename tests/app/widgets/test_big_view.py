"""Any picture opens large and leads on; what is kept lies in a tray."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

import aegen
from aegen.app import services
from aegen.app.place import Place, at_code
from tests.app.conftest import link_of


def press(app, key):
    app = app.button(key=key).click().run()
    assert not app.exception
    return app


def shows(app):
    return any(button.key == "look-keep" for button in app.button)


def test_a_link_opens_a_row_with_all_that_leads_on(opened):
    app = opened("sample", n="4", look="7")
    assert not app.exception
    assert shows(app)
    labels = {button.label for button in app.button}
    assert {"Keep", "Set as A", "Set as B", "Start here", "Find on map"} <= labels
    assert not shows(opened("sample", n="4"))


def test_a_link_of_before_opens_the_picture_that_it_names_by_number(opened):
    app = opened("sample", n="4", picture="2", sampler="kde")
    draw = aegen.load("bars").model("kde", rng=0).sample(4, rng=0)
    place = at_code("bars", draw.codes[2], "draw", int(draw.rows[2]))
    assert shows(app)
    assert link_of(app)["look"] == place.text()


@pytest.mark.parametrize("look", ["999", "draw:1,2", "somewhere:1,2,3"])
def test_a_picture_that_is_not_there_is_named_and_the_page_works(opened, look):
    app = opened("sample", n="4", look=look)
    assert not app.exception
    assert app.warning
    assert not shows(app)


def test_what_is_kept_is_in_the_tray_until_it_is_taken_out(opened):
    app = press(opened("sample", n="4", look="7"), "look-keep")
    assert app.button(key="tray-open").label == "1 kept"
    assert "tray.pictures" in link_of(app)
    app = press(app, "look-keep")
    assert "tray.pictures" not in link_of(app)


def test_both_ends_of_a_morph_are_apart_from_where_traverse_starts(opened):
    app = press(opened("traverse", row="3", look="7"), "look-A")
    app = press(app, "look-B")
    link = link_of(app)
    assert (link["row"], link["traverse.from"], link["traverse.to"]) == ("3", "7", "7")


def test_files_of_kept_pictures_hold_them_and_are_the_same_bytes_again():
    kept = (Place("bars", 3), at_code("bars", [0.5, -1, 2], "draw", 9))
    packed = services.kept_files.archive("bars", kept)
    assert packed == services.kept_files.archive("bars", kept)
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        assert files.namelist() == ["01.png", "02.png", "codes.csv"]
        table = pd.read_csv(files.open("codes.csv"))
    np.testing.assert_allclose(table[["z0", "z1", "z2"]].iloc[1], [0.5, -1, 2])
    assert table["row"].iloc[0] == 3
    with np.load(io.BytesIO(services.kept_files.arrays("bars", kept))) as found:
        np.testing.assert_array_equal(found["codes"][0], aegen.load("bars").codes[3])


def test_a_picture_like_the_data_is_told_from_one_that_is_not():
    bundle = aegen.load("bars")
    held_out = at_code("bars", bundle.holdout[0], "picture")
    far = at_code("bars", bundle.codes.mean(0) + 1000 * bundle.codes.std(0), "picture")
    assert services.places.likeness(held_out)[0] != "unlike the data"
    assert services.places.likeness(far)[0] == "unlike the data"
    known = Place("bars", 3)
    assert services.places.likeness(known)[0] == "like the data"
    white = np.full(bundle.image_shape, 255, np.uint8)
    assert services.places.likeness(known, white)[0] == "unlike the data"
