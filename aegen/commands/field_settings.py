"""``--field NAME=VALUE``: settings of a method, by the fields that it declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.parameters import Parameter

__all__ = ["parsed_fields"]


def parsed_fields(
    parameters: Iterable[Parameter], method: str, settings: Sequence[str]
) -> dict[str, Any]:
    """Values by name from ``NAME=VALUE`` settings of ``method``, checked.

    Raises:
        UnknownName: a field that is not among its ``parameters``.
        InvalidInput: a setting without "=", or a value out of range.
    """
    known = {parameter.name: parameter for parameter in parameters}
    fields = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InvalidInput(f"--field must be NAME=VALUE, got {setting!r}")
        if name not in known:
            raise UnknownName(f"field of {method}", name, known)
        fields[name] = known[name].parse(value, method)
    return fields
