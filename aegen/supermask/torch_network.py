"""A plan as a torch network; layers are named as the plan names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from aegen.core.errors import InvalidInput
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
)

__all__ = ["Network"]


class Network(nn.Module):
    """Images (n, c, h, w), each standardised, to logits (n, classes), by a plan's steps.

    Without weights it is ready for `aegen.supermask.attach`, or for dense training; with the
    effective weights of a ticket it is that ticket's dense network, in evaluation mode.

    Args:
        plan: the steps.
        weights: float32 by layer name, (out, in) or (out, in, k, k); all layers or None.

    Raises:
        InvalidInput: weights that are not those of the plan.

    Example:
        >>> from aegen.supermask.networks import networks
        >>> Network(networks.create("fcn"))(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self, plan: Plan, weights: Mapping[str, NDArray[np.float32]] | None = None
    ) -> None:
        super().__init__()
        self.plan = plan
        for step in plan.weighted:
            _put(self, step.name, _layer(step))
        if weights is not None:
            self._take(weights)
            self.eval()

    def named_modules(
        self, memo: set[nn.Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, nn.Module]]:
        """As of any module, but layers come in the plan's order, whatever parts they lie in."""
        found = dict(super().named_modules(memo, prefix, remove_duplicate))
        start = f"{prefix}." if prefix else ""
        layers = [f"{start}{name}" for name in self.plan.layers]
        last = {name: found.pop(name) for name in layers if name in found}
        yield from {**found, **last}.items()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self._follow(self.plan.steps, x)

    def _follow(self, steps: tuple[Step, ...], x: Tensor) -> Tensor:
        k = 0
        while k < len(steps):
            if (
                k + 1 < len(steps)
                and isinstance(steps[k], Elu)
                and isinstance(steps[k + 1], MaxPool)
            ):
                # ELU only rises, so it may come after the pool, where there is a quarter to do.
                x = _elu(self._do(steps[k + 1], x))
                k += 2
            else:
                x = self._do(steps[k], x)
                k += 1
        return x

    def _do(self, step: Step, x: Tensor) -> Tensor:
        match step:
            case Dense() | Conv():
                y: Tensor = self.get_submodule(step.name)(x)
                return y
            case Elu():
                return _elu(x)
            case Activation():
                return _activated(step, x)
            case Dropout():
                return functional.dropout(x, step.chance, self.training)
            case MaxPool():
                return functional.max_pool2d(x, step.kernel, step.stride, step.padding)
            case MeanPool():
                return functional.avg_pool2d(x, step.kernel, step.stride)
            case Flatten():
                if x.requires_grad and x.ndim == 4:
                    # The pool before it is several times as fast with a gradient that lies as
                    # its pictures do.
                    x.register_hook(_channels_last)  # type: ignore[no-untyped-call]
                return x.flatten(1)
            case GlobalMean():
                return x.mean(dim=(2, 3))
            case Scale():
                return x * step.factor
            case Residual():
                shortcut = self._follow(step.shortcut, x)
                return self._follow(step.branch, x) + shortcut

    def _take(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        shapes = {name: tuple(array.shape) for name, array in weights.items()}
        if shapes != self.plan.layers:
            raise InvalidInput(f"{self.plan.name} needs weights {self.plan.layers}, got {shapes}")
        for name, array in weights.items():
            tensor = torch.from_numpy(np.array(array, dtype=np.float32))
            self.get_submodule(name).weight = nn.Parameter(tensor, requires_grad=False)


class _Elu(torch.autograd.Function):
    """ELU as ``max(x, 0) + exp(min(x, 0)) - 1``, within 1e-7 of torch's own and faster.

    torch takes expm1 of every number, and once more for the gradient; here one exp serves both,
    as it is the slope, too.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        slope = x.clamp(max=0).exp_()
        ctx.save_for_backward(slope)
        return x.clamp(min=0).add_(slope).sub_(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        [slope] = ctx.saved_tensors
        found: Tensor = grads[0] * slope
        return found


def _elu(x: Tensor) -> Tensor:
    y: Tensor = _Elu.apply(x)
    return y


def _activated(step: Activation, x: Tensor) -> Tensor:
    match step.function:
        case "relu":
            return functional.relu(x)
        case "leaky-relu":
            return functional.leaky_relu(x, step.slope)
        case "tanh":
            return torch.tanh(x)
        case "silu":
            return functional.silu(x)
        case "gelu":
            return functional.gelu(x)


def _channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)


def _put(network: nn.Module, name: str, layer: nn.Module) -> None:
    """Add a layer under a name that may have dots, as those of nested modules have."""
    *way, last = name.split(".")
    try:
        for part in way:
            if part not in dict(network.named_children()):
                network.add_module(part, nn.Module())
            network = network.get_submodule(part)
        network.add_module(last, layer)
    except (KeyError, AttributeError) as problem:
        raise InvalidInput(f"no layer of a torch network can be named {name!r:.80}") from problem


def _layer(step: Dense | Conv) -> nn.Module:
    """A layer whose weights are zeros until some are put in."""
    # On no device, so that torch's global generator is left as it was.
    made: dict[str, Any] = {"bias": False, "device": "meta"}
    layer: nn.Linear | nn.Conv2d
    if isinstance(step, Dense):
        layer = nn.Linear(step.inputs, step.outputs, **made)
    else:
        layer = nn.Conv2d(
            step.inputs, step.outputs, step.kernel, step.stride, step.padding, **made
        )
    layer.weight = nn.Parameter(torch.zeros(step.shape))
    return layer
