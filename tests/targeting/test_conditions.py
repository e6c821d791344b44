"""What each kind of target wants of rows and of draws, against counts by hand."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.targeting import AttributeEquals, Candidates, near, parse

BY_HAND = {
    "colour=red": lambda z, a: a.colour == "red",
    "colour=none": lambda z, a: a.colour == "none",
    "large=yes": lambda z, a: a.large,
    "large=no and size<-1": lambda z, a: ~a.large & (a["size"] < -1),
    "size=-0.5..0.5": lambda z, a: a["size"].abs() <= 0.5,
    "z3>1": lambda z, a: z[:, 3] > 1,
    "z3=-1..1": lambda z, a: np.abs(z[:, 3]) <= 1,
    "near row 5 within 2": lambda z, a: np.linalg.norm(z - z[5], axis=1) <= 2,
    "near 0,0,0,0 within 3": lambda z, a: np.linalg.norm(z, axis=1) <= 3,
    "inside pca -4,-4 0,-4 0,0 -4,0": lambda z, a: ((z[:, :2] >= -4) & (z[:, :2] < 0)).all(1),
    "inside axes-2-3 box 0,0 9,9": lambda z, a: ((z[:, 2:] >= 0) & (z[:, 2:] < 9)).all(1),
    "not colour=red or z3>1": lambda z, a: (a.colour != "red") | (z[:, 3] > 1),
    "not (colour=red and z3>1)": lambda z, a: ~((a.colour == "red") & (z[:, 3] > 1)),
    "anything": lambda z, a: z[:, 0] < 1e9,
}


@pytest.mark.parametrize("text", BY_HAND)
def test_rows_that_match(clusters, text):
    wanted = np.asarray(BY_HAND[text](clusters.codes, clusters.attributes), dtype=float)
    assert (parse(text).weights(clusters) == wanted).all()


@pytest.mark.parametrize("text", [t for t in BY_HAND if "size" not in t and "large" not in t])
def test_draws_are_tested_as_rows_are(clusters, text):
    """Here the classifier knows the truth, but for the few rows near the border."""
    wanted = np.asarray(BY_HAND[text](clusters.codes, clusters.attributes), dtype=float)
    found = parse(text).accept(Candidates(clusters, clusters.codes))
    assert np.mean(found == wanted) > 0.99
    guessed = parse(text).guess(Candidates(clusters, clusters.codes))
    assert np.mean((guessed > 0.5) == wanted) > 0.98
    assert ((guessed >= 0) & (guessed <= 1)).all()


def test_numbers_and_binaries_that_the_classifier_does_not_know_are_seen_in_codes(clusters):
    drawn = Candidates(clusters, clusters.codes)
    large = parse("large=yes").accept(drawn)
    assert np.mean(large == clusters.attributes.large) > 0.95
    size = parse("size>0").accept(drawn)
    assert np.mean(size == (clusters.codes[:, 2] > 0)) > 0.85


def test_a_probability_is_that_of_the_classifier(clusters):
    drawn = Candidates(clusters, np.array([[-2.0, 0, 0, 0], [0.05, 0, 0, 0], [2.0, 0, 0, 0]]))
    assert parse("probability colour=blue = 0.4..0.6").accept(drawn).tolist() == [0, 1, 0]
    assert parse("probability colour=blue >= 0.9").accept(drawn).tolist() == [0, 0, 1]


def test_density_levels_are_shares_of_rows(clusters):
    for text, share in (("density>=75%", 0.25), ("density<=10%", 0.1), ("density=20%..60%", 0.4)):
        assert parse(text).weights(clusters).mean() == pytest.approx(share, abs=0.01)
    thin = parse("density<=10%")
    centre, far = [[-3.0, -3.0, 0.0, 0.0]], [[9.0, 9.0, 9.0, 9.0]]
    assert thin.accept(Candidates(clusters, centre)) == 0
    assert thin.accept(Candidates(clusters, far)) == 1


def test_only_what_other_parts_leave_is_decoded_and_only_once(clusters):
    drawn = Candidates(clusters, clusters.codes)
    request = parse("colour=red and z3>1")
    left = int((clusters.codes[:, 3] > 1).sum())
    request.accept(drawn)
    assert (clusters.decoded, clusters.classified) == (left, left)
    parse("shape=round and z3>1").accept(drawn)
    assert (clusters.decoded, clusters.classified) == (left, left)
    joined = Candidates.joined(clusters, [drawn.take([3, 5]), drawn.take([9])])
    assert (joined.images == drawn.take([3, 5, 9]).images).all()


@pytest.mark.parametrize(
    ("text", "problem", "says"),
    [
        ("colour=green", UnknownName, "red, blue, none"),
        ("hue=red", UnknownName, "colour"),
        ("size=3", InvalidInput, "range"),
        ("colour>3", InvalidInput, "no number"),
        ("z4=1", InvalidInput, "0 to 3"),
        ("z1=2 or colour=red", InvalidInput, "'and' only"),
        ("not z1=2", InvalidInput, "'and' only"),
        ("near row 600 within 1", InvalidInput, "599"),
        ("near 1,2 within 1", InvalidInput, "4 columns"),
        ("inside tsne 0,0 1,0 0,1", UnknownName, "pca"),
        ("inside axes-0-9 0,0 1,0 0,1", InvalidInput, "0 to 3"),
    ],
)
def test_what_the_bundle_does_not_have_is_told(clusters, text, problem, says):
    with pytest.raises(problem, match=says):
        parse(text).check(clusters)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("large=true and not large=0", "large=yes and not large=no"),
        ("large=1 and large=YES", "large=yes"),
        (
            "not (large=0 or probability large=1 >= 0.9)",
            "not (large=no or probability large=yes >= 0.9)",
        ),
        ("colour=red and z3>1", "colour=red and z3>1"),
        ("anything", "anything"),
    ],
)
def test_values_are_spelled_as_the_bundle_writes_them(clusters, text, spelled):
    assert str(parse(text).spelled(clusters)) == spelled


def test_a_ball_that_holds_so_many_rows(clusters):
    for centre in (5, clusters.codes[5], [0.0, 0.0, 0.0, 0.0]):
        ball = near(clusters, centre, 30)
        assert ball.weights(clusters).sum() == 30
        assert (parse(str(ball)).weights(clusters) == ball.weights(clusters)).all()
    with pytest.raises(InvalidInput, match="rows"):
        near(clusters, 5, 0)
    for no_code in ([[1, 2], [3]], "abc", clusters.codes[:2]):
        with pytest.raises(InvalidInput, match="code"):
            near(clusters, no_code, 30)


def test_targets_are_values():
    a, b = AttributeEquals("a", "1"), AttributeEquals("b", "2")
    assert {a & b, a & b, b & a} == {a & b, b & a}
    assert a & a == parse("a=1") & a
    assert ~~a == a
