"""A table of a comparison as HTML: a line a metric, a column a model, each interval as a bar.

The same markup serves the page and the report. It takes its ink from where it stands
(``currentColor``), so it reads on light and on dark paper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from aegen.comparison.candidate import REFERENCES, Candidate
from aegen.comparison.estimates import Estimate
from aegen.comparison.metric_spec import RATIO, MetricSpec
from aegen.comparison.table import Table, detail_titles, detail_values, written
from aegen.figures.comparison_scatter import Compared
from aegen.metrics.distance_ratio import COPIES

__all__ = ["STYLE", "better", "compared", "table_html"]

ACCENT, LEVEL, QUIET = "#db8520", "#2a84a5", "#8b979d"
"""The winner, those level with the best, and everything else."""

BAR, DOT = 84, 4.5
"""Width of a bar and diameter of its dot, in pixels."""

COPY = REFERENCES[1]

FAR = 8.0
"""A model that makes a line's scale so many times as wide is shown by an arrow."""

STYLE = """
<style>
.aegen-compared{overflow-x:auto;max-width:100%}
.aegen-compared table{border-collapse:collapse;font-size:13px;line-height:1.35;margin:0}
.aegen-compared th,.aegen-compared td{padding:6px 10px;text-align:left;vertical-align:top;
border:0;border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent);
min-width:104px;font-weight:400;background:none}
.aegen-compared thead th{vertical-align:bottom;font-weight:600}
.aegen-compared th:first-child{position:sticky;left:0;min-width:132px;max-width:180px;
background:var(--aegen-paper,Canvas);z-index:1}
.aegen-compared .reference .said{opacity:1}
.aegen-compared .said{opacity:.8;font-size:12px;font-weight:400}
.aegen-compared .rank{font-size:12px;font-weight:400}
.aegen-compared td .details{font-size:11px;white-space:normal}
.aegen-compared .details span{white-space:nowrap}
.aegen-compared .reference{opacity:.62}
.aegen-compared td.first-reference,.aegen-compared th.first-reference{
border-left:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.aegen-compared .best{font-weight:700}
.aegen-compared .copies{display:inline-block;font-size:11px;font-weight:600;border:1px solid;
border-radius:9px;padding:0 6px;margin-top:2px;color:color-mix(in srgb,#c54976 55%,currentColor)}
.aegen-compared .none{opacity:.55;cursor:help}
.aegen-compared td{font-variant-numeric:tabular-nums;white-space:nowrap}
.aegen-compared svg{display:block;margin-top:3px}
</style>
"""


def table_html(table: Table) -> str:
    """The table as HTML with its style.

    The winner of a line is bold and orange, and only there where it is better than every other
    model by a resolved difference; those level with the best have a blue bar.
    """
    head = "".join(_head(table, candidate) for candidate in table.rows)
    lines = "".join(_line(table, metric_spec) for metric_spec in table.metric_specs)
    return (
        f'{STYLE}<div class="aegen-compared" tabindex="0" role="region" '
        f'aria-label="figures of the comparison"><table><thead><tr><th scope="col"></th>{head}'
        f"</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _class(candidate: Candidate, *more: str) -> str:
    names = [*more]
    if candidate in REFERENCES:
        names.append("reference")
    if candidate == REFERENCES[0]:
        names.append("first-reference")
    return f' class="{" ".join(names)}"' if names else ""


def _head(table: Table, candidate: Candidate) -> str:
    parts = [escape(candidate.title)]
    ranked = table.ranked()
    if candidate in ranked:
        place = f"{ranked.index(candidate) + 1} of {len(ranked)}"
        parts.append(f'<div class="rank">rank {place}</div>')
    if (seconds := table.seconds(candidate)) is not None:
        fit, draw = (_seconds(each) for each in seconds)
        parts.append(f'<div class="said">fit {fit}, draw {draw}</div>')
    if table.copies(candidate) and candidate not in REFERENCES:
        parts.append(
            '<div class="copies" title="Its draws lie nearer to training rows than new data '
            f'do: its distance ratio is below {COPIES:g}">copies</div>'
        )
    return f'<th scope="col"{_class(candidate)}>{"".join(parts)}</th>'


def _seconds(value: float) -> str:
    """A time in the unit that suits it.

    Example:
        >>> _seconds(0.0312), _seconds(4.2), _seconds(130)
        ('31 ms', '4.2 s', '2 min 10 s')
    """
    if value < 1:
        return f"{1000 * value:.0f} ms"
    if value < 100:
        return f"{value:.1f} s"
    return f"{value // 60:.0f} min {value % 60:.0f} s"


def _line(table: Table, metric_spec: MetricSpec) -> str:
    metric = metric_spec.make()
    cells = {candidate: table.cell(candidate, metric_spec) for candidate in table.rows}
    scale = _scale(cells, metric.best)
    best = table.winner(metric_spec)
    level = set(table.level(metric_spec)) if best is None else set()
    drawn = []
    for candidate, cell in cells.items():
        if cell is None:
            drawn.append(_gap(table, candidate, metric_spec))
            continue
        won = candidate == best
        colour = ACCENT if won else LEVEL if candidate in level and len(level) > 1 else QUIET
        drawn.append(
            f"<td{_class(candidate, *(['best'] if won else []))}>{written(cell)}"
            f"{_bar(cell, scale, metric.best, colour)}"
            f"{_said(detail_values(table, candidate, metric_spec))}</td>"
        )
    return (
        f'<tr><th scope="row" title="{escape(metric.summary, quote=True)}">'
        f'{escape(metric_spec.title)}<div class="said">{better(metric_spec)}</div>'
        f"{_said([_short(title) for title in detail_titles(metric_spec)])}</th>"
        f"{''.join(drawn)}</tr>"
    )


def _said(parts: Sequence[str]) -> str:
    """What a figure is made of, in small; a narrow column breaks it between two."""
    apart = " ·</span> <span>".join(map(escape, parts))
    return f'<div class="said details"><span>{apart}</span></div>' if parts else ""


def _short(title: str) -> str:
    """A title without what the line says already.

    Example:
        >>> _short("1-NN accuracy"), _short("generated rows")
        ('accuracy', 'generated')
    """
    return title.removeprefix("1-NN ").removesuffix(" rows")


def better(metric_spec: MetricSpec) -> str:
    """Which values are better, in words.

    Example:
        >>> better(MetricSpec("codes", "distance-ratio"))
        'best: 1'
    """
    metric = metric_spec.make()
    if metric.direction == "nearer":
        return f"best: {metric.best:g}"
    return f"{metric.direction} is better"


def compared(table: Table, metric_spec: MetricSpec) -> list[Compared]:
    """The models that have a figure, with what the pictures of fidelity need."""
    best = table.winner(metric_spec)
    found = []
    for candidate in table.rows:
        cell, copying = table.cell(candidate, metric_spec), table.cell(candidate, RATIO)
        if cell is None:
            continue
        seconds = table.seconds(candidate)
        found.append(
            Compared(
                candidate.title,
                cell.value,
                None if cell.low is None else cell.ends,
                None if copying is None else copying.value,
                None if copying is None or copying.low is None else copying.ends,
                None if seconds is None else sum(seconds),
                candidate in REFERENCES,
                candidate == best,
            )
        )
    return found


def _gap(table: Table, candidate: Candidate, metric_spec: MetricSpec) -> str:
    why = table.why(candidate, metric_spec)
    sign = "–" if why else "…"
    said = why or "still to come"
    return (
        f'<td{_class(candidate)}><span class="none" title="{escape(said, quote=True)}" '
        f'aria-label="{escape(said, quote=True)}">{sign}</span></td>'
    )


Scale = tuple[float, float]


def _scale(cells: Mapping[Candidate, Estimate | None], best: float) -> Scale | None:
    """What a line's bars reach from and to: all models' intervals, and the held-out rows'.

    Whatever lies so far off that the rest could not be distinguished is left out, other references
    always; their bars end in an arrow. The best is on it where it does not squeeze the rest.
    """
    spans = [
        cell.ends
        for candidate, cell in cells.items()
        if cell is not None and (candidate not in REFERENCES or candidate == REFERENCES[0])
    ]
    if not spans:
        return None
    spans = _together(spans)
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    if math.isfinite(best) and low - (high - low) < best < high + (high - low):
        low, high = min(low, best), max(high, best)
    if high - low <= 1e-12 * max(1.0, abs(high)):
        low, high = low - 0.5, high + 0.5
    return low, high


def _together(spans: list[Scale]) -> list[Scale]:
    """Spans without those at an end that make the whole `FAR` times as wide.

    Example:
        >>> _together([(0.0, 1.0), (2.0, 3.0), (900.0, 901.0)])
        [(0.0, 1.0), (2.0, 3.0)]
    """
    left = sorted(spans)
    while len(left) > 2:
        width = max(b for _, b in left) - left[0][0]
        shorter = min((left[1:], left[:-1]), key=lambda part: max(b for _, b in part) - part[0][0])
        if max(b for _, b in shorter) - shorter[0][0] > width / FAR:
            break
        left = shorter
    return left


def _bar(cell: Estimate, scale: Scale | None, best: float, colour: str) -> str:
    """An interval as a line with a dot at the value; a fine stroke where the best is."""
    if scale is None:
        return ""
    low, high = scale

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return DOT + (BAR - 2 * DOT) * min(1.0, max(0.0, share))

    parts = [f'<line x1="0" x2="{BAR}" y1="6" y2="6" stroke="currentColor" opacity=".12"/>']
    if low <= best <= high:
        parts.append(
            f'<line x1="{x(best):.1f}" x2="{x(best):.1f}" y1="1" y2="11" '
            'stroke="currentColor" opacity=".45"/>'
        )
    if cell.low is not None and cell.high is not None:
        parts.append(
            f'<line x1="{x(cell.low):.1f}" x2="{x(cell.high):.1f}" y1="6" y2="6" '
            f'stroke="{colour}" stroke-width="3" stroke-linecap="round" opacity=".75"/>'
        )
    if low <= cell.value <= high:
        parts.append(f'<circle cx="{x(cell.value):.1f}" cy="6" r="{DOT}" fill="{colour}"/>')
    else:  # beyond the end
        tip, foot = (BAR, BAR - 8) if cell.value > high else (0, 8)
        parts.append(f'<path d="M{tip} 6 L{foot} 1.5 L{foot} 10.5 Z" fill="{colour}"/>')
    return (
        f'<svg width="{BAR}" height="12" viewBox="0 0 {BAR} 12" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )
