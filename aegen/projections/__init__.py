"""Projections of the latent space to the plane, one file each; `projections` finds them.

Start with ``base.py`` for what one is and ``pca.py`` for the shortest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aegen.core.family import Family

if TYPE_CHECKING:
    from aegen.projections.base import Projection

__all__ = ["Projection", "projections"]

projections: Family[Projection] = Family(
    "aegen.projections", "aegen.projections.base:Projection", "projection"
)
"""All projections by name: ``projections.names()``, ``projections.create("pca")``."""

__getattr__, __dir__ = projections.attach(__all__)
