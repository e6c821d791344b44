"""Autoencoders and the classifier that judges their pictures; torch is loaded only when asked for.

`architectures` finds the autoencoders, one file each in ``networks/``; `aegen.autoencoders.
training` trains them and `aegen.autoencoders.checkpoint` keeps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aegen.core.family import Family

if TYPE_CHECKING:
    from aegen.autoencoders.classifier import Classifier
    from aegen.autoencoders.networks.base import Autoencoder

__all__ = ["Autoencoder", "Classifier", "architectures"]

architectures: Family[Autoencoder] = Family(
    "aegen.autoencoders.networks",
    "aegen.autoencoders.networks.base:Autoencoder",
    "architecture",
)
"""All architectures by name: ``architectures.create("convolutional", latent_dim=16)``."""


def __getattr__(name: str) -> Any:
    """Load the torch classes when they are first named."""
    if name == "Autoencoder":
        from aegen.autoencoders.networks.base import Autoencoder

        return Autoencoder
    if name == "Classifier":
        from aegen.autoencoders.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
