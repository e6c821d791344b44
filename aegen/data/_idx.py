"""The idx format of MNIST and its relatives, and the four files or one npz that hold such a set.

Format after Y. LeCun's description: two zero bytes, a type byte (8: unsigned bytes), the rank, the
sizes as big-endian 32-bit integers, then the values.
"""

from __future__ import annotations

import gzip
import io
import lzma
import math
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aegen.core.arrays import ByteArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import is_file, read_bytes
from aegen.data.base import DataSet, ImageSet, category

__all__ = [
    "FILES",
    "Part",
    "from_torchvision",
    "idx_parts",
    "image_set",
    "labelled",
    "read_idx",
    "read_npz",
]

UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # an encrypted member
    zlib.error,
    zipfile.BadZipFile,
    lzma.LZMAError,
)
"""What numpy lets through from a damaged npz file."""

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "holdout": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


GZIPPED, GZIPPED_A_BYTE = 300_000_000, 30
"""Bytes that a gzipped file may unpack to, and for each byte of it."""

Files = Mapping[str, tuple[str, str]]
"""Names of the files with images and with labels, for training and held out."""


MEASURED = {
    "slant": "slant",
    "thickness": "thickness",
    "width": "upright-width",
    "height": "height",
    "area": "area",
}
"""What is measured on written signs: the attribute, and by which measure."""


def read_idx(path: Path) -> ByteArray:
    """The uint8 array of an idx file, gzipped or not, of any rank.

    Raises:
        StorageError: it is missing, truncated or no idx file of unsigned bytes.
    """
    content = read_bytes(path)
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(GZIPPED + GZIPPED_A_BYTE * len(content))
                if packed.read(1):
                    raise StorageError(path, "unpacks to more than any idx file has")
        except (OSError, EOFError, zlib.error) as problem:
            raise StorageError(path, f"is not a whole gzip file ({problem})") from problem
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise StorageError(path, "is not an idx file of unsigned bytes")
    rank = content[3]
    start = 4 + 4 * rank
    if len(content) < start:
        raise StorageError(path, "is truncated: its header ends early")
    shape = tuple(int(k) for k in np.frombuffer(content[4:start], ">u4"))
    if len(shape) != rank or len(content) - start != math.prod(shape):
        raise StorageError(path, f"is truncated: {shape} values are announced, not all are there")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


Part = tuple[ByteArray, ByteArray]
"""Images and labels, for training or held out."""


def image_set(
    dataset: DataSet, path: Path | str | None, classes: list[str], torchvision_name: str
) -> ImageSet:
    """The `ImageSet` of a set with one class a picture, from files or through torchvision."""
    if path is None:
        train, holdout, source = from_torchvision(dataset.title, torchvision_name, "idx files")
    else:
        train, holdout, source = *_from_path(Path(path)), dataset.citation
    return labelled(dataset, train, holdout, classes, source)


def labelled(
    dataset: DataSet, train: Part, holdout: Part, classes: list[str], source: str
) -> ImageSet:
    """The `ImageSet` of grey images (n, h, w) or colour images (n, h, w, c) with a class each.

    Raises:
        InvalidInput: images and labels that do not fit together.
    """
    for images, labels in (train, holdout):
        fits = labels.shape == images.shape[:1] and labels.max(initial=0) < len(classes)
        if images.ndim not in (3, 4) or images.shape[1:] != train[0].shape[1:] or not fits:
            raise InvalidInput(
                f"{dataset.title} needs images (n, h, w) with a label below {len(classes)} each, "
                f"got images {images.shape} and labels {labels.shape}"
            )
    images = np.concatenate([train[0], holdout[0]])
    images = images if images.ndim == 4 else images[..., None]
    labels = np.concatenate([train[1], holdout[1]])
    held = np.arange(len(images)) >= len(train[0])
    table = pd.DataFrame({"class": category(labels, classes)})
    return dataset.image_set(np.ascontiguousarray(images), table, held, source)


def _from_path(path: Path) -> tuple[Part, Part]:
    if path.suffix == ".npz":
        return _from_npz(path)
    if not os.path.isdir(path):
        raise StorageError(path, "is neither a folder of idx files nor an npz file")
    return idx_parts(path)


def idx_parts(folder: Path, files: Files = FILES) -> tuple[Part, Part]:
    """Images and labels for training and for testing, from four idx files in a folder.

    Raises:
        StorageError: one is missing or damaged.
    """
    train, test = (
        tuple(read_idx(_find(folder, name)) for name in names) for names in files.values()
    )
    return (train[0], train[1]), (test[0], test[1])


def _find(folder: Path, name: str) -> Path:
    """An idx file in ``folder``, in ``raw`` (torchvision) or ``gzip`` below it, gzipped or not."""
    for place in (folder, folder / "raw", folder / "gzip"):
        for candidate in (place / f"{name}.gz", place / name):
            if is_file(candidate):
                return candidate
    raise StorageError(folder, f"holds no {name} or {name}.gz")


def _from_npz(path: Path) -> tuple[Part, Part]:
    """Keras's layout: x_train, y_train, x_test, y_test."""
    names = ("x_train", "y_train", "x_test", "y_test")
    arrays = read_npz(path, names)
    for name in names:
        if arrays[name].dtype != np.uint8:
            raise StorageError(path, f"{name} must be uint8, is {arrays[name].dtype}")
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, ByteArray]:
    """The arrays called ``names`` of an npz file, without pickle.

    Raises:
        StorageError: it is missing or damaged, or lacks one of them.
    """
    if not is_file(path):
        raise StorageError(path, "there is no such file")
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in names if name not in file.files]
            if missing:
                raise StorageError(path, f"lacks the arrays {', '.join(missing)}")
            return {name: file[name] for name in names}
    except UNREADABLE as problem:
        raise StorageError(path, f"is not a readable npz file ({problem})") from problem


TRAIN_OR_NOT = ({"train": True}, {"train": False})
"""How most of torchvision's classes are told which part is meant."""


def from_torchvision(
    title: str,
    name: str,
    files: str,
    parts: Sequence[Mapping[str, Any]] = TRAIN_OR_NOT,
    labels: str = "targets",
) -> tuple[Part, Part, str]:
    """Both parts and the source, through torchvision.

    Args:
        title: what a sentence calls the data set.
        name: its class in torchvision.
        files: what can be given instead.
        parts: arguments of that class for training and for holding out.
        labels: the attribute that holds the labels.

    Raises:
        InvalidInput: it cannot be fetched.
    """
    from torchvision import datasets

    root = Path.home() / ".cache" / "aegen" / "data"
    try:
        root.mkdir(parents=True, exist_ok=True)
        found = [getattr(datasets, name)(root, download=True, **part) for part in parts]
    except (OSError, RuntimeError) as problem:
        raise InvalidInput(
            f"{title} could not be fetched through torchvision ({problem}): "
            f"give the folder of its {files} with --data"
        ) from problem
    train, holdout = (
        (np.asarray(part.data), np.asarray(getattr(part, labels), np.uint8)) for part in found
    )
    return train, holdout, f"torchvision.datasets.{name}"
