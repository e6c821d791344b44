"""Latent models among scikit-learn's tools: clone, grid search, pipelines, its estimator checks.

Every estimator check runs on every model. Those that do not apply are listed with the reason, and
must still fail: a reason that no longer holds is taken off the list.
"""

import re
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from aegen.core.errors import InvalidInput
from aegen.samplers import DensitySampler, samplers
from tests.contract import quick
from tests.example_codes import clusters, tilted

NAMES = samplers.names()
every = pytest.mark.parametrize("name", NAMES)
dense = pytest.mark.parametrize(
    "name", [name for name in NAMES if issubclass(samplers.get(name), DensitySampler)]
)


# scikit-learn's own checks

EXCEPTIONS = {
    "check_complex_data": "complex numbers are refused in aegen's words",
    "check_dtype_object": "arrays of objects are refused: a code is made of numbers",
    "check_estimators_empty_data_messages": "no columns are refused in aegen's words",
    "check_estimator_sparse_tag": "sparse matrices are refused in aegen's words",
    "check_estimator_sparse_array": "sparse matrices are refused in aegen's words",
    "check_estimator_sparse_matrix": "sparse matrices are refused in aegen's words",
    "check_fit2d_1sample": "one row is refused in aegen's words, with what to do",
}
"""Checks that fail on every model: all ask for scikit-learn's wording of an error."""

OF_DENSITIES = {
    "check_n_features_in_after_fitting": "codes of another dimension are refused in aegen's words"
}
"""Likewise on every model that has a density."""

UNWEIGHTED = "a model that cannot weight rows refuses uneven sample_weight rather than ignore it"
OF_UNWEIGHTED = dict.fromkeys(
    [
        "check_sample_weights_not_overwritten",
        "check_sample_weight_equivalence_on_dense_data",
    ],
    UNWEIGHTED,
)

OF_FULL_COVARIANCES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "27 weighted rows of 30 columns are refused: too few for a full covariance"
    )
}

ABSENT = {"check_array_api_input": "skips itself: scipy's array interface is off by default"}

WORDS = "must be|must have|needs at least|cannot weight rows|does not check|sparse|sample_weight"
"""What the failure of an exception says: that it is a wording, or a refusal on purpose."""


def reason(name, check):
    kind = samplers.get(name)
    found = EXCEPTIONS.get(check)
    if quick(samplers, name).minimum_rows(30) > 27:
        found = found or OF_FULL_COVARIANCES.get(check)
    if issubclass(kind, DensitySampler):
        found = found or OF_DENSITIES.get(check)
    return found if kind.weighted else found or OF_UNWEIGHTED.get(check)


def checks():
    # What it has of scikit-learn's own base class is tested by these checks, and below.
    warnings.filterwarnings("ignore", "Estimator .* does not inherit", UserWarning)
    for name in NAMES:
        made = estimator_checks_generator(quick(samplers, name), legacy=True, mark=None)
        for estimator, check in made:
            title = getattr(check, "func", check).__name__
            if title not in ABSENT:
                yield pytest.param(name, estimator, check, title, id=f"{name}-{title}")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize(("name", "estimator", "check", "title"), list(checks()))
def test_scikit_learns_estimator_checks(name, estimator, check, title):
    why = reason(name, title)
    if why is None:
        check(estimator)
        return
    with pytest.raises((AssertionError, ValueError)) as failure:
        check(estimator)
    assert re.search(WORDS, str(failure.value)), (why, failure.value)


# its tools


@every
def test_clone_has_the_fields_and_nothing_learned(name):
    model = quick(samplers, name).fit(tilted(40), rng=0)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not any(key.endswith("_") for key in vars(twin))
    again = twin.fit(tilted(40), rng=0).sample(9, rng=1)
    assert np.array_equal(again, model.sample(9, rng=1))


@pytest.mark.parametrize(
    ("name", "codes", "field", "values", "best"),
    [
        ("empirical-beta-copula", tilted, "degree", [1, 10, "n"], 10),
        ("kde", clusters, "bandwidth", [0.01, 0.1, 5.0], 0.1),
        ("gaussian-mixture", clusters, "components", [1, 3], 3),
    ],
)
def test_grid_search_finds_the_likeliest(name, codes, field, values, best):
    z = codes(240)
    folds = KFold(3, shuffle=True, random_state=0)
    search = GridSearchCV(samplers.create(name), {field: values}, cv=folds).fit(z)
    assert search.best_params_ == {field: best}
    assert getattr(search.best_estimator_, field) == best
    assert search.best_estimator_.sample(3, rng=0).shape == (3, z.shape[1])
    assert search.score(z) == search.best_estimator_.score(z)
    if name == "gaussian-mixture":  # its fit starts at random, anew in each fold
        return
    for k, value in enumerate(values):
        scores = [
            samplers.create(name, **{field: value}).fit(z[fit], rng=0).score(z[left])
            for fit, left in folds.split(z)
        ]
        assert search.cv_results_["mean_test_score"][k] == pytest.approx(np.mean(scores))


@dense
def test_a_pipeline_scores_what_its_steps_make(name):
    z = clusters(120, 3)
    line = make_pipeline(StandardScaler(), PCA(2), quick(samplers, name)).fit(z)
    x = line[:-1].transform(z)
    assert line.score(z) == pytest.approx(line[-1].score(x))
    assert np.isfinite(line.score(z))
    assert line[-1].n_features_in_ == 2
    new = line[:-1].inverse_transform(line[-1].sample(5, rng=0))
    assert new.shape == (5, 3)
    scores = cross_val_score(line, z, cv=KFold(2, shuffle=True, random_state=0))
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_a_pipeline_hands_weights_to_its_last_step():
    z, weights = tilted(90), np.arange(90) % 3
    line = make_pipeline(StandardScaler(), samplers.create("gaussian"))
    line.fit(z, gaussian__sample_weight=weights)
    x = line[:-1].transform(z)
    alone = samplers.create("gaussian").fit(x, sample_weight=weights)
    assert line.score(z) == pytest.approx(alone.score(x))
    assert line.score(z) != pytest.approx(samplers.create("gaussian").fit(x).score(x))


def test_a_value_out_of_range_stops_a_grid_search():
    search = GridSearchCV(samplers.create("kde"), {"bandwidth": [-1.0]}, error_score="raise")
    with pytest.raises(InvalidInput, match="bandwidth must be"):
        search.fit(tilted(40))
