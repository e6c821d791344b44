"""A recommendation as a table in HTML, as CSV, and as JSON that can be read again."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, fields
from html import escape
from typing import Any

from aegen.comparison.candidate import Candidate
from aegen.comparison.recommendation import Recommendation, Trial
from aegen.core.errors import InvalidInput
from aegen.core.json_text import parse

__all__ = ["HEADER", "cells", "from_json", "problems", "to_csv", "to_html", "to_json"]

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


def problems(found: Recommendation) -> list[str]:
    """Why some were not tried: a line a reason, with all that it holds for."""
    reasons: dict[str, list[str]] = {}
    for trial in found.trials:
        if trial.problem is not None:
            reasons.setdefault(trial.problem, []).append(trial.candidate.title)
    return [f"{', '.join(titles)}: {why}" for why, titles in reasons.items()]


def cells(found: Recommendation, trial: Trial) -> tuple[str, ...]:
    """A trial that has figures as a line of the table, in the order of `HEADER`."""
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


STYLE = """
<style>
.aegen-tried{overflow-x:auto;max-width:100%}
.aegen-tried table{border-collapse:collapse;font-size:13px;line-height:1.35;margin:0}
.aegen-tried th,.aegen-tried td{padding:6px 10px;text-align:right;vertical-align:top;border:0;
border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent);font-weight:400;
background:none;font-variant-numeric:tabular-nums}
.aegen-tried td{white-space:nowrap}
.aegen-tried thead th{vertical-align:bottom;font-weight:600}
.aegen-tried th:first-child{text-align:left;min-width:150px;max-width:300px;padding-left:0}
.aegen-tried .best *{font-weight:700}
.aegen-tried .out{opacity:.62}
.aegen-tried small{display:inline-block;font-size:11px;font-weight:600;border:1px solid;
border-radius:9px;padding:0 6px;margin-left:6px}
.aegen-tried p{font-size:13px;margin:8px 0 0}
.aegen-tried .copies small{color:#c54976}
</style>
"""


def to_html(found: Recommendation) -> str:
    """The table with its style, in the ink of where it stands; below it what was not tried."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in HEADER[:-1])
    lines = "".join(_line(found, trial) for trial in found.trials if trial.splits)
    below = "".join(f'<p class="out">{escape(line)}.</p>' for line in problems(found))
    return (
        f'{STYLE}<div class="aegen-tried" tabindex="0" role="region" aria-label="models that were '
        f'tried"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{below}</div>'
    )


def _line(found: Recommendation, trial: Trial) -> str:
    title, *figures, remark = map(escape, cells(found, trial))
    kind = "best" if trial == found.best else "copies out" if trial in found.copiers else ""
    mark = f"<small>{remark}</small>" if remark else ""
    line = "".join(f"<td>{figure}</td>" for figure in figures)
    return f'<tr class="{kind}"><th scope="row">{title}{mark}</th>{line}</tr>'


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
        read = parse(text)
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
