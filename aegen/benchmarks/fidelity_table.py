"""The table of `aegen bench fidelity`: on the terminal, as Markdown, and inside a text file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console

from aegen.benchmarks.console import console, table
from aegen.benchmarks.fidelity import (
    REAL,
    Reference,
    ReferenceSet,
    Row,
    Setting,
    measure,
    settings,
)
from aegen.benchmarks.markdown_splice import rewrite
from aegen.core.errors import InvalidInput
from aegen.core.progress import reporting

__all__ = ["best_of_each", "frontier", "markdown", "report", "telling"]

BEGIN = "<!-- fidelity: made by `aegen bench fidelity --readme assets/results/fidelity.md` -->"
END = "<!-- /fidelity -->"

NEW_ENOUGH = 0.9
"""The distance ratio from which draws count as new."""


def report(
    names: Sequence[str],
    *,
    reference: Reference = "training",
    draws: int = 2000,
    seeds: int = 5,
    only: Sequence[str] = ("*",),
    fresh: bool = False,
    out: Path | None = None,
    as_markdown: bool = False,
    readme: Path | None = None,
) -> None:
    """Measure as `measure` does, telling how far it is; then print tables or write a text's.

    Raises:
        InvalidInput: a bundle without held-out rows, numbers that cannot be used, a text
            without the marks.
        StorageError: a file that cannot be read or written.
    """
    shown, aside = console(), Console(stderr=True)
    if readme is not None:
        rewrite(readme, BEGIN, END, None)  # says at once where there is no place for a table
    reference_sets = [ReferenceSet.of(name, reference) for name in names]
    lacking = [
        line
        for line in settings()
        if any(fnmatch(line.label, pattern) for pattern in only) and line.unknown()
    ]
    if lacking:
        left = ", ".join(line.label for line in lacking)
        aside.print(f"left out, as there is no such model or value here: {left}", highlight=False)
    with aside.status("") as status:
        doing = ""

        def start(reference_set: ReferenceSet, line: Setting) -> None:
            nonlocal doing
            doing = f"{reference_set.name}: {line.label}"
            status.update(doing)

        def told(row: Row) -> None:
            said = " ".join([f"{row.bundle}:", *_cells(row)])
            aside.print(said, highlight=False, soft_wrap=True)

        with reporting(lambda share, text: status.update(f"{doing} {share:.0%} {text}")):
            rows = measure(
                reference_sets,
                draws=draws,
                seeds=seeds,
                only=only,
                fresh=fresh,
                out=out,
                told=told,
                starting=start,
            )
    if as_markdown:
        shown.print(markdown(rows), highlight=False, markup=False, soft_wrap=True)
    else:
        for name in dict.fromkeys(row.bundle for row in rows):
            _print(shown, [row for row in rows if row.bundle == name])
    if readme is not None:
        rewrite(readme, BEGIN, END, markdown(rows))


def frontier(rows: Sequence[Row]) -> list[Row]:
    """The rows of one bundle that no other row beats in both fidelity and newness.

    Fidelity is how near the worse half of 1-NN accuracy is to one half, newness the distance ratio
    up to 1; being above is no merit.
    """
    scored = [
        (row.worse_half, -min(row.mean_ratio, 1.0), row)
        for row in rows
        if row.ratio and row.setting != REAL
    ]
    return [
        row
        for gap, old, row in scored
        if not any(g <= gap and o <= old and (g < gap or o < old) for g, o, _ in scored)
    ]


def best_of_each(rows: Sequence[Row], least: float = NEW_ENOUGH) -> list[Row]:
    """For each latent model its most faithful setting that is new enough, most faithful first."""
    new = [row for row in rows if row.ratio and row.setting != REAL and row.mean_ratio >= least]
    best: dict[str, Row] = {}
    for row in sorted(new, key=lambda row: row.worse_half):
        best.setdefault(row.sampler, row)
    return list(best.values())


def telling(rows: Sequence[Row]) -> list[str]:
    """Labels of the settings that a short table needs, in the order of the rows.

    Of each latent model the first one, and those that on some bundle are on the frontier or the
    model's most faithful that is new enough.
    """
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.sampler, row.setting.label)
    wanted = set(first.values())
    for name in {row.bundle for row in rows}:
        here = [row for row in rows if row.bundle == name]
        wanted |= {row.setting.label for row in frontier(here) + best_of_each(here)}
    return [label for label in dict.fromkeys(row.setting.label for row in rows) if label in wanted]


def markdown(rows: Sequence[Row]) -> str:
    """One table, a line a `telling` setting and two columns a bundle, and what it shows.

    Raises:
        InvalidInput: no rows.
    """
    if not rows:
        raise InvalidInput("there are no rows to make a table of: measure some first")
    names = list(dict.fromkeys(row.bundle for row in rows))
    first = names[0]
    by = {(row.bundle, row.setting.label): row for row in rows}
    bold = {
        id(row) for name in names for row in frontier([row for row in rows if row.bundle == name])
    }
    head = [
        "latent model",
        *(part for name in names for part in (f"`{name}` real / generated", "ratio")),
    ]
    lines = [[*head, f"fit and draws on `{first}`, s"], ["---"] + ["---:"] * (2 * len(names) + 1)]
    for label in telling(rows):
        cells = [_name(label)]
        for name in names:
            row = by.get((name, label))
            if row is None or not row.ratio:
                cells += ["", ""]
                continue
            pair = [_halves(row), f"{row.mean_ratio:.2f}"]
            cells += [f"**{text}**" for text in pair] if id(row) in bold else pair
        row = by.get((first, label))
        timed = row is not None and row.ratio and label != REAL.label
        seconds = row.fit_seconds + row.draw_seconds if row else 0.0
        lines.append([*cells, f"{seconds:{',.0f' if seconds >= 10 else '.2g'}}" if timed else ""])
    return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), "", _caption(rows)])


def _print(shown: Console, rows: list[Row]) -> None:
    """The rows of one bundle, then what is best at a stated newness."""
    best = {id(row) for row in frontier(rows)}
    draws = max(row.draws for row in rows)
    heads = ["latent model", "1-NN, real rows", "1-NN, generated", "worse half", "ratio"]
    heads += ["log-density", "fit s", "draw s", ""]
    title = f"{rows[0].bundle}: {draws:,} draws against {draws:,} rows that models have not seen"
    found = table(*heads, title=title)
    for row in rows:
        found.add_row(*_cells(row), "*" if id(row) in best else "")
    shown.print(found)
    shown.print(
        "* nothing is both nearer to real rows and newer. Worse half: how far the worse 1-NN "
        "accuracy lies from 0.5. Means and their 95 % confidence intervals over "
        f"{max(len(row.ratio) for row in rows)} seeds.",
        highlight=False,
    )
    for row in best_of_each(rows):
        shown.print(
            f"at a ratio of {NEW_ENOUGH} or more: {row.setting.label}: worse half "
            f"{row.worse_half:.3f} at {row.mean_ratio:.2f}",
            highlight=False,
        )


def _cells(row: Row) -> list[str]:
    if row.problem is not None:
        return [row.setting.label, row.problem, *[""] * 6]
    density = "" if row.log_density is None else f"{row.log_density:,.2f}"
    timed = row.setting != REAL
    return [
        row.setting.label,
        *(f"{half:.3f} ± {m:.3f}" for half, m in zip(row.halves, row.margins, strict=True)),
        f"{row.worse_half:.3f}",
        f"{row.mean_ratio:.2f}",
        density,
        f"{row.fit_seconds:,.2f}" if timed else "",
        f"{row.draw_seconds:,.3f}" if timed else "",
    ]


def _halves(row: Row) -> str:
    return " / ".join(f"{half:.3f}" for half in row.halves)


def _name(label: str) -> str:
    if label == REAL.label:
        return "real rows"
    name, _, fields = label.partition(" ")
    return f"`{name}` {fields.replace('bandwidth x ', 'bandwidth × ')}".rstrip()


def _caption(rows: Sequence[Row]) -> str:
    sizes = {
        name: max(row.draws for row in rows if row.bundle == name)
        for name in dict.fromkeys(row.bundle for row in rows)
    }
    told = ", ".join(f"{size:,} on `{name}`" for name, size in sizes.items())
    seeds = max(len(row.ratio) for row in rows)
    widest = max((max(row.margins) for row in rows if row.ratio), default=math.nan)
    return (
        f"Draws and as many real rows that models were not fitted to, in code space ({told}); "
        f"means over {seeds} seeds, 95 % confidence intervals up to ± {widest:.3f}. Real / "
        "generated: 1-NN accuracy among real rows and among draws; both are best at 0.5, and what "
        "lies farther off is what counts. "
        "Ratio: distance to the nearest training code beside that of new "
        "codes; 0 is copying, 1 is as new as new data. `bootstrap` is what training codes get. "
        "Bold: no other line is both "
        "nearer to real rows and newer (up to 1). Of the settings tried, each model's first one, "
        f"its best at a ratio of {NEW_ENOUGH} or more, and the bold ones are shown."
    )
