"""Folders of pythae: its default networks are built without it, pickles are left alone."""

import json

import pytest
import torch

from aegen.bundles import load_network
from aegen.bundles.ends import find_ends
from aegen.core.errors import StorageError

CONFIG = {"name": "VAEConfig", "input_dim": [1, 8, 8], "latent_dim": 3}


def folder_of(path, named=None, **changes):
    """A folder as pythae writes it."""
    path.mkdir(exist_ok=True)
    (path / "model_config.json").write_text(json.dumps(CONFIG | changes))
    if named is None:
        linear = {
            "encoder.layers.0.0": (64, 512),
            "encoder.embedding": (512, 3),
            "encoder.log_var": (512, 3),
            "decoder.layers.0.0": (3, 512),
            "decoder.layers.1.0": (512, 64),
        }
        torch.manual_seed(0)
        named = {
            f"{name}.{part}": tensor
            for name, shape in linear.items()
            for part, tensor in torch.nn.Linear(*shape).state_dict().items()
        }
    torch.save({"model_state_dict": named}, path / "model.pt")
    return named


def test_the_default_networks_are_two_perceptrons(tmp_path):
    w = folder_of(tmp_path / "vae", {**folder_of(tmp_path / "vae"), "prior": torch.ones(2)})
    x = torch.rand(5, 1, 8, 8)

    def dense(name, x):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    z = dense("encoder.embedding", dense("encoder.layers.0.0", x.flatten(1)).relu())
    y = dense("decoder.layers.1.0", dense("decoder.layers.0.0", z).relu()).sigmoid()
    first, last = find_ends(load_network(tmp_path / "vae", trust_code=True))
    assert torch.allclose(torch.from_numpy(first(x.numpy())), z, atol=1e-6)
    decoded = torch.from_numpy(last(z.numpy()))
    assert torch.allclose(decoded, y.view(5, 1, 8, 8), atol=1e-6)


@pytest.mark.parametrize("name", ["VAE", "AE", "WAE_MMD", "VAMP", "VAEGAN"])
def test_what_pythae_itself_saves(name, tmp_path):
    models = pytest.importorskip("pythae.models")
    config = next(c for c in (f"{name}Config", f"{name}_Config") if hasattr(models, c))
    net = getattr(models, name)(getattr(models, config)(input_dim=(1, 8, 8), latent_dim=3))
    net.eval().save(str(tmp_path / name))
    x = torch.rand(4, 1, 8, 8)
    with torch.no_grad():
        wanted = net.predict(x)
    first, last = find_ends(load_network(tmp_path / name, trust_code=True))
    assert torch.allclose(torch.from_numpy(first(x.numpy())), wanted.embedding, atol=1e-6)
    decoded = torch.from_numpy(last(wanted.embedding.numpy()))
    assert torch.allclose(decoded, wanted.recon_x, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"uses_default_encoder": False}, "its own encoder as a pickle, which is not read"),
        ({"uses_default_decoder": False}, "its own decoder as a pickle"),
        ({"name": "VQVAEConfig"}, "describes a VQVAE, which changes codes between"),
        ({"name": "VAE_IAF_Config"}, "describes a VAE_IAF, which changes codes"),
        ({"input_dim": None}, "input_dim None and latent_dim 3 must be whole numbers"),
        ({"latent_dim": -1}, "latent_dim -1 must be whole numbers above 0"),
        ({"latent_dim": 4}, r"another shape of encoder\.embedding"),
    ],
)
def test_what_is_refused(changes, said, tmp_path):
    folder_of(tmp_path / "vae", **changes)
    with pytest.raises(StorageError, match=said):
        load_network(tmp_path / "vae", trust_code=True)


def test_weights_are_a_pickle(tmp_path):
    folder_of(tmp_path / "vae")
    with pytest.raises(StorageError, match=r"model\.pt: is a pickle, .* trust_code=True"):
        load_network(tmp_path / "vae")
    (tmp_path / "vae" / "model.pt").unlink()
    with pytest.raises(StorageError, match=r"model\.pt: there is no such file"):
        load_network(tmp_path / "vae", trust_code=True)
