"""Bundles that people make of their own networks: tried on some rows by a job, made by another.

A bundle is made where `aegen.bundles.own_folder` says, so that it is found by its name. A creation
that was stopped leaves what it computed in a hidden folder beside that place, and goes on from it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.app.jobs import process
from aegen.app.jobs.create_bundle import convention
from aegen.app.jobs.job import Job
from aegen.app.server.sharing import sharing
from aegen.core.errors import InvalidInput
from aegen.core.storage import remove_folder
from aegen.core.temporaries import sweep

if TYPE_CHECKING:
    from aegen.bundles import Convention

__all__ = [
    "KINDS",
    "CreationConfig",
    "Inspection",
    "Option",
    "Refusal",
    "Sources",
    "creation_job",
    "discard",
    "free_name",
    "inspection_job",
    "place_of",
    "require_free",
    "running",
    "stamped",
    "start_creation",
    "unfinished",
]

INSPECT = "aegen.app.jobs.create_bundle:inspect"
CREATE = "aegen.app.jobs.create_bundle:create"

KINDS = ("image", "series", "table", "codes")
"""What data may be."""


@dataclass(frozen=True)
class Sources:
    """What a bundle is made of: paths of files, "" where there is none.

    ``kind`` is one of `KINDS`, or "" where it is to be found out.
    """

    data: str
    encoder: str = ""
    decoder: str = ""
    attributes: str = ""
    titles: str = ""
    kind: str = ""

    @property
    def files(self) -> dict[str, str | None]:
        """As a job gets them."""
        fields = ("encoder", "decoder", "data", "attributes", "titles")
        return {field: getattr(self, field) or None for field in fields}


@dataclass(frozen=True)
class Option:
    """A convention at either end that may be meant, None where there is nothing to choose.

    ``error`` is the mean squared error of a pixel of [0, 1], or of a number as a share of the
    numbers' variance; None where there is nothing to compare with. ``strip`` is a WebP image of
    what came back, b"" where nothing did.
    """

    taken: Convention | None
    given: Convention | None
    error: float | None
    strip: bytes


@dataclass(frozen=True)
class Inspection:
    """What was found out on some rows.

    Attributes:
        kind: of the data.
        rows: how many there are, those held out among them.
        held_out: how many of them are held out.
        row: what a row is, in words.
        code_shape: shape of a code.
        reduced: whether models will work on principal components.
        attributes: their names.
        licence: of the data.
        notes: what was decided and left out, a sentence each.
        seconds: that encoding and decoding all rows will take.
        originals: a strip of some rows, WebP; b"" where there are codes and a decoder.
        options: conventions that may be meant; empty where there is no network to ask.
        suggested: the place of the one that is taken if nobody says otherwise.
        doubt: what speaks against the suggested one, or "".
    """

    kind: str
    rows: int
    held_out: int
    row: str
    code_shape: tuple[int, ...]
    reduced: bool
    attributes: tuple[str, ...]
    licence: str
    notes: tuple[str, ...]
    seconds: float
    originals: bytes
    options: tuple[Option, ...]
    suggested: int
    doubt: str


@dataclass(frozen=True)
class Refusal:
    """Which file cannot be used, and why; ``field`` is "" where they do not fit together."""

    field: str
    problem: str


@dataclass(frozen=True)
class CreationConfig:
    """A bundle as a person asks for it; of the texts "" stands for what the library says."""

    sources: Sources
    kind: str
    taken: Convention | None
    given: Convention | None
    name: str
    title: str = ""
    description: str = ""
    licence: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """What was typed, by its name in `aegen.bundles.create`."""
        found = {field: getattr(self, field) for field in ("title", "description", "licence")}
        return {field: text for field, text in found.items() if text}


# tried


def inspection_job(sources: Sources) -> Job:
    """The job that tries them on some rows, begun if need be; gives an `Inspection` or `Refusal`.

    A file that is replaced by another one of its name is tried anew.
    """

    def prepare() -> process.Plan:
        return {"files": sources.files, "kind": sources.kind}, _inspection

    return process.begin(("inspect", *stamped(sources)), INSPECT, prepare, title="Trying networks")


def stamped(sources: Sources) -> tuple[Sources, tuple[tuple[int, int], ...]]:
    """The files, and when each was written and how large it is."""
    return sources, tuple(_stamp(file) for file in sources.files.values())


def _stamp(file: str | None) -> tuple[int, int]:
    try:
        about = Path(file or "").stat()
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


def _inspection(said: Mapping[str, Any] | None) -> Inspection | Refusal | None:
    if said is None:
        return None
    if "problem" in said:
        return Refusal(said["field"], said["problem"])
    options = tuple(
        Option(
            _convention(each["taken"]),
            _convention(each["given"]),
            each["error"],
            _bytes(each["strip"]),
        )
        for each in said["options"]
    )
    lists = {key: tuple(said[key]) for key in ("code_shape", "attributes", "notes")}
    pictures = {"originals": _bytes(said["originals"]), "options": options}
    return Inspection(**{**said, **lists, **pictures})


def _convention(fields: Mapping[str, Any] | None) -> Convention | None:
    return None if fields is None else convention(fields)


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


# where


def place_of(name: str) -> Path:
    """The folder of a bundle to be made.

    Raises:
        InvalidInput: what cannot be a bundle's name.
    """
    from aegen.bundles import own_folder
    from aegen.bundles.manifest import NAME

    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"a bundle's name has up to 64 small letters, digits and dashes, got {name!r}"
        )
    return own_folder() / name


def free_name(data: str) -> str:
    """A name for a bundle of this data that no bundle has."""
    from aegen.bundles import bundles

    stem = re.sub(r"[^a-z0-9]+", "-", Path(data).stem.lower()).strip("-")[:48].strip("-")
    taken = set(bundles())
    name, number = stem or "mine", 2
    while name in taken:
        name, number = f"{stem or 'mine'}-{number}", number + 1
    return name


def require_free(name: str) -> None:
    """Refuse the name of a bundle that is there, or that another visitor is making.

    Raises:
        InvalidInput: there is one.
    """
    from aegen.bundles import bundles

    if not _is_theirs(name):
        raise InvalidInput(f"another visitor began a bundle named {name}: give another name")

    if name in bundles() or place_of(name).exists():
        raise InvalidInput(f"there is a bundle named {name} already: give another name")


def _is_theirs(name: str) -> bool:
    """Whether a creation of this name, if there is one, is for who asks now to go on with."""
    job = creation_job(name)
    if job is None:
        return not (unfinished(name) and sharing().shared)
    return job.is_theirs() or (job.over and not unfinished(name))


def unfinished(name: str) -> bool:
    """Whether a creation of this name was stopped, and what it computed is there still."""
    return _chunks(place_of(name)).is_dir()


def _chunks(place: Path) -> Path:
    return place.with_name(f".{place.name}.unfinished")


# made


def creation_job(name: str) -> Job | None:
    """The job that makes the bundle of this name, or did."""
    return process.find(("create", str(place_of(name))))


def running() -> str:
    """The name of a bundle that is being made here; "" where none is."""
    for job in process.known():
        if job.over or not job.is_theirs():
            continue
        if isinstance(job.key, tuple) and job.key[0] == "create":
            return Path(job.key[1]).name
    return ""


def start_creation(order: CreationConfig, kept: object = None) -> Job:
    """Begin, or go on; it goes on when nobody watches, and keeps the object ``kept`` alive.

    Raises:
        InvalidInput: another visitor is making a bundle of this name.
    """
    require_free(order.name)
    old, place = creation_job(order.name), place_of(order.name)
    if old is not None:
        old.forget()

    def prepare() -> process.Plan:
        arguments = {
            "files": order.sources.files,
            "kind": order.kind,
            "taken": _fields(order.taken),
            "given": _fields(order.given),
            "name": order.name,
            "texts": order.texts,
            "out": str(place),
        }
        held = [kept]

        def finish(said: Any) -> CreationConfig | None:
            held.clear()
            if said is None:
                sweep(place.parent)  # what the process that was ended had half written
                return None
            return order

        return arguments, finish

    title = f"Making the bundle {order.name}"
    return process.begin(("create", str(place)), CREATE, prepare, goes_on=True, title=title)


def _fields(convention: Convention | None) -> dict[str, Any] | None:
    return None if convention is None else asdict(convention)


def discard(name: str) -> None:
    """Remove what a creation that was stopped has left, unless it is another visitor's."""
    if _is_theirs(name):
        remove_folder(_chunks(place_of(name)))
