"""Sprites: game characters with seven exactly known factors, 64 x 64, colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from aegen.core.arrays import BoolArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.data._idx import read_npz
from aegen.data.base import DataSet, ImageSet, category

__all__ = ["Sprites"]

CHARACTER = ["body", "bottomwear", "topwear", "hair"]
"""The four factors that make a character; the other three are what it does."""


class Sprites(DataSet):
    """Characters composed of body, clothes and hair, in an action, seen from a side (Li, Mandt).

    A tenth of the *characters* is held out, with all their actions and directions, so that a
    held-out picture shows a combination that training never saw. There is no copy to fetch: the
    npz file holds ``images`` (n, 64, 64, 3) uint8, ``attributes`` (n, 7) uint8,
    ``attribute_names``, ``action_names`` and ``direction_names``.

    Example:
        >>> "CC BY-SA 3.0" in Sprites.licence
        True
    """

    title = "Sprites"
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
        words = {"action": arrays["action_names"], "direction": arrays["direction_names"]}
        table = pd.DataFrame(
            {c: _category(values[:, k], words.get(c)) for k, c in enumerate(columns)}
        )
        held = _held_out_characters(table)
        return ImageSet(
            "sprites", self.title, images, table, held, self.licence, self.citation, self.citation
        )


def _category(values: np.ndarray, words: np.ndarray | None) -> pd.Categorical[str]:
    """Numbered kinds as text: their names where they have one, else 1, 2, 3..."""
    kinds = int(values.max()) + 1
    labels = [str(k + 1) for k in range(kinds)] if words is None else [str(w) for w in words]
    return category(values, labels)


def _held_out_characters(table: pd.DataFrame) -> BoolArray:
    """A seeded tenth of the characters; the same ones whatever rows are there."""
    codes = np.stack([table[name].cat.codes.to_numpy(np.int64) for name in CHARACTER], axis=1)
    kinds = [len(table[name].cat.categories) for name in CHARACTER]
    character = np.ravel_multi_index(codes.T, kinds)
    total = int(np.prod(kinds))
    chosen = np.random.default_rng(423).permutation(total)[: total // 10]
    held: BoolArray = np.isin(character, chosen)
    return held
