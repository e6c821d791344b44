"""Features that metrics compare: of a network of one's own, the classifier, or random ones."""

import numpy as np
import pytest
from torch import nn

from aegen.bundles import create, read
from aegen.core.errors import InvalidInput
from aegen.projections.pca import PCA
from tests.onnx_networks import affine
from tests.tiny_bundle import tiny_images, tiny_networks, tiny_pair


def made(**options):
    given = {"projected": {"pca": PCA()}, **options}
    return create("mine", tiny_pair(), given.pop("data", tiny_images()), **given)


@pytest.fixture(scope="module")
def matrix():
    return np.random.default_rng(0).normal(size=(256, 5)).astype(np.float32)


def test_a_network_of_ones_own_is_kept_and_goes_before_the_classifiers(matrix, tmp_path):
    onnx = affine(matrix, np.zeros(5), (1, 16, 16), (5,))
    bundle = made(features=onnx, classifier=tiny_networks()[1], path=tmp_path / "mine")
    x = tiny_images().images[:7]
    wanted = x.reshape(7, -1).astype(np.float32) / 255 @ matrix
    for each in (bundle, read(tmp_path / "mine")):
        assert each.features(x) == pytest.approx(wanted, rel=1e-4, abs=1e-4)
        assert each.feature_source == "a network of its own"
        assert "a network of its own" in each.feature_note
    assert not np.allclose(bundle.features(x), bundle.features(x[:, ::-1]))
    assert bundle.classify(x)["class"].shape == (7, 3)  # the classifier has features of its own


def test_a_module_is_exported_and_a_function_is_lost_on_the_disk(matrix, tmp_path):
    pool = nn.Sequential(nn.AvgPool2d(4), nn.Flatten())
    x = tiny_images().images[:3]
    pooled = x.reshape(3, 4, 4, 4, 4).mean(axis=(2, 4)).reshape(3, 16) / 255
    kept = made(features=pool).save(tmp_path / "kept")
    assert kept.features(x) == pytest.approx(pooled, abs=1e-5)
    bundle = made(features=lambda x: x.mean(axis=(2, 3)))
    assert bundle.features(x)[:, 0] == pytest.approx(x.mean(axis=(1, 2, 3)) / 255, abs=1e-5)
    saved = bundle.save(tmp_path / "saved")
    assert saved.feature_source == "random convolutions"
    assert saved.features(x).shape == (3, 224)


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (lambda x: x * np.nan, "features that are NaN or infinite"),
        (lambda x: x[:3], "a row for each row"),
        (lambda x: x.no, "AttributeError"),
        (3, "features must be an .onnx file, a torch module or a function, got int"),
    ],
)
def test_features_that_cannot_be_are_refused_before_any_work(features, said):
    with pytest.raises(InvalidInput, match=said):
        made(features=features)


def test_features_are_of_images():
    with pytest.raises(InvalidInput, match="features= sees images"):
        create("mine", codes=np.random.default_rng(0).normal(size=(40, 3)), features=lambda x: x)
