"""Kill -9 at seeded moments: does work go on, to the same result, with little lost, nothing left?

Every other subject is killed at a random time, the others when they are about to do a random one
of their operations on files, which finds the moments between two.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aegen.benchmarks.console import console, table
from aegen.benchmarks.kill_subjects import (
    SUBJECTS,
    Compare,
    Create,
    Fit,
    Subject,
    Train,
    World,
    write_pictures,
)
from aegen.benchmarks.killed_process import Run, notes_of, run
from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.core.storage import load_arrays, temporary_folder

__all__ = ["Kill", "killed", "kills", "report", "undisturbed"]

MARGIN = 1.05
"""Times the seconds of a run without a kill that a kill may come after its start."""


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
    found = run(subject, world, out)
    if found.code:
        raise StorageError(out, f"{subject.name} ended with code {found.code}:\n{found.said}")
    for name in (notes_of(out) / "modules").read_text().split("\n"):
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
    first = run(subject, world, out, **at)
    finished = whole.files.items() <= contents(out).items()
    again = run(subject, world, out)
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
) -> Generator[Kill, None, None]:
    """Kill subjects in turn; the same seed has the same moments, as shares of a whole run.

    Args:
        times: kills, of all subjects together.
        seed: of the moments.
        only: names of subjects; by default all.
        ways: in turn, how the moment is chosen.

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
    rng = random.Random(seed)
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
            yield killed(subject, world, out, whole, how, moment)
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(notes_of(out), ignore_errors=True)


# the world


def _world(place: Path, subjects: Sequence[Subject]) -> World:
    """Pictures, and what the subjects need that is made of them."""
    world = World(place / "mnist", place / "trained" / "run", place / "bundles")
    write_pictures(world.data)
    _load(subjects)
    needed = {type(subject) for subject in subjects}
    if needed & {Create, Compare, Fit}:
        undisturbed(Train(), world, place / "trained")
    if needed & {Compare, Fit}:
        made = place / "made"
        undisturbed(Create(keep=None), world, made)
        world.bundles.mkdir()
        (made / "digits").rename(world.bundles / "digits")
    return world


def _load(subjects: Sequence[Subject]) -> None:
    """Import and make what they need, once for all; no thread may start here before a fork."""
    import torch

    import aegen.autoencoders.train
    import aegen.bundles.creation
    import aegen.comparison
    import aegen.supermask.training.classifier  # noqa: F401

    importlib.import_module("aegen.cli").command()
    torch.set_num_threads(1)
    if any(isinstance(subject, Fit) for subject in subjects):
        from aegen.app.services import samplers  # noqa: F401


# what is printed


def report(times: int = 200, *, seed: int = 0, only: Sequence[str] = ()) -> int:
    """Kill, print every fault and a line for each subject; gives the number of faults.

    An interrupt ends it with a table of the kills so far.
    """
    out, start = console(), time.monotonic()
    found: list[Kill] = []
    with (
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(kills(times, seed=seed, only=only)) as done,
    ):
        for kill in done:
            found.append(kill)
            for fault in kill.faults:
                said = f"{kill.subject}, {kill.how} {kill.moment:.5g}: {fault}"
                out.print(said, highlight=False, markup=False)
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
