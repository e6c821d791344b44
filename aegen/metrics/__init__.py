"""Metrics, one file each: how far generated rows are from real ones; `metrics` finds them.

Start with ``base.py`` for what one is and ``nearest_neighbour_accuracy.py`` for one that is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aegen.core.family import Family

if TYPE_CHECKING:
    from aegen.metrics.base import Metric

__all__ = ["Metric", "metrics"]

metrics: Family[Metric] = Family("aegen.metrics", "aegen.metrics.base:Metric", "metric")
"""All metrics by name: ``metrics.names()``, ``metrics.create("distance-ratio")``."""

__getattr__, __dir__ = metrics.attach(__all__)
