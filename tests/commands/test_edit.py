"""`aegen edit`, and targets near a picture of one's own: what they write, and how they refuse."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("with_bundles")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "mine.png"
    levels = np.zeros((32, 32), dtype=np.uint8)
    levels[:, 12:20] = 255
    Image.fromarray(levels).save(path)
    return path


def test_it_writes_a_strip_and_says_what_came_of_it(aegen, tmp_path):
    out = tmp_path / "strip.npz"
    code, printed, _ = aegen("edit", "bars", "class=lying", "--row", 3, "--steps", 5, "--out", out)
    assert code == 0
    assert "class lying" in printed
    with np.load(out) as file:
        assert file["images"].shape == (5, 16, 16, 1)
        assert file["positions"].tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_a_picture_of_ones_own_is_where_it_starts(aegen, tmp_path, picture):
    out = tmp_path / "strip.png"
    code, _, _ = aegen("edit", "bars", "class=lying", "--picture", picture, "--out", out)
    assert code == 0
    assert out.exists()
    code, printed, _ = aegen("target", "bars", "anything", "--like", picture, "-n", 4)
    assert code == 0
    assert "near" in printed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("class=sideways",), "upright, lying, neither"),
        (("z0>0",), "asks for something else"),
        (("class=lying", "--row", "99999"), "row"),
        (("class=lying", "--out", "x.gif"), ".png or .npz"),
        (("class=lying", "--kind", "magic"), "effects, mean-difference, logistic"),
        (("class=lying", "--picture", "nowhere.png"), "nowhere.png"),
        (("class=lying", "--picture", "nowhere.png", "--row", "1"), "not from both"),
    ],
)
def test_refusals_are_one_sentence(aegen, words, says):
    code, _, said = aegen("edit", "bars", *words)
    assert code == 2
    assert says in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("kind", ["no image", "100 megapixels"])
def test_a_file_that_cannot_be_used_is_refused_before_it_is_unpacked(aegen, tmp_path, kind):
    file = tmp_path / "file.png"
    if kind == "no image":
        file.write_bytes(b"this is a letter, not a picture" * 100)
    else:
        Image.new("1", (10_000, 10_000)).save(file)
    code, _, said = aegen("edit", "bars", "class=lying", "--picture", file)
    assert code == 2
    assert ("no picture" if kind == "no image" else "million pixels") in said
    assert "Traceback" not in said
