"""Doing the tasks of a comparison: results come as they are ready, and survive what goes wrong.

Finished results are read from the store first and written to it one by one, so a run that was
killed goes on where it was. A process that dies takes its task with it: the rest is done by new
ones, and a task that dies by itself becomes a result that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import joblib

from aegen.comparison.backends import Backend, connected
from aegen.comparison.store import Store
from aegen.comparison.task import Result, Task, perform
from aegen.core.errors import AegenError
from aegen.core.progress import report

__all__ = ["run"]

ATTEMPTS = 2
"""Times that all that is left is begun anew after a process died; then tasks go one by one."""


def run(
    tasks: Iterable[Task], *, store: Store | None = None, backend: Backend | None = None
) -> Iterator[Result]:
    """Results of tasks, as they are ready; those that the store has come first.

    A task whose result says that something went wrong is tried again by the next run.

    Args:
        tasks: what to do.
        store: keeps results; without one they are only given back.
        backend: where to do it; by default in processes of this machine.

    Raises:
        StorageError: a result cannot be written; those before it are kept.
        ClusterError: the cluster cannot be reached.
    """
    left: list[Task] = []
    wanted = list(dict.fromkeys(tasks))
    done = 0
    for task in wanted:
        found = store.find(task) if store else None
        if found is not None and found.problem is None:
            done += 1
            yield found
        else:
            left.append(task)
    if not left:
        return
    report(done / len(wanted), "starting")
    for result in _done(left, backend or Backend()):
        if store:
            store.keep(result)
        done += 1
        report(done / len(wanted), str(result.task))
        yield result


def _done(tasks: Sequence[Task], backend: Backend) -> Iterator[Result]:
    """Results of tasks, whatever dies on the way."""
    left = list(tasks)
    with connected(backend) as arguments:
        for _ in range(ATTEMPTS):
            try:
                for result in _results(tuple(left), arguments):
                    left.remove(result.task)
                    yield result
                return
            except AegenError:
                raise
            except Exception:  # a process died: joblib gives up on all that it had been given
                continue
        for task in tuple(left):
            try:
                yield from _results([task], arguments)
            except AegenError:
                raise
            except Exception as problem:
                yield Result(task, problem=_death(problem))


def _results(tasks: Sequence[Task], arguments: dict[str, object]) -> Iterator[Result]:
    parallel = joblib.Parallel(return_as="generator_unordered", **arguments)
    yield from parallel(joblib.delayed(perform)(task) for task in tasks)


def _death(problem: Exception) -> str:
    return (
        f"its process was ended from outside ({type(problem).__name__}): it may have run out of "
        "memory; take a smaller model or fewer draws"
    )
