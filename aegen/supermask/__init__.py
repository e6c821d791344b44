"""Signed supermasks: networks whose frozen weights are only kept, inverted or dropped.

After "Signing the Supermask" (N. Koster, O. Grothe, A. Rettinger, arXiv 2201.13361). `networks`
has the paper's networks as plans; torch is loaded only when masks are attached or trained.
"""

from __future__ import annotations

from aegen.supermask.networks import networks
from aegen.supermask.plan import Plan

__all__ = ["Plan", "networks"]
