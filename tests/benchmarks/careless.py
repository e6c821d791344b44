"""Programs that a kill harms, each in its own way, and one that it does not."""

import os
import time

from aegen.benchmarks.kill_subjects import Subject
from aegen.core.storage import write_bytes

UNITS = 3


class Program(Subject):
    """Three units of work."""

    unit = "unit"

    def _count(self, begun):
        self.begun = begun


class Litters(Program):
    """Leaves its temporary file, and begins anew."""

    name = "litters"

    def _run(self, world, out):
        temporary = out / f"{os.getpid()}.tmp"
        for _ in range(UNITS):
            self.begun()
            with temporary.open("a") as file:
                file.write("x")
        temporary.rename(out / "result.txt")
        return 0


class Halves(Program):
    """Writes in place, and takes what is there for whole."""

    name = "halves"

    def _run(self, world, out):
        result = out / "result.txt"
        if not result.exists():
            self.begun()
            with result.open("w") as file:
                for _ in range(UNITS):
                    file.write("x")
                    file.flush()
                    (out / "heard").touch()
        (out / "heard").touch()
        return 0


class GivesUp(Program):
    """Cannot go on."""

    name = "gives up"

    def _run(self, world, out):
        if (out / "begun").exists():
            print("it was begun before")
            return 3
        (out / "begun").touch()
        for _ in range(UNITS):
            self.begun()
            (out / "result.txt").touch()
        return 0


class Careful(Program):
    """Keeps every unit whole."""

    name = "careful"

    def _run(self, world, out):
        for k in range(UNITS):
            if not (out / f"{k}.txt").exists():
                self.begun()
                time.sleep(0.005)
                write_bytes(out / f"{k}.txt", b"x")
        return 0
