"""The polygon test against a slow twin in exact integers, and against areas known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aegen.core.errors import InvalidInput
from aegen.core.polygons import corners, inside

SQUARE = [(0, 0), (4, 0), (4, 4), (0, 4)]
ARROW = [(0, 0), (8, 4), (0, 8), (4, 4)]
BOW_TIE = [(0, 0), (8, 8), (8, 0), (0, 8)]
STAR = [(5, 10), (8, 1), (0, 7), (10, 7), (2, 1)]


def slow_inside(x, y, polygon):
    """One point, one ray, exact for Python integers: no numpy, no bands, no sorting."""
    odd = False
    for i in range(len(polygon)):
        (x0, y0), (x1, y1) = sorted([polygon[i - 1], polygon[i]], key=lambda end: end[1])
        if y0 <= y < y1 and (x - x0) * (y1 - y0) < (x1 - x0) * (y - y0):
            odd = not odd
    return odd


def always_nonzero(x, y, polygon):
    """A wrong twin (winding rule) that must disagree where a polygon overlaps itself."""
    turns = 0
    for i in range(len(polygon)):
        (x0, y0), (x1, y1) = polygon[i - 1], polygon[i]
        side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        if y0 <= y < y1 and side > 0:
            turns += 1
        if y1 <= y < y0 and side < 0:
            turns -= 1
    return turns != 0


def lattice(size):
    return [(x, y) for x in range(-1, size) for y in range(-1, size)]


@pytest.mark.parametrize("polygon", [SQUARE, ARROW, BOW_TIE, STAR])
@pytest.mark.parametrize("turn", [False, True], ids=["as drawn", "backwards"])
def test_agrees_with_the_slow_twin_on_every_lattice_point(polygon, turn):
    polygon = polygon[::-1] if turn else polygon
    points = lattice(12)
    want = [slow_inside(x, y, polygon) for x, y in points]
    assert any(want)
    assert inside(points, polygon).tolist() == want


def test_the_comparison_rejects_a_wrong_rule():
    points = lattice(12)
    wrong = [always_nonzero(x, y, STAR) for x, y in points]
    assert inside(points, STAR).tolist() != wrong


def test_the_overlap_of_a_star_is_outside():
    assert inside([(5, 4), (5, 9)], STAR).tolist() == [False, True]


def test_left_and_lower_sides_belong_to_a_box_right_and_upper_do_not():
    sides = [(0, 2), (2, 0), (4, 2), (2, 4), (0, 0), (4, 4)]
    assert inside(sides, SQUARE).tolist() == [True, True, False, False, True, False]


whole = st.integers(-6, 6)
polygons = st.lists(st.tuples(whole, whole), min_size=3, max_size=12)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(polygon=polygons, points=st.lists(st.tuples(whole, whole), min_size=1, max_size=40))
def test_agrees_with_the_slow_twin_on_any_polygon(polygon, points):
    if polygon[0] == polygon[-1] and len(polygon) == 3:
        polygon = [*polygon, (7, 7), polygon[0]]
    want = [slow_inside(x, y, polygon) for x, y in points]
    assert inside(points, polygon).tolist() == want


@settings(deadline=None, max_examples=50, derandomize=True)
@given(polygon=polygons, shift=st.tuples(whole, whole), start=st.integers(0, 11))
def test_moving_both_and_starting_elsewhere_change_nothing(polygon, shift, start):
    if polygon[0] == polygon[-1]:
        polygon = [*polygon, (7, 7)]
    points = np.array(lattice(7))
    start %= len(polygon)
    elsewhere = np.array(polygon[start:] + polygon[:start])
    assert (inside(points, polygon) == inside(points + shift, elsewhere + shift)).all()


def test_two_halves_of_a_box_share_no_point_and_lose_none():
    rng = np.random.default_rng(3)
    points = rng.uniform(-0.2, 1.2, size=(20_000, 2))
    # Points on the cut itself, which no half may both claim or refuse.
    points[:2_000, 1] = points[:2_000, 0]
    whole_box = inside(points, [(0, 0), (1, 0), (1, 1), (0, 1)])
    below = inside(points, [(0, 0), (1, 0), (1, 1)])
    above = inside(points, [(1, 1), (0, 1), (0, 0)])
    assert not (below & above).any()
    assert ((below | above) == whole_box).all()


def test_the_share_inside_an_ellipse_is_its_area():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ellipse = np.column_stack([0.5 + 0.4 * np.cos(angle), 0.5 + 0.2 * np.sin(angle)])
    points = np.random.default_rng(0).random((40_000, 2)).astype(np.float32)
    area = 200 * 0.4 * 0.2 * np.sin(2 * np.pi / 400)
    # A right test is this far off with probability below 1e-6 (Hoeffding).
    assert abs(inside(points, ellipse).mean() - area) < np.sqrt(np.log(2e6) / (2 * len(points)))


def test_a_closed_and_an_open_outline_are_the_same():
    assert corners([*SQUARE, SQUARE[0]]).tolist() == corners(SQUARE).tolist()


def test_more_vertices_than_16_bits_count():
    angle = np.linspace(0, 2 * np.pi, 70_001, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    assert inside([(0, 0), (0.71, 0.71), (0.7, 0.7)], circle).tolist() == [True, False, True]


def test_no_points_give_no_answers():
    assert inside(np.empty((0, 2)), SQUARE).shape == (0,)


def test_a_flat_polygon_holds_nothing():
    assert not inside(lattice(5), [(0, 0), (2, 0), (4, 0)]).any()


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        ([(0, 0), (1, 1)], "at least 3 vertices, got 2"),
        ([(0, 0), (1, 1), (0, 0)], "at least 3 vertices, got 2"),
        ([(0, 0), (1, 1), (np.nan, 0)], "polygon must be finite"),
        ([(0, 0, 0), (1, 1, 0), (0, 1, 0)], "polygon must have 2 columns"),
    ],
)
def test_an_unusable_polygon_is_refused(polygon, message):
    with pytest.raises(InvalidInput, match=message):
        inside([(0, 0)], polygon)


def test_unusable_points_are_refused():
    with pytest.raises(InvalidInput, match="points must be finite"):
        inside([(0, np.inf)], SQUARE)
