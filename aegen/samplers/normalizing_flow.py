"""Normalizing flow: invertible maps to a normal distribution; density and draws in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from aegen.core.parameters import Field
from aegen.samplers._neural import Batch, Epochs, NeuralFlow, Patience, Rate
from aegen.samplers._principal import Reduce

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["NormalizingFlow"]

TRANSFORMS = {"spline": 3, "realnvp": 8}
"""How many maps there are unless asked otherwise."""

SPLINE, SHIFT = 23, 2
"""Numbers that describe a coordinate's curve, and its scale and shift."""


class NormalizingFlow(NeuralFlow):
    r"""Normalizing flow (neural spline flow or RealNVP) from the codes to a normal distribution.

    $\log f(z) = \log N(g(x); 0, I) + \log|\det \partial g / \partial x| - \sum_j \log s_j$ with
    $x = (z - m) / s$ the standardised code and g the chain; a draw is a normal vector sent back
    through it. "spline" bends each coordinate by a monotone curve of 8 pieces within ±5 standard
    deviations whose shape a network chooses from the coordinates before it (straight outside);
    "realnvp" scales and shifts every other coordinate by what a network makes of the rest. A
    tenth of the rows are held out; the weights of the pass that they find likeliest are kept.

    Conditions are answered by importance resampling: the result's ``effective_rows()`` says how
    many candidates stand behind it, and they are refused where those are too few.

    Goes wrong with few rows, which it soon knows by heart (held-out rows then stop it early and
    it stays near a Gaussian), and puts thin bridges between clusters, as what it bends is one
    piece. In one dimension "realnvp" is a normal distribution. Constant columns are drawn as that
    constant and have no density. Rows cannot be weighted: which are held out is part of the fit.

    Cost: it trains a network: 55 s (spline) or 17 s (RealNVP) for 60,000 codes of 10 numbers. A
    draw of the spline takes a pass for each dimension.

    Reference: Durkan et al. 2019 (arXiv 1906.04032), Dinh et al. 2016 (arXiv 1605.08803); the
    maps are zuko's.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> NormalizingFlow(epochs=3).fit(codes, rng=0).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Normalizing flow"
    summary: ClassVar[str] = "A normal distribution bent by a neural network, density included."
    references: ClassVar[tuple[str, ...]] = ("durkan2019", "dinh2016")
    quick: ClassVar[dict[str, int]] = {"epochs": 1, "hidden": 8, "transforms": 1}
    exact: ClassVar[None] = None

    def __init__(
        self,
        kind: Annotated[
            Literal["spline", "realnvp"],
            Field("Curves chosen coordinate by coordinate (spline), or scales and shifts."),
        ] = "spline",
        transforms: Annotated[
            int | None,
            Field("How many maps follow one another; auto: 3 splines or 8.", low=1, high=32),
        ] = None,
        hidden: Annotated[
            int,
            Field("Width of the two hidden layers of each map.", low=4, high=1024, log=True),
        ] = 64,
        epochs: Epochs = 20,
        patience: Patience = 5,
        learning_rate: Rate = 5e-3,
        batch: Batch = 512,
        reduce: Reduce = None,
    ) -> None:
        self.kind = kind
        self.transforms = transforms
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch = batch
        self.reduce = reduce

    def _build(self) -> nn.Module:
        """The chain as a zuko flow of the columns that vary; it leaves them as they are at first.

        All weights are random but those that choose the curves, which are zero.
        """
        from torch import nn
        from zuko.flows import NSF, RealNVP  # type: ignore[import-untyped]

        features = int(self._active.sum())
        count = self.transforms or TRANSFORMS[self.kind]
        flow = NSF if self.kind == "spline" else RealNVP
        built: Any = flow(features, transforms=count, hidden_features=(self.hidden,) * 2)
        for step in built.transform.transforms:
            last = step.hyper[-1] if features > 1 else step
            for weights in last.parameters():
                nn.init.zeros_(weights)
        chain: nn.Module = built
        return chain

    def _size(self, features: int) -> int:
        count = self.transforms or TRANSFORMS[self.kind]
        if features == 1:  # constants, which no network chooses
            return count * (SPLINE if self.kind == "spline" else SHIFT)
        h, total = self.hidden, 0
        for step in range(count):
            seen = features
            made = features * SPLINE
            if self.kind == "realnvp":
                seen = (features + 1 - step % 2) // 2
                made = (features - seen) * SHIFT
            total += (seen + 1) * h + (h + 1) * h + (h + 1) * made
        return total

    def _loss(self, network: nn.Module, rows: Tensor, noise: np.random.Generator) -> Tensor:
        return -self._log_density(network, rows).mean()

    def _carrier(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        return lambda noise: _unbent(network, noise)

    def _log_density(self, network: nn.Module, rows: Tensor) -> Tensor:
        y, volume = network().transform.call_and_ladj(rows)
        normal = -0.5 * (y * y).sum(dim=-1) - 0.5 * rows.shape[-1] * np.log(2 * np.pi)
        density: Tensor = normal + volume
        return density


def _unbent(network: Any, y: Tensor) -> Tensor:
    """The standardised rows (n, d) that the chain turns into ``y`` (n, d)."""
    for step in reversed(network.transform.transforms):
        y = _one_by_one(step, y) if hasattr(step, "passes") else step().inv(y)
    return y


def _one_by_one(step: Any, y: Tensor) -> Tensor:
    """The inverse of an autoregressive map: each coordinate needs those before it.

    zuko's own makes all coordinates' curves for every one of them and keeps one; this makes that
    one, which is quicker by a factor of about d.
    """
    from torch.nn.functional import linear
    from zuko.utils import unpack  # type: ignore[import-untyped]

    *body, last = step.hyper
    d = y.shape[1]
    weight = (last.mask * last.weight).view(d, step.total, -1)  # (d, total, hidden)
    bias = last.bias.view(d, step.total)
    x = y.clone()
    for turn in range(step.passes):
        now = step.order == turn
        inner = x
        for layer in body:
            inner = layer(inner)
        shapes = linear(inner, weight[now].flatten(0, 1), bias[now].flatten())
        shapes = shapes.view(len(y), -1, step.total)
        x[:, now] = step.univariate(*unpack(shapes, step.shapes)).inv(y[:, now])
    return x
