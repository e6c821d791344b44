"""Masks changed by hand: what changes, what must not, and that chance is a seed's."""

import numpy as np
import pytest

from aegen.benchmarks.supermask import made_up
from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask.interventions import drop, fill, put_back, rethreshold, shuffle, un_invert
from aegen.supermask.training.history import packed_scores, unpacked_scores


@pytest.fixture(scope="module")
def masks():
    return made_up("fcn").masks


CHANGES = {
    "put_back": lambda masks, share, **given: put_back(masks, share, **given),
    "un_invert": lambda masks, share, **given: un_invert(masks, share, **given),
    "drop": lambda masks, share, **given: drop(masks, share, **given),
}


def before(name, mask):
    return {"put_back": mask == 0, "un_invert": mask == -1, "drop": mask != 0}[name]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("share", [0.0, 0.013, 0.5, 1.0])
def test_exactly_the_share_of_what_it_is_about_changes(name, share, masks):
    copies = {layer: mask.copy() for layer, mask in masks.items()}
    found = CHANGES[name](masks, share, rng=0)
    assert list(found) == list(masks)
    for layer, mask in masks.items():
        assert np.array_equal(mask, copies[layer])
        changed = found[layer] != mask
        could = before(name, mask)
        assert found[layer].dtype == np.int8
        assert not (changed & ~could).any()
        assert changed.sum() == round(share * could.sum())
        assert set(found[layer][changed]) <= {0 if name == "drop" else 1}


@pytest.mark.parametrize("name", CHANGES)
def test_a_larger_share_changes_what_a_smaller_one_did(name, masks):
    less, more = (CHANGES[name](masks, share, rng=4) for share in (0.2, 0.3))
    other = CHANGES[name](masks, 0.2, rng=5)
    for layer, mask in masks.items():
        assert not ((less[layer] != mask) & (more[layer] == mask)).any()
    assert any((other[layer] != less[layer]).any() for layer in masks)
    again = CHANGES[name](masks, 0.2, rng=4)
    assert all(np.array_equal(again[layer], less[layer]) for layer in masks)


@pytest.mark.parametrize("name", [*CHANGES, "fill", "shuffle"])
def test_other_layers_stay_as_they_are(name, masks):
    change = {
        **{key: lambda m, layers, key=key: CHANGES[key](m, 1.0, layers=layers) for key in CHANGES},
        "fill": lambda m, layers: fill(m, layers=layers),
        "shuffle": lambda m, layers: shuffle(m, layers=layers, rng=0),
    }[name]
    for layers in (["fc2"], "fc2"):
        found = change(masks, layers)
        assert not np.array_equal(found["fc2"], masks["fc2"])
        assert found["fc1"] is masks["fc1"]
        assert found["fc3"] is masks["fc3"]
    with pytest.raises(UnknownName, match="did you mean 'fc2'"):
        change(masks, ["fc22"])


def test_a_whole_layer_keeps_what_was_inverted(masks):
    for layer, mask in fill(masks).items():
        assert np.array_equal(mask, np.where(masks[layer] < 0, -1, 1))


def test_a_shuffled_mask_keeps_its_counts_and_no_places(masks):
    found = shuffle(masks, rng=1)
    for layer, mask in masks.items():
        assert np.array_equal(np.unique(mask, return_counts=True)[1],
                              np.unique(found[layer], return_counts=True)[1])  # fmt: skip
        assert found[layer].shape == mask.shape
    mask, other = masks["fc1"] != 0, found["fc1"] != 0
    expected = mask.sum() ** 2 / mask.size
    common = (mask & other).sum()
    assert abs(common - expected) < 6 * np.sqrt(expected)  # a Poisson number; fails 1 in 1e8
    assert abs((mask & mask).sum() - expected) > 6 * np.sqrt(expected)  # what is not shuffled


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_other_shares_are_refused(share, masks):
    for change in CHANGES.values():
        with pytest.raises(InvalidInput, match="from 0 to 1"):
            change(masks, share)


# thresholds


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.01, shape).astype(np.float32)
            for name, shape in {"a": (40, 50), "b": (8, 4, 3, 3)}.items()}  # fmt: skip


def test_the_trained_threshold_gives_the_trained_mask_also_from_kept_scores(scores):
    limits = {"a": 0.01, "b": float(np.float32(0.013))}
    found = rethreshold(scores, limits)
    kept = {
        name: unpacked_scores(*(packed := packed_scores(m, limits[name]))[:1], m.shape,
                              limits[name], packed[1])
        for name, m in scores.items()
    }  # fmt: skip
    for name, m in scores.items():
        limit = np.float32(limits[name])
        by_hand = np.where(m > limit, 1, np.where(m < -limit, -1, 0))
        assert np.array_equal(found[name], by_hand)
        assert np.array_equal(rethreshold(kept, limits)[name], by_hand)


def test_a_higher_threshold_never_leaves_more(scores):
    limits = {"a": 0.01, "b": 0.013}
    last = None
    for factor in (0, 0.3, 0.9, 1.0, 1.4, 3.0, 100.0):
        found = rethreshold(scores, limits, factor=factor)
        if last is not None:
            for name in scores:
                assert not ((found[name] != 0) & (found[name] != last[name])).any()
        last = found
    assert not any(mask.any() for mask in last.values())
    assert all(mask.all() for mask in rethreshold(scores, limits, factor=0).values())


def test_what_lies_on_the_threshold_is_dropped():
    m = {"a": np.array([[0.5, -0.5, 0.51, -0.51]], np.float32)}
    assert rethreshold(m, {"a": 0.5})["a"].tolist() == [[0, 0, 1, -1]]
    assert rethreshold(m, {"a": 0.5}, rule="binary")["a"].tolist() == [[0, 0, 1, 0]]
    assert rethreshold(m, {"a": 0.5}, rule="top-k")["a"].tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("given", "message"),
    [({"factor": -1}, "factor"), ({"factor": np.nan}, "factor"), ({"rule": "dense"}, "rule")],
)
def test_impossible_thresholds_are_refused(scores, given, message):
    with pytest.raises(InvalidInput, match=message):
        rethreshold(scores, {"a": 0.01, "b": 0.01}, **given)
    with pytest.raises(InvalidInput, match="layer b"):
        rethreshold(scores, {"a": 0.01})
