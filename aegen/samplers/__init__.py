"""Latent models, one file each; `samplers` finds them, `load` reads a saved one.

To add one, add a file: a class derived from `Sampler` with ``title``, ``summary``, ``_fit`` and
``_sample``. The pages, the command line, the benchmark and the contract tests find it themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aegen.core.family import Family

if TYPE_CHECKING:
    from aegen.samplers.base import Sampler

__all__ = [
    "ConditionalSampler",
    "DensitySampler",
    "NotFitted",
    "RowSampler",
    "Sampler",
    "load",
    "samplers",
]

samplers: Family[Sampler] = Family("aegen.samplers", "aegen.samplers.base:Sampler", "latent model")
"""All latent models by name: ``samplers.names()``, ``samplers.create("kde", bandwidth=0.2)``."""

__getattr__, __dir__ = samplers.attach(__all__)
