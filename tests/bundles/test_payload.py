"""What is no picture is drawn as one: in range, in order, each part in its own scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegen.bundles.payload import HEIGHT, WIDTH, Payload, codes_alone, payload_of
from aegen.core.errors import InvalidInput

SHAPE = (HEIGHT, WIDTH, 3)


def table(columns, low=0.0, high=1.0):
    ends = {"low": (low,) * columns, "high": (high,) * columns}
    return Payload("table", (columns,), tuple(map(str, range(columns))), ("",) * columns, **ends)


def series(channels, length):
    ends = {"low": (0.0,) * channels, "high": (1.0,) * channels}
    names = tuple(map(str, range(channels)))
    return Payload("series", (channels, length), names, ("",) * channels, **ends)


def bar_heights(picture, columns):
    """How much of the middle of each bar is blue: darker in red than the ground is."""
    middles = ((np.arange(columns) + 0.5) * WIDTH / columns).astype(int)
    return (picture[:, middles, 0] < 0.5).sum(axis=0)


def line_heights(picture):
    """How high the ink lies in each column of pixels, 0 at the bottom."""
    ink = 1 - picture.min(axis=2)
    rows = np.arange(HEIGHT)[::-1, None]
    return (ink * rows).sum(axis=0) / ink.sum(axis=0)


def test_a_higher_value_has_a_higher_bar():
    values = np.array([[0.9, 0.1, 0.5, 0.3]], np.float32)
    [picture] = table(4).pictures(values)
    heights = bar_heights(picture, 4)
    assert np.abs(heights - values[0] * HEIGHT).max() <= 1
    [other] = table(4).pictures(values[:, ::-1])
    assert np.abs(bar_heights(other, 4) - heights[::-1]).max() <= 1
    blue = picture[..., 0] < 0.5
    assert blue[-1].all()  # bars stand on the ground
    assert (np.diff(blue.astype(int), axis=0) >= 0).all()


def test_bars_stand_in_the_order_of_columns_and_can_be_told_apart():
    [picture] = table(3).pictures(np.ones((1, 3), np.float32))
    thirds = [picture[:, k * 32 : (k + 1) * 32] for k in range(3)]
    assert all(np.ptp(third.reshape(-1, 3), axis=0).max() < 1e-6 for third in thirds)
    assert not np.allclose(thirds[0], thirds[1], atol=0.1)
    assert np.allclose(thirds[0], thirds[2])


def test_values_beyond_the_range_stay_within_the_picture():
    values = np.array([[-3e38, 3e38, 0.5]], np.float32)
    [picture] = table(3).pictures(values)
    assert bar_heights(picture, 3).tolist() == [0, HEIGHT, HEIGHT // 2]


def test_more_columns_than_pixels_are_drawn():
    values = np.linspace(0, 1, 500, dtype=np.float32)[None]
    [picture] = table(500).pictures(values)
    heights = (picture[..., 0] < 0.5).sum(axis=0)
    assert heights[0] == 0
    assert heights[-1] >= HEIGHT - 1
    assert np.abs(np.diff(heights)).max() <= 2


def test_a_line_follows_its_series():
    t = np.linspace(0, 1, 50, dtype=np.float32)
    [picture] = series(1, 50).pictures((0.2 + 0.6 * t)[None, None])
    heights = line_heights(picture) / (HEIGHT - 1)
    assert np.abs(heights - (0.2 + 0.6 * np.linspace(0, 1, WIDTH))).max() < 0.02
    [other] = series(1, 50).pictures((0.8 - 0.6 * t)[None, None])
    assert np.allclose(line_heights(other), line_heights(picture)[::-1], atol=0.5)


def test_a_jump_is_drawn_without_a_gap():
    step = np.repeat(np.array([0.1, 0.9], np.float32), 25)[None, None]
    [picture] = series(1, 50).pictures(step)
    ink = 1 - picture.min(axis=2)
    between = slice(round(0.15 * HEIGHT), round(0.85 * HEIGHT))
    assert (ink[between] > 0.4).any(axis=1).all()
    assert (ink[between] > 0.4).sum() < 2 * HEIGHT  # and nothing else there


def test_a_spike_of_a_long_series_is_drawn_whichever_value_it_is():
    for at in (0, 517, 1003, 4999):
        x = np.zeros((1, 1, 5000), np.float32)
        x[0, 0, at] = 1
        picture = series(1, 5000).pictures(x)[0]
        inked = np.flatnonzero(picture[:4, :, 0].min(axis=0) < 0.5)
        assert abs(inked - at * WIDTH / 5000).max() <= 1
        assert len(inked) in (1, 2)


def test_each_channel_has_a_colour_of_its_own():
    flat = np.array([0.25, 0.75], np.float32)[None, :, None].repeat(9, axis=2)
    [picture] = series(2, 9).pictures(flat)
    low, high = picture[HEIGHT // 2 :], picture[: HEIGHT // 2]
    darkest = [half.reshape(-1, 3)[half.sum(axis=2).argmin()] for half in (low, high)]
    assert np.abs(darkest[0] - darkest[1]).max() > 0.5


@pytest.mark.parametrize(
    ("payload", "length"),
    [(series(1, 1), 1), (series(1, 2), 2), (series(8, 5000), 5000), (table(1), 0)],
)
def test_the_shortest_and_the_longest_rows(payload, length):
    rows = np.random.default_rng(0).random((2, *payload.shape)).astype(np.float32)
    pictures = payload.pictures(rows)
    assert pictures.shape == (2, *SHAPE)
    assert not np.array_equal(pictures[0], pictures[1])


@given(
    st.sampled_from([table(1), table(7), table(200), series(1, 1), series(3, 40), codes_alone(5)]),
    st.integers(0, 3),
    st.floats(-(2.0**100), 2.0**100, width=32),
    st.integers(0, 100),
)
def test_pictures_are_always_pictures(payload, n, scale, seed):
    rng = np.random.default_rng(seed)
    rows = (scale * rng.normal(size=(n, *payload.shape))).astype(np.float32)
    ranged = payload.ranged(rows if n else np.zeros((1, *payload.shape), np.float32))
    assert all(low < high for low, high in zip(ranged.low, ranged.high, strict=True))
    pictures = ranged.pictures(rows)
    assert pictures.shape == (n, *SHAPE)
    assert pictures.dtype == np.float32
    assert np.isfinite(pictures).all()
    assert pictures.size == 0 or (pictures.min() >= 0 and pictures.max() <= 1)


def test_ranges_leave_outliers_out_and_keep_parts_apart():
    x = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32) * [1, 100]
    x[0] = 1e6
    found = payload_of(x).ranged(x.astype(np.float32))
    assert 2.3 < found.high[0] < 4
    assert 230 < found.high[1] < 400
    constant = payload_of(x).ranged(np.full((9, 2), 5, np.float32))
    assert constant.low[0] < 5 < constant.high[0]


def test_images_are_their_own_pictures():
    payload = Payload("image", (4, 5, 3))
    x = np.random.default_rng(0).random((2, 4, 5, 3)).astype(np.float32)
    assert payload.image_shape == (4, 5, 3)
    assert np.array_equal(payload.pictures(x), x)
    assert np.array_equal(payload.pictures(2 * x), np.clip(2 * x, 0, 1))
    assert payload.ranged(x) == payload
    assert table(3).image_shape == SHAPE


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("video", (4, 4, 3)), "a payload is one of image, series, table, codes"),
        (("image", (4, 4)), "a row of image has 3 lengths"),
        (("image", (4, 4, 2)), "1, 3 or 4 channels"),
        (("image", (4, 0, 1)), "a row of image has 3 lengths"),
        (("series", (4,), ("a",) * 4, ("",) * 4), "a row of series has 2 lengths"),
        (("table", (3,), ("a", "b"), ("",) * 3), "there are 3 columns, with 2 names and 3 units"),
        (("series", (2, 9), ("a", "b"), ()), "there are 2 channels, with 2 names and 0 units"),
    ],
)
def test_payloads_that_are_none(fields, said):
    with pytest.raises(InvalidInput, match=said):
        Payload(*fields)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((2, 4)), r"must hold numbers of shape \(n, 3\), got float64 of shape \(2, 4\)"),
        (np.zeros((2, 3), "U1"), "must hold numbers"),
        (np.zeros((2, 3), complex), "must hold numbers"),
        (np.full((2, 3), np.nan), "must be finite, and fit into 32 bits"),
        (np.full((2, 3), 1e300), "must be finite, and fit into 32 bits"),
    ],
)
def test_rows_that_are_none(x, said):
    with pytest.raises(InvalidInput, match=said):
        table(3).values(x)


def test_rows_become_single_precision():
    values = table(3).values([[1, 2, 3]])
    assert values.dtype == np.float32
    assert values.tolist() == [[1, 2, 3]]
    assert table(3).values(np.zeros((0, 3))).shape == (0, 3)
    with pytest.raises(InvalidInput, match=r"series \(n, channels, length\) or a table"):
        payload_of(np.zeros((2, 3, 4, 5)))
