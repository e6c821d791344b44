"""Independent margins: each column's own law, and no dependence."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from aegen.samplers import samplers
from aegen.samplers._margins import silverman
from tests.evidence import cdf_agrees, moments_agree
from tests.worlds import clusters, tilted


def margins(z, **fields):
    return samplers.create("independent-margins", **fields).fit(z, rng=0)


@pytest.mark.parametrize("bandwidth", [None, 0.5])
def test_columns_keep_their_law_and_lose_their_dependence(bandwidth):
    z = tilted(40)
    h = silverman(40) if bandwidth is None else bandwidth
    drawn = margins(z, bandwidth=bandwidth).sample(50_000, rng=1)
    variance = (1 + h**2) * z.var(axis=0)
    assert moments_agree(drawn, z.mean(axis=0), np.diag(variance))
    for j in range(2):
        width = h * z[:, j].std()
        column = z[:, j]
        assert cdf_agrees(
            drawn[:, j], lambda x, c=column, w=width: norm.cdf((x[:, None] - c) / w).mean(axis=1)
        )
        assert not cdf_agrees(drawn[:, j], norm(column.mean() + 0.2, column.std()).cdf)
    dependent = samplers.create("kde", bandwidth=h).fit(z).sample(50_000, rng=1)
    assert not moments_agree(dependent, z.mean(axis=0), np.diag(variance))


def test_density_against_the_slow_sum():
    codes, z = clusters(50, 3), clusters(70, 3, seed=1) * 2
    widths = silverman(50) * codes.std(axis=0)
    slow = sum(
        logsumexp(norm.logpdf(z[:, j, None], codes[:, j], widths[j]), axis=1) - np.log(50)
        for j in range(3)
    )
    assert margins(codes).score_samples(z) == pytest.approx(slow, rel=1e-8)
    assert margins(codes, bandwidth=0.5).score_samples(z) != pytest.approx(slow, rel=1e-2)


def test_the_bandwidth_follows_the_spread():
    """A column of small spread is not washed out: the published code widens it 2.5 times."""
    z = tilted(2000) / [2, 0.5] * [0.1, 10]
    drawn = margins(z).sample(50_000, rng=2)
    inflation = drawn.std(axis=0) / z.std(axis=0)
    assert inflation == pytest.approx(np.sqrt(1 + silverman(2000) ** 2), rel=0.02)
    assert np.sqrt(1 + (silverman(2000) / 0.1) ** 2) == pytest.approx(2.52, abs=0.01)
