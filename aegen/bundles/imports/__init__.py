"""Networks that other libraries wrote: opened from their files as something `create` takes.

`load_network` recognises what a path holds; each format has a file of its own here.
"""

from __future__ import annotations

from aegen.bundles.imports.arguments import read_arguments
from aegen.bundles.imports.diffusers_folder import known_convention
from aegen.bundles.imports.load import load_network

__all__ = ["known_convention", "load_network", "read_arguments"]
