"""Kill -9 at seeded moments: does work go on, to the same result, with little lost, nothing left?

Small real commands, and a fit by a job of the app, run in processes forked from this one, so that
libraries are loaded once. Every other one is killed at a random time, the others when they are
about to do a random one of their operations on files, which finds the moments between two.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib
import json
import os
import random
import runpy
import shutil
import signal
import struct
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from aegen.benchmarks.console import console, table
from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.storage import load_arrays, temporary_folder

if TYPE_CHECKING:
    from aegen.comparison import Result, Task

__all__ = ["SUBJECTS", "Kill", "kills", "report"]

ROWS, HELD_OUT, SIDE = 256, 128, 28
"""Pictures to train on, others, and their height and width."""

VARIABLE = "AEGEN_KILLS"
"""Tells processes that a subject starts where they count."""

PATIENCE = 300.0
"""Seconds after which a process that should end has failed."""

MARGIN = 1.05
"""Times the seconds of a run without a kill that a kill may come after its start."""


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

    @abstractmethod
    def run(self, world: World, out: Path) -> int:
        """Do all of it in this process, below ``out``; gives the exit code."""

    @abstractmethod
    def count(self, begun: Callable[[], object]) -> None:
        """Have ``begun`` called in this process when a unit begins."""


class Train(Subject):
    """`aegen train autoencoder`, which keeps every second epoch."""

    name, unit = "train", "epoch"

    def run(self, world: World, out: Path) -> int:
        words = ["train", "autoencoder", "mnist", "--data", world.data, "--out", out / "run"]
        words += ["--latent-dim", 4, "--epochs", 5, "--batch", 64, "--keep-every", 2]
        return _command(*words, "--threads", 1)

    def count(self, begun: Callable[[], object]) -> None:
        from aegen.autoencoders import training_loop

        _before(training_loop, "_randomness", begun)


class Create(Subject):
    """`aegen bundles create`, in chunks of sixteen rows."""

    name, unit = "create", "chunk"

    def run(self, world: World, out: Path) -> int:
        words = ["bundles", "create", "digits", "--trained", world.trained]
        return _command(*words, "--images", world.data, "--out", out / "digits")

    def count(self, begun: Callable[[], object]) -> None:
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

    def run(self, world: World, out: Path) -> int:
        words = ["compare", world.bundles / "digits", "--samplers", "gaussian,kde:bandwidth=0.2"]
        words += ["--seeds", 3, "--draws", 60, "--reference", "held-out", "--jobs", 1]
        words += ["--metrics", "codes/nearest-neighbour-accuracy,codes/distance-ratio"]
        return _command(*words, "--out", out / "comparison")

    def count(self, begun: Callable[[], object]) -> None:
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

    def run(self, world: World, out: Path) -> int:
        words = ["supermask", "train", "fcn:hidden=40-20", "--data", f"mnist={world.data}"]
        return _command(*words, "--out", out / "masks", "--epochs", 6, "--threads", 1)

    def count(self, begun: Callable[[], object]) -> None:
        from aegen.supermask.training.base import Trainer

        _before(Trainer, "_pass", begun)


class Fit(Subject):
    """A fit by a job of the app, kept on disk."""

    name, unit, outlived = "fit", "fit", True

    def run(self, world: World, out: Path) -> int:
        os.environ |= {"AEGEN_BUNDLES": str(world.bundles), "AEGEN_CACHE": str(out / "cache")}
        from aegen.app import services
        from aegen.app.services import disk_cache, samplers

        disk_cache.LEAST = 0.0
        samplers.slow = lambda spec: True
        services.samplers.fitted(services.samplers.SamplerSpec("digits", "gaussian-mixture"))
        return 0

    def count(self, begun: Callable[[], object]) -> None:
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


# a run


@dataclass(frozen=True)
class Run:
    """What a process did, killed or not.

    Attributes:
        code: of its exit; negative where a signal ended it.
        units: that it began.
        operations: on files, up to its end.
        seconds: that it took.
        said: what it printed last.
    """

    code: int
    units: int
    operations: int
    seconds: float
    said: str


def _run(
    subject: Subject, world: World, out: Path, *, operation: int = 0, seconds: float = PATIENCE
) -> Run:
    """Run in a process of its own; it is killed before an operation on files, or at a time."""
    out.mkdir(exist_ok=True)
    notes = _notes(out)
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    (notes / "said").touch()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _be(subject, world, out, notes, operation)
    status = _ended(child, start + seconds)
    if subject.outlived:
        _wait_for_others(notes)
    return Run(
        os.waitstatus_to_exitcode(status),
        _length(notes / "units"),
        _length(notes / "operations"),
        time.monotonic() - start,
        (notes / "said").read_text(errors="replace")[-2000:],
    )


def _notes(out: Path) -> Path:
    """The folder beside ``out`` in which its processes count."""
    return out.with_name(f"{out.name}.notes")


def _ended(child: int, until: float) -> int:
    """The status of a child that has ended by itself, or was killed with its group."""
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _be(subject: Subject, world: World, out: Path, notes: Path, operation: int) -> None:
    """Be the process that does it, and never come back."""
    code = 70
    try:
        os.setsid()
        said = os.open(notes / "said", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(said, 1)
        os.dup2(said, 2)
        (out / "tmp").mkdir(exist_ok=True)
        tempfile.tempdir = os.environ["TMPDIR"] = str(out / "tmp")
        os.environ[VARIABLE] = str(notes)
        begun, done = (_counter(notes / name) for name in ("units", "operations"))
        subject.count(begun)
        sys.addaudithook(_Watch(out, operation, done))
        code = subject.run(world, out)
        (notes / "modules").write_text("\n".join(sys.modules))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}
"""What the interpreter calls operations on files."""


class _Watch:
    """Counts operations on files below a folder; before the last one its process is killed."""

    def __init__(self, out: Path, last: int, done: Callable[[], object]) -> None:
        self.out, self.left, self.done = str(out), last, done

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in CHANGES or not args or isinstance(args[0], int):
            return
        if self.out not in os.fsdecode(args[0]) and not self._by_folder(event, args):
            return
        self.left -= 1
        if self.left == 0:
            os.killpg(0, signal.SIGKILL)
        self.done()

    def _by_folder(self, event: str, args: tuple[Any, ...]) -> bool:
        """Whether it names a file by an open folder, as the removal of a tree does."""
        return event in ("os.remove", "os.rmdir") and args[-1] != -1


def _counter(path: Path) -> Callable[[], object]:
    """Counts calls by the length of a file, which outlives the process."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    return lambda: os.write(file, b".")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _wait_for_others(notes: Path) -> None:
    """Wait until no process is left that it started, which end when it has."""
    mark = f"{VARIABLE}={notes}\0".encode()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not any(mark in _environment(place) for place in os.listdir("/proc")):
            return
        time.sleep(0.02)


def _environment(process: str) -> bytes:
    if not process.isdigit():
        return b""
    try:
        return Path("/proc", process, "environ").read_bytes()
    except OSError:
        return b""


# what came of it


def contents(out: Path) -> dict[str, Any]:
    """Every file and folder below ``out``, by path; times that something took left out."""
    return {str(path.relative_to(out)): _content(path) for path in sorted(out.rglob("*"))}


def _content(path: Path) -> Any:
    if path.is_dir() or path.parent.name == "tmp":  # what libraries leave there differs
        return None
    if path.suffix in (".html", ".md", ".csv"):  # hold seconds: see that they are whole
        return path.read_bytes().rstrip()[-8:] if path.suffix == ".html" else ""
    try:
        arrays, metadata = load_arrays(path)
    except StorageError:
        return path.read_bytes()
    named = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
    return named, {key: _timeless(text) for key, text in metadata.items()}


def _timeless(text: str) -> Any:
    """JSON, or another text, without what is called seconds."""
    try:
        return _without_seconds(json.loads(text))
    except ValueError:
        return text


def _without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_seconds(v) for k, v in value.items() if "seconds" not in k}
    if isinstance(value, list):
        return [_without_seconds(each) for each in value]
    return value


@dataclass(frozen=True)
class Kill:
    """What came of a kill and of the start after it.

    Attributes:
        subject: its name.
        how: "time" or "operation".
        moment: seconds after the start, or the number of the operation.
        landed: whether it came before the end.
        lost: units that were begun more often than without a kill, where it came before all was
            written.
        faults: what is not as it should be, a sentence each.
    """

    subject: str
    how: Literal["time", "operation"]
    moment: float
    landed: bool
    lost: int
    faults: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Undisturbed:
    """A run without a kill, and what it left."""

    run: Run
    files: dict[str, Any]


def undisturbed(subject: Subject, world: World, out: Path) -> Undisturbed:
    """Run it to its end.

    Raises:
        StorageError: it does not end well.
    """
    found = _run(subject, world, out)
    if found.code:
        raise StorageError(out, f"{subject.name} ended with code {found.code}:\n{found.said}")
    for name in (_notes(out) / "modules").read_text().split("\n"):
        with contextlib.suppress(Exception):  # what others load is there for them to fork
            importlib.import_module(name)
    return Undisturbed(found, contents(out))


def killed(
    subject: Subject,
    world: World,
    out: Path,
    whole: Undisturbed,
    how: Literal["time", "operation"],
    moment: float,
) -> Kill:
    """Kill it at a moment, start it again, and see what came of it."""
    at: dict[str, Any] = {"operation": int(moment)} if how == "operation" else {"seconds": moment}
    first = _run(subject, world, out, **at)
    finished = whole.files.items() <= contents(out).items()
    again = _run(subject, world, out)
    faults = []
    if again.code:
        faults.append(f"started again it ended with code {again.code}: {again.said[-600:]}")
    found = contents(out)
    faults += [f"is missing: {name}" for name in sorted(whole.files.keys() - found.keys())]
    faults += [f"is left over: {name}" for name in sorted(found.keys() - whole.files.keys())]
    both = sorted(whole.files.keys() & found.keys())
    faults += [f"is another: {name}" for name in both if found[name] != whole.files[name]]
    lost = 0 if finished else first.units + again.units - whole.run.units
    if lost > 1:
        faults.append(f"{lost} {subject.unit}s were lost")
    landed = first.code == -signal.SIGKILL
    if not landed and first.code:
        faults.append(f"before the kill it ended with code {first.code}: {first.said[-600:]}")
    return Kill(subject.name, how, moment, landed, lost, tuple(faults))


def kills(
    times: int,
    *,
    seed: int = 0,
    only: Sequence[str] = (),
    ways: Sequence[Literal["time", "operation"]] = ("operation", "time"),
    told: Callable[[Kill], object] = lambda kill: None,
) -> list[Kill]:
    """Kill subjects in turn; the same seed has the same moments, as shares of a whole run.

    Args:
        times: kills, of all subjects together.
        seed: of the moments.
        only: names of subjects; by default all.
        ways: in turn, how the moment is chosen.
        told: hears each.

    Raises:
        UnknownName: there is no such subject.
        InvalidInput: a system that cannot fork.
    """
    if not hasattr(os, "fork") or not Path("/proc").is_dir():
        raise InvalidInput("kills are tried on Linux, where processes can be forked")
    for name in only:
        if name not in SUBJECTS:
            raise UnknownName("subject", name, SUBJECTS)
    subjects = [SUBJECTS[name] for name in only or SUBJECTS]
    rng, found = random.Random(seed), []
    with temporary_folder("kills") as place:
        world = _world(place.path, subjects)
        wholes = {}
        for k, subject in enumerate(subjects):
            undisturbed(subject, world, place.path / f"first-{k}")  # loads libraries
            wholes[subject.name] = undisturbed(subject, world, place.path / f"whole-{k}")
        for k in range(times):
            subject, how = subjects[k % len(subjects)], ways[k // len(subjects) % len(ways)]
            whole, share = wholes[subject.name], rng.random()
            moment: float = whole.run.seconds * MARGIN * share
            if how == "operation":
                moment = 1 + int(share * whole.run.operations)
            out = place.path / f"kill-{k}"
            found.append(killed(subject, world, out, whole, how, moment))
            told(found[-1])
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(_notes(out), ignore_errors=True)
    return found


# the world


def _world(place: Path, subjects: Sequence[Subject]) -> World:
    """Pictures, and what the subjects need that is made of them."""
    world = World(place / "mnist", place / "trained" / "run", place / "bundles")
    _write_pictures(world.data)
    _load(subjects)
    needed = {type(subject) for subject in subjects}
    if needed & {Create, Compare, Fit}:
        undisturbed(Train(), world, place / "trained")
    if needed & {Compare, Fit}:
        made = place / "made"
        undisturbed(Create(), world, made)
        world.bundles.mkdir()
        (made / "digits").rename(world.bundles / "digits")
    return world


def _write_pictures(folder: Path) -> None:
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


def _load(subjects: Sequence[Subject]) -> None:
    """Import what they need, once for all; nothing here may start a thread before a fork."""
    import torch

    import aegen.autoencoders.train
    import aegen.bundles.creation
    import aegen.comparison
    import aegen.supermask.training.classifier  # noqa: F401

    importlib.import_module("aegen.cli")
    torch.set_num_threads(1)
    if any(isinstance(subject, Fit) for subject in subjects):
        from aegen.app.services import samplers  # noqa: F401


# what is printed


def report(times: int = 200, *, seed: int = 0, only: Sequence[str] = ()) -> int:
    """Kill, print a line for each subject and every fault; gives the number of faults."""
    out, start = console(), time.monotonic()

    def told(kill: Kill) -> None:
        for fault in kill.faults:
            out.print(
                f"{kill.subject}, {kill.how} {kill.moment:.5g}: {fault}",
                highlight=False,
                markup=False,
            )

    found = kills(times, seed=seed, only=only, told=told)
    shown = table(
        "killed", "kills", "before the end", "went on", "as without", "most lost", "faults"
    )
    for name in dict.fromkeys(kill.subject for kill in found):
        mine = [kill for kill in found if kill.subject == name]
        shown.add_row(
            name,
            str(len(mine)),
            str(sum(kill.landed for kill in mine)),
            str(sum(not any("started again" in f for f in kill.faults) for kill in mine)),
            str(sum(not kill.faults for kill in mine)),
            f"{max(kill.lost for kill in mine)} {SUBJECTS[name].unit}",
            str(sum(len(kill.faults) for kill in mine)),
        )
    out.print(shown)
    spent = time.monotonic() - start
    out.print(f"{len(found)} kills, seed {seed}, in {spent:.0f} s", highlight=False)
    return sum(len(kill.faults) for kill in found)
