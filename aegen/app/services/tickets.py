"""Tickets as the app has them open: shipped ones by name, others by a hash of their content.

A ticket that was uploaded, or trained here, lies in the app's own folder on disk under the name
``~`` and a part of that hash, so a link to it works on this computer.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.components.mask_map import Packed, pack
from aegen.app.server.sharing import sharing
from aegen.app.services.cache import Stamp, cached, once
from aegen.core.errors import AegenError, UnknownName
from aegen.core.storage import is_file

if TYPE_CHECKING:
    from aegen.supermask.counts import Counts
    from aegen.supermask.plan import Plan
    from aegen.supermask.ticket.ticket import Ticket
    from aegen.supermask.training.history import History

__all__ = [
    "about",
    "add_ticket",
    "architecture",
    "counts",
    "few_weights",
    "frames",
    "history",
    "history_problem",
    "masks_at",
    "network_and_size",
    "packed",
    "places",
    "plan",
    "shipped_tickets",
    "ticket",
    "ticket_bytes",
    "ticket_file",
    "ticket_name",
    "ticket_names",
    "ticket_stamp",
    "ticket_title",
    "total",
]


@dataclass(frozen=True)
class FewWeights:
    """A few weights of a ``unit``: of which inputs, as they were drawn, and their mask."""

    unit: int
    inputs: tuple[int, ...]
    weights: tuple[float, ...]
    mask: tuple[int, ...]


OWN = re.compile(r"~[0-9a-f]{16}")
"""Names of tickets that were uploaded or trained here."""

MOST_OWN = 64

_given: dict[tuple[str, str | None, str], AegenError | None] = {}
"""What is wrong with files that were given, by their hashes: a rerun gives them again."""

ANOTHER = "is that of another ticket, or of another epoch"


def shipped_tickets() -> list[str]:
    """Names of the tickets that can be opened by name, the ones that people should see first."""
    return sorted(_files(), key=lambda name: (name != "fcn-mnist", name))


def _files() -> dict[str, Path]:
    """Where those lie, by name."""
    from aegen.supermask.ticket.discovery import ticket_files

    return once("tickets", ticket_files)


def ticket_names(*others: str) -> list[str]:
    """All names to choose from: the shipped ones, and of ``others`` those that are there."""
    own = [name for name in dict.fromkeys(others) if OWN.fullmatch(name) and is_file(_own(name))]
    return [*shipped_tickets(), *own]


def ticket_file(name: str) -> Path:
    """Where a ticket lies.

    Raises:
        UnknownName: there is none of this name.
    """
    if OWN.fullmatch(name) and is_file(_own(name)):
        return _own(name)
    if name not in _files():
        raise UnknownName("ticket", name, shipped_tickets())
    return _files()[name]


def add_ticket(content: bytes, history: bytes | None = None, *, file: str = "the file") -> str:
    """Store the content of a ticket file, and perhaps of its history; gives the ticket's name.

    The same content is looked at once, however often it is given. Errors call it ``file``.

    Raises:
        TicketError: it is no whole ticket.
        AegenError: the history is damaged, or another ticket's.
    """
    from aegen.core.storage import make_folder, write_bytes

    name = "~" + hashlib.sha256(content).hexdigest()[:16]
    given = name, None if history is None else hashlib.sha256(history).hexdigest(), file
    fresh = given not in _given
    if fresh:
        while len(_given) >= MOST_OWN:
            _given.pop(next(iter(_given)), None)
        _given[given] = _problem(content, history, file)
    problem = _given[given]
    if problem is not None:
        raise problem.with_traceback(None)
    if fresh or not is_file(_own(name)):
        make_folder(_folder())
        if history is not None:
            write_bytes(_own(name).with_suffix(".history"), history)
        write_bytes(_own(name), content)
        _make_room()
    return name


def _problem(content: bytes, history: bytes | None, file: str) -> AegenError | None:
    """Why a ticket, or its history, cannot be used; None where they can."""
    from aegen.supermask.ticket.ticket import Ticket

    try:
        opened = Ticket.from_bytes(content, file)
        if history is not None:
            _require_history(history, opened)
    except AegenError as problem:
        return problem
    return None


def _require_history(content: bytes, ticket: Ticket) -> None:
    """Raises where these bytes are not the history of the ticket."""
    from aegen.supermask.training.history import History

    found = History.from_bytes(content, "the history file")
    if not _fits(found, ticket):
        raise AegenError(f"the history file {ANOTHER}: give the one saved with this ticket")


def _folder() -> Path:
    from aegen.app.services import disk_cache

    return disk_cache.folder().parent / "tickets"


def _own(name: str) -> Path:
    return _folder() / f"{name[1:]}.ticket"


def _make_room() -> None:
    """The oldest of those that were uploaded or trained here go."""
    from aegen.app.services import disk_cache

    files = sorted(_folder().glob("[!.]*.ticket"), key=disk_cache.used)
    for file in files[:-MOST_OWN]:
        file.unlink(missing_ok=True)
        file.with_suffix(".history").unlink(missing_ok=True)


def _megabytes() -> int:
    return sharing().ticket_megabytes


def ticket_stamp(name: str) -> Stamp:
    """Which file a ticket is, and when it and its history were written."""
    return once(f"ticket {name}", lambda: _stamp(name))


def _stamp(name: str) -> Stamp:
    file = ticket_file(name)
    written = [part.stat() for part in (file, file.with_suffix(".history")) if is_file(part)]
    newest = max((about.st_mtime_ns for about in written), default=0)
    return str(file), newest, sum(about.st_size for about in written)


@cached(64, of=ticket_stamp, megabytes=_megabytes)
def ticket(name: str) -> Ticket:
    """The ticket of this name, opened once for everyone.

    Raises:
        TicketError: it cannot be used.
    """
    from aegen.supermask.ticket.ticket import Ticket

    return Ticket.read(ticket_file(name))


def ticket_name(name: str, file: str = "") -> str:
    """A ticket's title, with what tells it apart where others have the same.

    Lists show titles only. One of a person's own may have any title: it has the name of the
    ``file`` that was brought, or else the first signs of its own name.
    """
    title = ticket_title(name)
    if name.startswith("~"):
        return f"{title} ({file or name[1:5]})"
    alike = once("titles", lambda: Counter(map(ticket_title, shipped_tickets())))[title] > 1
    return f"{title} ({name})" if alike else title


def ticket_title(name: str) -> str:
    """What a ticket calls itself."""
    try:
        title = about(name).get("title")
    except AegenError:
        return f"{name} (cannot be read)"
    if isinstance(title, str) and title:
        return title
    return "Your ticket" if name.startswith("~") else name


@cached(512, of=ticket_stamp)
def about(name: str) -> Mapping[str, Any]:
    """What a ticket says of itself, read without its masks, which take longer.

    Raises:
        TicketError: it cannot be read.
    """
    from aegen.supermask.ticket.ticket import read_about

    return read_about(ticket_file(name))


def ticket_bytes(name: str) -> int:
    """How long its file is."""
    return ticket_file(name).stat().st_size


@cached(512, of=ticket_stamp)
def total(name: str) -> Counts:
    """What all layers of a ticket together keep, invert and drop."""
    return ticket(name).total


def plan(name: str) -> Plan | None:
    """The network, or None where the ticket neither names nor describes one."""
    opened = ticket(name)
    return opened.plan if opened.has_plan else None


@cached(512, of=ticket_stamp)
def network_and_size(name: str) -> tuple[str, str]:
    """The network's name, and how it differs from the paper's of that name; "" where it does not.

    Both are "" where the ticket names none.
    """
    from aegen.supermask.networks import networks

    opened = ticket(name)
    if opened.network is None:
        return "", ""
    usual = networks.create(opened.network).arguments
    own = opened.plan.arguments
    width, hidden = own.get("width", 1), own.get("hidden")
    if width != usual.get("width", 1):
        return opened.network, f"\u00d7 {width:g}"
    return opened.network, "" if hidden == usual.get("hidden") else str(hidden)


@cached(32, of=ticket_stamp)
def places(name: str) -> dict[str, tuple[int, int, int]]:
    """Of each dense layer whose inputs come from a picture, that picture's (c, h, w)."""
    from aegen.supermask.plan import Dense, Flatten, output_shape

    network = plan(name)
    if network is None:
        return _described_places(name)
    found, shape, picture = {}, tuple(network.input_shape), None
    for step in network.steps:
        if isinstance(step, Flatten) and len(shape) == 3 and shape[1] * shape[2] > 1:
            picture = shape
        elif isinstance(step, Dense):
            if picture is not None:
                found[step.name] = (picture[0], picture[1], picture[2])
            picture = None
        shape = tuple(output_shape((step,), shape))
    return found


def architecture(name: str) -> tuple[str, tuple[int, int, int]] | None:
    """Name and input shape (c, h, w) of a network that the ticket only describes, if it does."""
    described = ticket(name).about.get("architecture")
    arguments = described.get("arguments") if isinstance(described, dict) else None
    if not isinstance(described, dict) or not isinstance(arguments, dict):
        return None
    c, size = arguments.get("channels"), arguments.get("size")
    if type(c) is not int or type(size) is not int:
        return None
    return str(described.get("name")), (c, size, size)


def _described_places(name: str) -> dict[str, tuple[int, int, int]]:
    """The same of a network without a plan: the first layer, if it reads the picture it names."""
    layer, shape = next(iter(ticket(name).layers.items()))
    known = architecture(name)
    if known is None or shape[1:] != (math.prod(known[1]),) or known[1][1] < 2:
        return {}
    return {layer: known[1]}


@cached(8, of=ticket_stamp, megabytes=_megabytes)
def _history(name: str) -> tuple[History | None, str]:
    from aegen.supermask.training.history import History

    file = ticket_file(name).with_suffix(".history")
    if not is_file(file):
        return None, "no history of its training lies beside this ticket"
    try:
        found = History.read(file)
    except AegenError as problem:
        return None, f"the history of its training cannot be used: {problem}"
    if not _fits(found, ticket(name)):
        return None, f"the history beside it {ANOTHER}"
    return found, ""


def _fits(history: History, ticket: Ticket) -> bool:
    """Whether a training ended with the ticket's masks, as far as their counts tell."""
    counts = [[each.keep, each.invert, each.drop] for each in ticket.counts.values()]
    same = {layer: tuple(shape) for layer, shape in ticket.layers.items()} == history.layers
    return same and bool(history.records) and history.counts[-1].tolist() == counts


def history(name: str) -> History | None:
    """How a ticket was trained, where that is known and fits the ticket."""
    return _history(name)[0]


def history_problem(name: str) -> str:
    """Why there is no history, in a sentence without its capital; "" where there is one."""
    return _history(name)[1]


@cached(24, of=ticket_stamp, megabytes=_megabytes)
def masks_at(name: str, epoch: int | None) -> dict[str, Any]:
    """The masks by layer after an epoch, or those of the ticket where it is None."""
    known = history(name)
    if epoch is None or known is None:
        return dict(ticket(name).masks)
    return dict(known.masks(epoch))


@cached(32, of=ticket_stamp)
def counts(name: str, epoch: int | None = None) -> dict[str, tuple[int, int, int]]:
    """Kept, inverted and dropped weights of each layer, as the library reports them."""
    known = history(name)
    if epoch is None or known is None:
        found = ticket(name).counts
        return {layer: (each.keep, each.invert, each.drop) for layer, each in found.items()}
    step = [int(record["epoch"]) for record in known.records].index(epoch)
    keep_invert_drop = known.counts[step].tolist()
    return {
        layer: (int(k), int(i), int(d))
        for layer, (k, i, d) in zip(known.layers, keep_invert_drop, strict=True)
    }


@cached(32, of=ticket_stamp)
def few_weights(name: str, layer: str, most: int = 10) -> FewWeights:
    """Some weights of the unit that has most left: kept, inverted and dropped ones."""
    opened = ticket(name)
    mask = opened.masks[layer].reshape(len(opened.masks[layer]), -1)
    unit = int((mask != 0).sum(axis=1).argmax())
    groups = [np.flatnonzero(mask[unit] == state) for state in (1, -1, 0)]
    spread = [
        group[np.linspace(0, len(group) - 1, most).round().astype(int)]
        for group in groups
        if len(group)
    ]
    turns = [int(place) for each in zip(*spread, strict=True) for place in each]
    places = sorted(list(dict.fromkeys(turns))[:most])
    weights = opened.frozen(layer).reshape(mask.shape)[unit]
    return FewWeights(
        unit,
        tuple(places),
        tuple(float(weights[place]) for place in places),
        tuple(int(mask[unit, place]) for place in places),
    )


@cached(64, of=ticket_stamp)
def packed(name: str, layer: str, epoch: int | None) -> Packed:
    """A layer's mask as it travels to the browser."""
    return pack(masks_at(name, epoch)[layer])


@cached(6, of=ticket_stamp, megabytes=_megabytes)
def frames(name: str, layer: str) -> tuple[Packed, ...]:
    """A layer's masks of all epochs that are stored."""
    known = history(name)
    return () if known is None else tuple(pack(known.masks(e)[layer]) for e in known.epochs)
