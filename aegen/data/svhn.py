"""SVHN: house numbers in photographs of streets, 32 x 32, colour."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from aegen.core.arrays import ByteArray
from aegen.core.errors import StorageError
from aegen.data._idx import Part, from_torchvision, labelled
from aegen.data.base import DataSet, ImageSet

__all__ = ["SVHN"]

FILES = ("train_32x32.mat", "test_32x32.mat")

UNREADABLE = (OSError, ValueError, TypeError, KeyError, NotImplementedError, zlib.error)
"""What scipy lets through from a damaged mat file, or one of another version."""


class SVHN(DataSet):
    """73,257 training and 26,032 held-out digits (Y. Netzer et al., 2011).

    Example:
        >>> SVHN.licence
        'for non-commercial use only'
    """

    title = "SVHN house numbers"
    licence = "for non-commercial use only"
    citation = (
        "Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Y. Ng: Reading digits in natural "
        "images with unsupervised feature learning. NIPS Workshop on Deep Learning and "
        "Unsupervised Feature Learning, 2011"
    )
    fetched = True

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of two mat files or through torchvision; see `DataSet`."""
        if path is None:
            parts = [{"split": split} for split in ("train", "test")]
            train, test, source = from_torchvision(
                self.title, "SVHN", "mat files", parts, "labels"
            )
            train, test = ((np.moveaxis(x, 1, -1), labels) for x, labels in (train, test))
        else:
            train, test = (_read_mat(Path(path) / name) for name in FILES)
            source = self.citation
        return labelled(self, train, test, [str(k) for k in range(10)], source)


def _read_mat(path: Path) -> Part:
    """Images (n, 32, 32, 3) and digits of a mat file, where the digit 0 is written as 10."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not path.is_file():
        raise StorageError(path, "there is no such file")
    try:
        held = loadmat(path, variable_names=["X", "y"])
        images: ByteArray = held["X"]
        labels: ByteArray = held["y"].ravel()
    except (*UNREADABLE, MatReadError) as problem:
        raise StorageError(path, f"is no readable mat file with X and y ({problem})") from problem
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
        fault = f"X must be uint8 (32, 32, 3, n), is {images.dtype} {images.shape}"
        raise StorageError(path, fault)
    if labels.shape != images.shape[3:] or not np.isin(labels, np.arange(1, 11)).all():
        raise StorageError(path, "y must be whole numbers from 1 to 10, one a picture")
    return np.moveaxis(images, 3, 0), (labels % 10).astype(np.uint8)
