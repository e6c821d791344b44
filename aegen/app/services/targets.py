"""Draws for a target, transfers and edits: found once for everyone who asks the same."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aegen.app.services import bundles
from aegen.app.services.cache import Stamp, cached, stamp
from aegen.app.services.images import one_thread
from aegen.app.services.samplers import SamplerSpec, model
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError
from aegen.core.progress import reporting

if TYPE_CHECKING:
    from aegen.generation import Model
    from aegen.targeting import Candidates, Edited, Target, Targeted, Transferred

__all__ = [
    "PLAIN",
    "Edit",
    "Matching",
    "Search",
    "SearchStopped",
    "TargetRequest",
    "asked_parts",
    "baseline",
    "edited",
    "factors",
    "found_before",
    "found_values",
    "leave_search",
    "matching",
    "near_picture",
    "near_row",
    "search",
    "target_of",
    "targeted",
    "transferred",
]

PLAIN = 256
"""Draws without the target that its success is compared with."""

REMEMBERED = 12
"""Draws for targets that are kept, pictures and all."""

AWAY = 90.0
"""Seconds without a look after which someone is taken to have left the page. Browsers let pages
in the background look once a minute."""


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

    target = parse(text)
    target.check(bundles.bundle(name))
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


@cached(8)
def factors(name: str) -> dict[str, tuple[str, ...]]:
    """Attributes that have values, with these, of a bundle."""
    from aegen.targeting.attribute_models import AttributeModels

    known = AttributeModels.of(bundles.bundle(name))
    return {attribute: known.labels(attribute).values for attribute in known.factors()}


@cached(8)
def found_values(name: str) -> dict[str, tuple[str, ...]]:
    """The same with those values only that rows have."""
    from aegen.targeting.attribute_models import AttributeModels

    known, found = AttributeModels.of(bundles.bundle(name)), {}
    for attribute, values in factors(name).items():
        rows = set(known.labels(attribute).rows.tolist())
        found[attribute] = tuple(value for k, value in enumerate(values) if k in rows)
    return found


def near_row(name: str, row: int, rows: int) -> Target:
    """The ball around a row that holds so many rows."""
    from aegen.targeting import near

    return near(bundles.bundle(name), row, rows)


def near_picture(name: str, code: tuple[float, ...], rows: int) -> Target:
    """The same around a code."""
    from aegen.targeting import near

    return near(bundles.bundle(name), code, rows)


# draws


class Search:
    """Draws for a target on their way, in a thread of this process.

    Attributes:
        share: how much is done, 0 to 1.
        text: how it stands.
        over: whether it ended, by finding, stopping or failing.
    """

    def __init__(self, request: TargetRequest, source: Model, target: Target) -> None:
        self.share = 0.0
        self.text = "Looking for pictures"
        self._wish = request
        self._found: Targeted | None = None
        self._problem: Exception | None = None
        self._told = False
        self._watchers: dict[str, float] = {}
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(source, target), daemon=True)

    def begin(self) -> None:
        """Start looking; someone should watch by then."""
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self._ended.is_set()

    @property
    def found(self) -> Targeted | None:
        """What it found, or None: not yet, or nothing will come of it."""
        return self._found

    @property
    def spent(self) -> bool:
        """Whether asking the same anew needs a new search.

        So after one that was stopped, and after one that failed, once someone was told why.
        """
        return self._found is None and (self._stop.is_set() or self._told)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether that came in time."""
        return self._ended.wait(seconds)

    def result(self) -> Targeted:
        """What it found, once it is over.

        Raises:
            AegenError: what went wrong.
        """
        if self._problem is not None:
            self._told = True
            raise self._problem
        assert self._found is not None
        return self._found

    def watch(self, who: str, seconds: float = AWAY) -> None:
        """Note that someone is waiting for it, for so many seconds from now."""
        self._watchers[who] = time.monotonic() + seconds

    def leave(self, who: str) -> None:
        """Note that someone waits no more; when nobody does, it stops."""
        self._watchers.pop(who, None)
        if not self._watched():
            self._stop.set()

    def _watched(self) -> bool:
        now = time.monotonic()
        return any(until > now for until in list(self._watchers.values()))

    def _run(self, source: Model, target: Target) -> None:
        try:
            with reporting(self._tell):
                self._found = _drawn(self._wish, source, target)
        except Exception as problem:  # whoever waits for it hears of it
            self._problem = problem
        finally:
            self._ended.set()

    def _tell(self, share: float, text: str) -> None:
        self.share, self.text = share, text
        if not self._watched():
            self._stop.set()
        if self._stop.is_set():
            raise SearchStopped("the search was stopped: ask again to begin anew")


class SearchStopped(AegenError):
    """A search that its last watcher left."""


_searches: OrderedDict[tuple[Stamp, TargetRequest], Search] = OrderedDict()
_lock = threading.Lock()


def search(request: TargetRequest, who: str, seconds: float = AWAY) -> Search:
    """The search for these draws, the one there is or a new one; ``who`` watches it from now on.

    The last twelve that are over are kept. Streamlit's own memory cannot show how far one is, nor
    stop it.
    """
    key = (stamp(request.bundle), request)
    with _lock:
        found = _watched(key, who, seconds)
    if found is not None:
        return found
    source, target = (
        model(request.spec),
        target_of(request.bundle, request.text),
    )  # may take a while
    with _lock:
        found = _watched(key, who, seconds)
        if found is None:
            found = _searches[key] = Search(request, source, target)
            found.watch(who, seconds)
            found.begin()
        over = [known for known, one in _searches.items() if one.over and known != key]
        for known in over[: max(0, len(over) - REMEMBERED + 1)]:
            del _searches[known]
        return found


def _watched(key: tuple[Stamp, TargetRequest], who: str, seconds: float) -> Search | None:
    """The search there is, watched by one more, unless it is spent; while the lock is held."""
    found = _searches.get(key)
    if found is None or found.spent:
        return None
    found.watch(who, seconds)
    _searches.move_to_end(key)
    return found


def leave_search(request: TargetRequest, who: str) -> None:
    """Note that someone waits no more for draws; when nobody does, their search stops."""
    with _lock:
        known = _searches.get((stamp(request.bundle), request))
        if known is not None:
            known.leave(who)


def found_before(request: TargetRequest) -> Targeted | None:
    """Draws for a target where they are at hand."""
    with _lock:
        known = _searches.get((stamp(request.bundle), request))
    return known.found if known is not None else None


def targeted(request: TargetRequest) -> Targeted:
    """Draws for a target, waited for."""
    who = uuid.uuid4().hex
    found = search(request, who, math.inf)
    found.wait(threading.TIMEOUT_MAX)
    leave_search(request, who)
    return found.result()


def _drawn(request: TargetRequest, source: Model, target: Target) -> Targeted:
    from aegen.targeting import MAX_MISCLASSIFIED, draw

    one_thread()
    strategy: Any = request.strategy
    max_misclassified = 0.0 if request.strict else MAX_MISCLASSIFIED
    found = draw(
        source,
        target,
        request.n,
        rng=request.seed,
        strategy=strategy,
        max_misclassified=max_misclassified,
    )
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


@cached(8)
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
    kind: Any = change.kind
    start: int | FloatArray | list[float] = (
        change.start if isinstance(change.start, int) else list(change.start)
    )
    found = edit(
        bundles.bundle(change.bundle),
        start,
        target_of(change.bundle, change.text),
        kind=kind,
        hold=change.hold,
        reach=change.reach,
    )
    found.probabilities  # noqa: B018 - classified once, here
    found.images  # noqa: B018
    return found
