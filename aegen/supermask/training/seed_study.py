"""What trainings reached over their seeds, from the folders that `aegen supermask train` fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from aegen.core.errors import InvalidInput, StorageError
from aegen.supermask.inference.evaluation import control
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from aegen.supermask.training.recipe import augmentation

if TYPE_CHECKING:
    from aegen.core.arrays import ByteArray, IntArray

__all__ = ["Reached", "SeedStudy", "seed_study"]


@dataclass(frozen=True)
class Reached:
    """What one seed reached.

    Attributes:
        accuracy: share of the held-out rows that are recognised after the last epoch.
        remaining: share of all weights that are not dropped.
        epochs: done.
        shuffled: accuracy of the same counts at random places of each layer, if it was measured.
    """

    accuracy: float
    remaining: float
    epochs: int
    shuffled: float | None = None


@dataclass(frozen=True)
class SeedStudy:
    """One way of training, over its seeds.

    Attributes:
        folder: where the trainings are.
        rule: of the masks, or "dense"; with how training images were changed, if they were.
        seeds: what each reached, by its number.
    """

    folder: Path
    rule: str
    seeds: Mapping[int, Reached]

    def figures(self, name: str) -> dict[int, float]:
        """An attribute of `Reached` by seed, where it is known."""
        found = {seed: getattr(reached, name) for seed, reached in self.seeds.items()}
        return {seed: value for seed, value in found.items() if value is not None}

    def ahead(self, other: SeedStudy) -> dict[int, float]:
        """By how much the accuracy of each seed that both have is above that of ``other``."""
        own, its = self.figures("accuracy"), other.figures("accuracy")
        return {seed: own[seed] - its[seed] for seed in own if seed in its}


def seed_study(
    folder: Path | str, held_out: tuple[ByteArray, IntArray] | None = None
) -> SeedStudy:
    """Read what the trainings of a folder reached.

    Args:
        folder: that of ``aegen supermask train --out``.
        held_out: images uint8 (n, h, w, c) and classes (n,) on which shuffled masks are judged;
            without them they are not.

    Raises:
        StorageError: no folder, or a file of it cannot be read.
        InvalidInput: nothing was trained there, or seeds by different rules.

    Example:
        >>> seed_study("nowhere")
        Traceback (most recent call last):
        aegen.core.errors.StorageError: nowhere: is not a folder of trainings
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StorageError(folder, "is not a folder of trainings")
    seeds, rules = {}, set()
    for path in sorted(folder.glob("seed-*.history")):
        history = History.read(path)
        recipe, last = history.about["recipe"], history.records[-1]
        rule = str(recipe.get("rule", "signed"))
        rules.add(", ".join(filter(None, (rule, augmentation(recipe)))))
        shuffled = None
        if held_out is not None and path.with_suffix(".ticket").exists():
            ticket = Ticket.read(path.with_suffix(".ticket"))
            shuffled = mean(control(ticket, *held_out, rng=0))
        seeds[int(recipe["seed"])] = Reached(
            last["accuracy"], last["remaining"], last["epoch"], shuffled
        )
    if not seeds:
        raise InvalidInput(
            f"{folder} holds no training that has ended: give folders of aegen supermask train"
        )
    if len(rules) > 1:
        raise InvalidInput(
            f"{folder} holds trainings by {' and '.join(sorted(rules))} masks: they need a folder "
            "for each"
        )
    return SeedStudy(folder, rules.pop(), seeds)
