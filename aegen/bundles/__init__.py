"""Bundles: folders that hold one autoencoder with its codes, projections, pictures and classifier.

`create` makes one of any autoencoder, `plan` says beforehand what will come of it; `read` opens
one by name or path, `bundles` lists those there are, `check` and `deep_check` look for faults.
`load_network` opens networks of other libraries for `create`.
``manifest.py`` says what a bundle folder holds.
"""

from __future__ import annotations

from aegen.bundles.bundle import Bundle
from aegen.bundles.checking import DeepReport, check, deep_check
from aegen.bundles.convention import Convention, convention_of
from aegen.bundles.creation import create
from aegen.bundles.discovery import bundles, find, own_folder, read
from aegen.bundles.findings import Finding, Report
from aegen.bundles.generation import Draw, Model
from aegen.bundles.imports import load_network
from aegen.bundles.manifest import Atlas, Attribute, Manifest
from aegen.bundles.payload import Payload
from aegen.bundles.plan import Plan, plan

__all__ = [
    "Atlas",
    "Attribute",
    "Bundle",
    "Convention",
    "DeepReport",
    "Draw",
    "Finding",
    "Manifest",
    "Model",
    "Payload",
    "Plan",
    "Report",
    "bundles",
    "check",
    "convention_of",
    "create",
    "deep_check",
    "find",
    "load_network",
    "own_folder",
    "plan",
    "read",
]
