"""Series, tables, codes alone, a decoder alone: what is no picture, and what lacks a half."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aegen.bundles import Convention, check, create, read
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.images import shrink
from aegen.projections.pca import PCA
from tests.onnx_networks import affine, linear_pair
from tests.tiny_bundle import tiny_images, tiny_pair

PICTURE = (64, 96, 3)


def made(network=None, data=None, **options):
    return create("mine", network, data, projected={"pca": PCA()}, **options)


@pytest.fixture(scope="module")
def waves():
    """Sixty series of two channels and twenty steps, of four degrees of freedom."""
    t, rng = np.linspace(0, 6, 20), np.random.default_rng(0)
    parts = rng.normal(size=(60, 2, 2))
    x = parts[..., :1] * np.sin(t) + parts[..., 1:] * np.cos(t)
    return (x * np.array([[1.0], [50.0]])).astype(np.float32)


@pytest.fixture(scope="module")
def columns():
    """Sixty rows of five columns, of two degrees of freedom, in very different units."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 5)) + 3
    return (x * np.array([1, 10, 100, 1000, 1e4])).astype(np.float32)


def test_series(waves, tmp_path):
    pair = linear_pair(waves, waves, 4)
    bundle = made(pair, waves, names=["voltage", "current"], units=["V", "mA"])
    assert bundle.payload.kind == "series"
    assert bundle.payload.shape == (2, 20)
    assert bundle.payload.names == ("voltage", "current")
    assert bundle.payload.units == ("V", "mA")
    assert bundle.image_shape == PICTURE
    assert bundle.codes.shape == (50, 4)
    assert np.allclose(bundle.reconstruct(waves), waves, atol=1e-3)
    assert np.allclose(bundle.decode_values(bundle.codes), waves[bundle.rows], atol=1e-3)
    assert np.allclose(bundle.encode(waves[bundle.rows]), bundle.codes, atol=1e-4)
    drawn = bundle.decode(bundle.codes[:3])
    assert np.allclose(drawn, bundle.payload.pictures(waves[bundle.rows[:3]]), atol=0.05)
    tiles, small = bundle.thumbnail_images([0, 1, 2]) / 255, shrink(drawn, 64) / 255
    assert np.abs(tiles - small).mean() < 0.03 < np.abs(tiles - small[[1, 2, 0]]).mean()
    assert list(bundle.manifest.reconstruction) == ["mse_train", "mse_holdout"]
    assert bundle.manifest.encoder.convention is None
    saved = bundle.save(tmp_path / "waves")
    assert check(saved.path).ok
    assert read(saved.path).payload == bundle.payload
    assert "series          2 x 20" in check(saved.path).text()
    draw = saved.model("gaussian").sample(3, rng=0)
    assert draw.images.shape == (3, *PICTURE)


def test_a_table(columns, tmp_path):
    frame = pd.DataFrame(columns, columns=["age", "mass [kg]", "c", "d", "e"])
    bundle = made(linear_pair(columns, columns, 2), frame)
    assert bundle.payload.kind == "table"
    assert bundle.payload.names == ("age", "mass", "c", "d", "e")
    assert bundle.payload.units == ("", "kg", "", "", "")
    assert bundle.image_shape == PICTURE
    assert np.allclose(bundle.reconstruct(columns), columns, rtol=1e-4)
    # each column has its own range, so that all of them are seen
    pictures = bundle.decode(bundle.codes)
    fifths = [pictures[:, :, k * 19 + 3 : k * 19 + 16, 0] for k in range(5)]
    assert all(0.1 < (fifth < 0.5).mean() < 0.9 for fifth in fifths)
    assert check(bundle.save(tmp_path / "rows").path).ok


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((2, 4)), r"x must hold numbers of shape \(n, 5\)"),
        (np.full((2, 5), np.nan), "x must be finite"),
    ],
)
def test_rows_of_a_table_that_cannot_be_encoded(columns, rows, said):
    bundle = made(linear_pair(columns, columns, 2), columns)
    with pytest.raises(InvalidInput, match=said):
        bundle.encode(rows)


def test_codes_alone(tmp_path):
    codes = np.random.default_rng(0).normal(size=(60, 6))
    labels = pd.DataFrame({"half": ["a", "b"] * 30})
    bundle = made(codes=codes, attributes=labels, dataset="somebody's codes")
    assert bundle.payload.kind == "codes"
    assert bundle.payload.names == tuple("123456")
    assert np.allclose(bundle.codes, codes[bundle.rows], atol=1e-6)
    assert len(bundle.holdout) == 10
    assert bundle.attributes["half"].tolist() == labels["half"].iloc[bundle.rows].tolist()
    assert bundle.manifest.encoder is bundle.manifest.decoder is None
    assert bundle.manifest.reconstruction == {}
    assert bundle.manifest.dataset == "somebody's codes"
    # a code is shown as bars of its numbers
    assert np.array_equal(
        bundle.decode(codes[:2]), bundle.payload.pictures(codes[:2].astype(np.float32))
    )
    assert bundle.model("gaussian-mixture").sample(3, rng=0).images.shape == (3, *PICTURE)
    saved = bundle.save(tmp_path / "codes")
    assert check(saved.path).ok
    assert "codes alone, as there is no decoder" in check(saved.path).text()
    assert not list(saved.path.glob("*.onnx"))
    with pytest.raises(BundleError, match="decoder: this bundle has none, since it was made of c"):
        saved.decode_values(codes[:2])
    with pytest.raises(BundleError, match="encoder: this bundle has none"):
        saved.encode(codes[:2])


def test_an_encoder_alone_shows_its_codes(columns):
    bundle = made(encoder=linear_pair(columns, columns, 2)[0], data=columns)
    assert bundle.payload.kind == "codes"
    assert bundle.codes.shape == (50, 2)
    assert not bundle.encodes  # rows are codes, and nothing else can be given
    assert set(bundle.manifest.files) == {
        "codes.safetensors",
        "attributes.parquet",
        "thumbnails.webp",
        "cover.webp",
    }


def test_an_encoder_of_pictures_alone_must_be_told_what_it_takes():
    encoder, _ = tiny_pair()
    with pytest.raises(InvalidInput, match=r"nothing tells how pixels enter .*give input=Conv"):
        made(encoder=encoder, data=tiny_images())
    bundle = made(encoder=encoder, data=tiny_images(), input=Convention())
    whole = made(tiny_pair(), tiny_images(), input=Convention(), output=Convention())
    assert np.array_equal(bundle.codes, whole.codes)


def test_a_decoder_alone_of_pictures(tmp_path):
    whole = made(tiny_pair(), tiny_images(), input=Convention(), output=Convention())
    bundle = made(codes=whole.codes, decoder=tiny_pair()[1], holdout=0)
    assert bundle.payload.shape == (16, 16, 1)
    assert bundle.manifest.decoder.convention == Convention()
    assert np.array_equal(bundle.decode(whole.codes), whole.decode(whole.codes))
    assert bundle.decodes
    assert not bundle.encodes
    saved = bundle.save(tmp_path / "half")
    assert check(saved.path).ok
    with pytest.raises(BundleError, match=r"encoder: this bundle has none, since it was made wit"):
        saved.encode(tiny_images().images)
    with pytest.raises(BundleError, match="encoder: this bundle has none"):
        saved.reconstruct(tiny_images().images)


@pytest.mark.parametrize(
    ("scale", "shift", "layout", "gives"),
    [
        ("unit", 0.0, "channels first", (1, 6, 8)),
        ("signed", -1.0, "channels last", (6, 8, 3)),
        ("bytes", 0.0, "channels first", (3, 6, 8)),
    ],
)
def test_a_decoders_range_is_told_by_its_output(scale, shift, layout, gives):
    high = {"unit": 1, "signed": 2, "bytes": 255}[scale]
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, np.prod(gives)))
    sigmoid = OnnxNetwork(
        affine(w, np.zeros(w.shape[1]), (3,), gives, end="Sigmoid"), Path("net.onnx")
    )
    bundle = made(codes=rng.normal(size=(40, 3)) * 3, decode=lambda z: sigmoid(z) * high + shift)
    assert bundle.manifest.decoder.convention == Convention(scale, layout)
    pictures = bundle.decode(bundle.codes)
    assert pictures.min() < 0.1
    assert pictures.max() > 0.9
    assert 0.4 < pictures.mean() < 0.6


def test_a_decoder_alone_of_series_and_of_rows(waves, columns):
    for x, kind in ((waves, "series"), (columns, "table")):
        encoder, decoder = linear_pair(x, x, 4)
        whole = made((encoder, decoder), x, holdout=0)
        bundle = made(codes=whole.codes, decoder=decoder, holdout=0)
        assert bundle.payload.kind == kind
        assert bundle.payload.shape == x.shape[1:]
        assert np.allclose(bundle.decode_values(whole.codes), x, rtol=1e-3, atol=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"codes": np.zeros((9, 2)), "data": np.zeros((9, 5))},
            "data has no effect on a bundle",
        ),
        (
            {"codes": np.zeros((9, 2)), "encode": np.copy},
            "encode has no effect on",
        ),
        ({"codes": np.full((9, 2), np.nan)}, "codes must be finite"),
        ({"codes": np.full((9, 2), 1e300)}, "codes must lie within 1e30 of 0"),
        ({"codes": np.zeros((2, 2))}, "at least 3 rows"),
        ({"codes": np.zeros(9)}, "codes"),
        ({"codes": np.full((9, 2), "a")}, "codes"),
        (
            {"codes": np.ones((9, 2)), "decoder": affine(np.eye(3), np.zeros(3), (3,), (3,))},
            r"codes have 2 numbers, the decoder takes \(3,\)",
        ),
        (
            {
                "codes": np.ones((9, 3)),
                "decoder": affine(np.eye(3, 40), np.zeros(40), (3,), (2, 4, 5)),
            },
            r"the decoder gives \(2, 4, 5\), which is no picture of 1, 3 or 4 channels",
        ),
        (
            {"codes": np.ones((9, 3)), "decode": lambda z: z * np.nan},
            "the decoder gives rows that are NaN or infinite",
        ),
        (
            {
                "codes": np.ones((9, 3)),
                "decode": lambda z: z + np.random.default_rng().random(z.shape),
            },
            "rows that the decoder gives for the same rows differ by .* draws at random",
        ),
        ({"data": np.zeros((2, 5))}, "an encoder"),
        ({"codes": np.zeros((9, 70_000)), "reduce": False}, "latent_dim: .*, got 70000"),
    ],
)
def test_codes_and_decoders_that_cannot_be_used(options, said):
    with pytest.raises(InvalidInput, match=said):
        made(**options)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (np.full((60, 5), np.nan), "NaN or infinite"),
        (np.full((60, 5), "a"), "numbers"),
        (np.zeros((60, 5, 2, 2, 2)), "got"),
        (np.zeros((2, 5)), "at least 3 training rows, got 2"),
        (np.zeros((60, 4)), r"encoder\.onnx cannot take rows of shape \(4,\)"),
        (np.zeros((60, 5, 2)), r"encoder\.onnx cannot take rows of shape \(5, 2\)"),
    ],
)
def test_rows_that_cannot_be_used(columns, data, said):
    with pytest.raises(InvalidInput, match=said):
        made(linear_pair(columns, columns, 2), data)


def test_units_and_names_of_another_number(waves):
    pair = linear_pair(waves, waves, 4)
    with pytest.raises(InvalidInput, match="2 texts"):
        made(pair, waves, units=["V"])
    with pytest.raises(InvalidInput, match="2 different names"):
        made(pair, waves, names=["a", "b", "c"])


def test_the_manifest_of_each_kind_is_read_again(waves, tmp_path):
    """What is written is what was meant, field by field."""
    bundle = made(linear_pair(waves, waves, 4), waves, path=tmp_path / "waves")
    document = json.loads((tmp_path / "waves" / "bundle.json").read_text())
    assert document["format"] == 2
    assert document["payload"]["kind"] == "series"
    assert document["encoder"] == {
        "output": "",
        "convention": None,
        "parameters": 40 * 4 + 4,
        "function": False,
    }
    assert read(tmp_path / "waves").manifest == bundle.manifest
