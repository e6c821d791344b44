"""`read`: pictures and attributes as people have them, as one `ImageSet`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.rng import RNG
from aegen.data._lazy import LazyImages
from aegen.data._reading.attributes import clean_attributes
from aegen.data._reading.dataset_items import Items
from aegen.data._reading.holdout import Holdout, Split, held_out
from aegen.data._reading.image_arrays import images_of
from aegen.data._reading.image_files import ImageFiles
from aegen.data._reading.sources import IN_MEMORY, Found, find
from aegen.data.base import ImageSet, Skipped

__all__ = ["NOT_STATED", "name_of", "read"]

NOT_STATED = "not stated"


def read(
    path: Path | str | NDArray[Any] | Mapping[str, Any] | Items,
    *,
    attributes: Path | str | pd.DataFrame | None = None,
    shape: tuple[int, ...] | None = None,
    holdout: Holdout = None,
    limit: int | None = None,
    name: str | None = None,
    title: str | None = None,
    licence: str = NOT_STATED,
    citation: str = "",
    source: str = "",
    check: Literal["ends", "all"] = "ends",
    rng: RNG = 0,
) -> ImageSet:
    """Pictures with their attributes, from nearly any form in which people have them.

    - A folder or a ZIP archive: two or more folders in it are classes (attribute "class"), a lone
      one is entered; train and test (or valid) folders are parts; metadata.csv, .jsonl or .parquet
      with a column file_name gives attributes. A folder may also hold the idx files of MNIST, or
      parquet files.
    - npz or npy: (n, h, w), (n, h, w, c) or (n, c, h, w), uint8, or floats in [0, 1], [-1, 1] or
      [0, 255]; arrays of n labels in an npz are attributes, x_train and x_test are parts.
    - parquet with encoded pictures, as the datasets library writes it.
    - A name of `datasets`, an array, a mapping of arrays, or a torch Dataset of (picture, label).

    Pictures of other sizes, modes and orientations are fitted by the rules of
    `aegen.core.picture_file.fit`. Whatever was left out or decided is in ``skipped`` and
    ``notes``. Up to 256 MB of images are decoded here, to an array; more are `LazyImages`.

    Args:
        path: where the pictures are, or what they are.
        attributes: a CSV, JSON lines or parquet file or a DataFrame, whose rows are joined by
            file_name, or by the order of the pictures (of files, of their paths).
        shape: (h, w) or (h, w, c) of the images; by default the most common size, and for itself
            the most common number of channels, of equally common ones the largest.
        holdout: which rows are kept out of training: a share, a bool array (n,), the name of a
            column, of a part, or of a file with file names; by default what the data says, or a
            sixth.
        limit: training rows at most, and a sixth as many held-out ones.
        name: the data set's name; by default that of the file or folder.
        title: the name that people see.
        licence: licence of the images.
        citation: whom to cite.
        source: where the images come from.
        check: "ends" decodes a file at once where its header or its end is not right, or the set
            is small; "all" decodes every file once, to find the damaged ones of a large set.
        rng: draws the rows to hold out and the rows that ``limit`` keeps.

    Raises:
        StorageError: nothing that can be read is at ``path``, or a table is damaged.
        InvalidInput, UnknownName: pictures, attributes or arguments that cannot be used.

    Example:
        >>> read(np.zeros((12, 8, 8), np.uint8)).holdout.sum().item()
        2
    """
    if check not in ("ends", "all"):
        raise InvalidInput(f'check must be "ends" or "all", got {check!r}')
    known = _published(path)
    if known is None:
        found, split = find(path, shape), None
        stem, called = name_of(path, "images")
    else:
        pictures, notes = images_of(np.asarray(known.images), shape, known.name)
        found = Found(pictures, known.attributes, notes=notes)
        split = None if holdout is not None else Split(known.holdout, "")
        stem, called = known.name, known.title
        licence = known.licence if licence == NOT_STATED else licence
        citation, source = citation or known.citation, source or known.source
    if attributes is not None:
        found.join(attributes)
    if split is None:
        split = held_out(
            holdout,
            len(found.images),
            frame=found.frame,
            names=found.names,
            parts=found.parts,
            rng=rng,
        )
    frame = found.frame.drop(columns=split.column) if split.column else found.frame
    frame, words = clean_attributes(frame, keep=("class",) if found.folders else ())
    whole = ImageSet(
        name=name or stem,
        title=title or called,
        images=found.images,
        attributes=frame,
        holdout=split.rows,
        licence=licence,
        citation=citation,
        source=source,
        skipped=tuple(found.skipped),
        notes=tuple(note for note in (*found.notes, split.note, *words) if note),
    )
    if limit is not None:
        whole = whole.limited(limit, rng=rng)
    return _decoded(whole, check)


def name_of(source: Any, otherwise: str) -> tuple[str, str]:
    """A name of small letters, digits and dashes for a source, and what people call it."""
    called = otherwise
    if isinstance(source, str | Path):
        path = Path(source).absolute()
        called = path.name if os.path.isdir(path) else path.stem
    stem = re.sub(r"[^a-z0-9]+", "-", called.lower())[:64].strip("-")
    printed = called.isprintable() and bool(called.strip())
    return stem or otherwise, called if printed else otherwise


def _published(path: Any) -> ImageSet | None:
    """The data set of that name, where there is one and no such file."""
    from aegen.data import datasets

    if not isinstance(path, str) or os.path.exists(path) or path.lower() not in datasets.names():
        return None
    return datasets.create(path.lower()).load()


def _decoded(whole: ImageSet, check: str) -> ImageSet:
    """Images as an array where they are few; without the files that turn out to be damaged."""
    images = whole.images
    if not isinstance(images, LazyImages):
        return whole
    few = int(np.prod(images.shape)) <= IN_MEMORY
    if not isinstance(images, ImageFiles):
        return replace(whole, images=images[:]) if few else whole
    if not few and check == "ends":
        return whole
    decoded, damaged = images.decoded(keep=few)
    names = images.source.names
    skipped = [Skipped(names[images.rows[row]], reason) for row, reason in damaged.items()]
    if len(damaged) == len(images):
        raise StorageError(skipped[0].path, f"is damaged as all are: {skipped[0].reason}")
    if damaged:
        whole = whole.subset(np.setdiff1d(np.arange(len(images)), list(damaged)))
        whole = replace(whole, skipped=(*whole.skipped, *skipped))
    return whole if decoded is None else replace(whole, images=decoded)
