"""Edits change what they should and keep the rest; each check refuses an edit that does not."""

import numpy as np
import pytest

from aegen import load
from aegen.benchmarks.edits import edits_table, measure_edits
from aegen.bundles.manifest import Attribute
from aegen.core.errors import InvalidInput, UnknownName
from aegen.targeting import KINDS, Effects, edit
from aegen.targeting.attribute_direction import attribute_moves


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_ends_with_the_wanted_value(clusters, kind):
    red = int(np.flatnonzero(clusters.attributes.colour == "red")[0])
    made = edit(clusters, red, "colour=blue", kind=kind, steps=7)
    assert (made.codes[0] == clusters.codes[red]).all()
    assert made.positions.tolist() == np.linspace(0, 1, 7).tolist()
    assert made.probabilities["colour"][0].argmax() == 0
    assert made.probabilities["colour"][-1].argmax() == 1
    assert made.reached is not None
    assert 0 < made.reached < 7
    assert "colour blue from" in made.summary()
    # what is neither edited nor told by the edited attribute does not move
    assert np.abs(made.codes[-1, 2:] - made.codes[0, 2:]).max() < 0.7


def test_held_attributes_stay_where_they_go_along_otherwise(clusters):
    """No blue row is square, so the mean difference from square red rows leads to round ones."""
    row = int(np.flatnonzero(clusters.attributes["shape"] == "square")[0])
    free = edit(clusters, row, "colour=blue", kind="mean-difference", reach=2)
    assert free.changed["shape"] == ("square", "round")
    assert "also changed: shape square to round" in free.summary()
    held = edit(clusters, row, "colour=blue", kind="mean-difference", hold=["shape"], reach=2)
    effects = edit(clusters, row, "colour=blue")
    for made in (held, effects):
        assert "shape" not in made.changed
        assert made.probabilities["colour"][-1].argmax() == 1


def test_an_edit_by_effects_is_mended_where_the_effects_are_wrong(clusters, monkeypatch):
    row = int(np.flatnonzero(clusters.attributes.colour == "red")[0])
    whole = Effects.of(clusters)
    weak = Effects(whole.names, whole.sizes, whole.table * 0.3, whole.pairs)
    monkeypatch.setattr(Effects, "of", classmethod(lambda cls, bundle: weak))
    assert edit(clusters, row, "colour=blue").reached is not None
    monkeypatch.setattr("aegen.targeting.editing.CORRECTIONS", 0)
    assert edit(clusters, row, "colour=blue").reached is None


def test_a_direction_without_held_attributes_is_orthogonal_to_theirs(clusters):
    own, shape = np.zeros(1, dtype=np.int64), clusters.attributes["shape"] == "square"
    across = clusters.codes[shape].mean(axis=0) - clusters.codes[~shape].mean(axis=0)
    free = attribute_moves(clusters, "colour", own, 1)[0]
    held = attribute_moves(clusters, "colour", own, 1, hold=["shape"])[0]
    assert abs(held @ across) < 1e-9 * np.linalg.norm(held) * np.linalg.norm(across)
    assert abs(free @ across) > 0.1 * np.linalg.norm(free) * np.linalg.norm(across)


def test_edits_of_held_out_sprites_flip_one_factor_and_keep_the_others():
    bundle = load("sprites")
    made = measure_edits(bundle, "hair", "effects", rows=40)
    others = {name: share for name, share in made.stayed.items() if name != "frame"}
    assert made.flipped >= 0.9
    assert made.again >= 0.9
    assert min(others.values()) >= 0.9
    # the same measure sees a way that leads astray
    lost = measure_edits(bundle, "action", "logistic", rows=30)
    assert lost.flipped < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_an_attribute_whose_rows_have_one_value_can_be_held_and_has_no_way(clusters, kind):
    clusters.attributes["large"] = False
    start = int(np.flatnonzero(clusters.attributes["colour"] == "red")[0])
    assert edit(clusters, start, "colour=blue", kind=kind, hold=["large"]).reached
    still = edit(clusters, 0, "large=no", kind=kind)
    assert np.allclose(still.codes, still.codes[0])


def test_a_rare_value_has_a_way_too(clusters, monkeypatch):
    monkeypatch.setattr("aegen.targeting.attribute_direction.ENOUGH", 2)
    start = int(np.flatnonzero(clusters.attributes["colour"] == "red")[0])
    assert edit(clusters, start, "colour=blue", kind="logistic").reached


def test_an_attribute_of_one_value_has_no_line_in_the_table_of_edits(clusters):
    clusters.manifest.attributes["shape"] = Attribute("category", ("round",))
    clusters.attributes["shape"] = "round"
    seen = clusters.classify
    clusters.classify = lambda x: seen(x) | {"shape": np.ones((len(x), 1))}
    table = edits_table(clusters, ())
    assert set(table.columns[0].cells) == {"colour"}


def test_what_cannot_be_edited_is_refused(clusters):
    for request, why in [
        ("z2>0", "asks for something else"),
        ("not colour=red", "asks for something else"),
        ("colour=red and colour=blue", "at once"),
        ("size>1", "asks for something else"),
        ("size=1", "is a number"),
        ("colour=none", "no row of clusters has colour=none"),
    ]:
        with pytest.raises(InvalidInput, match=why):
            edit(clusters, 0, request)
    with pytest.raises(UnknownName):
        edit(clusters, 0, "colour=green")
    with pytest.raises(InvalidInput, match="row"):
        edit(clusters, 600, "colour=blue")
    with pytest.raises(InvalidInput, match="one code"):
        edit(clusters, clusters.codes[:2], "colour=blue")
    with pytest.raises(InvalidInput, match="at once"):
        edit(clusters, 0, "colour=blue", hold=["colour"])
    with pytest.raises(InvalidInput, match="is a number"):
        edit(clusters, 0, "colour=blue", hold=["size"])
    with pytest.raises(InvalidInput, match="reach"):
        edit(clusters, 0, "colour=blue", reach=0)
    with pytest.raises(InvalidInput, match="kind"):
        edit(clusters, 0, "colour=blue", kind="magic")


def test_a_strip_is_saved_whole_or_not_at_all(clusters, tmp_path):
    made = edit(clusters, 0, "colour=blue", steps=3)
    made.save(tmp_path / "strip.npz")
    with np.load(tmp_path / "strip.npz") as held:
        assert (held["codes"] == made.codes).all()
        assert held["probabilities_colour"].shape == (3, 3)
    made.save(tmp_path / "strip.png")
    assert (tmp_path / "strip.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InvalidInput, match=r"\.png or \.npz"):
        made.save(tmp_path / "strip.gif")
    assert {path.name for path in tmp_path.iterdir()} == {"strip.npz", "strip.png"}
