"""A training for a paper: its curves, where the first layer looks, its figures by epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app import services
from aegen.app.services.trainings import TrainingConfig
from aegen.app.widgets import mask_curves
from aegen.app.widgets.for_paper import Exhibit, Material, made_by
from aegen.core.text_table import TextTable

if TYPE_CHECKING:
    from aegen.supermask.training.history import History

__all__ = ["material"]

COLUMNS = 8
"""Epochs of the first layer side by side."""


def material(asked: TrainingConfig, found: History, command: str | None) -> Material:
    """What a paper takes from it."""
    kind, _, name = asked.source.partition(":")
    of = "decoded rows of" if kind == "bundle" else "images of"
    said = (
        f"A fully connected network ({asked.hidden}) on {asked.rows:,} {of} {name}, "
        f"{len(found.records)} epochs, {found.about.get('test_rows', 0):,} test rows, "
        f"learning rate {asked.rate:g}, decay {asked.decay:g}, threshold {asked.threshold:g}, "
        f"kappa {asked.kappa:g}, seed {asked.seed}."
    )
    return Material(
        f"fcn-{name}-{asked.seed}",
        (
            *mask_curves.exhibits(found),
            Exhibit("first-layer", "Where the first layer looks", lambda: _looks(asked), None),
        ),
        (Exhibit("epochs", "Training by epoch", lambda: _epochs(found)),),
        made_by(said, command),
        _methods,
    )


def _looks(asked: TrainingConfig) -> str:
    from aegen.figures.image_table import image_table
    from aegen.figures.input_map import painted
    from aegen.figures.mask_colours import MASK_COLOURS

    maps = services.trainings.first_layer_maps(asked)
    shown = [maps[k] for k in np.linspace(0, len(maps) - 1, min(COLUMNS, len(maps))).astype(int)]
    most = max((float(counts.max()) for _, counts in maps), default=1.0)
    images = np.stack([painted(counts, MASK_COLOURS["light"], most) for _, counts in shown])
    names = [f"epoch {epoch}" for epoch, _ in shown]
    return image_table(images[None], columns=names, title="Where the first layer looks")


def _epochs(found: History) -> TextTable:
    rows = tuple(
        (
            int(record["epoch"]),
            100 * float(record["accuracy"]),
            100 * float(record["remaining"]),
            int(sum(record["flips"].values())),
            float(record["seconds"]),
        )
        for record in found.records
    )
    return TextTable(("epoch", "right %", "remaining %", "flips", "seconds"), rows)


def _methods() -> Iterable[Any]:
    from aegen.supermask.networks import networks

    return [networks.get("fcn")]
