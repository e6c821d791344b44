"""What `aegen bench kills` kills: small real commands, and a fit by a job of the app."""

from __future__ import annotations

import gzip
import os
import runpy
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from aegen.comparison import Result, Task

__all__ = [
    "SUBJECTS",
    "VARIABLE",
    "Compare",
    "Create",
    "Fit",
    "Subject",
    "Train",
    "World",
    "write_pictures",
]

ROWS, HELD_OUT, SIDE = 256, 128, 28
"""Pictures to train on, others, and their height and width."""

VARIABLE = "AEGEN_KILLS"
"""Tells processes that a subject starts where they count."""


@dataclass(frozen=True)
class World:
    """What all subjects work on.

    Attributes:
        data: pictures as MNIST's files.
        trained: a finished training of an autoencoder.
        bundles: a folder with the bundle "digits".
    """

    data: Path
    trained: Path
    bundles: Path


class Subject(ABC):
    """A command that is killed; its unit of work is what it may lose."""

    name: str
    unit: str
    outlived: bool = False
    """Whether it starts processes outside its group, which end a little after it."""

    def run(self, world: World, out: Path, begun: Callable[[], object]) -> int:
        """Do all of it in this process, below ``out``; gives the exit code.

        ``begun`` is called when a unit begins.
        """
        self._count(begun)
        return self._run(world, out)

    @abstractmethod
    def _run(self, world: World, out: Path) -> int: ...

    @abstractmethod
    def _count(self, begun: Callable[[], object]) -> None: ...


class Train(Subject):
    """`aegen train autoencoder`, which keeps every second epoch."""

    name, unit = "train", "epoch"

    def _run(self, world: World, out: Path) -> int:
        words = ["train", "autoencoder", "mnist", "--data", world.data, "--out", out / "run"]
        words += ["--latent-dim", 4, "--epochs", 5, "--batch", 64, "--keep-every", 2]
        return _command(*words, "--threads", 1)

    def _count(self, begun: Callable[[], object]) -> None:
        from aegen.autoencoders import training_loop

        _before(training_loop, "_randomness", begun)


class Create(Subject):
    """`aegen bundles create`, in chunks of sixteen rows; of a part of the rows, or of all."""

    name, unit = "create", "chunk"

    def __init__(self, keep: int | None = 96) -> None:
        self.keep = keep

    def _run(self, world: World, out: Path) -> int:
        words: list[Any] = ["bundles", "create", "digits", "--trained", world.trained]
        words += [] if self.keep is None else ["--keep", self.keep]
        return _command(*words, "--images", world.data, "--out", out / "digits")

    def _count(self, begun: Callable[[], object]) -> None:
        from aegen.bundles import creation
        from aegen.bundles.chunks import Arrays, Chunks

        creation.NUMBERS_AT_A_TIME = 1
        real = Chunks.get

        def get(self: Chunks, name: str, number: int, make: Callable[[], Arrays]) -> Arrays:
            def counted() -> Arrays:
                begun()
                return make()

            return real(self, name, number, counted)

        Chunks.get = get  # type: ignore[method-assign]


class Compare(Subject):
    """`aegen compare`, one task at a time in a process of its own."""

    name, unit = "compare", "task"

    def _run(self, world: World, out: Path) -> int:
        words = ["compare", world.bundles / "digits", "--samplers", "gaussian,kde:bandwidth=0.2"]
        words += ["--seeds", 3, "--draws", 60, "--reference", "held-out", "--jobs", 1]
        words += ["--metrics", "codes/nearest-neighbour-accuracy,codes/distance-ratio"]
        return _command(*words, "--out", out / "comparison")

    def _count(self, begun: Callable[[], object]) -> None:
        from aegen.comparison import runner

        (runner.run.__kwdefaults__ or {})["work"] = counted_task  # in a worker's process


def counted_task(task: Task) -> Result:
    """What a worker does for a task; the length of a file says how often."""
    from aegen.comparison.task import perform

    with Path(os.environ[VARIABLE], "units").open("ab") as file:
        file.write(b".")
    return perform(task)


class Supermask(Subject):
    """`aegen supermask train`."""

    name, unit = "supermask train", "epoch"

    def _run(self, world: World, out: Path) -> int:
        words = ["supermask", "train", "fcn:hidden=40-20", "--data", f"mnist={world.data}"]
        return _command(*words, "--out", out / "masks", "--epochs", 6, "--threads", 1)

    def _count(self, begun: Callable[[], object]) -> None:
        from aegen.supermask.training.base import Trainer

        _before(Trainer, "_pass", begun)


class Fit(Subject):
    """A fit by a job of the app, kept on disk."""

    name, unit, outlived = "fit", "fit", True

    def _run(self, world: World, out: Path) -> int:
        os.environ |= {"AEGEN_BUNDLES": str(world.bundles), "AEGEN_CACHE": str(out / "cache")}
        from aegen.app import services
        from aegen.app.services import disk_cache, samplers

        disk_cache.LEAST = 0.0
        samplers.slow = lambda spec: True
        services.samplers.fitted(services.samplers.SamplerSpec("digits", "gaussian-mixture"))
        return 0

    def _count(self, begun: Callable[[], object]) -> None:
        from aegen.app.jobs.process import ProcessJob

        _before(ProcessJob, "_work", begun)


SUBJECTS: dict[str, Subject] = {
    subject.name: subject for subject in (Train(), Create(), Compare(), Supermask(), Fit())
}
"""By name."""


def _before(place: Any, name: str, begun: Callable[[], object]) -> None:
    """Have ``begun`` called before a function of a module or class."""
    real = getattr(place, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        begun()
        return real(*args, **kwargs)

    setattr(place, name, counted)


def _command(*words: object) -> int:
    """A command of `aegen` in this process; gives its exit code."""
    sys.argv = ["aegen", *map(str, words)]
    try:
        runpy.run_module("aegen", run_name="__main__")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def write_pictures(folder: Path) -> None:
    """Smooth blobs whose place tells the class, in MNIST's four files."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:SIDE, :SIDE]
    for part, n in (("train", ROWS), ("t10k", HELD_OUT)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        angle = 2 * np.pi * labels / 10 + rng.normal(0, 0.1, n)
        top, left = 13.5 + 7 * np.sin(angle), 13.5 + 7 * np.cos(angle)
        square = (down - top[:, None, None]) ** 2 + (across - left[:, None, None]) ** 2
        images = (255 * np.exp(-square / 18)).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            file = folder / f"{part}-{kind}-ubyte.gz"
            file.write_bytes(gzip.compress(head + array.tobytes()))
