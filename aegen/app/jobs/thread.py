"""Jobs in a thread of the server: for work on what is open there, which need not be sent away."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from aegen.app.jobs.job import Job, JobStopped
from aegen.app.jobs.turns import Turns
from aegen.core.progress import reporting

__all__ = ["ThreadJob"]


class ThreadJob(Job):
    """A function in a thread; it can be stopped where it reports how far it is.

    Args:
        key: what it is known by.
        function: gives the result.
        turns: one of which it takes while it works.

    Example:
        >>> job = ThreadJob("sum", lambda: 1 + 2)
        >>> job.start()
        >>> job.outcome()
        3
    """

    def __init__(
        self,
        key: Hashable,
        function: Callable[[], Any],
        turns: Turns | None = None,
    ) -> None:
        super().__init__(key, turns)
        self._function = function

    def _work(self) -> Any:
        with reporting(self._heard):
            self._heard(0.0, "")
            return self._function()

    def _heard(self, share: float, text: str) -> None:
        self.share, self.text = share, text
        if self._unwanted():
            raise JobStopped("the work was stopped")
