"""What an autoencoder is: images to codes and back, and a loss to train it by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.core.errors import InvalidInput

__all__ = ["Autoencoder"]

CERTAIN = 100.0
"""What an infinite logit counts as; torch bounds the logarithms of its cross-entropy alike."""


class Autoencoder(nn.Module, ABC):
    """An encoder and a decoder.

    Class attributes:
        title: the name that people see.
        references: the papers it is from; see `aegen.core.references`.
        quick: arguments that make it small, for tests.
        learns_attributes: whether it takes ``attributes``, the number of values of each by its
            name, and its loss their labels, int64 (n, a), as a third argument; negative: not
            known.

    Attributes:
        arguments: the constructor's arguments, plain values that JSON can hold.
        latent_dim: number of dimensions of a code.
        shape: (channels, height, width) of an image.
    """

    title: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    quick: ClassVar[Mapping[str, Any]] = {}
    learns_attributes: ClassVar[bool] = False
    arguments: dict[str, Any]
    latent_dim: int
    shape: tuple[int, int, int]
    _decoder_only = False

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, d) of images (n, c, h, w) in [0, 1]; the same code for the same image."""

    @abstractmethod
    def logits(self, z: Tensor) -> Tensor:
        """Images (n, c, h, w) of codes (n, d), before the sigmoid."""

    @abstractmethod
    def loss(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """What training makes small, in nats an image; ``noise`` is its only randomness."""

    def train_decoder_only(self) -> None:
        """From now on only the part named ``decoder`` learns: every code stays as it is.

        Raises:
            InvalidInput: there is no such part.
        """
        if not isinstance(getattr(self, "decoder", None), nn.Module):
            raise InvalidInput(
                f"{type(self).__name__} has no part named decoder, so that cannot be trained alone"
            )
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(name.startswith("decoder."))
        self._decoder_only = True

    def train(self, mode: bool = True) -> Self:
        """As torch's; what does not learn keeps the statistics of its batch norms, too."""
        super().train(mode)
        if self._decoder_only:
            for name, part in self.named_children():
                part.train(mode and name == "decoder")
        return self

    def decode(self, z: Tensor) -> Tensor:
        """Images (n, c, h, w) in [0, 1] of codes (n, d)."""
        return torch.sigmoid(self.logits(z))

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions (n, c, h, w) in [0, 1]."""
        return self.decode(self.encode(x))

    @staticmethod
    def logits_of(pixels: Tensor) -> Tensor:
        """Logits of pixels in [0, 1], for a decoder that ends in a sigmoid or a clamp of its own.

        A pixel of exactly 0 or 1 counts as a millionth away from it: its logit and the gradient
        of that would be infinite, and the loss NaN after the next step.

        Example:
            >>> Autoencoder.logits_of(torch.tensor([0.0, 0.5, 1.0])).isfinite().all().item()
            True
        """
        return torch.logit(pixels, eps=1e-6)

    @staticmethod
    def reconstruction_loss(logits: Tensor, x: Tensor) -> Tensor:
        """Binary cross-entropy, summed over the pixels, mean over the images, in nats an image.

        A logit that is infinite counts as 100 nats where it is wrong.
        """
        total = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        if not total.isfinite():
            finite = torch.nan_to_num(logits, nan=torch.nan, posinf=CERTAIN, neginf=-CERTAIN)
            total = functional.binary_cross_entropy_with_logits(finite, x, reduction="sum")
        return total / len(x)

    @staticmethod
    def calibrated_loss(logits: Tensor, x: Tensor) -> Tensor:
        """Negative Gaussian log-likelihood at the deviation that fits the batch best, in nats.

        (D / 2) log MSE with D numbers an image, up to a constant (O. Rybkin, K. Daniilidis, S.
        Levine: Simple and effective VAE training with calibrated decoders, 2021, arXiv
        2006.13202, section 4.2). Beside the cross-entropy, which weighs what is nearly black or
        white a hundred times as much, a pixel of any level has the same say.
        """
        error = (torch.sigmoid(logits) - x).square().mean()
        return 0.5 * x[0].numel() * torch.log(error + 1e-12)
