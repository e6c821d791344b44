"""What the Train page trains, as choices in its link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = [
    "CHOICES",
    "MOST_EPOCHS",
    "PRESETS",
    "Preset",
    "decay",
    "epochs",
    "hidden",
    "kappa",
    "preset",
    "rate",
    "rows",
    "seed",
    "source",
    "threshold",
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
        {"rows": 10_000, "epochs": 20, "rate": 0.1, "decay": 2e-3, "kappa": 3.0},
    ),
    "paper": Preset(
        "Paper",
        "All rows, 40 of its 100 epochs: a few minutes. On original MNIST images it ends near "
        "97.4 % right with 3.7 % remaining.",
        {"rows": 60_000, "epochs": 40, "rate": 0.05, "decay": 5e-4, "kappa": 6.0},
    ),
    "sparse": Preset(
        "Sparse",
        "All rows and a larger pull towards dropping: fewer weights remain, for some accuracy.",
        {"rows": 60_000, "epochs": 40, "rate": 0.05, "decay": 1e-3, "kappa": 12.0},
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

rate: Item[float] = Item("train.rate", QUICK["rate"], formats.number(1e-5, 10), "{:g}".format)
"""The learning rate at the start."""

decay: Item[float] = Item("train.decay", QUICK["decay"], formats.number(0, 0.1), "{:g}".format)
"""By which the mask variable shrinks each step, at the start."""

threshold: Item[float] = Item("train.threshold", 0.01, formats.number(0, 1), "{:g}".format)
"""Beyond which a weight is not dropped."""

kappa: Item[float] = Item("train.kappa", QUICK["kappa"], formats.number(0.1, 100), "{:g}".format)
"""Inputs times the variance of the frozen weights."""

seed: Item[int] = Item("train.seed", 0, formats.whole(0, formats.HIGHEST_SEED))
"""Of the frozen weights, of the mask variables and of the order of rows."""

CHOICES = (source, preset, rows, hidden, epochs, rate, decay, threshold, kappa, seed)
"""All that the page's link holds."""
