"""Draws for targets: every strategy gives what was wanted, with figures that are true."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from aegen.core.errors import InvalidInput
from aegen.samplers import NotFitted, samplers
from aegen.targeting import draw, share


def fitted(name, clusters, **fields):
    return samplers.create(name, **fields).fit(clusters.codes, rng=0)


def truth(z):
    """Colour and shape of codes, as clusters are made."""
    return np.where(z[:, 0] > 0, "blue", "red"), np.where(z[:, 1] > 0, "square", "round")


COPULA = ("empirical-beta-copula", {"degree": 20})
MIXTURE = ("gaussian-mixture", {"components": 5})


@pytest.mark.parametrize(
    ("model", "strategy", "named"),
    [
        (COPULA, "auto", "rows"),
        (COPULA, "refit", "refit"),
        (COPULA, "resample", "resample"),
        (COPULA, "reject", "reject"),
        (MIXTURE, "auto", "refit"),
        (MIXTURE, "resample", "resample"),
        (MIXTURE, "refit", "refit"),
        (("gaussian", {}), "reject", "reject"),
    ],
)
def test_every_strategy_finds_what_was_wanted(clusters, model, strategy, named):
    sampler = fitted(model[0], clusters, **model[1])
    made = draw(sampler, "colour=blue", 50, bundle=clusters, rng=0, strategy=strategy)
    assert made.strategy == named
    assert made.codes.shape == (50, 4)
    assert (truth(made.codes)[0] == "blue").all()
    assert not made.short
    assert made.tried >= made.tested >= made.accepted >= 50
    assert made.matching == (clusters.attributes.colour == "blue").sum()
    # the same check refuses draws without a target
    assert not (truth(sampler.sample(50, rng=0))[0] == "blue").all()


def test_rows_are_those_that_draws_started_from(clusters):
    sampler = fitted("bootstrap", clusters)
    made = draw(sampler, "colour=blue and size>0", 40, bundle=clusters, rng=0)
    assert (clusters.codes[made.rows] == made.codes).all()
    assert made.parents == len(set(made.rows))
    assert (clusters.attributes.colour.to_numpy()[made.rows] == "blue").all()


def test_resampling_and_rejecting_have_one_law(clusters):
    """Both are the model's law where the target holds; starting from rows is another."""
    sampler = fitted("gaussian", clusters)
    found = {
        strategy: draw(
            sampler, "colour=blue", 600, bundle=clusters, rng=1, strategy=strategy
        ).codes
        for strategy in ("reject", "resample", "refit")
    }
    plain = sampler.sample(20_000, rng=2)
    wanted = plain[plain[:, 0] > 0]

    def alike(codes):
        return min(ks_2samp(codes[:, j], wanted[:, j]).pvalue for j in range(4)) > 1e-3

    assert alike(found["reject"])
    assert alike(found["resample"])
    assert not alike(found["refit"])


def test_a_fixed_coordinate_is_exact_and_goes_with_other_parts(clusters):
    for name, fields in (COPULA, MIXTURE):
        sampler = fitted(name, clusters, **fields)
        made = draw(sampler, "z2=0.5 and colour=blue", 20, bundle=clusters, rng=0)
        assert made.strategy.startswith("condition + ")
        assert (made.codes[:, 2] == 0.5).all()
        assert (truth(made.codes)[0] == "blue").all()
        alone = draw(sampler, "z2=0.5", 20, bundle=clusters, rng=0)
        assert alone.strategy == "condition"
        assert len(set(truth(alone.codes)[0])) == 2
    with pytest.raises(InvalidInput, match="two values"):
        draw(sampler, "z2=0.5 and z2=0.6", 4, bundle=clusters, rng=0)


def test_a_model_that_was_conditioned_stays_so(clusters):
    sampler = fitted("gaussian", clusters).condition({2: 0.5})
    made = draw(sampler, "colour=red", 30, bundle=clusters, rng=0)
    assert made.strategy == "resample"
    assert (made.codes[:, 2] == 0.5).all()
    for strategy in ("refit", "compose"):
        with pytest.raises(InvalidInput, match="would lose"):
            draw(sampler, "colour=red", 4, bundle=clusters, strategy=strategy)
    with pytest.raises(InvalidInput, match="would lose"):
        draw(
            fitted("gaussian", clusters), "z2=1 and colour=red", bundle=clusters, strategy="refit"
        )
    unseen = draw(sampler, "colour=blue and shape=square", 4, bundle=clusters, rng=0, tries=300)
    assert unseen.strategy == "resample"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(clusters):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])

    def codes(seed):
        return draw(sampler, "inside pca box 0,-4 4,0", 30, bundle=clusters, rng=seed).codes

    assert codes(3).tobytes() == codes(3).tobytes()
    assert codes(3).tobytes() != codes(4).tobytes()


@pytest.mark.parametrize(
    "polygon", ["1,-5 5,-5 5,-1", "-5,-5 5,-5 5,5 4,5 4,-4 -5,-4", "-5,0 0,5 5,0 0,4"]
)
def test_all_draws_lie_inside_convex_and_concave_outlines(clusters, polygon):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    made = draw(sampler, f"inside pca {polygon}", 64, bundle=clusters, rng=0)
    assert not made.short
    assert share(clusters, made.target, made.codes) == 1
    assert share(clusters, made.target, sampler.sample(500, rng=0)) < 0.9
    assert clusters.decoded == 0


def test_running_out_of_tries_is_told(clusters):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    empty = draw(sampler, "inside pca box 900,900 901,901", 8, bundle=clusters, rng=0)
    assert (len(empty), empty.short, empty.strategy) == (0, True, "reject")
    assert "no training row matches" in empty.caution
    assert "only 0 of 8" in empty.caution
    assert empty.images.shape == (0, 1, 4, 1)
    assert empty.tested == 10_000
    few = draw(sampler, "colour=blue", 50, bundle=clusters, rng=0, tries=10)
    assert few.tested == 10
    assert 0 < len(few) <= 10
    assert few.short
    assert "more tries" in few.caution
    none = draw(sampler, "colour=none", 5, bundle=clusters, rng=0)
    assert none.short


def test_rows_that_are_all_equally_far_from_a_probability_do_not_match(clusters):
    made = draw(
        fitted(COPULA[0], clusters, **COPULA[1]),
        "probability colour=none >= 0.9",
        4,
        bundle=clusters,
        rng=0,
        tries=50,
    )
    assert made.matching == 0
    assert "no training row matches" in made.caution


def test_places_that_plain_draws_hardly_reach_are_given_up(clusters):
    gaussian = fitted("gaussian", clusters)
    made = draw(gaussian, "near row 5 within 1e-6", 4, bundle=clusters, rng=0, tries=1000)
    assert (len(made), made.strategy) == (0, "resample")
    assert made.tried <= 10 * 1000 + 4096


def test_one_matching_row_is_told(clusters):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    made = draw(sampler, "near row 5 within 0.7", 4, bundle=clusters, rng=0)
    rows = int((np.linalg.norm(clusters.codes - clusters.codes[5], axis=1) <= 0.7).sum())
    assert made.effective_rows == pytest.approx(rows)
    assert rows < 10
    assert "little more than those rows" in made.caution
    many = draw(sampler, "colour=red", 4, bundle=clusters, rng=0)
    assert many.caution is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour=red and colour=blue", "at once"),
        ("colour=red and not colour=red", "exclude each other"),
        ("large=yes and not large=TRUE", "exclude each other"),
        ("large=1 and large=no", "cannot be yes and no at once"),
    ],
)
def test_contradictions_are_told(clusters, text, says):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    with pytest.raises(InvalidInput, match=says):
        draw(sampler, text, 4, bundle=clusters, rng=0)


def test_strategies_that_do_not_suit_are_refused(clusters):
    mixture = fitted(MIXTURE[0], clusters, **MIXTURE[1])
    for strategy, says in (
        ("rows", "does not draw from rows"),
        ("condition", "fixed coordinate"),
        ("magic", "auto, rows"),
    ):
        with pytest.raises(InvalidInput, match=says):
            draw(mixture, "colour=red", 4, bundle=clusters, rng=0, strategy=strategy)
    with pytest.raises(InvalidInput, match="bundle="):
        draw(mixture, "colour=red", 4)
    with pytest.raises(NotFitted):
        draw(samplers.create("kde"), "colour=red", 4, bundle=clusters)
    with pytest.raises(InvalidInput, match="2 dimensions"):
        draw(samplers.create("kde").fit(clusters.codes[:, :2]), "colour=red", 4, bundle=clusters)
    margins = fitted("independent-margins", clusters)
    with pytest.raises(InvalidInput, match="matches"):
        draw(margins, "colour=none", 4, bundle=clusters, strategy="refit")


def test_what_the_classifier_misses_in_rows_may_be_missed_in_draws(clusters):
    """A classifier calls the outer blue ones red: real rows say how many such draws to keep."""
    exact = clusters.classify

    def blind(x):
        far = clusters.encode(x)[:, 0] > 4
        found = exact(x)
        found["colour"][far] = [1, 0, 0]
        return found

    clusters.classify = blind
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    rows = clusters.codes[clusters.attributes.colour == "blue"]
    missed = np.mean(rows[:, 0] > 4)
    assert 0.1 < missed < 0.3
    made = draw(sampler, "colour=blue", 200, bundle=clusters, rng=0, max_misclassified=0.5)
    assert 0.5 * missed < made.doubtful / 200 <= missed + 0.05
    assert made.share == pytest.approx(1 - made.doubtful / 200)
    assert (truth(made.codes)[0] == "blue").mean() > 0.9
    assert (made.codes[:, 0] > 4).any()
    capped = draw(sampler, "colour=blue", 200, bundle=clusters, rng=0, max_misclassified=0.05)
    assert capped.doubtful <= 10
    strict = draw(sampler, "colour=blue", 200, bundle=clusters, rng=0, max_misclassified=0)
    assert (strict.doubtful, strict.share) == (0, 1)
    assert not (strict.codes[:, 0] > 4).any()
    placed = draw(
        sampler, "colour=blue and z3>0", 200, bundle=clusters, rng=0, max_misclassified=0.5
    )
    assert placed.doubtful > 0
    assert (placed.codes[:, 3] > 0).all()


def test_nothing_and_anything_are_drawn(clusters):
    sampler = fitted(COPULA[0], clusters, **COPULA[1])
    assert len(draw(sampler, "colour=red", 0, bundle=clusters, rng=0)) == 0
    made = draw(sampler, "anything", 7, bundle=clusters, rng=0)
    assert (len(made), made.share) == (7, 1)
