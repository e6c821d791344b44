"""Groups on a map are called by the value that their rows share, and others are not."""

from __future__ import annotations

import numpy as np

from aegen.figures.cluster_names import cluster_names

RNG = np.random.default_rng(0)
CENTRES = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])


def test_each_group_is_named_at_its_middle_and_a_value_with_two_groups_twice():
    group = np.repeat([0, 1, 2], 500)
    points = CENTRES[group] + RNG.normal(size=(1500, 2))
    found = cluster_names(points, np.where(group == 2, 0, group))
    assert sorted(code for code, _, _ in found) == [0, 0, 1]
    for code, x, y in found:
        distances = np.linalg.norm(CENTRES - [x, y], axis=1)
        assert distances.min() < 1.5
        assert code == [0, 1, 0][int(distances.argmin())]


def test_values_that_lie_among_each_other_name_nothing():
    points = RNG.normal(size=(2000, 2))
    assert cluster_names(points, np.arange(2000) % 2) == []
    assert cluster_names(np.empty((0, 2)), np.empty(0, int)) == []


def test_all_rows_at_one_place_are_one_group():
    assert [code for code, _, _ in cluster_names(np.zeros((9, 2)), np.zeros(9, int))] == [0]
