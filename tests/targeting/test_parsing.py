"""Targets as text: what is written reads back, and what cannot be read gets a sentence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aegen.core.errors import InvalidInput
from aegen.targeting import (
    And,
    AttributeEquals,
    Between,
    Coordinate,
    DensityLevel,
    Fixed,
    Near,
    Not,
    Or,
    Probability,
    Region,
    parse,
)

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
TEXTS = st.one_of(
    st.sampled_from(["hair", "7", "Ankle boot", "and", "not", "z3", "T-shirt/top", "near"]),
    st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable()),
)
ENDS = st.tuples(NUMBERS, NUMBERS).map(sorted)
SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)
PROPER = SHARES.filter(lambda ends: ends[0] < ends[1] and ends != [0, 1])
POINTS = st.tuples(NUMBERS, NUMBERS)
POLYGONS = st.lists(POINTS, min_size=3, max_size=6, unique=True).map(tuple)

ATOMS = st.one_of(
    st.builds(AttributeEquals, TEXTS, TEXTS),
    st.builds(lambda name, ends: Between(name, *ends), TEXTS, ENDS),
    st.builds(
        lambda name, end, strict: Between(name, end, strict=strict), TEXTS, NUMBERS, st.booleans()
    ),
    st.builds(
        lambda name, end, strict: Between(name, high=end, strict=strict),
        TEXTS,
        NUMBERS,
        st.booleans(),
    ),
    st.builds(lambda name, value, ends: Probability(name, value, *ends), TEXTS, TEXTS, PROPER),
    st.builds(Region, st.sampled_from(["pca", "umap", "axes-0-3"]), POLYGONS),
    st.builds(Near, st.integers(0, 10**6), st.floats(1e-3, 1e3)),
    st.builds(Near, st.lists(NUMBERS, min_size=1, max_size=4).map(tuple), st.floats(1e-3, 1e3)),
    st.builds(lambda ends: DensityLevel(*ends), PROPER),
    st.builds(Fixed, st.integers(0, 500), NUMBERS),
    st.builds(lambda k, ends: Coordinate(k, *ends), st.integers(0, 500), ENDS),
)


def joined(parts):
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda some: And.of(*some)),
        several.map(lambda some: Or.of(*some)),
        parts.map(lambda part: ~part),
    )


def settled(target):
    """The same with joints of one part undone, as reading does."""
    if isinstance(target, And | Or):
        return type(target).of(*map(settled, target.parts))
    return ~settled(target.part) if isinstance(target, Not) else target


@given(st.recursive(ATOMS, joined, max_leaves=6))
def test_text_reads_back(target):
    target = settled(target)
    again = parse(str(target))
    assert settled(again) == target
    assert hash(settled(again)) == hash(target)


def test_and_binds_before_or_and_not_before_both():
    a, b, c = AttributeEquals("a", "1"), AttributeEquals("b", "2"), AttributeEquals("c", "3")
    assert parse("a=1 or b=2 and not c=3") == a | (b & ~c)
    assert parse("(a=1 or b=2) and not c=3") == (a | b) & ~c
    assert parse("a=1 or b=2 and not c=3") != (a | b) & ~c
    assert parse("not not a=1") == a


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("thick>0.8", Between("thick", 0.8, strict=True)),
        ("thick>=0.8", Between("thick", 0.8)),
        ("thick=0.2..0.8", Between("thick", 0.2, 0.8)),
        ("class!=7", Not(AttributeEquals("class", "7"))),
        ("class=Ankle boot and z3=0.5", AttributeEquals("class", "Ankle boot") & Fixed(3, 0.5)),
        ('"z3"=0.5', AttributeEquals("z3", "0.5")),
        ("probability class=7 = 0.4..0.6", Probability("class", "7", 0.4, 0.6)),
        ("density>=20%", DensityLevel(0.2)),
        ("inside pca box 0,0 2,1", Region("pca", ((0, 0), (2, 0), (2, 1), (0, 1)))),
        ("z2<1", Coordinate(2, -math.inf, 1.0, strict=True)),
        ("chance=3", AttributeEquals("chance", "3")),
    ],
)
def test_forms_that_people_type(text, target):
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("class", "write ="),
        ("class=", "value is missing"),
        ("(a=1", "not closed"),
        ("a=1 )", "no need for more"),
        ("inside umap 1,2 3,4", "at least 3 vertices"),
        ("inside umap 1 2 3", "x,y"),
        ("near row x within 2", "whole number"),
        ("near row 3", "distance is missing"),
        ("near row 3 within -1", "above 0"),
        ("probability class=7 = 2..3", "0..1"),
        ("not chance class=7 >= 0.9", "no condition 'chance'; did you mean 'probability'"),
        ("density>=200%", "0%..100%"),
        ("z3=abc", "must be a number"),
        ("z3=nan", "finite"),
        ("z3=1e300", "within"),
        ("near row 3 within 1e200", "within"),
        ("near 0,1e200 within 2", "within"),
        ("inside pca 1e200,0 1,1 0,1", "within"),
        ("thick=3..1", "two ends in order"),
        ('a="x', "double quotes"),
        ("not", "attribute is missing"),
        ("(" * 99, "brackets"),
        ("a=1 and " * 9999 + "a=1", "characters"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text, says):
    with pytest.raises(InvalidInput, match=says) as problem:
        parse(text)
    assert len(str(problem.value)) < 300
