"""Gaussian mixture: scikit-learn's likelihood, the mixture's moments, weights and conditions."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from aegen.core.errors import InvalidInput
from aegen.core.progress import reporting
from aegen.samplers import _em, load, samplers
from tests.evidence import cdf_agrees, moments_agree, probability_agrees, same_distribution
from tests.example_codes import clusters, constant_column, tilted


def mixture(z, *, rng=0, **fields):
    return samplers.create("gaussian-mixture", **fields).fit(z, rng=rng)


def parts(model):
    """Shares, means and covariances in the codes' own units."""
    means = model.centre_ + model.scale_ * model.means_
    covariances = np.einsum("kij,klj->kil", model.factors_, model.factors_)
    return model.weights_, means, covariances * np.outer(model.scale_, model.scale_)


def test_one_component_is_the_gaussian():
    z = tilted(100)
    at = tilted(30, seed=1)
    one = samplers.create("gaussian").fit(z)
    model = mixture(z, components=1, floor=1e-9)
    assert model.score_samples(at) == pytest.approx(one.score_samples(at), rel=1e-6)
    assert same_distribution(model.sample(20_000, rng=1), one.sample(20_000, rng=2))


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_density_and_moments_against_the_parts(covariance):
    model = mixture(clusters(200, 2), components=3, covariance=covariance)
    shares, means, covariances = parts(model)
    at = clusters(40, 2, seed=2)
    each = [
        multivariate_normal(mean, cov).logpdf(at)
        for mean, cov in zip(means, covariances, strict=True)
    ]
    slow = logsumexp(np.log(shares)[:, None] + np.array(each), axis=0)
    assert model.score_samples(at) == pytest.approx(slow, rel=1e-9)
    mean = shares @ means
    spread = np.einsum("k,ki,kj->ij", shares, means - mean, means - mean)
    total = np.einsum("k,kij->ij", shares, covariances) + spread
    drawn = model.sample(50_000, rng=3)
    assert moments_agree(drawn, mean, total)
    assert not moments_agree(drawn, means.mean(axis=0), total)  # as if shares were equal
    assert not moments_agree(drawn, mean, 1.1 * total)


def test_clusters_are_found_again():
    model = mixture(clusters(600, 3, seed=4), components=3)
    assert model.converged_
    shares, means, covariances = parts(model)
    order = np.argsort(shares)
    assert shares[order] == pytest.approx([1 / 6, 1 / 3, 1 / 2], abs=0.01)
    assert means[order] == pytest.approx(np.array([[-4.0] * 3, [4.0] * 3, [0.0] * 3]), abs=0.15)
    assert np.sqrt(np.einsum("kii->ki", covariances)) == pytest.approx(0.3, abs=0.06)


def test_too_few_steps_are_told():
    assert not mixture(clusters(200, 3), components=9, steps=1).converged_


def test_more_components_than_codes():
    with pytest.raises(InvalidInput, match=r"at least 10 codes .* got 9: .*fewer components"):
        mixture(clusters(9, 2))


def test_it_climbs_as_high_as_scikit_learn():
    """Steps are theirs: from the same start, the same mixture."""
    from sklearn.mixture import GaussianMixture

    z = clusters(300, 2) + 0.8 * np.random.default_rng(0).normal(size=(300, 2))
    model = mixture(z, components=3, steps=500)
    x = (z - model.centre_) / model.scale_
    theirs = GaussianMixture(3, tol=1e-12, max_iter=500, reg_covar=1e-6, means_init=model.means_)
    theirs.weights_init = model.weights_
    precision = np.linalg.inv(np.einsum("kij,klj->kil", model.factors_, model.factors_))
    theirs.precisions_init = (precision + precision.transpose(0, 2, 1)) / 2
    theirs.fit(x)
    own = model.score(z) + np.log(model.scale_).sum()
    assert own == pytest.approx(theirs.score(x), abs=0.02)
    assert own > mixture(z, components=3, steps=1).score(z) + np.log(model.scale_).sum()
    few = mixture(z, components=3, steps=2)
    assert few.steps_ == 2


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
@pytest.mark.parametrize("d", [2, 5, 6])
def test_one_step_is_the_formula(covariance, d, monkeypatch):
    """Responsibilities, then weighted means and covariances, by the book and with weights."""
    monkeypatch.setattr(_em, "WIDE", 6)  # from which full covariances go by products
    rng = np.random.default_rng(0)
    x, weights = clusters(40, d), rng.random(40)
    weights /= weights.sum()
    k, full = 3, covariance == "full"
    means = rng.normal(size=(k, d))
    roots = [np.diag(1 + rng.random(d)) for _ in range(k)]
    if full:
        roots = [root + np.tril(rng.normal(size=(d, d)), -1) for root in roots]
    factors = np.array(roots)
    mixture = _em.MixtureParameters(np.array([0.2, 0.3, 0.5]), means, factors)
    mass, shift, spread, whole = _em._expectation(x, weights, mixture, full, lambda share: None)
    each = np.stack(
        [
            np.log(mixture.shares[c]) + multivariate_normal(means[c], root @ root.T).logpdf(x)
            for c, root in enumerate(roots)
        ]
    )
    share = np.exp(each - logsumexp(each, axis=0)) * weights
    assert mass == pytest.approx(share.sum(axis=1), rel=1e-12)
    assert whole == pytest.approx(weights @ logsumexp(each, axis=0), rel=1e-12)
    assert means + shift / mass[:, None] == pytest.approx(share @ x / mass[:, None], rel=1e-10)
    for c in range(k):
        away = x - means[c]
        slow = (away * share[c][:, None]).T @ away
        assert spread[c] == pytest.approx(slow if full else np.diag(np.diag(slow)), rel=1e-10)
    assert whole != pytest.approx(logsumexp(each, axis=0).mean(), rel=1e-3)


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_likelihood_never_falls(covariance):
    z = clusters(200, 2) + np.random.default_rng(0).normal(size=(200, 2))
    fitted = [mixture(z, components=4, covariance=covariance, steps=k) for k in (1, 2, 3, 5, 9)]
    tilted_components = [np.abs(np.tril(model.factors_, -1)).max() > 0 for model in fitted]
    assert tilted_components == [covariance == "full"] * 5
    scores = [model.score(z) for model in fitted]
    assert (np.diff(scores) > -1e-9).all()
    assert scores[-1] > scores[0] + 1e-3


@pytest.mark.parametrize("fields", [{}, {"covariance": "diagonal"}, {"components": "auto"}])
def test_whole_weights_are_repeated_rows(fields):
    z, times = clusters(90, 2), np.arange(90) % 3
    fields = {"components": 4} | fields
    one = samplers.create("gaussian-mixture", **fields).fit(z, sample_weight=times, rng=0)
    many = mixture(np.repeat(z, times, axis=0), **fields)
    at = clusters(30, 2, seed=1)
    assert one.components_ == many.components_
    assert one.score_samples(at) == pytest.approx(many.score_samples(at), rel=1e-8)
    assert mixture(z, **fields).score_samples(at) != pytest.approx(
        many.score_samples(at), rel=1e-3
    )


def test_the_number_of_components_is_what_held_out_codes_like():
    rng = np.random.default_rng(0)
    places = rng.normal(size=(5, 2)) * 10
    z = places[rng.integers(5, size=1200)] + 0.3 * rng.normal(size=(1200, 2))
    assert mixture(z, components="auto").components_ == 5
    assert mixture(tilted(400), components="auto").components_ == 1
    assert mixture(z, components="auto").sample(9, rng=0).tobytes() == (
        mixture(z, components="auto").sample(9, rng=0).tobytes()
    )
    # copies on both sides of the split would ask for a component on each of them
    copied = np.repeat(tilted(60), 20, axis=0)
    assert mixture(copied, components="auto").components_ <= 3
    assert mixture(np.ones((30, 2)), components="auto").components_ == 1
    assert mixture(tilted(5), components="auto").components_ == 1


@pytest.mark.parametrize("given", [{1: 0.7}, {0: 3.0, 2: 3.8}])
@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_conditions_against_the_formula(given, covariance, tmp_path):
    joint = mixture(clusters(150, 3) * [1, 5, 0.2], components=3, covariance=covariance)
    model = joint.condition(given)
    shares, means, covariances = parts(joint)
    known, free = list(given), [j for j in range(3) if j not in given]
    values = np.array([given[j] for j in known])
    at = model.sample(40, rng=0)
    under = [
        np.log(share) + multivariate_normal(mean[known], cov[np.ix_(known, known)]).logpdf(values)
        for share, mean, cov in zip(shares, means, covariances, strict=True)
    ]
    over = joint.score_samples(at)
    assert model.score_samples(at) == pytest.approx(over - logsumexp(under), rel=1e-8)
    weights = np.exp(np.array(under) - logsumexp(under))
    assert model.weights_ == pytest.approx(weights, rel=1e-8, abs=1e-12)
    mean, total = np.zeros(len(free)), np.zeros((len(free), len(free)))
    for share, own, cov in zip(weights, means, covariances, strict=True):
        slopes = cov[np.ix_(free, known)] @ np.linalg.inv(cov[np.ix_(known, known)])
        moved = own[free] + slopes @ (values - own[known])
        mean += share * moved
        rest = cov[np.ix_(free, free)] - slopes @ cov[np.ix_(known, free)]
        total += share * (rest + np.outer(moved, moved))
    total -= np.outer(mean, mean)
    drawn = model.sample(30_000, rng=1)
    assert (drawn[:, known] == values).all()
    assert moments_agree(drawn[:, free], mean, total)
    assert not moments_agree(joint.sample(30_000, rng=1)[:, free], mean, total)
    model.save(tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").sample(9, rng=2), model.sample(9, rng=2))


def test_conditional_draws_follow_the_density_on_a_grid():
    joint = mixture(clusters(200, 2) + np.random.default_rng(0).normal(size=(200, 2)))
    drawn = joint.condition({1: 2.0}).sample(30_000, rng=1)[:, 0]
    grid = np.linspace(-15, 15, 6001)

    def cdf_given(value):
        density = np.exp(joint.score_samples(np.column_stack([grid, np.full(6001, value)])))
        below = np.cumsum(density)
        return lambda x: np.interp(x, grid, below / below[-1])

    assert cdf_agrees(drawn, cdf_given(2.0))
    assert not cdf_agrees(drawn, cdf_given(2.5))


def test_far_outside_one_component_is_left_and_nothing_overflows():
    joint = mixture(clusters(200, 3), components=3)
    for far in (1e3, 1e12, 1e99):
        model = joint.condition({0: far})
        assert model.weights_.max() == pytest.approx(1)
        assert model.weights_.sum() == pytest.approx(1)
        drawn = model.sample(50, rng=0)
        assert np.isfinite(drawn).all()
        assert not np.isnan(model.score_samples(drawn)).any()
    cluster = joint.condition({0: 4.0}).sample(5000, rng=0)
    assert probability_agrees(np.abs(cluster[:, 1] - 4) < 2, 1.0)


def test_a_constant_coordinate_only_takes_its_own_value():
    model = mixture(constant_column(80), components=2)
    assert (model.condition({0: 2.0}).sample(9, rng=0)[:, 1] == 7.1).all()
    at = constant_column(80)[:9]
    two = mixture(constant_column(80)[:, [0, 2]], components=2)
    assert model.condition({1: 7.1}).score_samples(at) == pytest.approx(
        two.score_samples(at[:, [0, 2]])
    )
    with pytest.raises(InvalidInput, match=r"own value, 7\.1, not 7"):
        model.condition({1: 7.0})
    with pytest.raises(InvalidInput, match="no density"):
        model.condition({0: 2.0}).score_samples(at)


def test_progress_is_told_and_a_listener_can_stop_the_fit():
    told = []
    with reporting(lambda share, text: told.append((share, text))):
        mixture(clusters(300, 2), components="auto")
    assert all(0 <= a[0] <= 1 for a in told)
    assert any(text.startswith("trying 5 components, step") for _, text in told)
    assert "step" in told[-1][1]

    def stop(share, text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), reporting(stop):
        mixture(clusters(300, 2))


@pytest.mark.parametrize("wide", [3, 4])
def test_parts_and_threads_change_no_byte(wide, monkeypatch):
    monkeypatch.setattr(_em, "WIDE", wide)
    monkeypatch.setattr(_em, "PART", 2000)
    z = clusters(700, 3)
    found = set()
    for cores in (1, 2, 5):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, k=cores: range(k), raising=False)
        model = mixture(z, components=6)
        found.add(model.sample(200, rng=1).tobytes() + model.score_samples(z).tobytes())
    assert len(found) == 1
