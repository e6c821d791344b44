"""The networks of the paper, one file each; creating one gives its plan.

To add one, add a file: a class derived from `Plan` whose constructor says its steps.
"""

from __future__ import annotations

from aegen.core.family import Family
from aegen.supermask.plan import Plan

__all__ = ["networks"]

networks: Family[Plan] = Family("aegen.supermask.networks", "aegen.supermask.plan:Plan", "network")
"""All networks by name: ``networks.create("conv4", channels=3, size=32, width=0.5)``."""
