"""Pictures: every image in its place, averages exact, files whole."""

import io

import numpy as np
import pytest
from PIL import Image

from aegen.core import images
from aegen.core.errors import InvalidInput


def test_each_image_lies_in_its_place():
    x = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((5, 3, 2, 1), np.uint8)
    sheet = images.grid(x, columns=3, gap=1, scale=2, background=9)
    assert sheet.shape == (2 * 7 - 1, 3 * 5 - 1, 1)
    for k in range(5):
        y, across = divmod(k, 3)
        tile = sheet[y * 7 : y * 7 + 6, across * 5 : across * 5 + 4]
        assert (tile == k).all()
    assert (sheet[6] == 9).all()
    assert (sheet[:, 4] == 9).all()
    assert (sheet[7:, 10:] == 9).all()


def test_scaling_repeats_pixels():
    x = np.array([[[0.0], [1.0]]])[None]
    assert images.grid(x, scale=2)[..., 0].tolist() == [[0, 0, 255, 255]] * 2


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (64, 8)])
def test_grids_are_square_by_default(n, columns):
    assert images.grid(np.zeros((n, 1, 1, 1)), gap=0).shape[1] == columns


def test_colour_goes_through_and_grey_may_lack_its_axis():
    x = np.random.default_rng(0).random((4, 3, 3, 3))
    assert np.array_equal(images.grid(x, gap=0)[:3, :3], images.quantize(x)[0])
    assert images.grid(np.zeros((4, 3, 3))).shape == (7, 7, 1)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((0, 2, 2, 1)), "needs images"),
        (np.zeros((2, 2)), "needs images"),
        (np.full((1, 2, 2, 1), 1.5), r"\[0, 1\]"),
        (np.full((1, 2, 2, 1), np.nan), r"\[0, 1\]"),
        (np.zeros((1, 2, 2, 1), int), "uint8 or floats"),
        (np.zeros((20_000, 100, 100, 1), np.uint8), "100 million"),
    ],
)
def test_what_makes_no_grid_is_refused(x, said):
    with pytest.raises(InvalidInput, match=said):
        images.grid(x)


def test_shrinking_averages_areas():
    x = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1) * 10
    exact = x.reshape(1, 2, 2, 2, 2, 1).mean(axis=(2, 4))
    assert np.allclose(images.shrink(x, 2), exact, atol=0.5)
    flat = np.full((3, 28, 28, 3), 77, np.uint8)
    assert (images.shrink(flat, 16) == 77).all()
    ramp = np.tile(np.linspace(0, 255, 28).astype(np.uint8), (28, 1))[None, ..., None]
    small = images.shrink(ramp, 16)[0, :, :, 0].astype(int)
    assert (np.diff(small, axis=1) > 0).all()
    assert (small[:1] == small).all()


def test_shrinking_keeps_the_proportions_and_never_enlarges():
    assert images.shrink(np.zeros((2, 40, 20, 1), np.uint8), 10).shape == (2, 10, 5, 1)
    small = np.ones((2, 4, 4, 1), np.uint8)
    assert images.shrink(small, 10) is small


@pytest.mark.parametrize("c", [1, 3, 4])
def test_files_hold_the_picture(c):
    picture = np.random.default_rng(c).integers(0, 256, size=(6, 9, c), dtype=np.uint8)
    if c == 4:
        picture[..., 3] = 255
    with Image.open(io.BytesIO(images.png(picture))) as image:
        assert np.array_equal(np.asarray(image).reshape(6, 9, c), picture)
    assert images.png(picture) == images.png(picture.copy())
    content = images.webp(picture, lossless=True)
    assert np.array_equal(images.read_webp(content, (6, 9, c)), picture)


def test_webp_that_is_not_what_was_expected():
    content = images.webp(np.zeros((6, 9, 1), np.uint8))
    with pytest.raises(InvalidInput, match="9 x 6 pixels where 9 x 7"):
        images.read_webp(content, (7, 9, 1))
    with pytest.raises(InvalidInput, match="no whole WebP"):
        images.read_webp(content[:-9], (6, 9, 1))
    with pytest.raises(InvalidInput, match="no whole WebP"):
        images.read_webp(b"", (6, 9, 1))
    with pytest.raises(InvalidInput, match="sides up to"):
        images.webp(np.zeros((1, 17_000, 1), np.uint8))


def test_quantizing_rounds_to_the_nearest():
    x = np.array([0, 0.4, 0.6, 254.4, 254.6, 255], np.float32) / 255
    assert images.quantize(x).tolist() == [0, 0, 1, 254, 255, 255]
