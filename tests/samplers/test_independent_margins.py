"""Independent margins: each column's own law, and no dependence."""

import numpy as np
import pytest
from scipy.stats import norm

from aegen.core.errors import InvalidInput
from aegen.samplers import load, samplers
from aegen.samplers._kde_marginal import silverman
from tests.evidence import cdf_agrees, moments_agree
from tests.example_codes import clusters, constant_column, tilted
from tests.samplers.smoothed_margins import found, silvermans, smoothed, smoothed_cdf


def margins(z, **fields):
    return samplers.create("independent-margins", **fields).fit(z, rng=0)


def widths(model):
    """Bandwidths of the columns."""
    return [margin.rest.width for margin in model._margins]


@pytest.mark.parametrize("bandwidth", [None, 0.5])
def test_columns_keep_their_law_and_lose_their_dependence(bandwidth):
    z = tilted(40)
    drawn = margins(z, bandwidth=bandwidth).sample(50_000, rng=1)
    times = 1 if bandwidth is None else bandwidth / silverman(40)
    own = times * np.array([silvermans(column) for column in z.T])
    variance = z.var(axis=0) + own**2
    assert moments_agree(drawn, z.mean(axis=0), np.diag(variance))
    for j in range(2):
        column = z[:, j]
        assert cdf_agrees(drawn[:, j], lambda x, c=column, w=own[j]: smoothed_cdf(x, c, w))
        assert not cdf_agrees(drawn[:, j], norm(column.mean() + 0.2, column.std()).cdf)
    h = silverman(40) if bandwidth is None else bandwidth
    dependent = samplers.create("kde", bandwidth=h, variance="inflated").fit(z)
    assert not moments_agree(dependent.sample(50_000, rng=1), z.mean(axis=0), np.diag(variance))


def test_density_against_the_slow_sum():
    codes, z = clusters(50, 3), clusters(70, 3, seed=1) * 2
    slow = sum(smoothed(z[:, j], codes[:, j], **found(codes[:, j]))[0] for j in range(3))
    assert margins(codes).score_samples(z) == pytest.approx(slow, rel=1e-8)
    assert margins(codes, bandwidth=0.5).score_samples(z) != pytest.approx(slow, rel=1e-2)


def test_the_bandwidth_follows_the_spread():
    """A column of small spread is not washed out: the published code widens it 2.5 times."""
    z = tilted(2000) / [2, 0.5] * [0.1, 10]
    drawn = margins(z).sample(50_000, rng=2)
    inflation = drawn.std(axis=0) / z.std(axis=0)
    assert inflation == pytest.approx(np.sqrt(1 + silverman(2000) ** 2), rel=0.02)
    assert np.sqrt(1 + (silverman(2000) / 0.1) ** 2) == pytest.approx(2.52, abs=0.01)


def test_weights_are_repeated_rows_and_change_the_law(tmp_path):
    z, times = tilted(60), np.arange(60) % 4
    model = samplers.create("independent-margins").fit(z, sample_weight=times)
    many = margins(np.repeat(z, times, axis=0))
    at = tilted(20, seed=1)
    assert model.score_samples(at) == pytest.approx(many.score_samples(at), rel=1e-10)
    assert margins(z).score_samples(at) != pytest.approx(many.score_samples(at), rel=1e-3)
    assert widths(model) == pytest.approx(widths(many))
    heavy = samplers.create("independent-margins").fit(z, sample_weight=z[:, 0] > 1)
    drawn = heavy.sample(50_000, rng=1)
    column = z[z[:, 0] > 1, 0]

    def below(x):
        return smoothed_cdf(x, column, silvermans(column))

    assert cdf_agrees(drawn[:, 0], below)
    assert not cdf_agrees(margins(z).sample(50_000, rng=1)[:, 0], below)
    heavy.save(tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").sample(99, rng=2), heavy.sample(99, rng=2))


def test_copies_do_not_narrow_the_smoothing():
    z = tilted(30)
    assert widths(margins(np.repeat(z, 50, axis=0))) == pytest.approx(widths(margins(z)))
    assert widths(margins(z)) == pytest.approx([silvermans(column) for column in z.T])


def test_a_condition_leaves_the_other_columns_as_they_are():
    z = constant_column(60)
    model = margins(z)
    given = model.condition({0: 1e6, 1: 7.1})
    alone = margins(z[:, [2]])
    at = np.column_stack([np.full(9, 1e6), np.full(9, 7.1), z[:9, 2]])
    assert given.score_samples(at) == pytest.approx(alone.score_samples(z[:9, [2]]))
    assert given.score_samples(z[:9]) == pytest.approx(np.full(9, -np.inf))
    drawn = given.sample(20_000, rng=0)
    assert (drawn[:, :2] == [1e6, 7.1]).all()
    assert cdf_agrees(drawn[:, 2], lambda x: smoothed_cdf(x, z[:, 2], silvermans(z[:, 2])))
    with pytest.raises(InvalidInput, match=r"own value, 7\.1, not 3"):
        model.condition({1: 3.0})
