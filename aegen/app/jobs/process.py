"""Jobs in a process of their own: they report progress, can be stopped, and disturb nobody.

A job is a function named "module:function" with arguments and an answer that JSON can say, so
nothing but text passes between the processes (`aegen.app.jobs.worker` is the worker process). The
process is started afresh, never forked from the server, whose other threads a fork would freeze
half-way; it ends with the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

from aegen.app.jobs.job import Job, Jobs, JobStopped
from aegen.app.jobs.turns import Turns
from aegen.app.server.sharing import sharing
from aegen.core.errors import AegenError

__all__ = ["AT_ONCE", "JobEnded", "Plan", "ProcessJob", "begin", "find", "known"]

AT_ONCE = max(2, (os.cpu_count() or 2) - 1)
"""Processes that run at the same time; others wait their turn, so that pages stay quick."""

REMEMBERED = 8
"""Ended jobs whose result can still be asked for."""

PATIENCE = 2.0
"""Seconds that a process has to end by itself when it is stopped."""

PROCESSES = Path("/proc")
"""Where Linux says what each process does."""

QUIET = "ignore:resource_tracker:UserWarning"
"""Silences the warning of a job's own processes that they tidied up when they were stopped."""

BESIDE_OTHERS = {
    "OMP_WAIT_POLICY": "passive",
    "OPENBLAS_NUM_THREADS": str(max(1, (os.cpu_count() or 2) // 2)),
}
"""A job's threads sleep while they wait for each other, and leave cores free, as those of OpenBLAS
spin: where server and browser wanted both of two cores, the first model took 37 s with two threads
and 13 s with one; on idle cores 6.7 and 8.1 s."""

Plan = tuple[Mapping[str, Any], Callable[[Any], Any]]
"""Arguments of a job's function, and what is done with its answer."""


class JobEnded(AegenError):
    """A process that ended without an answer: killed by the system, most often for memory."""


class ProcessJob(Job):
    """A function in a worker process.

    Args:
        key: what it is known by.
        work: "module:function" to call there.
        plan: the function's keyword arguments, and what is called once, in this process, when the
            other has ended: with what the function returned, and gives the job's result; or with
            None where there is none, to tidy up.
        turns: one of which it takes while it works.
        goes_on: whether it goes on when nobody watches.
        title: what it does, for people.
    """

    apart = True

    def __init__(
        self,
        key: Hashable,
        work: str,
        plan: Plan,
        turns: Turns,
        *,
        goes_on: bool = False,
        title: str = "",
    ) -> None:
        super().__init__(key, turns, goes_on=goes_on, title=title)
        arguments, self._finish = plan
        self._request = {"work": work, "arguments": dict(arguments)}

    def _tidy(self) -> None:
        self._finish(None)

    def _work(self) -> Any:
        if self._unwanted():
            raise JobStopped
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        threading.Thread(target=self._end_on_request, args=(process,), daemon=True).start()
        answer: dict[str, Any] = {}
        try:
            process.stdin.write(json.dumps(self._request) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                said = json.loads(line)
                if "share" in said:
                    self.share, self.text = said["share"], said["text"]
                else:
                    answer = said
        except (OSError, ValueError):  # it died in the middle of a word
            pass
        finally:
            _end_all(process)
            process.stdout.close()
            with contextlib.suppress(OSError):  # what it did not read any more
                process.stdin.close()
        return self._result(answer, process.returncode)

    def _result(self, answer: dict[str, Any], code: int) -> Any:
        """What came of it."""
        if "done" in answer:
            return self._finish(answer["done"])
        if self.stopping:
            raise JobStopped
        if "refused" in answer:
            raise AegenError(answer["refused"])
        if "broken" in answer:
            raise RuntimeError(f"in the job's own process:\n{answer['broken']}")
        raise JobEnded(
            f"the process that did this was ended from outside ({_cause(code)}): it may have "
            "run out of memory; choose a smaller model, or fewer rows, and start again"
        )

    def _end_on_request(self, process: subprocess.Popen[str]) -> None:
        """End the process when it is to stop: gently first, then for good."""
        while process.poll() is None:
            if self._unwanted():
                _end_all(process)
                return
            self._stop.wait(0.2)


class _Unprepared(Job):
    """A job that cannot begin, for a reason that a person can do something about."""

    def __init__(self, key: Hashable, why: AegenError) -> None:
        super().__init__(key)
        self._why = why

    def _work(self) -> Any:
        raise self._why


def _process() -> subprocess.Popen[str]:
    """A fresh interpreter that waits for a request, on this very aegen."""
    here = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "aegen.app.jobs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**BESIDE_OTHERS, **os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": QUIET},
        start_new_session=True,
    )


def _end_all(process: subprocess.Popen[str]) -> None:
    """End a job's process and those that it started in turn, gently first, then for good.

    They are one group of their own, which outlasts the first of them.
    """
    if not hasattr(os, "killpg"):  # Windows
        process.kill()
        process.wait()
        return
    for how in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + PATIENCE
        if not _send(process, how):
            break
        while time.monotonic() < end and (process.poll() is None or _left(process)):
            time.sleep(0.02)
    process.wait()


def _send(process: subprocess.Popen[str], how: int) -> bool:
    """A signal to the whole group; whether anyone is left to hear it."""
    try:
        os.killpg(process.pid, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _left(process: subprocess.Popen[str]) -> bool:
    """Whether anyone of the group still runs.

    Those that have ended wait to be buried by the first process of the system, which in many
    containers buries nobody: where Linux says so, they do not count.
    """
    if not _send(process, 0):
        return False
    if not PROCESSES.is_dir():
        return True
    for place in PROCESSES.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just gone
            # A process's name, in brackets, may be any bytes.
            state, _, group = place.read_bytes().rpartition(b")")[2].split()[:3]
            if int(group) == process.pid and state not in (b"Z", b"X"):
                return True
    return False


def _cause(code: int) -> str:
    """What ended a process, in words.

    Example:
        >>> _cause(3)
        'exit code 3'
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


# all processes of this server

_jobs = Jobs(REMEMBERED)
_turns = Turns(
    AT_ONCE,
    lambda: sharing().visitor_jobs if sharing().shared else AT_ONCE,
    lambda: sharing().shared,
)


def begin(
    key: Hashable,
    work: str,
    prepare: Callable[[], Plan],
    *,
    goes_on: bool = False,
    title: str = "",
) -> Job:
    """The job of this key, begun if need be; ``prepare`` gives the plan of a new one.

    Where that raises an `AegenError`, it is the problem of a job that failed.
    """

    def make() -> Job:
        try:
            plan = prepare()
        except AegenError as problem:
            return _Unprepared(key, problem)
        return ProcessJob(key, work, plan, _turns, goes_on=goes_on, title=title)

    return _jobs.begin(key, make)


def find(key: Hashable) -> Job | None:
    """The job of this key, if there is one."""
    return _jobs.find(key)


def known() -> list[Job]:
    """All jobs that are known, the last asked for at the end."""
    return _jobs.all()
