"""Series and tables: axes, names, units, attributes, and rows held out."""

import numpy as np
import pandas as pd
import pytest

from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.data import ValueSet, read_values
from aegen.data._reading import values as module

SERIES = np.random.default_rng(0).normal(size=(24, 2, 50)).astype(np.float32)
TABLE = pd.DataFrame(
    {
        "height [cm]": np.arange(24) + 150.5,
        "weight (kg)": np.arange(24) + 50,
        "share": np.arange(24) / 24,
        "label": np.arange(24) % 3,
        "who": ["a", "b"] * 12,
    }
)


def test_series_from_an_array_and_a_file(tmp_path):
    np.save(tmp_path / "ecg.npy", SERIES)
    np.savez(
        tmp_path / "ecg.npz",
        x=SERIES,
        channels=np.array(["lead I", "lead II"]),
        units=np.array(["mV", "mV"]),
        y=np.arange(24) % 2,
    )
    for source in (SERIES, tmp_path / "ecg.npy", tmp_path / "ecg.npz"):
        found = read_values(source)
        assert isinstance(found, ValueSet)
        assert found.kind == "series"
        assert found.values.dtype == np.float32
        np.testing.assert_array_equal(found.values, SERIES)
        assert found.holdout.sum() == 4
    assert found.columns == ("lead I", "lead II")
    assert found.units == ("mV", "mV")
    assert list(found.attributes) == ["class"]
    assert found.name == "ecg"
    assert read_values(SERIES).columns == ("channel 1", "channel 2")
    one = read_values(SERIES[:, 0], kind="series")
    assert one.values.shape == (24, 1, 50)
    named = read_values(SERIES, columns=["left [mV]", "right [mV]"])
    assert (named.columns, named.units) == (("left", "right"), ("mV", "mV"))
    with pytest.raises(InvalidInput, match="2 different names"):
        read_values(SERIES, columns=["left", "left"])
    with pytest.raises(InvalidInput, match="units must be 2 texts"):
        read_values(SERIES, units=["mV"])
    assert any("50 channels of length 2" in n for n in read_values(SERIES.swapaxes(1, 2)).notes)


@pytest.mark.parametrize("ending", ["csv", "parquet", None])
def test_a_table_with_units(tmp_path, ending):
    source = TABLE
    if ending == "csv":
        source = tmp_path / "people.csv"
        TABLE.to_csv(source, index=False)
    elif ending == "parquet":
        source = tmp_path / "people.parquet"
        TABLE.to_parquet(source)
    found = read_values(source)
    assert found.kind == "table"
    assert found.columns == ("height", "weight", "share")
    assert found.units == ("cm", "kg", "")
    np.testing.assert_array_equal(found.values, TABLE.iloc[:, :3])
    assert list(found.attributes) == ["label", "who"]
    assert found.attributes["label"].tolist()[:4] == ["0", "1", "2", "0"]
    assert found.licence == "not stated"


def test_names_that_differ_by_their_unit_keep_it():
    found = read_values(pd.DataFrame({"width [cm]": [1.0, 2], "width [in]": [3.0, 4]}))
    assert found.columns == ("width [cm]", "width [in]")
    assert found.units == ("", "")


def test_attributes_parts_and_limits(tmp_path):
    frame = pd.DataFrame({"kind": ["a", "b"] * 12, "split": ["train"] * 18 + ["test"] * 6})
    found = read_values(SERIES, attributes=frame, title="Heart", licence="CC0")
    assert found.holdout.tolist() == [False] * 18 + [True] * 6
    assert list(found.attributes) == ["kind"]
    few = found.limited(6, 2, rng=1)
    np.testing.assert_array_equal(few.values, SERIES[few.row_ids])
    assert (few.holdout.sum(), len(few.attributes), few.title) == (2, 8, "Heart")
    assert len(read_values(SERIES, limit=6).values) == 7
    np.savez(tmp_path / "a.npz", x_train=SERIES[:20], x_test=SERIES[20:])
    assert read_values(tmp_path / "a.npz").holdout.tolist() == [False] * 20 + [True] * 4


def test_a_fingerprint_follows_the_numbers():
    first = read_values(SERIES).fingerprint
    other = SERIES.copy()
    assert read_values(other).fingerprint == first
    other[3, 1, 7] += 1
    assert read_values(other).fingerprint != first
    assert read_values(SERIES, holdout=0).fingerprint != first


def test_a_large_npy_stays_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "IN_MEMORY", 1000)
    np.save(tmp_path / "a.npy", SERIES)
    found = read_values(tmp_path / "a.npy")
    assert isinstance(found.values, np.memmap)
    np.testing.assert_array_equal(found.values, SERIES)


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        (SERIES[0, 0], {}, r"\(n, channels, length\) or \(n, columns\), got \(50,\)"),
        (SERIES, {"kind": "table"}, r"must have shape \(n, columns\)"),
        (SERIES[None], {"kind": "series"}, r"must have shape \(n, channels, length\)"),
        (SERIES[:0], {}, "must have shape"),
        (SERIES, {"kind": "sound"}, '"series" or "table"'),
        (np.where(SERIES > 1, np.nan, SERIES), {}, "NaN or infinite, the first in row"),
        (np.array([["a"]]), {}, "must hold numbers"),
        (TABLE[["who"]], {}, "no columns of numbers, got who"),
        ({"a": SERIES, "b": SERIES}, {}, "say with key="),
    ],
)
def test_what_cannot_be_read(source, options, said):
    with pytest.raises(InvalidInput, match=said):
        read_values(source, **options)


def test_files_and_keys_that_are_not_there(tmp_path):
    with pytest.raises(StorageError, match="no such file"):
        read_values(tmp_path / "a.npy")
    (tmp_path / "a.wav").touch()
    with pytest.raises(StorageError, match=r"give \.npz"):
        read_values(tmp_path / "a.wav")
    with pytest.raises(UnknownName, match="did you mean 'left'"):
        read_values({"left": SERIES, "right": SERIES}, key="lef")
    assert read_values({"left": SERIES, "right": SERIES + 1}, key="left").kind == "series"
