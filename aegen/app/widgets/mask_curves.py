"""How a mask was trained, epoch by epoch: accuracy, what remains, flips."""

from __future__ import annotations

import functools
from typing import Any

from aegen.app.services import tickets
from aegen.app.widgets.chart import chart, drawn, paper
from aegen.app.widgets.for_paper import Exhibit
from aegen.figures.mask_colours import MASK_COLOURS, MaskColours
from aegen.figures.template import Paper

__all__ = ["colours", "curves", "exhibits", "variable"]


def colours() -> MaskColours:
    """Of masks on the page's paper."""
    return MASK_COLOURS[paper()]


def curves(known: Any, *, key: str, now: int | None = None, last: int | None = None) -> None:
    """Charts of accuracy, of what remains and of flips by epoch, one below the other."""
    for number in range(len(TITLES)):
        chart(_curve(known, number, paper(), now, last), key=f"{key}-{number}")


def exhibits(known: Any) -> tuple[Exhibit, ...]:
    """The same for a paper."""
    return tuple(
        Exhibit(f"training-{name}", title, functools.partial(_curve, known, number, "light"))
        for number, (name, title) in enumerate(TITLES.items())
    )


TITLES = {
    "accuracy": "Accuracy on test rows",
    "remaining": "Remaining weights",
    "flips": "Flips",
}


def _curve(
    known: Any, number: int, on: Paper, now: int | None = None, last: int | None = None
) -> Any:
    from aegen.figures.palette import CATEGORIES
    from aegen.figures.training_curves import curve

    name, title = list(TITLES.items())[number]
    records = known.records
    values = [
        sum(record["flips"].values()) if name == "flips" else 100 * record[name]
        for record in records
    ]
    return drawn(
        curve,
        [record["epoch"] for record in records],
        {title: values},
        title=title,
        unit="" if name == "flips" else " %",
        colours=[CATEGORIES[2 * number]],
        log=number > 0,
        now=now,
        last=last,
        paper=on,
    )


def variable(name: str, layer: str, factor: float, epoch: int | None, on: Paper) -> Any:
    """The mask variable of a layer after an epoch, with its threshold times ``factor``."""
    from aegen.figures.score_histogram import mask_variable

    known = tickets.history(name)
    assert known is not None
    place = list(known.layers).index(layer)
    epochs = [int(record["epoch"]) for record in known.records]
    step = epochs.index(epoch) if epoch in epochs else -1
    threshold = float(known.thresholds[layer])
    return drawn(
        mask_variable,
        known.histograms[step, place],
        known.edges[place],
        factor * threshold,
        trained=threshold,
        paper=on,
    )
