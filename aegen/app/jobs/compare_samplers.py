"""What a job does to compare latent models: every result goes to disk; no Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aegen.comparison import Backend, Candidate, MetricSpec, Store, Task, run
from aegen.comparison.at_work import AtWork

__all__ = ["compare"]


def compare(
    tasks: Sequence[dict[str, Any]], folder: str, processes: int, at_work: str
) -> dict[str, int]:
    """Do tasks, given as `dataclasses.asdict` has them, as far as ``folder`` lacks results.

    So many ``processes`` work at a time, and note in the folder ``at_work`` how far they are.
    Returns how many results there are.
    """
    notes = AtWork(Path(at_work))
    wanted = map(_task, tasks)
    done = run(wanted, store=Store(folder), backend=Backend(jobs=processes), at_work=notes)
    return {"results": sum(1 for _ in done)}


def _task(plain: dict[str, Any]) -> Task:
    """The task, put together and not parsed: that would load the latent models and metrics."""

    def fields(part: dict[str, Any]) -> dict[str, Any]:
        return {**part, "fields": tuple(map(tuple, part["fields"]))}

    candidate = Candidate(**fields(plain["candidate"]))
    specs = tuple(MetricSpec(**fields(spec)) for spec in plain["metric_specs"])
    return Task(**{**plain, "candidate": candidate, "metric_specs": specs})
