"""Training speed of masks: images a second, beside the same steps as torch alone would do them.

`aegen bench supermask --training` prints it. All methods take the same steps on random images, in
turns, so that what slows the machine slows all of them; the figures are medians.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from rich.table import Table
from torch import Tensor
from torch.nn import functional

from aegen.benchmarks.console import console
from aegen.core.allocator import kept_memory
from aegen.core.rng import generator
from aegen.supermask.networks import networks
from aegen.supermask.plan import Elu, Flatten, Plan, Step
from aegen.supermask.torch_network import Network
from aegen.supermask.training.classifier import Training, check_device
from aegen.supermask.training.recipe import paper_recipe

__all__ = ["NETWORKS", "Pace", "paces", "report"]

NETWORKS = ("fcn", "conv2", "conv4", "conv6", "resnet20")

STEPS = 3
"""Of a timing; each is of one batch."""


@dataclass(frozen=True)
class Pace:
    """How fast one way of training is.

    Attributes:
        method: its name.
        images: a second.
        loss: of its last step, to see that all do the same.
    """

    method: str
    images: float
    loss: float


class _Plain(Network):
    """A plan's network with torch's own ELU, and gradients laid out as they come."""

    def _do(self, step: Step, x: Tensor) -> Tensor:
        match step:
            case Elu():
                return functional.elu(x)
            case Flatten():
                return x.flatten(1)
        return super()._do(step, x)


def paces(
    network: str, *, batch: int = 128, device: str = "cpu", repeats: int = 5, rng: int = 0
) -> list[Pace]:
    """Time steps of a training in each way.

    Args:
        network: its name.
        batch: images a step.
        device: "cpu" or "cuda".
        repeats: timings of each way, of which the median is taken.
        rng: of the images.

    Raises:
        UnknownName: there is no such network.
        TrainingError: torch does not see such a device.
    """
    check_device(device)
    plan: Plan = networks.create(network)
    with contextlib.ExitStack() as stack:
        ways = {
            "torch alone": _steps(plan, batch, device, "float32", rng, plain=True),
            "aegen, float32": _steps(plan, batch, device, "float32", rng),
            "aegen, bfloat16": _steps(plan, batch, device, "bfloat16", rng),
        }
        taken: dict[str, list[float]] = {way: [] for way in ways}
        losses = dict.fromkeys(ways, 0.0)
        for _ in range(repeats):
            for way, step in ways.items():
                memory = contextlib.nullcontext() if way == "torch alone" else kept_memory()
                with memory:
                    step()  # what the way before it left is not its own
                    start = time.perf_counter()
                    for _ in range(STEPS):
                        losses[way] = step()
                    taken[way].append(time.perf_counter() - start)
        del stack
    return [
        Pace(way, STEPS * batch / median(times), losses[way]) for way, times in taken.items()
    ]
