"""Values that never occur together are put together, and the paper's transfer is what it says."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, spearmanr

from aegen.core.errors import InvalidInput
from aegen.samplers import samplers
from aegen.targeting import Effects, draw, share, transfer

UNSEEN = "colour=blue and shape=square"


@pytest.mark.parametrize("name", ["empirical-beta-copula", "gaussian-mixture"])
def test_an_unseen_combination_is_composed(clusters, name):
    fields = {"degree": 20} if name.startswith("empirical") else {"components": 5}
    model = samplers.create(name, **fields).fit(clusters.codes, rng=0)
    made = draw(model, UNSEEN, 50, bundle=clusters, rng=0)
    assert made.strategy == "compose"
    assert made.matching == 0
    assert ((made.codes[:, 0] > 0) & (made.codes[:, 1] > 0)).all()
    assert made.accepted / made.tested > 0.8
    # where it is and how wide, as in held-out rows that have it; what was not asked for stays
    assert np.abs(made.codes.mean(axis=0) - [3, 3, 0, 0]).max() < 0.6
    assert 0.5 < made.codes.std(axis=0).min() <= made.codes.std(axis=0).max() < 2
    assert share(clusters, UNSEEN, model.sample(300, rng=0)) < 0.1


def test_without_effects_nothing_is_composed(clusters, monkeypatch):
    """The check above refuses a composition that moves nothing."""
    monkeypatch.setattr(Effects, "move", lambda self, z, own, wanted: z)
    model = samplers.create("empirical-beta-copula", degree=20).fit(clusters.codes, rng=0)
    made = draw(model, UNSEEN, 50, bundle=clusters, rng=0, tries=400)
    assert made.accepted / made.tested < 0.2


def test_effects_are_those_that_codes_were_made_with(clusters):
    effects = Effects.of(clusters)
    own = np.zeros((1, 3), dtype=np.int64)  # red, round, not large
    moved = effects.move(np.zeros((1, 4)), own, {"colour": 1, "shape": 1})
    assert np.abs(moved[0, :2] - 6).max() < 0.5
    assert np.abs(moved[0, 2:]).max() < 0.4


def test_a_value_without_rows_cannot_be_composed(clusters):
    model = samplers.create("empirical-beta-copula").fit(clusters.codes, rng=0)
    with pytest.raises(InvalidInput, match="no row of clusters has colour=none"):
        draw(model, "colour=none and shape=square", 4, bundle=clusters, strategy="compose")
    with pytest.raises(InvalidInput, match="asks for none"):
        draw(model, "z2>0", 4, bundle=clusters, strategy="compose")


def test_a_transfer_has_the_ranks_of_one_group_and_the_margins_of_the_other(clusters):
    done = transfer(clusters, "colour=red", "colour=blue", 500, rng=0)
    ours, theirs = (clusters.codes[clusters.attributes.colour == c] for c in ("red", "blue"))
    for j in range(4):
        assert ks_2samp(done.codes[:, j], theirs[:, j]).pvalue > 1e-3
        assert spearmanr(done.before.codes[:, j], done.codes[:, j])[0] > 0.9999
    assert ks_2samp(done.codes[:, 0], ours[:, 0]).pvalue < 1e-3  # what it must not be
    assert done.moved[0] < 0.05
    assert done.moved[1] > 0.95
    assert (clusters.attributes.colour.to_numpy()[done.rows] == "red").all()
    assert set(done.stayed) == {"shape"}
    # all blue rows are round, so shape moves along: the measure must say so
    assert done.stayed["shape"] < 0.8
    same = transfer(clusters, "colour=red", "colour=red", 100, rng=0)
    assert same.stayed["shape"] > 0.95


def test_a_transfer_is_saved_with_what_was_before(clusters, tmp_path):
    moved = transfer(clusters, "colour=red", "colour=blue", 5, rng=0)
    moved.save(tmp_path / "moved.npz")
    with np.load(tmp_path / "moved.npz") as held:
        assert (held["codes_before"] == moved.before.codes).all()
        assert held["images"].shape == held["before"].shape == (5, 1, 4, 1)
    moved.save(tmp_path / "moved.png")
    assert (tmp_path / "moved.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InvalidInput, match=r"\.png or \.npz"):
        moved.save(tmp_path / "moved.gif")


def test_a_transfer_needs_rows(clusters):
    with pytest.raises(InvalidInput, match="a transfer needs 10"):
        transfer(clusters, "colour=red", "colour=none")
