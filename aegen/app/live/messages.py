"""What travels on the live channel: requests as JSON, replies as a header and raw pixels.

A request is ``{"id", "lane", "show": {"ask": KIND, "bundle": NAME, ...}}``. Of several requests
in a lane only the newest is answered. `request` reads one, and refuses whatever is not as it
should be with a reason; the classes below are what can be asked for.

A reply is binary: four bytes with the length of the header (little-endian), the header as JSON
(``id``, ``lane``, ``n``, ``h``, ``w``, ``c`` and more), then n pictures, h w c bytes each. A
refusal is text: ``{"id", "lane", "problem"}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aegen.app import row_selection
from aegen.app.place import Place
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.targets import Edit
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import InvalidInput

__all__ = [
    "LONGEST",
    "MOST",
    "Ask",
    "Between",
    "Codes",
    "Drawn",
    "Edited",
    "Mixture",
    "OnMap",
    "Request",
    "Walked",
    "reply",
    "request",
]

LONGEST = 64 * 1024
"""Bytes of a request at most."""

MOST = 64
"""Pictures of a request at most."""

FURTHEST = 1e6
"""What a number of a request may be at most, away from 0."""


@dataclass(frozen=True)
class Codes:
    """Codes (k, d) as they are; with ``nearest`` as `OnMap`."""

    bundle: str
    codes: FloatArray
    nearest: bool = False


@dataclass(frozen=True)
class OnMap:
    """Points (k, 2) of a projection, in the plane through a row or the mean.

    With ``nearest`` the picture of each one's nearest training row follows all of them.
    """

    bundle: str
    projection: str
    points: FloatArray
    row: int | None = None
    nearest: bool = False


@dataclass(frozen=True)
class Mixture:
    """The mean of a few rows' codes, with weights."""

    bundle: str
    rows: tuple[int, ...]
    weights: FloatArray


@dataclass(frozen=True)
class Walked:
    """A place, moved along directions; ``read`` is what the classifier sees there, alone."""

    place: Place
    read: bool = False

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.place.bundle


@dataclass(frozen=True)
class Between:
    """Points (k, 2), in deviations along two directions (kind, number) from a place."""

    place: Place
    directions: tuple[tuple[str, int], tuple[str, int]]
    points: FloatArray

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.place.bundle


@dataclass(frozen=True)
class Drawn:
    """A draw of at most `MOST` pictures; ``read`` is its copying ratio, alone."""

    spec: SamplerSpec
    n: int
    seed: int
    read: bool = False

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.spec.bundle


@dataclass(frozen=True)
class Edited:
    """Steps of an edit that goes another way along its path than it was asked to."""

    edit: Edit
    to: float
    steps: int = 9

    @property
    def bundle(self) -> str:
        """The bundle's name."""
        return self.edit.bundle


Ask = Codes | OnMap | Mixture | Walked | Between | Drawn | Edited


@dataclass(frozen=True)
class Request:
    """What is asked for, in which lane, under which number; or why it is refused."""

    id: int = -1
    lane: str = ""
    ask: Ask | None = field(default=None, repr=False)
    problem: str = ""


def request(text: str | None) -> Request:
    """The request of a message; one that is refused has its ``problem``.

    Example:
        >>> request('{"id": 1, "lane": "a", "show": {"ask": "codes", "bundle": "b", "codes": 3}}')
        Request(id=1, lane='a', problem='codes must be a list of 1 to 64 lists of numbers')
    """
    number, lane = -1, ""
    try:
        if text is None or len(text) > LONGEST:
            raise InvalidInput(f"a request must be text of at most {LONGEST:,} signs")
        message = _object(_loaded(text), "a request")
        lane = _text(message, "lane", 32)
        number = _whole(message, "id", 2**53)
        show = _object(message.get("show"), "show")
        kind = _text(show, "ask", 32)
        if kind not in READERS:
            raise InvalidInput(f"ask must be one of {', '.join(READERS)}")
        return Request(number, lane, READERS[kind](show))
    except InvalidInput as problem:
        return Request(number, lane, None, str(problem))


def reply(asked: Request, images: ByteArray, said: dict[str, Any]) -> bytes:
    """The message with ``images`` (n, h, w, c) and what else there is to say."""
    n, h, w, c = images.shape
    named = {"id": asked.id, "lane": asked.lane, "n": n, "h": h, "w": w, "c": c, **said}
    header = json.dumps(named).encode()
    return len(header).to_bytes(4, "little") + header + images.tobytes()


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("a request must be JSON") from None


def _codes(show: dict[str, Any]) -> Codes:
    return Codes(_bundle(show), _table(show, "codes"), _flag(show, "nearest"))


def _on_map(show: dict[str, Any]) -> OnMap:
    row = None if show.get("row") is None else _whole(show, "row", 10**9)
    points = _table(show, "points", 2)
    return OnMap(_bundle(show), _text(show, "projection", 64), points, row, _flag(show, "nearest"))


def _mixture(show: dict[str, Any]) -> Mixture:
    rows = _list(show, "rows", MOST)
    numbers = tuple(_whole({"rows": row}, "rows", 10**9) for row in rows)
    weights = _numbers(show.get("weights"), "weights", len(numbers))
    if (weights < 0).any() or not weights.sum() > 0:
        raise InvalidInput("weights must be none negative and not all 0")
    return Mixture(_bundle(show), numbers, weights)


def _walked(show: dict[str, Any]) -> Walked:
    return Walked(_place(show), _flag(show, "read"))


def _between(show: dict[str, Any]) -> Between:
    pair = _list(show, "directions", 2, least=2)
    first, second = (_direction(part) for part in pair)
    return Between(_place(show), (first, second), _table(show, "points", 2))


def _drawn(show: dict[str, Any]) -> Drawn:
    fields = tuple((_word(k), _value(v)) for k, v in _object(show.get("fields"), "fields").items())
    within = _within(show.get("within"))
    spec = SamplerSpec(_bundle(show), _text(show, "sampler", 64), fields, within)
    n, seed = _whole(show, "n", MOST, least=1), _whole(show, "seed", 2**32)
    return Drawn(spec, n, seed, _flag(show, "read"))


def _edited(show: dict[str, Any]) -> Edited:
    start: Any = show.get("start")
    where = (
        tuple(_numbers(start, "start").tolist())
        if isinstance(start, list)
        else _whole(show, "start", 10**9)
    )
    hold = None if show.get("hold") is None else tuple(map(_word, _list(show, "hold", 256)))
    kind, reach = _text(show, "kind", 32), _number(show, "reach")
    edit = Edit(_bundle(show), where, _text(show, "text", 4096), kind, hold, reach)
    return Edited(edit, _number(show, "to"), _whole(show, "steps", MOST, least=2))


READERS: dict[str, Callable[[dict[str, Any]], Ask]] = {
    "codes": _codes,
    "map": _on_map,
    "mixture": _mixture,
    "walk": _walked,
    "between": _between,
    "draw": _drawn,
    "edit": _edited,
}
"""How each kind of request is read."""


def _place(show: dict[str, Any]) -> Place:
    """``row`` or ``uploaded``, and ``moves`` along directions of a ``kind``."""
    row = None if show.get("row") is None else _whole(show, "row", 10**9)
    uploaded = show.get("uploaded")
    code = None if uploaded is None else tuple(_numbers(uploaded, "uploaded").tolist())
    moved = _object(show.get("moves"), "moves")
    moves = []
    for k, distance in moved.items():
        if not (k.isascii() and k.isdigit() and len(k) < 6):
            raise InvalidInput("moves must be distances by the number of a direction")
        moves.append((int(k), _number({"moves": distance}, "moves")))
    along = tuple((k, t) for k, t in sorted(moves) if t)
    return Place(_bundle(show), row, code, _text(show, "kind", 32), along)


def _direction(part: Any) -> tuple[str, int]:
    if not isinstance(part, list) or len(part) != 2:
        raise InvalidInput("directions must be two pairs of kind and number")
    return _word(part[0]), _whole({"direction": part[1]}, "direction", 10**5)


def _within(text: Any) -> row_selection.Selection | None:
    if text is None or text == "":
        return None
    try:
        return row_selection.parse(_word(text, 8192))
    except ValueError as problem:
        raise InvalidInput(f"within: {problem}") from None


def _bundle(show: dict[str, Any]) -> str:
    return _text(show, "bundle", 256)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{name} must be an object")
    return value


def _text(show: dict[str, Any], name: str, longest: int) -> str:
    value = show.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidInput(f"{name} must be text of at most {longest:,} signs")
    return value


def _word(value: Any, longest: int = 256) -> str:
    return _text({"a name": value}, "a name", longest)


def _flag(show: dict[str, Any], name: str) -> bool:
    value = show.get(name, False)
    if not isinstance(value, bool):
        raise InvalidInput(f"{name} must be true or false")
    return value


def _whole(show: dict[str, Any], name: str, most: int, *, least: int = 0) -> int:
    value = show.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(f"{name} must be a whole number from {least} to {most}")
    return value


def _number(show: dict[str, Any], name: str) -> float:
    value: Any = show.get(name)
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or not -FURTHEST <= value <= FURTHEST:  # as NaN is not, either
        raise InvalidInput(f"{name} must be a number from -{FURTHEST:g} to {FURTHEST:g}")
    return float(value)


def _value(value: Any) -> Any:
    """The value of a field of a latent model, which it checks itself."""
    if value is None or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) else _word(value)
    number = _number({"a field": value}, "a field")
    return value if isinstance(value, int) else number


def _list(show: dict[str, Any], name: str, most: int, *, least: int = 1) -> list[Any]:
    value = show.get(name)
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise InvalidInput(f"{name} must be a list of {least} to {most}")
    return value


def _numbers(value: Any, name: str, count: int | None = None) -> FloatArray:
    wrong = not isinstance(value, list) or not value or count not in (None, len(value))
    if wrong:
        raise InvalidInput(f"{name} must be a list of {count or 'some'} numbers")
    return np.array([_number({name: part}, name) for part in value])


def _table(show: dict[str, Any], name: str, columns: int | None = None) -> FloatArray:
    """1 to `MOST` lists of as many numbers, (k, columns)."""
    value: Any = show.get(name)
    rows = isinstance(value, list) and 1 <= len(value) <= MOST
    if not rows or not all(isinstance(row, list) for row in value):
        raise InvalidInput(f"{name} must be a list of 1 to {MOST} lists of numbers")
    width = columns or len(value[0])
    return np.stack([_numbers(row, name, width) for row in value])
