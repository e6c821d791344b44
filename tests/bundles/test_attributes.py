"""Which columns can be attributes; faults are said in a sentence, before any work."""

import numpy as np
import pandas as pd
import pytest

from aegen.bundles.attributes import describe
from aegen.bundles.manifest import Attribute
from aegen.core.errors import InvalidInput
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
