"""A task gives the same figures wherever it is done, and says what it could not do."""

from dataclasses import replace

import numpy as np
import pytest

from aegen.comparison import HELD_OUT, REFERENCES, Candidate, metric_specs, tasks
from aegen.comparison.reference_rows import ReferenceSet
from aegen.comparison.task import SHOWN, Task, perform

KEYS = (
    "codes/nearest-neighbour-accuracy",
    "features/nearest-neighbour-accuracy",
    "pixels/sliced-wasserstein",
    "codes/distance-ratio",
    "codes/parent-share",
    "densities/log-likelihood",
    "left-out/nearest-neighbour-worse-half",
    "left-out/distance-ratio",
)
MEASURED = metric_specs(KEYS)
DETAILS = tuple(detail.key for spec in MEASURED for detail in spec.details())
LEFT_OUT = KEYS[6:]


@pytest.fixture
def task(bars):
    return Task(bars, Candidate("kde"), 0, 60, MEASURED)


def values(result):
    return {key: figure.value for key, figure in result.figures.items()}


def test_the_same_task_gives_the_same_figures(task):
    one, again = perform(task), perform(task)
    assert one.problem is None
    assert set(one.figures) == {*KEYS, *DETAILS}
    assert values(one) == values(again)
    assert np.array_equal(one.images, again.images)
    assert values(perform(replace(task, seed=1))) != values(one)


def test_figures_are_those_of_the_library_by_hand(task):
    reference_set = ReferenceSet.open(task.bundle, task.draws)
    result = perform(task)
    model = reference_set.bundle.model("kde", rng=0)
    draw = model.sample(reference_set.size, rng=0)
    reference = reference_set.bundle.holdout[reference_set.reference(0)]
    metric = MEASURED[0].make()
    assert result.figures[KEYS[0]].value == metric(reference, draw.codes)
    ratio = MEASURED[3].make()(reference, draw.codes, training=reference_set.bundle.codes)
    assert result.figures[KEYS[3]].value == ratio
    likelihood = model.sampler.score_samples(reference).mean()
    assert result.figures[KEYS[5]].value == pytest.approx(likelihood)
    assert result.size == reference_set.size == 60
    assert result.images.shape == (SHOWN, 16, 16, 1)
    assert np.array_equal(result.codes, draw.codes[:SHOWN])
    assert np.array_equal(result.parents, draw.rows[:SHOWN])
    assert perform(replace(task, candidate=Candidate("gaussian"))).parents is None
    assert perform(replace(task, codes=len(reference_set.bundle.codes))).parents is None
    # The halves are beside the accuracy.
    assert [result.figures[f"{KEYS[0]}-{half}"].value for half in ("real", "generated")] == list(
        metric.parts(reference, draw.codes)
    )


def test_left_out_training_codes_are_a_reference_of_a_model_that_has_not_seen_them(task):
    reference_set = ReferenceSet.open(task.bundle, task.draws)
    kept = reference_set.left_out(0)
    worse, ratio = MEASURED[6].make(), MEASURED[7].make()
    training = kept.training.reference
    drawn = task.candidate.make().fit(training, rng=0).sample(len(kept.reference), rng=0)
    for candidate, made in ((task.candidate, drawn), (HELD_OUT, kept.others)):
        result = perform(replace(task, candidate=candidate))
        assert result.figures[LEFT_OUT[0]].value == worse(kept.reference, made)
        found = result.figures[LEFT_OUT[1]].value
        assert found == ratio(kept.reference, made, training=training)
    # A model of all codes would draw copies of the reference.
    copies = perform(replace(task, candidate=Candidate("bootstrap")))
    assert copies.figures[LEFT_OUT[1]].value == 0
    assert copies.figures[LEFT_OUT[0]].value < 0.3  # 1/2 were the reference among the copies
    few = perform(replace(task, codes=25))
    assert "few codes are compared with held-out codes" in few.missing[LEFT_OUT[0]]


def test_times_are_those_of_a_second_call(task, monkeypatch):
    """By a clock of our own: the first fit takes 100 s, as do a model's first draws."""
    from aegen.comparison import task as module
    from aegen.samplers.kde import KDE

    now, fitted, sample, fit = [0.0], [], KDE.sample_rows, KDE.fit

    def slow_fit(self, z, **given):
        now[0] += 100 if not fitted else 3
        fitted.append(self)
        return fit(self, z, **given)

    def slow_sample(self, n, **given):
        now[0] += 1 if hasattr(self, "drawn") else 100
        self.drawn = True
        return sample(self, n, **given)

    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(KDE, "fit", slow_fit)
    monkeypatch.setattr(KDE, "sample_rows", slow_sample)
    for measured, first in ((MEASURED, 200 - 4), (MEASURED[:1], 200 + 99)):
        fitted.clear()
        result = perform(replace(task, metric_specs=measured))
        assert result.problem is None
        assert len(fitted) == 2
        assert (result.fit_seconds, result.draw_seconds) == (3, 1)
        assert result.first_seconds == first


def test_what_a_model_cannot_tell_is_missing_with_its_reason(task):
    gaussian = perform(replace(task, candidate=Candidate("gaussian")))
    assert gaussian.missing == {"codes/parent-share": "its draws do not start from training rows"}
    held_out = perform(replace(task, candidate=HELD_OUT))
    assert set(held_out.missing) == {"codes/parent-share", "densities/log-likelihood"}
    assert held_out.missing["densities/log-likelihood"] == "it has no density"
    # Rows of a bundle are no copies: they are as far from the training rows as the reference.
    assert 0.5 < held_out.figures["codes/distance-ratio"].value < 2


def test_copying_shows(task):
    copies = perform(replace(task, candidate=Candidate("bootstrap")))
    assert copies.figures["codes/distance-ratio"].value == 0
    assert copies.figures["codes/parent-share"].value == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bundle": "no-such"}, "no bundle named 'no-such'"),
        ({"draws": 3}, "draws must be a whole number of 20"),
        ({"candidate": Candidate("kde", (("bandwidth", -1.0),))}, "bandwidth must be"),
        ({"codes": 100_000}, "codes must be a whole number from 2 to 200"),
        ({"data": "/no/such"}, "no data set named 'bars'"),
    ],
)
def test_what_goes_wrong_is_a_sentence_in_the_result(task, changes, message):
    result = perform(replace(task, **changes))
    assert message in result.problem
    assert not result.figures


def test_times_are_warmed_up_without_refusing_what_only_many_codes_allow(bars):
    # A degree above the codes of the warm-up is fine where the bundle has as many.
    from aegen.comparison import task as module

    degree = Candidate.of("empirical-beta-copula", {"degree": 190})
    asked = Task(bars, degree, 0, 60, MEASURED[:1])
    kept, module.WARM = module.WARM, 100
    try:
        assert perform(asked).problem is None
    finally:
        module.WARM = kept


def test_codes_that_cannot_be_decoded_keep_their_figures_in_codes(task):
    from aegen.comparison.task import _Drawn, _Part, measure

    reference_set = ReferenceSet.open(task.bundle, task.draws)
    far = np.full((reference_set.size, 3), 1e39)  # beyond float32
    far += np.arange(3 * reference_set.size).reshape(-1, 3) * 1e36
    few = replace(task, metric_specs=MEASURED[:3])
    result = measure(few, reference_set, _Drawn((_Part(far, reference_set.bundle.neighbours()),)))
    assert result.problem is None
    assert result.images is None
    assert result.figures["codes/nearest-neighbour-accuracy"].value == 1
    assert "too large to decode" in result.missing["pixels/sliced-wasserstein"]


def test_one_metric_that_breaks_leaves_the_others(task, monkeypatch):
    from aegen.metrics.distance_ratio import DistanceRatio

    def broken(self, *_, **__):
        raise MemoryError("by hand")

    monkeypatch.setattr(DistanceRatio, "_measure", broken)
    result = perform(task)
    assert "Distance ratio in left-out codes: MemoryError('by hand')" in result.problem
    lost = {"codes/distance-ratio", "left-out/distance-ratio"}
    assert set(result.figures) == {*KEYS, *DETAILS} - lost


def test_a_bundle_that_was_replaced_is_another_one(tmp_path):
    from aegen.comparison import Store
    from tests.tiny_bundle import tiny_bundle, tiny_images

    folder = tmp_path / "bars"
    asked = Task(str(folder), Candidate("kde"), 0, 20, MEASURED[:1])
    results = []
    for seed in (0, 1):
        tiny_bundle(folder, image_set=tiny_images(60, 50, seed=seed))
        results.append(perform(asked))
    first, second = results
    assert first.contents != second.contents
    assert values(first) != values(second)
    store = Store(tmp_path / "kept")
    store.keep(first)  # it was measured on what is there no longer
    assert store.find(asked) is None
    store.keep(second)
    assert values(store.find(asked)) == values(second)


def test_a_model_that_breaks_is_a_result_too(task, monkeypatch):
    from aegen.samplers.kde import KDE

    def broken(self, *_, **__):
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(KDE, "_fit", broken)
    assert perform(task).problem == "failed: ZeroDivisionError: by hand"


def test_few_codes_are_fitted_as_often_as_the_draws_allow(task, monkeypatch):
    from aegen.samplers.kde import KDE

    fitted, fit = [], KDE.fit
    monkeypatch.setattr(
        KDE, "fit", lambda self, z, **k: fitted.append(len(z)) or fit(self, z, **k)
    )
    result = perform(replace(task, codes=25))
    assert fitted == [25, 25]  # 60 draws: two fits of 25 codes, 30 draws each
    assert result.problem is None
    assert "several times" in result.missing["densities/log-likelihood"]
    # Copying is measured against the codes that each fit saw, by hand:
    rng = np.random.default_rng([0, 25, 0])
    reference_set = ReferenceSet.open(task.bundle, task.draws)
    subsets = [
        reference_set.bundle.codes[np.sort(rng.choice(200, 25, replace=False))] for _ in "ab"
    ]
    ratio, reference = MEASURED[3].make(), reference_set.reference_rows(0).codes
    held_out = perform(replace(task, candidate=HELD_OUT, codes=25))
    others = np.split(reference_set.bundle.holdout[reference_set.others(0)], 2)
    expected = [
        ratio(reference, z, training=some) for z, some in zip(others, subsets, strict=True)
    ]
    assert held_out.figures["codes/distance-ratio"].value == pytest.approx(np.mean(expected))
    fitted.clear()
    once = perform(replace(task, codes=100))
    assert fitted == [100]
    assert set(once.missing) == set(LEFT_OUT)


def test_parents_of_few_codes_are_rows_among_them(task):
    # A bootstrap's draw is its parent, so another numbering of rows would show at once.
    few = perform(replace(task, candidate=Candidate("bootstrap"), codes=25))
    assert few.figures["codes/parent-share"].value == 1
    assert few.figures["codes/distance-ratio"].value == 0


def test_tasks_come_seed_by_seed_and_know_their_data(bars):
    found = tasks(
        [bars, "mnist"], REFERENCES, seeds=2, draws=60, metric_specs=MEASURED, data={"mnist": "x"}
    )
    assert len(found) == len(set(found)) == 12
    assert [task.seed for task in found[:6]] == [0, 0, 0, 1, 1, 1]
    assert {task.data for task in found if task.bundle == bars} == {None}
    assert {task.data for task in found if task.bundle == "mnist"} == {"x"}
    assert "Bootstrap on mnist, seed 1" in map(str, found)
    later = tasks([bars], REFERENCES, seeds=2, draws=60, metric_specs=MEASURED, first=7)
    assert {task.seed for task in later} == {7, 8}
