"""Measures of shapes whose answers are known: bars that were drawn, moved, leant and blurred."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.morphometry import MEASURES, measure


def bar(*, wide=4, tall=20, lean=0.0, blur=0.0, side=40, up=0, across=0):
    """A bright bar on a dark ground, float64 (1, side, side, 1), antialiased where it leans."""
    fine = 8
    y, x = (np.indices((side * fine, side * fine)) + 0.5) / fine - side / 2
    y, x = y + up, x - across
    picture = (np.abs(y) < tall / 2) & (np.abs(x + np.tan(lean) * y) < wide / 2)
    grey = picture.reshape(side, fine, side, fine).mean(axis=(1, 3))
    return np.clip(gaussian_filter(grey, blur), 0, 1)[None, :, :, None]


@pytest.mark.parametrize("lean", [-0.5, -0.2, 0.0, 0.3, 0.6])
def test_slant_is_the_angle_that_it_leans_by(lean):
    assert measure("slant", bar(lean=lean))[0] == pytest.approx(lean, abs=0.02)


@pytest.mark.parametrize(("wide", "blur"), [(2, 0.0), (4, 0.0), (7, 0.0), (4, 0.8), (7, 0.8)])
def test_lengths_are_those_of_the_bar_and_blur_moves_them_little(wide, blur):
    shape = bar(wide=wide, tall=24, blur=blur)
    found = {name: measure(name, shape)[0] for name in MEASURES}
    assert found["height"] == pytest.approx(24, abs=0.1 + blur)
    assert found["width"] == pytest.approx(wide, abs=0.9 + 2 * blur)  # by 98 % of the ink
    assert found["thickness"] == pytest.approx(wide, rel=0.1)  # its ends count
    assert found["area"] == pytest.approx(24 * wide, rel=0.02)


def test_the_upright_width_of_a_leaning_bar_is_that_of_the_bar():
    leaning = bar(wide=4, tall=24, lean=0.5)
    assert measure("upright-width", leaning)[0] == pytest.approx(4, abs=2)
    assert measure("width", leaning)[0] > 14


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_does_not_depend_on_place_brightness_type_or_company(name):
    shape = bar(lean=0.3)
    known = measure(name, shape)[0]
    others = np.concatenate([bar(wide=9), shape, bar(lean=-0.4), np.zeros((1, 40, 40, 1))])
    assert measure(name, others)[1] == known
    assert measure(name, bar(lean=0.3, up=3, across=-5))[0] == pytest.approx(known, abs=0.02)
    assert measure(name, shape / 2)[0] == pytest.approx(known, abs=0.02)
    assert measure(name, np.repeat(shape, 3, axis=3))[0] == known
    as_bytes = (shape * 255).round().astype(np.uint8)
    assert measure(name, as_bytes)[0] == pytest.approx(known, abs=0.05)
    assert measure(name, others)[3] == 0
    assert measure(name, others[:0]).shape == (0,)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(UnknownName, match="no measure named 'slope'; there are: slant"):
        measure("slope", bar())
    with pytest.raises(InvalidInput, match=r"pictures must be \(n, h, w, c\)"):
        measure("slant", bar()[0])
