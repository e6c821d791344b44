"""`read_codes`: codes that are there already, with or without an autoencoder."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.rng import RNG
from aegen.core.storage import is_file
from aegen.data._reading.attributes import clean_attributes
from aegen.data._reading.holdout import Holdout, held_out, own_split
from aegen.data._reading.joining import beside, joined
from aegen.data._reading.named_arrays import Arrays, array_files, attributes_among, without_parts
from aegen.data._reading.number_columns import code_columns
from aegen.data._reading.tables import TABLE_SUFFIXES, read_table

__all__ = ["Codes", "read_codes"]

KEYS = ("codes", "z", "latents", "latent", "embeddings", "embedding", "mu")
"""Names of arrays and columns that are taken for codes where several could be."""


@dataclass(frozen=True)
class Codes:
    """Codes with attributes.

    Attributes:
        codes: float64, shape (n, d), finite.
        attributes: n rows, a column an attribute (categorical text, bool or number).
        holdout: bool, shape (n,), True for rows never trained on; None where nothing says so.
        notes: what was decided in reading them, a sentence each.
    """

    codes: FloatArray
    attributes: pd.DataFrame
    holdout: BoolArray | None = None
    notes: tuple[str, ...] = ()


def read_codes(
    path: Path | str | NDArray[Any] | pd.DataFrame | Mapping[str, Any],
    *,
    key: str | None = None,
    attributes: Path | str | pd.DataFrame | None = None,
    holdout: Holdout = None,
    rng: RNG = 0,
) -> Codes:
    """Codes and attributes from a file, an array or a table.

    - npz: the array called codes or z, or the only one of fractions with two axes; arrays of n
      values are attributes; codes_train and codes_test are parts.
    - npy, or an array (n, d).
    - parquet, CSV or a DataFrame: a column of lists, or columns that are numbered as z0, z1, z2,
      or all columns with fractions; the others are attributes.
    - h5ad (AnnData, where anndata is installed): an array of ``obsm``, with ``obs`` as attributes.

    Args:
        path: where the codes are, or what they are.
        key: which array or column they are, where several could be.
        attributes: a table or its file, one row a code, in their order.
        holdout: rows kept out of training, as in `read`; by default what the data says, and None
            where it says nothing.
        rng: draws a share of rows to hold out.

    Raises:
        StorageError: the file is missing, damaged or of another kind.
        InvalidInput, UnknownName: no codes in it, or codes, attributes or arguments that cannot
            be used.

    Example:
        >>> read_codes({"z": np.eye(3), "digit": np.array([1, 2, 2])}).attributes["digit"].tolist()
        [1.0, 2.0, 2.0]
    """
    codes, frame, parts, notes = _found(path, key)
    codes = arrays.codes(codes, minimum=1)
    if attributes is not None:
        table = read_table(attributes)
        rows, words, _ = joined(table, None, len(codes), "the table of attributes")
        frame, notes = beside(frame, rows, "the table of attributes"), [*notes, *words]
    split = own_split(frame, parts)
    if holdout is not None:
        split = held_out(holdout, len(codes), frame=frame, parts=parts, rng=rng)
    if split is not None and split.column:
        frame = frame.drop(columns=split.column)
    frame, words = clean_attributes(frame)
    notes = [*notes, *([split.note] if split else []), *words]
    return Codes(codes, frame, split.rows if split else None, tuple(notes))


Source = tuple[NDArray[Any], pd.DataFrame, list[str] | None, list[str]]
"""Codes, attributes, parts and notes."""


def _found(source: Any, key: str | None) -> Source:
    if isinstance(source, pd.DataFrame):
        return _of_table(read_table(source), key, "the table")
    if isinstance(source, Mapping):
        named = {str(name): np.asarray(values) for name, values in source.items()}
        return _of_arrays(named, key, Path("the mapping"))
    if not isinstance(source, str | Path):
        values = np.asarray(source.detach().cpu() if hasattr(source, "detach") else source)
        return _of_arrays({"": values}, None, Path("the array"))
    path = Path(source)
    kind = path.suffix.lower()
    if kind in (".npz", ".npy"):
        return _of_arrays(array_files(path), key, path)
    if kind == ".h5ad":
        return _of_anndata(path, key)
    if kind in TABLE_SUFFIXES:
        return _of_table(read_table(path), key, path.name)
    if not os.path.exists(path):
        raise StorageError(path, "there is no such file")
    kinds = ", ".join((".npz", ".npy", ".h5ad", *TABLE_SUFFIXES))
    raise StorageError(path, f"is not read as codes: give {kinds}")


def _of_arrays(found: Arrays, key: str | None, path: Path) -> Source:
    found, parts = without_parts(found, path)
    key = _key(found, key, path)
    others = {name: array for name, array in found.items() if name != key}
    frame, notes = attributes_among(others, len(found[key]) if found[key].ndim else 0)
    return found[key], frame, parts, notes


def _key(found: Arrays, key: str | None, path: Path) -> str:
    """The name of the array that holds the codes."""
    if key is not None:
        if key not in found:
            raise UnknownName("array of codes", key, found)
        return key
    if len(found) == 1:
        return next(iter(found))  # what is wrong with it is said where its shape is looked at
    numbers = {name: a for name, a in found.items() if a.ndim == 2 and a.dtype.kind in "iuf"}
    named = [name for name in KEYS if name in numbers]
    floats = [name for name, array in numbers.items() if array.dtype.kind == "f"]
    if not named and len(floats) != 1:
        held = ", ".join(f"{name} {array.shape}" for name, array in found.items()) or "nothing"
        raise InvalidInput(
            f"{path.name} must hold codes (n, d) called codes, or one array of fractions with two "
            f"axes, got {held}: say with key= which they are"
        )
    return named[0] if named else floats[0]


def _of_table(frame: pd.DataFrame, key: str | None, where: str) -> Source:
    codes, taken = code_columns(frame, key, KEYS, where)
    rest = frame.drop(columns=taken)
    numbered = key is None and len(taken) > 1
    notes = [f"the codes are the columns {taken[0]} to {taken[-1]}"] if numbered else []
    return codes, rest, None, notes


def _of_anndata(path: Path, key: str | None) -> Source:
    """An array of ``obsm``; the matrix of the data itself is not read."""
    if not is_file(path):
        raise StorageError(path, "there is no such file")
    try:
        anndata = importlib.import_module("anndata")
    except ImportError:
        raise StorageError(
            path, "is read by the package anndata: install it with `pip install anndata`"
        ) from None
    try:
        held = anndata.read_h5ad(path, backed="r")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise StorageError(path, f"is no whole h5ad file ({problem})") from problem
    try:
        known = [name for name in held.obsm if np.ndim(held.obsm[name]) == 2]
        if key is None and len(known) != 1:
            raise InvalidInput(
                f"{path.name} has {', '.join(known) or 'nothing'} in obsm: say with key= which "
                "are the codes"
            )
        key = known[0] if key is None else key
        if key not in known:
            raise UnknownName("array of obsm", key, known)
        codes = held.obsm[key]
        dense = codes.toarray() if hasattr(codes, "toarray") else np.asarray(codes)
        frame = held.obs.reset_index(drop=True)
    finally:
        held.file.close()
    return dense, frame, None, [f"the codes are obsm[{key!r}]"]
