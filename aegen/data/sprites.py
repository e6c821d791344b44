"""Sprites: game characters with seven exactly known factors, 64 x 64, colour."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from aegen.core.arrays import BoolArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.data._idx import read_npz
from aegen.data.base import DataSet, ImageSet, category

__all__ = ["Sprites"]

KINDS = {
    "body": 6,
    "bottomwear": 6,
    "topwear": 6,
    "hair": 6,
    "action": 3,
    "direction": 3,
    "frame": 8,
}
"""How many values each factor has."""

TITLES = {
    "body": {
        "": "skin",
        "1": "pale",
        "2": "golden",
        "3": "grey",
        "4": "pale blue",
        "5": "tan",
        "6": "brown",
    },
    "bottomwear": {
        "1": "white trousers",
        "2": "gold greaves",
        "3": "red trousers",
        "4": "steel greaves",
        "5": "teal trousers",
        "6": "green trousers",
    },
    "topwear": {
        "1": "maroon jumper",
        "2": "turquoise shirt",
        "3": "white shirt",
        "4": "steel armour",
        "5": "leather armour",
        "6": "shirt and tie",
    },
    "hair": {
        "1": "green",
        "2": "blue",
        "3": "orange",
        "4": "white",
        "5": "red",
        "6": "purple",
    },
    "action": {"spellcard": "cast a spell"},
}
"""What people see in the place of the numbers of the files, by looking at the pictures."""

COMBINED = ("body", "topwear", "hair")
"""Factors of which some combinations are held out."""

KEPT_OUT = 20
"""How many of their 216 combinations that is."""


class Sprites(DataSet):
    """Characters composed of body, clothes and hair, in an action, seen from a side (Li, Mandt).

    Twenty of the 216 combinations of body, topwear and hair are held out, in every action and
    direction: a held-out picture shows a combination that training never saw, of values that it
    saw in others. There is no copy to fetch: the npz file holds ``images`` (n, 64, 64, 3) uint8,
    ``attributes`` (n, 7) uint8, ``attribute_names``, ``action_names`` and ``direction_names``.

    Example:
        >>> "CC BY-SA 3.0" in Sprites.licence
        True
    """

    title = "Sprites"
    titles = TITLES
    licence = (
        "Art of the Liberated Pixel Cup / Universal LPC Spritesheet: CC BY-SA 3.0 (or GPL 3.0); "
        "derived works are shared alike, with attribution"
    )
    citation = "Y. Li, S. Mandt: Disentangled sequential autoencoder. ICML 2018, arXiv 1803.02991"

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from an npz file or the folder that holds ``sprites.npz``; see `DataSet`."""
        if path is None:
            raise InvalidInput("Sprites cannot be fetched: give its npz file with --data")
        path = Path(path)
        path = path / "sprites.npz" if path.is_dir() else path
        names = ("images", "attributes", "attribute_names", "action_names", "direction_names")
        arrays = read_npz(path, names)
        images, values = arrays["images"], arrays["attributes"]
        if images.dtype != np.uint8 or images.ndim != 4 or values.shape[:1] != images.shape[:1]:
            raise StorageError(path, "images and attributes do not fit together")
        columns = [str(name) for name in arrays["attribute_names"]]
        if sorted(columns) != sorted(KINDS) or values.shape[1:] != (len(KINDS),):
            raise StorageError(path, f"needs the factors {', '.join(KINDS)}, has {columns}")
        if any(values[:, k].max(initial=0) >= KINDS[c] for k, c in enumerate(columns)):
            raise StorageError(path, f"attributes go beyond the numbers of values {KINDS}")
        words = {"action": arrays["action_names"], "direction": arrays["direction_names"]}
        table = pd.DataFrame(
            {c: category(values[:, k], _names(c, words)) for k, c in enumerate(columns)}
        )
        return self.image_set(images, table, _held_out_combinations(table))


def _names(factor: str, words: dict[str, np.ndarray]) -> list[str]:
    """Names of a factor's values: their own where they have one, else 1, 2, 3..."""
    own = words.get(factor)
    return [str(k + 1) for k in range(KINDS[factor])] if own is None else [str(w) for w in own]


def _held_out_combinations(table: pd.DataFrame) -> BoolArray:
    """The rows of the seeded combinations; the same ones whatever rows are there."""
    codes = np.stack([table[name].cat.codes.to_numpy(np.int64) for name in COMBINED])
    kinds = tuple(KINDS[name] for name in COMBINED)
    combination = np.ravel_multi_index(tuple(codes), kinds)
    chosen = np.random.default_rng(423).permutation(math.prod(kinds))[:KEPT_OUT]
    held: BoolArray = np.isin(combination, chosen)
    return held
