"""The base class of jobs: long work that visitors watch, and that ends when all have left it."""

from __future__ import annotations

import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Literal

from aegen.app.jobs.turns import Turn, Turns
from aegen.app.server.sharing import sharing
from aegen.core.errors import AegenError

__all__ = ["GRACE", "LEFT", "Job", "JobStopped", "Jobs", "State"]

GRACE = 4.0
"""Seconds for which a job goes on that nobody watches, so that a page can be loaded anew."""

LEFT = 60.0
"""The same where it works beside the server and no other work waits: so long a person may look at
another page and find it as it was."""

State = Literal["waiting", "running", "done", "failed", "stopped"]


class JobStopped(AegenError):
    """A job that was told to stop, or that its last watcher left."""


class Job(ABC):
    """Work in a thread or process of its own; a subclass says in `_work` how it is done.

    Args:
        key: what it is known by.
        turns: one of which it takes while it works; None for work that waits for no other.
        goes_on: whether it goes on when nobody watches.
        title: what it does, for people.

    Attributes:
        asker: gives who asks now, "" where that is nobody; set by `aegen.app.state.watching`.
        owner: who began it. Where the app is shared, nobody else stops it.
        state: "waiting" for its turn, "running", then "done", "failed" or "stopped".
        share: how much is done, 0 to 1, as the work itself reports.
        text: how it stands, as the work itself reports.
        result: what it gave, once it is done.
        told: whether a person ended it.
        problem: why it failed; an `AegenError` where a person can do something about it.
        name: another one for each.
        forget: drops it when it is over, so that who asks for it next begins anew.
    """

    asker: ClassVar[Callable[[], str]] = staticmethod(lambda: "")
    apart: ClassVar[bool] = False
    """Whether it works in another process, where it disturbs no page."""

    def __init__(
        self,
        key: Hashable,
        turns: Turns | None = None,
        *,
        goes_on: bool = False,
        title: str = "",
    ) -> None:
        self.key, self.goes_on, self.owner, self.title = key, goes_on, Job.asker(), title
        self.name = uuid.uuid4().hex
        self.told = False
        self.state: State = "waiting"
        self.share, self.text = 0.0, ""
        self.result: Any = None
        self.problem: Exception | None = None
        self.forget: Callable[[], None] = lambda: None
        self._turns = turns or Turns(1)
        self._turn: Turn | None = None
        self._began = self._seen = time.monotonic()
        self._ended: float | None = None
        self._stop, self._over = threading.Event(), threading.Event()
        self._watchers: dict[str, Callable[[], bool]] = {}
        self._thread = threading.Thread(target=self._live, name="aegen-job", daemon=True)

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

    def outcome(self) -> Any:
        """Its result, waited for and watched meanwhile.

        Raises:
            JobStopped: it was stopped.
            Exception: its problem.
        """
        who = uuid.uuid4().hex
        self.watch(who)
        self.wait()
        self.release(who)
        if self.problem is not None:
            raise self.problem
        if self.state == "stopped":
            raise JobStopped("the work was stopped: ask again to begin anew")
        return self.result

    # watchers

    def watch(self, who: str, present: Callable[[], bool] = lambda: True) -> None:
        """Note a watcher, who counts as long as ``present()`` says so, until `release`."""
        self._watchers[who] = present

    def release(self, who: str) -> None:
        """A watcher is gone but may come back; without any it goes on for a while (`LEFT`)."""
        if self._watchers.pop(who, None) is not None:
            self._seen = time.monotonic()

    def leave(self, who: str) -> None:
        """A watcher wants it no longer; without any other it stops at once, if it is theirs."""
        if self._watchers.pop(who, None) is not None and not self._watched():
            self._seen = time.monotonic()
            self.cancel()

    def watched_by(self, who: str) -> bool:
        """Whether this watcher neither was released nor left."""
        return who in self._watchers

    def only_for(self, who: str) -> bool:
        """Whether nobody but this watcher waits for it."""
        others = [present for name, present in list(self._watchers.items()) if name != who]
        return not any(present() for present in others)

    def is_theirs(self) -> bool:
        """Whether who asks now may stop it."""
        return not sharing().shared or self.owner in ("", Job.asker())

    def cancel(self) -> None:
        """End it, whoever watches, if it is theirs who ask."""
        if self.is_theirs() and not self.over:
            self.told = True
            self.stop()

    def hurry(self) -> None:
        """Let it have its turn before others, if it is theirs who ask."""
        if self.is_theirs() and self._turn is not None:
            self._turn.hurry()

    @property
    def ends_in(self) -> float | None:
        """Seconds until it ends as nobody waits for it; None where somebody does."""
        if self.goes_on or self.over or self._watched():
            return None
        return max(0.0, self._patience() - (time.monotonic() - self._seen))

    def _patience(self) -> float:
        """How long it goes on when nobody watches."""
        return LEFT if self.apart and not self._turns.crowded else GRACE

    def stop(self) -> None:
        """End it, whoever watches, if it has not ended."""
        if not self.over:
            self._stop.set()

    def _watched(self) -> bool:
        return any(present() for present in list(self._watchers.values()))

    def _unwanted(self) -> bool:
        """Whether it is to end, which subclasses ask often: told to, or left by all."""
        if not self.goes_on and not self.stopping:
            if self._watched():
                self._seen = time.monotonic()
            elif time.monotonic() - self._seen > self._patience():
                self.stop()
        return self.stopping

    # in its own thread

    @abstractmethod
    def _work(self) -> Any:
        """Do it and return the result.

        Raises:
            JobStopped: it was told to stop.
        """

    def _tidy(self) -> None:  # noqa: B027 - most have nothing to tidy up
        """What a subclass does when it ended without a result."""

    def _live(self) -> None:
        turn = self._turn = self._turns.queue(self.owner)
        while not turn.wait(0.1):
            if self._unwanted():
                turn.leave()
                self._end("stopped")
                return
        try:
            self.state = "running"
            self.result = self._work()
            self.share = 1.0
            self._end("done")
        except JobStopped:
            self._end("stopped")
        except Exception as problem:
            self.problem = problem
            self._end("failed")
        finally:
            turn.leave()

    def _end(self, state: State) -> None:
        self._ended = time.monotonic()
        self.state = state
        if state != "done":
            self._tidy()
        self._over.set()


class Jobs:
    """Jobs by key; whoever asks for the same key gets the same job.

    Args:
        remembered: ended jobs that are kept at most, the last asked for.
    """

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: Hashable, make: Callable[[], Job]) -> Job:
        """The job of this key: the one that there is, or a new one, which is started.

        A job that failed stays until `Job.forget`, so that its reason can be read and it is not
        tried again and again; one that was stopped makes room for a new one.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.stopping and job.state != "done"):
                job = self._jobs[key] = make()
                job.forget = lambda: self._forget(key)
                job.start()
            self._jobs.move_to_end(key)
            ended = [old for old, other in self._jobs.items() if other.over and old != key]
            for old in ended[: max(0, len(ended) - self._remembered)]:
                del self._jobs[old]
            return job

    def find(self, key: Hashable) -> Job | None:
        """The job of this key, if there is one."""
        with self._lock:
            return self._jobs.get(key)

    def all(self) -> list[Job]:
        """All that are known, the last asked for at the end."""
        with self._lock:
            return list(self._jobs.values())

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.over:
                del self._jobs[key]
