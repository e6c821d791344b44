"""A torch Dataset, or anything with a length and items, as lazily taken images."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.picture_file import channels_of, fit
from aegen.core.progress import report
from aegen.data._lazy import LazyImages
from aegen.data._reading.attributes import value_category
from aegen.data._reading.image_arrays import Convention, convention, fitted, levels
from aegen.data._reading.image_files import checked_shape

__all__ = ["DatasetImages", "Items", "dataset_images"]

KEYS = ("image", "img", "picture", "pixel_values", "x")
"""Where an item that is a mapping has its picture."""


class Items(Protocol):
    """A map-style dataset: a length, and items by their number."""

    def __len__(self) -> int: ...
    def __getitem__(self, k: int, /) -> Any: ...


def dataset_images(
    dataset: Items, shape: tuple[int, ...] | None
) -> tuple[DatasetImages, pd.DataFrame, list[str]]:
    """Images, labels and what was decided; every item is taken once to see it.

    An item is a picture, (picture, label), or a mapping that holds a picture and labels. A
    picture is a Pillow image, or an array or tensor of a layout and range of `convention`. Whole
    numbers are named by ``dataset.classes``, where it has that.

    Raises:
        InvalidInput: no items, or items of another kind.
    """
    n = len(dataset)
    if n == 0:
        raise InvalidInput("the dataset has no items")
    labels: list[dict[str, Any]] = []
    shapes: Counter[tuple[int, int, int]] = Counter()
    ends = []
    dtype = np.dtype(np.uint8)
    for k in range(n):
        if k % 500 == 0:
            report(k / n, f"looking at {n:,} items")
        picture, label = _item(dataset, k)
        labels.append(label)
        if isinstance(picture, np.ndarray):
            shapes[_held(picture, k, shape).image_shape] += 1
            dtype = picture.dtype
            ends.append((picture.min(), picture.max()))
        else:
            shapes[(picture.height, picture.width, channels_of(picture))] += 1
    black, white = 0.0, 255.0
    if ends:
        black, white = levels(iter([np.array(ends)]), dtype, "the dataset")
    wanted = max(shapes, key=lambda found: (shapes[found], found))
    if shape is not None:
        wanted = checked_shape(shape if len(shape) == 3 else (*shape, wanted[2]))
    others = n - shapes[wanted]
    notes = [f"{others:,} of {n:,} pictures were fitted to {wanted}"] if others else []
    images = DatasetImages(dataset, checked_shape(wanted), black, white)
    frame = pd.DataFrame(labels, index=pd.RangeIndex(n))
    plain = [name for name in frame if _is_plain(frame[name])]
    notes += [f"{name!r} is not one value an item: left out" for name in frame.drop(columns=plain)]
    return images, _named(frame[plain], getattr(dataset, "classes", None)), notes


class DatasetImages(LazyImages):
    """Pictures of a dataset's items, which are taken anew each time."""

    def __init__(
        self, dataset: Items, image_shape: tuple[int, int, int], black: float, white: float
    ) -> None:
        super().__init__(len(dataset), image_shape)
        self.dataset, self.black, self.white = dataset, black, white

    def _decode(self, rows: IntArray) -> ByteArray:
        images = np.empty((len(rows), *self.image_shape), np.uint8)
        for place, k in enumerate(rows.tolist()):
            picture, _ = _item(self.dataset, k)
            if isinstance(picture, np.ndarray):
                held = _held(picture, k, self.image_shape)
                known = Convention(held.layout, held.image_shape, self.black, self.white)
                images[place] = fitted(known(picture[None]), self.image_shape)[0]
            else:
                images[place] = fit(picture, self.image_shape)[0]
        return images

    def signature(self) -> bytes:
        """How many items there are, and the first and the last of them."""
        ends = self._decode(np.array([0, len(self.dataset) - 1]))
        return hashlib.sha256(repr(len(self.dataset)).encode() + ends.tobytes()).digest()


def _item(dataset: Items, k: int) -> tuple[Any, dict[str, Any]]:
    """Picture ``k``, a Pillow image or an array, and its labels by name."""
    item = dataset[k]
    labels: dict[str, Any] = {}
    if isinstance(item, Mapping):
        key = next((key for key in KEYS if key in item), None)
        if key is None:
            names = ", ".join(map(str, item))
            raise InvalidInput(f"item {k} has {names}, and no picture called {', '.join(KEYS)}")
        picture = item[key]
        labels = {str(name): _plain(value) for name, value in item.items() if name != key}
    elif isinstance(item, tuple | list) and item:
        picture = item[0]
        if len(item) > 1:
            labels = {"class": _plain(item[1])}
    else:
        picture = item
    if hasattr(picture, "convert") and hasattr(picture, "getbands"):
        return picture, labels
    picture = _plain(picture)
    if not isinstance(picture, np.ndarray) or picture.ndim not in (2, 3):
        raise InvalidInput(
            f"item {k} must be a picture, or begin with one: a Pillow image, an array or a "
            f"tensor (h, w), (h, w, c) or (c, h, w), got {type(picture).__name__}"
        )
    return picture, labels


def _plain(value: Any) -> Any:
    """A tensor as an array, and one number as a number."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "__array__") and not hasattr(value, "convert"):
        value = np.asarray(value)
        return value.item() if value.ndim == 0 else value
    return value


def _held(picture: NDArray[Any], k: int, shape: tuple[int, ...] | None) -> Convention:
    """The layout of one picture; its range is not looked at."""
    axes: NDArray[Any] = np.broadcast_to(np.uint8(255), (1, *picture.shape))
    return convention(axes, shape, f"picture {k}")


def _named(frame: pd.DataFrame, classes: Any) -> pd.DataFrame:
    """The labels, with the names of classes where they are numbers and the dataset has names."""
    named = isinstance(classes, list | tuple) and len(set(map(str, classes))) == len(classes)
    for name in ("class", "label"):
        if named and name in frame and frame[name].dtype.kind in "iu":
            names = [str(value) for value in classes]
            if frame[name].min() >= 0 and frame[name].max() < len(names):
                frame[name] = value_category(frame[name].to_numpy(), names)
    return frame


def _is_plain(column: pd.Series[Any]) -> bool:
    """Whether a label is one value a picture, not a mask, a box or a list of words."""
    return not column.map(lambda value: isinstance(value, np.ndarray | list | dict | tuple)).any()
