"""A comparison as one HTML file that needs nothing else: pictures, figures, intervals, plots."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape
from itertools import count
from typing import Any

import aegen
from aegen.comparison.candidate import REFERENCES, Candidate
from aegen.comparison.latex import command_of
from aegen.comparison.metric_spec import RANKING, RATIO, MetricSpec
from aegen.comparison.sweep import Sweep
from aegen.comparison.table import Table
from aegen.comparison.table_html import better, compared, table_html
from aegen.comparison.verdict import verdict
from aegen.core.images import grid, png
from aegen.figures.comparison_scatter import against_copying, against_time
from aegen.figures.sweep import Swept, swept
from aegen.figures.template import below

__all__ = ["html"]

Plot = Callable[[Any], str]
"""Makes a plotly figure a part of the page."""

COLUMNS = 6
"""Pictures side by side in a model's grid."""

PLOTTED = (
    *RANKING,
    "features/frechet-distance",
    "features/nearest-neighbour-accuracy",
    "codes/nearest-neighbour-accuracy",
    "features/earth-movers-distance",
    "codes/earth-movers-distance",
)
"""Which metric spec stands for fidelity in the plots: the first of these that was measured."""

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1d2529;background:#fff;margin:0 auto;
padding:24px;max-width:1320px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:40px 0 4px}h3{font-size:16px;
margin:28px 0 6px}p{max-width:76ch;margin:6px 0}.quiet{color:#5c676d}
.grids{display:flex;flex-wrap:wrap;gap:18px;margin:14px 0}
.grids figure{margin:0;width:196px}.grids img{width:100%;image-rendering:pixelated;
border-radius:4px;display:block}.grids figcaption{font-size:13px;margin-bottom:4px;
min-height:2.6em;display:flex;align-items:flex-end}
.grids .reference{opacity:.62}.plots{display:flex;flex-wrap:wrap;gap:12px}
.plots>div{flex:1 1 480px;min-width:0;max-width:100%}
.aegen-compared{--aegen-paper:#fff}
@media print{.plots>div{break-inside:avoid}}
"""


def html(
    tables: Sequence[Table], sweeps: Sequence[tuple[Sweep, Sequence[tuple[float, Table]]]] = ()
) -> str:
    """A whole page that any browser opens without a network; the same results, the same bytes.

    There is one table a bundle; sweeps come with the tables that `Sweep.tables` gives.

    Example:
        >>> html([]).startswith("<!doctype html>")
        True
    """
    plots = _plots()
    parts = [_table(table, plots) for table in tables]
    parts += [_sweep(sweep, placed, plots) for sweep, placed in sweeps]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Latent models compared</title><style>{STYLE}</style></head><body>"
        "<h1>Latent models compared</h1>"
        f'<p class="quiet">Made by aegen {escape(aegen.__version__)}. Every figure comes with its '
        "95 % interval. Orange is a model that is better than every other one by a resolved "
        "difference; blue are those that are not resolved from the best; models that copy do not "
        "compete. Grey columns frame the "
        "table: other real codes as the autoencoder shows them, training rows drawn again "
        "(pure copying), and a standard normal law.</p>"
        f"{''.join(parts)}</body></html>"
    )


def _plots() -> Plot:
    """Makes plotly figures parts of one page, which holds plotly's script once."""
    number = count(1)

    def plot(figure: Any) -> str:
        from plotly.io import to_html

        k = next(number)
        config = {"displayModeBar": False, "responsive": True}
        options = {"full_html": False, "include_plotlyjs": k == 1, "div_id": f"plot-{k}"}
        return str(to_html(figure, config=config, **options))

    return plot


def _table(table: Table, plots: Plot) -> str:
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in verdict(table))
    against = "".join(f"<div>{plots(figure)}</div>" for figure in _against(table))
    return (
        f"<h2>{escape(table.bundle)}</h2>"
        f'<p class="quiet">{table.size:,} draws of each model beside as many held-out rows; '
        f"{_seeds(table.seeds)}. {_reference(table)}</p>"
        f'<div class="grids">{"".join(_grid(table, each) for each in table.rows)}</div>'
        f"{table_html(table)}<ul>{sentences}</ul>"
        f'<p class="quiet">Measured by <code>{escape(command_of(table))}</code></p>'
        f'<div class="plots">{against}</div>'
    )


def _seeds(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


def _reference(table: Table) -> str:
    real = any(result.task.data is not None for result in table.results)
    return (
        "Compared with the real images themselves, so the autoencoder's own faults count too."
        if real
        else "Compared with real images as the autoencoder shows them, so its own faults count "
        "for nobody."
    )


def _grid(table: Table, candidate: Candidate) -> str:
    shown = [result for result in table.of(candidate) if result.images is not None]
    title = escape(candidate.title)
    if not shown:
        return ""
    images = shown[0].images
    assert images is not None
    content = png(grid(images, columns=COLUMNS))
    source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    kind = ' class="reference"' if candidate in REFERENCES else ""
    return (
        f"<figure{kind}><figcaption>{title}</figcaption>"
        f'<img src="{source}" alt="{len(images)} pictures: {title}"></figure>'
    )


def _fidelity(metric_specs: Sequence[MetricSpec]) -> MetricSpec | None:
    by_key = {metric_spec.key: metric_spec for metric_spec in metric_specs}
    found = next((by_key[key] for key in PLOTTED if key in by_key), None)
    return found or next((c for c in metric_specs if c != RATIO), None)


def _against(table: Table) -> list[Any]:
    metric_spec = _fidelity(table.metric_specs)
    if metric_spec is None:
        return []
    models = compared(table, metric_spec)
    if not models:
        return []
    metric = metric_spec.make()
    arguments = (models, metric_spec.title, metric.direction, metric.best)
    figures = [against_time(*arguments)]
    if any(model.copying is not None for model in models):
        figures.insert(0, against_copying(*arguments))
    return figures


def _sweep(sweep: Sweep, placed: Sequence[tuple[float, Table]], plots: Plot) -> str:
    """A plot a metric spec over the points of a sweep."""
    metric_specs = placed[0][1].metric_specs if placed else ()
    drawn = []
    for metric_spec in metric_specs:
        lines = _lines(metric_spec, placed)
        if lines:
            title = below(metric_spec.title, better(metric_spec))
            drawn.append(f"<div>{plots(swept(lines, sweep.x_title, title))}</div>")
    return (
        f"<h2>{escape(sweep.name)}: quality over {escape(sweep.x_title)}</h2>"
        f'<p class="quiet">{max((t.size for _, t in placed), default=0):,} draws at each point; '
        f"{_seeds(max((t.seeds for _, t in placed), default=0))}; bands are 95 % intervals.</p>"
        f'<div class="plots">{"".join(drawn)}</div>{_failures(sweep, placed)}'
    )


def _failures(sweep: Sweep, placed: Sequence[tuple[float, Table]]) -> str:
    """Points that lack figures because a model failed there, and why."""
    said = [
        f"<li>{escape(candidate.title)} at {x:,.6g}: {escape(problem)}</li>"
        for x, table in placed
        for candidate in table.rows
        for problem in table.problems(candidate)
    ]
    return f"<ul>{''.join(said)}</ul>" if said else ""


def _lines(metric_spec: MetricSpec, placed: Sequence[tuple[float, Table]]) -> list[Swept]:
    candidates = placed[0][1].rows
    lines = []
    for candidate in candidates:
        if candidate == REFERENCES[-1]:  # so far off that it would flatten the rest
            continue
        cells = [(x, cell) for x, t in placed if (cell := t.cell(candidate, metric_spec))]
        if cells:
            lines.append(
                Swept(
                    candidate.title,
                    tuple(x for x, _ in cells),
                    tuple(cell.value for _, cell in cells),
                    tuple(cell.ends[0] for _, cell in cells),
                    tuple(cell.ends[1] for _, cell in cells),
                    candidate in REFERENCES,
                )
            )
    return lines
