"""Training as a generator of step records: seeded, resumable, and the same on every run.

The order of the rows and all noise of an epoch come from the seed and the epoch's number alone, so
a training that was killed and goes on from its checkpoint gives the very weights that it would
have given without the interruption (on the same machine and number of threads). Images are fetched
a batch at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aegen.autoencoders.checkpoint import (
    Checkpoint,
    load_weights,
    read_checkpoint,
    weights_of,
    write_checkpoint,
)
from aegen.autoencoders.image_rows import ImageRows, batch
from aegen.core.errors import TrainingError
from aegen.core.optimisers import Adam
from aegen.core.storage import make_folder

__all__ = ["VALIDATION", "Recipe", "Step", "best_epoch", "initialised", "train"]

Loss = Callable[[Tensor, Tensor, torch.Generator], Tensor]
"""Images (n, c, h, w) in [0, 1], their rows (n,), and the noise to use, to a scalar loss."""

Score = Callable[[], dict[str, float]]
"""Figures of the current weights, computed at the end of an epoch."""

VALIDATION = "validation_loss"
"""The figure that must fall, where a recipe has patience."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: passes over the training rows; the learning rate falls to zero over them.
        batch: images a step.
        learning_rate: of Adam, at its highest, a tenth of the way in.
        seed: of the initial weights, the order of the rows and all noise.
        patience: epochs without a lower `VALIDATION` figure after which a training stops; the
            weights of the lowest are kept, also where it goes on to the end. None: it does not.
    """

    epochs: int = 20
    batch: int = 256
    learning_rate: float = 2e-3
    seed: int = 0
    patience: int | None = None

    def plain(self) -> dict[str, Any]:
        """The settings by name; patience only where there is one."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Step:
    """Where a training stands after a step.

    Attributes:
        epoch: the epoch under way, from 1.
        step: steps taken in all, and ``steps`` all there will be.
        loss: of this batch, in nats an image.
        seconds: spent so far in this run.
        figures: at the last step of an epoch, its mean loss and the figures of the weights.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)


def initialised(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A network with weights drawn from ``seed``; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def train(
    network: nn.Module,
    loss: Loss,
    images: ImageRows,
    recipe: Recipe,
    checkpoint: Path,
    about: dict[str, Any],
    score: Score | None = None,
    device: str = "cpu",
) -> Iterator[Step]:
    """Train ``network`` in place, write a checkpoint after each epoch, and yield every step.

    Args:
        network: freshly initialised; its weights are replaced where ``checkpoint`` holds a
            training of the same recipe that has begun.
        loss: see `Loss`.
        images: uint8, (n, h, w, c).
        recipe: how to train.
        checkpoint: file that keeps the training; it is continued if it exists.
        about: plain values that describe the training; they must agree with the checkpoint's.
        score: figures to compute after each epoch; with patience, `VALIDATION` is one.
        device: "cpu" or "cuda".

    Raises:
        TrainingError: the loss is no longer finite; the checkpoint is of another training.
        StorageError: the checkpoint cannot be read or written.
    """
    about = {**about, "recipe": recipe.plain()}
    make_folder(checkpoint.parent)  # a place that cannot be written to is told before the work
    # Convolutions run about a third faster with channels last, on CPUs too.
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = Adam(network.parameters(), recipe.learning_rate, fused=True)
    history: list[dict[str, float]] = []
    best: dict[str, np.ndarray] = {}
    if checkpoint.exists():
        found = read_checkpoint(checkpoint)
        found.require_same(about, checkpoint)
        found.restore(network, optimiser)
        history, best = found.history, found.best
    per_epoch = math.ceil(len(images) / recipe.batch)
    steps = per_epoch * recipe.epochs
    start = time.perf_counter()
    for epoch in range(len(history) + 1, recipe.epochs + 1):
        if recipe.patience and history and epoch - best_epoch(history) > recipe.patience:
            break
        order, noise = _randomness(recipe.seed, epoch, len(images), device)
        network.train()
        losses = []
        for k, rows in enumerate(torch.split(order, recipe.batch)):
            step = (epoch - 1) * per_epoch + k
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * _warm_then_falling(step / steps)
            value = loss(batch(images, rows.numpy(), device), rows, noise)
            optimiser.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(value.item())
            if not math.isfinite(losses[-1]):
                raise TrainingError(
                    f"the loss is {losses[-1]} at step {step + 1} (epoch {epoch}): lower the "
                    f"learning rate from {recipe.learning_rate:g}, or where a decoder may reach "
                    "exactly 0 or 1 take its logits by `Autoencoder.logits_of`; the last whole "
                    f"epoch is kept in {checkpoint}"
                )
            last = k == per_epoch - 1
            figures = {}
            if last:
                network.eval()
                figures = {"loss": float(np.mean(losses)), **(score() if score else {})}
                history.append({"epoch": float(epoch), **figures})
                if recipe.patience and best_epoch(history) == epoch:
                    best = {name: array.copy() for name, array in weights_of(network).items()}
                now = Checkpoint.of(network, optimiser, about, history, best)
                write_checkpoint(checkpoint, now)
            yield Step(epoch, step + 1, steps, losses[-1], time.perf_counter() - start, figures)
    if best:
        load_weights(network, best)
        write_checkpoint(checkpoint, Checkpoint.of(network, optimiser, about, history))
    network.eval()


def best_epoch(history: Sequence[Mapping[str, float]]) -> int:
    """The epoch, from 1, whose `VALIDATION` figure is the lowest: the first of them.

    Example:
        >>> best_epoch([{VALIDATION: 2.0}, {VALIDATION: 1.0}, {VALIDATION: 1.5}])
        2
    """
    return 1 + int(np.argmin([figures[VALIDATION] for figures in history]))


def _randomness(seed: int, epoch: int, n: int, device: str) -> tuple[Tensor, torch.Generator]:
    """The order of the rows and the noise of one epoch, from its seed and number alone."""
    draw = np.random.default_rng([seed, epoch])
    order = torch.from_numpy(draw.permutation(n))
    noise = torch.Generator(device=device)
    noise.manual_seed(int(draw.integers(0, 2**63 - 1)))
    return order, noise


def _warm_then_falling(share: float) -> float:
    """Factor of the learning rate at a share of the training: up over a tenth, then a cosine."""
    if share < 0.1:
        return 0.1 + 9 * share
    return 0.5 * (1 + math.cos(math.pi * (share - 0.1) / 0.9))
