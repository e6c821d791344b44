"""What a job does to compare latent models: every result goes to disk; no Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["compare"]


def compare(
    bundle: str,
    models: Mapping[str, Sequence[str]],
    seeds: Sequence[int],
    draws: int,
    folder: str,
    processes: int,
    at_work: str,
) -> dict[str, int]:
    """Compare latent models, texts with keys of metrics, as far as ``folder`` lacks results.

    So many ``processes`` work at a time, and note in the folder ``at_work`` how far they are.
    Returns how many results there are.
    """
    from aegen.comparison import Backend, Candidate, MetricSpec, Store, run
    from aegen.comparison.at_work import AtWork
    from aegen.comparison.task import Task

    candidates = {
        Candidate.parse(model): tuple(map(MetricSpec.parse, keys))
        for model, keys in models.items()
    }
    tasks = [
        Task(bundle, candidate, seed, draws, wanted)
        for seed in seeds
        for candidate, wanted in candidates.items()
    ]
    notes = AtWork(Path(at_work))
    done = run(tasks, store=Store(folder), backend=Backend(jobs=processes), at_work=notes)
    return {"results": sum(1 for _ in done)}
