"""A run gives back results as they are ready, keeps them, and ends its processes with itself."""

import os
import shutil
import signal
import time

import pytest

from aegen.comparison import Backend, Candidate, Store, metric_specs, run, tasks
from aegen.comparison.task import Result
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.progress import reporting
from tests.parallel import deadly
from tests.parallel.deadly import all_end, processes

ONE, TWO = Backend(jobs=1), Backend(jobs=2)
MEASURED = metric_specs(["codes/distance-ratio"])


@pytest.fixture
def own(bars, tmp_path):
    """A copy of the bundle, beside which the workers leave their marks."""
    return str(shutil.copytree(bars, tmp_path / "bars"))


@pytest.fixture
def some(own):
    """Tasks of two candidates and four seeds."""
    candidates = (Candidate("gaussian"), Candidate("kde"))
    return tasks([own], candidates, seeds=4, draws=60, metric_specs=MEASURED)


def end_workers():
    from joblib.externals.loky import get_reusable_executor

    # Asked for without killing, it waits for ever where a failed test left endless work behind.
    get_reusable_executor(kill_workers=True).shutdown(wait=True, kill_workers=True)


@pytest.fixture(scope="module", autouse=True)
def _own_workers():
    """Processes left by other tests may be about to end by themselves."""
    end_workers()
    yield
    end_workers()


@pytest.fixture
def mortal():
    """For a test that ends processes: the next one has others."""
    yield
    end_workers()


def test_every_task_is_done_once_in_processes_of_their_own(some):
    results = list(run((*some, *some), backend=TWO, work=deadly.wordy))
    assert {result.task for result in results} == set(some)
    assert len(results) == len(some)
    workers = {result.missing["done"] for result in results}
    assert len(workers) <= 2
    assert str(os.getpid()) not in workers
    alone = run(some[:1], backend=ONE, work=deadly.wordy)
    assert next(alone).missing["done"] != str(os.getpid())


def test_what_is_kept_is_not_done_again(some, tmp_path):
    store = Store(tmp_path / "kept")
    store.keep(deadly.quick(some[0]))
    store.keep(Result(some[1], problem="it rained"))
    results = list(run(some, store=store, backend=TWO, work=deadly.wordy))
    assert results[0].task == some[0]
    done = {result.task: "done" in result.missing for result in results}
    assert done == {task: task != some[0] for task in some}
    again = list(run(some, store=store, work=_never))
    assert {result.task for result in again} == set(some)
    fresh = list(run(some, store=store, fresh=True, backend=TWO, work=deadly.wordy))
    assert all("done" in result.missing for result in fresh)


def _never(task):
    raise AssertionError("everything was kept")


def test_progress_is_told_from_nothing_to_all(some, tmp_path):
    store = Store(tmp_path / "kept")
    for round_ in range(2):
        told = []
        with reporting(lambda share, text, told=told: told.append((share, text))):
            list(run(some, store=store, backend=TWO, work=deadly.quick))
        shares = [share for share, _ in told]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
        assert any(text.startswith("Gaussian on ") for _, text in told)
        assert (told[0] == (0.0, "starting")) == (round_ == 0)


def test_what_a_task_raises_is_its_problem_alone(some):
    results = {r.task: r for r in run(some, backend=TWO, work=deadly.raising)}
    assert set(results) == set(some)
    for task, result in results.items():
        raised = (task.seed, task.candidate.sampler) == (1, "kde")
        assert result.problem == ("failed: OSError: no such thing" if raised else None)


@pytest.mark.usefixtures("mortal")
def test_a_process_that_is_ended_from_outside_costs_no_result(some):
    results, killed = [], None
    for result in run(some, backend=TWO, work=deadly.steady):
        results.append(result)
        if killed is None:
            killed = int(result.missing["done"])
            os.kill(killed, signal.SIGKILL)
    assert {result.task for result in results} == set(some)
    assert len(results) == len(some)
    assert not any(result.problem for result in results)
    assert len({result.missing["done"] for result in results}) > 2  # others came in its place


def at_work(own, some, seconds=60.0):
    """A run of which one result has come and the next never will, once it is at that."""
    results = run(some, backend=TWO, work=deadly.endless)
    next(results)
    until = time.monotonic() + seconds
    while not processes(own) and time.monotonic() < until:
        time.sleep(0.02)
    assert deadly.alive(processes(own))
    return results


@pytest.mark.usefixtures("mortal")
def test_closing_a_run_ends_its_processes(own, some):
    results = at_work(own, some)
    results.close()
    assert all_end(processes(own))


@pytest.mark.usefixtures("mortal")
def test_a_listener_that_raises_ends_the_run_and_its_processes(own, some):
    def stop(share, text):
        if share > 0:
            raise InterruptedError("enough")

    with reporting(stop), pytest.raises(InterruptedError):
        list(run(some, backend=ONE, work=deadly.endless))
    assert all_end(processes(own))


@pytest.mark.usefixtures("mortal")
def test_a_folder_that_cannot_be_written_to_ends_the_run_and_keeps_the_rest(own, some, tmp_path):
    store = Store(tmp_path / "kept")
    results = run(some, store=store, backend=ONE, work=deadly.endless)
    first = next(results)
    [other] = (task for task in some if task.seed == 0 and task != first.task)
    store.path(other).mkdir()  # where the next result belongs there is something else
    with pytest.raises(StorageError, match="cannot be written"):
        next(results)
    assert store.find(first.task).figures.keys() == first.figures.keys()
    assert all_end(processes(own))


def test_no_tasks_are_no_results_and_a_bad_backend_is_refused(some):
    assert list(run([], work=_never)) == []
    with pytest.raises(InvalidInput, match="jobs must be at least 1"):
        run(some, backend=Backend(jobs=0))
