"""Autoencoders of the pythae library: a folder with model_config.json and model.pt.

pythae saves networks of a person's own as pickles, which are not read. Its default ones are two
small perceptrons, which are built here from the names in the file, so that pythae is not needed.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from aegen.bundles.imports.state_dict import fill, weights
from aegen.bundles.imports.torch_file import read_weights
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import LONGEST_TEXT, parse
from aegen.core.storage import is_file, read_bytes

__all__ = ["CONFIG", "pythae_network"]

CONFIG, WEIGHTS = "model_config.json", "model.pt"

PLAIN = {
    "Adversarial_AE",
    "AE",
    "BetaTCVAE",
    "BetaVAE",
    "CIWAE",
    "DisentangledBetaVAE",
    "FactorVAE",
    "HVAE",
    "INFOVAE_MMD",
    "IWAE",
    "MIWAE",
    "MSSSIM_VAE",
    "PIWAE",
    "RAE_GP",
    "RAE_L2",
    "RHVAE",
    "VAE",
    "VAEGAN",
    "VAMP",
    "WAE_MMD",
}
"""Models whose decoder takes what their encoder gives, as it is. Others have a quantiser, a flow,
a sphere or a hyperbolic space in between."""

HIDDEN = 512


def pythae_network(folder: Path, *, trust_code: bool) -> Any:
    """The network of a folder that pythae saved, with pythae's default encoder and decoder.

    Raises:
        StorageError: it is not trusted, has networks of a person's own, or is of another model.
    """
    config = _config(folder)
    name = str(config.get("name")).removesuffix("Config").removesuffix("_")
    for which in ("encoder", "decoder"):
        if not config.get(f"uses_default_{which}", True):
            raise StorageError(
                folder,
                f"was saved with its own {which} as a pickle, which is not read: give "
                f"{WEIGHTS} in it and a function that builds the model, as "
                'module="my_model:build"',
            )
    if name not in PLAIN:
        raise StorageError(
            folder / CONFIG,
            f"describes a {name}, which changes codes between encoder and decoder: open it by "
            "pythae and give functions, encode=... and decode=...",
        )
    shape, d = config.get("input_dim"), config.get("latent_dim")
    if not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in [*shape, d]):
        raise StorageError(
            folder / CONFIG, f"input_dim {shape} and latent_dim {d} must be whole numbers above 0"
        )
    path = folder / WEIGHTS
    if not is_file(path):
        raise StorageError(path, "there is no such file")
    named = weights(read_weights(path, trust_code=trust_code), path)
    net = _perceptrons(tuple(shape), int(d or 0))
    ends = {n: t for n, t in named.items() if n.startswith(("encoder.", "decoder."))}
    # The second head of a VAE gives variances, which no code needs.
    fill(net, {n: t for n, t in ends.items() if not n.startswith("encoder.log_var.")}, path)
    return net.eval()


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = parse(read_bytes(folder / CONFIG, most=LONGEST_TEXT))
    except InvalidInput as problem:
        raise StorageError(folder / CONFIG, str(problem)) from None
    if not isinstance(found, dict):
        raise StorageError(folder / CONFIG, "is no record of a pythae model")
    return found


def _perceptrons(shape: tuple[int, ...], d: int) -> Any:
    """The default ends, of one hidden layer each, under the names that pythae's files have."""
    from torch import nn

    def dense(a: int, b: int, *then: nn.Module) -> nn.Sequential:
        return nn.Sequential(nn.Linear(a, b), *then)

    pixels = math.prod(shape)
    encoder = nn.Sequential()
    encoder.add_module("flat", nn.Flatten())
    encoder.add_module("layers", nn.Sequential(dense(pixels, HIDDEN, nn.ReLU())))
    encoder.add_module("embedding", nn.Linear(HIDDEN, d))
    decoder = nn.Sequential()
    layers = dense(d, HIDDEN, nn.ReLU()), dense(HIDDEN, pixels, nn.Sigmoid())
    decoder.add_module("layers", nn.Sequential(*layers))
    decoder.add_module("picture", nn.Unflatten(1, shape))
    return nn.ModuleDict({"encoder": encoder, "decoder": decoder})
