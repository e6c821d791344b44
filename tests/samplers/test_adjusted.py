"""A model whose slider is moved is what a fit with that value would be."""

import numpy as np
import pytest

from aegen.core.parameters import parameters
from aegen.samplers import samplers

CODES = np.random.default_rng(1).normal(size=(120, 3))

MOVED = {
    "empirical-beta-copula": ("degree", 5, {}),
    "kde": ("bandwidth", 0.7, {}),
    "local-gaussian": ("spread", 0.3, {"neighbours": 8, "kept": 0.6, "noise": "gaussian"}),
}


def test_every_model_with_a_slider_is_looked_at():
    with_slider = {
        name
        for name in samplers.names()
        if any(p.field.slide is not None for p in parameters(samplers.get(name)))
    }
    assert with_slider == set(MOVED)


@pytest.mark.parametrize("name", MOVED)
def test_it_draws_what_a_fit_with_that_value_draws(name):
    field, value, others = MOVED[name]
    kind = samplers.get(name)
    base = kind(**others).fit(CODES, rng=0)
    moved = base.adjusted(field, value)
    fitted = kind(**others, **{field: value}).fit(CODES, rng=0)
    np.testing.assert_allclose(moved.sample(20, rng=2), fitted.sample(20, rng=2))
    assert not np.allclose(moved.sample(20, rng=2), base.sample(20, rng=2))
    assert moved.get_params() == fitted.get_params()
    assert base.adjusted("reduce", 2) is None


def test_a_spread_that_is_moved_keeps_what_was_chosen_with_it():
    base = samplers.get("local-gaussian")().fit(CODES, rng=0)
    moved = base.adjusted("spread", 0.5)
    chosen = {name: base.learnt(name) for name in ("neighbours", "kept", "noise")}
    assert {name: moved.get_params()[name] for name in chosen} == chosen
    assert (moved.spread_, moved.noise) == (
        0.5,
        "differences" if base.differences_ else "gaussian",
    )
