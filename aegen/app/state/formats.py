"""Values as a link's text, and back: a reader raises ValueError where a text stands for none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from aegen.core.errors import AegenError

__all__ = [
    "HIGHEST_SEED",
    "NONE",
    "models",
    "models_text",
    "moves",
    "moves_text",
    "names",
    "names_text",
    "number",
    "numbers",
    "numbers_text",
    "pair",
    "path",
    "path_text",
    "point",
    "sizes",
    "target",
    "target_text",
    "view",
    "whole",
    "wholes",
    "yes_no",
    "yes_no_text",
]

NONE = "none"
"""Stands for an empty list in a link, which absence would not."""

HIGHEST_SEED = 2**31 - 1

MOST_NAMES = 200
"""Names of a list in a link."""

LONGEST_TARGET = 4000
"""Characters of a target's text that a link holds."""


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from ``low`` to ``high``.

    Example:
        >>> whole(0, 10)("7")
        7
    """

    def read(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= 20
        if not digits or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low:,} to {high:,} is needed")
        return int(text)

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """Reads a number from ``low`` to ``high``."""

    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g} is needed")
        return value

    return read


def yes_no(text: str) -> bool:
    """Reads "yes" or "no"."""
    if text not in ("yes", "no"):
        raise ValueError("yes or no is needed")
    return text == "yes"


def yes_no_text(value: bool) -> str:
    """Writes "yes" or "no"."""
    return "yes" if value else "no"


def pair(text: str) -> tuple[int, int]:
    """Reads two axes counted from 0: "0,3"."""
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("two axes such as 0,1 are needed")
    read = whole(0, 4095)
    return read(parts[0]), read(parts[1])


def wholes(text: str) -> tuple[int, ...]:
    """Reads up to a dozen whole numbers below a million: "0,3,12"."""
    parts = text.split(",") if text else []
    if len(parts) > 12:
        raise ValueError("at most 12 whole numbers are needed")
    return tuple(whole(0, 10**6)(part) for part in parts)


def numbers(text: str) -> tuple[float, ...]:
    """Reads finite numbers: "0.5,-1.25"."""
    found = tuple(float(part) for part in text.split(","))
    if not all(map(math.isfinite, found)):
        raise ValueError("finite numbers are needed")
    return found


def numbers_text(values: Iterable[float] | None, digits: int = 6) -> str:
    """Writes numbers with so many significant digits."""
    return ",".join(f"{value:.{digits}g}" for value in values or ())


def point(furthest: float) -> Callable[[str], tuple[float, float]]:
    """Reads two numbers, at most ``furthest`` away from 0.

    Example:
        >>> point(3.0)("0.5,-1")
        (0.5, -1.0)
    """

    def read(text: str) -> tuple[float, float]:
        found = numbers(text)
        if len(found) != 2 or max(map(abs, found)) > furthest:
            raise ValueError(f"two numbers from -{furthest:g} to {furthest:g} are needed")
        return found[0], found[1]

    return read


def path(text: str) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Reads a line drawn on a map: its projection, and 2 to 64 points: "pca~0,1~2,3"."""
    projection, *parts = text.split("~")
    points = tuple(numbers(part) for part in parts)
    if not 2 <= len(points) <= 64 or any(len(point) != 2 for point in points):
        raise ValueError("a path needs 2 to 64 points x,y")
    return projection, tuple((x, y) for x, y in points)


def path_text(value: tuple[str, tuple[tuple[float, float], ...]] | None) -> str:
    """Writes such a line."""
    return "~".join([value[0], *(numbers_text(point) for point in value[1])]) if value else ""


def view(text: str) -> tuple[float, float, float]:
    """Reads where a map looks: its middle as shares, and how much larger than the whole."""
    found = numbers(text)
    if len(found) != 3 or found[2] <= 0:
        raise ValueError("three numbers such as 0.5,0.5,1 are needed")
    return found[0], found[1], found[2]


def sizes(text: str) -> str:
    """Checks the sizes of hidden layers: "300-100"."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}(-[1-9][0-9]{0,3}){0,4}", text):
        raise ValueError("one to five sizes below 10,000 with dashes between, such as 300-100")
    return text


def names(text: str) -> tuple[str, ...]:
    """Reads names, each once: "hair,body"; "none" is none of them."""
    found = dict.fromkeys(unquote(part) for part in text.split(",") if part)
    if len(found) > MOST_NAMES:
        raise ValueError(f"at most {MOST_NAMES} names are needed")
    return () if text == NONE else tuple(found)


def names_text(value: tuple[str, ...] | None) -> str:
    """Writes names; signs that mean something in such a list are escaped."""
    escaped = ",".join(name.replace("%", "%25").replace(",", "%2C") for name in value or ())
    return escaped.replace("n", "%6E", 1) if escaped == NONE else escaped or NONE


def models(text: str) -> tuple[str, ...]:
    """Reads latent models with their fields: "gaussian,kde:bandwidth=0.2"."""
    if text == NONE:
        return ()
    from aegen.app.services.comparisons import read_models

    try:
        return read_models(text)
    except AegenError as problem:
        raise ValueError(str(problem)) from problem


def models_text(value: tuple[str, ...] | None) -> str:
    """Writes latent models."""
    return ",".join(value or ()) or NONE


def moves(furthest: float) -> Callable[[str], tuple[tuple[int, float], ...]]:
    """Reads moves along directions counted from 1 in links, "1:0.5,4:-2", as counted from 0."""

    def read(text: str) -> tuple[tuple[int, float], ...]:
        found = {}
        for part in text.split(","):
            k, sign, distance = part.partition(":")
            if not sign or not abs(float(distance)) <= furthest:
                raise ValueError(
                    f"direction:distance from -{furthest:g} to {furthest:g} is needed"
                )
            found[whole(1, 4096)(k) - 1] = round(float(distance), 1)
        return tuple((k, distance) for k, distance in sorted(found.items()) if distance)

    return read


def moves_text(value: tuple[tuple[int, float], ...]) -> str:
    """Writes moves."""
    return ",".join(f"{k + 1}:{distance:g}" for k, distance in value)


def target(text: str) -> str:
    """Reads a target, such as "class=7 and not density<20%"; gives its text as it is written."""
    from aegen.targeting import parse

    try:
        return str(parse(text))
    except AegenError as problem:
        raise ValueError(str(problem)) from problem


def target_text(value: str) -> str:
    """Writes a target; "" where it is too long for a link."""
    return value if len(value) <= LONGEST_TARGET else ""
