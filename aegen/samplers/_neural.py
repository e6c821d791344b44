"""Training a small network on codes: seeded, stopped by held-out rows, the same on any machine.

What was learned is one flat float32 array, so that a fitted model is plain data. Nothing here
touches torch's global generator, and everything runs on one thread, which fixes every sum's order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import FloatArray
from aegen.core.progress import report

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "Cache",
    "Recipe",
    "SingleArray",
    "by_blocks",
    "flat",
    "initialised",
    "misfit",
    "one_thread",
    "rebuilt",
    "train",
]

SingleArray = NDArray[np.float32]

Loss = Callable[["Tensor", np.random.Generator], "Tensor"]
"""Standardised rows (b, d) and the noise to use, to a mean over the rows."""

HELD_OUT = 0.1
"""Share of the rows that the network never learns from; they decide when to stop."""

MOST_HELD_OUT = 4000

USUAL_STEPS = 16
"""Steps a pass at least, where that leaves no batch smaller than `LEAST_BATCH`."""

LEAST_BATCH = 64

FEWEST_STEPS = 4
"""Steps a pass at least in any case: rows are then taken more than once."""

LARGEST_GRADIENT = 5.0

BLOCK = 4096
"""Rows that go through a network at a time."""

PAUSE = 0.25
"""Seconds between two reports of progress."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: most passes over the rows; the learning rate falls to zero over them.
        patience: passes without a better held-out loss after which to stop.
        batch: most rows a step.
        learning_rate: of Adam, at the start.
        held_out_rows: least rows of the held-out loss, which repeats rows to have as many: a loss
            that has noise in it is steadier so.
    """

    epochs: int
    patience: int
    batch: int
    learning_rate: float
    held_out_rows: int = 1


@dataclass(frozen=True)
class Cache:
    """A network and the array that its weights came from."""

    weights: SingleArray
    network: nn.Module


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside the block: more of them would change the last digits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def initialised(build: Callable[[], nn.Module], rng: np.random.Generator) -> nn.Module:
    """A network with weights drawn from ``rng``; torch's global generator is left as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        return build()


def flat(network: nn.Module) -> SingleArray:
    """All weights of a network in one float32 array (p,)."""
    if not list(network.parameters()):
        return np.zeros(0, dtype=np.float32)
    parts = [part.detach().numpy().ravel() for part in network.parameters()]
    return np.concatenate(parts).astype(np.float32)


def rebuilt(cache: Cache | None, build: Callable[[], nn.Module], weights: SingleArray) -> Cache:
    """A network with these weights (p,), in float64, for evaluation, made anew only if it must be.

    Args:
        cache: what this gave last time, or None.
        build: makes the network.
        weights: the fitted model's own array; another array means another network.
    """
    import torch

    if cache is not None and cache.weights is weights:
        return cache
    with torch.random.fork_rng(devices=[]):
        network = build()
    _fill(network, weights)
    return Cache(weights, network.double().eval().requires_grad_(False))


def by_blocks(work: Callable[[Tensor], Tensor], rows: FloatArray) -> FloatArray:
    """``work`` done on float64 rows (n, d), at least one, some at a time and on one thread."""
    import torch

    with one_thread(), torch.no_grad():
        parts = [
            work(torch.from_numpy(rows[start : start + BLOCK])).numpy()
            for start in range(0, len(rows), BLOCK)
        ]
    whole: FloatArray = np.concatenate(parts)
    return whole


def misfit(scale: FloatArray, weights: SingleArray, build: Callable[[], nn.Module]) -> str | None:
    """What is wrong with weights that were just read, or None."""
    import torch

    if (scale < 0).any():
        return "scale_ must not be negative"
    expected = 0
    if (scale > 0).any():
        with torch.random.fork_rng(devices=[]):
            expected = sum(part.numel() for part in build().parameters())
    if weights.shape != (expected,) or weights.dtype != np.float32:
        return (
            f"parameters_ has shape {weights.shape} and type {weights.dtype}, which does not "
            f"fit: these fields need ({expected},) and float32"
        )
    return None


def _fill(network: nn.Module, weights: SingleArray) -> None:
    """Put ``weights`` (p,) into a network."""
    import torch

    start = 0
    with torch.no_grad():
        for part in network.parameters():
            part.copy_(torch.from_numpy(weights[start : start + part.numel()]).view_as(part))
            start += part.numel()


def train(
    network: nn.Module, loss: Loss, x: FloatArray, recipe: Recipe, rng: np.random.Generator
) -> int:
    """Train ``network`` in place until held-out rows stop gaining; say how many passes it took.

    The weights kept are those of the pass with the least held-out loss, which is measured with
    the same noise after each. Small sets are taken in smaller batches, and more than once a pass
    where they are tiny, so that a pass is some steps; it is still short, and so is the training.

    Args:
        network: freshly initialised.
        loss: see `Loss`.
        x: standardised rows (n, d), at least two.
        recipe: how to train.
        rng: chooses held-out rows, batches and noise.
    """
    import torch

    rows = torch.from_numpy(x[rng.permutation(len(x))].astype(np.float32))
    held = min(max(int(HELD_OUT * len(x)), 1), MOST_HELD_OUT)
    held_out, kept = rows[:held], rows[held:]
    held_out = held_out.repeat(math.ceil(recipe.held_out_rows / held), 1)
    size = min(recipe.batch, max(len(kept) // USUAL_STEPS, LEAST_BATCH), len(kept))
    turns = max(len(kept) // size, FEWEST_STEPS)
    noise = int(rng.integers(2**62))
    progress = _Progress()

    def held_out_loss() -> float:
        network.eval()
        with torch.no_grad():
            measured = loss(held_out, np.random.default_rng(noise)).item()
        network.train()
        return measured if math.isfinite(measured) else math.inf

    optimiser = torch.optim.Adam(network.parameters(), recipe.learning_rate, fused=True)
    best, best_weights, best_pass = held_out_loss(), flat(network), 0
    done = 0
    for done in range(1, recipe.epochs + 1):
        again = math.ceil(turns * size / len(kept))
        order = np.concatenate([rng.permutation(len(kept)) for _ in range(again)])
        for k, chosen in enumerate(np.split(order[: turns * size], turns)):
            share = (done - 1 + k / turns) / recipe.epochs
            progress.tell(share, f"pass {done} of at most {recipe.epochs}")
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
            optimiser.zero_grad()
            value = loss(kept[torch.from_numpy(chosen)], rng)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
            optimiser.step()
        measured = held_out_loss()
        if measured < best:
            best, best_weights, best_pass = measured, flat(network), done
        if done - best_pass >= recipe.patience or not math.isfinite(measured):
            break
    _fill(network, best_weights)
    report(1.0, f"{done} passes")
    return done


class _Progress:
    """Reports that are not made more often than a person can read."""

    def __init__(self) -> None:
        self.last = -math.inf

    def tell(self, share: float, text: str) -> None:
        now = time.monotonic()
        if now - self.last >= PAUSE:
            self.last = now
            report(share, text)
