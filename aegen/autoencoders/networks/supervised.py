"""An autoencoder whose codes also tell the known attributes of a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.networks._backbone import Channels, LatentDim
from aegen.autoencoders.networks._size import Size
from aegen.autoencoders.networks.latent_noise import LatentNoise, Likelihood, Noise
from aegen.core.parameters import Field

__all__ = ["Supervised"]


class Supervised(LatentNoise):
    r"""Supervised autoencoder: a linear classifier must read the attributes off its noisy codes.

    Trained on $-\log p(x | \tilde z) - \lambda \sum_a \log p(y_a | \tilde z)$ with $\tilde z$ the
    code with noise, as in the autoencoder with latent noise, and $y_a$ the known attributes. What
    is small in a picture, such as glasses, then has as much a place of its own in the code as what
    is large; and as the reading is linear, pictures that share a value lie on one side of a plane.
    The classifier is no part of encoder or decoder.

    Goes wrong where attributes say little of a picture, or are often wrong: the code is spent on
    them. Figures on how well codes tell these attributes are no news, as they were trained to.

    Args:
        channels, size, latent_dim, widths, noise, likelihood: as `LatentNoise`.
        attributes: number of values of each attribute by its name; none: nothing is read.
        supervision: nats of the picture that a nat of an attribute counts as.

    Cost: that of the convolutional autoencoder with the same ``widths``.

    Reference: Le, Patterson and White 2018, equation 1.

    Example:
        >>> net = Supervised(channels=3, size=64, latent_dim=32, attributes={"eyes": 6})
        >>> net.encode(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 32])
    """

    title = "Supervised autoencoder"
    references = ("le2018",)
    learns_attributes: ClassVar[bool] = True

    def __init__(
        self,
        channels: Channels = 1,
        size: Size = 28,
        latent_dim: LatentDim = 10,
        widths: Sequence[int] | None = None,
        noise: Noise = 0.3,
        likelihood: Likelihood = "bernoulli",
        attributes: Mapping[str, int] | None = None,
        supervision: Annotated[
            float, Field("Nats of the picture that a nat of an attribute counts as", low=0)
        ] = 20.0,
    ) -> None:
        super().__init__(channels, size, latent_dim, widths, noise, likelihood)
        self.counts = dict(attributes or {})
        self.supervision = supervision
        self.arguments |= {"attributes": self.counts, "supervision": supervision}
        self.reading = nn.Linear(latent_dim, sum(self.counts.values())) if self.counts else None

    def loss(self, x: Tensor, noise: torch.Generator, labels: Tensor | None = None) -> Tensor:
        """Misfit of the picture and of what its noisy code tells, in nats an image.

        Args:
            x: images (n, c, h, w).
            noise: on the codes.
            labels: values of the attributes from 0, int64 (n, a); negative where not known.
        """
        z = self.shaken(self.encode(x), noise)
        total = self.misfit(self.logits(z), x)
        if labels is None or self.reading is None:
            return total
        told = self.reading(z).split(list(self.counts.values()), dim=1)
        for logits, wanted in zip(told, labels.unbind(1), strict=True):
            known = wanted >= 0
            if known.any():
                missed = functional.cross_entropy(logits[known], wanted[known])
                total = total + self.supervision * missed
        return total
