"""Where pictures come from: each kind of source gives its images and what it says of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import is_file
from aegen.data._idx import FILES, idx_parts
from aegen.data._lazy import LazyImages
from aegen.data._reading.archive import list_archive
from aegen.data._reading.arrangement import arrange
from aegen.data._reading.dataset_items import dataset_images
from aegen.data._reading.folder import FolderSource, Listing, list_folder, printable
from aegen.data._reading.image_arrays import MappedImages, images_of
from aegen.data._reading.image_files import ImageFiles, PictureSource, common_shape, scan
from aegen.data._reading.image_parquet import parquet_pictures
from aegen.data._reading.joining import FILE_NAME, beside, joined
from aegen.data._reading.named_arrays import Arrays, array_files, attributes_among, without_parts
from aegen.data._reading.tables import TABLE_SUFFIXES, read_table
from aegen.data.base import Skipped

__all__ = ["IN_MEMORY", "Found", "find"]

IN_MEMORY = 2**28
"""Bytes of images up to which they are held as an array."""

PARQUET = (".parquet", ".pq")

IMAGE_KEYS = ("images", "image", "imgs", "pictures", "x", "data", "arr_0", "samples")
"""Names of arrays that are taken for the pictures where several could be."""

ADVICE = {
    ".h5ad": "it holds codes: use aegen.data.read_codes",
    **dict.fromkeys((".gz", ".tar", ".tgz", ".7z", ".rar", ".xz"), "unpack it, give the folder"),
    **dict.fromkeys(
        TABLE_SUFFIXES, "give the folder of its pictures, and the table as attributes"
    ),
}
"""What to do with files that are not read as pictures."""

Shape = tuple[int, ...] | None


@dataclass
class Found:
    """What a source holds, before attributes are checked and rows are held out.

    Attributes:
        images: the images.
        frame: what the source itself says of them, a row each.
        names: their files, where they have some.
        parts: their parts, such as train and test, where they have some.
        skipped: files that were left out.
        notes: what was decided.
        folders: whether "class" comes from folders, each of which is a class in any case.
        root: the folder that was read.
    """

    images: ByteArray | LazyImages
    frame: pd.DataFrame
    names: list[str] | None = None
    parts: list[str] | None = None
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folders: bool = False
    root: Path | None = None

    def join(self, attributes: Path | str | pd.DataFrame, named: str | None = None) -> None:
        """Put a table beside what is known already.

        Raises:
            StorageError, InvalidInput: it cannot be read, or does not belong to these images.
        """
        if isinstance(attributes, pd.DataFrame):
            named = named or "the table of attributes"
        else:
            place = Path(attributes).absolute()
            named = named or place.name
            if self.root is not None:  # a table among the pictures is no picture, but is used
                root = self.root.absolute()
                self.skipped = [s for s in self.skipped if root / s.path != place]
        rows, notes, absent = joined(read_table(attributes), self.names, len(self.images), named)
        self.notes += notes
        self.skipped += [Skipped(file, f"is named in {named} and not there") for file in absent]
        if self.folders and "class" in rows:
            self.notes.append(f"the classes are those of {named}, not the folders")
            self.frame, self.folders = self.frame.drop(columns="class"), False
        self.frame = beside(self.frame, rows, named)


def find(source: Any, shape: Shape) -> Found:
    """The images of a path, an array, a mapping of arrays or a dataset of items.

    Raises:
        StorageError, InvalidInput: it is none of those, or holds no images that can be used.
    """
    if isinstance(source, str | Path):
        return _at(Path(source), shape)
    if isinstance(source, Mapping):
        arrays = {str(key): np.asarray(values) for key, values in source.items()}
        return _from_arrays(arrays, shape, "the mapping")
    if hasattr(source, "__array__"):
        array = np.asarray(source.detach().cpu() if hasattr(source, "detach") else source)
        return _from_arrays({"": array}, shape, "the array")
    if hasattr(source, "__len__") and hasattr(source, "__getitem__"):
        images, frame, notes = dataset_images(source, shape)
        return Found(images, frame, notes=notes)
    raise InvalidInput(
        "pictures must be a path, an array, or a dataset with a length and items, got "
        f"{type(source).__name__}: of a loader give its dataset"
    )


def _at(path: Path, shape: Shape) -> Found:
    kind = path.suffix.lower()
    if os.path.isdir(path):
        return _from_folder(path, shape)
    if not is_file(path):
        fault = (
            "is neither a file nor a folder" if os.path.exists(path) else "there is no such path"
        )
        raise StorageError(path, fault)
    if kind == ".zip":
        return _from_archive(path, shape)
    if kind == ".npz" or (kind == ".npy" and path.stat().st_size <= IN_MEMORY):
        return _from_arrays(array_files(path), shape, path.name)
    if kind == ".npy":
        images = MappedImages(path, shape)
        return Found(images, pd.DataFrame(index=pd.RangeIndex(len(images))), notes=images.notes)
    found = _from_parquet([path], shape) if kind in PARQUET else None
    if found is not None:
        return found
    general = "give a folder or a ZIP archive of pictures, or an npz, npy or parquet file"
    raise StorageError(path, f"is not read as pictures: {ADVICE.get(kind, general)}")


def _from_folder(folder: Path, shape: Shape) -> Found:
    first = FILES["train"][0]
    if any(is_file(folder / name) for name in (first, f"{first}.gz", f"raw/{first}")):
        return _from_idx(folder, shape)
    listing = list_folder(folder)
    parquet = [name for name in listing.names if name.lower().endswith(PARQUET)]
    found = _from_parquet([folder / name for name in parquet], shape) if parquet else None
    if found is not None:
        others = [
            Skipped(name, "lies beside parquet files with pictures")
            for name in listing.names
            if name not in parquet
        ]
        return replace(found, skipped=[*listing.skipped, *others, *found.skipped])
    tables = [(printable(name), read_table(folder / name)) for name in listing.tables]
    found = _from_files(FolderSource.of(folder, listing), listing, tables, shape, folder)
    return replace(found, root=folder)


def _from_archive(path: Path, shape: Shape) -> Found:
    source, listing = list_archive(path)
    tables = [(name, read_table(path / name, source.table(name))) for name in listing.tables]
    return _from_files(source, listing, tables, shape, path)


def _from_files(
    source: PictureSource,
    listing: Listing,
    tables: Sequence[tuple[str, pd.DataFrame]],
    shape: Shape,
    path: Path,
) -> Found:
    """Files of a folder or an archive, with the tables that lie among them."""
    seen = scan(source)
    skipped = [*listing.skipped, *seen.skipped]
    if not seen.rows:
        told = f"; {len(skipped):,} left out, the first {skipped[0]}" if skipped else ""
        arrays = [name for name in listing.names if name.lower().endswith((".npz", ".npy"))]
        advice = f": give one of its files, such as {arrays[0]}" if arrays else told
        raise StorageError(path, f"holds no picture that can be read{advice}")
    image_shape, notes = common_shape(seen, shape, str(path))
    names = [source.names[k] for k in seen.rows]
    told_by_folders = arrange(names)
    frame = pd.DataFrame(index=pd.RangeIndex(len(names)))
    classes = told_by_folders.classes
    if classes is not None:
        frame["class"] = pd.Series(classes, dtype=object)
    images = ImageFiles(source, image_shape).select(np.array(seen.rows))
    found = Found(images, frame, names, told_by_folders.parts, skipped, notes, classes is not None)
    if tables:
        found.join(_one_table(tables, path), tables[0][0])
    return found


def _one_table(tables: Sequence[tuple[str, pd.DataFrame]], path: Path) -> pd.DataFrame:
    """Tables of several folders as one, with file names from where the reading began."""
    folders = [name.rpartition("/")[0] for name, _ in tables]
    if len(set(folders)) < len(folders):
        names = ", ".join(name for name, _ in tables)
        raise StorageError(path, f"holds two tables in one folder ({names}): leave one of them")
    pieces = []
    for folder, (name, frame) in zip(folders, tables, strict=True):
        if FILE_NAME not in frame:
            columns = ", ".join(map(str, frame.columns))
            fault = f"needs a column {FILE_NAME} that says which picture a row is about"
            raise StorageError(path / name, f"{fault}, has {columns}")
        files = frame[FILE_NAME].astype(str)
        pieces.append(frame.assign(**{FILE_NAME: f"{folder}/" + files if folder else files}))
    return pd.concat(pieces, ignore_index=True)


def _from_parquet(paths: Sequence[Path], shape: Shape) -> Found | None:
    """Encoded pictures of parquet files; None where these hold no bytes."""
    held = parquet_pictures(paths)
    if held is None:
        return None
    source, frame, parts = held
    seen = scan(source)
    if not seen.rows:
        first = seen.skipped[0] if seen.skipped else "it has no rows"
        raise StorageError(paths[0], f"holds no picture that can be read ({first})")
    image_shape, notes = common_shape(seen, shape, paths[0].name)
    images = ImageFiles(source, image_shape).select(np.array(seen.rows))
    rows = frame.iloc[seen.rows].reset_index(drop=True)
    kept = None if parts is None else [parts[k] for k in seen.rows]
    return Found(images, rows, None, kept, seen.skipped, notes)


def _from_arrays(arrays: Arrays, shape: Shape, where: str) -> Found:
    arrays, parts = without_parts(arrays, Path(where))
    key = _pictures_among(arrays, shape, where)
    others = {name: array for name, array in arrays.items() if name != key}
    images, notes = images_of(arrays[key], shape, f"{key!r} of {where}" if key else where)
    frame, words = attributes_among(others, len(images))
    return Found(images, frame, None, parts, [], [*notes, *words])


def _pictures_among(arrays: Arrays, shape: Shape, where: str) -> str:
    """The name of the array that holds the pictures."""
    if len(arrays) == 1:
        return next(iter(arrays))  # what is wrong with it is said where its axes are looked at
    fewest = 3 if shape is None else 2
    deep = [k for k, a in arrays.items() if fewest <= a.ndim <= 4 and a.dtype.kind in "biuf"]
    named = {key.lower(): key for key in reversed(deep)}
    chosen = [named[key] for key in IMAGE_KEYS if key in named]
    chosen = chosen or [key for key in deep if arrays[key].ndim > 2]
    if not chosen or (len(chosen) > 1 and chosen[0].lower() not in IMAGE_KEYS):
        held = ", ".join(f"{key} {array.shape}" for key, array in arrays.items()) or "nothing"
        raise InvalidInput(
            f"{where} must hold one array of pictures (n, h, w), (n, h, w, c) or (n, c, h, w), or "
            f"have it called images, got {held}; codes are read by aegen.data.read_codes, series "
            "and tables by aegen.data.read_values"
        )
    return chosen[0]


def _from_idx(folder: Path, shape: Shape) -> Found:
    """The four files of MNIST and its relatives; which relative it is, they do not say."""
    (x, y), (test_x, test_y) = idx_parts(folder)
    images, notes = images_of(np.concatenate([x, test_x]), shape, folder.name)
    frame = pd.DataFrame({"class": np.concatenate([y, test_y]).astype(np.int64)})
    if len(frame) != len(images):
        raise StorageError(folder, f"has {len(frame):,} labels for {len(images):,} pictures")
    return Found(images, frame, None, ["train"] * len(x) + ["test"] * len(test_x), [], notes)
