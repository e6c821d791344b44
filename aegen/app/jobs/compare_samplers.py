"""What a job does to compare latent models: every result goes to disk; no Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["compare"]


def compare(
    bundle: str,
    models: Sequence[str],
    seeds: Sequence[int],
    draws: int,
    metric_specs: Sequence[str],
    folder: str,
    processes: int,
) -> dict[str, int]:
    """Compare latent models, given as texts, under each seed, as far as ``folder`` lacks results.

    So many ``processes`` work at a time. Returns how many results there are.
    """
    from aegen.comparison import Backend, Candidate, MetricSpec, Store, run
    from aegen.comparison.task import Task

    candidates = [Candidate.parse(model) for model in models]
    wanted = tuple(MetricSpec.parse(key) for key in metric_specs)
    tasks = [
        Task(bundle, candidate, seed, draws, wanted) for seed in seeds for candidate in candidates
    ]
    done = run(tasks, store=Store(folder), backend=Backend(jobs=processes))
    return {"results": sum(1 for _ in done)}
