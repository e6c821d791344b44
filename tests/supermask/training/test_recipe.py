"""Recipes: every setting is declared with its range, and schedules are the paper's."""

from dataclasses import asdict

import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.parameters import parameters
from aegen.supermask import Recipe, paper_recipe
from aegen.supermask.training.recipe import MaskRecipe, factor, recipe_of, stops, tuned_recipe


@pytest.mark.parametrize("kind", [Recipe, MaskRecipe])
def test_every_setting_is_declared(kind):
    assert [p.name for p in parameters(kind)] == list(asdict(kind()))
    assert {p.name: p.default for p in parameters(kind)} == asdict(kind())


def test_both_kinds_declare_the_same_of_what_they_share():
    one, other = ({p.name: p.field for p in parameters(k)} for k in (Recipe, MaskRecipe))
    shared = one.keys() & other.keys()
    assert shared == {"epochs", "batch", "learning_rate", "decay", "threshold", "kappa", "seed"}
    assert all(one[name] == other[name] for name in shared)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0},
        {"learning_rate": 0.0},
        {"decay": 1.0},
        {"threshold": float("nan")},
        {"kappa": -1.0},
        {"rule": "sign"},
        {"schedule": "steps"},
        {"share": 1.5},
        {"batch": 2.5},
        {"momentum": 1.0},
    ],
)
def test_recipe_out_of_range_is_refused(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        Recipe(**changes)


def test_scale_is_learned_only_where_there_is_a_kappa():
    with pytest.raises(InvalidInput, match="signed-he has no kappa"):
        Recipe(initialiser="signed-he", learned_scale=True)


@pytest.mark.parametrize(
    "changes",
    [{"epochs": 0}, {"decay": 1.0}, {"first_decay": -0.1}, {"rise": 0.0}, {"kappa": 0.0}],
)
def test_mask_recipe_out_of_range_is_refused(changes):
    with pytest.raises(InvalidInput, match=next(iter(changes))):
        MaskRecipe(**changes)


def test_exponential_schedule_is_continuous():
    settings = Recipe(rate=0.9, every=10)
    assert factor(settings, 0) == 1
    assert factor(settings, 5) == pytest.approx(0.9**0.5)
    assert factor(settings, 20) == pytest.approx(0.81)


def test_cosine_and_constant():
    assert factor(Recipe(schedule="cosine", epochs=10), 5) == pytest.approx(0.5)
    assert factor(Recipe(schedule="cosine", epochs=10), 10) == pytest.approx(0)
    assert factor(Recipe(schedule="constant"), 7) == 1


def test_plateau_waits_and_rests_and_ends():
    settings = Recipe(schedule="plateau", rate=0.2, epochs=999)
    falling = [1 / (1 + k) for k in range(30)]
    assert factor(settings, 30, falling) == 1
    assert factor(settings, 45, [*falling, *[1.0] * 14]) == 1
    assert factor(settings, 45, [*falling, *[1.0] * 15]) == pytest.approx(0.2)
    assert factor(settings, 60, [*falling, *[1.0] * 30]) == pytest.approx(0.2)
    assert factor(settings, 80, [*falling, *[1.0] * 50]) == pytest.approx(0.04)
    assert not stops(settings, [*falling, *[1.0] * 50])
    assert stops(settings, [*falling, *[1.0] * 200])


def test_paper_s_recipes():
    assert paper_recipe("fcn").kappa == 6
    assert paper_recipe("conv2").learning_rate == 0.04
    assert paper_recipe("conv2").kappa is None
    assert paper_recipe("resnet20").relative
    assert paper_recipe("fcn", "dense").learning_rate == 0.01
    assert paper_recipe("fcn", epochs=None).epochs == 100


def test_tuned_recipes_end_at_zero_and_leave_baselines_alone():
    for network in ("fcn", "conv2", "conv4", "resnet20", "one-of-mine"):
        tuned = tuned_recipe(network)
        assert factor(tuned, tuned.epochs) == pytest.approx(0)
        assert tuned.epochs < paper_recipe("conv2").epochs
    assert tuned_recipe("fcn", "binary") == tuned_recipe("fcn", rule="binary")
    assert tuned_recipe("fcn", "dense") == paper_recipe("fcn", "dense")
    assert tuned_recipe("conv2", epochs=None).decay > tuned_recipe("conv2", decay=1e-3).decay


def test_recipes_have_words():
    assert recipe_of("tuned", "conv2") == tuned_recipe("conv2")
    assert recipe_of("paper", "fcn", "top-k") == paper_recipe("fcn", "top-k")
    with pytest.raises(UnknownName, match="did you mean 'tuned'"):
        recipe_of("tunde", "fcn")
