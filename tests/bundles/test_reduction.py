"""Codes of more than 512 numbers become principal components: recorded, and without loss where
the networks alone are asked."""

import functools

import numpy as np
import pytest
from safetensors.numpy import load

from aegen.bundles import check, create, read
from aegen.bundles.reduction import LARGE, Reduction
from aegen.core.errors import BundleError
from aegen.projections.pca import PCA
from tests.bundles.refusals import changed, listed
from tests.onnx_networks import affine

SHAPE, CODE = (16, 16, 3), (12, 8, 8)
WIDTH = 768


@pytest.fixture(scope="module")
def pictures():
    """Eighty pictures of nine degrees of freedom and a little noise."""
    rng = np.random.default_rng(0)
    waves = rng.random((9, *SHAPE))
    x = np.einsum("nk,khwc->nhwc", rng.dirichlet(np.ones(9), 80), waves)
    return np.round(255 * np.clip(x + 0.01 * rng.normal(size=x.shape), 0, 1)).astype(np.uint8)


@pytest.fixture(scope="module")
def pair():
    """An encoder that only folds a picture to (12, 8, 8), and a decoder that unfolds it."""
    same = np.eye(WIDTH), np.zeros(WIDTH)
    return affine(*same, (3, 16, 16), CODE), affine(*same, CODE, (3, 16, 16))


def made(network=None, data=None, **options):
    return create("large", network, data, projected={"pca": PCA()}, **options)


@pytest.fixture(scope="module")
def bundle(pair, pictures, tmp_path_factory):
    return made(pair, pictures, path=tmp_path_factory.mktemp("large") / "large")


def test_large_codes_are_reduced(bundle):
    said = bundle.manifest.reduction
    assert WIDTH > LARGE
    assert bundle.manifest.code_shape == CODE
    assert bundle.latent_dim == said.components == bundle.codes.shape[1] < 60
    assert 0.99 <= said.variance <= 1
    lost = 100 * (1 - said.variance)
    assert said.rest == (
        f"set to its mean when a row is decoded: {lost:.2g} % of the codes' variance"
    )
    assert "principal components of 768 with 99" in check(bundle.path).text()
    assert check(bundle.path).ok


def test_the_components_are_those_of_all_training_codes(bundle, pictures):
    x = pictures[bundle.rows].astype(np.float64) / 255
    whole = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    centred = whole - whole.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    k = bundle.latent_dim
    share = (values[:k] ** 2).sum() / (values**2).sum()
    assert bundle.manifest.reduction.variance == pytest.approx(share, abs=1e-4)
    assert (values[: k - 1] ** 2).sum() / (values**2).sum() < 0.99  # no more than it takes
    for part in range(3):  # up to a sign
        own = bundle.codes[:, part]
        wanted = centred @ axes[part]
        assert abs(np.corrcoef(own, wanted)[0, 1]) > 0.999
        assert own.std() == pytest.approx(wanted.std(), rel=1e-3)


def test_what_is_asked_of_the_networks_alone_loses_nothing(bundle, pictures):
    x = pictures[bundle.holdout_rows]
    assert np.allclose(bundle.reconstruct(x), x / 255, atol=1e-5)
    assert not np.allclose(bundle.decode(bundle.encode(x)), x / 255, atol=1e-3)


def test_codes_and_pictures_go_through_the_components(bundle, pictures):
    x = pictures[bundle.rows]
    assert np.allclose(bundle.encode(x), bundle.codes, atol=1e-4)
    gap = bundle.decode(bundle.codes) - x / 255
    total = (x / 255).reshape(len(x), -1).var(axis=0).sum()
    lost = 1 - bundle.manifest.reduction.variance
    assert (gap**2).sum() / len(x) == pytest.approx(lost * total, rel=0.05)
    assert bundle.manifest.reconstruction["mse_train"] == pytest.approx((gap**2).mean(), rel=1e-3)
    draw = bundle.model("gaussian").sample(3, rng=0)
    assert draw.images.shape == (3, *SHAPE)


def test_what_is_left_out_is_the_mean(bundle, pictures):
    x = pictures[bundle.rows] / 255
    middle = bundle.decode(np.zeros((1, bundle.latent_dim)))
    assert np.allclose(middle[0], x.mean(axis=0), atol=1e-4)


def test_it_is_as_one_says(pair, pictures):
    whole = made(pair, pictures, reduce=False)
    assert whole.manifest.reduction is None
    assert whole.codes.shape[1] == WIDTH
    assert "reduction.safetensors" not in whole.manifest.files
    assert np.allclose(whole.decode(whole.codes), pictures[whole.rows] / 255, atol=1e-5)
    few = made(codes=np.random.default_rng(0).normal(size=(60, 4)) @ np.diag([9, 5, 2, 0.01]))
    assert few.manifest.reduction is None
    forced = made(codes=few.codes, reduce=True)
    assert forced.latent_dim == 3
    assert forced.manifest.code_shape == (4,)


def test_large_codes_alone(pictures):
    x = pictures.reshape(80, *CODE).astype(np.float32)
    bundle = made(codes=x)
    assert bundle.payload.kind == "codes"
    assert bundle.payload.shape == (bundle.latent_dim,)
    assert bundle.manifest.code_shape == CODE
    assert bundle.decode(bundle.codes[:2]).shape == (2, 64, 96, 3)
    assert bundle.manifest.reduction.components == bundle.latent_dim < 60


@pytest.mark.parametrize("flat", [True, False])
def test_large_codes_with_a_decoder(pair, pictures, flat):
    x = (pictures / 255).transpose(0, 3, 1, 2).astype(np.float32)
    codes = x.reshape(80, -1) if flat else x.reshape(80, *CODE)
    bundle = made(codes=codes, decoder=pair[1])
    assert bundle.payload.shape == SHAPE
    assert bundle.manifest.code_shape == CODE
    gap = bundle.decode(bundle.codes) - pictures[bundle.rows] / 255
    assert (gap**2).mean() < 1e-3


def test_codes_that_never_vary():
    bundle = made(codes=np.full((20, 600), 0.25))
    assert bundle.latent_dim == 1
    assert (bundle.codes == 0).all()
    assert any("never varies" in note for note in bundle.manifest.notes)


def test_no_more_components_than_rows():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(12, 600))
    reduction = Reduction.fit(codes, seed=0)
    assert reduction.k <= 11
    assert np.allclose(reduction.codes(reduction.scores(codes)), codes, atol=0.5)
    again = Reduction.fit(codes, seed=0)
    assert np.array_equal(again.components, reduction.components)
    eye = reduction.components @ reduction.components.T
    assert np.allclose(eye, np.eye(reduction.k), atol=1e-5)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda t: t.pop("mean"), "mean: is missing"),
        (lambda t: t.update(scale=np.ones(3, np.float32)), "scale: is no part of a reduction"),
        (lambda t: t.update(mean=t["mean"][:-1]), r"mean: must be float32 of shape \(768,\)"),
        (lambda t: t.update(mean=t["mean"].astype(float)), "mean: must be float32"),
        (lambda t: t.update(components=t["components"][1:]), "components: must be float32"),
        (lambda t: t["components"].__setitem__((0, 0), np.nan), "components: holds values that"),
    ],
)
def test_components_that_cannot_be_used(reduced, replace_reduction, how, said):
    folder = changed(reduced, replace_reduction, how, "reduction.safetensors")
    bundle = read(folder)
    with pytest.raises(BundleError, match=said) as error:
        bundle.decode(bundle.codes[:1])
    assert error.value.path.name == "reduction.safetensors"
    assert not check(folder).ok


@pytest.fixture
def reduced(bundle, tmp_path):
    """A copy that a test may spoil."""
    return bundle.save(tmp_path / "copy").path


@pytest.fixture
def replace_reduction(reduced):
    return functools.partial(listed, reduced)


def test_the_file_holds_the_components_and_their_mean(bundle):
    named = load((bundle.path / "reduction.safetensors").read_bytes())
    assert set(named) == {"mean", "components"}
    assert named["components"].shape == (bundle.latent_dim, WIDTH)
