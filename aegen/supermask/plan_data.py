"""A plan as plain JSON values, so that a ticket can describe a network that has no name here.

A step is a list: its word in `WORDS`, then its fields in order. What is read comes from a
stranger's file, so sizes are bounded before anything is computed with them.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from aegen.core.errors import InvalidInput
from aegen.supermask.networks import networks
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Dropout,
    Elu,
    Flatten,
    Function,
    GlobalMean,
    MaxPool,
    MeanPool,
    Plan,
    Residual,
    Scale,
    Shape,
    Step,
    output_shape,
)

__all__ = ["is_plan", "name_and_arguments", "plain", "plan_from", "require_bounded"]

WORDS: dict[str, type[Any]] = {
    "dense": Dense,
    "conv": Conv,
    "elu": Elu,
    "activation": Activation,
    "dropout": Dropout,
    "max-pool": MaxPool,
    "mean-pool": MeanPool,
    "flatten": Flatten,
    "global-mean": GlobalMean,
    "scale": Scale,
    "residual": Residual,
}
"""Each kind of step. Part of the format of tickets: never change a word, or the fields' order."""

NAMES = {kind: word for word, kind in WORDS.items()}

FIELDS = ("classes", "input_shape", "name", "steps")

MOST_STEPS = 1000
MOST_INPUTS = 1 << 22
"""Numbers of an image that a network takes: 1024 x 1024 in four channels."""

MOST_VALUES = 1 << 26
"""Numbers that all steps together make of an image."""

LARGEST_WINDOW = 64
"""Side of a pool's window, and a padding at most."""

LONGEST_NAME = 200


def name_and_arguments(plan: Plan) -> tuple[str | None, dict[str, Any]]:
    """What a ticket keeps of a plan: its name in `networks` and arguments, or None and its steps.

    Example:
        >>> name_and_arguments(networks.create("fcn", hidden="30"))[0]
        'fcn'
    """
    if plan.name in networks.names() and networks.get(plan.name) is type(plan):
        return plan.name, dict(plan.arguments)
    return None, plain(plan)


def plain(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values.

    Example:
        >>> plain(Plan("mine", {}, (1, 2, 2), 3, (Flatten(), Dense("fc", 4, 3))))["steps"]
        [['flatten'], ['dense', 'fc', 4, 3]]
    """
    return {
        "name": plan.name,
        "input_shape": list(plan.input_shape),
        "classes": plan.classes,
        "steps": _listed(plan.steps),
    }


def is_plan(arguments: Mapping[str, Any]) -> bool:
    """Whether the arguments of a ticket without a network's name describe one."""
    return "steps" in arguments


def plan_from(arguments: Mapping[str, Any]) -> Plan:
    """The plan of which `plain` made these.

    Raises:
        InvalidInput: it is none, its steps do not fit each other, or it is too large.

    Example:
        >>> plan = Plan("mine", {}, (1, 2, 2), 3, (Flatten(), Dense("fc", 4, 3)))
        >>> plan_from(plain(plan)) == plan
        True
    """
    if sorted(arguments) != sorted(FIELDS):
        raise InvalidInput(f"a described network has {', '.join(FIELDS)}, and nothing else")
    name, shape, classes = arguments["name"], arguments["input_shape"], arguments["classes"]
    if not _name(name):
        raise InvalidInput(f"a network's name must be a short text, got {reprlib.repr(name)}")
    if not isinstance(shape, list) or len(shape) != 3 or not all(map(_size, [*shape, classes])):
        raise InvalidInput(
            f"a network's input_shape must be three sizes, classes one, got {reprlib.repr(shape)} "
            f"and {reprlib.repr(classes)}"
        )
    plan_shape: tuple[int, int, int] = (shape[0], shape[1], shape[2])
    steps = _steps(arguments["steps"], [MOST_STEPS])
    require_bounded(steps, plan_shape, name)
    return Plan(name, {}, plan_shape, classes, steps)


def require_bounded(steps: tuple[Step, ...], shape: tuple[int, int, int], name: str) -> None:
    """Refuse a network that no ticket describes, as running it could take all memory.

    Raises:
        InvalidInput: too large images, or values between two steps; steps that do not fit.
    """
    if math.prod(shape) > MOST_INPUTS:
        raise InvalidInput(f"the network {name} takes images {shape}: none are so large")
    if (values := _values(steps, shape)) > MOST_VALUES:
        raise InvalidInput(
            f"the network {name} makes {values:,} numbers of an image, a ticket describes one of "
            f"at most {MOST_VALUES:,}"
        )


def _listed(steps: tuple[Step, ...]) -> list[list[Any]]:
    return [[NAMES[type(step)], *(_value(step, f.name) for f in fields(step))] for step in steps]


def _value(step: Step, name: str) -> Any:
    value = getattr(step, name)
    return _listed(value) if isinstance(value, tuple) else value


def _steps(given: Any, left: list[int]) -> tuple[Step, ...]:
    """The steps of a list, of which ``left`` counts how many more there may be."""
    if not isinstance(given, list):
        raise InvalidInput(f"steps must be a list, got {reprlib.repr(given)}")
    left[0] -= len(given)
    if left[0] < 0:
        raise InvalidInput(f"a described network has at most {MOST_STEPS} steps")
    return tuple(_step(entry, left) for entry in given)


def _step(entry: Any, left: list[int]) -> Step:
    word = entry[0] if isinstance(entry, list) and entry else None
    kind = WORDS.get(word) if isinstance(word, str) else None
    if kind is None or len(entry) != 1 + len(fields(kind)):
        raise InvalidInput(f"there is no step {reprlib.repr(entry)}: update aegen")
    values = entry[1:]
    if kind is Residual:
        return Residual(_steps(values[0], left), _steps(values[1], left))
    for field, value in zip(fields(kind), values, strict=True):
        if not _allowed(kind, field.name, value):
            raise InvalidInput(f"a step {word} cannot have the {field.name} {reprlib.repr(value)}")
    step: Step = kind(*values)
    return step


def _allowed(kind: type[Any], field: str, value: Any) -> bool:
    """Whether a field of a step may have this value."""
    match field:
        case "name":
            return _name(value)
        case "function":
            return isinstance(value, str) and value in get_args(Function)
        case "factor" | "slope":
            return _number(value) and abs(value) <= 1e9
        case "chance":
            return _number(value) and 0 <= value < 1
        case "padding":
            return type(value) is int and 0 <= value <= LARGEST_WINDOW
        case "kernel" if kind is not Conv:
            return _size(value) and value <= LARGEST_WINDOW
        case _:
            return _size(value)


def _name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _size(value: Any) -> bool:
    return type(value) is int and 0 < value < 1 << 31


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _values(steps: tuple[Step, ...], shape: Shape) -> int:
    """Numbers that the steps make of an image, one after the other."""
    made = 0
    for step in steps:
        if isinstance(step, Residual):
            made += _values(step.branch, shape) + _values(step.shortcut, shape)
        if isinstance(step, Conv | MaxPool):  # what lies around the image is there, too
            padded = [side + 2 * step.padding for side in shape[1:]]
            made += math.prod([shape[0], *padded])
        shape = output_shape((step,), shape)
        made += math.prod(shape)
    return made
