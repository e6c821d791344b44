"""CelebA: 202,599 faces with forty attributes, cropped to 64 x 64, colour."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from aegen.core.arrays import BoolArray, ByteArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.picture_file import fit, opened
from aegen.data._reading.folder import FolderSource, Listing
from aegen.data._reading.image_files import FORMATS, PIXELS, ImageFiles
from aegen.data.base import DataSet, ImageSet

__all__ = ["CelebA"]

PICTURES = "img_align_celeba"
ATTRIBUTES = "list_attr_celeba"
PARTITION = "list_eval_partition"

SIDE = 64
CROP = 140
"""Side of the middle of a picture, as in the experiments on the empirical beta copula."""

LAST_TRAINING = 162_770
"""Number of the last picture for training in the authors' partition."""


class CelebA(DataSet):
    """162,770 training faces; 39,829 for validation and testing held out (Z. Liu et al., 2015).

    The middle 140 x 140 pixels of the aligned pictures, at 64 x 64, decoded as they are used. The
    forty attributes are yes or no. Their terms let nobody pass the pictures on, so there is no
    copy to fetch. The folder holds ``img_align_celeba`` with the pictures and
    ``list_attr_celeba.txt`` (or .csv), as the authors, torchvision or Kaggle lay them out; where
    ``list_eval_partition`` is not there, the pictures' numbers tell the partition.

    Example:
        >>> "non-commercial research" in CelebA.licence
        True
    """

    title = "CelebA faces"
    licence = (
        "for non-commercial research only, not to be copied or passed on (terms of the Multimedia "
        "Laboratory, The Chinese University of Hong Kong, which does not own the pictures); what "
        "is made from it is bound in the same way"
    )
    citation = (
        "Z. Liu, P. Luo, X. Wang, X. Tang: Deep learning face attributes in the wild. ICCV 2015"
    )

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from the folder that holds them; see `DataSet`."""
        if path is None:
            raise InvalidInput(
                "CelebA is not fetched, as its terms are to be agreed to: get it from its authors "
                "and give the folder with --data"
            )
        folder = Path(path)
        frame, lines = _attributes(folder), _partition(folder)
        pictures = _pictures(folder)
        with os.scandir(pictures) as entries:
            there = {entry.name: entry.stat() for entry in entries if entry.is_file()}
        rows = np.flatnonzero(frame.index.isin(there))
        if not len(rows):
            raise StorageError(pictures, f"holds no picture of {ATTRIBUTES}, as 000001.jpg")
        names = frame.index[rows].tolist()
        listing = Listing(
            names,
            sizes=[there[name].st_size for name in names],
            changed=[there[name].st_mtime_ns for name in names],
        )
        images = _Faces(FolderSource.of(pictures, listing), (SIDE, SIDE, 3))
        held = _held_out(names, lines)
        found = self.image_set(images, frame.iloc[rows].reset_index(drop=True), held)
        if len(rows) == len(frame):
            return found
        note = f"{len(frame) - len(rows):,} of {len(frame):,} pictures of the list are not there"
        return replace(found, kept=rows, notes=(note,))


class _Faces(ImageFiles):
    """The middles of the pictures."""

    def picture(self, k: int) -> ByteArray:
        """The middle of picture ``k``."""
        with self.source.open(k) as file, opened(file, FORMATS, PIXELS) as picture:
            left, top = ((side - CROP) // 2 for side in picture.size)
            middle = picture.crop((left, top, left + CROP, top + CROP))
            return fit(middle, self.image_shape)[0]


def _find(folder: Path, names: tuple[str, ...]) -> Path | None:
    for place in ("", "celeba", "Anno", "Eval", "Img"):
        for name in names:
            if (folder / place / name).exists():
                return folder / place / name
    return None


def _pictures(folder: Path) -> Path:
    """The folder of pictures; Kaggle puts it into another of its name."""
    found = _find(folder, (f"{PICTURES}/{PICTURES}", PICTURES))
    if found is None or not found.is_dir():
        raise StorageError(folder, f"holds no folder {PICTURES} with the pictures")
    return found


def _attributes(folder: Path) -> pd.DataFrame:
    """Forty columns of yes and no, by the pictures' names."""
    path = _find(folder, (f"{ATTRIBUTES}.txt", f"{ATTRIBUTES}.csv"))
    if path is None:
        raise StorageError(folder, f"holds no {ATTRIBUTES}.txt or {ATTRIBUTES}.csv")
    try:
        if path.suffix == ".csv":
            frame = pd.read_csv(path, index_col=0)
        else:
            frame = pd.read_csv(path, sep=r"\s+", skiprows=1)  # after how many pictures there are
    except (OSError, ValueError, pd.errors.ParserError) as problem:
        raise StorageError(path, f"cannot be read ({problem})") from problem
    if frame.empty or not frame.isin([-1, 0, 1]).to_numpy().all() or frame.index.has_duplicates:
        raise StorageError(path, "must have a line a picture, with 1 or -1 for each attribute")
    return frame > 0


def _partition(folder: Path) -> pd.Series[int] | None:
    """The part of each picture: 0 for training, 1 and 2 held out; None where no file says so."""
    path = _find(folder, (f"{PARTITION}.txt", f"{PARTITION}.csv"))
    if path is None:
        return None
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path, index_col=0).iloc[:, 0]
        return pd.read_csv(path, sep=r"\s+", header=None, index_col=0)[1]
    except (OSError, ValueError, LookupError, pd.errors.ParserError) as problem:
        raise StorageError(path, f"cannot be read ({problem})") from problem


def _held_out(names: list[str], parts: pd.Series[int] | None) -> BoolArray:
    if parts is None:
        numbers = [int(digits) if (digits := Path(n).stem).isdecimal() else 0 for n in names]
        return np.array(numbers) > LAST_TRAINING
    held: BoolArray = (parts.reindex(names) > 0).to_numpy()
    return held
