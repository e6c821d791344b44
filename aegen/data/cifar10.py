"""CIFAR-10: photographs of ten kinds of things, 32 x 32, colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from aegen.core.arrays import ByteArray
from aegen.core.errors import StorageError
from aegen.data._idx import from_torchvision, read_npz
from aegen.data.base import DataSet, ImageSet, category

__all__ = ["CIFAR10"]

CLASSES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]

TRAIN_FILES = tuple(f"cifar10_train_{part}.npz" for part in "abc")

HELD_OUT = 0.1
"""Share of the training pictures, the last ones, that is held out where these come from files."""


class CIFAR10(DataSet):
    """50,000 training pictures (A. Krizhevsky, 2009), and 10,000 test pictures where fetched.

    From a folder of npz files, which hold the training pictures in their official order, rows
    0..44999 are for training and 45000..49999 are held out, as the full test set is not among
    them. Through torchvision the 10,000 test pictures are held out, as rows 50000..59999.

    Example:
        >>> CIFAR10.title
        'CIFAR-10'
    """

    title = "CIFAR-10"
    licence = "none stated; its author asks for the citation"
    citation = (
        "A. Krizhevsky: Learning multiple layers of features from tiny images. Technical report, "
        "University of Toronto, 2009"
    )
    fetched = True

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of npz files or torchvision; see `DataSet`.

        The folder holds ``cifar10_train_a.npz``, ``_b`` and ``_c``, each with ``images`` uint8
        (n, 32, 32, 3) and ``labels`` uint8 (n,), in the official order.
        """
        if path is None:
            train, test, source = from_torchvision(self.title, "CIFAR10", "npz files")
            images, labels = (np.concatenate(pair) for pair in zip(train, test, strict=True))
            held = np.arange(len(images)) >= len(train[0])
        else:
            images, labels = _from_folder(Path(path))
            held = np.arange(len(images)) >= len(images) - round(HELD_OUT * len(images))
            source = self.citation
        table = pd.DataFrame({"class": category(labels, CLASSES)})
        return self.image_set(images, table, held, source)


def _from_folder(folder: Path) -> tuple[ByteArray, ByteArray]:
    if not folder.is_dir():
        raise StorageError(folder, f"is not a folder that holds {', '.join(TRAIN_FILES)}")
    parts = []
    for name in TRAIN_FILES:
        arrays = read_npz(folder / name, ("images", "labels"))
        images, labels = arrays["images"], arrays["labels"]
        if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3):
            raise StorageError(
                folder / name,
                f"images must be uint8 (n, 32, 32, 3), are {images.dtype} {images.shape}",
            )
        if labels.shape != images.shape[:1] or labels.dtype != np.uint8 or (labels > 9).any():
            raise StorageError(folder / name, "labels must be uint8 from 0 to 9, one an image")
        parts.append((images, labels))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
