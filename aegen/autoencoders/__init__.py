"""Autoencoders and the classifier that reads their pictures; torch is loaded only when asked for.

`architectures` finds the autoencoders, one file each in ``networks/``; `aegen.autoencoders.train`
trains them and `aegen.autoencoders.checkpoint` keeps them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from aegen.core.family import Family

if TYPE_CHECKING:
    from aegen.autoencoders.networks.base import Autoencoder

__all__ = ["Autoencoder", "Classifier", "architectures"]

architectures: Family[Autoencoder] = Family(
    "aegen.autoencoders.networks",
    "aegen.autoencoders.networks.base:Autoencoder",
    "architecture",
)
"""All architectures by name: ``architectures.create("convolutional", latent_dim=16)``."""

_architecture, __dir__ = architectures.attach(__all__)
_TORCH = {"Autoencoder": "networks.base", "Classifier": "classifier"}


def __getattr__(name: str) -> Any:
    """Load the torch classes when they are first named."""
    if name in _TORCH:
        return getattr(importlib.import_module(f"aegen.autoencoders.{_TORCH[name]}"), name)
    return _architecture(name)
