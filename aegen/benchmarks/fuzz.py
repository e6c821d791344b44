"""Files that others may have written, thousands of hostile ones: what comes of opening them.

`aegen bench fuzz` prints what came of it. A kind of files is a module with ``cases(rng, n,
folder)``, which makes them one after the other, and ``attempt(case)``, which does what pages and
commands do and says "accepted", or raises an `AegenError`: refused. Attempts run in forks of a
process of its own: a crash or a hang ends one of them, and processor time and peak of memory are
counted anew for each.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import itertools
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aegen.benchmarks.console import console, same_aegen, table
from aegen.benchmarks.fuzz_bytes import RAN
from aegen.core.errors import LONGEST, AegenError
from aegen.core.plain_text import unfit

__all__ = ["KINDS", "Attempt", "Tally", "attempted", "forked", "kinds", "report", "run"]

KINDS = {
    "bundles": ("aegen.benchmarks.fuzz_bundles", 1.0),
    "tickets and histories": ("aegen.benchmarks.fuzz_tickets", 0.4),
    "samplers": ("aegen.benchmarks.fuzz_samplers", 0.4),
    "ONNX pairs": ("aegen.benchmarks.fuzz_networks", 0.05),
    "picture folders": ("aegen.benchmarks.fuzz_pictures", 0.05),
    "links": ("aegen.benchmarks.fuzz_links", 0.1),
}
"""The module of each kind, and how many of its cases belong to one bundle."""

SECONDS, MEMORY = 5.0, 500e6
"""Of processor and bytes of memory that an attempt may take."""

TOGETHER = 20
"""Cases in one fork: making one takes as long as most of them."""

PATIENCE, LONGEST_RUN = 60.0, 30
"""Seconds of waiting, and of processor, after which an attempt is ended."""

CODE = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
"""Events of Python's audit that no file should lead to."""

DANGEROUS = ("builtins.e", "builtins.__", "builtins.compile", "os.", "posix.", "subprocess.")
"""How the names begin of what runs code from a pickle; Streamlit and numba keep harmless ones."""

COMPILED = "__pycache__"
"""Where Python and numba keep what they compiled of aegen itself."""

WRITING = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink")


@dataclass
class Attempt:
    """What came of one case.

    Attributes:
        outcome: "accepted", "refused", "traceback" or "hang".
        said: the error.
        seconds: of processor.
        peak: bytes of memory over what was held before.
        outside: files outside the case's folder that were written or read.
        code: what it ran.
    """

    outcome: str
    said: str = ""
    seconds: float = 0.0
    peak: float = 0.0
    outside: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether all is as it should be."""
        within = self.seconds <= SECONDS and self.peak <= MEMORY
        told = self.outcome in ("accepted", "refused")
        return told and within and not self.outside and not self.code


@dataclass
class Tally:
    """What came of all cases of a kind; ``faults`` says in which places something was wrong."""

    kind: str
    attempts: list[Attempt] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """How many came to that."""
        return sum(attempt.outcome == outcome for attempt in self.attempts)

    @property
    def faults(self) -> list[tuple[int, Attempt]]:
        """Places and attempts that were not as they should be."""
        return [(k, each) for k, each in enumerate(self.attempts) if not each.sound]

    def row(self) -> list[str]:
        """The figures as the table has them."""
        tracebacks = self.count("traceback") + self.count("hang")
        return [
            self.kind,
            f"{len(self.attempts):,}",
            f"{self.count('accepted'):,}",
            f"{self.count('refused'):,}",
            f"{tracebacks:,}",
            f"{max((each.seconds for each in self.attempts), default=0):.2f}",
            f"{max((each.peak for each in self.attempts), default=0) / 1e6:.0f}",
            f"{sum(len(each.outside) for each in self.attempts):,}",
            f"{sum(len(each.code) for each in self.attempts):,}",
        ]


def kinds() -> list[str]:
    """The kinds whose module is there."""
    return [kind for kind, (module, _) in KINDS.items() if importlib.util.find_spec(module)]


def attempted(attempt: Callable[[Any], str], case: Any) -> Attempt:
    """What comes of a case in this process, without its time and memory."""
    try:
        return Attempt(attempt(case))
    except AegenError as problem:
        said = str(problem)
        fits = len(said) <= LONGEST and not unfit(said) and "\n" not in said
        return Attempt("refused" if fits else "traceback", said[:2000])
    except BaseException as problem:  # a program's end, or a thread's, is no answer either
        frames = traceback.extract_tb(problem.__traceback__)
        places = [f"{Path(f.filename).name}:{f.lineno}" for f in frames[-6:]]
        return Attempt("traceback", f"{type(problem).__name__}: {problem!s:.300} at {places}")


def run(kind: str, cases: int, *, seed: int = 0) -> Tally:
    """What comes of so many cases of a kind, in another process.

    Raises:
        RuntimeError: that process ended before it was done.
    """
    tally = Tally(kind)
    with tempfile.TemporaryDirectory(prefix="aegen-fuzz-") as folder:
        command = [sys.executable, "-m", __name__, kind, str(cases), str(seed), folder]
        with subprocess.Popen(command, env=_environment(folder), stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            for line in other.stdout:
                tally.attempts.append(Attempt(**json.loads(line)))
        if other.returncode or len(tally.attempts) != cases:
            raise RuntimeError(f"only {len(tally.attempts)} of {cases} cases were tried")
    return tally


def report(cases: int = 5000, *, seed: int = 0, only: list[str] | None = None) -> bool:
    """Print a line for each kind, and the first faults; False where there are some.

    Args:
        cases: of bundles; of the others a share, see `KINDS`.
        seed: what all cases follow from.
        only: kinds; by default all.
    """
    out = console()
    names = ("kind", "cases", "accepted", "refused", "tracebacks", "slowest s", "peak MB")
    shown = table(*names, "files outside", "code run")
    faults = []
    for kind in only or kinds():
        n = max(1, round(cases * KINDS[kind][1]))
        tally = run(kind, n, seed=seed)
        shown.add_row(*tally.row())
        faults += [(kind, *fault) for fault in tally.faults]
    out.print(shown)
    for kind, place, fault in faults[:40]:
        rest = f"{fault.seconds:.1f} s, {fault.peak / 1e6:.0f} MB {fault.outside} {fault.code}"
        out.print(f"{kind} {place}: {fault.outcome} {fault.said} ({rest})", markup=False)
    return not faults


def _environment(folder: str) -> dict[str, str]:
    """One thread, and places for everything within the folder."""
    places = {"HOME": "home", "TMPDIR": "tmp"}
    places |= {"XDG_CACHE_HOME": "cache", "AEGEN_CACHE": "cache"}
    for name in set(places.values()) | {"cases", "here", "warm"}:
        (Path(folder) / name).mkdir()
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {name: str(Path(folder) / place) for name, place in places.items()}
    return {**os.environ, **same_aegen(), **one, **own, "PYTHONWARNINGS": "ignore"}


def _all(kind: str, cases: int, seed: int, folder: Path) -> Iterator[Attempt]:
    """Every case of a kind, some at a time in a fork of this process."""
    module = importlib.import_module(KINDS[kind][0])
    os.chdir(folder / "here")
    _warm_up(module, folder)
    made = module.cases(np.random.default_rng(seed), cases, folder / "cases")
    while some := list(itertools.islice(made, TOGETHER)):
        yield from forked(module.attempt, some, folder)
        for case in some:
            if isinstance(case, Path):
                own = case if case.parent == folder / "cases" else case.parent
                shutil.rmtree(own) if own.is_dir() else own.unlink()


def _warm_up(module: Any, folder: Path) -> None:
    """Import what attempts need, so that no case pays for it."""
    cases = list(module.cases(np.random.default_rng(12345), 12, folder / "warm"))
    for case, found in zip(cases, forked(module.attempt, cases, folder), strict=True):
        if found.sound:  # others are not for this process
            attempted(module.attempt, case)


def forked(attempt: Callable[[Any], str], cases: Sequence[Any], folder: Path) -> list[Attempt]:
    """What comes of cases in a fork of this process; of those after one that ends it, in others.

    Args:
        attempt: tries a case.
        cases: one after the other.
        folder: outside of which nothing is to be written, nor read in ``cases/outside`` in it.
    """
    found: list[Attempt] = []
    while len(found) < len(cases):
        found += _fork(attempt, cases[len(found) :], folder)
    return found


def _fork(attempt: Callable[[Any], str], cases: Sequence[Any], folder: Path) -> list[Attempt]:
    """What comes of the first cases, up to one that ends the process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            _in_fork(attempt, cases, folder, write)
        finally:  # never on in the code of the process that it was forked from
            os._exit(1)
    os.close(write)
    said = b""
    while select.select([read], [], [], PATIENCE)[0]:
        part = os.read(read, 1 << 16)
        said += part
        if not part:
            break
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(read)
    _, status, used = os.wait4(pid, 0)
    found = [Attempt(**json.loads(line)) for line in said.split(b"\n")[:-1]]
    if len(found) < len(cases):
        hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU)
        seconds = used.ru_utime + used.ru_stime - sum(each.seconds for each in found)
        peak = max(0.0, 1024.0 * used.ru_maxrss - _held("VmRSS"))
        outcome = "hang" if hung else "traceback"
        found.append(Attempt(outcome, f"ended by {status}", seconds, peak))
    return found


def _in_fork(
    attempt: Callable[[Any], str], cases: Sequence[Any], folder: Path, write: int
) -> None:
    """Try cases and write what came of each; the process ends with the last."""
    outside: list[str] = []
    code: list[str] = []
    sys.addaudithook(_watch(folder, outside, code))
    gc.freeze()  # what it was forked with is not looked at again for each case
    for case in cases:
        start = _processor()
        limit = int(start) + LONGEST_RUN
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        gc.collect()
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak anew
        before = _held("VmRSS")
        outside.clear()
        found = attempted(attempt, case)
        found.peak = _held("VmHWM") - before
        found.seconds = _processor() - start
        found.outside, found.code = outside[:5], code[:5]
        code.clear()
        if os.path.exists(RAN):
            found.code.append(RAN)
            os.unlink(RAN)
        os.write(write, json.dumps(asdict(found)).encode() + b"\n")
    os._exit(0)


def _processor() -> float:
    """Seconds of processor that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _watch(folder: Path, outside: list[str], code: list[str]) -> Callable[[str, Any], None]:
    """Notes what is written outside the folder, read in its part ``outside``, and what is run."""
    root, secret = os.path.realpath(folder), os.path.realpath(folder / "cases" / "outside")

    def note(event: str, arguments: Any) -> None:
        dangerous = event == "pickle.find_class" and ".".join(arguments[:2]).startswith(DANGEROUS)
        if event in CODE or dangerous:
            code.append(f"{event} {arguments!r:.80}")
        if event not in ("open", *WRITING) or not isinstance(
            arguments[0], str | bytes | os.PathLike
        ):
            return
        place = os.path.realpath(os.fsdecode(arguments[0]))
        flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
        writes = event != "open" or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        within = place.startswith((root + os.sep, "/dev/null")) or COMPILED in place
        if (writes and not within) or place.startswith(secret + os.sep):
            outside.append(f"{event} {place}")

    return note


def _held(what: str) -> float:
    """Bytes of memory that this process holds (VmRSS), or held at its peak (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what):
            return 1024.0 * int(line.split()[1])
    return 0.0


def _main(kind: str, cases: str, seed: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)  # what libraries print is no outcome
        for attempt in _all(kind, int(cases), int(seed), Path(folder)):
            print(json.dumps(asdict(attempt)), file=told, flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
