"""Training without the units that have died, whose gradients are exactly zero.

A unit, or a filter, is dead where every weight into it and every weight out of it is dropped: its
value is ELU(0) = 0, so the weights out of it get no gradient, and nothing passes through those to
the weights into it. No step brings it back; its scores only decay. In the convolutional networks
of the paper half of the filters and most of the fully connected units die within ten epochs, and
with them most of the arithmetic.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils import parametrize

from aegen.supermask.parametrization import Mask, MaskSGD, attached, scales
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Elu,
    Flatten,
    GlobalMean,
    MaxPool,
    MeanPool,
    Plan,
    Scale,
)
from aegen.supermask.rules import masking
from aegen.supermask.torch_network import Network

__all__ = ["Live", "live", "live_network", "without_dead_units"]

WORTH = 0.9
"""Share of the weights above which a smaller network would not pay for being made."""

CHAIN = (Conv, Dense, Elu, Activation, Flatten, GlobalMean, MaxPool, MeanPool, Scale)
"""Steps that leave a unit's 0 as it is, and belong to one layer's units."""

MOMENTUM = "momentum_buffer"


@dataclass(frozen=True)
class Live:
    """What is left of a network without its dead units.

    Attributes:
        plan: the smaller network, of the same layers' names.
        inputs: by layer, which of its inputs are left, in order.
        outputs: by layer, which of its units are left, in order.
    """

    plan: Plan
    inputs: dict[str, NDArray[np.intp]]
    outputs: dict[str, NDArray[np.intp]]


def live(plan: Plan, masks: Mapping[str, NDArray[np.int8]]) -> Live:
    """Leave the dead units of a chain out of its plan.

    Args:
        plan: without residual steps, whose units are several layers' own.
        masks: by layer, (out, in) or (out, in, k, k).

    Example:
        >>> from aegen.supermask.plan import Elu, Flatten
        >>> steps = (Flatten(), Dense("a", 2, 3), Elu(), Dense("b", 3, 1))
        >>> masks = {"a": np.array([[1, 0], [0, 0], [0, 0]]), "b": np.array([[0, -1, 0]])}
        >>> live(Plan("tiny", {}, (1, 1, 2), 1, steps), masks).outputs["a"]
        array([0, 1])
    """
    names = list(plan.layers)
    flags: dict[str, NDArray[np.bool_]] = {
        name: np.any(masks[name].reshape(len(masks[name]), -1), axis=1) for name in names
    }
    for name, after in itertools.pairwise(names):
        # A layer behind a Flatten reads each channel once for every pixel, pixel after pixel.
        readers = masks[after].reshape(len(masks[after]), len(flags[name]), -1)
        flags[name] = flags[name] | np.any(readers, axis=(0, 2))
    flags[names[-1]][:] = True
    outputs = {name: np.flatnonzero(flag) for name, flag in flags.items()}
    inputs = {names[0]: np.arange(masks[names[0]].shape[1], dtype=np.intp)}
    for name, after in itertools.pairwise(names):
        pixels = masks[after].shape[1] // len(flags[name])
        inputs[after] = np.flatnonzero(np.repeat(flags[name], pixels))
    steps = tuple(
        replace(step, inputs=len(inputs[step.name]), outputs=len(outputs[step.name]))
        if isinstance(step, Dense | Conv)
        else step
        for step in plan.steps
    )
    smaller = Plan(plan.name, plan.arguments, plan.input_shape, plan.classes, steps)
    return Live(smaller, inputs, outputs)


def live_network(network: Network) -> Network:
    """One that gives the same logits with less arithmetic, if there is one; else the network.

    Args:
        network: with masks on all layers.
    """
    found = _worth(network)
    return network if found is None else _part(network, found)


def _worth(network: Network) -> Live | None:
    """What is left of a network, where that can be told and is much less."""
    plan, layers = network.plan, list(attached(network))
    if not all(isinstance(step, CHAIN) for step in plan.steps):
        return None
    if not all(masking(mask.rule).elementwise for _, mask, _ in layers):
        return None
    found = live(plan, {name: mask.signs(scores).cpu().numpy() for name, mask, scores in layers})
    return found if found.plan.total < WORTH * plan.total else None


@contextlib.contextmanager
def without_dead_units(network: Network, optimiser: MaskSGD) -> Iterator[tuple[Network, MaskSGD]]:
    """A network of the live units alone, and an optimiser of its scores, for as long as it lasts.

    After it the scores, moments and learned scales of the live units are put into ``network`` and
    ``optimiser``, and the scores of the dead ones have decayed as often. Where little is dead, or
    what is cannot be told, the two themselves are given.

    Args:
        network: with masks by a threshold on all layers.
        optimiser: of its scores, and of its learned scales where it has them.
    """
    found = _worth(network)
    if found is None:
        yield network, optimiser
        return
    smaller = _part(network, found)
    own = {name: (mask, scores) for name, mask, scores in attached(network)}
    parts = {name: (mask, scores) for name, mask, scores in attached(smaller)}
    moved = _optimiser(smaller, optimiser)
    at = {name: _places(found, name, own[name][1].device) for name in own}
    for name, (mask, scores) in own.items():
        part_mask, part = parts[name]
        _take_moment(optimiser, scores, moved, part, at[name])
        if mask.log_scale is not None and part_mask.log_scale is not None:
            _take_moment(optimiser, mask.log_scale, moved, part_mask.log_scale)
    yield smaller, moved
    with torch.no_grad():
        for name, (mask, scores) in own.items():
            part_mask, part = parts[name]
            scores.mul_(moved.shrunk)
            scores[at[name]] = part
            _give_moment(moved, part, optimiser, scores, at[name])
            if mask.log_scale is not None and part_mask.log_scale is not None:
                mask.log_scale.copy_(part_mask.log_scale)
                _give_moment(moved, part_mask.log_scale, optimiser, mask.log_scale)
    optimiser.learning_rate, optimiser.decay = moved.learning_rate, moved.decay


Places = tuple[Tensor, Tensor] | tuple[()]
"""Rows and columns of a tensor's part; none for the whole."""


def _places(found: Live, name: str, device: torch.device) -> Places:
    rows, columns = (torch.from_numpy(p[name]).to(device) for p in (found.outputs, found.inputs))
    return rows[:, None], columns[None, :]


def _part(network: Network, found: Live) -> Network:
    """The network of the live units, with their frozen weights and scores."""
    smaller = Network(found.plan)
    smaller.requires_grad_(False)
    for name, mask, scores in attached(network):
        at = _places(found, name, scores.device)
        part = Mask(
            mask.frozen[at],
            scores.detach()[at],
            rule=mask.rule,
            threshold=mask.threshold(scores),
            kappa=mask.kappa,
            learned_scale=mask.log_scale is not None,
        )
        layer = smaller.get_submodule(name)
        parametrize.register_parametrization(layer, "weight", part)
    smaller.to(next(network.parameters()).device)
    smaller.to(memory_format=torch.channels_last)
    for _, _, scores in attached(smaller):
        scores.requires_grad_(True)
    return smaller


def _optimiser(smaller: Network, optimiser: MaskSGD) -> MaskSGD:
    """One like ``optimiser``, of the smaller network's scores and scales."""
    groups = [[scores for _, _, scores in attached(smaller)]]
    if learned := scales(smaller):
        groups.append(learned)
    momentum = optimiser.param_groups[0]["momentum"]
    return MaskSGD([{"params": group} for group in groups], *optimiser.first, momentum)


def _take_moment(
    optimiser: MaskSGD, scores: Tensor, moved: MaskSGD, part: Tensor, at: Places = ()
) -> None:
    moment = optimiser.state[scores].get(MOMENTUM)
    if moment is not None:
        moved.state[part][MOMENTUM] = torch.empty_like(part).copy_(moment[at])


def _give_moment(
    moved: MaskSGD, part: Tensor, optimiser: MaskSGD, scores: Tensor, at: Places = ()
) -> None:
    moment = moved.state[part].get(MOMENTUM)
    if moment is not None:
        whole = torch.zeros_like(scores)
        whole[at] = moment
        optimiser.state[scores][MOMENTUM] = whole
