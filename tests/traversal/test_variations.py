"""Variations stay near their code when close, and are draws of its neighbourhood when far."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.traversal import variations

CODES = np.random.default_rng(0).normal(size=(400, 3)) * [3.0, 1.0, 0.1]


def test_without_spread_a_variation_is_the_code_itself():
    np.testing.assert_allclose(variations(CODES[7], CODES, 4, spread=0, rng=0), CODES[[7] * 4])


def test_the_same_seed_goes_the_same_way_at_every_spread():
    near, far = (variations(CODES[7], CODES, 5, spread=s, rng=3) - CODES[7] for s in (0.01, 0.02))
    cosines = (near * far).sum(1) / np.linalg.norm(near, axis=1) / np.linalg.norm(far, axis=1)
    assert cosines.min() > 0.999
    assert (np.linalg.norm(far, axis=1) > 1.9 * np.linalg.norm(near, axis=1)).all()


def test_the_widest_are_draws_of_the_gaussian_of_the_nearest_rows():
    nearest = CODES[np.argsort(((CODES - CODES[7]) ** 2).sum(1))[:50]]
    drawn = variations(CODES[7], CODES, 10_000, spread=1, rng=0)
    sd = nearest.std(axis=0)
    assert (abs(drawn.mean(0) - nearest.mean(0)) < 5 * sd / 100).all()
    np.testing.assert_allclose(drawn.std(0), sd, rtol=0.04)
    elsewhere = variations(CODES[8], CODES, 10_000, spread=1, rng=0)
    assert (abs(elsewhere.mean(0) - nearest.mean(0)) > 5 * sd / 100).any()


def test_a_step_leaves_the_gaussian_as_it_is():
    rows = CODES[:50]  # all of them are neighbours
    codes = np.concatenate(
        [variations(z, rows, 200, spread=0.6, rng=k) for k, z in enumerate(rows)]
    )
    np.testing.assert_allclose(np.cov(codes.T), np.cov(rows.T, bias=True), rtol=0.1, atol=0.02)
    far = 0.6 * np.cov(variations(rows[0], rows, 10_000, spread=0.6, rng=0).T)
    assert not np.allclose(far, np.cov(rows.T, bias=True), rtol=0.1, atol=0.02)


@pytest.mark.parametrize(
    ("code", "spread", "sentence"),
    [([0.0, 0.0], 0.5, "3"), (CODES[0], 1.5, "from 0"), (CODES[0], -0.1, "from 0")],
)
def test_what_cannot_be_varied_is_refused(code, spread, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        variations(code, CODES, spread=spread)
