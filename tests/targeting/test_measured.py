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
    found = draw(
        GaussianMixture(components=2).fit(bars.codes, rng=0), "tall>10", 20, bundle=bars, rng=0
    )
    assert len(found) == 20
    tall = measure("height", bars.decode(found.codes))
    assert (tall > 10).all()
    assert share(bars, "tall>10", found.codes) == 1
    # the number of a code by its nearest rows, which others are tested by, is not that
    assert not np.allclose(found.candidates.attribute_models.number("tall", found.codes), tall)


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
