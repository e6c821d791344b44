"""A sheet holds each image where its atlas says; only what lies outside becomes clear."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from aegen.core.errors import InvalidInput
from aegen.core.sprite_sheet import background, cut_out, in_order, sheet, sheet_names


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def figures():
    """64 colour images: a ring with a hole, in a colour of its own, on black."""
    x = np.zeros((64, 8, 8, 3), np.uint8)
    x[:, 2:6, 2:6] = np.arange(100, 164)[:, None, None, None]
    x[:, 3:5, 3:5] = 0
    return x


@pytest.mark.parametrize(("scale", "gap", "columns"), [(1, 0, None), (4, 1, None), (2, 3, 5)])
def test_each_image_lies_where_the_atlas_says(figures, scale, gap, columns):
    made = sheet(figures, scale=scale, gap=gap, columns=columns, clear=background(figures))
    picture, atlas = opened(made.png()), json.loads(made.atlas("s.png"))
    high, wide = picture.shape[:2]
    assert atlas["meta"]["size"] == {"w": wide, "h": high}
    assert (atlas["meta"]["image"], atlas["meta"]["scale"]) == ("s.png", str(scale))
    assert len(atlas["frames"]) == 64
    whole = cut_out(figures, [0, 0, 0])
    seen = np.zeros((high, wide), bool)
    for k, (name, frame) in enumerate(atlas["frames"].items()):
        assert name == f"image-{k:03d}.png"
        x, y, w, h = (frame["frame"][side] for side in "xywh")
        found = picture[y : y + h, x : x + w]
        assert np.array_equal(found[::scale, ::scale], whole[k])
        assert np.array_equal(found, whole[k].repeat(scale, 0).repeat(scale, 1))
        assert not seen[y : y + h, x : x + w].any()
        seen[y : y + h, x : x + w] = True
    assert not picture[~seen].any()  # gaps are clear


def test_what_is_enclosed_stays_and_what_is_outside_is_clear(figures):
    whole = cut_out(figures, background(figures))
    assert (whole[:, 3:5, 3:5, 3] == 255).all()
    assert (whole[:, 2:6, 2:6, 3] == 255).all()
    assert whole[..., 3].sum() == 64 * 16 * 255
    assert np.array_equal(whole[..., :3], figures)


def test_a_background_is_found_only_where_there_is_one(figures):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, figures.shape, np.uint8)
    assert background(noise) is None
    nearly = np.clip(figures.astype(int) + rng.integers(0, 6, figures.shape), 0, 255)
    assert background(nearly.astype(np.uint8)).max() <= 6
    own = np.full((2, 8, 8, 4), 255, np.uint8)
    assert background(own) is None
    own[0, 0, 0, 3] = 7
    assert np.array_equal(sheet(own, clear=[0, 0, 0, 0]).tiles, own)  # opacity of its own stays


def test_an_archive_holds_files_of_their_own_and_the_same_bytes(figures):
    made = sheet(figures[:3], sheet_names("ring", 3, ["a", "b / c", ""]), scale=2)
    content = made.archive("rings")
    assert content == made.archive("rings")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = ["ring-a-000.png", "ring-b-c-001.png", "ring-none-002.png"]
        assert archive.namelist() == [*names, "rings.png", "rings.json"]
        for name, tile in zip(names, made.tiles, strict=True):
            assert np.array_equal(opened(archive.read(name)), tile)
        assert archive.read("rings.json") == made.atlas("rings.png")


def test_order_by_value_keeps_what_is_equal_as_it_was():
    assert in_order([2, 0, 1, 0, 2]).tolist() == [1, 3, 2, 0, 4]


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["a"], {}, "as many different names"),
        (["a", "a"], {}, "as many different names"),
        (None, {"scale": 0}, "scale must be"),
        (None, {"gap": -1}, "gap must be"),
        (None, {"scale": 5_000}, "over 100 million pixels"),
    ],
)
def test_no_sheet_can_be_made_of(names, options, said):
    with pytest.raises(InvalidInput, match=said):
        sheet(np.zeros((2, 8, 8, 3), np.uint8), names, **options)
    with pytest.raises(InvalidInput, match="needs images"):
        sheet(np.zeros((0, 8, 8, 3), np.uint8))
