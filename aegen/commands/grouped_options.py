"""Options that several commands share, declared once as the fields of a dataclass."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints

__all__ = ["grouped_options"]

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def grouped_options(group: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each field of a dataclass; they reach it as ``options``.

    Args:
        group: whose fields are annotated as typer's parameters are, each with a default.
    """
    declared, hints = fields(group), get_type_hints(group, include_extras=True)
    options = [
        inspect.Parameter(f.name, KEYWORD, default=f.default, annotation=hints[f.name])
        for f in declared
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for name, p in signature.parameters.items() if name != "options"]
        first = [p for p in own if p.kind is not KEYWORD]

        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            found = group(**{f.name: given.pop(f.name) for f in declared})
            command(**given, options=found)

        wrapper.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*first, *(p for p in own if p.kind is KEYWORD), *options]
        )
        return wrapper

    return decorate
