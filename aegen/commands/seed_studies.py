"""`aegen supermask compare`: what ways of training reached, side by side, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aegen.commands.supermask import named_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aegen.core.arrays import ByteArray, IntArray
    from aegen.core.text_table import TextTable
    from aegen.supermask.training.seed_study import SeedStudy

__all__ = ["compare_trainings"]


def compare_trainings(
    folders: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of aegen supermask train; of the first the others' lead is told"
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="Data set, as NAME to fetch it or NAME=FOLDER, to judge shuffled masks on"
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option(help="Print the table as Markdown")] = False,
) -> None:
    """What trainings reached over their seeds, and by how much each is ahead of the first.

    Intervals are those of a mean over seeds, at 95 %; a lead is taken seed by seed. Shuffled masks
    keep and invert as many weights of each layer, at random places.
    """
    from aegen.supermask.training.seed_study import seed_study

    rows = None if data is None else _held_out(data)
    table = _table([seed_study(folder, rows) for folder in folders])
    if markdown:
        typer.echo(table.markdown(), nl=False)
        return
    from rich.table import Table

    from aegen.benchmarks.console import console

    shown = Table(*table.head)
    for row in table.rows:
        shown.add_row(*map(str, row))
    console().print(shown)


def _held_out(data: str) -> tuple[ByteArray, IntArray]:
    """Images and classes of a data set's held-out rows."""
    from aegen.data import datasets
    from aegen.supermask.training.runs import classes

    name, path = named_data(data)
    images = datasets.create(name).load(path)
    labels, _ = classes(images.attributes, images.title)
    return images.images[images.holdout], labels[images.holdout]


def _table(studies: list[SeedStudy]) -> TextTable:
    from aegen.core.text_table import TextTable

    first = studies[0]
    rows = [
        (
            study.folder.name,
            study.rule,
            str(max(reached.epochs for reached in study.seeds.values())),
            str(len(study.seeds)),
            _percent(study.figures("accuracy")),
            _percent(study.figures("remaining")),
            _percent(study.figures("shuffled")),
            "" if study is first else _percent(study.ahead(first), -1, "+"),
        )
        for study in studies
    ]
    head = ("training", "masks", "epochs", "seeds", "accuracy", "remaining", "shuffled", "ahead")
    return TextTable(head, tuple(rows))


def _percent(figures: Mapping[int, float], least: float = 0, sign: str = "") -> str:
    """The mean in per cent, of ``least`` to 1, with its interval where there are seeds enough."""
    from aegen.comparison.estimates import estimate
    from aegen.comparison.task import Figure

    if not figures:
        return ""
    found = estimate({seed: Figure(value) for seed, value in figures.items()}, possible=(least, 1))
    text = f"{100 * found.value:{sign}.2f}"
    if found.low is None or found.high is None:
        return text
    return f"{text} [{100 * found.low:{sign}.2f}, {100 * found.high:{sign}.2f}]"
