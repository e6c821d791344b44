r"""A comparison as a table of a paper: LaTeX with booktabs, its caption, and the command.

In the preamble: ``\usepackage{booktabs}``.
"""

from __future__ import annotations

import shlex

from aegen.comparison.candidate import REFERENCES, Candidate
from aegen.comparison.estimates import Estimate
from aegen.comparison.metric_spec import PRESETS, MetricSpec, metric_specs
from aegen.comparison.table import Table, written
from aegen.core.latex import booktabs, escaped, typewriter
from aegen.core.versions import versions
from aegen.metrics.distance_ratio import COPIES

__all__ = ["caption", "command_of", "to_latex"]


def to_latex(table: Table) -> str:
    r"""A table environment: a line a metric, a column a latent model, references last.

    Example:
        >>> print(to_latex(Table("mnist", (Candidate("kde"),), ())).splitlines()[0])
        \begin{table}
    """
    models = tuple(dict.fromkeys((*table.ranked(), *table.rows)))
    lines = [
        [escaped(spec.title), *(_cell(table, model, spec) for model in models)]
        for spec in table.metric_specs
    ]
    return booktabs(
        ["", *(_name(table, model) for model in models)],
        lines,
        caption=caption(table),
        label=f"tab:latent-models-{table.bundle}",
    )


def command_of(table: Table) -> str:
    """The command that measures what a table holds.

    Example:
        >>> command_of(Table("mnist", (Candidate("kde"),), metric_specs(["quick"])))
        'aegen compare mnist --samplers kde --metrics quick'
    """
    specs = table.metric_specs
    preset = next((name for name in PRESETS if metric_specs([name]) == specs), None)
    words = ["aegen", "compare", table.bundle]
    words += ["--samplers", ",".join(model.text for model in table.candidates)]
    seeds = sorted({result.task.seed for result in table.results})
    if seeds:
        words += ["--seeds", str(len(seeds))]
        words += ["--first-seed", str(seeds[0])] if seeds[0] else []
        words += ["--draws", str(max(result.task.draws for result in table.results))]
    words += ["--metrics", preset or ",".join(spec.key for spec in specs)]
    return shlex.join(words)


def caption(table: Table, *, marks: bool = True) -> str:
    """What a table or a figure of a comparison shows, and how it was made, as LaTeX.

    Args:
        table: the comparison.
        marks: whether the letters of a table are explained.
    """
    seeds = f"{table.seeds} seed{'' if table.seeds == 1 else 's'}"
    parts = [
        f"Latent models of {escaped(table.bundle)}: {table.size:,} draws of each against as many "
        f"held-out rows, {seeds}; mean $\\pm$ half a 95\\,\\% interval.",
    ]
    if marks:
        parts.append("Bold: better than every other one, each difference resolved.")
        parts.append("In italics: references.")
    if marks and any(table.copies(model) for model in table.candidates):
        parts.append(f"$\\dagger$: copies (distance ratio below {COPIES:g}), out of the ranking.")
    parts.append(f"Made by {escaped(versions())}: {typewriter(command_of(table))}")
    return " ".join(parts)


def _name(table: Table, model: Candidate) -> str:
    title = escaped(model.title) + ("$^\\dagger$" if table.copies(model) else "")
    return f"\\textit{{{title}}}" if model in REFERENCES else title


def _cell(table: Table, model: Candidate, spec: MetricSpec) -> str:
    cell = table.cell(model, spec)
    if cell is None:
        return "--"
    text = _figure(cell)
    return f"$\\mathbf{{{text}}}$" if table.winner(spec) == model else f"${text}$"


def _figure(cell: Estimate) -> str:
    return written(cell).replace(" ± ", " \\pm ").replace("inf", "\\infty")
