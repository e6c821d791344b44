"""A recommendation as a table, as CSV, and as JSON that can be read again."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, fields
from typing import Any

from aegen.comparison.candidate import Candidate
from aegen.comparison.recommendation import Recommendation, Trial
from aegen.core.errors import InvalidInput

__all__ = ["HEADER", "cells", "from_json", "to_csv", "to_json"]

HEADER = (
    "model",
    "real half",
    "generated half",
    "worse half",
    "distance ratio",
    "seconds",
    "splits",
    "remark",
)
"""Columns of the table; those of the CSV also have the error of the worse half."""


def cells(found: Recommendation, trial: Trial) -> tuple[str, ...]:
    """A trial as a line of the table, in the order of `HEADER`."""
    if not trial.splits:
        return trial.candidate.title, *[""] * (len(HEADER) - 2), found.remark(trial)
    return (
        trial.candidate.title,
        f"{trial.real:.3f}",
        f"{trial.generated:.3f}",
        f"{trial.worse_half:.3f} ± {1.96 * trial.error:.3f}",
        f"{trial.ratio:.2f}",
        f"{trial.seconds:.2g}",
        str(trial.splits),
        found.remark(trial),
    )


def to_csv(found: Recommendation) -> str:
    """All trials as CSV, a line each; the model as `Candidate.parse` reads it."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write([*HEADER[:4], "standard error", *HEADER[4:]])
    for trial in found.trials:
        figures = (
            trial.real,
            trial.generated,
            trial.worse_half,
            trial.error,
            trial.ratio,
            trial.seconds,
        )
        known = ["" if math.isnan(figure) else f"{figure:.6g}" for figure in figures]
        write([trial.candidate.text, *known, trial.splits, found.remark(trial)])
    return out.getvalue()


def to_json(found: Recommendation) -> str:
    """All of it as JSON, with the sentence; a figure that is not known is null.

    Example:
        >>> one = Recommendation((Trial(Candidate("kde"), problem="no time"),), 0.9, 100, 3.0)
        >>> from_json(to_json(one)).trials[0].problem
        'no time'
    """
    trials = [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in (asdict(trial) | {"candidate": trial.candidate.text}).items()
        }
        for trial in found.trials
    ]
    best = found.best
    return json.dumps(
        {
            "best": best.candidate.text if best else None,
            "sentence": str(found),
            "copying": found.copying,
            "rows": found.rows,
            "seconds": found.seconds,
            "trials": trials,
        },
        indent=1,
        allow_nan=False,
    )


def from_json(text: str) -> Recommendation:
    """What `to_json` wrote.

    Raises:
        InvalidInput: it is not that, or names a latent model that is not there.
    """
    try:
        read = json.loads(text)
        trials = tuple(_trial(each) for each in read["trials"])
        return Recommendation(
            trials, float(read["copying"]), int(read["rows"]), float(read["seconds"])
        )
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise InvalidInput(f"this is no recommendation as JSON ({problem})") from problem


def _trial(known: dict[str, Any]) -> Trial:
    figures = {
        each.name: float("nan" if known[each.name] is None else known[each.name])
        for each in fields(Trial)
        if each.type == "float"
    }
    return Trial(
        Candidate.parse(known["candidate"]),
        **figures,
        splits=int(known["splits"]),
        problem=None if known["problem"] is None else str(known["problem"]),
    )
