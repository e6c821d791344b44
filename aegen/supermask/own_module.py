"""A person's own torch module, made ready for masks, and filled with the weights of a ticket.

Only weights of layers with masks are in a ticket. So all else is made what a fresh module of the
class can be made, too: biases are 0, norms are as before any training (a batch norm that is never
in training mode divides by ``sqrt(1 + epsilon)``), both as in the paper.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from aegen.core.arrays import array_of
from aegen.core.errors import InvalidInput
from aegen.supermask.parametrization import maskable, put_weights

__all__ = ["buffers_of", "fill", "freeze_norms", "original", "prepared"]

PLAIN = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm, nn.PReLU)
"""Modules with parameters whose first values no seed decides."""


def original(net: nn.Module) -> nn.Module:
    """The module itself where ``torch.compile`` has wrapped it, whose layers have other names.

    Example:
        >>> original(nn.ReLU())
        ReLU()
    """
    found: nn.Module = getattr(net, "_orig_mod", net)
    return found


def prepared(net: nn.Module, input_shape: tuple[int, int, int]) -> tuple[nn.Module, int]:
    """A copy of a module as it is trained by masks, and how many logits it gives of an image.

    The copy is on the CPU, in float32, its biases 0, its norms fresh.

    Args:
        net: the module.
        input_shape: (c, h, w) of an image.

    Raises:
        InvalidInput: it cannot be copied, takes no such images, gives no logits, has no layer for
            a mask, or has parameters that no ticket holds.

    Example:
        >>> copied, classes = prepared(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), (1, 2, 2))
        >>> copied[1].bias.tolist(), classes
        ([0.0, 0.0, 0.0], 3)
    """
    try:
        copied = copy.deepcopy(net).cpu().float()
    except Exception as problem:  # whatever a person's module holds
        raise InvalidInput(
            f"the network cannot be copied ({type(problem).__name__}: {problem!s:.200})"
        ) from None
    classes = _classes(copied, input_shape)
    _clear(copied)
    return copied, classes


def fill(
    net: nn.Module, weights: Mapping[str, NDArray[np.float32]], buffers: Any = None
) -> nn.Module:
    """Put weights into a module in place, biases 0 and norms fresh, frozen, in evaluation mode.

    Args:
        net: the module.
        weights: of all its layers that can have a mask, (out, in, ...).
        buffers: what `buffers_of` gave when it was trained, if it is known.

    Raises:
        InvalidInput: weights of other layers, or parameters that no ticket holds, and nothing is
            changed; buffers of other values.

    Example:
        >>> net = fill(nn.Linear(2, 1), {"": np.ones((1, 2), np.float32)})
        >>> net.weight.tolist(), net.bias.tolist()
        ([[1.0, 1.0]], [0.0])
    """
    inner = original(net)
    _require_holdable(inner)
    put_weights(inner, weights)
    _clear(inner)
    if buffers is not None and buffers != buffers_of(inner):
        raise InvalidInput(
            f"this {type(inner).__name__} has buffers of other values than the one that was "
            "trained: make it with the same arguments; buffers must not be random"
        )
    return net.eval().requires_grad_(False)


def freeze_norms(net: nn.Module) -> None:
    """Keep batch norms in evaluation mode, in which their statistics stay what they are."""
    for module in net.modules():
        if isinstance(module, _NormBase):
            module.eval()


def buffers_of(net: nn.Module) -> int | None:
    """A checksum of a module's buffers before masks are on; None where it has none.

    Example:
        >>> buffers_of(nn.Linear(2, 1))
    """
    found = None
    for name, buffer in net.named_buffers():
        found = zlib.crc32(array_of(buffer).tobytes(), zlib.crc32(name.encode(), found or 0))
    return found


@torch.no_grad()
def _clear(net: nn.Module) -> None:
    """Biases 0, norms as before any training."""
    _require_holdable(net)
    for name in maskable(net):
        bias = net.get_submodule(name).bias
        if isinstance(bias, torch.Tensor):
            bias.zero_()
    for module in net.modules():
        if isinstance(module, PLAIN):
            module.reset_parameters()


def _require_holdable(net: nn.Module) -> None:
    """Refuse parameters that are neither in a ticket nor the same in each fresh module."""
    known = {f"{name}.{part}".lstrip(".") for name in maskable(net) for part in ("weight", "bias")}
    for name, module in net.named_modules():
        if isinstance(module, PLAIN):
            known |= {f"{name}.{own}".lstrip(".") for own, _ in module.named_parameters()}
    others = [name for name, _ in net.named_parameters() if name not in known]
    if others:
        raise InvalidInput(
            f"{type(net).__name__} has the parameter {others[0]}, which is of no layer with a "
            "mask and of no norm: a ticket does not hold it; make it a buffer of fixed values"
        )


def _classes(net: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """How many logits a module gives of an image, in evaluation as in training."""
    c, h, w = input_shape
    name, x = type(net).__name__, torch.zeros(2, c, h, w)
    try:
        with torch.random.fork_rng([]):
            with torch.no_grad():
                found: Any = net.eval()(x)
            freeze_norms(net.train().requires_grad_(True))
            trained: Any = net(x)
            if isinstance(trained, torch.Tensor) and trained.requires_grad:
                trained.sum().backward()  # type: ignore[no-untyped-call]
    except Exception as problem:  # whatever a person's module raises
        said = (str(problem).strip().splitlines() or [""])[0]
        raise InvalidInput(
            f"{name} cannot take images of shape (n, {c}, {h}, {w}) "
            f"({type(problem).__name__}: {said:.200})"
        ) from None
    for given in (found, trained):
        if not isinstance(given, torch.Tensor) or given.ndim != 2 or len(given) != 2:
            shape = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
            raise InvalidInput(
                f"{name} must give logits of shape (n, classes): of 2 images it gives {shape}"
            )
    _require_used(net)
    net.zero_grad()
    return int(found.shape[1])


def _require_used(net: nn.Module) -> None:
    """Refuse layers that the logits do not come from: no gradient reaches a mask of theirs."""
    for name in maskable(net):
        if net.get_parameter(f"{name}.weight".lstrip(".")).grad is None:
            raise InvalidInput(
                f"no gradient of {type(net).__name__}'s logits reaches its layer {name}: take the "
                "layer out, or let forward use it"
            )
