"""Work for tests that are skipped on the way; workers import this by name."""

import contextlib
import time

from aegen.comparison.task import Result
from aegen.core.errors import AegenError
from aegen.core.progress import portion, report


def patient(task):
    """Work that goes on until it is skipped, and takes that for a figure that is left out."""
    for k in range(2):
        with contextlib.suppress(AegenError), portion(k / 2, (k + 1) / 2):
            while task.candidate.sampler == "kde":
                report(0.5, "pass 3")
                time.sleep(0.01)
    return Result(task, size=7)
