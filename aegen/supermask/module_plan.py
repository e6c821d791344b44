"""A torch module read as a plan, so that its tickets can be run without its class.

`torch.fx` gives the graph of its forward; what is a chain of steps that a plan has, with sums of
two branches, becomes one. Layers keep the names that the module has for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from aegen.core.arrays import array_of
from aegen.core.errors import AegenError, InvalidInput
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Dropout,
    Elu,
    Flatten,
    GlobalMean,
    MaxPool,
    MeanPool,
    Plan,
    Residual,
    Scale,
    Step,
    weighted_steps,
)
from aegen.supermask.plan_data import require_bounded
from aegen.supermask.torch_network import Network

__all__ = ["read_plan"]

CLOSE = 1e-4
"""How far a plan's logits may be from the module's, as a share of the largest."""

SUMS = ("add", "add_", "iadd")
RESHAPES = ("flatten", "view", "reshape")

MODULES: dict[str, Callable[..., nn.Module]] = {
    "relu": nn.ReLU,
    "relu_": nn.ReLU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "max_pool2d": nn.MaxPool2d,
    "avg_pool2d": nn.AvgPool2d,
    "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d,
    "contiguous": nn.Identity,
}
"""Functions, and methods of tensors, as the modules that do the same with the same arguments."""


class _Unread(Exception):
    """Why a module is no plan."""


def read_plan(net: nn.Module, input_shape: tuple[int, int, int], classes: int) -> Plan:
    """The plan of a module, its biases 0 and its norms those before any training.

    Args:
        net: see `aegen.supermask.own_module.prepared`.
        input_shape: (c, h, w) of an image.
        classes: number of logits.

    Raises:
        InvalidInput: it does something that no plan has, is too large, or computes something
            else than its graph says.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False))
        >>> read_plan(net, (1, 2, 2), 3).steps
        (Flatten(), Dense(name='1', inputs=4, outputs=3))
    """
    name = type(net).__name__
    x = torch.randn(3, *input_shape, generator=torch.Generator().manual_seed(0))
    try:
        traced = fx.symbolic_trace(net.train())
        with torch.no_grad():
            ShapeProp(traced.eval()).propagate(x)
        steps = _Reader(traced).steps()
    except _Unread as problem:
        raise InvalidInput(
            f"{name} is no chain of steps that a ticket describes: {problem}"
        ) from None
    except AegenError:
        raise
    except Exception as problem:  # whatever a person's forward does with what is no tensor
        raise InvalidInput(
            f"the graph of {name}'s forward cannot be read ({type(problem).__name__})"
        ) from None
    require_bounded(steps, input_shape, name)
    plan = Plan(name, {}, input_shape, classes, steps)
    _require_same(plan, net, x)
    return plan


@torch.no_grad()
def _require_same(plan: Plan, net: nn.Module, x: Tensor) -> None:
    """That plan and module compute the same of some numbers."""
    wanted = net.eval()(x)
    weights = {name: array_of(net.get_parameter(f"{name}.weight")) for name in plan.layers}
    found = Network(plan, weights).eval()(x)
    if float((found - wanted).abs().max()) > CLOSE * float(wanted.abs().max()):
        raise InvalidInput(f"{plan.name} computes something else than its graph says")


class _Reader:
    """The steps of a graph, found from its end: each node has one input, sums have two."""

    def __init__(self, traced: fx.GraphModule) -> None:
        self._modules = dict(traced.named_modules())
        nodes = list(traced.graph.nodes)
        self._start = next(node for node in nodes if node.op == "placeholder")
        self._end = nodes[-1].args[0]

    def steps(self) -> tuple[Step, ...]:
        if not isinstance(self._end, fx.Node):
            raise _Unread("it gives more than one tensor")
        found = self._between(self._start, self._end)
        names = [step.name for step in weighted_steps(found)]
        for name in names:
            if names.count(name) > 1:
                raise _Unread(f"it uses the layer {name} more than once")
        return found

    def _between(self, start: fx.Node, node: fx.Node) -> tuple[Step, ...]:
        """The steps after ``start``, up to ``node``."""
        found: list[Step] = []
        while node is not start:
            if _word(node) in SUMS:
                fork = self._before(node)
                one, other = (self._between(fork, branch) for branch in self._summed(node))
                found.append(Residual(one, other) if one else Residual(other, one))
                node = fork
            else:
                found += self._step(node)
                node = self._before(node)
        return tuple(reversed(found))

    def _summed(self, node: fx.Node) -> tuple[fx.Node, fx.Node]:
        if len(node.args) != 2 or not all(isinstance(a, fx.Node) for a in node.args):
            raise _Unread("it adds something that is no branch")
        one, other = node.args
        assert isinstance(one, fx.Node)
        assert isinstance(other, fx.Node)
        return one, other

    def _before(self, node: fx.Node) -> fx.Node:
        """The node that this one reads; of a sum the last that both branches come from."""
        if _word(node) in SUMS:
            one, other = (list(self._back(branch)) for branch in self._summed(node))
            return next(place for place in one if place in other)
        if not node.args or not isinstance(node.args[0], fx.Node):
            raise _Unread(f"it uses {_word(node)} beside the image")
        return node.args[0]

    def _back(self, node: fx.Node) -> Iterator[fx.Node]:
        yield node
        while node is not self._start:
            node = self._before(node)
            yield node

    def _step(self, node: fx.Node) -> list[Step]:
        """The step of a node; none of one that does nothing."""
        word = _word(node)
        if node.op == "call_module":
            return _of_module(str(node.target), self._modules[str(node.target)])
        if word in RESHAPES:
            before, after = _shape(self._before(node)), _shape(node)
            if after == before:
                return []
            if after == (before[0], math.prod(before[1:])):
                return [Flatten()]
        if word == "mean" and len(_shape(self._before(node))) == 4 and len(_shape(node)) == 2:
            return [GlobalMean()]
        if word == "dropout":
            chance: Any = node.kwargs.get("p", (*node.args, 0.5)[1])
            return _of_module("", nn.Dropout(chance))
        if word in MODULES:
            return _of_module("", MODULES[word](*node.args[1:], **node.kwargs))
        raise _Unread(f"it has the step {word}")


def _word(node: fx.Node) -> str:
    """What a node does, by the name of its function, method or module."""
    return str(getattr(node.target, "__name__", node.target))


def _shape(node: fx.Node) -> tuple[int, ...]:
    return tuple(node.meta["tensor_meta"].shape)


def _of_module(name: str, module: nn.Module) -> list[Step]:
    """The step of a module; none of one that does nothing."""
    step = _step_of(name, module)
    if step is None:
        raise _Unread(f"it has the step {module}")
    return [] if isinstance(module, nn.Identity) else [step]


def _step_of(name: str, module: nn.Module) -> Step | None:
    match module:
        case nn.Linear():
            return Dense(name, module.in_features, module.out_features)
        case nn.Conv2d() if module.dilation == (1, 1) and module.padding_mode == "zeros":
            return Conv(
                name,
                module.in_channels,
                module.out_channels,
                _side(module.kernel_size),
                _side(module.stride),
                _padding(module),
            )
        case nn.ELU() if module.alpha == 1:
            return Elu()
        case nn.ReLU() | nn.Tanh() | nn.SiLU():
            return Activation(type(module).__name__.lower())  # type: ignore[arg-type]
        case nn.GELU() if module.approximate == "none":
            return Activation("gelu")
        case nn.LeakyReLU():
            return Activation("leaky-relu", module.negative_slope)
        case nn.Dropout() if module.p < 1:
            return Dropout(module.p)
        case nn.MaxPool2d() if (_side(module.dilation), module.ceil_mode) == (1, False):
            sides = module.kernel_size, module.stride, module.padding
            return MaxPool(*map(_side, sides))
        case nn.AvgPool2d() if (_side(module.padding), module.ceil_mode) == (0, False):
            return MeanPool(_side(module.kernel_size), _side(module.stride))
        case nn.AdaptiveAvgPool2d() if module.output_size in (1, (1, 1)):
            return GlobalMean()
        case nn.BatchNorm1d() | nn.BatchNorm2d() if module.track_running_stats:
            return Scale(1 / math.sqrt(1 + module.eps))
        case nn.Flatten() if (module.start_dim, module.end_dim) == (1, -1):
            return Flatten()
        case nn.Identity():
            return Scale(1.0)
    return None


def _side(given: Any) -> int:
    """The one length of a square's sides."""
    sides = set(given) if isinstance(given, tuple) else {given}
    if len(sides) != 1:
        raise _Unread(f"it has a window or stride that is not square, {given}")
    side: int = sides.pop()
    return side


def _padding(module: nn.Conv2d) -> int:
    if module.padding == "same":
        return _side(module.kernel_size) // 2
    return 0 if module.padding == "valid" else _side(module.padding)
