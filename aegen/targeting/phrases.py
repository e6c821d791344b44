"""Values as people call them: "orange hair", "a beard", "front"; no sign, no attribute needed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from aegen.core.errors import LONGEST, InvalidInput
from aegen.core.plain_text import shortened
from aegen.targeting.conditions import formatting

if TYPE_CHECKING:
    from aegen.targeting.attribute_models import AttributeModels

__all__ = ["value_called"]

FILLERS = ("a", "an", "the", "with", "has", "have", "having", "in", "from", "wearing")
"""Words that may stand before a value and say nothing."""

LISTED = 8
"""Values of an attribute that are named where none is found."""


def value_called(known: AttributeModels, phrase: str) -> tuple[str, str]:
    """The attribute and the value that a phrase stands for.

    A value, its title, either beside its attribute; of a binary attribute also the attribute
    itself, and "no" before it.

    Raises:
        InvalidInput: no value is called so, or several are; the sentence says which there are.
    """
    words = phrase.casefold().split()
    while len(words) > 1 and words[0] in FILLERS:
        words = words[1:]
    said, names = " ".join(words), _names(known)
    found = names.get(said, [])
    if len(found) == 1:
        return found[0]
    given = shortened(phrase, 40)
    if found:
        ways = " or ".join(f"{known.title(name)} is {said}" for name, _ in found[:4])
        raise InvalidInput(f"{given!r} may be several things: write for instance {ways}")
    close = _near(said, names)
    numbers = {known.title(name).casefold(): name for name in known.numbers()}
    if not close and (number := _near(said, numbers)):
        some = np.nanquantile(known.labels(numbers[number[0]]).rows, 0.8)
        asked = f"{formatting.name(number[0])} > {some:.2g}"
        raise InvalidInput(f"{number[0]} is a number: write for instance {asked}")
    hint = f"; did you mean {close[0]!r}?" if close else ";"
    begun = f"nothing here is called {given!r}{hint} {'T' if close else 't'}here are: "
    raise InvalidInput(begun + _listing(known, LONGEST - len(begun)))


def _near(said: str, names: Iterable[str]) -> list[str]:
    """Names that are spelled nearly as what was said, or have a word that is."""
    listed = list(names)
    words = {word: name for name in listed for word in name.split()}
    close = difflib.get_close_matches(said, listed)
    return close or [words[word] for word in difflib.get_close_matches(said, words, cutoff=0.7)]


def _names(known: AttributeModels) -> dict[str, list[tuple[str, str]]]:
    """What each value may be called, in small letters, and the values that are."""
    found: dict[str, list[tuple[str, str]]] = {}
    for attribute in known.factors():
        own = {attribute.casefold(), known.title(attribute).casefold()}
        binary = known.labels(attribute).kind == "binary"
        for value in known.labels(attribute).values:
            called = {value.casefold(), known.title(attribute, value).casefold()}
            names = called | {f"{a} {b}" for a in called for b in own}
            names |= {f"{b} {a}" for a in called for b in own}
            if binary:
                names |= own if value == "yes" else {f"without {name}" for name in own}
            for name in names:
                found.setdefault(name, []).append((attribute, value))
    return found


def _listing(known: AttributeModels, most: int) -> str:
    """Attributes with their values in brackets, as far as there is room."""
    parts: list[str] = []
    for attribute in known.factors():
        values = [known.title(attribute, value) for value in known.labels(attribute).values]
        more = ", ..." if len(values) > LISTED else ""
        parts.append(f"{known.title(attribute)} ({', '.join(values[:LISTED])}{more})")
        if len(", ".join(parts)) > most - 5:
            return ", ".join([*parts[:-1], "..."])
    return ", ".join(parts) or "no attributes"
