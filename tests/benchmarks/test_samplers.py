"""The benchmark of the latent models: it times all of them, and plain numpy has their law."""

import numpy as np
import pytest

from aegen.benchmarks import samplers as benchmark
from aegen.core.errors import InvalidInput
from aegen.samplers import samplers
from tests.evidence import same_distribution
from tests.worlds import clusters, constant_column


def test_every_latent_model_is_timed_at_every_size():
    timings = benchmark.run(clusters(40, 2), sizes=(30, 60), repeats=1)
    assert [(t.name, t.rows) for t in timings] == [
        (name, rows) for rows in (30, 60) for name in samplers.names()
    ]
    assert all(t.fit > 0 and t.sample > 0 and t.dimension == 2 for t in timings)
    copula = next(t for t in timings if t.name == "empirical-beta-copula")
    assert copula.ratio == copula.plain_sample / copula.sample


@pytest.mark.parametrize("name", samplers.names())
def test_plain_numpy_draws_the_same_law(name):
    z = clusters(20_000, 2)
    model = samplers.create(name).fit(z, rng=0)
    _, draw = benchmark._plain(model, z)
    if draw is None:
        return
    ours = model.sample(20_000, rng=1)
    assert same_distribution(ours, draw())
    assert not same_distribution(ours * [1, 1.1], draw())


def test_the_table_is_printed(capsys):
    benchmark.report(clusters(10, 1), repeats=1, sizes=(20,))
    printed = capsys.readouterr().out
    assert all(name in printed for name in samplers.names())
    assert "the codes given" in printed


def test_codes_that_cannot_be_timed():
    with pytest.raises(InvalidInput, match="finite"):
        benchmark.run([[np.nan], [1.0]])
    with pytest.raises(InvalidInput, match="repeats"):
        benchmark.run(repeats=0)
    assert benchmark.run(constant_column(30), sizes=(30,), repeats=1)
