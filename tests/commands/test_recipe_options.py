"""Options of a command made from a recipe: each setting once, with its range, checked."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from aegen.commands.recipe_options import recipe_options
from aegen.core.errors import InvalidInput
from aegen.core.parameters import Field


class Stew:
    def __init__(
        self,
        minutes: Annotated[int, Field("How long.", low=1, high=90)] = 30,
        salt: Annotated[float | None, Field("How salty.", low=0)] = None,
        seed: Annotated[int, Field("Of the spoon.", low=0)] = 0,
    ): ...


def cooked(*words):
    found = {}
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    @recipe_options(Stew)
    def cook(pot: str, seed: int = 7, *, settings: dict[str, object]) -> None:
        """Cook it."""
        found.update(pot=pot, seed=seed, settings=settings)

    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return found, " ".join(result.output.split())


def test_settings_are_what_was_typed_as_declared_types():
    assert cooked("iron")[0] == {"pot": "iron", "seed": 7, "settings": {}}
    found, _ = cooked("iron", "--minutes", "45", "--salt", "auto", "--seed", "3")
    assert found == {"pot": "iron", "seed": 3, "settings": {"minutes": 45, "salt": None}}


def test_help_says_what_is_declared_once():
    _, text = cooked("--help")
    assert "How long. Must be a whole number from 1 to 90 (30)" in text
    assert "How salty. Must be a number of 0 or more or auto (auto)" in text
    assert "Of the spoon" not in text  # the command has its own


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--minutes", "91"), "Stew: minutes must be a whole number from 1 to 90, got 91"),
        (("--minutes", "long"), "got 'long'"),
        (("--salt", "-1"), "salt must be a number of 0 or more or auto, got -1.0"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(words, said):
    with pytest.raises(InvalidInput, match=said):
        cooked("iron", *words)
