"""Other people's pictures, where the cases lie beside the checkout: each has its own traps."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aegen.data import read

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases"
PLACES = (CASES, Path("/work/shared/cases"))


@pytest.fixture
def case(request):
    for place in PLACES:
        if (place / request.param).is_dir():
            return place / request.param
    pytest.skip(f"needs the cases in {CASES}, which are not part of the project")


@pytest.mark.parametrize("case", ["picture-folder"], indirect=True)
@pytest.mark.parametrize("below", ["", "images"])
def test_a_folder_as_people_have_it(case, below):
    found = read(case / below)
    assert found.images.shape == (39, 28, 28, 3)
    said = {Path(s.path).name: s.reason for s in found.skipped}
    there = {path.name for path in (case / "images").rglob("*") if path.is_file()}
    assert set(said) == {"Thumbs.db", ".DS_Store", "13.png", "14.png", "notes.txt"}
    assert len(there) == len(found.images) + len(said)
    assert "hidden" in said[".DS_Store"]
    assert "no picture" in said["13.png"]
    assert "damaged" in said["14.png"]
    classes = found.attributes["class"]
    assert classes.cat.categories.tolist() == ["a", "b", "ü mit Leerzeichen", "missing"]
    assert (classes == "missing").sum() == 1  # the picture beside the folders
    assert found.licence == "not stated"
    # Each kind of file shows its digit, white on black, whatever it was stored as.
    bright = np.asarray(found.images).mean(axis=(1, 2, 3))
    assert bright.min() > 5
    assert bright.max() < 120


@pytest.mark.parametrize("case", ["grey32-vae"], indirect=True)
def test_ten_class_folders(case):
    found = read(case / "images")
    assert found.images.shape == (400, 32, 32, 1)
    assert found.attributes["class"].cat.categories.tolist() == list("0123456789")
    assert found.holdout.sum() == 67
    first = next(iter(sorted((case / "images" / "0").iterdir())))
    with Image.open(first) as picture:
        assert np.array_equal(found.images[0, ..., 0], np.asarray(picture.convert("L")))
    assert found.skipped == ()


@pytest.mark.parametrize("case", ["spatial-rgb"], indirect=True)
def test_a_lone_folder_of_wide_pictures_with_opacity(case):
    found = read(case / "images")
    assert found.images.shape == (60, 80, 160, 4)
    assert found.attributes.shape == (60, 0)
    colour = read(case / "images", shape=(80, 160, 3))
    assert np.array_equal(colour.images, np.asarray(found.images)[..., :3])  # all is opaque
