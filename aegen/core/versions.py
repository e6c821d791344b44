"""Which aegen made something, and with which libraries: what a caption has to say."""

from __future__ import annotations

import platform
from importlib import metadata

import aegen

__all__ = ["versions"]

LIBRARIES = {"numpy": "NumPy", "scipy": "SciPy", "torch": "PyTorch"}
"""Those that figures depend on; none is loaded to be asked."""


def versions() -> str:
    """Versions of aegen, Python and the libraries that figures depend on, in a line.

    Example:
        >>> versions().split()[0]
        'aegen'
    """
    found = [f"aegen {aegen.__version__}", f"Python {platform.python_version()}"]
    found += [f"{title} {metadata.version(name)}" for name, title in LIBRARIES.items()]
    return ", ".join(found)
