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
    """Compare latent models on a bundle, as far as that was not done before.

    Args:
        bundle: name or folder.
        models: the latent models as texts, references among them.
        seeds: of the fits, the draws and the held-out rows.
        draws: of each model.
        metric_specs: keys of what is measured.
        folder: where results are kept.
        processes: how many work at a time.

    Returns:
        how many results there are.
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
