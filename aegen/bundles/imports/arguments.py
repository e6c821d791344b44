"""Constructor arguments as people write them in a command: ``name=value``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aegen.core.errors import InvalidInput

__all__ = ["read_arguments"]


def read_arguments(given: Iterable[str]) -> dict[str, Any]:
    """Arguments by name from ``name=value``, where a value is JSON, or else a plain text.

    Raises:
        InvalidInput: no name, a name twice, or a value as Python writes it where JSON differs.

    Example:
        >>> read_arguments(["width=64", "sizes=[8, 16]", "act=relu", "bias=true"])
        {'width': 64, 'sizes': [8, 16], 'act': 'relu', 'bias': True}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise InvalidInput(f"an argument is written name=value, got {text!r}")
        if name in found:
            raise InvalidInput(f"the argument {name!r} is given twice")
        if value in ("True", "False", "None"):
            means = {"True": "true", "False": "false", "None": "null"}[value]
            raise InvalidInput(f"values are JSON: write {name}={means}, not {text}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            if value[:1] in ("[", "{", '"'):
                raise InvalidInput(f"the value of {name} is no whole JSON: {value}") from None
            found[name] = value
    return found
