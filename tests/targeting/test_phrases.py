"""Targets in people's words: titles of values, phrases, ranges; else what there is."""

from dataclasses import replace

import pytest

from aegen.bundles.manifest import Attribute
from aegen.core.errors import AegenError
from aegen.targeting import parse
from tests.targeting.conftest import Clusters


@pytest.fixture(scope="module")
def named():
    """The clusters, whose red is called crimson and whose shape is called figure."""
    bundle = Clusters()
    about = bundle.manifest.attributes
    about["colour"] = replace(about["colour"], titles=("crimson", "navy", "no paint"))
    about["shape"] = replace(about["shape"], title="figure")
    bundle.attributes["soft_spot"] = bundle.attributes["shape"]
    about["soft_spot"] = Attribute("category", ("round", "square"))
    return bundle


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("colour is crimson", "colour=red"),
        ("colour=Navy", "colour=blue"),
        ("colour is not navy", "not colour=blue"),
        ("colour is red", "colour=red"),
        ("crimson", "colour=red"),
        ("a navy colour", "colour=blue"),
        ("no paint and large", "colour=none and large=yes"),
        ("without large or not crimson", "large=no or not colour=red"),
        ("figure is round", "shape=round"),
        ("round figure", "shape=round"),
        ("soft spot is square", "soft_spot=square"),
        ("size is above 0.5", "size>0.5"),
        ("Size is from -1 to 2", "size=-1..2"),
        ("not size is at most 0", "not size<=0"),
        ("probability colour=crimson >= 0.9", "probability colour=red >= 0.9"),
    ],
)
def test_what_people_call_it_is_what_the_files_call_it(named, said, meant):
    assert str(parse(said, named)) == meant
    assert parse(meant, named) == parse(said, named)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("colour is pink", "there is no value of colour named 'pink'; there are: crimson, navy"),
        ("hat is red", "no attribute of clusters named 'hat'; there are: colour, figure, large"),
        ("from behind", "nothing here is called 'from behind'; there are: colour (crimson, navy"),
        ("crimsen", "did you mean 'crimson'?"),
        ("square", "may be several things: write for instance figure is square or soft spot is"),
        ("sizes", "size is a number: write for instance size > "),
        ("size is big", "size is a number: give a range"),
    ],
)
def test_what_is_not_there_is_answered_with_what_there_is(named, said, answer):
    with pytest.raises(AegenError) as problem:
        parse(said, named)
    assert answer in str(problem.value)
    assert len(str(problem.value)) < 500


def test_without_a_bundle_a_phrase_says_nothing():
    with pytest.raises(AegenError, match="write ="):
        parse("orange hair")
