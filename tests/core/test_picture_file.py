"""Every kind of picture file comes in one shape, and its header says what it is."""

import io

import numpy as np
import pytest
from PIL import Image

from aegen.core.errors import InvalidInput
from aegen.core.picture_file import channels_of, fit, opened, upright_size

KINDS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
HALF = np.repeat(np.array([40, 200], np.uint8), 8)[:, None].repeat(16, axis=1)  # dark above light


def file(image, kind="PNG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    content.seek(0)
    return content


def taken(content, shape):
    with opened(content, KINDS, 1_000_000) as picture:
        return upright_size(picture), channels_of(picture), fit(picture, shape)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file_is_read(kind):
    size, _, (image, steps) = taken(file(Image.fromarray(HALF), kind), (16, 16, 1))
    assert size == (16, 16)
    assert np.abs(image[..., 0].astype(int) - HALF).max() <= 3
    assert steps in ((), ("colour to grey",))


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 1), ("P", 3), ("RGB", 3), ("RGBA", 4), ("CMYK", 3), ("I;16", 1)],
)
@pytest.mark.parametrize("wanted", [1, 3, 4])
def test_each_mode_becomes_each_number_of_channels(mode, channels, wanted):
    if mode == "I;16":
        image = Image.fromarray(HALF.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(HALF).convert("RGB")
        image = image.quantize(4) if mode == "P" else image.convert(mode)
    kind = "TIFF" if mode == "CMYK" else "PNG"
    _, found, (array, _) = taken(file(image, kind), (16, 16, wanted))
    assert found == channels
    assert array.shape == (16, 16, wanted)
    if mode != "1":  # which is dithered
        assert abs(int(array[2, 2, 0]) - 40) <= 2
        assert abs(int(array[-2, -2, 0]) - 200) <= 2
    if wanted == 4:
        assert (array[..., 3] == 255).all()


def test_a_picture_on_its_side_has_the_size_of_an_upright_one():
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        image = Image.fromarray(HALF[:, :12])
        size, _, (array, steps) = taken(file(image, kind, exif=exif), (12, 16, 1))
        assert size == (12, 16)
        assert ("turned upright" in steps) == (kind != "TIFF")  # which Pillow turns itself
        assert array[6, 1, 0] > array[6, -2, 0]  # what was below is at the left
    assert taken(file(Image.fromarray(HALF[:, :12])), (16, 12, 1))[0] == (16, 12)


def test_a_shape_that_is_not_square_takes_pictures_of_its_proportions():
    wide = Image.fromarray(np.tile(HALF, (1, 10)))  # 16 x 160: ten times as wide as high
    _, _, (array, steps) = taken(file(wide), (16, 160, 1))
    assert steps == ()
    assert array.shape == (16, 160, 1)
    with pytest.raises(InvalidInput, match="too long a strip"):
        taken(file(wide), (16, 16, 1))
    with pytest.raises(InvalidInput, match="at least 8 x 8"):
        taken(file(Image.new("L", (4, 4))), (16, 16, 1))
    assert taken(file(Image.new("L", (4, 4))), (4, 4, 1))[2][1] == ()


def test_levels_of_unknown_white_are_refused():
    deep = Image.fromarray(HALF.astype(np.int32) * 1000)
    with pytest.raises(InvalidInput, match="32-bit levels"):
        taken(file(deep, "TIFF"), (16, 16, 1))
    with pytest.raises(InvalidInput, match="floating-point levels"):
        taken(file(Image.fromarray(HALF.astype(np.float32)), "TIFF"), (16, 16, 1))


def test_a_file_that_would_fill_the_memory_is_refused_by_its_header():
    large = file(Image.new("1", (2000, 2000)))
    with pytest.raises(InvalidInput, match="4 million pixels"):
        taken(large, (16, 16, 1))


def test_damage_anywhere_is_one_kind_of_error():
    draw = np.random.default_rng(0)
    fine = 0
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM"):  # libtiff writes to stderr
        whole = file(Image.fromarray(draw.integers(0, 256, (24, 24, 3), np.uint8)), kind).read()
        for _ in range(60):
            broken = bytearray(whole)
            if draw.random() < 0.3:
                broken = broken[: draw.integers(len(broken))]
            else:
                for place in draw.integers(0, len(broken), 3):
                    broken[place] = draw.integers(256)
            try:
                taken(io.BytesIO(broken), (16, 16, 3))
                fine += 1
            except InvalidInput as refusal:
                assert str(refusal)  # noqa: PT017
    assert 0 < fine < 360
