"""codes.safetensors: the codes of all rows, their row ids, and where they lie in projections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.findings import Finding
from aegen.bundles.manifest import Manifest
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.storage import parse_arrays

__all__ = ["CODES", "CodeTable", "Placed", "code_problems", "parse_codes", "tensors", "to_tensors"]

CODES = "codes.safetensors"

Tensors = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Placed:
    """Coordinates in a projection of training rows (n, 2) and held-out rows (m, 2); its state."""

    train: FloatArray
    holdout: FloatArray
    state: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class CodeTable:
    """Codes and ids of all rows; every array is read-only.

    Attributes:
        train: codes of training rows, float64 (n, d).
        holdout: codes of held-out rows, float64 (m, d).
        rows: the training rows' ids in the data set, int64 (n,).
        holdout_rows: the held-out rows' ids, int64 (m,).
        projections: by name.
    """

    train: FloatArray
    holdout: FloatArray
    rows: IntArray
    holdout_rows: IntArray
    projections: Mapping[str, Placed]


def to_tensors(table: CodeTable) -> Tensors:
    """What the file holds: codes and coordinates as float32, ids as int32, states as they are."""
    named: Tensors = {
        "codes.train": table.train.astype(np.float32),
        "codes.holdout": table.holdout.astype(np.float32),
        "rows.train": table.rows.astype(np.int32),
        "rows.holdout": table.holdout_rows.astype(np.int32),
    }
    for name, placed in table.projections.items():
        named[f"projection.{name}.train"] = placed.train.astype(np.float32)
        named[f"projection.{name}.holdout"] = placed.holdout.astype(np.float32)
        for key, array in placed.state.items():
            named[f"projection.{name}.state.{key}"] = np.asarray(array)
    return named


def tensors(content: bytes, path: Path) -> Tensors:
    """The named arrays in the bytes of a safetensors file.

    Raises:
        BundleError: it is not one, see `parse_arrays`.
    """
    try:
        return parse_arrays(content)[0]
    except InvalidInput as problem:
        raise BundleError(path, str(problem)) from None


def parse_codes(manifest: Manifest, content: bytes, path: Path) -> CodeTable:
    """The table in the bytes of codes.safetensors.

    Raises:
        BundleError: a tensor is missing, has another shape than bundle.json says, or holds NaN.
    """
    named = tensors(content, path)
    for finding in code_problems(named, manifest):
        if not finding.warning:
            raise finding.error(path.parent)

    def frozen(name: str, kind: type[np.generic]) -> NDArray[Any]:
        array = named[name].astype(kind)
        array.setflags(write=False)
        return array

    placed = {}
    for name in manifest.projections:
        prefix = f"projection.{name}.state."
        placed[name] = Placed(
            frozen(f"projection.{name}.train", np.float64),
            frozen(f"projection.{name}.holdout", np.float64),
            {key.removeprefix(prefix): array for key, array in named.items() if prefix in key},
        )
    return CodeTable(
        frozen("codes.train", np.float64),
        frozen("codes.holdout", np.float64),
        frozen("rows.train", np.int64),
        frozen("rows.holdout", np.int64),
        placed,
    )


def code_problems(named: Tensors, manifest: Manifest) -> Iterator[Finding]:
    """Everything that is wrong with the tensors of codes.safetensors."""
    expected = _expected(manifest)
    faults = {name: _fault(named.get(name), *expected[name]) for name in expected}
    yield from (Finding(CODES, name, fault) for name, fault in faults.items() if fault)
    sound = not any(faults.values())
    for name in sorted(set(named) - set(expected)):
        owner, _, key = name.removeprefix("projection.").partition(".state.")
        if not key or owner not in manifest.projections:
            yield Finding(CODES, name, "is no tensor that bundle.json calls for", warning=True)
        elif named[name].dtype.kind != "f" or not np.isfinite(named[name]).all():
            sound = False
            yield Finding(CODES, name, "must hold finite numbers")
    if sound:
        yield from _doubts(named)


def _expected(manifest: Manifest) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and kinds of each tensor."""
    parts = {"train": manifest.rows, "holdout": manifest.holdout_rows}
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    for part, n in parts.items():
        found[f"codes.{part}"] = ((n, manifest.latent_dim), "f")
        found[f"rows.{part}"] = ((n,), "iu")
        for name in manifest.projections:
            found[f"projection.{name}.{part}"] = ((n, 2), "f")
    return found


def _fault(array: NDArray[Any] | None, shape: tuple[int, ...], kinds: str) -> str:
    """Why a tensor cannot be used, or ""."""
    if array is None:
        return "is missing"
    if array.shape != shape:
        return f"has shape {array.shape} where bundle.json calls for {shape}"
    if array.dtype.kind not in kinds:
        return f"has type {array.dtype}"
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
        if bad.any():
            row = int(bad.argmax())
            return f"{int(bad.sum())} of {len(array)} rows are NaN or infinite, first row {row}"
    elif array.size and int(array.min()) < 0:
        return "holds negative row ids"
    return ""


def _doubts(named: Tensors) -> Iterator[Finding]:
    """What is odd but can be used."""
    z = named["codes.train"]
    constant = np.flatnonzero(z.max(axis=0) == z.min(axis=0))
    if len(constant):
        listing = ", ".join(map(str, constant[:8])) + (" ..." if len(constant) > 8 else "")
        never = f"{len(constant)} of {z.shape[1]} latent dimensions never vary ({listing}): "
        yield Finding(
            CODES, "codes.train", never + "a latent model cannot learn from them", warning=True
        )
    ids = np.concatenate([named["rows.train"], named["rows.holdout"]])
    repeated = len(ids) - len(np.unique(ids))
    if repeated:
        problem = f"{repeated} row ids appear more than once in the data"
        yield Finding(CODES, "rows", problem, warning=True)
