"""Training speed of masks: images a second, beside the same steps as torch alone would do them.

`aegen bench supermask --training` prints it. All methods take the same steps on random images, in
turns, so that what slows the machine slows all of them; the figures are medians.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
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
from aegen.supermask.parametrization import MaskSGD, attach, scores
from aegen.supermask.plan import Elu, Flatten, Plan, Step
from aegen.supermask.torch_network import Network
from aegen.supermask.training.classifier import check_device
from aegen.supermask.training.recipe import paper_recipe

__all__ = ["NETWORKS", "Pace", "paces", "report"]

NETWORKS = ("fcn", "conv2", "conv4", "conv6", "resnet20")

PLAIN, OURS = "torch alone", ("aegen, float32", "aegen, bfloat16")

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
    ways = {
        PLAIN: _step(_Plain(plan), batch, device, "float32", rng),
        **{way: _step(Network(plan), batch, device, way.split()[1], rng) for way in OURS},
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    losses = dict.fromkeys(ways, 0.0)
    for _ in range(repeats):
        for way, step in ways.items():
            with contextlib.nullcontext() if way == PLAIN else kept_memory():
                step()  # what the way before it left in memory is not its own
                start = time.perf_counter()
                for _ in range(STEPS):
                    losses[way] = step()
                taken[way].append(time.perf_counter() - start)
    return [Pace(way, STEPS * batch / median(times), losses[way]) for way, times in taken.items()]


def report(
    names: Sequence[str] = (), *, batch: int = 128, repeats: int = 5, devices: Sequence[str] = ()
) -> None:
    """Print `paces` of networks, a line for each and one of its devices."""
    devices = devices or ("cpu", *(["cuda"] if torch.cuda.is_available() else []))
    table = Table("training", "device", *(f"{way}, images/s" for way in (PLAIN, *OURS)))
    for name in names or NETWORKS:
        for device in devices:
            plain, *ours = paces(name, batch=batch, device=device, repeats=repeats)
            cells = [f"{p.images:,.0f}  {p.images / plain.images:.1f}x" for p in ours]
            table.add_row(name, device, f"{plain.images:,.0f}", *cells)
    out = console()
    out.print(table)
    out.print(f"steps of {batch} images, medians; {torch.get_num_threads()} threads")


def _step(
    network: Network, batch: int, device: str, precision: str, rng: int
) -> Callable[[], float]:
    """A step of a training on one batch of random images; it gives the loss."""
    plan = network.plan
    c, h, w = plan.input_shape
    random = generator(rng)
    images = torch.from_numpy(random.standard_normal((batch, h, w, c), np.float32)).to(device)
    labels = torch.from_numpy(random.integers(0, plan.classes, batch)).to(device)
    recipe = paper_recipe(plan.name)
    attach(network, threshold=recipe.threshold, relative=recipe.relative, kappa=recipe.kappa)
    network.to(device).to(memory_format=torch.channels_last)
    optimiser = MaskSGD(scores(network), recipe.learning_rate / 10, recipe.decay)

    def step() -> float:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            logits: Tensor = network(images.permute(0, 3, 1, 2))
        loss = functional.cross_entropy(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.item()

    return step
