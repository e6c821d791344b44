"""Libraries that aegen uses where they are installed, and does without where they are not."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from aegen.core.errors import StorageError

__all__ = ["optional_library"]


def optional_library(name: str, path: Path) -> ModuleType:
    """A library that an extra of aegen's of the same name installs.

    Args:
        name: of the library and of the extra.
        path: what it is needed for.

    Raises:
        StorageError: it is not installed, or fails as it is imported.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name:
            raise _broken(name, path, problem) from problem
        raise StorageError(
            path, f"is read by {name}, which is not installed: pip install 'aegen[{name}]'"
        ) from None
    except (ImportError, RuntimeError) as problem:
        raise _broken(name, path, problem) from problem


def _broken(name: str, path: Path, problem: Exception) -> StorageError:
    return StorageError(
        path,
        f"is read by {name}, which cannot be imported ({problem}): "
        f"pip install --upgrade 'aegen[{name}]'",
    )
