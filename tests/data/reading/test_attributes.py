"""Tables of attributes: what each column becomes, what is left out, what is refused."""

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aegen.bundles.attributes import describe
from aegen.core.errors import InvalidInput, StorageError
from aegen.data import read
from aegen.data._reading.attributes import clean_attributes
from tests.data.pictures import write_grey

N = 6


def one(values, name="a"):
    """What one column becomes, and what is said about it."""
    frame, notes = clean_attributes(pd.DataFrame({name: values}))
    return frame.get(name), notes


def category(column):
    return column.cat.categories.tolist(), column.tolist()


@pytest.mark.parametrize(
    "values",
    [
        [True, False, True],
        [1, 0, 1],
        [1, -1, 1],
        [1.0, 0.0, 1.0],
        ["yes", "No", "YES"],
        ["true", "False", "TRUE"],
        pd.array([True, False, True], dtype="boolean"),
        np.array([True, False, True], dtype=object),
    ],
)
def test_yes_or_no(values):
    column, notes = one(values)
    assert column.dtype == bool
    assert column.tolist() == [True, False, True]
    assert notes == []


@pytest.mark.parametrize(
    "values",
    [
        [True, None, False],
        [1, np.nan, 0],
        ["yes", None, "no"],
        ["true", "  ", "false"],
        pd.array([True, None, False], dtype="boolean"),
        pd.array([1, None, 0], dtype="Int64"),
    ],
)
def test_yes_or_no_with_gaps_is_a_category(values):
    column, _ = one(values)
    assert category(column) == (["no", "yes", "missing"], ["yes", "missing", "no"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 2], [1, 2, 2]),
        ([0.5, None, 2], [0.5, None, 2]),
        (np.array([3, 2, 1], np.uint8), [3, 2, 1]),
        (pd.array([1, None, 3], dtype="Int64"), [1, None, 3]),
        ([decimal.Decimal("0.5"), None, decimal.Decimal(3)], [0.5, None, 3]),
        ([1, 1, 1], [1, 1, 1]),
        (np.array([1, 2.5, None], dtype=object), [1, 2.5, None]),
    ],
)
def test_numbers_and_their_gaps(values, expected):
    column, notes = one(values)
    assert column.dtype == np.float64
    expected = np.array([np.nan if v is None else v for v in expected])
    np.testing.assert_array_equal(column, expected)
    assert notes == []


def test_texts_are_categories_in_the_order_of_people():
    column, _ = one(["10 cm", "9 cm", None, "10 cm"])
    assert category(column) == (
        ["9 cm", "10 cm", "missing"],
        ["10 cm", "9 cm", "missing", "10 cm"],
    )
    kept = pd.Categorical(["low", "high", None, "low"], categories=["low", "high", "never"])
    column, _ = one(kept)
    assert category(column) == (["low", "high", "missing"], ["low", "high", "missing", "low"])
    column, _ = one(["missing", None, "a", "a"])
    assert category(column)[0] == ["a", "missing"]
    column, _ = one(["None", "some", "None"])
    assert category(column)[0] == ["None", "some"]


@pytest.mark.parametrize("name", ["class", "label", "Target", "y"])
def test_whole_numbers_of_a_label_are_classes(name):
    column, _ = one([10, 2, 10, 3], name)
    assert category(column) == (["2", "3", "10"], ["10", "2", "10", "3"])
    column, _ = one([10, None, 10, 3], name)
    assert category(column)[0] == ["3", "10", "missing"]
    assert one([1.5, 2, 2], name)[0].dtype == np.float64


def test_dates_are_years():
    for values in (
        ["2021-01-01", "2021-07-02T12:00:00", None],
        pd.to_datetime(["2021-01-01 00:00", "2021-07-02 12:00", None]),
        pd.to_datetime(["2021-01-01 00:00", "2021-07-02 12:00", None]).tz_localize("UTC"),
        [datetime.datetime(2021, 1, 1), datetime.datetime(2021, 7, 2, 12), None],
    ):
        column, notes = one(values)
        np.testing.assert_allclose(column, [2021, 2021.5, np.nan], atol=1e-12)
        assert "years with their fraction" in notes[0]
    column, _ = one([datetime.date(2020, 12, 31), datetime.date(2020, 1, 1)])
    np.testing.assert_allclose(column, [2020 + 365 / 366, 2020])
    column, _ = one(["2021-13-01", "2021-14-01", "2021-13-01"])
    assert column.dtype == "category"  # no dates, so words


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a", "b", "c"], "is an id"),
        (["a", "b", None], "is an id"),
        ([None, None, None], "has no values"),
        ([" ", "", None], "has no values"),
        ([0, 1, 2, 3], "numbers the rows"),
        ([1, 2, 3], "numbers the rows"),
        ([f"text {k // 2}" for k in range(2004)], "1,002 different texts"),
    ],
)
def test_columns_that_are_left_out_with_a_word(values, said):
    column, notes = one(values)
    assert column is None
    assert said in notes[0]
    assert repr("a") in notes[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a", 1, "a"], r"mixes kinds: row 0 holds 'a', row 1 1"),
        ([None, 2.5, "a"], r"row 1 holds 2.5, row 2 'a'"),
        ([True, 3, 4], "mixes kinds"),
        ([[1], [2], [3]], r"got \[1\] in row 0"),
        ([{"x": 1}, None, None], "got {'x': 1}"),
        ([b"a", b"b", b"a"], "got b'a'"),
        ([1j, 2j, 1j], "got"),
        ([1.0, np.inf, 2], "infinite in row 1"),
        (["a" * 201, "b", "b"], "201 characters in row 0"),
        (["a", "a", "b\nc", "d"], "cannot be printed on a line in row 2"),
        (pd.Categorical(["a" * 300] * 3), "300 characters"),
    ],
)
def test_columns_that_are_refused(values, said):
    with pytest.raises(InvalidInput, match=said) as caught:
        one(values)
    assert "'a'" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_names_of_columns():
    for name in ("", " ", "a" * 201, "a\nb"):
        with pytest.raises(InvalidInput, match="names of attributes"):
            clean_attributes(pd.DataFrame({name: [1]}))
    with pytest.raises(InvalidInput, match="two attributes called 'a'"):
        clean_attributes(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_what_comes_out_fits_a_bundle():
    frame, _ = clean_attributes(
        pd.DataFrame(
            {
                "text": ["a", "b", "a", None],
                "truth": [True, False, None, True],
                "plain": [True, False, True, True],
                "number": [1.5, 2, 3, 2],
                "date": ["2021-01-01", "2021-01-02", "2021-01-02", "2022-01-01"],
                "id": list("wxyz"),
            }
        )
    )
    kinds = {name: attribute.kind for name, attribute in describe(frame).items()}
    assert kinds == {
        "text": "category",
        "truth": "category",
        "plain": "binary",
        "number": "number",
        "date": "number",
    }


SCALARS = [
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=2),
    st.lists(st.integers(), max_size=2),
]


@given(st.one_of(*(st.lists(kind | st.none(), max_size=8) for kind in SCALARS)))
@example([0, 2**80, None])
@example([1, 10**400])
@example([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)])
@example(["2021-01-01", "0001-01-01", "2021-01-01"])
def test_any_column_fits_a_bundle_or_is_refused_in_a_sentence(values):
    frame = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    try:
        found, notes = clean_attributes(frame)
    except InvalidInput as refusal:
        assert "'a'" in str(refusal)  # noqa: PT017
        return
    assert len(found) == len(values)
    if found.empty:
        assert len(notes) == 1
    else:
        describe(found.fillna(0.0) if found["a"].dtype.kind == "f" else found)


@pytest.fixture
def folder(tmp_path):
    write_grey(tmp_path / "photos", range(N))
    return tmp_path / "photos"


def table(**columns):
    names = [f"{k:03d}.png" for k in range(N)]
    return pd.DataFrame({"file_name": names, "age": range(5, 5 + N), **columns})


def ages(found):
    return found.attributes["age"].tolist()


def write_metadata(folder, frame, ending):
    path = folder / f"metadata.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_metadata_beside_the_pictures(folder, ending):
    path = write_metadata(folder, table().iloc[::-1], ending)
    found = read(folder)
    assert ages(found) == [5, 6, 7, 8, 9, 10]
    assert found.skipped == ()
    path.rename(path.with_stem("labels"))
    assert "age" not in read(folder).attributes
    again = read(folder, attributes=folder / f"labels.{ending}")
    assert again.attributes.equals(found.attributes)
    assert again.skipped == ()  # it is no picture, but it was used


def test_metadata_of_parts_with_a_column_that_splits(tmp_path):
    for part, levels in (("train", range(4)), ("test", range(4, 6))):
        write_grey(tmp_path / part, levels)
        names = [f"{k:03d}.png" for k in levels]
        pd.DataFrame({"file_name": names, "age": levels}).to_csv(
            tmp_path / part / "metadata.csv", index=False
        )
    found = read(tmp_path)
    assert ages(found) == np.asarray(found.images)[:, 0, 0, 0].tolist()
    assert found.holdout.tolist() == [age >= 4 for age in ages(found)]


@pytest.mark.parametrize(
    "words", [["train"] * 4 + ["test"] * 2, [0, 0, 0, 0, 1, 1], ["no"] * 4 + ["yes"] * 2]
)
def test_a_column_says_which_rows_are_held_out(folder, words):
    frame = table(split=words)
    found = read(folder, attributes=frame, holdout="split")
    assert found.holdout.tolist() == [False] * 4 + [True] * 2
    assert list(found.attributes) == ["age"]
    own = read(folder, attributes=frame)
    assert (own.holdout.sum() == 2) == (words[0] == "train")  # plain without being asked
    with pytest.raises(InvalidInput, match="cannot say which rows"):
        read(folder, attributes=frame, holdout="age")


def test_rows_by_order_by_part_of_a_name_and_by_index(folder):
    frame = table().drop(columns="file_name")
    assert ages(read(folder, attributes=frame)) == list(range(5, 11))
    write_grey(folder / "deep", [99])
    named = table(file_name=[f"{k:03d}" for k in range(N)])[::-1]
    found = read(folder, attributes=named)
    assert ages(found)[:N] == list(range(5, 11))
    assert np.isnan(ages(found)[N])
    indexed = named.set_index("file_name")
    assert read(folder, attributes=indexed).attributes.equals(found.attributes)
    other = named.rename(columns={"file_name": "image_id"})
    assert read(folder, attributes=other).attributes.equals(found.attributes)


def test_pictures_without_a_row_and_rows_without_a_picture(folder):
    frame = table(kind=["a", "b"] * 3)
    frame.loc[1, "file_name"] = "gone.png"
    found = read(folder, attributes=frame)
    assert np.isnan(ages(found)[1])
    assert found.attributes["kind"].tolist() == ["a", "missing", "a", "b", "a", "b"]
    assert any("no row for 1 of 6 pictures, the first of them 001.png" in n for n in found.notes)
    assert [s.path for s in found.skipped] == ["gone.png"]


def test_a_column_that_the_folders_have_too(folder):
    for name in ("b", "c"):
        write_grey(folder / name, range(20, 23))
    frame = pd.DataFrame({"class": ["x", "y"] * 6})
    assert read(folder).attributes["class"].nunique() == 3  # b, c and missing
    found = read(folder, attributes=frame)
    assert set(found.attributes["class"]) == {"x", "y"}
    assert any("not the folders" in note for note in found.notes)
    frame = table()
    write_metadata(folder, frame, "csv")
    with pytest.raises(InvalidInput, match="'age' already"):
        read(folder, attributes=frame)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (table().drop(columns="file_name")[1:], "5 rows for 6 pictures: give one row a picture"),
        (pd.concat([table(), table()[:1]]), "two rows for '000.png'"),
        (table(file_name=list("abcdef")), "names no picture that is there"),
        (table(tags=[[1, 2]] * N), r"got \[1, 2\] in row 0"),
        (table(mixed=["a", 1] * 3), "mixes kinds"),
        (table(text=["x" * 250, "b"] * 3), "250 characters"),
    ],
)
def test_tables_that_cannot_be_used(folder, frame, said):
    with pytest.raises(InvalidInput, match=said):
        read(folder, attributes=frame)


def test_text_tables_as_people_save_them(folder):
    lines = "file_name;age;kind\n" + "".join(f"{k:03d}.png;{k}.5;a,b\n" for k in range(N))
    path = folder.parent / "labels.csv"
    path.write_bytes(b"\xef\xbb\xbf" + lines.encode())
    found = read(folder, attributes=path)
    assert ages(found)[:2] == [0.5, 1.5]
    assert set(found.attributes["kind"]) == {"a,b"}
    numbered = folder.parent / "numbered.csv"
    numbered.write_text("file_name,age\n" + "".join(f"{k:03d},{k}.5\n" for k in range(N)))
    assert ages(read(folder, attributes=numbered)) == ages(found)  # 000 is not 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "file_name,caf\xe9\n".encode("latin-1"), "no UTF-8 text"),
        ("a.csv", b"", "no whole table"),
        ("a.csv", b'file_name\n"000.png\n', "no whole table"),
        ("a.csv", b"file_name,age\n000.png,1,2,3\n", "no whole table"),
        ("a.jsonl", b"", "no rows"),
        ("a.jsonl", b'{"file_name": "000.png"}\n{"file', "line 2 is not whole JSON"),
        ("a.jsonl", b"[1, 2]\n", "line 1 must be a JSON object"),
        ("a.jsonl", b"[" * 100_000, "line 1 holds lists within"),
        ("a.parquet", b"PAR1", "no whole parquet"),
        ("a.xlsx", b"", "no table that is read"),
    ],
)
def test_damaged_tables_are_named(folder, name, content, said):
    path = folder.parent / name
    with pytest.raises(StorageError, match=r"no such file|no table that is read"):
        read(folder, attributes=path)
    path.write_bytes(content)
    with pytest.raises(StorageError, match=said):
        read(folder, attributes=path)


def test_metadata_needs_names_and_only_one_file_a_folder(folder):
    write_metadata(folder, table().drop(columns="file_name"), "csv")
    with pytest.raises(StorageError, match="needs a column file_name"):
        read(folder)
    write_metadata(folder, table(), "csv")
    write_metadata(folder, table(), "jsonl")
    with pytest.raises(StorageError, match="two tables in one folder"):
        read(folder)


def test_json_lines_keep_their_kinds(folder):
    rows = [{"file_name": f"{k:03d}.png", "mixed": k if k else "none"} for k in range(N)]
    path = folder / "metadata.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(InvalidInput, match="'mixed' mixes kinds"):
        read(folder)
