"""JSON of files that others may have written: what aegen can hold and show, and nothing else."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from aegen.core.errors import InvalidInput
from aegen.core.plain_text import unfit

__all__ = ["LONGEST_TEXT", "parse"]

LARGEST = 2**53
"""Whole numbers go so far: beyond, a float no longer holds each of them."""

DEEPEST = 32
"""Lists and objects lie within each other so often at most."""

LONGEST = 1_000_000
"""Entries of one list or object at most."""

LONGEST_TEXT, MOST_SIGNS = 64_000_000, 4_000_000
"""Characters, or bytes, of a whole text at most, and commas and opening brackets in it: each of
these may be a value, and an empty list takes some seventy bytes in memory."""


def parse(content: bytes | str) -> Any:
    """The value of a JSON text.

    Args:
        content: the text, or its bytes in UTF-8.

    Raises:
        InvalidInput: no JSON, bytes that are not UTF-8, a whole number beyond 2**53, a number
            that is not finite, a text with control characters or half a surrogate pair, lists
            within each other more than 32 times or of more than a million entries, more than 64
            million characters, or four million values.

    Example:
        >>> parse('{"a": [1, 2.5, null]}')
        {'a': [1, 2.5, None]}
    """
    if len(content) > LONGEST_TEXT:
        raise InvalidInput(f"has more than {LONGEST_TEXT:,} characters")
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        if sum(map(text.count, ",[{")) > MOST_SIGNS:
            raise InvalidInput(f"holds more than {MOST_SIGNS:,} values")
        value = json.loads(text, parse_int=_whole, parse_float=_real, parse_constant=_constant)
    except UnicodeDecodeError:
        raise InvalidInput("is not text in UTF-8") from None
    except json.JSONDecodeError as problem:
        raise InvalidInput(f"is not whole JSON ({problem})") from None
    except RecursionError:
        raise InvalidInput(_TOO_DEEP) from None
    _require_plain(value)
    return value


_TOO_DEEP = f"holds lists within each other more than {DEEPEST} times"


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:
        raise InvalidInput("holds a whole number beyond 2**53")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidInput("holds a number that is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise InvalidInput(f"holds {name}, which is no JSON number")


def _require_plain(value: Any) -> None:
    """Look at every part of a value, level by level."""
    level, depth = [value], 0
    while level:
        held = [part for part in level if isinstance(part, (list, dict))]
        depth += bool(held)
        if depth > DEEPEST:
            raise InvalidInput(_TOO_DEEP)
        for part in level:
            if isinstance(part, str):
                _require_text(part)
        level = []
        for part in held:
            if len(part) > LONGEST:
                raise InvalidInput(f"holds a list of more than {LONGEST:,} entries")
            level.extend(part)
            if isinstance(part, dict):
                level.extend(part.values())


def _require_text(text: str) -> None:
    sign = unfit(text)
    if "\ud800" <= sign <= "\udfff":
        raise InvalidInput("holds half a surrogate pair, which is no text")
    if sign:
        raise InvalidInput(f"holds the control character U+{ord(sign):04X}")
