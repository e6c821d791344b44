"""Metrics, one file each: how far generated rows are from real ones; `metrics` finds them.

Start with ``base.py`` for what one is and ``nearest_neighbour_accuracy.py`` for one that is exact.
"""

from __future__ import annotations

from aegen.core.family import Family
from aegen.metrics.base import Metric

__all__ = ["Metric", "metrics"]

metrics: Family[Metric] = Family("aegen.metrics", "aegen.metrics.base:Metric", "metric")
"""All metrics by name: ``metrics.names()``, ``metrics.create("distance-ratio")``."""

__getattr__, __dir__ = metrics.attach(__all__)
