"""Finished tasks on disk: one file each, whole or absent, found again by what the task is.

A file's name is a hash of all that the figures depend on: the bundle's contents, the candidate,
the seed and the numbers, and the code that measures; not the versions of other libraries. So a run
that was stopped goes on.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

import aegen
from aegen.comparison.reference_rows import contents_of
from aegen.comparison.task import Figure, Result, Task
from aegen.core.errors import AegenError, StorageError
from aegen.core.json_text import parse
from aegen.core.storage import is_file, load_arrays, make_folder, save_arrays

__all__ = ["Store", "mark"]

FORMAT = "1"

MEASURING = (
    "samplers/*.py",
    "metrics/*.py",
    "core/neighbours.py",
    "bundles/networks.py",
    "comparison/task.py",
    "comparison/reference_rows.py",
    "comparison/inception.py",
)
"""The source that figures come from."""

ARRAYS = ("images", "codes", "parents")
"""Arrays of a result that a file holds where the result has them."""

PLAIN = (
    *("missing", "size", "distinct", "problem"),
    *("fit_seconds", "draw_seconds", "first_seconds"),
)
"""What a file holds of a result as it is."""


def mark(task: Task, contents: str = "") -> str:
    """The hash of all that a task's figures depend on, but for the versions of other libraries.

    ``contents`` is the hash of the bundle that was measured, by default of the one that is there.

    Raises:
        UnknownName, BundleError: no such bundle.
    """
    parts = [
        FORMAT,
        aegen.__version__,
        _code(),
        contents or contents_of(task.bundle),
        task.candidate.text,
        task.seed,
        task.draws,
        [metric_spec.key for metric_spec in task.metric_specs],
        task.codes,
        task.data is not None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


@functools.cache
def _code() -> str:
    """The hash of the source of all that figures come from."""
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    files = [file for part in MEASURING for file in sorted(root.glob(part))]
    for file in files:
        total.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


class Store:
    """A folder of results.

    Args:
        folder: where; it is made where it is missing.

    Raises:
        StorageError: it cannot be made, or not written to.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        make_folder(self.folder)

    def path(self, task: Task, contents: str = "") -> Path:
        """Where the result of a task is, or will be; arguments as `mark`."""
        return self.folder / f"{mark(task, contents)}.safetensors"

    def find(self, task: Task) -> Result | None:
        """The result of a task, if it is there; a file that cannot be read is no result."""
        path = self.path(task)
        if not is_file(path):
            return None
        try:
            return _read(path, task)
        except (AegenError, ValueError, KeyError, TypeError):
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def keep(self, result: Result) -> None:
        """Write a result.

        Raises:
            StorageError: it cannot be written; results that are there stay.
        """
        figures = result.figures.items()
        about: dict[str, Any] = {name: getattr(result, name) for name in PLAIN}
        about["task"] = str(result.task)
        about["values"] = {key: figure.value for key, figure in figures}
        about["variances"] = {key: figure.variance_generated for key, figure in figures}
        named: dict[str, Any] = {
            f"influences {key}": figure.influence_reference
            for key, figure in figures
            if figure.influence_reference is not None
        }
        shown = {name: getattr(result, name) for name in ARRAYS}
        named |= {name: array for name, array in shown.items() if array is not None}
        text = json.dumps(about, allow_nan=False, sort_keys=True)
        path = self.path(result.task, result.contents)
        save_arrays(path, named, {"result": text, "format": FORMAT})


def _read(path: Path, task: Task) -> Result:
    found, metadata = load_arrays(path)
    if metadata.get("format") != FORMAT:
        raise StorageError(path, "is no result that this aegen reads")
    about = parse(metadata["result"])
    figures = {
        key: Figure(float(v), _float32(found.get(f"influences {key}")), about["variances"][key])
        for key, v in about["values"].items()
    }
    plain = {name: about[name] for name in PLAIN}
    shown: dict[str, Any] = {name: found.get(name) for name in ARRAYS}
    return Result(task, figures, **shown, **plain)


def _float32(array: Any) -> Any:
    return None if array is None else np.asarray(array, dtype=np.float32)
