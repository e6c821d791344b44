"""Texts that pages, terminals and files can hold: what is none, and a line made of one that is.

A lone surrogate is no text that UTF-8 holds; control characters steer a terminal, and signs that
turn the direction of writing make a text read as another one.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["line", "shortened", "spaced", "unfit"]

KEPT = "\t\n\r"
"""Control characters that an ordinary text has."""

JOINT = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_])")
"""What joins two words of a name."""

TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing."""


def unfit(text: str) -> str:
    r"""The first character that no text may hold, or "".

    Example:
        >>> unfit("a\tb"), unfit("a\x1b[31mb")
        ('', '\x1b')
    """
    if text.isprintable():  # as nearly all are; none of the characters looked for is
        return ""
    return next((sign for sign in text if sign not in KEPT and _steers(sign)), "")


def line(text: str, most: int) -> str:
    r"""``text`` in one line of at most ``most`` characters; what it may not hold is escaped.

    Example:
        >>> line("red \x1b[31m\nblue", 40), line("a" * 99, 9)
        ('red \\x1b[31m blue', 'aaa...aaa')
    """
    text = shortened(text, 2 * most)  # before each character is looked at
    if not text.isprintable():
        text = " ".join(text.splitlines())
        text = "".join(_escaped(s) if _steers(s) else s for s in text.replace("\t", " "))
    return shortened(text, most)


def shortened(text: str, most: int) -> str:
    """``text``, where it is longer than ``most`` characters without its middle.

    Example:
        >>> shortened("from the beginning to the end", 13)
        'from...e end'
    """
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[: most - 3 - half].rstrip()}...{text[len(text) - half :]}"


def spaced(name: str) -> str:
    """A name as words: an underscore between letters is a space.

    Example:
        >>> spaced("hair_colour"), spaced("T-shirt"), spaced("img_001")
        ('hair colour', 'T-shirt', 'img_001')
    """
    return JOINT.sub(" ", name)


def _steers(sign: str) -> bool:
    return sign in TURNS or unicodedata.category(sign) in ("Cc", "Cs")


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
