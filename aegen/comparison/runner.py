"""Runs the tasks of a comparison: results come as they are ready, and survive what goes wrong.

Finished results are read from the store first and written to it one by one, so a run that was
stopped goes on where it was. A process that dies takes its task with it: the rest is done by new
ones, and a task that ends its process twice when it is alone becomes a result that says so.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import joblib

from aegen.comparison.at_work import SKIPPED, AtWork
from aegen.comparison.store import Store
from aegen.comparison.task import Result, Task, perform
from aegen.core.errors import AegenError
from aegen.core.progress import report
from aegen.parallel.backends import Backend, connected

__all__ = ["run"]

Work = Callable[[Task], Result]


def run(
    tasks: Iterable[Task],
    *,
    store: Store | None = None,
    backend: Backend | None = None,
    fresh: bool = False,
    work: Work = perform,
    at_work: AtWork | None = None,
) -> Generator[Result, None, None]:
    """Results of tasks, as they are ready; those that the store has come first.

    A task whose result says that something went wrong is tried again by the next run. Closing the
    generator, or an error where its results are used, ends the processes that are at work; so
    use it in a ``for`` that runs to its end, or in `contextlib.closing`.

    Args:
        tasks: what to do.
        store: keeps results; without one they are only given back.
        backend: where to do it; by default in processes of this machine.
        fresh: do all tasks, also those of which the store has results.
        work: what does a task; a function that the workers can import.
        at_work: where tasks in processes of this machine note how far they are, and find which
            are skipped; the result of one of these says so, and is not kept.

    Raises:
        StorageError: a result cannot be written; those before it are kept.
        ClusterError: the cluster cannot be reached, or was lost on the way.
        UnknownName, BundleError: the store cannot tell a bundle from others, as there is none.
    """
    wanted = list(dict.fromkeys(tasks))
    left: list[Task] = []
    done = 0
    for task in wanted:
        found = store.find(task) if store and not fresh else None
        if found is not None and found.problem is None:
            done += 1
            report(done / len(wanted), f"{task}, from the store")
            yield found
        else:
            left.append(task)
    if not left:
        return
    report(done / len(wanted), "starting")
    place = backend or Backend()
    if at_work and place.name == "loky":
        work = functools.partial(_followed, work=work, at_work=at_work)
    if store and place.name == "loky":  # also what this process can take in no more is kept
        work = functools.partial(_kept, work=work, store=store)
    with closing(_done(left, place, work)) as results:
        for result in results:
            if store and (place.name != "loky" or result.problem) and not _skipped(result):
                store.keep(result)
            done += 1
            report(done / len(wanted), str(result.task))
            yield result


def _kept(task: Task, *, work: Work, store: Store) -> Result:
    """What a worker of this machine does: so a kill of all loses no more than what is at work."""
    result = work(task)
    if not _skipped(result):
        store.keep(result)
    return result


def _followed(task: Task, *, work: Work, at_work: AtWork) -> Result:
    """A task that notes how far it is, unless it is skipped."""
    if at_work.skips(task):
        return Result(task, problem=SKIPPED)
    with at_work.following(task) as skipped:
        result = work(task)
        return Result(task, problem=SKIPPED) if skipped() else result


def _skipped(result: Result) -> bool:
    return result.problem == SKIPPED


def _done(tasks: Iterable[Task], backend: Backend, work: Work) -> Generator[Result, None, None]:
    """Results of tasks, whatever dies on the way."""
    left = dict.fromkeys(tasks)
    with connected(backend) as arguments:
        while left:
            try:
                with _results(left, work, arguments) as results:
                    for result in results:
                        del left[result.task]
                        yield result
            except AegenError:
                raise
            except Exception:
                # It was one of those at work, which are among the first that are left.
                for task in tuple(islice(left, arguments["pre_dispatch"])):
                    yield _alone(task, work, arguments)
                    del left[task]


def _alone(task: Task, work: Work, arguments: dict[str, Any], *, again: bool = True) -> Result:
    """The result of a task that has the workers for itself, or why there is none.

    Where its process ends it is begun once more: another one's end may have come to it.
    """
    try:
        with _results([task], work, {**arguments, "pre_dispatch": 1}) as results:
            [result] = results
            return result
    except AegenError:
        raise
    except Exception as problem:
        if again and _ended(problem):
            return _alone(task, work, arguments, again=False)
        return Result(task, problem=_reason(problem))


@contextmanager
def _results(
    tasks: Iterable[Task], work: Work, arguments: dict[str, Any]
) -> Iterator[Generator[Result, None, None]]:
    """What joblib gives back; what is still at work when the block ends is ended."""
    parallel = joblib.Parallel(return_as="generator_unordered", **arguments)
    results = parallel(joblib.delayed(work)(task) for task in tuple(tasks))
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib finds it a waste
            results.close()


def _reason(problem: Exception) -> str:
    kind = type(problem).__name__
    if _ended(problem):
        return (
            f"its process was ended from outside ({kind}), most often as memory ran out: take "
            "fewer draws, or a smaller model"
        )
    return f"failed: {kind}: {problem}"


def _ended(problem: Exception) -> bool:
    """Whether a task's process was ended, as a backend tells."""
    ours = type(problem).__module__.startswith(("distributed", "ray."))
    return ours or isinstance(problem, BrokenExecutor)
