"""The autoencoder that is made for masks: dense layers without biases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.networks._backbone import Channels, LatentDim
from aegen.autoencoders.networks._size import Size, sides, stored_size
from aegen.autoencoders.networks.base import Autoencoder
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field

__all__ = ["Masked"]

WIDEST = 65_536


class Masked(Autoencoder):
    r"""Dense autoencoder without biases, made for signed supermasks: ELU between its layers.

    What it knows is in its matrices alone, $\hat x = W_k e(W_{k-1} \cdots e(W_1 x))$ with the ELU
    e. Its weights can be trained like those of any other, but it is made for weights that never
    are: `aegen.supermask.training.autoencoder` only keeps, inverts or drops them. Without
    biases a unit still has something constant to lean on, since the background of a picture is not
    0 once its ``mean`` is taken off and what is left divided by its ``deviation``. Logits are
    multiplied by ``gain``, as few small weights could not make a pixel all black.

    Goes wrong on large or varied pictures: nothing in it knows that neighbouring pixels belong
    together.

    Args:
        channels: from 1 to 4.
        size: height and width in pixels, each from 8 to 512, or one number for both.
        latent_dim: dimensions of a code.
        encoder: sizes of the layers between picture and code.
        decoder: sizes of those between code and picture; None: the encoder's, turned around.
        mean, deviation: of the data set's pixels in [0, 1].
        gain: what the logits are multiplied by.

    Raises:
        InvalidInput: sizes of layers that are not from 1 to 65,536.

    Cost: each pixel is tied to each unit of the first layer, so weights grow with the picture: 28
    x 28 pixels are cheap, 128 x 128 are not.

    Reference: the dense autoencoder of Hinton and Salakhutdinov, Science 313 (2006), without
    biases; masks after Koster et al. 2022 (arXiv 2201.13361).

    Example:
        >>> net = Masked(channels=1, size=28, latent_dim=10)
        >>> net(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 1, 28, 28])
    """

    title = "Supermask autoencoder"
    references = ("hinton2006", "koster2022")
    quick: ClassVar[dict[str, list[int]]] = {"encoder": [20, 10]}

    def __init__(
        self,
        channels: Channels = 1,
        size: Size = 28,
        latent_dim: LatentDim = 16,
        encoder: Sequence[int] = (512, 128),
        decoder: Sequence[int] | None = None,
        mean: Annotated[float, Field("Mean of the pixels", low=0, high=1)] = 0.1307,
        deviation: Annotated[float, Field("Deviation of the pixels", low=0.01, high=1)] = 0.3081,
        gain: Annotated[float, Field("What the logits are multiplied by", low=0.001)] = 3.0,
    ) -> None:
        super().__init__()
        inner = [int(n) for n in encoder]
        outer = inner[::-1] if decoder is None else [int(n) for n in decoder]
        if not all(0 < n <= WIDEST for n in (*inner, *outer)):
            raise InvalidInput(
                f"layers must have from 1 to {WIDEST:,} units, got {inner} and {outer}"
            )
        self.arguments = {
            "channels": channels,
            "size": stored_size(size),
            "latent_dim": latent_dim,
            "encoder": inner,
            "decoder": outer,
            "mean": mean,
            "deviation": deviation,
            "gain": gain,
        }
        self.latent_dim = latent_dim
        self.shape = (channels, *sides(size))
        self.mean, self.deviation, self.gain = mean, deviation, gain
        pixels = math.prod(self.shape)
        self.encoder = _layers([pixels, *inner, latent_dim])
        self.decoder = _layers([latent_dim, *outer, pixels])

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, d) of images (n, c, h, w) in [0, 1]."""
        return _through(self.encoder, (x.flatten(1) - self.mean) / self.deviation)

    def logits(self, z: Tensor) -> Tensor:
        """Images (n, c, h, w) of codes (n, d), before the sigmoid."""
        return (self.gain * _through(self.decoder, z)).view(-1, *self.shape)

    def loss(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """Cross-entropy of the reconstruction, in nats an image; uses no noise."""
        return self.reconstruction_loss(self.logits(self.encode(x)), x)


def _layers(sizes: Sequence[int]) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in pairwise(sizes))


def _through(layers: nn.ModuleList, x: Tensor) -> Tensor:
    """ELU between two layers, none after the last."""
    for k, layer in enumerate(layers):
        x = layer(functional.elu(x) if k else x)
    return x
