"""The variational autoencoder of the same backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from aegen.autoencoders.networks._backbone import Channels, LatentDim
from aegen.autoencoders.networks._size import Size
from aegen.autoencoders.networks.convolutional import Convolutional
from aegen.core.parameters import Field

__all__ = ["Variational"]

QUIETEST, LOUDEST = -12.0, 8.0
"""Bounds of the log-variance of a code: beyond them exp would overflow or lose all gradient."""


class Variational(Convolutional):
    r"""Variational autoencoder: each image has a Gaussian over codes, pulled towards N(0, I).

    Trained on $-\log p(x | z) + \beta\, KL(q(z | x) \,\|\, N(0, I))$ with z drawn from q: the
    cross-entropy of a reconstruction, and the divergence, both in nats an image. The code of an
    image is the mean of its Gaussian.

    Goes wrong with a large ``beta``: dimensions fall silent and pictures blur. The means together
    need not fill N(0, I), so draws from that may decode to mush; a latent model mends it.

    Args:
        channels, size, latent_dim, widths: as `Convolutional`.
        beta: weight of the divergence; 1 is the evidence lower bound.

    Cost: that of the convolutional autoencoder with the same ``widths``.

    Reference: Kingma and Welling 2013 (arXiv 1312.6114), equation 10; beta after Higgins et al.
    2017.

    Example:
        >>> net = Variational(channels=1, size=28, latent_dim=10)
        >>> net.encode(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    title = "Variational autoencoder"
    references = ("kingma2013", "higgins2017")
    outputs = 2

    def __init__(
        self,
        channels: Channels = 1,
        size: Size = 28,
        latent_dim: LatentDim = 10,
        widths: Sequence[int] | None = None,
        beta: Annotated[float, Field("Weight of the pull towards N(0, I)", low=0)] = 1.0,
    ) -> None:
        super().__init__(channels, size, latent_dim, widths)
        self.arguments["beta"] = self.beta = beta

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (n, d) and log-variance (n, d) of the Gaussian over codes of each image."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return mean, log_variance.clamp(QUIETEST, LOUDEST)

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, d) of images (n, c, h, w) in [0, 1]: the means of their Gaussians."""
        return self.posterior(x)[0]

    def loss(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """Negative evidence lower bound with weight beta, in nats an image."""
        mean, log_variance = self.posterior(x)
        shock = torch.randn(mean.shape, generator=noise, device=noise.device).to(mean)
        z = mean + torch.exp(0.5 * log_variance) * shock
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum() / len(x)
        return self.reconstruction_loss(self.logits(z), x) + self.beta * divergence
