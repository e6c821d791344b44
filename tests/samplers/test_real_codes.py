"""The latent models on the codes of a real autoencoder: the shipped mnist bundle."""

import numpy as np
import pytest

from aegen.benchmarks.reference_implementations import counterparts
from aegen.bundles import read
from aegen.samplers import samplers
from tests.evidence import same_distribution


@pytest.fixture(scope="module")
def codes():
    return np.asarray(read("mnist").codes)


@pytest.fixture(scope="module")
def held_out():
    return np.asarray(read("mnist").holdout)


def test_the_copula_has_numpys_law_on_all_rows(codes):
    model = samplers.create("empirical-beta-copula").fit(codes, rng=0)
    other = counterparts(model, codes, codes[:2], 60_000)[0]
    assert other.same_law
    plain = other.draw()
    drawn = model.sample(60_000, rng=2)
    assert same_distribution(drawn, plain)
    assert not same_distribution(drawn * 1.05, plain)
    apart = np.random.default_rng(3).permuted(drawn, axis=0)
    assert not same_distribution(apart, plain)


def test_dependence_matters_for_held_out_codes(codes, held_out):
    """Mean held-out log-density in nats: whoever knows about dependence and clusters is ahead."""
    some = codes[:6000]
    score = {
        name: samplers.create(name, **fields).fit(some, rng=0).score(held_out[:500])
        for name, fields in [
            ("independent-margins", {}),
            ("gaussian", {}),
            ("kde", {}),
            ("empirical-beta-copula", {"degree": 15}),
        ]
    }
    assert score["independent-margins"] < score["gaussian"] < score["kde"]
    assert score["gaussian"] < score["empirical-beta-copula"]
    every_row = samplers.create("empirical-beta-copula").fit(some, rng=0).score(held_out[:500])
    assert every_row < score["independent-margins"] - 100  # it knows nothing but its own rows


def test_at_degree_n_the_copula_copies_and_at_a_low_degree_less(codes):
    """Share of draws whose nearest training code is the one they started from."""
    some = codes[:2000]

    def parents(**fields):
        model = samplers.create("empirical-beta-copula", **fields).fit(some, rng=0)
        drawn, rows = model.sample_rows(300, rng=1)
        distance = ((drawn[:, None] - some[None]) ** 2).sum(axis=2)
        return np.mean(distance.argmin(axis=1) == rows)

    assert parents() > 0.95
    assert parents(degree=10) < 0.7
