"""What a data set is: images, their attributes, and which rows are kept out of training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from aegen.core.arrays import BoolArray, ByteArray, IntArray, count
from aegen.core.rng import RNG, generator

__all__ = ["DataSet", "ImageSet", "category"]


def category(values: np.ndarray, names: list[str]) -> pd.Categorical[str]:
    """Numbers from 0 as a column of categories called ``names``.

    Example:
        >>> list(category(np.array([1, 0]), ["cat", "dog"]))
        ['dog', 'cat']
    """
    return pd.Categorical.from_codes(values.tolist(), categories=pd.Index(names))


@dataclass(frozen=True)
class ImageSet:
    """Images with attributes.

    Attributes:
        name: the data set's name.
        title: the name that people see.
        images: uint8, shape (n, h, w, c).
        attributes: n rows, a column an attribute (categorical text, bool or number).
        holdout: bool, shape (n,); True for rows never trained on.
        licence: licence of the images.
        citation: whom to cite.
        source: where the images come from.
        kept: index of each image in the whole set, int64 (n,), where rows were left out; else
            None. It is the row id in every bundle made from it.
    """

    name: str
    title: str
    images: ByteArray
    attributes: pd.DataFrame
    holdout: BoolArray
    licence: str
    citation: str
    source: str
    kept: IntArray | None = None

    @property
    def row_ids(self) -> IntArray:
        """Index of each image in the whole set, (n,)."""
        return np.arange(len(self.images)) if self.kept is None else self.kept

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        h, w, c = self.images.shape[1:]
        return int(h), int(w), int(c)

    def limited(self, n: int, holdout: int | None = None, *, rng: RNG = 0) -> ImageSet:
        """At most ``n`` training rows and ``holdout`` others, in their order, with their row ids.

        Args:
            n: training rows.
            holdout: rows held out; by default a sixth as many.
            rng: chooses them.
        """
        n = count(n, name="limit", minimum=1)
        others = max(1, n // 6) if holdout is None else count(holdout, name="holdout", minimum=1)
        draw = generator(rng)
        kept = []
        for part, most in ((~self.holdout, n), (self.holdout, others)):
            rows = np.flatnonzero(part)
            kept.append(draw.choice(rows, min(most, len(rows)), replace=False))
        rows = np.sort(np.concatenate(kept))
        return replace(
            self,
            images=self.images[rows],
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
    """

    title: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    fetched: ClassVar[bool] = False

    def image_set(
        self,
        images: ByteArray,
        attributes: pd.DataFrame,
        holdout: BoolArray,
        source: str | None = None,
    ) -> ImageSet:
        """The `ImageSet` of these images, with what the class says of all of them."""
        name = type(self).__module__.rpartition(".")[2].replace("_", "-")
        about = (self.licence, self.citation, source or self.citation)
        return ImageSet(name, self.title, images, attributes, holdout, *about)

    @abstractmethod
    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from ``path`` or, where it is None, from where the data set is published.

        Raises:
            StorageError: ``path`` does not hold this data set.
            InvalidInput: there is no published copy that can be fetched, so ``path`` is needed.
        """
