"""What is found out on a few rows, and refused, before any long work."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from aegen.bundles import Convention, create, plan
from aegen.core.errors import InvalidInput
from aegen.projections.pca import PCA
from tests.onnx_networks import affine, linear_pair, model, shaped
from tests.tiny_bundle import tiny_images, tiny_pair


def pictures(n, shape, seed=0):
    """Pictures in [0, 1] of eight degrees of freedom, channels unlike each other."""
    rng = np.random.default_rng(7)
    parts = rng.random((8, *shape)) * np.linspace(1, 0.3, shape[2])
    x = np.einsum("nk,khwc->nhwc", np.random.default_rng(seed).dirichlet(np.ones(8), n), parts)
    return np.round(255 * x).astype(np.uint8)


FORMS = {
    # name: shape of a picture, how it enters, how it leaves, and both conventions
    "grey, channels first": (
        (6, 8, 1),
        lambda x: x.transpose(0, 3, 1, 2),
        lambda x: 2 * x.transpose(0, 3, 1, 2) - 1,
        Convention(),
        Convention("signed"),
    ),
    "colour, channels last, blue first": (
        (6, 8, 3),
        lambda x: 255 * x[..., ::-1],
        lambda x: 255 * x[..., ::-1],
        Convention("bytes", "channels last", True),
        Convention("bytes", "channels last", True),
    ),
    "flat in, channels first out": (
        (6, 8, 3),
        lambda x: x.transpose(0, 3, 1, 2).reshape(len(x), -1),
        lambda x: x.transpose(0, 3, 1, 2),
        Convention("unit", "flat"),
        Convention(),
    ),
    "grey without channels": (
        (6, 8, 1),
        lambda x: 2 * x[..., 0] - 1,
        lambda x: x.reshape(len(x), -1),
        Convention("signed", "no channels"),
        Convention("unit", "flat"),
    ),
    "with transparency": (
        (6, 8, 4),
        lambda x: x,
        lambda x: x,
        Convention("unit", "channels last"),
        Convention("unit", "channels last"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", [(), (2, 2, 2)])
def test_a_pair_of_files_comes_in_by_itself(form, code):
    shape, enters, leaves, taken, given = FORMS[form]
    train = pictures(300, shape, seed=1) / 255
    pair = linear_pair(enters(train), leaves(train), 8, code=code)
    x = pictures(40, shape)
    found = plan(pair, x)
    assert (found.codec.taken, found.codec.given) == (taken, given)
    assert found.codec.code_shape == (code or (8,))
    assert found.trials[0].error < 1e-4
    assert found.trials[0].error < found.trials[-1].error
    bundle = create("mine", found, projected={"pca": PCA()})
    assert bundle.manifest.encoder.convention == taken
    assert bundle.latent_dim == 8
    assert np.allclose(bundle.reconstruct(x), x / 255, atol=0.01)
    assert np.allclose(bundle.decode(bundle.codes), x[bundle.rows] / 255, atol=0.01)


def test_the_statistics_of_the_data_are_taken_from_many_of_its_pictures():
    x = pictures(400, (6, 8, 3)) // 2
    x[::2] = 255 - x[::2]  # so that a few pictures tell little
    unit = x / 255
    mean, deviation = unit.mean(axis=(0, 1, 2)), unit.std(axis=(0, 1, 2))
    enters = ((unit - mean) / deviation).transpose(0, 3, 1, 2)
    found = plan(linear_pair(enters, enters, 9), x)
    assert found.codec.taken.scale == found.codec.given.scale == "standardised"
    assert np.allclose(found.codec.taken.mean, mean, atol=1e-4)
    assert np.allclose(found.codec.given.deviation, deviation, atol=1e-4)


def test_conventions_that_are_said_are_kept():
    said = Convention("signed"), Convention("bytes")
    found = plan(tiny_pair(), tiny_images(), input=said[0], output=said[1])
    assert (found.codec.taken, found.codec.given) == said
    found = plan(tiny_pair(), tiny_images(), input=said[0])
    assert found.codec.taken == said[0]
    assert found.codec.given != said[1]
    for word in ("input", "output"):
        with pytest.raises(InvalidInput, match=f"{word} must be a Convention, such as Convention"):
            plan(tiny_pair(), tiny_images(), **{word: "signed"})


def test_a_plan_says_what_will_come_of_it():
    found = plan(tiny_pair(), tiny_images())
    assert repr(found).startswith("Plan(48 rows of image 16 x 16 x 1, codes of 3, [0, 1] in, [0, ")
    assert len(repr(found)) < 200
    assert found.shown.shape == (16, 16, 1)
    assert len(found.sample) == 16
    assert 0 < found.seconds < 60
    assert set(found.exported) == {"encoder", "decoder"}


# What is refused


class Linear(nn.Module):
    """A linear autoencoder of 16 x 16 pictures."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.down, self.up = nn.Linear(256, 3), nn.Linear(3, 256)

    def encode(self, x):
        return self.down(x.flatten(1))

    def decode(self, z):
        return torch.sigmoid(self.up(z)).view(-1, 1, 16, 16)


class Random(Linear):
    def encode(self, x):
        mean = self.down(x.flatten(1))
        return mean + torch.randn_like(mean)


class RandomDecoder(Linear):
    def decode(self, z):
        return torch.rand_like(super().decode(z))


class OfBatch(Linear):
    """Takes its mean from the batch, as a norm that is not in evaluation mode does."""

    def encode(self, x):
        z = self.down(x.flatten(1))
        return z - z.mean(dim=0)


class Untrained(Linear):
    def encode(self, x):
        return self.down(x.flatten(1)) / 0


class NoDecoder(Linear):
    decode = None


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (
            Random(),
            r"codes that the encoder gives for the same rows differ by \d.* from call to call, so "
            r"it draws at random: give encode=lambda net, x: \.\.\. that returns the mean",
        ),
        (
            RandomDecoder(),
            r"rows that the decoder gives for the same rows differ .* give decode=lambda net, z",
        ),
        (
            OfBatch(),
            r"what the encoder gives for a row differs by .* with the rows beside it: cal",
        ),
        (Untrained(), "the encoder gives codes that are NaN or infinite: see whether it is train"),
        (NoDecoder(), "NoDecoder has no decode or decoder; it has down, up: give decode=lambda"),
    ],
)
def test_autoencoders_that_do_not_keep_their_word(net, said):
    with pytest.raises(InvalidInput, match=said):
        plan(net, tiny_images())


def test_a_mean_is_taken_of_what_was_random():
    with pytest.raises(InvalidInput, match="draws at random"):
        plan(Random(), tiny_images())
    found = plan(
        Random(),
        tiny_images(),
        encode=lambda net, x: net.down(x.flatten(1)),
        decoder=affine(np.zeros((3, 256)), np.full(256, 0.1), (3,), (1, 16, 16)),
    )
    assert found.codec.encode(found.sample).shape == (16, 3)


@pytest.mark.parametrize(
    ("operator", "said"),
    [("RandomNormalLike", "draws at random"), ("RandomUniformLike", "draws at random")],
)
def test_files_that_draw_are_refused_too(operator, said):
    from onnx import helper

    draws = model(
        [helper.make_node(operator, ["x"], ["y"])], [shaped("x", (5,))], [shaped("y", (5,))]
    )
    same = affine(np.eye(5), np.zeros(5), (5,), (5,))
    x = np.random.default_rng(0).normal(size=(40, 5))
    with pytest.raises(InvalidInput, match=f"codes that the encoder .*{said}"):
        plan((draws, same), x)
    with pytest.raises(InvalidInput, match=f"rows that the decoder .*{said}"):
        plan((same, draws), x)


def test_pictures_of_another_size_or_number_of_channels():
    with pytest.raises(InvalidInput, match=r"takes pictures of 1 channels, these have 3: read th"):
        plan(tiny_pair(), tiny_images(channels=3))
    small = dataclasses.replace(tiny_images(), images=tiny_images().images[:, :8, :8])
    with pytest.raises(InvalidInput, match=r"\(None, 1, 16, 16\), the pictures are \(8, 8, 1\)"):
        plan(tiny_pair(), small)
    found = plan(tiny_pair(), small.images)  # no set that somebody has made: it is made to fit
    assert found.rows.payload.shape == (16, 16, 1)
    assert any("(16, 16, 1)" in note for note in found.rows.notes)


def test_pictures_in_files_are_read_as_the_encoder_takes_them(tmp_path):
    """Of another size, and with transparency, where the file states what it takes."""
    for k, image in enumerate(tiny_images(channels=3).images):
        file = Image.fromarray(image).convert("RGBA").resize((32, 32), Image.Resampling.NEAREST)
        file.save(tmp_path / f"{k:02d}.png")
    found = plan(tiny_pair(channels=3), tmp_path)
    assert found.rows.payload.shape == (16, 16, 3)
    assert (found.codec.taken, found.codec.given) == (Convention(), Convention())
    assert any("colour" in note or "channels" in note for note in found.rows.notes)
    assert (
        np.abs(found.rows.values(np.arange(48)) * 255 - tiny_images(channels=3).images).max() < 3
    )


def test_a_torch_network_of_another_number_of_channels_is_met_halfway():
    """Nothing states its shape, so it is tried."""

    class Colour(nn.Module):
        def encode(self, x):
            return x.mean(dim=(2, 3)) * torch.ones(1, 3)

        def decode(self, z):
            return z[:, :, None, None].expand(-1, 3, 16, 16)

    grey = tiny_images().images
    found = plan(Colour(), grey[..., 0], input=Convention(), output=Convention())
    assert found.rows.payload.shape[2] in (1, 3)


def test_faults_of_tables_are_known_at_once():
    images = tiny_images()
    images.attributes["when"] = np.datetime64("2020-01-01")
    with pytest.raises(InvalidInput, match="attribute 'when' must be text, yes or no, or a numb"):
        plan(tiny_pair(), images)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shape": (8, 8)}, "shape has no effect on a bundle of table"),
        ({"output": Convention("signed")}, "output has no effect on a bundle of table"),
    ],
)
def test_what_is_for_pictures_is_refused_for_a_table(given, said):
    x = np.random.default_rng(0).normal(size=(40, 5))
    encoder, decoder = linear_pair(x, x, 2)
    with pytest.raises(InvalidInput, match=said):
        plan((encoder, decoder), x, **given)


def test_what_a_plan_knows_is_not_given_again():
    x = np.random.default_rng(0).normal(size=(40, 5))
    found = plan(linear_pair(x, x, 2), x)
    with pytest.raises(InvalidInput, match="a Plan knows its holdout already"):
        create("mine", found, holdout=0.5)
    with pytest.raises(InvalidInput, match="path must be a folder to write, got 3"):
        create("mine", found, path=3)


def test_a_shape_is_not_passed_over_for_pictures_that_were_read():
    images = tiny_images()
    pair = tiny_pair()
    with pytest.raises(InvalidInput, match=r"shape \(8, 8\) is for pictures that are read here"):
        plan(pair, images, shape=(8, 8))


def test_codes_that_fill_the_memory_are_refused_before_they_are_computed(monkeypatch):
    from aegen.bundles import creation

    monkeypatch.setattr(creation, "_free_memory", lambda: 5_000)
    x = np.random.default_rng(0).normal(size=(40, 5))
    found = plan(linear_pair(x, x, 2), x)  # 40 codes of 2 numbers, four times: 2,560 bytes
    create("mine", found, projected={"pca": PCA()})
    found = plan(linear_pair(x, x, 4), x)
    with pytest.raises(InvalidInput, match=r"40 codes of 4 numbers need some .* reduce=True"):
        create("mine", found, projected={"pca": PCA()})
