"""Which columns can be attributes; faults are said in a sentence, before any work."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import aegen
from aegen.bundles import read
from aegen.bundles.attributes import describe
from aegen.bundles.manifest import Attribute, attribute_title
from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.morphometry import measure
from aegen.data import datasets
from tests.conftest import needs_real_digits
from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.mark.parametrize(
    ("column", "attribute"),
    [
        (["b", "a"] * 3, Attribute("category", ("a", "b"))),
        (pd.Categorical(["b", "a"] * 3, categories=["b", "a", "c"]), None),
        (pd.Categorical([2, 1] * 3), Attribute("category", ("1", "2"))),
        ([True, False] * 3, Attribute("binary")),
        (pd.array([True, False] * 3, dtype="boolean"), Attribute("binary")),
        ([1, 2] * 3, Attribute("number")),
        ([1.5, np.nan] * 3, Attribute("number")),
        (pd.array([1, None] * 3, dtype="Int64"), Attribute("number")),
    ],
)
def test_what_a_column_is(column, attribute):
    wanted = attribute or Attribute("category", ("b", "a", "c"))  # in their own order
    assert describe(pd.DataFrame({"x": column})) == {"x": wanted}


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([[1], [2]], "attribute 'x' must be text, yes or no, or a number"),
        ([1, "a"], "attribute 'x' must be text, yes or no, or a number"),
        ([2**70, 1], "attribute 'x' must be text, yes or no, or a number"),
        ([b"a", b"b"], "attribute 'x' must be text, yes or no, or a number"),
        ([1j, 2j], "attribute 'x' must be text, yes or no, or a number"),
        (pd.to_datetime(["2020-01-01"] * 2), "attribute 'x' must be text, yes or no, or a number"),
        (["a", None], "attribute 'x' has 1 gaps: fill them"),
        (pd.array([True, None], dtype="boolean"), "attribute 'x' has 1 gaps: fill them"),
        ([np.inf, 1.0], "attribute 'x' must be finite where it is known"),
        ([np.nan, np.nan], "attribute 'x' must be finite where it is known"),
    ],
)
def test_columns_that_are_none(column, said):
    with pytest.raises(InvalidInput, match=said):
        describe(pd.DataFrame({"x": column}))


@pytest.mark.parametrize("name", [3, "", " ", "a\nb", ("a", "b")])
def test_names_that_are_none(name):
    frame = pd.DataFrame({"x": [1, 2]})
    frame.columns = pd.Index([name], tupleize_cols=False)
    with pytest.raises(InvalidInput, match="names of text on one line, got") as error:
        describe(frame)
    assert "\n" not in str(error.value)


def test_two_columns_of_one_name():
    with pytest.raises(InvalidInput, match="two attributes are called 'x': rename one"):
        describe(pd.DataFrame([[1, 2], [3, 4]], columns=["x", "x"]))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["", "b"], "attributes.x.values: must be a list of different texts of one line"),
        (["a\nb", "b"], "attributes.x.values: must be a list of different texts of one line"),
        (["x" * 201, "b"], "attributes.x.values: must be a list of different texts of one line"),
        (pd.Categorical([1, "1"]), "attributes.x.values: must be a list of different texts"),
        (
            pd.Categorical(["a", "a"], categories=["a", *(f"{k:0>100}" for k in range(40_000))]),
            "its bundle.json would have .* leave out attributes of very many values",
        ),
    ],
)
def test_values_that_no_bundle_holds_are_known_before_any_work(monkeypatch, values, said):
    from aegen.bundles import creation

    monkeypatch.setattr(creation, "safetensors", None)
    images = tiny_images()
    column = np.resize(np.array(values, object), 48)
    if isinstance(values, pd.Categorical):
        column = pd.Categorical(column, categories=values.categories)
    images.attributes["x"] = column
    with pytest.raises(InvalidInput, match=said):
        tiny_bundle(None, image_set=images)


def test_what_people_see_is_kept_in_the_bundle_and_derived_where_nothing_is_said(tmp_path):
    titles = {"class": {"": "pose", "lying": "flat"}, "late": {"yes": "after the middle"}}
    bundle = read(tiny_bundle(tmp_path / "tiny", titles=titles).path)
    title = bundle.manifest.title_of
    assert [title("class"), title("late"), title("place")] == ["pose", "late", "place"]
    assert [title("class", value) for value in ("upright", "lying")] == ["upright", "flat"]
    assert [title("late", value) for value in ("no", "yes")] == ["no", "after the middle"]
    assert b'"title"' not in tiny_bundle(None).manifest.to_json().split(b'"attributes"')[1]


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        ({"mood": {"": "mood"}}, "titles names the attribute 'mood'; there are: class"),
        (
            {"class": {"sitting": "low"}},
            "'sitting', which is no value of class: there are upright",
        ),
        ({"place": {"1": "low"}}, "there are none, it is a number"),
        ({"class": {"lying": "upright"}}, "two values of class would be called 'upright'"),
        ({"class": {"lying": " "}}, "must be text of 1 to 200 characters on one line"),
        ({"class": {"": "a\nb"}}, "must be text of 1 to 200 characters on one line"),
    ],
)
def test_titles_that_do_not_fit_are_known_before_any_work(monkeypatch, titles, said):
    from aegen.bundles import creation

    monkeypatch.setattr(creation, "safetensors", None)
    with pytest.raises(InvalidInput, match=said):
        tiny_bundle(None, titles=titles)


def test_names_in_words_are_never_those_of_others():
    about = Attribute("category", ("dark_red", "dark red", "light_red"))
    assert [*map(about.title_of, about.values)] == ["dark_red", "dark red", "light red"]
    attributes = dict.fromkeys(("eye_size", "eye size", "nose_size"), Attribute("number"))
    titles = [attribute_title(name, attributes) for name in attributes]
    assert titles == ["eye_size", "eye size", "nose size"]


def test_a_typical_row_is_the_one_nearest_to_the_mean_of_its_value():
    bundle = tiny_bundle(None)
    for value, row in bundle.typical("class").items():
        has = (bundle.attributes["class"] == value).to_numpy()
        apart = np.linalg.norm(bundle.codes - bundle.codes[has].mean(axis=0), axis=1)
        assert apart[row] == apart[has].min()
    assert list(bundle.typical("class")) == ["upright", "lying"]  # no row is neither
    assert bundle.attributes["late"][bundle.typical("late")["yes"]]
    assert bundle.typical("place") == {}
    with pytest.raises(UnknownName, match="mood"):
        bundle.typical("mood")


def test_measured_attributes_are_those_of_the_pictures(tmp_path):
    images = replace(tiny_images(), measured={"tall": "height"})
    bundle = read(tiny_bundle(tmp_path / "tiny", image_set=images).path)
    assert bundle.manifest.attributes["tall"] == Attribute("number", measured="height")
    wanted = measure("height", images.images[bundle.rows])
    assert (bundle.attributes["tall"].to_numpy() == wanted).all()
    upright = (bundle.attributes["class"] == "upright").to_numpy()
    assert wanted[upright].min() > wanted[~upright].max()
    decoded = bundle.decode(bundle.codes[:5])
    assert (bundle.measure(decoded)["tall"] == measure("height", decoded)).all()


@needs_real_digits
def test_what_is_measured_of_the_shipped_digits_is_what_their_pictures_show(real_data):
    bundle = aegen.load("mnist-supermask")
    images = datasets.create("mnist").load(real_data / "mnist").images[bundle.holdout_rows[:300]]
    table = bundle.holdout_attributes
    for name, about in bundle.manifest.attributes.items():
        if about.measured:
            assert (table[name][:300].to_numpy() == measure(about.measured, images)).all()
