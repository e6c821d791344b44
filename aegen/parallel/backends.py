"""Where tasks are done: processes of this machine, a Dask cluster, or a Ray cluster.

Each is an executor to which joblib hands the tasks, so all three get the same ones and give back
each result as it is ready. A process of a worker does one task at a time, in one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from joblib import cpu_count
from joblib.parallel import ParallelBackendBase

import aegen
from aegen.core.errors import AegenError, InvalidInput

__all__ = ["BACKENDS", "Backend", "ClusterError", "connected"]

BACKENDS = ("loky", "dask", "ray")

PATIENCE = 10.0
"""Seconds that a cluster has to answer."""

FETCH = 60.0
"""Seconds for which the result of a task that is done is waited for."""

IDLE = 60
"""Seconds that processes of this machine wait for another comparison before they end."""

AGAIN = 1
"""Times that a cluster which we start begins a task anew whose worker died."""

ONE_THREAD = dict.fromkeys(ParallelBackendBase.MAX_NUM_THREADS_VARS, "1")

OWN_RAY = {
    "RAY_AUTH_MODE": "token",  # nobody else on this machine may send it work
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # so that it listens to this machine alone
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_oom_retries": str(AGAIN),
    "RAY_worker_niceness": "0",  # as the workers of the others
}
"""What Ray reads from the environment when we start it on this machine."""


class ClusterError(AegenError):
    """A cluster that cannot be reached or used, or whose library is not installed."""


@dataclass(frozen=True)
class Backend:
    """Where tasks are done.

    Workers of a cluster on other machines need the same version of aegen, and each bundle at the
    same path, or by the same name where it is one of the shipped ones. Workers of Dask need one
    thread each: ``dask worker ADDRESS --nworkers 8 --nthreads 1``.

    Attributes:
        name: "loky" for processes of this machine, "dask" or "ray" for a cluster.
        jobs: tasks at a time; None for as many as there are cores, or as the cluster can do.
        address: of the Dask scheduler or the Ray cluster; None starts one on this machine.

    Raises:
        InvalidInput: another name, no jobs, or an address for loky.
    """

    name: Literal["loky", "dask", "ray"] = "loky"
    jobs: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise InvalidInput(f"backend must be one of {', '.join(BACKENDS)}, got {self.name!r}")
        if self.name == "loky" and self.address is not None:
            raise InvalidInput("an address belongs to the backends dask and ray, not to loky")
        if self.jobs is not None and self.jobs < 1:
            raise InvalidInput(f"jobs must be at least 1, got {self.jobs}")


@contextlib.contextmanager
def connected(backend: Backend) -> Iterator[dict[str, Any]]:
    """Arguments of ``joblib.Parallel`` for a backend, connected as long as the block lasts.

    A cluster that was there before is left as it was; one that is started here ends with the
    block, whatever it is still doing.

    Raises:
        ClusterError: the cluster cannot be reached or used, or its library is not installed.
    """
    places = {"loky": _processes, "dask": _dask, "ray": _ray}
    with places[backend.name](backend) as (jobs, start, stop):
        yield {
            "n_jobs": max(2, jobs),  # for one joblib would do the tasks in this process
            "pre_dispatch": jobs,
            "batch_size": 1,
            "backend": _Futures(start, stop),
        }


Place = tuple[int, Callable[[], Executor], Callable[[Any], None]]
"""How many tasks at a time, what gives an executor for them, and what ends all that it does."""


class _Futures(ParallelBackendBase):
    """joblib on any executor of futures.

    Of joblib's own backends the one for processes does a single job in ours, which must not die
    with its task; the one for Dask waits for ever when a task is given up; and the one for Ray
    gives back no result before the last.
    """

    supports_retrieve_callback = True

    def __init__(self, start: Callable[[], Executor], stop: Callable[[Any], None]) -> None:
        super().__init__(nesting_level=0)
        self._start = start
        self._stop = stop
        self._executor: Executor | None = None

    def effective_n_jobs(self, n_jobs: int) -> int:
        return n_jobs

    def start_call(self) -> None:
        self._executor = self._start()

    def submit(
        self, func: Callable[[], Any], callback: Callable[[Future[Any]], None] | None = None
    ) -> Future[Any]:
        assert self._executor is not None
        try:
            future = self._executor.submit(func)
        except Exception as problem:  # joblib would not hear of it, and wait for ever
            future = Future()
            future.set_exception(problem)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        try:
            return out.result()
        except (asyncio.CancelledError, CancelledError):  # by nobody here
            raise _lost() from None

    def abort_everything(self, ensure_ready: bool = True) -> None:
        if self._executor is not None:
            self._stop(self._executor)


@contextlib.contextmanager
def _processes(backend: Backend) -> Iterator[Place]:
    """Processes of this machine; they stay for a while, as they take seconds to begin."""
    from joblib.externals.loky import get_reusable_executor

    jobs = backend.jobs or cpu_count()

    def start() -> Executor:
        # Told, so that workers who began under other settings are not taken up again.
        own = {name: value for name, value in os.environ.items() if name.startswith("AEGEN_")}
        executor: Executor = get_reusable_executor(
            jobs,
            timeout=IDLE,
            env={**own, **ONE_THREAD},
            initializer=_serve,
            initargs=(os.getpid(),),
        )
        return executor

    def stop(executor: Any) -> None:
        workers = list(executor._processes)
        executor.shutdown(wait=True, kill_workers=True)
        for worker in workers:  # one that was just beginning may have been passed over
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    yield jobs, start, stop


# Dask


@contextlib.contextmanager
def _dask(backend: Backend) -> Iterator[Place]:
    distributed = _library("distributed", "dask")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_silence("distributed"))
        if backend.address is None:
            scheduler = stack.enter_context(_own_dask(backend.jobs or cpu_count()))
        else:
            scheduler = backend.address
            _greet(scheduler)
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
        stack.callback(client.close)
        threads = client.nthreads()
        if backend.address is None:
            client.run(_ignore_interrupts)
        else:
            _inspect_dask(client, backend.address, threads)

        yield backend.jobs or len(threads), lambda: _DaskTasks(client), _DaskTasks.stop


class _DaskTasks(Executor):
    """Dask's own scheduling of tasks as an executor; a lost scheduler ends all of them.

    Dask's executor would wait for ever for a result that was on its way when that happened.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._begun: set[Any] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self._here:
            raise _lost()
        future: Future[Any] = Future()
        self._send(partial(fn, *args, **kwargs), future)
        return future

    def _send(self, work: Callable[[], Any], future: Future[Any]) -> None:
        task = self._client.submit(work, pure=False)
        self._begun.add(task)
        task.add_done_callback(lambda task: self._finish(task, work, future))

    @property
    def _here(self) -> bool:
        return bool(self._client.status == "running")

    def _finish(self, task: Any, work: Callable[[], Any], future: Future[Any]) -> None:
        """Fetch what was told to be done; where it was lost with its worker, begin it anew."""
        try:
            future.set_result(task.result(timeout=FETCH))
        except BaseException as problem:
            lost = isinstance(problem, TimeoutError) and task.status != "error"
            if lost and self._here:
                self._send(work, future)
            else:
                future.set_exception(problem if self._here else _lost())
        finally:
            self._begun.discard(task)

    def stop(self) -> None:
        if self._here:
            self._client.cancel(list(self._begun))


@contextlib.contextmanager
def _own_dask(jobs: int) -> Iterator[Any]:
    """A scheduler with its workers on this machine, for nobody else."""
    settings = {
        "distributed.scheduler.allowed-failures": AGAIN,
        # Else a worker that is slow to begin again, as on a busy machine, is given up for good,
        # and with the last of them all that is left would wait for ever.
        "distributed.deploy.lost-worker-timeout": "1 day",
    }
    with (
        _library("dask", "dask").config.set(settings),
        _library("distributed", "dask").LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            memory_limit=0,  # else it ends workers for whom this machine has room
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


def _greet(address: str) -> None:
    """See whether a scheduler answers; Dask's client would take much longer to say that not."""
    core = _library("distributed.core", "dask")
    security = _library("distributed.security", "dask").Security()

    async def meet() -> None:
        comm = await core.connect(address, **security.get_connection_args("client"))
        await comm.close()

    with ThreadPoolExecutor(1) as thread:  # as ours may have a loop that runs
        met = thread.submit(lambda: asyncio.run(asyncio.wait_for(meet(), PATIENCE)))
    problem = met.exception()
    if isinstance(problem, ValueError | TypeError):
        raise ClusterError(
            f"{address!r} is no address of a Dask scheduler ({problem}): write tcp://HOST:8786"
        )
    if problem is not None:
        raise ClusterError(
            f"no Dask scheduler answers at {address}: start one (dask scheduler), or give its "
            "address as it says it when it starts"
        )


def _inspect_dask(client: Any, address: str, threads: Mapping[str, int]) -> None:
    """Refuse workers that would fail at every task, or disturb each other."""
    if not threads:
        raise ClusterError(
            f"the Dask scheduler at {address} has no workers: start some with "
            f"dask worker {address} --nworkers 2 --nthreads 1"
        )
    if max(threads.values()) > 1:
        raise ClusterError(
            f"workers of the Dask scheduler at {address} have several threads, which would "
            f"disturb each other: start them with dask worker {address} "
            f"--nworkers {max(threads.values())} --nthreads 1"
        )
    try:
        versions = set(client.run(_version).values())
    except Exception as problem:
        raise _unlike(address, f"{type(problem).__name__}: {problem}") from None
    if versions != {aegen.__version__}:
        raise _unlike(address, ", ".join(sorted(map(str, versions))))


# Ray


@contextlib.contextmanager
def _ray(backend: Backend) -> Iterator[Place]:
    with contextlib.ExitStack() as stack:
        if backend.address is None:
            stack.enter_context(_environment(OWN_RAY))
        ray = _library("ray", "ray")
        if not ray.is_initialized():  # else it is the caller's, and stays
            stack.callback(ray.shutdown)
            _enter_ray(ray, backend)
        if backend.address is not None:
            _inspect_ray(ray, backend.address)
        cores = int(ray.cluster_resources().get("CPU", 0))
        yield backend.jobs or max(1, cores), lambda: _RayTasks(ray), _RayTasks.stop


def _enter_ray(ray: Any, backend: Backend) -> None:
    """Start Ray on this machine, or join the cluster at the address."""
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if backend.address is None:
        quiet |= {"num_cpus": backend.jobs or cpu_count(), "include_dashboard": False}
        quiet |= {"object_store_memory": 100_000_000}  # results are small
    else:
        _ask(backend.address)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(address=backend.address or "local", **quiet)
    except Exception as problem:
        where = f"at {backend.address}" if backend.address else "on this machine"
        reason = str(problem).strip().partition("\n")[0]
        raise ClusterError(f"Ray does not start {where} ({reason})") from None


def _ask(address: str) -> None:
    """See whether Ray answers; joining it would take minutes to say that not."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check"]
    if address != "auto":
        command += ["--address", address]
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _no_ray(address, "") from None
    if asked.returncode:
        raise _no_ray(address, asked.stderr)


def _no_ray(address: str, said: str) -> ClusterError:
    if "AuthenticationError" in said:
        return ClusterError(
            f"the Ray cluster at {address} asks for a token: set RAY_AUTH_MODE=token, and "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
        )
    return ClusterError(
        f"no Ray cluster answers at {address}: start one (ray start --head), or give its address "
        "as HOST:PORT"
    )


def _inspect_ray(ray: Any, address: str) -> None:
    """Refuse workers that would fail at every task."""
    try:
        version = ray.get(ray.remote(_version).remote(), timeout=6 * PATIENCE)
    except Exception as problem:
        reason = str(problem).strip().rpartition("\n")[2]
        raise _unlike(address, reason or type(problem).__name__) from None
    if version != aegen.__version__:
        raise _unlike(address, version)


class _RayTasks(Executor):
    """Ray's own scheduling of tasks as an executor."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._remote = ray.remote(max_retries=AGAIN, num_cpus=1)(_call)
        self._begun: set[Any] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        task = self._remote.remote(fn, *args, **kwargs)
        self._begun.add(task)
        future: Future[Any] = task.future()
        future.add_done_callback(lambda _: self._begun.discard(task))
        return future

    def stop(self) -> None:
        for task in tuple(self._begun):
            self._ray.cancel(task, force=True)


# What workers do


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _version() -> str:
    return aegen.__version__


def _serve(master: int) -> None:
    """Make this process one that ends with the process that started it, and only then."""
    _ignore_interrupts()
    threading.Thread(target=_end_with, args=(master,), daemon=True).start()


def _ignore_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal; who started this one sees to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with(master: int) -> None:
    while os.getppid() == master:
        time.sleep(0.5)
    os._exit(1)


# What all need


def _library(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ClusterError(
            f"the backend {name} is not installed: pip install 'aegen[{name}]'"
        ) from None


def _lost() -> ClusterError:
    return ClusterError(
        "the cluster was lost before the end: see that it runs, and begin again; finished results "
        "are kept"
    )


def _unlike(address: str, found: str) -> ClusterError:
    return ClusterError(
        f"workers of the cluster at {address} do not have aegen {aegen.__version__} ({found}): "
        "install the same version for them"
    )


@contextlib.contextmanager
def _silence(library: str) -> Iterator[None]:
    """Nothing is logged by a library as long as the block lasts; what matters is raised."""
    loggers = [
        logging.getLogger(name)
        for name in logging.root.manager.loggerDict
        if name.partition(".")[0] == library
    ]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, state in zip(loggers, before, strict=True):
            logger.disabled = state


@contextlib.contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that hold as long as the block lasts; those that are set stay."""
    added = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
