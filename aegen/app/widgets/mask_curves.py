"""How a mask was trained, epoch by epoch: accuracy, what remains, flips."""

from __future__ import annotations

from typing import Any

from aegen.app.widgets.chart import chart, paper
from aegen.figures.mask_colours import MASK_COLOURS, MaskColours

__all__ = ["colours", "curves"]


def colours() -> MaskColours:
    """Of masks on the page's paper."""
    return MASK_COLOURS[paper()]


def curves(known: Any, *, key: str, now: int | None = None, last: int | None = None) -> None:
    """Charts of accuracy, of what remains and of flips by epoch, one below the other."""
    from aegen.figures.palette import CATEGORIES
    from aegen.figures.training_curves import curve

    records = known.records
    for number, (title, values, unit) in enumerate(
        (
            ("Accuracy on test rows", [100 * record["accuracy"] for record in records], " %"),
            ("Remaining weights", [100 * record["remaining"] for record in records], " %"),
            ("Flips", [sum(record["flips"].values()) for record in records], ""),
        )
    ):
        figure = curve(
            [record["epoch"] for record in records],
            {title: values},
            title=title,
            unit=unit,
            colours=[CATEGORIES[2 * number]],
            log=number > 0,
            now=now,
            last=last,
            paper=paper(),
        )
        chart(figure, key=f"{key}-{number}")
