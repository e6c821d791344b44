"""Neural flows: networks that carry normal noise to codes, and how they are trained.

Training is seeded, stopped by held-out rows and the same on any machine: nothing here touches
torch's global generator, and everything runs on one thread, which fixes every sum's order. What
was learned is one flat float32 array, so that a fitted model is plain data.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.parameters import Field
from aegen.core.progress import report
from aegen.samplers._learned import not_negative, within
from aegen.samplers._resampling import resampled
from aegen.samplers._standardise import centre_and_scale, refuse_constant, standardise
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = [
    "Batch",
    "Epochs",
    "NeuralFlow",
    "Patience",
    "Rate",
    "Recipe",
    "SingleArray",
    "flat",
    "initialised",
    "train",
]

Epochs = Annotated[int, Field("Most passes over the codes.", low=1, high=1000, log=True)]
Patience = Annotated[
    int, Field("Passes without gain on held-out rows after which to stop.", low=1, high=1000)
]
Rate = Annotated[
    float,
    Field("Size of the first steps; it falls to zero.", low=0, high=0.1, open_low=True, log=True),
]
Batch = Annotated[int, Field("Most rows a step.", low=16, high=65536, log=True)]

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

TRIED, FAR = 64, 1e12
"""Draws of a network that is read from a file, and how many standard deviations they may reach."""

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


class NeuralFlow(DensitySampler, ConditionalSampler):
    """A latent model whose network carries normal noise to standardised codes, and back.

    A tenth of the rows are held out; the weights of the pass that fits them best are kept.
    Constant columns are drawn as that constant and have no density. Conditions are answered by
    importance resampling.
    """

    slow: ClassVar[bool] = True
    least_held_out: ClassVar[int] = 1
    """See `Recipe.held_out_rows`."""

    epochs: int
    patience: int
    learning_rate: float
    batch: int

    centre_: Annotated[FloatArray, "d"]
    scale_: Annotated[FloatArray, "d", not_negative]
    parameters_: Annotated[SingleArray, "p", within(-1e6, 1e6)]
    passes_: int

    _built: tuple[SingleArray, nn.Module] | None = None
    """The array that a network's weights came from, and the network."""

    def minimum_rows(self, d: int) -> int:
        """Ten, so that one can be held out."""
        return 10

    # What each flow says for itself; rows and noise are of the columns that vary

    @abstractmethod
    def _build(self) -> nn.Module:
        """The network, with weights at random."""

    @abstractmethod
    def _size(self, features: int) -> int:
        """How many weights the network of ``features`` columns has, told without making it."""

    @abstractmethod
    def _loss(self, network: nn.Module, rows: Tensor, noise: np.random.Generator) -> Tensor:
        """What training makes small: a mean over standardised rows (b, d)."""

    @abstractmethod
    def _carrier(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        """From normal noise (b, d) to standardised rows (b, d)."""

    @abstractmethod
    def _log_density(self, network: nn.Module, rows: Tensor) -> Tensor:
        """Of standardised rows (b, d), (b,)."""

    # What follows from it

    @property
    def _active(self) -> BoolArray:
        """Which columns vary."""
        return self.scale_ > 0

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.centre_, self.scale_ = centre_and_scale(z)
        self.parameters_, self.passes_ = np.zeros(0, dtype=np.float32), 0
        if not self._active.any():
            return
        x = standardise(z, self.centre_, self.scale_)[:, self._active]
        recipe = Recipe(
            self.epochs, self.patience, self.batch, self.learning_rate, self.least_held_out
        )
        with one_thread():
            network = initialised(self._build, rng)
            self.passes_ = train(network, partial(self._loss, network), x, recipe, rng)
        self.parameters_ = flat(network)

    def _network(self) -> nn.Module:
        """The fitted network in float64, rebuilt where weights were loaded or fitted anew."""
        import torch

        if self._built is None or self._built[0] is not self.parameters_:
            with torch.random.fork_rng(devices=[]):
                network = self._build()
            _fill(network, self.parameters_)
            self._built = self.parameters_, network.double().eval().requires_grad_(False)
        return self._built[1]

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        active = self._active
        drawn = np.tile(self.centre_, (n, 1))
        if active.any() and n:
            noise = rng.standard_normal((n, int(active.sum())))
            x = by_blocks(self._carrier(self._network()), noise)
            drawn[:, active] += self.scale_[active] * x
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        if not len(z):
            return np.empty(0)
        x = standardise(z, self.centre_, self.scale_)
        density = by_blocks(partial(self._log_density, self._network()), x)
        density -= np.log(self.scale_).sum()
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        return resampled(self, known, values, rng)

    def _defect(self) -> str | None:
        columns, weights = int(self._active.sum()), len(self.parameters_)
        expected = self._size(columns) if columns else 0
        if weights != expected:
            return (
                f"parameters_ has shape ({weights},), which does not fit: these fields need "
                f"({expected},)"
            )
        if columns:
            return self._strays(columns)
        return None

    def _strays(self, columns: int) -> str | None:
        """Whether the network, which may do anything, leads normal noise to no number."""
        noise = np.random.default_rng(0).standard_normal((TRIED, columns))
        network = self._network()
        drawn = by_blocks(self._carrier(network), noise)
        if np.isfinite(drawn).all() and np.abs(drawn).max() < FAR:
            density = by_blocks(partial(self._log_density, network), drawn)
            if np.isfinite(density).all():
                return None
        return "parameters_ are of a network whose draws or densities are not finite"


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

    from aegen.core.optimisers import Adam

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

    weights = list(network.parameters())
    optimiser = Adam(weights, recipe.learning_rate, fused=True)
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
            torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
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
