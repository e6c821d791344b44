"""Draws for a target, transfers and edits: found once for everyone who asks the same."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aegen.app.jobs.job import Job, Jobs
from aegen.app.jobs.thread import ThreadJob
from aegen.app.jobs.turns import Turns
from aegen.app.services import bundles
from aegen.app.services.cache import cached, stamp
from aegen.app.services.images import one_thread
from aegen.app.services.samplers import SamplerSpec, model

if TYPE_CHECKING:
    from aegen.bundles.generation import Model
    from aegen.targeting import Candidates, Edited, Target, Targeted, Transferred

__all__ = [
    "PLAIN",
    "Edit",
    "Matching",
    "TargetRequest",
    "asked_parts",
    "baseline",
    "edited",
    "factors",
    "found_before",
    "matching",
    "near",
    "numbers",
    "search",
    "target_of",
    "targeted",
    "transferred",
]

PLAIN = 256
"""Draws without the target that its success is compared with."""

AT_ONCE = 2
"""Searches at work at a time: they share the server's own processor with the pages."""

REMEMBERED = 24
"""Draws for targets that are kept, images and all."""


@dataclass(frozen=True)
class TargetRequest:
    """Draws as asked for: the latent model, the target as text, how many, how."""

    spec: SamplerSpec
    text: str
    n: int
    seed: int
    strategy: str = "auto"
    strict: bool = False

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.spec.bundle


@dataclass(frozen=True)
class Edit:
    """An edit as asked for: where it starts, what it becomes, how."""

    bundle: str
    start: int | tuple[float, ...]
    text: str
    kind: str = "effects"
    hold: tuple[str, ...] | None = None
    reach: float = 1.0


@dataclass(frozen=True)
class Matching:
    """How many training rows match a target more likely than not, and effectively (Kish)."""

    rows: int
    effective: float


# targets


@cached(64)
def target_of(name: str, text: str) -> Target:
    """The target that a text stands for, in this bundle.

    Raises:
        AegenError: it stands for none, or asks for what the bundle does not have.
    """
    from aegen.targeting import parse

    opened = bundles.bundle(name)
    target = parse(text, opened)
    target.check(opened)
    return target


def asked_parts(target: Target) -> tuple[Target, ...]:
    """What a target joins by "and"; a target of another kind is its own sole part."""
    from aegen.targeting import And

    return target.parts if isinstance(target, And) and target.parts else (target,)


@cached(64)
def matching(name: str, text: str) -> Matching:
    """How many rows match."""
    from aegen.targeting.strategies import matching_rows

    weights = target_of(name, text).weights(bundles.bundle(name))
    return Matching(int((weights > 0.5).sum()), matching_rows(weights))


@cached(16)
def factors(name: str, found: bool = False) -> dict[str, tuple[str, ...]]:
    """Attributes of a bundle with their values, or with the values that are ``found`` in rows."""
    from aegen.targeting.attribute_models import AttributeModels

    models = AttributeModels.of(bundles.bundle(name))
    values = {}
    for attribute in models.factors():
        labels = models.labels(attribute)
        rows = set(labels.rows.tolist()) if found else range(len(labels.values))
        values[attribute] = tuple(value for k, value in enumerate(labels.values) if k in rows)
    return values


def numbers(name: str) -> tuple[str, ...]:
    """Attributes of a bundle that are numbers and differ between rows."""
    about = bundles.bundle(name).manifest.attributes
    found = (one for one in about if about[one].kind == "number")
    return tuple(one for one in found if bundles.column(name, one).nunique() > 1)


def near(name: str, start: int | tuple[float, ...], rows: int) -> Target:
    """The ball around a row or a code that holds so many rows."""
    from aegen.targeting import near

    return near(bundles.bundle(name), start, rows)


# draws


_searches = Jobs(REMEMBERED)
_turns = Turns(AT_ONCE)


def search(request: TargetRequest) -> Job:
    """The job that looks for these draws, begun if need be; its result is a `Targeted`.

    Streamlit's own memory could not show how far one is, nor stop it.
    """
    key = (stamp(request.bundle), request)
    source, target = model(request.spec), target_of(request.bundle, request.text)
    work = functools.partial(_drawn, request, source, target)
    return _searches.begin(key, lambda: ThreadJob(key, work, _turns))


def found_before(request: TargetRequest) -> Targeted | None:
    """Draws for a target where they are at hand."""
    known = _searches.find((stamp(request.bundle), request))
    found: Targeted | None = known.result if known is not None else None
    return found


def targeted(request: TargetRequest) -> Targeted:
    """Draws for a target, waited for."""
    found: Targeted = search(request).outcome()
    return found


def _drawn(request: TargetRequest, source: Model, target: Target) -> Targeted:
    from aegen.targeting import MAX_MISCLASSIFIED, draw

    one_thread()
    how: dict[str, Any] = {
        "strategy": request.strategy,
        "max_misclassified": 0.0 if request.strict else MAX_MISCLASSIFIED,
    }
    found = draw(source, target, request.n, rng=request.seed, **how)
    if len(found):
        found.candidates.all_probabilities()  # decoded and classified here, once
        found.images  # noqa: B018
    return found


@cached(6)
def _plain(spec: SamplerSpec) -> Candidates:
    """Draws without a target, decoded and classified."""
    from aegen.targeting import Candidates

    one_thread()
    plain = Candidates(bundles.bundle(spec.bundle), model(spec).sampler.sample(PLAIN, rng=1))
    plain.all_probabilities()
    return plain


@cached(64)
def baseline(spec: SamplerSpec, text: str) -> tuple[float, tuple[float, ...]]:
    """Share of plain draws that fulfil a target, and each of its parts."""
    target, plain = target_of(spec.bundle, text), _plain(spec)
    parts = tuple(float(part.accept(plain).mean()) for part in asked_parts(target))
    return float(target.accept(plain).mean()), parts


# transfers and edits


@cached(16)
def transferred(name: str, source: str, margins: str, n: int, seed: int) -> Transferred:
    """Draws of one group with the margins of another, decoded and classified."""
    from aegen.targeting import transfer

    one_thread()
    found = transfer(
        bundles.bundle(name), target_of(name, source), target_of(name, margins), n, rng=seed
    )
    for side in (found.before, found.after):
        side.all_probabilities()
        side.images  # noqa: B018 - decoded once, here
    return found


@cached(32)
def edited(change: Edit) -> Edited:
    """One picture on its way to other attribute values."""
    from aegen.targeting import edit

    one_thread()
    start: Any = change.start if isinstance(change.start, int) else list(change.start)
    how: dict[str, Any] = {"kind": change.kind, "hold": change.hold, "reach": change.reach}
    found = edit(
        bundles.bundle(change.bundle), start, target_of(change.bundle, change.text), **how
    )
    found.probabilities  # noqa: B018 - classified once, here
    found.images  # noqa: B018
    return found
