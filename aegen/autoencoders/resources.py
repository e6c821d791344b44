"""Memory and disk space that a training needs, and how much there is, told before the work."""

from __future__ import annotations

import contextlib
import math
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aegen.core.errors import TrainingError

__all__ = ["available_memory", "require_resources", "step_memory"]

GRADIENTS = 1.5
"""Bytes of activations of a step, for each byte that the forward pass makes: what is kept for the
backward pass, and gradients on the way. Measured: 0.8 to 1.3 on convolutional networks."""

CHECKPOINT = 4
"""Copies of the weights in a checkpoint: they, two moments of Adam, and the best ones so far."""


def available_memory() -> int | None:
    """Bytes that this process may still take, or None where the system does not say."""
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append(1024 * int(line.split()[1]))
    group = Path("/sys/fs/cgroup")  # the bounds of a container; files in its cache can go
    with contextlib.suppress(OSError, ValueError, StopIteration):
        bound, used = (
            int((group / f"memory.{name}").read_text(encoding="ascii"))
            for name in ("max", "current")
        )
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        cached = next(line for line in lines if line.startswith("inactive_file "))
        found.append(bound - used + int(cached.split()[1]))
    return max(0, min(found)) if found else None


def step_memory(network: nn.Module, image_shape: tuple[int, ...], batch: int) -> int:
    """Bytes of a step of training on ``batch`` images (h, w, c), estimated from one image's pass.

    The network is run once, on a black image, and is left as it was.
    """
    made = 0

    def add(module: nn.Module, given: Any, out: Any) -> None:
        nonlocal made
        if isinstance(out, Tensor) and not any(True for _ in module.children()):
            made += out.numel() * out.element_size()

    h, w, c = image_shape
    device = next(network.parameters()).device
    was, hooks = network.training, [m.register_forward_hook(add) for m in network.modules()]
    try:
        network.eval()
        with torch.inference_mode():
            network(torch.zeros(1, c, h, w, device=device))
    finally:
        network.train(was)
        for hook in hooks:
            hook.remove()
    return int(4 * _weights(network) + batch * (GRADIENTS * made + 3 * 4 * h * w * c))


def require_resources(
    network: nn.Module, shape: tuple[int, ...], batch: int, folder: Path, device: str = "cpu"
) -> None:
    """Refuse a training whose steps do not fit in memory, or its checkpoint on the disk.

    Args:
        network: what is trained.
        shape: of the images, (n, h, w, c).
        batch: images a step.
        folder: where the checkpoint will lie; it need not be there yet.
        device: only the memory of "cpu" is known.

    Raises:
        TrainingError: it needs more than there is; says what to do.
    """
    n, *image = shape
    batch = min(batch, n)
    free = available_memory() if device == "cpu" else None
    needed = step_memory(network, tuple(image), batch)
    if free is not None and needed > free:
        h, w, c = image
        raise TrainingError(
            f"a step with {batch} images of {h} x {w} x {c} needs about {_size(needed)} of memory "
            f"and {_size(free)} are free: take a smaller batch, or smaller images"
        )
    while not folder.exists():
        folder = folder.parent
    needed, left = 2 * CHECKPOINT * _weights(network), shutil.disk_usage(folder).free
    if needed > left:  # a new checkpoint is written beside the last one
        raise TrainingError(
            f"the checkpoint and the one before it take {_size(needed)} and {_size(left)} are "
            f"free at {folder}: name a folder on another disk"
        )


def _weights(network: nn.Module) -> int:
    """Bytes of the weights."""
    return sum(math.prod(p.shape) * p.element_size() for p in network.parameters())


def _size(n: int) -> str:
    """Bytes for people."""
    return f"{n / 1e9:.1f} GB" if n >= 1e8 else f"{n / 1e6:.1f} MB"
