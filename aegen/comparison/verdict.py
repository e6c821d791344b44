"""What a comparison comes to, in sentences: the model to take, the runner-up, who copies."""

from __future__ import annotations

from collections.abc import Sequence

from aegen.comparison.candidate import HELD_OUT, REFERENCES, Candidate
from aegen.comparison.metric_spec import LEFT_OUT, RATIO, WORSE_HALF, MetricSpec
from aegen.comparison.table import Table, number, written
from aegen.metrics.distance_ratio import COPIES

__all__ = ["verdict"]

COPY = REFERENCES[1]


def verdict(table: Table) -> list[str]:
    """What the figures say, a sentence each: which model to take, who wins what, what failed.

    Example:
        >>> verdict(Table("mnist", (Candidate("gaussian"),), ()))
        []
    """
    sentences = [*_taken(table), *_copiers(table), *_encoder(table)]
    wins: dict[Candidate, list[str]] = {}
    for metric_spec in table.metric_specs:
        best = table.winner(metric_spec)
        if best is not None:
            wins.setdefault(best, []).append(metric_spec.title)
    for candidate in table.candidates:
        if candidate in wins:
            sentences.append(f"{candidate.title} is best in {_listing(wins[candidate])}.")
    seen = [metric_spec for metric_spec in table.metric_specs if table.level(metric_spec)]
    level = [metric_spec for metric_spec in seen if len(table.level(metric_spec)) > 1]
    if level:
        sentences.append(
            f"In {len(level)} of {len(seen)} metrics the best is not resolved from the next: more "
            "seeds or draws may tell, or there is no difference worth having."
        )
    for candidate in table.candidates:
        sentences += [f"{candidate.title}: {problem}." for problem in table.problems(candidate)]
    return sentences


def _taken(table: Table) -> list[str]:
    """Which model to take and why, and which comes next; none where there is no ranking."""
    spec, ranked = table.ranking, table.ranked()
    if spec is None or not ranked:
        return []
    new = [candidate for candidate in ranked if not table.copies(candidate)]
    if not new:
        return [f"All copy, so none is to be taken: {_listing([c.title for c in ranked])}."]
    best, *others = new
    reasons = [f"{spec.title} {_figure(table, best, spec)}"]
    if (real := table.cell(HELD_OUT, spec)) is not None:
        reasons[0] += f", of real codes {written(real)}"
    if (ratio := table.cell(best, RATIO)) is not None:
        reasons.append(f"its draws are new: distance ratio {written(ratio)}")
    among = "of those that do not copy it" if len(new) < len(ranked) else "it"
    said = f"Take {best.title}: {among} is nearest to real codes ({'; '.join(reasons)})."
    return [f"{said} {_next(table, best, others, spec)}" if others else said]


def _next(table: Table, best: Candidate, others: Sequence[Candidate], spec: MetricSpec) -> str:
    """The runner-up, and those behind it."""
    second, *rest = others
    apart = table.difference(second, best, spec)
    beyond = "worse beyond chance" if apart and apart.resolved else "not distinguished from it"
    behind = f"; then {', then '.join(c.title for c in rest)}" if rest else ""
    return f"Next is {second.title} ({_figure(table, second, spec)}), {beyond}{behind}."


def _figure(table: Table, candidate: Candidate, spec: MetricSpec) -> str:
    cell = table.cell(candidate, spec)
    assert cell is not None  # or it were not ranked
    return written(cell)


def _copiers(table: Table) -> list[str]:
    """Who is out of the ranking, as copying is no merit."""
    said = {
        candidate.title: number(cell.value, None)
        for candidate in table.candidates
        if table.copies(candidate) and (cell := table.cell(candidate, RATIO)) is not None
    }
    if not said:
        return []
    named = _listing([f"{title} ({ratio})" for title, ratio in said.items()])
    verb, out = ("copies", "It is") if len(said) == 1 else ("copy", "They are")
    return [
        f"{named} {verb}: draws lie nearer to training rows than new data do (distance ratio "
        f"below {COPIES:g}). {out} out of the ranking, since to be as true to the data as the "
        "data is no achievement."
    ]


def _encoder(table: Table) -> list[str]:
    """What of the distance to real codes is the autoencoder's doing."""
    seen = {s.space: table.cell(COPY, s) for s in table.metric_specs if s.metric == WORSE_HALF}
    held_out, left_out = seen.get("codes"), seen.get(LEFT_OUT)
    if held_out is None or left_out is None:
        return []
    return [
        f"Training codes drawn again ({COPY.title}) are off by {written(held_out)} beside "
        f"held-out codes and by {written(left_out)} beside left-out training codes. If the "
        "first is larger beyond chance, no latent model is at fault: the autoencoder places "
        "images that it was trained on differently."
    ]


def _listing(names: Sequence[str]) -> str:
    """Names with commas and "and".

    Example:
        >>> _listing(["a", "b", "c"])
        'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
