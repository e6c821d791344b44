"""What a job does to compare latent models: every result goes to disk; no Streamlit here."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["compare"]


def compare(
    bundle: str,
    models: Sequence[str],
    seeds: Sequence[int],
    draws: int,
    criteria: Sequence[str],
    folder: str,
    processes: int,
) -> dict[str, int]:
    """Compare latent models on a bundle, as far as that was not done before.

    Args:
        bundle: name or folder.
        models: the latent models as texts, references among them.
        seeds: of the fits, the draws and the held-out rows.
        draws: of each model.
        criteria: keys of what is measured.
        folder: where results are kept.
        processes: how many work at a time.

    Returns:
        how many results there are.
    """
    from aegen.comparison import Backend, Contender, Criterion, Store, run
    from aegen.comparison.task import Task

    contenders = [Contender.parse(model) for model in models]
    wanted = tuple(Criterion.parse(key) for key in criteria)
    tasks = [
        Task(bundle, contender, seed, draws, wanted) for seed in seeds for contender in contenders
    ]
    done = run(tasks, store=Store(folder), backend=Backend(jobs=processes))
    return {"results": sum(1 for _ in done)}
