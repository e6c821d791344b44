"""A table of attributes as labels: what is learned, what is unknown, what is left out and why."""

import numpy as np
import pandas as pd
import pytest

from aegen.autoencoders.attribute_labels import attribute_labels, units_of
from aegen.core.errors import InvalidInput


def learned(**columns):
    return attribute_labels(pd.DataFrame(columns))


def test_categories_keep_their_order_and_texts_are_sorted():
    kinds = pd.Categorical(["b", "a", "b", None], categories=["b", "a", "never"])
    found = learned(kind=kinds, text=["y", "x", None, "y"])
    assert found.values == {"kind": ("b", "a", "never"), "text": ("x", "y")}
    assert found.classes.T.tolist() == [[0, 1, 0, -1], [1, 0, -1, 1]]
    assert found.counts == {"kind": 3, "text": 2}


def test_a_gap_that_has_a_name_is_a_gap():
    found = learned(kind=pd.Categorical(["b", "missing", "a", "b"]))
    assert found.values["kind"] == ("a", "b", "missing")
    assert found.classes[:, 0].tolist() == [1, -1, 0, 1]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False, None], dtype=object),
        pd.array([True, False, None], dtype="boolean"),
    ],
)
def test_yes_and_no(column):
    found = learned(tall=column)
    assert found.values == {"tall": ("no", "yes")}
    assert found.classes[:, 0].tolist() == [1, 0, -1]
    assert learned(tall=[True, False]).classes.dtype == np.int64


@pytest.mark.parametrize(
    "column",
    [[1.5, np.nan, 3], pd.array([1, None, 3], "Int64"), pd.Series([1, None, 3], None, object)],
)
def test_numbers(column):
    found = learned(age=column)
    assert found.values == {}
    assert found.classes.shape == (3, 0)
    assert found.numbers["age"].dtype == np.float64
    assert np.isnan(found.numbers["age"]).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["a", "b", "c", "d"], "a text of its own"),
        (["a", "a", "a", None], "the same value"),
        ([2, 2, 2, None], "the same value"),
        (pd.Categorical(["missing", "a", "a", "missing"]), "the same value"),
        (pd.Categorical([None] * 4, categories=["a", "b"]), "no picture has a value"),
        ([np.nan] * 4, "no picture has a value"),
        (pd.to_datetime(["2020-01-01"] * 3 + ["2021-01-01"]), "it holds datetime64"),
        ([[1], [2], [1], [2]], "it holds object"),
        ([1, "a", None, 2.5], "it holds object"),
    ],
)
def test_columns_that_cannot_be_learned_are_left_out_with_their_reason(column, reason):
    found = learned(wrong=column, right=["x", "y", "x", "y"])
    assert list(found.values) == ["right"]
    assert not found.numbers
    assert reason in found.left_out["wrong"]
    with pytest.raises(InvalidInput, match=rf"no attribute that.*\(wrong: .*{reason}"):
        learned(wrong=column)


def test_a_table_without_columns_is_refused():
    with pytest.raises(InvalidInput, match=r"no attribute that a classifier could learn$"):
        attribute_labels(pd.DataFrame(index=range(3)))


def test_a_wild_number_does_not_stretch_the_scale():
    values = np.random.default_rng(0).normal(5, 2, 2_000)
    wild = np.concatenate([values, [1e9], [np.nan]])
    centre, scale = units_of({"a": wild})["a"]
    assert centre == pytest.approx(5, abs=0.2)
    assert scale == pytest.approx(2, abs=0.2)
    assert wild[:-1].std() > 1e6
    seldom = np.array([0.0] * 9 + [1.0])
    assert units_of({"a": seldom})["a"] == (0, seldom.std())
