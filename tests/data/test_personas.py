"""Drawn faces: words for their values, what a picture does not show, and which are held out."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.data import datasets
from tests.data.stand_ins import write_personas
from tests.data.wholeness import is_whole


def load(path):
    return datasets.create("personas").load(path)


def test_what_a_picture_does_not_show_is_covered(tmp_path):
    write_personas(tmp_path)
    table = load(tmp_path).attributes
    bearded = table["facial_hair"] == "beard"
    assert ((table["mouth"] == "covered") == bearded).all()
    assert set(table["mouth"][~bearded]) == {"smile", "big smile"}
    hatted = table["hair"].isin(["bald", "cap"]) & (table["facial_hair"] == "none")
    assert ((table["hair_colour"] == "covered") == hatted).all()
    assert set(table["hair_colour"][~hatted]) == {"black", "brown"}


def test_both_held_out_parts_are_held_out(tmp_path):
    write_personas(tmp_path)
    found = load(tmp_path)
    assert found.holdout.tolist() == [k % 5 == 0 for k in range(len(found.images))]


@pytest.fixture(scope="module")
def real(real_data):
    if not (real_data / "personas").is_dir():
        pytest.skip("needs the real pictures")
    return load(real_data / "personas")


def test_the_real_pictures_are_whole(real):
    is_whole(real, "personas")


def test_pictures_that_differ_only_in_what_is_covered_are_the_same(real):
    """In the real file: that is why these values are called covered."""
    seen = {}
    for row, values in enumerate(real.attributes.itertuples(index=False, name=None)):
        if "covered" in values:
            seen.setdefault(values, []).append(row)
    twins = [rows for rows in seen.values() if len(rows) > 1]
    assert len(twins) > 50
    for first, *others in twins:
        assert (real.images[others] == real.images[first]).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attributes": np.full((72, 4), 9, np.uint8)}, "hair goes beyond its 3 values"),
        ({"attributes": np.zeros((3, 4), np.uint8)}, "do not fit together"),
        ({"split": np.full(72, 4)}, "split must say"),
        ({"split": np.zeros(3, int)}, "split must say"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, changes, said):
    write_personas(tmp_path, **changes)
    with pytest.raises(StorageError, match=said):
        load(tmp_path)


def test_there_is_no_copy_to_fetch():
    with pytest.raises(InvalidInput, match="--data"):
        load(None)
