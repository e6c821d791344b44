"""Units that follow the bulk: right for normal codes, blind to far rows, whole at an atom."""

import numpy as np
import pytest

from aegen.samplers._standardise import centre_and_scale, centre_and_spread

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=(4000, 1))


def spread(column, weights=None):
    z = np.asarray(column, dtype=np.float64).reshape(len(column), -1)
    return centre_and_spread(z, weights)[1][0]


def test_of_normal_codes_it_is_the_standard_deviation():
    for scale, offset in ((1, 0), (1e-300, 0), (1e90, 1e90), (0.5, 1e9)):
        centre, width = centre_and_spread(offset + scale * NORMAL)
        assert width == pytest.approx(scale * NORMAL.std(), rel=0.03)
        assert centre == pytest.approx(offset, abs=0.1 * scale)


@pytest.mark.parametrize("far", [[1e3], [1e6, -1e6], [1e100] * 40], ids=["1", "2", "40"])
def test_far_rows_do_not_sway_it(far):
    assert spread([*NORMAL[:, 0], *far]) == pytest.approx(spread(NORMAL), rel=0.05)
    assert centre_and_scale(np.r_[NORMAL[:, 0], far][:, None])[1] > 10


def test_heavy_tails_have_their_interquartile_range():
    for freedom, quartile in ((2, 0.8165), (1, 1.0)):
        t = np.random.default_rng(1).standard_t(freedom, size=20_000)
        assert spread(t) == pytest.approx(quartile / 0.6745, rel=0.05)


def test_never_more_than_the_standard_deviation():
    apart = np.r_[NORMAL[:, 0], NORMAL[:, 0] + 1000]
    assert spread(apart) == pytest.approx(500, rel=0.01)
    assert [value.tolist() for value in centre_and_spread(np.array([[0.0], [1.0]]))] == [
        [0.5],
        [0.5],
    ]


@pytest.mark.parametrize("share", [0.5, 0.6, 0.9, 0.95])
@pytest.mark.parametrize("jitter", [0.0, 1e-7])
def test_an_atom_of_most_rows_leaves_the_spread_of_the_others(share, jitter):
    """A ReLU's zeros, also if they are not quite zero: a wider range, of the order of the sd."""
    if jitter and share > 0.75:
        return  # nearly equal values of more rows than that are the bulk
    x = np.where(RNG.random(4000) < share, jitter * RNG.random(4000), RNG.normal(size=4000))
    assert 0.3 * x.std() < spread(x) <= x.std()
    assert 0.3 * x.std() < spread([*x, 1e9]) < 2 * x.std()


def test_a_constant_column_has_exactly_its_value_and_none():
    z = np.full((50, 2), [0.1, -1e100])
    for weights in (None, np.full(50, 0.02)):
        centre, width = centre_and_spread(z, weights)
        assert (centre == z[0]).all()
        assert (width == 0).all()
    z[3, 0] = np.nextafter(0.1, 1)
    assert centre_and_spread(z)[1][0] > 0


def test_whole_weights_are_repeated_rows_and_ones_none():
    z = RNG.standard_t(2, size=(300, 3))
    times = np.arange(300) % 4
    one = np.array(centre_and_spread(z, times / times.sum()))
    many = np.array(centre_and_spread(np.repeat(z, times, axis=0)))
    assert one == pytest.approx(many, rel=1e-12)
    assert one != pytest.approx(np.array(centre_and_spread(z)), rel=1e-3)
    same = centre_and_spread(z, np.full(300, 1 / 300))
    assert np.array_equal(same[0], centre_and_spread(z)[0])


def test_a_tiny_weight_far_away_counts_for_nothing():
    z = np.r_[NORMAL, [[1e90]]]
    weights = np.r_[np.ones(4000), 1e-300]
    found = np.array(centre_and_spread(z, weights / weights.sum()))
    assert found == pytest.approx(np.array(centre_and_spread(NORMAL)), rel=1e-9)
