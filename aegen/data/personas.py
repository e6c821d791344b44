"""Personas: drawn faces with nine exactly known attributes, 64 x 64, colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.data._idx import read_npz
from aegen.data.base import DataSet, ImageSet, category

__all__ = ["Personas"]

WORDS = {
    "skin": {
        "eeb4a4": "rosy",
        "e7a391": "fair",
        "e5a07e": "peach",
        "d78774": "tan",
        "b16a5b": "light brown",
        "92594b": "brown",
        "623d36": "dark brown",
    },
    "hair": {
        "sideShave": "side shave",
        "shortCombover": "short combover",
        "curlyHighTop": "curly high top",
        "bobCut": "bob cut",
        "curlyBun": "curly bun",
        "buzzcut": "buzz cut",
        "bobBangs": "bob with bangs",
        "bunUndercut": "bun with undercut",
        "straightBun": "straight bun",
        "extraLong": "extra long",
        "shortComboverChops": "combover with chops",
    },
    "hair_colour": {
        "362c47": "black",
        "6c4545": "brown",
        "e15c66": "red",
        "e16381": "pink",
        "f27d65": "coral",
        "f29c65": "orange",
        "dee1f5": "silver",
    },
    "mouth": {"bigSmile": "big smile"},
    "nose": {"mediumRound": "round", "smallRound": "small", "wrinkles": "with wrinkles"},
    "facial_hair": {"beardMustache": "beard", "soulPatch": "soul patch"},
    "clothing_colour": {
        "456dff": "blue",
        "54d7c7": "turquoise",
        "7555ca": "purple",
        "6dbb58": "green",
        "e24553": "red",
        "f3b63a": "yellow",
        "f55d81": "pink",
    },
}
"""Words for the values that the file calls by a colour's number or in one word."""

COVERED = "covered"

TITLES = {
    "eyes": {"sleep": "asleep"},
    "hair_colour": {COVERED: "hair not seen"},
    "mouth": {COVERED: "mouth not seen"},
}
"""What people see in the place of some values."""

HIDDEN: dict[str, dict[str, tuple[str, ...]]] = {
    "mouth": {"facial_hair": ("beardMustache",)},
    "hair_colour": {"hair": ("bald", "cap", "beanie"), "facial_hair": ("none",)},
}
"""Where a picture does not show an attribute: pictures that differ in it alone are the same.
That it is covered is then its value."""

TABLES = ("images", "attributes", "attribute_names", "split")


class Personas(DataSet):
    """Faces composed of skin, hair, eyes, mouth, nose, beard and clothes, each drawn at random.

    A mouth under a full beard, and the colour of hair that nobody sees, are "covered".
    Held out are the file's rows of ``split`` 1, a random part, and 2, every picture of 60
    combinations of hair, eyes and facial hair that no training row has. There is no copy to
    fetch: the npz file holds ``images`` (n, 64, 64, 3) uint8, ``attributes`` (n, a) uint8,
    ``attribute_names``, ``values_<name>`` for each of them, and ``split`` (n,).

    Example:
        >>> "CC BY 4.0" in Personas.licence
        True
    """

    title = "Personas"
    titles = TITLES
    licence = (
        "Design 'Personas' by Draftbit (personas.draftbit.com): CC BY 4.0; what derives from it "
        "needs attribution, and a note that it was changed"
    )
    citation = "Draftbit: Personas, personas.draftbit.com; rendered with DiceBear 9.4.3"

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from an npz file or the folder of ``personas.npz``; see `DataSet`."""
        if path is None:
            raise InvalidInput("Personas cannot be fetched: give its npz file with --data")
        path = Path(path)
        path = path / "personas.npz" if path.is_dir() else path
        arrays = read_npz(path, TABLES)
        images, values, split = arrays["images"], arrays["attributes"], arrays["split"]
        names = [str(name) for name in arrays["attribute_names"]]
        n = len(images)
        if images.dtype != np.uint8 or images.ndim != 4 or values.shape != (n, len(names)):
            raise StorageError(path, "images and attributes do not fit together")
        if split.shape != (n,) or not np.isin(split, (0, 1, 2)).all():
            raise StorageError(path, "split must say 0, 1 or 2 for every image")
        told = read_npz(path, tuple(f"values_{name}" for name in names))
        own = {name: [str(word) for word in told[f"values_{name}"]] for name in names}
        table = {}
        for name, column in zip(names, values.T, strict=True):
            if column.max(initial=0) >= len(own[name]):
                raise StorageError(path, f"{name} goes beyond its {len(own[name])} values")
            table[name] = np.array(own[name])[column]
        hidden = {name: _hidden(table, HIDDEN[name]) for name in names if name in HIDDEN}
        columns = {}
        for name, column in zip(names, values.T, strict=True):
            words = [WORDS.get(name, {}).get(word, word) for word in own[name]]
            if name in hidden:
                column = np.where(hidden[name], len(words), column)
                words.append(COVERED)
            columns[name] = category(column, words)
        return self.image_set(images, pd.DataFrame(columns), split > 0)


def _hidden(table: dict[str, NDArray[np.str_]], where: dict[str, tuple[str, ...]]) -> BoolArray:
    """Rows of a table whose columns all have one of the values that hide something."""
    if not set(where) <= set(table):
        return np.zeros(1, dtype=bool)
    found: BoolArray = np.all([np.isin(table[name], hiding) for name, hiding in where.items()], 0)
    return found
