"""Folders of diffusers: weights from safetensors only, pixels in [-1, 1]."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from aegen.bundles import load_network
from aegen.bundles.convention import Convention
from aegen.bundles.ends import find_ends
from aegen.bundles.imports import known_convention
from aegen.bundles.plan import plan
from aegen.core.errors import StorageError

BLOCKS = {
    "block_out_channels": (4, 8),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "latent_channels": 2,
    "norm_num_groups": 2,
}
TINY = {
    "encoder_block_out_channels": (4, 4),
    "decoder_block_out_channels": (4, 4),
    "num_encoder_blocks": (1, 1),
    "num_decoder_blocks": (1, 1),
    "latent_channels": 2,
}
WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Folders by class, with the network in each."""
    diffusers = pytest.importorskip("diffusers")  # slow to load: not while collecting
    torch.manual_seed(0)
    made = {
        "AutoencoderKL": diffusers.AutoencoderKL(**BLOCKS),
        "AutoencoderTiny": diffusers.AutoencoderTiny(**TINY),
        "VQModel": diffusers.VQModel(**BLOCKS, num_vq_embeddings=16),
    }
    root = tmp_path_factory.mktemp("diffusers")
    for name, net in made.items():
        net.eval().save_pretrained(root / name)
    return root, made


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of a folder that a test may spoil."""
    for file in (saved[0] / "AutoencoderTiny").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", ["AutoencoderKL", "AutoencoderTiny", "VQModel"])
def test_networks_come_back_and_codes_are_no_draws(name, saved):
    root, made = saved
    x = torch.rand(3, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        z = made[name].encode(x)
        z = z.latent_dist.mean if name == "AutoencoderKL" else z.latents
        y = made[name].decode(z).sample
    net = load_network(root / name)
    assert known_convention(net) == Convention("signed")
    first, last = find_ends(net)
    assert np.allclose(first(x.numpy()), z.numpy(), atol=1e-5)
    assert np.allclose(last(z.numpy()), y.numpy(), atol=1e-5)


def test_the_tiny_one_takes_the_same_range_as_the_others(saved):
    """The network inside works in [0, 1], and diffusers puts a scaling at either end."""
    net = saved[1]["AutoencoderTiny"]
    x = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        inside = net.encoder.layers(x)
        assert torch.allclose(net.encode(2 * x - 1).latents, inside, atol=1e-5)
        decoded = net.decoder.layers(torch.tanh(inside / 3) * 3)
        assert torch.allclose(net.decode(inside).sample, 2 * decoded - 1, atol=1e-5)


def test_the_convention_is_known_or_tried_where_ends_are_given_alone(saved, monkeypatch):
    from aegen.bundles.torch_export import TorchEnd

    monkeypatch.setattr(TorchEnd, "exported", lambda end, example: None)
    root, _ = saved
    x = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    found = plan(root / "AutoencoderTiny", x)
    assert found.codec.taken == found.codec.given == Convention("signed")
    assert len(found.trials) == 1
    net = load_network(root / "AutoencoderTiny")
    assert len(plan(data=x, encode=net.encode, decode=net.decode).trials) > 5
    grey = plan(root / "AutoencoderTiny", x[..., :1])
    assert grey.rows.payload.shape == (16, 16, 3)


def test_the_network_of_a_pipeline_and_a_variant_of_its_weights(folder):
    (folder / "vae").mkdir()
    (folder / "config.json").rename(folder / "vae" / "config.json")
    (folder / WEIGHTS).rename(folder / "vae" / WEIGHTS.replace(".safe", ".fp16.safe"))
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert type(load_network(folder)).__name__ == "AutoencoderTiny"


def test_weights_that_are_pickled_absent_or_of_another_network(folder):
    named = load_file(folder / WEIGHTS)
    first = sorted(named)[0]
    save_file({n: t for n, t in named.items() if n != first}, folder / WEIGHTS)
    with pytest.raises(StorageError, match=f"do not fit config.json: 1 missing, first {first}"):
        load_network(folder)
    save_file({**named, "extra": torch.ones(1)}, folder / WEIGHTS)
    with pytest.raises(StorageError, match=r"do not fit config\.json: 1 unexpected, first extra"):
        load_network(folder)
    save_file({**named, first: torch.ones(7)}, folder / WEIGHTS)
    with pytest.raises(StorageError) as caught:
        load_network(folder)
    assert "\n" not in str(caught.value)
    (folder / WEIGHTS).write_bytes(b"cut")
    with pytest.raises(StorageError, match="cannot be read by diffusers"):
        load_network(folder)
    (folder / WEIGHTS).rename(folder / "diffusion_pytorch_model.bin")
    with pytest.raises(StorageError, match=r"only a \.bin, which is a pickle, where"):
        load_network(folder)
    (folder / "diffusion_pytorch_model.bin").unlink()
    with pytest.raises(StorageError, match="holds no weights, where"):
        load_network(folder)


def test_another_class_is_refused(folder):
    (folder / "config.json").write_text(json.dumps({"_class_name": "UNet2DModel"}))
    with pytest.raises(StorageError, match="describes a UNet2DModel, and only AutoencoderKL, "):
        load_network(folder)
