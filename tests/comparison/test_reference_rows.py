"""Which held-out rows a seed compares with, and how codes look in each space."""

from itertools import pairwise

import numpy as np
import pytest

import aegen
from aegen.comparison.reference_rows import ReferenceSet, Rows
from aegen.core.errors import BundleError, InvalidInput
from tests.tiny_bundle import tiny_bundle, tiny_images


@pytest.fixture(scope="module")
def reference_set(bars):
    return ReferenceSet.open(bars, 30)


def test_seeds_use_rows_of_their_own_as_long_as_there_are_some(reference_set):
    assert reference_set.size == 30
    assert reference_set.distinct == pytest.approx(130 / 30)
    blocks = [set(reference_set.reference(seed)) for seed in range(4)]
    assert all(len(block) == 30 for block in blocks)
    assert len(set.union(*blocks)) == 4 * 30
    later = set(reference_set.reference(4))  # another lap, in another order
    assert later not in blocks
    assert len(later) == 30


@pytest.mark.parametrize("seed", range(9))
def test_other_real_rows_are_never_among_the_reference(reference_set, seed):
    assert not set(reference_set.reference(seed)) & set(reference_set.others(seed))
    assert len(reference_set.others(seed)) == reference_set.size


def test_rows_do_not_depend_on_who_asks(reference_set, bars):
    again = ReferenceSet(aegen.load(bars), 30)
    assert np.array_equal(again.reference(7), reference_set.reference(7))


def test_training_codes_are_left_out_by_the_seed(reference_set):
    one, other = reference_set.left_out(0), reference_set.left_out(1)
    for kept in (one, other):
        parts = (kept.reference, kept.others, kept.training.reference)
        assert [len(part) for part in parts] == [25, 25, 150]  # an eighth of 200
        together = np.concatenate(parts)
        known = reference_set.bundle.codes
        assert np.array_equal(together[np.lexsort(together.T)], known[np.lexsort(known.T)])
    assert not np.array_equal(one.reference, other.reference)
    assert reference_set.left_out(1) is other


def test_too_few_training_codes_to_leave_some_out(tmp_path):
    tiny_bundle(tmp_path / "few", image_set=tiny_images(150, 60))
    few = ReferenceSet.open(tmp_path / "few", 30)
    with pytest.raises(InvalidInput, match=r"has 150 training codes, and .* at least 160"):
        few.left_out(0)


def test_at_most_half_of_the_held_out_rows_are_compared(bars):
    whole = ReferenceSet.open(bars, 5000)
    assert whole.size == 65
    assert not set(whole.reference(0)) & set(whole.others(0))
    assert all(set(whole.reference(s)) != set(whole.reference(s + 1)) for s in range(4))


def test_codes_look_as_the_bundle_shows_them(reference_set):
    z = reference_set.bundle.holdout[:5]
    rows = Rows(reference_set.bundle, z)
    images = reference_set.bundle.decode(z)
    assert np.array_equal(rows.of("codes"), z)
    assert np.array_equal(rows.of("pixels"), images.reshape(5, -1))
    assert np.allclose(rows.of("features"), reference_set.bundle.features(images))
    classified = np.concatenate(list(reference_set.bundle.classify(images).values()), axis=1)
    assert np.allclose(rows.of("attributes"), classified, atol=1e-6)
    assert np.allclose(rows.of("attributes").sum(axis=1), 1)
    with pytest.raises(InvalidInput, match="got 'colours'"):
        rows.of("colours")


def test_inception_sees_the_same_images(reference_set, monkeypatch):
    import torch
    from torch import nn

    from aegen.comparison import inception

    seen = []

    class Means(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x.mean(dim=(2, 3)).repeat(1, 683)[:, : inception.WIDTH]

    monkeypatch.setattr(inception, "_network", lambda: Means())
    rows = Rows(reference_set.bundle, reference_set.bundle.holdout[:40])
    found = rows.of("inception")
    assert found.shape == (40, inception.WIDTH)
    assert [tuple(x.shape) for x in seen] == [(32, 3, 299, 299), (8, 3, 299, 299)]
    # Grey images have one mean; each colour is scaled by its own mean and deviation.
    grey = rows.images.mean(axis=(1, 2, 3))
    for k, (mean, deviation) in enumerate(zip(inception.MEAN, inception.DEVIATION, strict=True)):
        assert np.allclose(found[:, k], (grey - mean) / deviation, atol=2e-3)
    assert not torch.is_grad_enabled() or not seen[0].requires_grad


def test_without_a_network_inception_is_a_sentence(reference_set, monkeypatch):
    import torchvision.models

    from aegen.comparison import inception
    from aegen.core.errors import AegenError

    def refused(**_):
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.models, "inception_v3", refused)
    inception._network.cache_clear()
    with pytest.raises(AegenError, match=r"no route to host.*need no network"):
        Rows(reference_set.bundle, reference_set.bundle.holdout[:2]).of("inception")


def test_a_reference_is_made_once_and_few_are_kept(reference_set):
    first = reference_set.reference_rows(0)
    assert reference_set.reference_rows(0) is first
    for seed in (1, 2, 3):
        reference_set.reference_rows(seed)
    assert reference_set.reference_rows(0) is not first


def test_originals_are_seen_in_place_of_reconstructions(bars):
    images = tiny_images(200, 130)
    originals = images.images[images.holdout]
    reference_set = ReferenceSet(aegen.load(bars), 30, originals)
    rows = reference_set.reference(0)
    expected = (originals[rows] / 255).reshape(30, -1)
    seen = reference_set.reference_rows(0)
    assert np.allclose(seen.of("pixels"), expected, atol=1e-6)
    assert np.array_equal(seen.of("codes"), reference_set.bundle.holdout[rows])
    decoded = ReferenceSet.open(bars, 30).reference_rows(0)
    assert not np.allclose(decoded.of("pixels"), expected, atol=0.1)


def test_images_of_something_else_are_refused(bars):
    bundle = aegen.load(bars)
    images = tiny_images(200, 130)
    held = images.images[images.holdout]
    for wrong in (held[::-1], held[:-1], 255 - held):
        with pytest.raises(InvalidInput, match="not those of these images"):
            ReferenceSet(bundle, 30, wrong)


def test_too_few_held_out_rows_are_a_sentence(tmp_path):
    bundle = tiny_bundle(tmp_path / "few", image_set=tiny_images(60, 30))
    with pytest.raises(InvalidInput, match="few has 30 held-out rows, and a comparison needs"):
        ReferenceSet.open(bundle.path, 2000)
    with pytest.raises(InvalidInput, match="draws must be a whole number of 20 or more, got 5"):
        ReferenceSet.open(bundle.path, 5)


def test_without_a_classifier_features_are_those_of_random_convolutions(tmp_path):
    images = tiny_images(60, 50)
    bundle = tiny_bundle(tmp_path / "blind", image_set=images, classifier=None)
    rows = ReferenceSet.open(bundle.path, 20).reference_rows(0)
    assert rows.of("pixels").shape == (20, 256)
    assert rows.of("features").shape == (20, 224)
    with pytest.raises(BundleError, match="has no classifier"):
        rows.of("attributes")


def test_neighbouring_seeds_pair_real_rows_in_a_ring(reference_set):
    for seed, after in pairwise(range(4)):
        assert set(reference_set.others(seed)) == set(reference_set.reference(after))
