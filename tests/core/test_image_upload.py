"""A person's own picture: rules that are stated, and a sentence where it cannot be used."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from aegen.core.errors import InvalidInput
from aegen.core.image_upload import read_picture

GREY, COLOUR = (16, 16, 1), (16, 16, 3)


def file(image, kind="PNG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def grey(height=16, width=16):
    return np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)


def test_a_huge_picture_gets_one_sentence_and_no_warning(recwarn):
    warnings.simplefilter("always")
    with pytest.raises(InvalidInput, match="100 million pixels"):
        read_picture(file(Image.new("1", (10_000, 10_000))), GREY)
    assert not recwarn.list


def test_a_picture_that_fits_is_taken_as_it_is():
    x = grey()
    found = read_picture(file(Image.fromarray(x)), GREY)
    np.testing.assert_array_equal(found.image[..., 0], x)
    assert found.steps == ()


def test_colour_becomes_grey_by_luminance():
    x = np.zeros((16, 16, 3), np.uint8)
    x[..., 1] = 200
    found = read_picture(file(Image.fromarray(x)), GREY)
    assert np.unique(found.image).tolist() == [117]  # 0.587 * 200
    assert found.steps == ("colour to grey",)


def test_grey_becomes_colour():
    found = read_picture(file(Image.fromarray(grey())), COLOUR)
    assert found.image.shape == COLOUR
    assert found.steps == ("grey to colour",)


def test_a_large_picture_is_cut_and_shrunk_by_averaging():
    x = grey(32, 64)
    found = read_picture(file(Image.fromarray(x)), GREY)
    middle = x[:, 16:48].reshape(16, 2, 16, 2).mean(axis=(1, 3))
    assert np.abs(found.image[..., 0] - middle).max() <= 1
    assert [step.split()[0] for step in found.steps] == ["cut", "shrunk"]


def test_clear_parts_lie_on_black_and_light_and_dark_can_be_exchanged():
    x = np.full((16, 16, 4), 255, np.uint8)
    x[:8, :, 3] = 0
    found = read_picture(file(Image.fromarray(x)), GREY)
    assert found.image[0, 0, 0] == 0
    assert found.image[-1, 0, 0] == 255
    turned = read_picture(file(Image.fromarray(x)), GREY, invert=True)
    np.testing.assert_array_equal(turned.image, 255 - found.image)
    assert "clear parts put on black" in found.steps


def test_sixteen_bits_become_eight():
    x = grey().astype(np.uint16) * 257
    found = read_picture(file(Image.fromarray(x)), GREY)
    np.testing.assert_array_equal(found.image[..., 0], grey())


def test_a_photograph_is_turned_upright():
    x = np.zeros((32, 16), np.uint8)
    x[:16] = 255  # light above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    found = read_picture(file(Image.fromarray(x), "JPEG", exif=exif), GREY)
    assert "turned upright" in found.steps
    assert found.image[:, -4:].mean() > 200 > 50 > found.image[:, :4].mean()


def test_what_cannot_be_used_is_a_sentence():
    whole = file(Image.fromarray(grey(200, 200)))
    cases = {
        "no picture that can be read": b"a text, not a picture",
        "no picture": b"",
        "damaged": whole[: len(whole) // 2],
        "8 x 8": file(Image.new("L", (4, 4))),
        "too long a strip": file(Image.new("L", (800, 10))),
        "36 million pixels": file(Image.new("1", (6000, 6000))),
        "pixels: bring one of at most 25 million": file(Image.new("1", (10_000, 10_000))),
        "20 MB": bytes(20_000_001),
        "PNG, JPEG, WebP or BMP": file(Image.fromarray(grey()), "GIF"),
    }
    for sentence, content in cases.items():
        with pytest.raises(InvalidInput, match=sentence):
            read_picture(content, GREY)
