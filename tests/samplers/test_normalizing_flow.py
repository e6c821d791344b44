"""Flows: the density against the Jacobian and grids, draws and conditions against the density."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from aegen.samplers import samplers
from aegen.samplers.normalizing_flow import _unbent
from tests.evidence import cdf_agrees, probability_agrees
from tests.example_codes import clusters, tilted

KINDS = {"spline": 2, "realnvp": 4}
"""Each with as many maps as are enough here."""
kinds = pytest.mark.parametrize("kind", KINDS)


def bent(n=1500, *, seed=0):
    """Normal codes (n, 2) bent to a parabola, and their mean log-density."""
    e = np.random.default_rng(seed).normal(size=(n, 2))
    z = np.column_stack([e[:, 0], e[:, 0] ** 2 + 0.3 * e[:, 1]])
    return z, norm.logpdf(e).sum(axis=1).mean() - np.log(0.3)


def flow(kind, **fields):
    return samplers.create("normalizing-flow", kind=kind, **{"transforms": KINDS[kind]} | fields)


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    return flow(request.param, epochs=8).fit(bent()[0], rng=0)


def grid(model):
    """A grid of cells that holds the bent codes, and the density there: x, y, f (x, y)."""
    x, y = np.linspace(-6, 6, 150), np.linspace(-9, 24, 300)
    places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    return x, y, np.exp(model.score_samples(places)).reshape(len(x), len(y))


def test_the_bend_is_learned(model):
    """A Gaussian loses more than a nat here, a flow a small part of one."""
    fresh, true = bent(4000, seed=1)
    gaussian = samplers.create("gaussian").fit(bent()[0])
    assert gaussian.score(fresh) < true - 1
    assert true - 0.25 < model.score(fresh) < true + 0.1


def test_density_is_normal_density_times_jacobian(model):
    z = bent(5, seed=2)[0]
    x = torch.from_numpy((z - model.centre_) / model.scale_)
    chain = model._network()().transform
    volumes = [torch.func.jacrev(chain)(row).det().abs().log().item() for row in x]
    base = norm.logpdf(chain(x).numpy()).sum(axis=1) - np.log(model.scale_).sum()
    assert model.score_samples(z) == pytest.approx(base + volumes, rel=1e-10)
    assert model.score_samples(z) != pytest.approx(base, abs=0.1)


def test_before_any_training_it_is_a_normal_distribution():
    for kind in KINDS:
        still = flow(kind, transforms=None, epochs=1, learning_rate=1e-12)
        z = tilted()
        scores = still.fit(z, rng=0).score_samples(z)
        assert scores == pytest.approx(norm.logpdf(z, z.mean(0), z.std(0)).sum(1), abs=1e-6)


def test_density_integrates_to_one_and_draws_follow_it(model):
    x, y, density = grid(model)
    total = np.trapezoid(np.trapezoid(density, y), x)
    assert total == pytest.approx(1, abs=2e-3)
    drawn = model.sample(20_000, rng=3)
    left = x <= -0.5
    probability = np.trapezoid(np.trapezoid(density[left][:, y < 2], y[y < 2]), x[left])
    inside = (drawn[:, 0] < x[left][-1]) & (drawn[:, 1] < y[y < 2][-1])
    assert probability_agrees(inside, probability)
    assert not probability_agrees(inside, probability + 0.04)


@kinds
def test_one_dimension(kind):
    """Draws follow the density; three clusters need a spline."""
    z = clusters(600, 1)
    model = flow(kind, epochs=8).fit(z, rng=0)
    x = np.linspace(-15, 15, 5_001)
    f = np.exp(model.score_samples(x[:, None]))
    total = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * (x[1] - x[0]))])
    assert total[-1] == pytest.approx(1, abs=1e-4)
    drawn = model.sample(20_000, rng=1)
    assert cdf_agrees(drawn, lambda at: np.interp(at, x, total))
    bends = np.diff(model.score_samples(np.linspace(-6, 6, 50)[:, None]), 3)
    assert (np.abs(bends).max() < 1e-9) == (kind == "realnvp")


@pytest.mark.parametrize("at", [1.2, 4.0])
def test_the_conditional_law(model, at):
    """Against the joint density along a line, also where hardly a code is."""
    y = np.linspace(-30, 80, 2_201)
    logs = model.score_samples(np.column_stack([np.full(len(y), at), y]))
    f = np.exp(logs - logs.max())
    total = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2)])
    total /= total[-1]
    law = model.condition({0: at}, rng=0)
    assert law.effective_rows() > 3000
    drawn = law.sample(3000, rng=1)
    assert (drawn[:, 0] == at).all()
    assert cdf_agrees(drawn[:, 1], lambda value: np.interp(value, y, total))
    assert not cdf_agrees(drawn[:, 1] + 0.3, lambda value: np.interp(value, y, total))


def test_inverse_is_zukos_own(model):
    y = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 2)) * 2)
    chain = model._network()
    assert torch.allclose(_unbent(chain, y), chain().transform.inv(y), rtol=1e-12)
    assert torch.allclose(chain().transform(_unbent(chain, y)), y, atol=1e-8)


def test_constant_columns_stay_out_of_it():
    """What is learned about the others is the same with them and without."""
    z = tilted()
    still = np.column_stack([z[:, 0], np.full(len(z), 7.1), z[:, 1]])
    one, two = (
        samplers.create("normalizing-flow", epochs=2).fit(codes, rng=0) for codes in (z, still)
    )
    assert np.array_equal(one.parameters_, two.parameters_)
    assert np.array_equal(one.sample(20, rng=0), two.sample(20, rng=0)[:, [0, 2]])
