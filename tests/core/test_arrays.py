"""Arrays at the door: what is let in, unchanged, and what is refused, in words."""

import numpy as np
import pytest

from aegen.core.arrays import codes, count, images, weights
from aegen.core.errors import InvalidInput


def test_codes_are_float64_and_the_callers_array_is_left_alone():
    z = np.array([[1, 2], [3, 4]], dtype=np.int32)
    assert codes(z).dtype == np.float64
    assert z.dtype == np.int32
    ready = np.zeros((2, 2))
    assert codes(ready) is ready
    assert codes([[True, False]]).tolist() == [[1.0, 0.0]]
    assert codes(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("z", "limits", "message"),
    [
        (np.zeros(3), {}, r"codes must have shape \(n, d\) with d >= 1, got \(3,\)"),
        (np.zeros((2, 0)), {}, r"got \(2, 0\)"),
        (5.0, {}, r"got \(\)"),
        ([["a"]], {}, "codes must be real numbers"),
        ([[1j]], {}, "codes must be real numbers"),
        ([[None]], {}, "codes must be real numbers"),
        ([[1.0], [2.0, 3.0]], {}, "codes must be real numbers"),
        (np.zeros((2, 3)), {"dimension": 4}, "codes must have 4 columns, got 3"),
        (np.zeros((2, 3)), {"minimum": 5}, "at least 5 rows, got 2: add rows"),
        (np.zeros((2, 3)), {"minimum": 5, "why": "to fly"}, "at least 5 rows to fly, got 2"),
        ([[0, np.nan], [np.inf, 0]], {}, "2 of 4 values .*first at row 0, column 1"),
        ([[0, np.nan]], {"name": "centres"}, "^centres must be finite"),
    ],
)
def test_codes_that_are_refused(z, limits, message):
    with pytest.raises(InvalidInput, match=message):
        codes(z, **limits)


def test_counts():
    assert count(0) == 0
    assert type(count(np.int8(3))) is int
    assert count(5, minimum=5, maximum=5) == 5


@pytest.mark.parametrize("n", [-1, 1.0, "1", None, True, np.nan, [1]])
def test_counts_that_are_refused(n):
    with pytest.raises(InvalidInput, match="n must be a whole number of 0 or more, got"):
        count(n)


def test_counts_out_of_range_name_the_range():
    with pytest.raises(InvalidInput, match="rows must be a whole number from 2 to 4, got 5"):
        count(5, name="rows", minimum=2, maximum=4)


def test_weights_sum_to_one():
    assert weights(None, 3) is None
    given = np.array([2, 0, 6])
    assert weights(given, 3).tolist() == [0.25, 0.0, 0.75]
    assert given.tolist() == [2, 0, 6]
    assert weights([True, False], 2).tolist() == [1.0, 0.0]
    assert weights([1e308, 1e308], 2).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("w", "message"),
    [
        ([1.0], r"must have shape \(2,\), got \(1,\)"),
        ([[1.0, 1.0]], "must have shape"),
        ([1.0, -1.0], "not negative"),
        ([1.0, np.nan], "finite"),
        ([np.inf, 1.0], "finite"),
        ([0.0, 0.0], "all zero"),
    ],
)
def test_weights_that_are_refused(w, message):
    with pytest.raises(InvalidInput, match=f"sample_weight .*{message}"):
        weights(w, 2)


@pytest.mark.parametrize("w", [["a", "b"], [None, 1], [[1], [1, 2]], [1j, 1]])
def test_weights_of_another_kind_are_refused_in_words(w):
    with pytest.raises(InvalidInput, match="sample_weight"):
        weights(w, 2)


def test_images_are_float32_between_0_and_1():
    x = images(np.full((2, 4, 3), 255, np.uint8), shape=(4, 3, 1))
    assert x.shape == (2, 4, 3, 1)
    assert x.dtype == np.float32
    assert (x == 1).all()
    assert images(np.full((1, 2, 2, 3), 0.5), shape=(2, 2, 3)).dtype == np.float32
    assert images(np.zeros((0, 2, 2, 3)), shape=(2, 2, 3)).shape == (0, 2, 2, 3)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 4, 4, 3)), r"must have shape \(n, 4, 4, 1\), got \(2, 4, 4, 3\)"),
        (np.zeros((4, 4)), "must have shape"),
        (np.zeros((2, 4, 4, 1), np.int64), "must be uint8 or floats"),
        (np.full((2, 4, 4, 1), 1.5), r"must lie in \[0, 1\]"),
        (np.full((2, 4, 4, 1), -0.1), r"must lie in \[0, 1\]"),
        (np.full((2, 4, 4, 1), np.nan), r"must lie in \[0, 1\]"),
    ],
)
def test_images_that_are_refused(x, message):
    with pytest.raises(InvalidInput, match=message):
        images(x, shape=(4, 4, 1))
