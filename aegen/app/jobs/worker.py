"""The worker process of `aegen.app.jobs.process`: reads a request, does it, reports in JSON lines.

Run as ``python -m aegen.app.jobs.worker``. It ends with the process that started it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

from aegen.core.errors import AegenError
from aegen.core.progress import reporting

__all__ = ["main"]

PAUSE = 0.1
"""Seconds between two reports that are passed on."""

NICE = 10
"""How much less of the processor the work gets than the server: a tenth where both want it all."""


def main() -> None:
    """Answer the one request that comes in."""
    out, lock = _pipe(), threading.Lock()

    def say(message: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(message) + "\n")
            out.flush()

    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICE)
    try:
        module, _, name = request["work"].partition(":")
        with reporting(_Reports(say)):
            answer = getattr(importlib.import_module(module), name)(**request["arguments"])
    except AegenError as problem:
        say({"refused": str(problem)})
    except Exception:
        say({"broken": traceback.format_exc()})
    else:
        say({"done": answer})


class _Reports:
    """Passes on reports of progress, but not more than a person can read; the last one always."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say, self._waiting = say, queue.SimpleQueue[dict[str, Any]]()
        threading.Thread(target=self._pass_on, daemon=True).start()

    def __call__(self, share: float, text: str) -> None:
        self._waiting.put({"share": float(share), "text": str(text)})

    def _pass_on(self) -> None:
        while True:
            latest = self._waiting.get()
            with contextlib.suppress(queue.Empty):
                while True:
                    latest = self._waiting.get_nowait()
            self._say(latest)
            time.sleep(PAUSE)


def _pipe() -> IO[str]:
    """The pipe to the server, kept from libraries that print: theirs goes where errors go."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _end_with_parent() -> None:
    """The server holds our input open as long as it lives; what we started ends with us."""
    while sys.stdin.read(1024):
        pass
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
