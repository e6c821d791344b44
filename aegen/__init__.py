"""aegen: turn any trained autoencoder into a generative model, and see, compare and steer how.

``aegen.load("mnist")`` opens a bundle, ``aegen.recommend(codes)`` says which latent model to take;
`aegen.bundles`, `aegen.samplers`, `aegen.metrics` and
`aegen.projections` are loaded when they are first named.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aegen import bundles, metrics, projections, samplers
    from aegen.bundles import read as load
    from aegen.comparison import recommend

__all__ = ["__version__", "bundles", "load", "metrics", "projections", "recommend", "samplers"]

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """Import what is named when it is first named, so that ``import aegen`` stays quick."""
    if name == "load":
        return importlib.import_module("aegen.bundles").read
    if name == "recommend":
        return importlib.import_module("aegen.comparison").recommend
    if name in __all__:
        return importlib.import_module(f"aegen.{name}")
    raise AttributeError(f"module 'aegen' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted(__all__)
