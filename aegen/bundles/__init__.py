"""Bundles: folders that hold one autoencoder with its codes, projections, pictures and classifier.

`read` opens one by name or path, `bundles` lists those there are, `check` and `deep_check` look
for faults, `create` writes one, `load_network` opens networks of other libraries for it.
``manifest.py`` says what a bundle folder holds. To generate from a bundle, open it with
`aegen.load`.
"""

from __future__ import annotations

from aegen.bundles.bundle import Bundle
from aegen.bundles.checking import DeepReport, check, deep_check
from aegen.bundles.creation import create
from aegen.bundles.discovery import bundles, find, read
from aegen.bundles.findings import Finding, Report
from aegen.bundles.imports import load_network
from aegen.bundles.manifest import Atlas, Attribute, Manifest

__all__ = [
    "Atlas",
    "Attribute",
    "Bundle",
    "DeepReport",
    "Finding",
    "Manifest",
    "Report",
    "bundles",
    "check",
    "create",
    "deep_check",
    "find",
    "load_network",
    "read",
]
