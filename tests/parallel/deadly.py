"""Work for tests: some tasks end their process, some never end; workers import this by name."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from aegen.comparison.task import Figure, Result, perform

KEY = "codes/distance-ratio"


def quick(task):
    """A made-up figure, without opening the bundle."""
    return Result(task, {KEY: Figure(float(task.seed))}, size=task.draws)


def mark(task, name):
    """Leave a file of this name, and say whether it is the first."""
    place = Path(task.bundle).parent / "marks"
    place.mkdir(exist_ok=True)
    try:
        (place / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def deadly(task):
    """Seed 0 is done as it should be; in seed 1 gaussian dies always, kde the first time."""
    mark(task, f"process-{os.getpid()}")
    if task.seed == 0:
        return perform(task)
    dies = task.candidate.sampler == "gaussian" or mark(task, "died")
    if task.seed == 1 and dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(task)


def endless(task):
    """Seed 0 is done at once, all others never."""
    mark(task, f"process-{os.getpid()}")
    while task.seed:
        time.sleep(0.01)
    return quick(task)


def raising(task):
    """One task raises what no task should raise."""
    if (task.seed, task.candidate.sampler) == (1, "kde"):
        raise OSError("no such thing")
    return quick(task)


def wordy(task):
    """Each says that it was done, and where."""
    return replace(quick(task), missing={"done": str(os.getpid())})


def steady(task):
    """As wordy, but takes long enough to be disturbed."""
    time.sleep(0.2)
    return wordy(task)


def processes(bundle):
    """Processes that were at work on a bundle."""
    marks = (Path(bundle).parent / "marks").glob("process-*")
    return {int(mark.name.partition("-")[2]) for mark in marks}


def alive(pids):
    """Which of these processes still run; one that is dead and not yet buried does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.add(pid)
    return found


def all_end(pids, seconds=20.0):
    """Whether all these processes end in this time."""
    until = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pids)
