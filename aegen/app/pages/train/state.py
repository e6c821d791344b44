"""What the Train page trains, as choices in its link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item
from aegen.app.widgets import fields
from aegen.core.parameters import parameters
from aegen.supermask.training.recipe import Recipe

__all__ = [
    "CHOICES",
    "MOST_EPOCHS",
    "PRESETS",
    "SET",
    "SETTINGS",
    "Preset",
    "epochs",
    "hidden",
    "preset",
    "rows",
    "seed",
    "source",
]

MOST_EPOCHS = 200
MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Preset:
    """A recipe with a name.

    Attributes:
        title: for people.
        about: what to expect of it.
        settings: values of the choices that it sets.
    """

    title: str
    about: str
    settings: dict[str, Any]


PRESETS = {
    "quick": Preset(
        "Quick",
        "10,000 rows and a strong decay: within half a minute most weights are dropped.",
        {"rows": 10_000, "epochs": 20, "learning_rate": 0.1, "decay": 2e-3, "kappa": 3.0},
    ),
    "paper": Preset(
        "Paper",
        "All rows, 40 of its 100 epochs: a few minutes. On original MNIST images it ends near "
        "97.4 % right with 3.7 % remaining.",
        {"rows": 60_000, "epochs": 40, "learning_rate": 0.05, "decay": 5e-4, "kappa": 6.0},
    ),
    "sparse": Preset(
        "Sparse",
        "All rows and a larger pull towards dropping: fewer weights remain, for some accuracy.",
        {"rows": 60_000, "epochs": 40, "learning_rate": 0.05, "decay": 1e-3, "kappa": 12.0},
    ),
}

QUICK = PRESETS["quick"].settings

source: Item[str] = Item("train.data", "", str)
"""What is trained on: "bundle:mnist" or "images:mnist"; "" is the first there is."""

preset: Item[str] = Item("train.preset", "quick", str)
"""The recipe that the settings began from."""

rows: Item[int] = Item("train.rows", QUICK["rows"], formats.whole(10, MOST_ROWS))
"""Training rows."""

hidden: Item[str] = Item("train.hidden", "300-100", formats.sizes)
"""Sizes of the hidden layers."""

epochs: Item[int] = Item("train.epochs", QUICK["epochs"], formats.whole(1, MOST_EPOCHS))
"""Passes over the training rows."""

seed: Item[int] = Item("train.seed", 0, formats.whole(0, formats.HIGHEST_SEED))
"""Of the frozen weights, the first scores and the order of the rows."""

SETTINGS = tuple(
    replace(setting, default=QUICK.get(setting.name, setting.default), optional=False)
    for setting in parameters(Recipe)
    if setting.name in ("learning_rate", "decay", "threshold", "kappa")
)
"""What the recipe declares of its settings that the page offers; they begin as the quick ones."""

SET: dict[str, Item[Any]] = {
    **dict(zip((s.name for s in SETTINGS), fields.items("train", SETTINGS), strict=True)),
    "rows": rows,
    "epochs": epochs,
}
"""What a preset sets, by name."""

CHOICES: tuple[Item[Any], ...] = (source, preset, hidden, seed, *SET.values())
"""All that the page's link holds."""
