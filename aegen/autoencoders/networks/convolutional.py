"""The plain convolutional autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from aegen.autoencoders.networks._backbone import Channels, Decoder, Encoder, LatentDim
from aegen.autoencoders.networks._halvings import chosen_widths
from aegen.autoencoders.networks._size import Size, sides, stored_size
from aegen.autoencoders.networks.base import Autoencoder

__all__ = ["Convolutional"]


class Convolutional(Autoencoder):
    r"""Convolutional autoencoder: strided convolutions to a code, transposed ones back.

    Trained on $-\sum_i x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i)$ over the pixels, the
    cross-entropy of the reconstruction alone. The code is free: nothing pulls it towards a
    Gaussian, which is what a latent model is for.

    Goes wrong where a code has too few dimensions for what varies: pictures come back blurred,
    small parts first. A code picked blindly, not from a latent model, decodes to mush.

    Args:
        channels: from 1 to 4.
        size: height and width in pixels, each from 8 to 512, or one number for both.
        latent_dim: dimensions of a code.
        widths: channels after each halving; None doubles them until 4 pixels a side are left,
            from 32, or from less where they would end above 512.

    Cost: an epoch of 60,000 digits takes a minute on two cores; time grows with the pixels.

    Reference: the networks of Tagasovska, Ackerer and Vatter 2019 (arXiv 1906.05423) and of
    Coblenz, Grothe and Kächele 2023 (arXiv 2309.09916); see ``_backbone``.

    Example:
        >>> net = Convolutional(channels=1, size=28, latent_dim=10)
        >>> net(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 1, 28, 28])
        >>> Convolutional(channels=3, size=(80, 160)).shape
        (3, 80, 160)
    """

    title = "Convolutional autoencoder"
    references: ClassVar[tuple[str, ...]] = ("tagasovska2019", "coblenz2023")
    outputs: ClassVar[int] = 1
    """Numbers that the encoder gives for each dimension of a code."""
    quick: ClassVar[dict[str, list[int]]] = {"widths": [4, 8]}

    def __init__(
        self,
        channels: Channels = 1,
        size: Size = 28,
        latent_dim: LatentDim = 10,
        widths: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        widths = chosen_widths(widths, size)
        self.arguments = {
            "channels": channels,
            "size": stored_size(size),
            "latent_dim": latent_dim,
            "widths": list(widths),
        }
        self.latent_dim = latent_dim
        self.shape = (channels, *sides(size))
        self.encoder = Encoder(channels, size, widths, self.outputs * latent_dim)
        self.decoder = Decoder(channels, size, widths, latent_dim)

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, d) of images (n, c, h, w) in [0, 1]."""
        z: Tensor = self.encoder(x)
        return z

    def logits(self, z: Tensor) -> Tensor:
        """Images (n, c, h, w) of codes (n, d), before the sigmoid."""
        x: Tensor = self.decoder(z)
        return x

    def loss(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """Cross-entropy of the reconstruction, in nats an image; uses no noise."""
        return self.reconstruction_loss(self.logits(self.encode(x)), x)
