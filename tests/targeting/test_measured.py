"""Numbers that a bundle measures on pictures: exact of the picture that a draw decodes to."""

from dataclasses import replace

import numpy as np
import pytest

from aegen.core.morphometry import measure
from aegen.samplers import GaussianMixture
from aegen.targeting import Candidates, draw, parse, share
from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def bars():
    """Bars whose height is measured."""
    return tiny_bundle(None, image_set=replace(tiny_images(), measured={"tall": "height"}))


def test_draws_are_measured_on_their_own_pictures(bars):
    model = GaussianMixture(components=2).fit(bars.codes, rng=0)
    tall = measure("height", bars.decode(model.sample(200, rng=1)))
    target = f"tall>{np.median(tall):g}"
    found = draw(model, target, 50, bundle=bars, rng=0)
    assert len(found) == 50
    assert (measure("height", bars.decode(found.codes)) > np.median(tall)).all()
    assert share(bars, target, found.codes) == 1


def test_a_picture_is_measured_once_whatever_asks(bars, monkeypatch):
    asked = []

    def counted(name, images):
        asked.append(len(images))
        return measure(name, images)

    monkeypatch.setattr("aegen.targeting.candidates.measure", counted)
    some = Candidates(bars, bars.codes[:8])
    target = parse("tall>10", bars)
    assert target.needs_images
    target.accept(some.take([1, 3]))
    target.accept(some)
    joined = Candidates.joined(bars, [some.take([0, 1]), some.take([7])])
    assert (target.accept(joined) == target.accept(some)[[0, 1, 7]]).all()
    assert asked == [2, 6]


def test_numbers_that_nothing_measures_are_those_of_the_nearest_rows(bars):
    target = parse("place>6", bars)
    assert not target.needs_images
    some = Candidates(bars, bars.holdout)
    wanted = some.attribute_models.number("place", bars.holdout) > 6
    assert (target.accept(some) == wanted).all()
