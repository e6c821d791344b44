"""Features of random convolutions, for bundles that have no classifier."""

import numpy as np
import pytest

from aegen.bundles.random_features import random_features
from aegen.core.errors import InvalidInput
from tests.tiny_bundle import tiny_bundle, tiny_images


def pictures(n, shape=(16, 16, 3), seed=0):
    return np.random.default_rng(seed).random((n, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(16, 16, 1), (16, 24, 3), (9, 7, 4), (1, 1, 1)])
def test_the_same_pictures_have_the_same_features_and_others_others(shape):
    x = pictures(5, shape)
    f = random_features(x)
    assert f.shape == (5, 224)
    assert f.dtype == np.float32
    assert np.isfinite(f).all()
    assert np.array_equal(random_features(x), f)
    gaps = np.linalg.norm(f[:, None] - f[None], axis=2)
    assert gaps[~np.eye(5, dtype=bool)].min() > 1e-3


def test_they_do_not_depend_on_the_pictures_beside_them():
    x = pictures(300)
    whole = random_features(x)
    assert np.allclose(random_features(x[280:]), whole[280:], atol=1e-6)
    assert random_features(x[:0]).shape == (0, 224)


def test_likeness_is_nearness():
    """A picture with a little noise is nearer to itself than to another one, and shifts less."""
    x = tiny_images(200, 0).images[:40].astype(np.float32) / 255
    noisy = np.clip(x + 0.02 * np.random.default_rng(1).normal(size=x.shape), 0, 1)
    f, g = random_features(x), random_features(noisy.astype(np.float32))
    gaps = np.linalg.norm(f[:, None] - g[None], axis=2)
    assert (gaps.argmin(axis=1) == np.arange(40)).mean() > 0.9
    lying = (tiny_images(200, 0).attributes["class"] == "lying").to_numpy()[:40]
    same = lying[:, None] == lying[None]
    between = np.linalg.norm(f[:, None] - f[None], axis=2)
    assert between[same & ~np.eye(40, dtype=bool)].mean() < between[~same].mean()


def test_grey_is_colour_with_three_channels_alike():
    grey = pictures(3, (8, 8, 1))
    assert np.array_equal(random_features(grey), random_features(np.repeat(grey, 3, axis=3)))


def test_a_bundle_says_where_its_features_come_from(tiny):
    blind = tiny_bundle(None, classifier=None)
    x = tiny_images().images[:4]
    assert blind.feature_source == "random convolutions"
    assert np.array_equal(blind.features(x), random_features(x.astype(np.float32) / 255))
    assert tiny.feature_source == "the classifier"
    assert tiny.features(x).shape == (4, 8)
    with pytest.raises(InvalidInput, match=r"shape \(n, 16, 16, 1\)"):
        blind.features(np.zeros((2, 8, 8, 1), np.uint8))
