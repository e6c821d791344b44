"""Latent models as chosen, and fitted: at once where that is quick, by a job where it is slow."""

from __future__ import annotations

import contextlib
import functools
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from aegen.app.jobs import process
from aegen.app.jobs.job import Job
from aegen.app.row_selection import Selection
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles
from aegen.app.services.cache import cached
from aegen.app.services.rows import rows_of
from aegen.app.services.values import words_of_selection
from aegen.core.errors import AegenError, StorageError
from aegen.samplers import samplers

if TYPE_CHECKING:
    from aegen.bundles.generation import Model
    from aegen.core.parameters import Parameter
    from aegen.core.temporaries import Temporary
    from aegen.samplers import Sampler

__all__ = [
    "FIT_SEED",
    "Fitted",
    "SamplerSpec",
    "at_hand",
    "by_rows",
    "fields_of",
    "fitted",
    "fitting",
    "following",
    "learnt",
    "model",
    "sampler_names",
    "slow",
    "strategy",
    "summary_of",
    "title_of",
]

FIT_SEED = 0
"""Fits that start at random start from here, so a link gives the same model."""

WORK = "aegen.app.jobs.fit_sampler:fit"
"""What a job does."""

REPLACED = "the bundle was replaced while this was worked at: start it again"

FILE = "fit.safetensors"
"""The file that it writes, in a folder of its own."""


@dataclass(frozen=True)
class SamplerSpec:
    """A latent model as chosen: of which bundle, with which fields, from which rows."""

    bundle: str
    sampler: str
    fields: tuple[tuple[str, Any], ...] = ()
    within: Selection | None = None


@dataclass(frozen=True)
class Fitted:
    """A fitted latent model, with its seconds: "fitted" now, "read" from disk, or "moved".

    One that is moved was fitted with another value of its slider's field.
    """

    model: Model
    how: Literal["fitted", "read", "moved"]


class _NotYet(AegenError):
    """A slow model that has to be fitted first."""


# the family


@functools.cache
def sampler_names() -> tuple[str, ...]:
    """Names of the latent models there are."""
    return tuple(samplers.names())


def title_of(sampler: str) -> str:
    """A latent model's name as people see it."""
    return samplers.documentation(sampler).title


def summary_of(sampler: str) -> str:
    """One sentence on what a latent model assumes."""
    return samplers.documentation(sampler).summary


@functools.cache
def fields_of(sampler: str) -> tuple[Parameter, ...]:
    """A latent model's tunable fields."""
    from aegen.core.parameters import parameters

    return parameters(samplers.get(sampler))


def slow(spec: SamplerSpec) -> bool:
    """Whether its fit goes to a process of its own: as the model or one of its fields declares."""
    if samplers.get(spec.sampler).slow:
        return True
    chosen = dict(spec.fields)
    return any(
        chosen.get(parameter.name, parameter.default) in parameter.field.slow
        for parameter in fields_of(spec.sampler)
    )


def by_rows(spec: SamplerSpec) -> bool:
    """Whether draws keep to the rows asked for by starting from them."""
    from aegen.samplers import RowSampler

    return spec.within is not None and issubclass(samplers.get(spec.sampler), RowSampler)


def strategy(spec: SamplerSpec) -> str:
    """How draws keep to the rows asked for, in a sentence; "" where all rows count."""
    if spec.within is None:
        return ""
    n = len(rows_of(spec.bundle, spec.within))
    how = (
        "every draw starts from one of them, no refit"
        if by_rows(spec)
        else "the model is fitted to them alone"
    )
    return f"Only from {n:,} rows ({words_of_selection(spec.bundle, spec.within)}): {how}."


# fits


def model(spec: SamplerSpec) -> Model:
    """The fitted latent model; a `RowSampler` is fitted to all rows in any case.

    A slow one that is not there yet is waited for; a page asks `fitting` first.
    """
    return fitted(spec).model


def fitted(spec: SamplerSpec) -> Fitted:
    """The same, with how it came here."""
    job = fitting(spec)
    if job is not None:
        job.outcome()
    return _fitted(_whole(spec))


def fitting(spec: SamplerSpec) -> Job | None:
    """The job that fits a latent model, begun if need be; None where the model is there.

    A job that failed is given back as it is, until `Job.forget`.
    """
    return None if at_hand(spec) else _job(_whole(spec))


def at_hand(spec: SamplerSpec) -> bool:
    """Whether it can be drawn from without a job."""
    spec = _whole(spec)
    if not slow(spec):
        return True
    try:
        _fitted(spec)
    except _NotYet:
        return False
    return True


def following(spec: SamplerSpec) -> Fitted | None:
    """A model made without a fit from one that differs in the field of its slider alone.

    None where there is no such model, or none that is at hand or quick. Of a slow one, other
    fields are as the model that is at hand has chosen them.
    """
    spec = _whole(spec)
    for parameter in fields_of(spec.sampler):
        fields = dict(spec.fields)
        value = fields.pop(parameter.name, None)
        if parameter.field.slide is None or not isinstance(value, (int, float)):
            continue
        without = replace(spec, fields=tuple(fields.items()))
        (_, end) = parameter.field.slide
        fixed = replace(spec, fields=(*fields.items(), (parameter.name, end[0])))
        base = without if at_hand(without) and not slow(without) else fixed
        if slow(base):
            base = without
        if base == spec or not at_hand(base):
            continue
        found = _fitted(base)
        sampler = found.model.sampler.adjusted(parameter.name, value)
        if sampler is not None:
            return Fitted(replace(found.model, sampler=sampler), "moved")
    return None


def learnt(spec: SamplerSpec, field: str) -> Any:
    """What the fitted model chose for a field by itself; None where it did not say."""
    return model(spec).sampler.learnt(field)


def _whole(spec: SamplerSpec) -> SamplerSpec:
    """What is fitted: models that draw from rows are fitted to all of them."""
    return replace(spec, within=None) if by_rows(spec) else spec


@cached(32, megabytes=lambda: sharing().fit_megabytes)
def _fitted(spec: SamplerSpec) -> Fitted:
    from aegen.app.services import disk_cache
    from aegen.bundles.generation import Model

    bundle = bundles.bundle(spec.bundle)
    rows = None if spec.within is None else rows_of(spec.bundle, spec.within)
    mark = _mark(spec)
    job = process.find(mark)
    if job is not None and job.state == "done":
        sampler, seconds = job.result
        return Fitted(Model(bundle, spec.sampler, sampler, rows, seconds), "fitted")
    if job is None or job.stopping:  # one that still runs may have written its file just now
        start = time.perf_counter()
        read = disk_cache.read(mark, spec.sampler, bundle.latent_dim)
        if read is not None:
            seconds = time.perf_counter() - start
            return Fitted(Model(bundle, spec.sampler, read, rows, seconds), "read")
    near = following(spec)
    if near is not None and not slow(spec):
        return near
    if slow(spec):
        raise _NotYet("this latent model is not fitted: its fit was stopped; start it again")
    some = {} if rows is None else {"rows": rows}  # one latent model has a field of this name
    found = bundle.model(spec.sampler, rng=FIT_SEED, **{**some, **dict(spec.fields)})
    _keep_if_long(mark, found.sampler, found.fit_seconds)
    return Fitted(found, "fitted")


@cached(64)
def _mark(spec: SamplerSpec) -> str:
    from aegen.app.services import disk_cache

    rows = None if spec.within is None else rows_of(spec.bundle, spec.within)
    manifest = bundles.bundle(spec.bundle).path / "bundle.json"
    return disk_cache.mark(manifest, spec.sampler, dict(spec.fields), rows, FIT_SEED)


def _job(spec: SamplerSpec) -> Job:
    from aegen.app.services import disk_cache

    mark = _mark(spec)

    def prepare() -> process.Plan:
        place = disk_cache.workplace()
        arguments = {
            "folder": str(bundles.bundle(spec.bundle).path.resolve()),
            "sampler": spec.sampler,
            "fields": dict(spec.fields),
            "rows": None if spec.within is None else rows_of(spec.bundle, spec.within).tolist(),
            "seed": FIT_SEED,
            "out": str(place.path / FILE),
        }
        return arguments, functools.partial(_take, spec, mark, place)

    title = f"Fitting {title_of(spec.sampler)} · {bundles.bundle(spec.bundle).title}"
    return process.begin(mark, WORK, prepare, title=title)


def _take(
    spec: SamplerSpec, mark: str, place: Temporary, said: dict[str, float] | None
) -> tuple[Sampler, float] | None:
    """What a job wrote, as a fitted model; nothing of it stays behind but in the disk's cache.

    Raises:
        AegenError: another bundle took the place of the one that was to be fitted to.
    """
    from aegen.app.services import disk_cache
    from aegen.samplers import load

    with place:
        if said is None:
            return None
        if _mark(spec) != mark:
            raise AegenError(REPLACED)
        sampler = load(place.path / FILE)
        if said["seconds"] >= disk_cache.LEAST:
            disk_cache.keep(mark, place.path / FILE)
        return sampler, said["seconds"]


def _keep_if_long(mark: str, sampler: Sampler, seconds: float) -> None:
    """Keep also what took long here; a disk that cannot be written is no reason to fail."""
    from aegen.app.services import disk_cache

    if seconds >= disk_cache.LEAST:
        with contextlib.suppress(StorageError), disk_cache.workplace() as place:
            sampler.save(place.path / FILE)
            disk_cache.keep(mark, place.path / FILE)
