"""Flow matching: a continuous normalizing flow whose velocities a small network learns.

The network has two hidden layers and no more because its divergence then is one more product of
matrices, so that the density costs no more than twice a draw.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.parameters import Field
from aegen.samplers._neural import Batch, Epochs, NeuralFlow, Patience, Rate
from aegen.samplers._principal import Reduce
from aegen.samplers._resampling import resampled
from aegen.samplers.base import Sampler

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["FlowMatching"]

WAVES = 4
"""Sines, and as many cosines, of the time that the network sees."""

SHARPNESS = 4.0
"""How much larger than usual the first layer's weights start: clusters are found sooner."""

FINER = 3
"""Steps of the density for each step of a draw, so that it integrates to one."""

CANDIDATES = 6000
"""Of a condition: the density is dearer here than that of other models."""


class FlowMatching(NeuralFlow):
    r"""Continuous normalizing flow, trained by flow matching on straight paths.

    With x a standardised code and e normal noise the network v is fitted to the straight paths
    between random pairs, $\min E|v((1 - t) e + t x, t) - (x - e)|^2$; a draw starts at noise and
    follows $dx/dt = v(x, t)$ from t = 0 to 1 by ``steps`` Runge-Kutta steps of order 4. The
    density follows the same path back: $\log f = \log N(e; 0, I) - \int \mathrm{div}\, v\, dt$
    with the divergence in closed form, so it is exact but for the error of its steps, three for
    each of a draw (that error falls about sixteenfold where ``steps`` doubles, and a fitted model
    may be given other ``steps``). A tenth of the rows are held out; the weights of the pass that
    fits them best are kept.

    Conditions are answered by importance resampling: the result's ``effective_rows()`` says how
    many candidates stand behind it, and they are refused where those are too few.

    Goes wrong with few rows, where it stays near a Gaussian, and where clusters are far apart for
    their size: velocities then change fast and need more ``steps``. Constant columns are drawn as
    that constant and have no density. Rows cannot be weighted: which are held out is part of the
    fit.

    Cost: it trains a network: 40 s for 60,000 codes of 10 numbers, more with ``epochs``. A draw
    passes through it four times in each of ``steps``.

    Reference: Lipman et al. 2022 (arXiv 2210.02747), Liu et al. 2022 (arXiv 2209.03003).

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> FlowMatching(epochs=3).fit(codes, rng=0).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Flow matching"
    summary: ClassVar[str] = "Noise carried to the codes along velocities that a network learned."
    references: ClassVar[tuple[str, ...]] = ("lipman2022", "liu2022")
    quick: ClassVar[dict[str, int]] = {"epochs": 1, "hidden": 8, "steps": 4}
    exact: ClassVar[None] = None
    least_held_out: ClassVar[int] = 1000  # repeated with other noise where there are fewer
    _finer: int = FINER

    def __init__(
        self,
        steps: Annotated[
            int,
            Field(
                "Steps from noise to code; more are slower and nearer the law.",
                low=1,
                high=500,
                log=True,
            ),
        ] = 7,
        hidden: Annotated[
            int, Field("Width of the network's two hidden layers.", low=4, high=2048, log=True)
        ] = 256,
        epochs: Epochs = 80,
        patience: Patience = 15,
        learning_rate: Rate = 5e-3,
        batch: Batch = 512,
        reduce: Reduce = None,
    ) -> None:
        self.steps = steps
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch = batch
        self.reduce = reduce

    def _build(self) -> nn.Module:
        """The network of the columns that vary, with weights at random."""
        return _velocities(int(self._active.sum()), self.hidden)

    def _size(self, features: int) -> int:
        import torch

        with torch.device("meta"):  # has shapes and no memory
            network = _velocities(features, self.hidden)
        return sum(part.numel() for part in network.parameters())

    def _loss(self, network: nn.Module, rows: Tensor, noise: np.random.Generator) -> Tensor:
        return _mismatch(network, rows, noise)

    def _carrier(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        single = deepcopy(network).float()  # twice as quick; the density needs more
        return lambda noise: _carried(single, noise.float(), self.steps).double()

    def _log_density(self, network: nn.Module, rows: Tensor) -> Tensor:
        return _log_density(network, rows, self.steps * self._finer)

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        rough = copy(self)  # weights need not be as exact as a density that is told
        rough._finer = 1
        return resampled(rough, known, values, rng, CANDIDATES)


def _velocities(d: int, hidden: int) -> nn.Module:
    """A network from places (n, d) and times (n,) to velocities (n, d)."""
    import torch
    from torch import nn

    times = 2 + 2 * WAVES
    network = nn.ModuleDict(
        {
            "first": nn.Linear(d, hidden),
            "first_time": nn.Linear(times, hidden, bias=False),
            "second": nn.Linear(hidden, hidden),
            "second_time": nn.Linear(times, hidden, bias=False),
            "second_place": nn.Linear(d, hidden, bias=False),
            "last": nn.Linear(hidden, d),
            "stretch": nn.Linear(times, d, bias=False),
        }
    )
    with torch.no_grad():
        for weights in network["first"].parameters():
            weights.mul_(SHARPNESS)
        for name in ("last", "stretch"):  # nothing moves at first
            for weights in network[name].parameters():
                weights.zero_()
    return network


def _clock(t: Tensor) -> Tensor:
    """What the network sees of times (n,), (n, 2 + 2 WAVES)."""
    import torch

    waves = torch.pi * torch.arange(1, WAVES + 1, dtype=t.dtype) * t[:, None]
    ones = torch.ones_like(t)[:, None]
    return torch.cat([ones, t[:, None], torch.sin(waves), torch.cos(waves)], dim=1)


def _velocity(network: Any, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Velocities (n, d) at places (n, d) and times (n,) or (1,), and what both layers are fed."""
    from torch.nn.functional import silu

    clock = _clock(t)
    one = network["first"](x) + network["first_time"](clock)
    two = network["second"](silu(one)) + network["second_time"](clock)
    two = two + network["second_place"](x)
    return network["last"](silu(two)) + network["stretch"](clock) * x, one, two


def _divergence(network: Any, one: Tensor, two: Tensor, t: Tensor) -> Tensor:
    r"""The trace of the velocities' Jacobian, (n,), from what both layers are fed.

    With $A, B, C$ the weights of first, second and last layer, $P$ those from the place to the
    second and $a, b$ the activation's slopes, $\mathrm{tr}\, C \mathrm{diag}(b) (B
    \mathrm{diag}(a) A + P) = b^T ((B \circ (A C)^T) a + \mathrm{diag}(P C))$.
    """
    first, second, last = (network[name].weight for name in ("first", "second", "last"))
    pairs = second * (first @ last).T
    straight = (network["second_place"].weight * last.T).sum(dim=1)
    inner = _slope(one) @ pairs.T + straight
    trace: Tensor = (_slope(two) * inner).sum(dim=1) + network["stretch"](_clock(t)).sum(dim=1)
    return trace


def _slope(a: Tensor) -> Tensor:
    """The derivative of silu."""
    probability = a.sigmoid()
    return probability * (1 + a * (1 - probability))


def _mismatch(network: nn.Module, rows: Tensor, rng: np.random.Generator) -> Tensor:
    """Mean squared error of the velocities along paths from noise to rows (n, d)."""
    import torch

    n, d = rows.shape
    noise = torch.from_numpy(rng.standard_normal((n, d), dtype=np.float32))
    # Times are spread evenly over the rows, which come in random order.
    t = torch.from_numpy(((np.arange(n) + rng.random(n)) / n).astype(np.float32))
    at = torch.lerp(noise, rows, t[:, None])
    velocity, _, _ = _velocity(network, at, t)
    return (velocity - (rows - noise)).square().sum(dim=1).mean()


def _carried(network: nn.Module, noise: Tensor, steps: int) -> Tensor:
    """Where noise (n, d) gets to from time 0 to 1."""
    import torch

    def change(x: Tensor, t: float) -> Tensor:
        return _velocity(network, x, torch.full((1,), t, dtype=x.dtype))[0]

    return _solved(change, noise, 0.0, 1.0, steps)


def _log_density(network: nn.Module, x: Tensor, steps: int) -> Tensor:
    """Log-density of standardised rows (n, d), (n,), from their path back to noise."""
    import torch

    d = x.shape[1]

    def change(state: Tensor, t: float) -> Tensor:
        time = torch.full((1,), t, dtype=state.dtype)
        velocity, one, two = _velocity(network, state[:, :d], time)
        return torch.cat([velocity, _divergence(network, one, two, time)[:, None]], dim=1)

    back = _solved(change, torch.nn.functional.pad(x, (0, 1)), 1.0, 0.0, steps)
    noise, growth = back[:, :d], back[:, d]
    normal = -0.5 * noise.square().sum(dim=1) - 0.5 * d * np.log(2 * np.pi)
    density: Tensor = normal + growth
    return density


def _solved(
    change: Callable[[Tensor, float], Tensor], x: Tensor, start: float, end: float, steps: int
) -> Tensor:
    """Where ``x`` gets to under dx/dt = change(x, t), by classical Runge-Kutta steps."""
    h = (end - start) / steps
    for k in range(steps):
        t = start + k * h
        one = change(x, t)
        two = change(x + h / 2 * one, t + h / 2)
        three = change(x + h / 2 * two, t + h / 2)
        four = change(x + h * three, t + h)
        x = x + h / 6 * (one + 2 * two + 2 * three + four)
    return x
