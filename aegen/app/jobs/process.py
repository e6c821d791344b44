"""Long work in a process of its own: it says how far it is, can be stopped, and disturbs nobody.

A job is a function named "module:function" with arguments and an answer that JSON can say, so
nothing but text passes between the processes (`aegen.app.jobs.worker` is the worker process).
Whoever asks for the same key while it runs gets the same job. The process is started afresh, never
forked from the server, whose other threads a fork would freeze half-way; it ends with the server.
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
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from aegen.core.errors import AegenError

__all__ = ["AT_ONCE", "Job", "JobEnded", "Plan", "begin", "find", "forget"]

AT_ONCE = max(2, (os.cpu_count() or 2) - 1)
"""Processes that run at the same time; others wait their turn, so that pages stay quick."""

REMEMBERED = 8
"""Ended jobs whose result can still be asked for."""

PATIENCE = 2.0
"""Seconds that a process has to end by itself when it is stopped."""

QUIET = "ignore:resource_tracker:UserWarning"
"""What a job's own processes do not say when they are stopped: that they tidied up."""

ATTENTION = 5.0
"""Seconds after which someone who has not looked at a job is no longer waiting for it."""

Plan = tuple[Mapping[str, Any], Callable[[Any], Any]]
"""Arguments of a job's function, and what is done with its answer."""

State = Literal["waiting", "running", "done", "failed", "stopped"]


class JobEnded(AegenError):
    """A process that ended without an answer: killed by the system, most often for memory."""


class Job:
    """Work that goes on in a process of its own.

    Attributes:
        key: what it is known by.
        state: "waiting" for its turn, "running", then "done", "failed" or "stopped".
        share: how much is done, 0 to 1, as the work itself says.
        text: how it stands, in its own words.
        result: what it gave, once it is done.
        problem: why it failed; an `AegenError` where a person can do something about it.
    """

    def __init__(
        self,
        key: str,
        work: str,
        arguments: Mapping[str, Any],
        finish: Callable[[Any], Any],
        turn: threading.Semaphore,
    ) -> None:
        self.key = key
        self.state: State = "waiting"
        self.share = 0.0
        self.text = ""
        self.result: Any = None
        self.problem: Exception | None = None
        self._request = {"work": work, "arguments": dict(arguments)}
        self._finish = finish
        self._turn = turn
        self._began = time.monotonic()
        self._ended: float | None = None
        self._stop = threading.Event()
        self._over = threading.Event()
        self._watched: dict[str, float] = {}
        self._thread = threading.Thread(target=self._live, name=f"aegen-job-{key}", daemon=True)

    @property
    def seconds(self) -> float:
        """How long it has taken so far, or took."""
        return (self._ended or time.monotonic()) - self._began

    @property
    def over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._over.is_set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin, once."""
        self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; False where that took longer than ``seconds``."""
        return self._over.wait(seconds)

    def watch(self, who: str) -> None:
        """Note that someone looks at it now."""
        self._watched[who] = time.monotonic()

    def leave(self, who: str) -> None:
        """Someone wants it no longer; it stops unless somebody else is looking at it."""
        self._watched.pop(who, None)
        now = time.monotonic()
        if not any(now - seen < ATTENTION for seen in list(self._watched.values())):
            self.stop()

    def stop(self) -> None:
        """End it; what its process had begun to write is removed by whoever gave it the place."""
        self._stop.set()

    # in its own thread

    def _live(self) -> None:
        while not self._turn.acquire(timeout=0.1):
            if self._stop.is_set():
                self._end("stopped")
                return
        try:
            self._run()
        except Exception as problem:
            self.problem = problem
            self._end("failed")
        finally:
            self._turn.release()

    def _run(self) -> None:
        if self._stop.is_set():
            self._end("stopped")
            return
        process = _process()
        assert process.stdin is not None
        assert process.stdout is not None
        self.state = "running"
        threading.Thread(target=self._ender, args=(process,), daemon=True).start()
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
        self._judge(answer, process.returncode)

    def _judge(self, answer: dict[str, Any], code: int) -> None:
        """What came of it."""
        if "done" in answer:
            self.result = self._finish(answer["done"])
            self.share = 1.0
            self._end("done")
        elif self._stop.is_set():
            self._end("stopped")
        elif "refused" in answer:
            raise AegenError(answer["refused"])
        elif "broken" in answer:
            raise RuntimeError(f"in the job's own process:\n{answer['broken']}")
        else:
            raise JobEnded(
                f"the process that did this was ended from outside ({_cause(code)}): it may have "
                "run out of memory; choose a smaller model, or fewer rows, and start again"
            )

    def _ender(self, process: subprocess.Popen[str]) -> None:
        """Ends the process when asked to: gently first, then for good."""
        while process.poll() is None:
            if self._stop.wait(0.2):
                _end_all(process)
                return

    def _end(self, state: State) -> None:
        self._ended = time.monotonic()
        self.state = state
        if state != "done":
            self._finish(None)
        self._over.set()


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
        env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": QUIET},
        start_new_session=True,
    )


def _end_all(process: subprocess.Popen[str]) -> None:
    """Ends a job's process and those that it started in turn, gently first, then for good.

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
        while time.monotonic() < end and (process.poll() is None or _send(process, 0)):
            time.sleep(0.02)
    process.wait()


def _send(process: subprocess.Popen[str], how: int) -> bool:
    """A signal to the whole group; whether anyone is left to hear it."""
    try:
        os.killpg(process.pid, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


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


# all jobs of this server

_jobs: OrderedDict[str, Job] = OrderedDict()
_lock = threading.Lock()
_turn = threading.Semaphore(AT_ONCE)


def begin(key: str, work: str, prepare: Callable[[], Plan]) -> Job:
    """The job of this key: the one that there is, or a new one.

    A job that failed stays until `forget`, so that its reason can be read and it is not tried
    again and again; one that was stopped makes room for a new one.

    Args:
        key: the same work has the same key.
        work: "module:function" to call in the other process.
        prepare: gives a new job's keyword arguments, and what is called once, in this process,
            when the other has ended: with what the function returned, and gives the job's result;
            or with None where there is none, to tidy up.
    """
    with _lock:
        job = _jobs.get(key)
        if job is None or job.stopping:
            job = _jobs[key] = Job(key, work, *prepare(), _turn)
            job.start()
        _jobs.move_to_end(key)
        ended = [old for old, other in _jobs.items() if other.over and old != key]
        for old in ended[: max(0, len(ended) - REMEMBERED)]:
            del _jobs[old]
        return job


def find(key: str) -> Job | None:
    """The job of this key, if there is one."""
    with _lock:
        return _jobs.get(key)


def forget(key: str) -> None:
    """Leave out an ended job, so that the next one who asks begins anew."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and job.over:
            del _jobs[key]
