"""Numbers, names and values as they stand in the text of a target."""

from __future__ import annotations

import re

__all__ = ["RESERVED", "name", "number", "percent", "quoted", "value"]

RESERVED = ("and", "or", "not", "inside", "near", "probability", "density", "anything")

_PLAIN = re.compile(r"[^\s()\"'=<>!,]+")


def number(x: float) -> str:
    """The shortest text that reads back as ``x``.

    Example:
        >>> number(0.5), number(3.0), number(1 / 3)
        ('0.5', '3', '0.3333333333333333')
    """
    short = f"{x:.6g}"
    return short if float(short) == x else repr(float(x))


def percent(share: float) -> str:
    """A share as percents where that reads back as the same number, else as it is.

    Example:
        >>> percent(0.2), percent(0.1234567891)
        ('20%', '0.1234567891')
    """
    short = f"{100 * share:.6g}"
    return f"{short}%" if float(short) / 100 == share else number(share)


def name(text: str) -> str:
    """An attribute's name, in quotes where it could be taken for something else.

    Example:
        >>> name("hair"), name("hair colour"), name("z3")
        ('hair', '"hair colour"', '"z3"')
    """
    plain = _PLAIN.fullmatch(text) and text not in RESERVED and not re.fullmatch(r"z\d+", text)
    return text if plain else quoted(text)


def value(text: str) -> str:
    """A value, in quotes where its words could be taken for something else.

    Example:
        >>> value("7"), value("Ankle boot"), value("this and that"), value("a..b")
        ('7', 'Ankle boot', '"this and that"', '"a..b"')
    """
    words = text.split(" ")
    plain = all(_PLAIN.fullmatch(word) and word not in RESERVED for word in words)
    return text if plain and ".." not in text else quoted(text)


def quoted(text: str) -> str:
    r"""``text`` in double quotes.

    Example:
        >>> quoted('a "b"')
        '"a \\"b\\""'
    """
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'
