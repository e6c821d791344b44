"""Frozen weights: exact values that must never change, sizes as declared, signs that are fair."""

import hashlib

import numpy as np
import pytest
from scipy import integrate, stats

from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask.frozen_weights import (
    ELU_GAIN,
    INITIALISERS,
    fans,
    frozen,
    frozen_signs,
    initial_scores,
    kappa_for,
    scale,
)
from aegen.supermask.standardisation import standardised

PINNED = {
    "signed-elu-scaled": "d934b2b292bc4e9c",
    "uniform-he": "c3f9589ff29fddb5",
}
"""sha256 of the layer below; tickets everywhere depend on them."""


@pytest.mark.parametrize("initialiser", PINNED)
def test_bits_are_those_of_all_tickets(initialiser):
    weights = frozen(initialiser, (100, 300), kappa=6, seed=3, layer=1)
    content = weights.astype("<f4").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == PINNED[initialiser]


@pytest.mark.parametrize("initialiser", INITIALISERS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (5, 3, 3, 3), (300, 784), (1025, 1100)])
def test_signs_are_those_of_the_weights(initialiser, shape):
    weights = frozen(initialiser, shape, kappa=6, seed=3, layer=1)
    signs = frozen_signs(initialiser, shape, seed=3, layer=1)
    assert signs.dtype == np.int8
    assert np.array_equal(signs, 1 - 2 * np.signbit(weights).astype(np.int8))


def test_scores_are_those_of_all_trainings():
    content = initial_scores((100, 300), seed=3, layer=1).astype("<f4").tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "0241fffd5a21ce14"


@pytest.mark.parametrize("initialiser", INITIALISERS)
def test_variance_is_the_declared_one(initialiser):
    shape = (64, 32, 3, 3)
    weights = frozen(initialiser, shape, kappa=3, seed=0, layer=0).astype(np.float64)
    c = scale(initialiser, shape, 3)
    if initialiser.startswith("signed"):
        assert np.unique(np.abs(weights)).tolist() == [np.float32(c)]
    # 18,432 draws: a uniform's variance is known to 0.7 %, so 4 % is beyond five deviations.
    assert abs(weights.var() / c**2 - 1) < 0.04
    assert abs(weights.mean()) < 5 * c / np.sqrt(weights.size)


def test_declared_variances():
    shape = (100, 50)
    assert scale("signed-he", shape) ** 2 == pytest.approx(2 / 50)
    assert scale("signed-xavier", shape) ** 2 == pytest.approx(2 / 150)
    assert scale("signed-elu", shape) ** 2 == pytest.approx(1.5 / 50)
    assert scale("signed-elu-scaled", shape, 6) ** 2 == pytest.approx(6 / 50)


def test_constant_of_elu_is_right():
    def square(z):
        return (z if z > 0 else np.expm1(z)) ** 2 * stats.norm.pdf(z)

    moment = integrate.quad(square, -12, 0)[0] + integrate.quad(square, 0, 12)[0]
    assert moment == pytest.approx(0.644945, abs=1e-6)
    assert pytest.approx(1 / moment, abs=2e-6) == ELU_GAIN


@pytest.mark.parametrize("active", [0.25, 0.6, 0.9])
def test_kappa_keeps_a_signal_s_size(active):
    rng = np.random.default_rng(0)
    weights = frozen("signed-elu-scaled", (256, 512), kappa=kappa_for(active), seed=0, layer=0)
    left = weights * (rng.random(weights.shape) < active)
    out = rng.normal(size=(200, 512)) @ left.T
    out = np.where(out > 0, out, np.expm1(out))
    assert 0.7 < (out**2).mean() < 1.4
    wrong = frozen("signed-elu-scaled", (256, 512), kappa=4 * kappa_for(active), seed=0, layer=0)
    out = rng.normal(size=(200, 512)) @ (wrong * (rng.random(wrong.shape) < active)).T
    assert (np.where(out > 0, out, np.expm1(out)) ** 2).mean() > 1.4


def test_layers_and_seeds_differ():
    first = frozen("signed-he", (64, 64), seed=0, layer=0)
    for seed, layer in ((0, 1), (1, 0)):
        same = (frozen("signed-he", (64, 64), seed=seed, layer=layer) == first).mean()
        assert abs(same - 0.5) < 5 * 0.5 / 64


def test_bad_input_is_refused():
    with pytest.raises(UnknownName, match="signed-he"):
        frozen("signed-hee", (4, 4), seed=0, layer=0)
    with pytest.raises(InvalidInput, match="kappa"):
        frozen("signed-elu-scaled", (4, 4), seed=0, layer=0)
    with pytest.raises(InvalidInput, match="0 or more"):
        frozen("signed-he", (4, 4), seed=-1, layer=0)
    with pytest.raises(InvalidInput, match="active share"):
        kappa_for(0.0)
    with pytest.raises(InvalidInput, match="shape"):
        fans((4,))


def test_standardised_images_have_mean_0_and_deviation_1():
    x = np.random.default_rng(0).integers(0, 256, (7, 9, 9, 3), dtype=np.uint8)
    x[3] = 200  # a picture of one grey
    found = standardised(x)
    wide = x.astype(np.float64).reshape(7, -1)
    least = 1 / np.sqrt(wide.shape[1])
    deviation = np.maximum(wide.std(axis=1, keepdims=True), least)
    expected = (wide - wide.mean(axis=1, keepdims=True)) / deviation
    np.testing.assert_allclose(found.reshape(7, -1), expected, rtol=1e-5, atol=1e-6)
    assert found.dtype == np.float32
    assert not found[3].any()
    with pytest.raises(InvalidInput, match="uint8"):
        standardised(x / 255)
