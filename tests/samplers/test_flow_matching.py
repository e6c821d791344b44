"""Flow matching: divergence, a flow with a known answer, order of the steps, density and draws."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from aegen.samplers import samplers
from aegen.samplers._neural import SingleArray
from aegen.samplers.flow_matching import WAVES, _divergence, _velocity
from tests.evidence import cdf_agrees, moments_agree
from tests.example_codes import clusters, tilted


def fitted(z, **fields):
    """After a shorter training than usual, with larger steps."""
    recipe = {"hidden": 64, "epochs": 40, "patience": 40, "learning_rate": 0.01}
    return samplers.create("flow-matching", **recipe | fields).fit(z, rng=0)


@pytest.fixture(scope="module")
def model():
    z = np.column_stack([clusters(900, 1)[:, 0], tilted(900)[:, 0]])
    return fitted(z, steps=5)


@pytest.fixture(scope="module")
def on_a_line():
    return fitted(clusters(900, 1), hidden=32)


def test_divergence_is_the_trace_of_the_jacobian(model):
    network, time = model._network(), torch.full((1,), 0.3, dtype=torch.float64)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 2)))
    _, one, two = _velocity(network, x, time)
    jacobians = torch.stack(
        [torch.func.jacrev(lambda p: _velocity(network, p[None], time)[0][0])(row) for row in x]
    )
    traces = jacobians.diagonal(dim1=1, dim2=2).sum(dim=1)
    assert torch.allclose(_divergence(network, one, two, time), traces, rtol=1e-10)
    assert not torch.allclose(jacobians[:, 0, 0], traces, rtol=0.01)


def test_a_flow_whose_answer_is_known():
    """Velocities c x carry normal noise to a normal distribution that is exp(c) times as wide."""
    z = tilted()
    model = fitted(z, epochs=1, hidden=4, steps=20)
    c = np.array([0.5, -1.0])
    weights: SingleArray = np.zeros_like(model.parameters_)
    stretch = weights[-2 * (2 + 2 * WAVES) :].reshape(2, -1)
    stretch[:, 0] = c  # of the feature of the time that is 1 throughout
    model.parameters_ = weights
    spread = np.exp(c) * model.scale_
    scores = norm.logpdf(z, model.centre_, spread).sum(axis=1)
    assert model.score_samples(z) == pytest.approx(scores, rel=1e-5)
    drawn = model.sample(20_000, rng=0)
    assert moments_agree(drawn, model.centre_, np.diag(spread**2))
    assert not moments_agree(drawn, model.centre_, np.diag((1.1 * spread) ** 2))


def test_steps_are_of_fourth_order(model):
    z = tilted(40, seed=1)

    def scores(steps):
        model.steps = steps
        model._fields = model.get_params(deep=False)  # only draws depend on it, not the fit
        return model.score_samples(z)

    before = model.steps
    exact, *rough = (scores(steps) for steps in (40, 6, 12))
    model.steps = before
    model._fields = model.get_params(deep=False)
    errors = [np.abs(some - exact).max() for some in rough]
    assert errors[1] > 1e-12
    assert 3 < np.log2(errors[0] / errors[1]) < 5.5


def test_density_integrates_to_one_and_draws_follow_it(on_a_line):
    x = np.linspace(-9, 9, 901)
    f = np.exp(on_a_line.score_samples(x[:, None]))
    total = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * (x[1] - x[0]))])
    assert total[-1] == pytest.approx(1, abs=1e-3)
    drawn = on_a_line.sample(10_000, rng=1)
    assert cdf_agrees(drawn, lambda at: np.interp(at, x, total))
    assert not cdf_agrees(drawn, norm(drawn.mean(), drawn.std()).cdf)


def test_density_integrates_to_one_in_the_plane(model):
    x, y = np.linspace(-7, 7, 90), np.linspace(-9, 11, 24)
    places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(model.score_samples(places)).reshape(len(x), len(y))
    assert np.trapezoid(np.trapezoid(density, y), x) == pytest.approx(1, abs=2e-3)


def test_clusters_are_learned(model):
    """Better than one Gaussian, and hardly a draw between the clusters."""
    fresh = np.column_stack([clusters(900, 1, seed=5)[:, 0], tilted(900, seed=5)[:, 0]])
    gaussian = samplers.create("gaussian").fit(fresh)
    assert model.score(fresh) > gaussian.score(fresh) + 0.3

    def between(some):
        return (np.abs(np.abs(some.sample(5000, rng=2)[:, 0]) - 2) < 0.5).mean()

    assert between(model) < 0.13 < 0.15 < between(gaussian)


def test_the_conditional_law(model):
    x = np.linspace(-9, 9, 451)
    logs = model.score_samples(np.column_stack([x, np.full(len(x), 2.0)]))
    f = np.exp(logs - logs.max())
    total = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2)])
    total /= total[-1]
    law = model.condition({1: 2.0}, rng=0)
    assert law.effective_rows() > 1500
    drawn = law.sample(1500, rng=1)
    assert (drawn[:, 1] == 2).all()
    assert cdf_agrees(drawn[:, 0], lambda at: np.interp(at, x, total))
    assert not cdf_agrees(drawn[:, 0] + 0.5, lambda at: np.interp(at, x, total))
