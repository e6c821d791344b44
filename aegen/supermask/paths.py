"""Reachability in masked networks: the weights on a path from an input to an output.

There are no biases and ELU leaves 0 as it is, so a unit that no input reaches is always 0, and
weights that read it do nothing; nor do weights into a unit that nothing reads. Of a convolution a
channel counts as one unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask.plan import (
    Conv,
    Dense,
    Flatten,
    Plan,
    Residual,
    Shape,
    Step,
    output_shape,
    weighted_steps,
)
from aegen.supermask.ticket.mask_codec import Mask
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["InputMap", "LayerPaths", "fan_in", "fan_out", "input_map", "paths"]

Flags = NDArray[np.bool_]
Tally = NDArray[np.int64]


def fan_in(mask: Mask) -> Tally:
    """Fan-in of each unit: its weights that are not dropped, (out,).

    Example:
        >>> fan_in(np.array([[1, 0, -1], [0, 0, 0]], np.int8)).tolist()
        [2, 0]
    """
    found: Tally = np.count_nonzero(mask.reshape(len(mask), -1), axis=1).astype(np.int64)
    return found


def fan_out(mask: Mask) -> Tally:
    """Fan-out of each input: weights that read it and are not dropped, (in,).

    Example:
        >>> fan_out(np.array([[1, 0, -1], [0, 0, 1]], np.int8)).tolist()
        [1, 0, 2]
    """
    spread = mask.reshape(*mask.shape[:2], -1)
    found: Tally = np.count_nonzero(spread, axis=(0, 2)).astype(np.int64)
    return found


@dataclass(frozen=True)
class LayerPaths:
    """How a layer lies on the paths from input to output.

    Attributes:
        reached: inputs (in,) of the layer that an input of the network reaches.
        speaking: units (out,) that an input of the network reaches: they can differ from 0.
        heard: units (out,) that reach an output.
        on_path: weights, not dropped, that lie on a path from an input to an output.
        off_path: weights, not dropped, that lie on none and could be dropped without effect.
    """

    reached: Flags
    speaking: Flags
    heard: Flags
    on_path: int
    off_path: int

    @property
    def dead(self) -> Flags:
        """Units (out,) that no input reaches or that reach no output."""
        found: Flags = ~(self.speaking & self.heard)
        return found


def paths(plan: Plan, masks: Mapping[str, Mask]) -> dict[str, LayerPaths]:
    """Each layer's place on the paths from input to output.

    Args:
        plan: the network.
        masks: of all its layers.

    Raises:
        InvalidInput: masks that are not those of the plan.

    Example:
        >>> from aegen.supermask.networks import networks
        >>> plan = networks.create("fcn", size=2, hidden="3")
        >>> masks = {name: np.zeros(shape, np.int8) for name, shape in plan.layers.items()}
        >>> masks["fc1"][0, 0] = masks["fc2"][5, 1] = 1
        >>> found = paths(plan, masks)
        >>> found["fc1"].on_path, found["fc1"].off_path, int(found["fc1"].dead.sum())
        (0, 1, 3)
    """
    shapes = {name: mask.shape for name, mask in masks.items()}
    if shapes != plan.layers:
        raise InvalidInput(f"{plan.name} has layers {plan.layers}, the masks are {shapes}")
    there = {name: (mask != 0).reshape(*mask.shape[:2], -1) for name, mask in masks.items()}
    links = {name: _any(flags, 2) for name, flags in there.items()}
    reached: dict[str, Flags] = {}
    heard: dict[str, Flags] = {}
    c = plan.input_shape[0]
    outputs, back = _forward(plan.steps, np.ones(c, bool), plan.input_shape, links, reached, heard)
    back(np.ones_like(outputs))
    found = {}
    for name, link in links.items():
        speaking = _any(link & reached[name], 1)
        used = reached[name][None, :, None] & heard[name][:, None, None]
        left = int(np.count_nonzero(there[name]))
        on_path = int(np.count_nonzero(there[name] & used))
        found[name] = LayerPaths(reached[name], speaking, heard[name], on_path, left - on_path)
    return found


def _forward(
    steps: tuple[Step, ...],
    alive: Flags,
    shape: Shape,
    links: Mapping[str, Flags],
    reached: dict[str, Flags],
    heard: dict[str, Flags],
) -> tuple[Flags, Callable[[Flags], Flags]]:
    """Which units inputs reach, and a function that goes back from the outputs."""
    backs: list[Callable[[Flags], Flags]] = []
    for step in steps:
        if isinstance(step, Dense | Conv):
            reached[step.name] = alive
            alive = _any(links[step.name] & alive, 1)
            backs.append(partial(_read_back, step.name, links[step.name], heard))
        elif isinstance(step, Flatten) and len(shape) == 3:
            alive = np.repeat(alive, shape[1] * shape[2])
            backs.append(partial(_by_channel, shape[0]))
        elif isinstance(step, Residual):
            branch, back = _forward(step.branch, alive, shape, links, reached, heard)
            shortcut, other = _forward(step.shortcut, alive, shape, links, reached, heard)
            alive = branch | shortcut
            backs.append(partial(_either, back, other))
        shape = output_shape((step,), shape)

    def backwards(wanted: Flags) -> Flags:
        for back in reversed(backs):
            wanted = back(wanted)
        return wanted

    return alive, backwards


def _read_back(name: str, links: Flags, heard: dict[str, Flags], wanted: Flags) -> Flags:
    heard[name] = wanted
    return _any(links & wanted[:, None], 0)


def _by_channel(channels: int, wanted: Flags) -> Flags:
    return _any(wanted.reshape(channels, -1), 1)


def _either(
    one: Callable[[Flags], Flags], other: Callable[[Flags], Flags], wanted: Flags
) -> Flags:
    return one(wanted) | other(wanted)


def _any(flags: Flags, axis: int) -> Flags:
    return np.asarray(flags.any(axis=axis), bool)


@dataclass(frozen=True)
class InputMap:
    """Receptive fields of a dense layer on the image that it reads.

    Attributes:
        units: int8 (units, h, w, c): 1 where a unit adds that value, -1 where it subtracts it, 0
            where it does not read it: signs of the weights as they act, frozen sign times mask.
    """

    units: NDArray[np.int8]

    @property
    def total(self) -> Tally:
        """How many units read each value, (h, w, c)."""
        found: Tally = np.count_nonzero(self.units, axis=0).astype(np.int64)
        return found

    @property
    def signed(self) -> Tally:
        """How many units add each value, less those that subtract it, (h, w, c)."""
        found: Tally = self.units.sum(axis=0, dtype=np.int64)
        return found


def input_map(ticket: Ticket, layer: str | None = None) -> InputMap:
    """Receptive fields of a dense layer on the image that it reads: for the FCN, its input.

    Args:
        ticket: of a network with a plan.
        layer: its name; by default the network's first.

    Raises:
        UnknownName: no such layer.
        InvalidInput: a layer that reads no image value by value, such as a convolution.

    Source: Figure 1 of the paper (arXiv 2201.13361) shows this map for one digit.
    """
    plan = ticket.plan
    name = next(iter(ticket.masks)) if layer is None else layer
    if name not in ticket.masks:
        raise UnknownName("layer", name, ticket.masks)
    shape = _picture(plan, name)
    if shape is None:
        raise InvalidInput(
            f"the layer {name} does not read an image value by value, so it has no input map: "
            "name a dense layer that does"
        )
    c, h, w = shape
    return InputMap(ticket.acting(name).reshape(-1, c, h, w).transpose(0, 2, 3, 1))


def _picture(plan: Plan, layer: str) -> Shape | None:
    """The (c, h, w) that a dense layer reads flattened."""
    shape: Shape = plan.input_shape
    picture: Shape | None = None
    for step in plan.steps:
        if isinstance(step, Dense) and step.name == layer:
            return picture
        if isinstance(step, Flatten) and len(shape) == 3 and math.prod(shape[1:]) > 1:
            picture = shape
        elif any(True for _ in weighted_steps((step,))):
            picture = None
        shape = output_shape((step,), shape)
    return None
