"""torch's optimisers without its compiler, which they load on first use: two seconds a process."""

from __future__ import annotations

import inspect
from typing import TypeVar

import torch

__all__ = ["SGD", "Adam"]

O = TypeVar("O", bound=type[torch.optim.Optimizer])

KEPT_FROM_THE_COMPILER = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
"""Methods that torch wraps only so that a compiled program calls them uncompiled."""


def _uncompiled(kind: O) -> O:
    """``kind`` with what torch wraps for its compiler as it is below the wrapping."""
    for name in KEPT_FROM_THE_COMPILER:
        setattr(kind, name, inspect.unwrap(getattr(kind, name)))
    kind.step = torch.no_grad()(inspect.unwrap(kind.step))  # type: ignore[method-assign]
    return kind


@_uncompiled
class Adam(torch.optim.Adam):
    """`torch.optim.Adam`, step by step the same; it cannot be differentiated through."""


@_uncompiled
class SGD(torch.optim.SGD):
    """`torch.optim.SGD`, step by step the same; it cannot be differentiated through."""
