"""Titles of values from a table, by attribute and value; words stay words, also 02."""

import pandas as pd
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.data import read_titles

WANTED = {"hair": {"": "hair colour", "1": "green", "02": "no hair"}, "late": {"yes": "5"}}
LINES = ["attribute,value,title", "hair,,hair colour", "hair,1,green", "hair,02,no hair"]


def test_a_csv_file_and_a_data_frame_say_the_same(tmp_path):
    file = tmp_path / "titles.csv"
    file.write_text("\n".join([*LINES, "late,yes,5"]))
    assert read_titles(file) == WANTED
    rows = [(name, value, title) for name in WANTED for value, title in WANTED[name].items()]
    assert read_titles(pd.DataFrame(rows, columns=["attribute", "value", "title"])) == WANTED


def test_other_columns_are_refused(tmp_path):
    file = tmp_path / "titles.csv"
    file.write_text("attribute,title\nhair,green")
    with pytest.raises(StorageError, match="needs columns attribute, value and title; value is"):
        read_titles(file)
    with pytest.raises(InvalidInput, match="a table of titles needs columns"):
        read_titles(pd.DataFrame({"value": ["1"]}))
