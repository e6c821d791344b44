"""Results on one bundle as a table: candidates, metric specs, intervals, winners, copiers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from aegen.comparison.candidate import HELD_OUT, REFERENCES, Candidate
from aegen.comparison.estimates import (
    Difference,
    Estimate,
    Figures,
    difference,
    estimate,
    winner,
    worse,
)
from aegen.comparison.metric_spec import RANKING, RATIO, MetricSpec
from aegen.comparison.task import Result
from aegen.metrics.distance_ratio import COPIES

__all__ = [
    "Table",
    "detail_titles",
    "detail_values",
    "number",
    "swept_csv",
    "to_csv",
    "to_markdown",
    "written",
]

NOT_ASKED = "a figure that was left out, as it takes another fit, and this model's takes long"


@dataclass(eq=False)
class Table:
    """Results on one bundle, as they come in, those of the references too.

    Candidates and metric specs are in the order in which they were asked for.

    Example:
        >>> Table("mnist", (Candidate("gaussian"),), (RATIO,)).cell(HELD_OUT, RATIO) is None
        True
    """

    bundle: str
    candidates: tuple[Candidate, ...]
    metric_specs: tuple[MetricSpec, ...]
    results: list[Result] = field(default_factory=list)

    def _repr_markdown_(self) -> str:
        """The table with its intervals, for notebooks."""
        return to_markdown(self)

    def add(self, result: Result) -> None:
        """Take in one more result; a later one of the same task replaces an earlier one."""
        self.results = [old for old in self.results if old.task != result.task] + [result]

    @property
    def rows(self) -> tuple[Candidate, ...]:
        """Candidates, then the references."""
        return self.candidates + REFERENCES

    def of(self, candidate: Candidate) -> list[Result]:
        """Results of one candidate by seed."""
        mine = [result for result in self.results if result.task.candidate == candidate]
        return sorted(mine, key=lambda result: result.task.seed)

    def figures(self, candidate: Candidate, metric_spec: MetricSpec) -> Figures:
        """A candidate's figures by seed."""
        return {
            result.task.seed: result.figures[metric_spec.key]
            for result in self.of(candidate)
            if metric_spec.key in result.figures
        }

    def cell(self, candidate: Candidate, metric_spec: MetricSpec) -> Estimate | None:
        """A candidate's figure with its interval; None where there is none."""
        found = self.figures(candidate, metric_spec)
        return estimate(found, self.distinct) if found else None

    def why(self, candidate: Candidate, metric_spec: MetricSpec) -> str:
        """Why there is no figure, or not for all seeds; "" where nothing lacks, or is to come."""
        mine = self.of(candidate)
        if any(metric_spec.key in result.figures for result in mine):
            return self.lacking(candidate, metric_spec)
        reasons = [
            result.problem
            or result.missing.get(metric_spec.key, "")
            or ("" if metric_spec in result.task.metric_specs else NOT_ASKED)
            for result in mine
        ]
        return next(filter(None, reasons), "")

    def problems(self, candidate: Candidate) -> list[str]:
        """What went wrong, each sentence once."""
        return list(dict.fromkeys(r.problem for r in self.of(candidate) if r.problem))

    def difference(
        self, first: Candidate, second: Candidate, metric_spec: MetricSpec
    ) -> Difference | None:
        """How much worse ``first`` is than ``second``, paired by seed and held-out rows."""
        return difference(
            self.figures(first, metric_spec),
            self.figures(second, metric_spec),
            metric_spec.make(),
            self.distinct,
        )

    def winner(self, metric_spec: MetricSpec) -> Candidate | None:
        """The candidate that is better than all others, each difference resolved; else None.

        Those that copy do not compete: to be as true to the data as the data is no achievement.
        None wins who failed under some seed, which may have been the hard one; and none who is
        resolvedly better than real rows, as nothing can be truer to the data than they are.
        """
        by_text = {c.text: c for c in self.candidates if not self.copies(c)}
        table = {text: self.figures(c, metric_spec) for text, c in by_text.items()}
        found = winner(table, metric_spec.make(), self.distinct)
        if found is None or self.lacking(by_text[found], metric_spec):
            return None
        over_real = self.difference(HELD_OUT, by_text[found], metric_spec)
        beyond = over_real is not None and over_real.resolved and over_real.value > 0
        return None if beyond else by_text[found]

    def lacking(self, candidate: Candidate, metric_spec: MetricSpec) -> str:
        """Of how many finished seeds there is no figure, and why; "" where there are all."""
        mine = self.of(candidate)
        without = [r for r in mine if metric_spec.key not in r.figures]
        if not without or len(without) == len(mine):
            return ""
        reason = without[0].problem or without[0].missing.get(metric_spec.key, "")
        return f"not under {len(without)} of {len(mine)} seeds: {reason}"

    def level(self, metric_spec: MetricSpec) -> list[Candidate]:
        """Where none wins, the best that does not copy and those not resolved from it."""
        metric = metric_spec.make()
        short = {
            c: worse(cell.value, metric)
            for c in self.candidates
            if not self.copies(c) and (cell := self.cell(c, metric_spec)) is not None
        }
        if not short:
            return []
        order = sorted(short, key=lambda c: short[c])
        best = order[0]
        near = [
            c
            for c in order[1:]
            if (d := self.difference(c, best, metric_spec)) is not None and not d.resolved
        ]
        return [best, *near]

    def details(self, candidate: Candidate, metric_spec: MetricSpec) -> list[Estimate]:
        """The figures that a candidate's figure is made of, in the order of the metric."""
        cells = (self.cell(candidate, detail) for detail in metric_spec.details())
        return [cell for cell in cells if cell is not None]

    def copies(self, candidate: Candidate) -> bool:
        """Whether its draws are nearer to training rows than `COPIES` of what new data are."""
        found = self.cell(candidate, RATIO)
        return found is not None and found.value < COPIES

    @property
    def ranking(self) -> MetricSpec | None:
        """What the candidates are ranked by: the first of `RANKING` that all of them have."""
        measured = [c for c in self.candidates if any(r.figures for r in self.of(c))]
        return next(
            (
                spec
                for spec in self.metric_specs
                if spec.key in RANKING and all(self.figures(c, spec) for c in measured)
            ),
            None,
        )

    def ranked(self) -> list[Candidate]:
        """Candidates with a figure of `ranking`, best first; those that copy come last."""
        spec = self.ranking
        if spec is None:
            return []
        cells = {c: cell for c in self.candidates if (cell := self.cell(c, spec)) is not None}
        return sorted(cells, key=lambda c: (self.copies(c), worse(cells[c].value, spec.make())))

    def seconds(self, candidate: Candidate) -> tuple[float, float] | None:
        """Median times to fit, and to draw as many codes as were compared; None before any."""
        mine = [r for r in self.of(candidate) if r.problem is None]
        if not mine or candidate == HELD_OUT:
            return None
        return median(r.fit_seconds for r in mine), median(r.draw_seconds for r in mine)

    @property
    def first_seconds(self) -> float:
        """How much longer than the times that are told a first call took, at most."""
        return max((r.first_seconds for r in self.results), default=0.0)

    @property
    def size(self) -> int:
        """Rows on each side; 0 before any result."""
        return max((result.size for result in self.results), default=0)

    @property
    def distinct(self) -> float:
        """Sets of reference rows that share none."""
        return max((r.distinct for r in self.results if r.problem is None), default=1.0)

    @property
    def seeds(self) -> int:
        """Seeds of which there are results."""
        return len({result.task.seed for result in self.results})


HEADER = (
    "bundle,latent model,reference,space,metric,value,low,high,seeds,rows,best,copies,"
    "fit seconds,draw seconds,note"
)


def to_csv(tables: Iterable[Table]) -> str:
    """All figures as CSV: one line a candidate and metric spec."""
    return _csv(HEADER, (line for table in tables for line in _lines(table)))


def swept_csv(sweeps: Iterable[tuple[str, Sequence[tuple[float, Table]]]]) -> str:
    """The same over sweeps, each a kind with its points: two more columns say where a line is."""
    lines = (
        [kind, f"{x:g}", *line]
        for kind, placed in sweeps
        for x, table in placed
        for line in _lines(table)
    )
    return _csv(f"sweep,at,{HEADER}", lines)


def _csv(header: str, lines: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return f"{header}\n{out.getvalue()}"


def _lines(table: Table) -> Iterator[list[str]]:
    """A line a candidate and metric spec, in the order of `HEADER`."""
    winners = {metric_spec: table.winner(metric_spec) for metric_spec in table.metric_specs}
    for candidate in table.rows:
        seconds = table.seconds(candidate)
        copies = "yes" if table.copies(candidate) else "no"
        for metric_spec in _all(table):
            yield [
                table.bundle,
                candidate.text,
                "yes" if candidate in REFERENCES else "no",
                metric_spec.space,
                metric_spec.key.partition("/")[2],
                *_numbers(table.cell(candidate, metric_spec)),
                str(table.size),
                "yes" if winners.get(metric_spec) == candidate else "no",
                "" if table.cell(candidate, RATIO) is None else copies,
                *(["", ""] if seconds is None else [f"{s:.6g}" for s in seconds]),
                table.why(candidate, metric_spec),
            ]


def _all(table: Table) -> list[MetricSpec]:
    """The table's metric specs, each with those that it is made of behind it."""
    return list(
        dict.fromkeys(each for spec in table.metric_specs for each in (spec, *spec.details()))
    )


def _numbers(cell: Estimate | None) -> list[str]:
    if cell is None:
        return ["", "", "", "0"]
    ends = ["" if end is None else f"{end:.8g}" for end in (cell.low, cell.high)]
    return [f"{cell.value:.8g}", *ends, str(cell.seeds)]


def number(value: float, error: float | None) -> str:
    """A value with as many digits as its error lets mean something, at most six after the point.

    The error keeps two digits where they read 10 to 35, else one (the Particle Data Group's rule).

    Example:
        >>> number(12.3456, 0.02), number(0.53449, 0.004), number(1234.5, 30.0)
        ('12.346', '0.534', '1234')
    """
    if not math.isfinite(value):
        return str(value)
    scale = error if error else abs(value) / 100
    if scale <= 0:
        return f"{value:.4f}"
    power = math.floor(math.log10(scale))
    digits = (1 if scale / 10**power < 3.55 else 0) - power
    return f"{value:.{min(6, max(0, digits))}f}"


def to_markdown(table: Table, metric_specs: Sequence[MetricSpec] | None = None) -> str:
    """A table in Markdown: a line a candidate, winners bold where resolved, copiers marked.

    Those that are ranked come in that order. What a figure is made of follows in brackets.
    """
    shown = tuple(metric_specs or table.metric_specs)
    winners = {metric_spec: table.winner(metric_spec) for metric_spec in shown}
    head = ["latent model"]
    for metric_spec in shown:
        made_of = detail_titles(metric_spec)
        head.append(metric_spec.title + (f" ({', '.join(made_of)})" if made_of else ""))
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for candidate in dict.fromkeys((*table.ranked(), *table.rows)):
        name = candidate.title + (" (copies)" if table.copies(candidate) else "")
        if candidate in REFERENCES:
            name = f"*{name}*"
        cells = []
        for metric_spec in shown:
            cell = table.cell(candidate, metric_spec)
            text = "–" if cell is None else written(cell)
            text = f"**{text}**" if winners[metric_spec] == candidate else text
            details = ", ".join(detail_values(table, candidate, metric_spec))
            cells.append(f"{text} ({details})" if details else text)
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines) + "\n"


def detail_titles(metric_spec: MetricSpec) -> list[str]:
    """What a figure is made of, for people.

    Example:
        >>> detail_titles(MetricSpec("codes", "nearest-neighbour-accuracy"))
        ['real rows', 'generated rows']
    """
    titles = (detail.make().title for detail in metric_spec.details())
    return [title.rpartition(", ")[2] for title in titles]


def detail_values(table: Table, candidate: Candidate, metric_spec: MetricSpec) -> list[str]:
    """The figures themselves, with three digits."""
    return [f"{detail.value:.3f}" for detail in table.details(candidate, metric_spec)]


def written(cell: Estimate) -> str:
    """A figure and half the width of its interval.

    Example:
        >>> written(Estimate(0.5, 0.48, 0.52, 1))
        '0.500 ± 0.020'
    """
    low, high = cell.ends
    half = (high - low) / 2
    if half == 0:  # not known, or a share of none or all: no row has influence on it
        return number(cell.value, None)
    return f"{number(cell.value, half)} ± {number(half, half)}"
