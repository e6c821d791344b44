"""The command line: `aegen --help`. What a page does, a command does too.

The commands are in `aegen.commands`, one file each. Each is short: it reads its options, calls the
library, prints; nothing heavy is imported before it is needed, so that `--help` answers at once.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import aegen
from aegen.commands.app import open_app
from aegen.commands.attach import attach
from aegen.commands.bench import bench
from aegen.commands.bundles import bundles
from aegen.commands.compare import compare
from aegen.commands.edit import edit
from aegen.commands.recommend import recommend
from aegen.commands.sample import sample
from aegen.commands.seed_studies import compare_trainings
from aegen.commands.supermask import supermask
from aegen.commands.target import target
from aegen.commands.tickets import add_ticket_commands
from aegen.commands.train import train
from aegen.commands.walk import walk
from aegen.core.errors import AegenError, InvalidInput

__all__ = ["app", "command", "main"]

LARGEST = 2**31 - 1
"""Of a number in an option, as of a seed in the app."""

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("app")(open_app)
app.add_typer(bundles, name="bundles")
app.add_typer(train, name="train")
app.command("sample")(sample)
app.command("target")(target)
app.command("edit")(edit)
app.command("walk")(walk)
app.command("compare")(compare)
app.command("recommend")(recommend)
supermask.command("attach")(attach)
add_ticket_commands(supermask)
supermask.command("compare")(compare_trainings)
app.add_typer(supermask, name="supermask")
app.add_typer(bench, name="bench")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"aegen {aegen.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which aegen")
    ] = False,
) -> None:
    """Turn any trained autoencoder into a generative model, and see, compare and steer how."""


def _within_reason(command: Any) -> None:
    """Let no option of any command be NaN, infinite, or a number that no machine counts to."""
    for other in getattr(command, "commands", {}).values():
        _within_reason(other)
    if command.callback is not None:
        command.callback = _checked(command.callback)


def _checked(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def checked(*arguments: Any, **options: Any) -> Any:
        for name, value in options.items():
            for number in value if isinstance(value, list | tuple) else [value]:
                if isinstance(number, int | float) and not abs(number) <= LARGEST:
                    option = f"--{name.replace('_', '-')}"
                    raise InvalidInput(f"{option} must be a number within ±{LARGEST:,}")
        return callback(*arguments, **options)

    return checked


@functools.cache  # it takes longer to put together than most commands to answer
def command() -> Any:
    """The whole command line, put together."""
    found = typer.main.get_command(app)
    _within_reason(found)
    return found


def main() -> None:
    """Run the command line; an error that a person can cause is one line on stderr, exit 2."""
    try:
        command()()
    except AegenError as problem:
        typer.echo(f"aegen: {problem}", err=True)
        sys.exit(2)
