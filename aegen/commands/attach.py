"""`aegen supermask attach`: masks on the frozen weights of a torch module of a person's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from aegen.commands.grouped_options import grouped_options
from aegen.commands.recipe_options import recipe_options
from aegen.commands.supermask import RunOptions, Subject, train_all
from aegen.core.errors import InvalidInput
from aegen.supermask.training.recipe import Recipe

__all__ = ["attach", "builder"]


@recipe_options(Recipe, "the recipe's")
@grouped_options(RunOptions)
def attach(
    network: Annotated[
        str,
        typer.Argument(
            help="Your class, my_net.py:Net or package.models:Net, or a function that builds the "
            "network; or the file of a whole module that torch.save wrote",
        ),
    ],
    arg: Annotated[
        list[str] | None,
        typer.Option(help="An argument of its constructor, NAME=VALUE; can be given repeatedly"),
    ] = None,
    trust_code: Annotated[
        bool,
        typer.Option("--trust-code", help="Run the code of the module or the file"),
    ] = False,
    *,
    options: RunOptions,
    settings: dict[str, Any],
) -> None:
    """Train masks on a torch module of your own; the same command continues where it stopped.

    It takes images (n, c, h, w), each standardised, and gives logits (n, classes). Its weights
    are replaced by frozen ones; biases are 0 and norms as before any training. Writes a ticket
    and a history a seed; where the module is a chain of known steps, the ticket runs without it.
    """
    build = builder(network, arg or [], trust_code=trust_code)
    name = type(build()).__name__.lower()
    train_all([Subject(network, name, module=build)], options, settings)


def builder(text: str, given: list[str], *, trust_code: bool) -> Callable[[], Any]:
    """What makes the module that a person named, in other processes too.

    Args:
        text: ``my_net.py:Net``, ``package.models:Net``, or a file.
        given: arguments of its constructor, ``name=value``.
        trust_code: whether its code may run.

    Returns:
        a function that raises an AegenError where the module is not trusted, cannot be imported
        or built, or is no torch module.
    """
    from aegen.bundles.imports import read_arguments

    where, colon, name = text.rpartition(":")
    if not colon or not name.isidentifier():
        build = functools.partial(_module, str(Path(text).resolve()), None, {}, trust_code)
        if given:
            raise InvalidInput(f"--arg is for a class, and {text} is a file: leave it out")
    else:
        spec = f"{Path(where).resolve()}:{name}" if where.endswith(".py") else text
        build = functools.partial(_module, None, spec, read_arguments(given), trust_code)
    return build


def _module(
    path: str | None, module: str | None, arguments: dict[str, Any], trust_code: bool
) -> Any:
    """The module of a class, or of a file."""
    from aegen.bundles.imports import load_network

    found = load_network(path, module=module, arguments=arguments, trust_code=trust_code)
    import torch

    if not isinstance(found, torch.nn.Module) or isinstance(found, torch.jit.ScriptModule):
        raise InvalidInput(
            f"{path or module} gives a {type(found).__name__}, which has no layers for masks: "
            "give its class, such as my_net.py:Net"
        )
    return found
