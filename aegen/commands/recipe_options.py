"""The settings of a recipe as options of a command, with the help and ranges that it declares."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from aegen.core.parameters import AUTO, Parameter, parameters

__all__ = ["recipe_options"]

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def recipe_options(
    recipe: type, default: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each setting that it does not name itself.

    What was typed reaches it, checked, as ``settings``: values by name.

    Args:
        recipe: whose fields declare the settings.
        default: what holds where nothing is typed; by default the recipe's own default.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for name, p in signature.parameters.items() if name != "settings"]
        known = {p.name: p for p in parameters(recipe) if p.name not in signature.parameters}

        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            typed = {name: given.pop(name) for name in known}
            settings = {
                name: known[name].parse(text, recipe.__name__)
                for name, text in typed.items()
                if text is not None
            }
            command(**given, settings=settings)

        options = [
            inspect.Parameter(name, KEYWORD, default=None, annotation=_option(p, default))
            for name, p in known.items()
        ]
        wrapper.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {}
        return wrapper

    return decorate


def _option(parameter: Parameter, default: str | None) -> Any:
    shown = default or (AUTO if parameter.default is None else parameter.default)
    help = f"{parameter.field.help} Must be {parameter.allowed(typed=True)} ({shown})"
    return Annotated[str | None, typer.Option(help=help, metavar=parameter.kind.upper())]
