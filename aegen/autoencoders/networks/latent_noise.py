"""An autoencoder that is trained with noise on its codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from aegen.autoencoders.networks._backbone import Channels, LatentDim
from aegen.autoencoders.networks._size import Size
from aegen.autoencoders.networks.convolutional import Convolutional
from aegen.core.parameters import Field

__all__ = ["LatentNoise", "Likelihood", "Noise"]

Noise = Annotated[float, Field("Noise on a code in training, in its deviations", low=0)]
Likelihood = Annotated[
    Literal["bernoulli", "gaussian"], Field("What pixels are taken to be drawn from")
]


class LatentNoise(Convolutional):
    r"""Convolutional autoencoder whose decoder is trained on codes with Gaussian noise.

    Trained on $-\log p(x | z + \sigma \epsilon)$ with $\epsilon \sim N(0, I)$ and z the code,
    standardised by batch normalisation without scale or shift, as the noise could be outgrown
    otherwise. The decoder learns to give the same picture around a code, and pictures that differ
    in kind move apart: draws of a latent model, which never hit a code exactly, decode as cleanly
    as codes do.

    Goes wrong with much ``noise``: what is small in a picture falls below it and is lost. Without
    noise a code is as free as that of the convolutional autoencoder.

    Args:
        channels, size, latent_dim, widths: as `Convolutional`.
        noise: standard deviation of the noise, in those of a dimension.
        likelihood: of pixels: "bernoulli" is their cross-entropy, "gaussian" that of
            `calibrated_loss`, which is as strict with middle tones as with black and white.

    Cost: that of the convolutional autoencoder with the same ``widths``.

    Reference: noise in a hidden layer: Poole, Sohl-Dickstein and Ganguli 2014 (arXiv 1406.1831);
    the Gaussian likelihood: Rybkin, Daniilidis and Levine 2021 (arXiv 2006.13202), section 4.2.

    Example:
        >>> net = LatentNoise(channels=3, size=64, latent_dim=32).eval()
        >>> net.encode(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 32])
    """

    title = "Autoencoder with latent noise"
    references: ClassVar[tuple[str, ...]] = ("poole2014", "rybkin2021")

    def __init__(
        self,
        channels: Channels = 1,
        size: Size = 28,
        latent_dim: LatentDim = 10,
        widths: Sequence[int] | None = None,
        noise: Noise = 0.3,
        likelihood: Likelihood = "bernoulli",
    ) -> None:
        super().__init__(channels, size, latent_dim, widths)
        self.arguments["noise"] = self.noise = noise
        self.arguments["likelihood"] = likelihood
        calibrated = likelihood == "gaussian"
        self.misfit = self.calibrated_loss if calibrated else self.reconstruction_loss
        self.standardise = nn.BatchNorm1d(latent_dim, affine=False)

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, d) of images (n, c, h, w) in [0, 1], each dimension with a spread of one."""
        z: Tensor = self.standardise(self.encoder(x))
        return z

    def shaken(self, z: Tensor, noise: torch.Generator) -> Tensor:
        """Codes (n, d) with noise."""
        return z + self.noise * torch.randn(z.shape, generator=noise, device=noise.device).to(z)

    def loss(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """Misfit of the reconstruction from a noisy code, in nats an image."""
        return self.misfit(self.logits(self.shaken(self.encode(x), noise)), x)
