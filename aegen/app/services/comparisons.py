"""Comparisons of latent models: done by a job, their results read from disk as they come.

Results are files named by what they are results of (`aegen.comparison`), so whoever asks the same
again, also another person or after a restart, has them at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.app.jobs import process
from aegen.app.jobs.job import Job
from aegen.app.place import Place, at_code
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles
from aegen.app.services.cache import Stamp, cached, stamp
from aegen.app.services.samplers import SamplerSpec
from aegen.core.errors import AegenError, InvalidInput, StorageError
from aegen.core.storage import make_folder, temporary_folder
from aegen.core.temporaries import Temporary

if TYPE_CHECKING:
    from aegen.comparison import Candidate, MetricSpec, Result, Store, Table, Task
    from aegen.comparison.at_work import Standing
    from aegen.core.arrays import ByteArray

__all__ = [
    "BUDGETS",
    "Budget",
    "ComparisonRequest",
    "again",
    "at_work",
    "candidate_of",
    "compare",
    "comparison_job",
    "default_models",
    "left",
    "Shown",
    "pictures_in",
    "pictures_of",
    "read_models",
    "reference_pictures",
    "refusal",
    "skip",
    "spec_of",
    "table",
    "text_of",
    "usual_draws",
]

WORK = "aegen.app.jobs.compare_samplers:compare"
"""What a job does."""

MOST_BYTES = 500 * 10**6
"""Size of all results on disk above which the oldest are removed."""


LONGEST = 4_000
"""Characters of a line of models."""

USUAL_DRAWS, USUAL_SIDE = 2000, 32
"""Draws of each model where nobody says how many, of images no larger than that square."""

LEAST_DRAWS = 200
"""The fewest, of however large images: fewer resolve little."""

AT_ONCE = 2
"""Seeds of a quick comparison up to which it starts by itself."""


@dataclass(frozen=True)
class Budget:
    """How much a comparison may cost.

    Attributes:
        title: for people.
        preset: of metrics.
        seeds: how many.
        at_once: whether it starts without being told to.
    """

    title: str
    preset: str
    seeds: int
    at_once: bool


BUDGETS = {
    "quick": Budget("Quick", "quick", 1, True),
    "thorough": Budget("Thorough", "full", 5, False),
}


@dataclass(frozen=True)
class ComparisonRequest:
    """A comparison as a person asks for it: of which bundle, which models, how.

    ``count`` is of seeds; 0 for as many as the budget has. Models that are ``skipped`` are among
    the ``models`` and not measured; it is the same comparison with and without them.
    """

    bundle: str
    models: tuple[str, ...]
    draws: int
    seed: int
    budget: str
    count: int = 0
    skipped: tuple[str, ...] = field(default=(), compare=False)

    @property
    def measured(self) -> tuple[str, ...]:
        """The models without those that are skipped."""
        return tuple(model for model in self.models if model not in self.skipped)

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, the first in front."""
        return tuple(range(self.seed, self.seed + (self.count or BUDGETS[self.budget].seeds)))

    @property
    def at_once(self) -> bool:
        """Whether it starts without being told to."""
        return BUDGETS[self.budget].at_once and len(self.seeds) <= AT_ONCE


# words and records


def default_models() -> tuple[str, ...]:
    """The latent models that are compared where nobody says which."""
    from aegen.comparison import DEFAULTS

    return tuple(candidate.text for candidate in DEFAULTS)


def usual_draws(name: str) -> int:
    """How many draws of each are measured where nobody says how many.

    Decoding takes time with the number of pixels, so of larger images as many fewer are drawn: a
    first look takes seconds, and whoever wants narrower intervals asks for more.
    """
    bundle = bundles.bundle(name)
    if bundle.payload.kind != "image":
        return USUAL_DRAWS
    height, width, _ = bundle.image_shape
    fewer = round(USUAL_DRAWS * USUAL_SIDE**2 / (height * width), -1)
    return min(max(int(fewer), LEAST_DRAWS), USUAL_DRAWS)


def read_models(text: str) -> tuple[str, ...]:
    """Latent models from a line, such as ``gaussian,kde:bandwidth=0.2``.

    Raises:
        AegenError: an unknown model or field, a field out of range, one named twice, too long a
            line.
    """
    from aegen.comparison import parse_all

    if len(text) > LONGEST:
        raise InvalidInput(f"a list of models may have {LONGEST:,} signs, got {len(text):,}")
    return tuple(candidate.text for candidate in parse_all([text]))


@functools.lru_cache(maxsize=256)
def candidate_of(model: str) -> Candidate:
    """The latent model of a text."""
    from aegen.comparison import Candidate

    return Candidate.parse(model)


def text_of(sampler: str, fields: Sequence[tuple[str, Any]]) -> str:
    """A latent model with its fields as a text, in the one form that it has.

    Raises:
        AegenError: a reference row, which every comparison has already.
    """
    from aegen.comparison import Candidate

    return read_models(Candidate.of(sampler, dict(fields)).text)[0]


def spec_of(bundle: str, model: str) -> SamplerSpec:
    """The same model as what Sample draws from."""
    candidate = candidate_of(model)
    return SamplerSpec(bundle, candidate.sampler, candidate.fields)


@functools.cache
def _metric_specs(budget: str) -> tuple[MetricSpec, ...]:
    from aegen.comparison import metric_specs

    return metric_specs([BUDGETS[budget].preset])


def _asked_of(budget: str, candidate: Candidate) -> tuple[MetricSpec, ...]:
    """What is measured of a latent model: another fit of a slow one is no quick comparison."""
    from aegen.comparison import DEFAULTS, LEFT_OUT

    wanted = _metric_specs(budget)
    if not BUDGETS[budget].at_once or not candidate.slow or candidate in DEFAULTS:
        return wanted
    return tuple(metric_spec for metric_spec in wanted if metric_spec.space != LEFT_OUT)


def refusal(name: str) -> str | None:
    """Why nothing can be compared on this bundle, or None."""
    from aegen.comparison.reference_rows import ReferenceSet

    try:
        ReferenceSet(bundles.bundle(name), draws=10**6)
    except AegenError as problem:
        return str(problem)
    return None


# pictures


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures uint8 (n, h, w, c), and their places."""

    images: ByteArray
    places: tuple[Place, ...]


@cached(96)
def pictures_of(spec: SamplerSpec, n: int, seed: int) -> Shown:
    """The first pictures that a latent model draws, small enough to keep those of many."""
    from aegen.app.services.draws import draw, places_of
    from aegen.core.images import quantize

    found = draw(spec, n, seed)
    return Shown(quantize(found.images), places_of(spec.bundle, found.codes, found.rows))


def pictures_in(result: Result, n: int) -> Shown | None:
    """The first ``n`` pictures that a comparison kept of a latent model, or None."""
    from aegen.app.services.draws import places_of

    if result.images is None or result.codes is None:
        return None
    parents = None if result.parents is None else result.parents[:n]
    places = places_of(result.task.bundle, result.codes[:n], parents)
    return Shown(result.images[:n], places)


@cached(12)
def reference_pictures(name: str, draws: int, seed: int, n: int) -> Shown:
    """The first ``n`` held-out rows that stand for what the decoder can do at best, decoded."""
    from aegen.app.services.images import decode
    from aegen.comparison.reference_rows import ReferenceSet
    from aegen.core.images import quantize

    bundle = bundles.bundle(name)
    rows = ReferenceSet(bundle, draws).others(seed)[:n]
    codes = bundle.holdout[rows]
    places = tuple(at_code(name, code, "held-out") for code in codes)
    return Shown(quantize(decode(name, codes)), places)


# results


class _Found:
    """The results of one comparison that are known so far."""

    def __init__(self, tasks: tuple[Task, ...]) -> None:
        self.tasks = tasks
        self.lock = threading.Lock()
        self.results: dict[Task, Result] = {}

    def look(self) -> None:
        """Take in what is new on disk."""
        with self.lock:
            missing = [task for task in self.tasks if task not in self.results]
            if not missing:
                return
            store = _store()
            for task in missing:
                result = store.find(task)
                if result is not None:
                    self.results[task] = result
                    with contextlib.suppress(OSError):  # the oldest used goes first
                        os.utime(store.path(task))


@cached(8)
def _found(asked: ComparisonRequest) -> _Found:
    from aegen.comparison import REFERENCES
    from aegen.comparison.task import Task

    compared = sorted(map(candidate_of, asked.models), key=lambda each: each.slow)
    return _Found(
        tuple(
            Task(asked.bundle, candidate, seed, asked.draws, _asked_of(asked.budget, candidate))
            for seed in asked.seeds
            for candidate in (*compared, *REFERENCES)
        )
    )


def table(asked: ComparisonRequest) -> Table:
    """The table of what is known so far."""
    from aegen.comparison import Table

    found = _found(asked)
    found.look()
    with found.lock:
        results = [found.results[task] for task in _wanted(asked) if task in found.results]
    compared = tuple(map(candidate_of, asked.measured))
    return Table(asked.bundle, compared, _metric_specs(asked.budget), results)


def left(asked: ComparisonRequest) -> tuple[int, int]:
    """How many results are still to come, and how many there will be."""
    found = _found(asked)
    found.look()
    wanted = _wanted(asked)
    return sum(task not in found.results for task in wanted), len(wanted)


def _wanted(asked: ComparisonRequest) -> list[Task]:
    """All tasks but those of models that are skipped."""
    return [task for task in _found(asked).tasks if task.candidate.text not in asked.skipped]


def again(asked: ComparisonRequest) -> None:
    """Forget what went wrong, so that it can be tried again."""
    found, store = _found(asked), _store()
    with found.lock:
        for task in [task for task, result in found.results.items() if result.problem]:
            del found.results[task]
            with contextlib.suppress(OSError):
                store.path(task).unlink()
    job = comparison_job(asked)
    if job is not None:
        job.forget()


# the job


def comparison_job(asked: ComparisonRequest) -> Job | None:
    """The job that does this comparison, if there is one."""
    return process.find(_key(asked))


def compare(asked: ComparisonRequest) -> Job:
    """The same, begun if need be."""

    def prepare() -> process.Plan:
        place = temporary_folder("comparing")
        arguments = {
            "tasks": [dataclasses.asdict(task) for task in _wanted(asked)],
            "folder": str(_folder()),
            "processes": _processes(),
            "at_work": str(place.path),
        }
        _notes[_key(asked)] = place
        return arguments, functools.partial(_ended, _key(asked), place)

    title = f"Comparing {len(asked.models)} models · {bundles.bundle(asked.bundle).title}"
    return process.begin(_key(asked), WORK, prepare, title=title)


_notes: dict[tuple[Stamp, ComparisonRequest], Temporary] = {}
"""Where the comparisons that are at work note how far they are."""


def at_work(asked: ComparisonRequest) -> list[Standing]:
    """How far the models are that are at work."""
    from aegen.comparison.at_work import AtWork

    place = _notes.get(_key(asked))
    return [] if place is None else AtWork(place.path).now()


def skip(asked: ComparisonRequest, model: str, who: str, yes: bool = True) -> None:
    """Let a model be skipped, or no longer, where nobody but ``who`` waits for it."""
    from aegen.comparison.at_work import AtWork

    place, job = _notes.get(_key(asked)), comparison_job(asked)
    if place is not None and job is not None and job.is_theirs() and job.only_for(who):
        AtWork(place.path).skip(model, yes)


def _ended(key: tuple[Stamp, ComparisonRequest], place: Temporary, answer: Any) -> None:
    if _notes.get(key) is place:
        del _notes[key]
    place.close()
    _make_room()


def _processes() -> int:
    """How many work at one comparison; where the app is shared, other visitors' work beside it."""
    cores = os.cpu_count() or 1
    return max(1, cores // process.AT_ONCE) if sharing().shared else cores


def _make_room() -> None:
    from aegen.app.services import disk_cache

    disk_cache.make_room(_folder(), "*.safetensors", math.inf, MOST_BYTES)


def _key(asked: ComparisonRequest) -> tuple[Stamp, ComparisonRequest]:
    """Another bundle of the same name is another job."""
    return stamp(asked.bundle), asked


def _store() -> Store:
    from aegen.comparison import Store

    return Store(_folder())


def _folder() -> Path:
    """Where results are kept: beside the kept fits, or where this computer lets us."""
    from aegen.app.services import disk_cache

    wanted = disk_cache.folder().parent / "comparisons"
    with contextlib.suppress(StorageError):
        make_folder(wanted)
        return wanted
    return _elsewhere().path


@functools.cache
def _elsewhere() -> Temporary:
    return temporary_folder("comparisons")
