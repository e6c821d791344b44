"""Numbers as colours: in double precision, with ends, by logarithm and by rank."""

from __future__ import annotations

import numpy as np
import pytest

from aegen.core.errors import UnknownName
from aegen.figures.colour_scale import SCALES, positions, stops

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    "values",
    [
        1e9 + 1e-3 * RNG.uniform(-1, 1, 500),
        1.7e9 + 60.0 * np.arange(500),
        RNG.lognormal(0, 2, 500),
        RNG.normal(size=500),
        np.repeat([0.0, 1.0], 250),
    ],
)
def test_larger_values_are_never_further_back_and_the_whole_scale_is_used(values, scale):
    ordered = np.sort(values)
    found = positions(ordered, stops(values, scale))
    assert (np.diff(found) >= 0).all()
    assert found[0] < 0.3
    assert found[-1] > 0.7
    distinct = len(np.unique(ordered))
    assert len(np.unique(found)) >= min(distinct, 2 if distinct == 2 else 0.8 * distinct)


def test_few_far_values_do_not_leave_one_colour_to_the_others():
    values = np.concatenate([RNG.uniform(0, 1, 1000), [1e6]])
    low, high = stops(values)
    assert 0 <= low < high <= 1
    assert stops(values[:1000]) == (values[:1000].min(), values[:1000].max())


def test_by_rank_each_colour_has_as_many_and_equal_values_are_alike():
    values = np.concatenate([np.zeros(400), RNG.lognormal(0, 3, 600)])
    found = positions(values, stops(values, "rank"))
    assert np.allclose(found[:400], 0.2, atol=0.01)
    assert np.histogram(found[400:], bins=6, range=(0.4, 1))[0].std() < 5


def test_a_logarithmic_scale_spaces_factors_evenly_also_below_zero():
    values = np.geomspace(1e-3, 1e3, 101)
    assert np.allclose(positions(values, stops(values, "log")), np.linspace(0, 1, 101), atol=1e-3)
    both = np.concatenate([-values, values])
    assert np.isclose(positions(0.0, stops(both, "log")), 0.5, atol=1e-6)


def test_another_scale_is_refused_and_one_value_lies_in_the_middle():
    with pytest.raises(UnknownName, match="colour scale"):
        stops([1.0], "cubic")
    for scale in SCALES:
        assert positions([3.0], stops([3.0, 3.0], scale)) == 0.5
