"""Fields: what is declared once is read, checked, parsed and put into words."""

from typing import Annotated, Literal

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.parameters import Field, check, parameters


class Example:
    def __init__(
        self,
        count: Annotated[int, Field("How many.", low=1, high=9)] = 3,
        width: Annotated[
            float | None, Field("How wide.", title="Bandwidth", low=0, open_low=True, log=True)
        ] = None,
        kind: Annotated[Literal["full", "diagonal"], Field("Which.")] = "full",
        degree: Annotated[int | Literal["n"], Field("Steps.", low=1)] = "n",
        quiet: Annotated[bool, Field("Whether.")] = False,
        label: Annotated[str, Field("Name.")] = "",
        share: Annotated[float, Field("Part.", low=0, high=1, open_low=True)] = 0.5,
        undeclared: int = 0,
    ) -> None: ...


FIELDS = {parameter.name: parameter for parameter in parameters(Example)}


def test_declared_arguments_are_found_in_order():
    assert list(FIELDS) == ["count", "width", "kind", "degree", "quiet", "label", "share"]
    kinds = [parameter.kind for parameter in FIELDS.values()]
    assert kinds == ["int", "float", "choice", "int", "bool", "str", "float"]
    assert FIELDS["width"].optional
    assert not FIELDS["count"].optional
    assert FIELDS["kind"].options == ("full", "diagonal")
    assert FIELDS["degree"].options == ("n",)
    assert FIELDS["width"].title == "Bandwidth"
    assert FIELDS["count"].title == "Count"
    assert FIELDS["share"].default == 0.5


def test_functions_have_fields_too():
    def draw(n: Annotated[int, Field("How many.")] = 3, other: int = 1) -> None: ...

    assert [parameter.name for parameter in parameters(draw)] == ["n"]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("count", 1, 1),
        ("count", np.int32(9), 9),
        ("width", None, None),
        ("width", 2, 2.0),
        ("width", np.float32(0.5), 0.5),
        ("kind", "diagonal", "diagonal"),
        ("degree", "n", "n"),
        ("degree", 50, 50),
        ("quiet", True, True),
        ("label", "n", "n"),
        ("share", 1, 1.0),
    ],
)
def test_values_that_are_allowed(name, value, kept):
    found = FIELDS[name].check(value, "Example")
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("count", 0, "a whole number from 1 to 9, got 0"),
        ("count", 10, "a whole number from 1 to 9, got 10"),
        ("count", 2.0, "a whole number from 1 to 9, got 2.0"),
        ("count", True, "a whole number from 1 to 9, got True"),
        ("count", None, "a whole number from 1 to 9, got None"),
        ("width", 0, "a number above 0 or None, got 0"),
        ("width", float("nan"), "a number above 0 or None, got nan"),
        ("width", float("inf"), "a number above 0 or None, got inf"),
        ("width", "wide", "a number above 0 or None, got 'wide'"),
        ("kind", "round", "'full' or 'diagonal', got 'round'"),
        ("kind", 1, "'full' or 'diagonal', got 1"),
        ("degree", 0, "a whole number of 1 or more or 'n', got 0"),
        ("degree", "m", "a whole number of 1 or more or 'n', got 'm'"),
        ("quiet", 1, "True or False, got 1"),
        ("label", 3, "text, got 3"),
        ("share", 0.0, "a number from 0 to 1, 0 itself left out, got 0.0"),
    ],
)
def test_values_that_are_not(name, value, words):
    with pytest.raises(InvalidInput) as caught:
        FIELDS[name].check(value, "Example")
    assert str(caught.value) == f"Example: {name} must be {words}"


def test_who_types_is_told_the_word_to_type():
    with pytest.raises(InvalidInput, match="width must be a number above 0 or auto, got"):
        FIELDS["width"].parse("0", "Example")


@pytest.mark.parametrize("name", ["count", "width", "degree"])
def test_numbers_too_long_for_a_machine_are_refused(name):
    with pytest.raises(InvalidInput, match="must be"):
        FIELDS[name].check(10**400, "Example")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "4", 4),
        ("width", "", None),
        ("width", "none", None),
        ("width", "0.25", 0.25),
        ("degree", "n", "n"),
        ("degree", "12", 12),
        ("quiet", "yes", True),
        ("quiet", "False", False),
        ("label", "n", "n"),
    ],
)
def test_text_is_parsed(name, text, value):
    assert FIELDS[name].parse(text, "Example") == value


@pytest.mark.parametrize(
    ("name", "text"), [("count", "4.5"), ("count", ""), ("width", "wide"), ("quiet", "perhaps")]
)
def test_text_that_means_nothing_is_refused(name, text):
    with pytest.raises(InvalidInput, match=f"{name} must be"):
        FIELDS[name].parse(text, "Example")


def test_several_are_checked_at_once():
    assert check(Example, {"count": np.int64(2), "kind": "full"}) == {"count": 2, "kind": "full"}
    with pytest.raises(
        UnknownName, match="no field of Example named 'cuont'; did you mean 'count'"
    ):
        check(Example, {"cuont": 2})
    with pytest.raises(InvalidInput, match="Example: count"):
        check(Example, {"count": 0})
