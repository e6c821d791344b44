"""Autoencoders of other people, which lie beside the checkout where there are any: they come in
by one line, and give back what their owners' code gives back."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aegen.bundles import Convention, create, plan
from aegen.projections.pca import PCA

NEAR = 1e-4


@pytest.fixture(scope="module")
def cases():
    folder = Path(__file__).resolve().parents[3] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("no foreign autoencoders lie at ../shared/cases")
    return folder


def reference(folder):
    """Pictures in [0, 1], and what their owners' code makes of them."""
    with np.load(folder / "reference.npz") as found:
        return {**found, "images": found["images"] / np.float32(255)}


def pictures(folder, mode, most):
    files = sorted((folder / "images").rglob("*.png"))[:most]
    return np.stack([np.asarray(Image.open(file).convert(mode)) for file in files])


def test_a_grey_vae(cases):
    folder = cases / "grey32-vae"
    bundle = create(
        "digits",
        encoder=folder / "encoder.onnx",
        decoder=folder / "decoder.onnx",
        data=pictures(folder, "L", 400),
        projected={"pca": PCA()},
    )
    wanted = reference(folder)
    assert bundle.image_shape == (32, 32, 1)
    assert bundle.latent_dim == 10
    assert bundle.manifest.encoder.convention == Convention()
    assert bundle.manifest.decoder.convention == Convention()
    assert np.abs(bundle.encode(wanted["images"]) - wanted["codes"]).max() < NEAR
    assert np.abs(bundle.reconstruct(wanted["images"]) - wanted["decoded"]).max() < NEAR
    assert np.abs(bundle.decode(wanted["codes"]) - wanted["decoded"]).max() < NEAR
    assert bundle.model("gaussian").sample(4, rng=0).images.shape == (4, 32, 32, 1)


def test_a_folder_of_its_networks_and_its_folder_of_pictures(cases):
    folder = cases / "grey32-vae"
    found = plan(folder, folder / "images")
    assert len(found.rows) == 400
    assert len(found.rows.attributes["class"].unique()) == 10
    assert (found.codec.taken, found.codec.given) == (Convention(), Convention())


@pytest.mark.parametrize("size", [(160, 80), (48, 24)])
def test_codes_of_an_image_of_their_own(cases, size):
    """Not square, with transparency that means nothing, and not clipped by the decoder."""
    folder = cases / "spatial-rgb"
    whole = size == (160, 80)
    files = sorted((folder / "images").rglob("*.png"))[:8]
    x = np.stack([np.asarray(Image.open(file).convert("RGB").resize(size)) for file in files])
    if whole:
        found = plan(folder, x[:3], input=Convention(), output=Convention(), holdout=0)
    else:
        found = plan(folder, x)
        assert found.codec.taken == found.codec.given == Convention()
    wide, high = size
    assert found.codec.code_shape == (32, high // 8, wide // 8)
    if whole:
        wanted = reference(folder)
        codes = found.codec.encode_whole(wanted["images"])
        assert np.abs(codes - wanted["codes"].reshape(2, -1)).max() < NEAR
        clipped = np.clip(wanted["decoded_raw"], 0, 1)
        assert np.abs(clipped - wanted["decoded_raw"]).max() > 0.05
        assert np.abs(found.codec.reconstruct(wanted["images"]) - clipped).max() < NEAR
    else:
        bundle = create("street", found, projected={"pca": PCA()})
        assert bundle.manifest.reduction.components == bundle.latent_dim < 8
        assert np.allclose(bundle.reconstruct(x), found.codec.reconstruct(x / np.float32(255)))
