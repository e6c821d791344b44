"""Tunable fields: a constructor argument says its range and its help once, and everything follows.

Widgets, command-line options and validation are all made from what is declared here::

    class KDE(DensitySampler):
        def __init__(
            self,
            bandwidth: Annotated[
                float | None, Field("Width of the smoothing; auto: chosen from the data", low=0)
            ] = None,
        ) -> None: ...
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import numbers
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["AUTO", "Field", "Parameter", "check", "parameters", "values_of"]


@dataclass(frozen=True)
class Field:
    """What a person should know about a tunable argument, put beside its type with ``Annotated``.

    Args:
        help: one plain sentence.
        title: the label of its widget; by default the argument's name in words.
        low: least value, inclusive unless ``open_low``.
        high: largest value, inclusive.
        open_low: whether ``low`` itself is not allowed.
        step: a sensible step for a widget.
        log: whether a slider should move on a logarithmic scale.
        slide: where a slider begins and where it ends, left to right, each a value of the argument
            and what it means there in a word or two; the word "n" stands for the number of rows.
            For arguments that lead from one kind of model to another, such as smoothing.
        slow: values with which a fit takes so long that it should run aside, such as ("auto",).
    """

    help: str
    title: str | None = None
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    step: float | None = None
    log: bool = False
    slide: tuple[tuple[float | str, str], tuple[float | str, str]] | None = None
    slow: tuple[float | str, ...] = ()


Kind = Literal["int", "float", "bool", "str", "choice"]


AUTO = "auto"
"""What people read and type for None, where the method chooses by itself."""


@dataclass(frozen=True)
class Parameter:
    """A tunable argument as declared: its name, kind, default and field.

    ``kind`` is "int", "float", "bool", "str" or "choice"; ``options`` are the values of a
    choice, or the words that a number may be replaced by (``degree: int | Literal["n"]``);
    ``optional`` says whether None is allowed.
    """

    name: str
    kind: Kind
    default: Any
    field: Field
    options: tuple[str, ...] = ()
    optional: bool = False

    @property
    def title(self) -> str:
        """The label of its widget."""
        return self.field.title or self.name.replace("_", " ").capitalize()

    def check(self, value: Any, owner: str, *, typed: bool = False) -> Any:
        """``value`` if it is allowed, as the declared type; ``typed`` as of `allowed`.

        Raises:
            InvalidInput: it is not; the message says what is allowed.
        """
        if value is None and self.optional:
            return None
        if isinstance(value, str) and (self.kind == "str" or value in self.options):
            return value
        if self.kind == "bool" and isinstance(value, bool):
            return value
        if self.kind in ("int", "float"):
            number = self._number(value)
            if number is not None:
                return number
        raise InvalidInput(f"{owner}: {self.name} must be {self.allowed(typed)}, got {value!r}")

    def parse(self, text: str, owner: str) -> Any:
        """The value that ``text`` stands for, as typed on a command line or in a link, checked.

        Raises:
            InvalidInput: it stands for nothing that is allowed.
        """
        value: Any = text
        if self.optional and text.lower() in ("", "none", AUTO) and text not in self.options:
            value = None
        elif self.kind == "bool":
            words = {"true": True, "yes": True, "false": False, "no": False}
            value = words.get(text.lower(), text)
        elif self.kind in ("int", "float"):
            with contextlib.suppress(ValueError):
                value = int(text) if self.kind == "int" else float(text)
        return self.check(value, owner, typed=True)

    def _number(self, value: Any) -> int | float | None:
        """``value`` as the declared kind of number, or None if it is not one or out of range."""
        wanted = numbers.Integral if self.kind == "int" else numbers.Real
        if isinstance(value, bool) or not isinstance(value, wanted):
            return None
        low, high = self.field.low, self.field.high
        try:
            number = int(value) if self.kind == "int" else float(value)  # type: ignore[call-overload]
            if not math.isfinite(number):
                return None
        except OverflowError:  # more digits than any number in use has
            return None
        if low is not None and (number < low or (self.field.open_low and number == low)):
            return None
        if high is not None and number > high:
            return None
        return number

    def allowed(self, typed: bool = False) -> str:
        """What the argument may be, in words: in Python, or where it is ``typed``."""
        ways = [repr(option) for option in self.options]
        if self.kind in ("int", "float"):
            noun = "a whole number" if self.kind == "int" else "a number"
            low, high = self.field.low, self.field.high
            if low is not None and high is not None:
                noun += f" from {low:g} to {high:g}"
                noun += f", {low:g} itself left out" if self.field.open_low else ""
            elif low is not None:
                noun += f" above {low:g}" if self.field.open_low else f" of {low:g} or more"
            elif high is not None:
                noun += f" of {high:g} or less"
            ways.insert(0, noun)
        elif self.kind == "bool":
            ways.insert(0, "True or False")
        elif self.kind == "str":
            ways.insert(0, "text")
        if self.optional:
            ways.append(AUTO if typed else "None")
        return ways[0] if len(ways) == 1 else ", ".join(ways[:-1]) + " or " + ways[-1]


def parameters(target: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The tunable arguments of a class or function: those annotated with a `Field`, in order.

    Example:
        >>> def draw(n: Annotated[int, Field("How many", low=1)] = 3) -> None: ...
        >>> parameters(draw)[0].allowed()
        'a whole number of 1 or more'
    """
    return _annotated(target.__init__ if inspect.isclass(target) else target)


@functools.cache
def _annotated(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(function, include_extras=True)
    found = []
    for name, argument in inspect.signature(function).parameters.items():
        hint = hints.get(name)
        if get_origin(hint) is Annotated:
            kind, *extras = get_args(hint)
            field = next((extra for extra in extras if isinstance(extra, Field)), None)
            if field is not None:
                found.append(_parameter(name, kind, argument.default, field))
    return tuple(found)


def values_of(method: object) -> dict[str, Any]:
    """What the tunable arguments of a method's class are in it, by name.

    Example:
        >>> from aegen.metrics import ClassifierTwoSampleTest
        >>> values_of(ClassifierTwoSampleTest(folds=5))
        {'folds': 5}
    """
    return {p.name: getattr(method, p.name) for p in parameters(type(method))}


@functools.cache
def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(function).parameters if name != "self")


def check(target: Callable[..., Any], values: dict[str, Any]) -> dict[str, Any]:
    """``values`` for arguments of ``target``; the tunable ones are checked, others pass.

    Raises:
        UnknownName: a name that is no argument.
        InvalidInput: a value out of range.
    """
    names = _arguments(target.__init__ if inspect.isclass(target) else target)
    tunable = {parameter.name: parameter for parameter in parameters(target)}
    owner = getattr(target, "__name__", str(target))
    for name in values:
        if name not in names:
            raise UnknownName(f"field of {owner}", name, names)
    return {
        name: tunable[name].check(value, owner) if name in tunable else value
        for name, value in values.items()
    }


def _parameter(name: str, hint: Any, default: Any, field: Field) -> Parameter:
    """Read a type such as ``float | Literal["auto"] | None`` into a `Parameter`."""
    union = get_origin(hint) in (Union, types.UnionType)
    members = get_args(hint) if union else (hint,)
    optional = type(None) in members
    literals = [member for member in members if get_origin(member) is Literal]
    options = tuple(str(value) for member in literals for value in get_args(member))
    kinds = [m.__name__ for m in members if m in (bool, int, float, str)]
    kind = cast("Kind", kinds[-1] if kinds else "choice")
    return Parameter(name, kind, default, field, options, optional)
