"""Estimators as scikit-learn's tools know them, which need not be loaded for them."""

import pickle
from typing import Annotated

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from aegen.core.errors import InvalidInput
from aegen.core.estimator import Estimator, clone
from aegen.core.parameters import Field
from aegen.projections import PCA
from aegen.samplers import KDE, Gaussian, NotFitted
from tests.example_codes import tilted


class Plain(Estimator):
    """One with fields of several kinds."""

    def __init__(self, width: Annotated[float, Field("A number")] = 1.0, names=(), more=None):
        self.width = width
        self.names = names
        self.more = more


class Theirs(BaseEstimator):
    """The same as scikit-learn would have it."""

    def __init__(self, width=1.0, names=(), more=None):
        self.width = width
        self.names = names
        self.more = more


@pytest.mark.parametrize("fields", [{}, {"width": 2.0}, {"more": "a", "names": (1, 2)}])
def test_parameters_are_those_that_scikit_learn_would_tell(fields):
    ours, theirs = Plain(**fields), Theirs(**fields)
    assert ours.get_params() == theirs.get_params()
    assert list(ours.get_params(deep=False)) == list(theirs.get_params(deep=False))
    assert repr(ours) == repr(theirs).replace("Theirs", "Plain")


def test_parameters_are_set_all_or_none():
    one = Plain()
    assert one.set_params(width=3.0, more=1) is one
    assert one.set_params().get_params() == {"width": 3.0, "names": (), "more": 1}
    with pytest.raises(InvalidInput, match="no parameter 'wide': it has more, names, width"):
        one.set_params(width=4.0, wide=2)
    assert one.width == 3.0
    with pytest.raises(InvalidInput, match="it has none"):
        Estimator().set_params(wide=2)


class Holder(Estimator):
    """One that holds another."""

    def __init__(self, inner=None, **more):
        self.inner = inner


def test_estimators_within_estimators_have_their_parameters_too():
    one = Holder(Plain())
    assert one.get_params()["inner__width"] == 1.0
    assert set(one.get_params(deep=False)) == {"inner"}
    one.set_params(inner__width=2.0)
    assert one.inner.width == 2.0
    one.set_params(inner__width=3.0, inner=Plain(more=5))
    assert (one.inner.width, one.inner.more) == (3.0, 5)
    assert repr(one) == "Holder(inner=Plain(more=5, width=3.0))"


def test_a_model_may_be_scikit_learns_as_well():
    class Both(Gaussian, BaseEstimator):
        pass

    assert get_tags(Both()).requires_fit
    assert Both().get_params() == Gaussian().get_params()
    assert "Both" in Both()._repr_html_()


def test_a_clone_has_copies_of_the_fields_and_nothing_else():
    one = Plain(names=["a"])
    one.learned_ = 3
    twin = clone(one)
    assert vars(twin) == {"width": 1.0, "names": ["a"], "more": None}
    assert twin.names is not one.names


def test_tags_and_the_picture_of_a_notebook_are_scikit_learns():
    assert get_tags(Plain()) == get_tags(Theirs())
    shown = KDE(bandwidth=0.25)._repr_mimebundle_()
    assert shown["text/plain"] == "KDE(bandwidth=0.25)"
    assert "0.25" in shown["text/html"]
    assert "0.25" in KDE(bandwidth=0.25)._repr_html_()
    assert "PCA" in PCA()._repr_mimebundle_()["text/html"]


def test_metadata_is_routed_to_a_fit_that_asks_for_it():
    z, weights = tilted(90), np.arange(90.0) % 3
    with sklearn.config_context(enable_metadata_routing=True):
        model = Gaussian()
        assert model.set_fit_request(sample_weight=True) is model
        scale = StandardScaler().set_fit_request(sample_weight=False)
        line = make_pipeline(scale, model).fit(z, sample_weight=weights)
        x = line[:-1].transform(z)
        assert line[-1].score(x) == Gaussian().fit(x, sample_weight=weights).score(x)
        with pytest.raises(UnsetMetadataPassedError, match=r"Gaussian\.fit"):
            make_pipeline(scale, Gaussian()).fit(z, sample_weight=weights)
        with pytest.raises(TypeError, match="weights"):
            model.set_fit_request(weights=True)
        model = pickle.loads(pickle.dumps(model))
        assert sklearn.clone(model).get_metadata_routing().fit.requests["sample_weight"]


def test_a_model_that_is_not_fitted_is_caught_as_scikit_learn_does():
    for kind in (NotFitted, NotFittedError, ValueError):
        with pytest.raises(kind, match="call fit") as failure:
            KDE().sample()
    again = pickle.loads(pickle.dumps(failure.value))
    assert isinstance(again, NotFittedError)
    assert isinstance(again, NotFitted)
    assert str(again) == str(failure.value)
