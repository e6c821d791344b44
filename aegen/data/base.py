"""What a data set is: images, their attributes, and which rows are kept out of training."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, ByteArray, IntArray, count
from aegen.core.plain_text import line
from aegen.core.rng import RNG, generator
from aegen.data._lazy import LazyImages

__all__ = ["DataSet", "ImageSet", "Skipped", "category", "chosen_rows", "fingerprint"]


def category(values: np.ndarray, names: list[str]) -> pd.Categorical[str]:
    """Numbers from 0 as a column of categories called ``names``.

    Example:
        >>> list(category(np.array([1, 0]), ["cat", "dog"]))
        ['dog', 'cat']
    """
    return pd.Categorical.from_codes(values.tolist(), categories=pd.Index(names))


def chosen_rows(holdout: BoolArray, n: int, others: int | None, rng: RNG) -> IntArray:
    """At most ``n`` training rows and ``others`` held-out ones (a sixth as many), in order."""
    n = count(n, name="limit", minimum=1)
    others = max(1, n // 6) if others is None else count(others, name="holdout", minimum=1)
    draw = generator(rng)
    kept = []
    for part, most in ((~holdout, n), (holdout, others)):
        rows = np.flatnonzero(part)
        kept.append(draw.choice(rows, min(most, len(rows)), replace=False))
    return np.sort(np.concatenate(kept))


def fingerprint(rows: NDArray[Any] | LazyImages, holdout: BoolArray, ids: IntArray) -> str:
    """A hash of rows, of which are held out, and of their ids."""
    told = hashlib.sha256(repr((rows.shape, str(rows.dtype))).encode())
    if isinstance(rows, LazyImages):
        told.update(rows.signature())
        told.update(rows.rows.tobytes())
    else:
        for start in range(0, len(rows), 4096):
            told.update(rows[start : start + 4096].tobytes())
    told.update(holdout.tobytes())
    told.update(ids.astype(np.int64).tobytes())
    return told.hexdigest()


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, by its path below what was read, and why."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        """One line each, whatever files are called."""
        for name in ("path", "reason"):
            object.__setattr__(self, name, line(getattr(self, name), 4096))

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class ImageSet:
    """Images with attributes.

    Attributes:
        name: the data set's name.
        title: the name that people see.
        images: uint8, shape (n, h, w, c): an array, or `LazyImages` that stand in for one.
        attributes: n rows, a column an attribute (categorical text, bool or number).
        holdout: bool, shape (n,); True for rows never trained on.
        licence: licence of the images.
        citation: whom to cite.
        source: where the images come from.
        kept: index of each image in the whole set, int64 (n,), where rows were left out; else
            None. It is the row id in every bundle made from it.
        skipped: files that were left out, each with its reason.
        notes: what was decided in reading them, a sentence each.
        titles: what people see in the place of values, by attribute; "" stands for itself.
        measured: attributes that are measured on the images where a bundle is made of them, by
            name: which measure of `aegen.core.morphometry`.
    """

    name: str
    title: str
    images: ByteArray | LazyImages
    attributes: pd.DataFrame
    holdout: BoolArray
    licence: str
    citation: str
    source: str
    kept: IntArray | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)

    @property
    def row_ids(self) -> IntArray:
        """Index of each image in the whole set, (n,)."""
        return np.arange(len(self.images)) if self.kept is None else self.kept

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        h, w, c = self.images.shape[1:]
        return int(h), int(w), int(c)

    @property
    def fingerprint(self) -> str:
        """A hash that tells whether a computation goes on with the same rows of the same images.

        Of files their names, sizes and times of change are taken; of arrays every byte.
        """
        return fingerprint(self.images, self.holdout, self.row_ids)

    def limited(self, n: int, holdout: int | None = None, *, rng: RNG = 0) -> ImageSet:
        """At most ``n`` training rows and ``holdout`` others, in their order, with their row ids.

        Args:
            n: training rows.
            holdout: rows held out; by default a sixth as many.
            rng: chooses them.
        """
        return self.subset(chosen_rows(self.holdout, n, holdout, rng))

    def subset(self, rows: IntArray) -> ImageSet:
        """Only these rows, in their order, with their row ids."""
        images = self.images
        return replace(
            self,
            images=images.select(rows) if isinstance(images, LazyImages) else images[rows],
            attributes=self.attributes.iloc[rows].reset_index(drop=True),
            holdout=self.holdout[rows],
            kept=self.row_ids[rows],
        )


class DataSet(ABC):
    """A source of images by name.

    Class attributes:
        title: the name that people see.
        licence: licence of the images, and what it asks.
        citation: whom to cite.
        fetched: whether ``load`` without a path fetches it over the network.
        titles: what people see in the place of its values; see `ImageSet`.
        measured: attributes that are measured on its images, likewise.
    """

    title: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    fetched: ClassVar[bool] = False
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    measured: ClassVar[Mapping[str, str]] = {}

    def image_set(
        self,
        images: ByteArray | LazyImages,
        attributes: pd.DataFrame,
        holdout: BoolArray,
        source: str | None = None,
    ) -> ImageSet:
        """The `ImageSet` of these images, with what the class says of all of them."""
        name = type(self).__module__.rpartition(".")[2].replace("_", "-")
        about = (self.licence, self.citation, source or self.citation)
        return ImageSet(
            name,
            self.title,
            images,
            attributes,
            holdout,
            *about,
            titles=self.titles,
            measured=self.measured,
        )

    @abstractmethod
    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from ``path`` or, where it is None, from where the data set is published.

        Raises:
            StorageError: ``path`` does not hold this data set.
            InvalidInput: there is no published copy that can be fetched, so ``path`` is needed.
        """
