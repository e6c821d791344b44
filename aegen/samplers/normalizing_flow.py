"""A normal distribution bent by a neural network: density and draws, both in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.parameters import Field
from aegen.samplers._neural import (
    Cache,
    Recipe,
    SingleArray,
    by_blocks,
    flat,
    initialised,
    misfit,
    one_thread,
    rebuilt,
    train,
)
from aegen.samplers._resampling import resampled
from aegen.samplers._standardise import centre_and_scale, refuse_constant, standardise
from aegen.samplers.base import ConditionalSampler, DensitySampler, Sampler

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["NormalizingFlow"]

TRANSFORMS = {"spline": 3, "realnvp": 8}
"""How many maps there are unless asked otherwise."""


class NormalizingFlow(DensitySampler, ConditionalSampler):
    r"""A chain of invertible maps, learned so that it turns the codes into normal numbers.

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

    Reference: Durkan et al. 2019 (arXiv 1906.04032), Dinh et al. 2016 (arXiv 1605.08803); the
    maps are zuko's.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> NormalizingFlow(epochs=3).fit(codes, rng=0).sample(4, rng=0).shape
        (4, 2)
    """

    title: ClassVar[str] = "Normalizing flow"
    summary: ClassVar[str] = "A normal distribution bent by a neural network, density included."
    slow: ClassVar[bool] = True
    quick: ClassVar[dict[str, int]] = {"epochs": 3, "hidden": 8}
    exact: ClassVar[None] = None

    centre_: Annotated[FloatArray, "d"]
    scale_: Annotated[FloatArray, "d"]
    parameters_: Annotated[SingleArray, "p"]
    passes_: int

    _built: Cache | None = None

    def __init__(
        self,
        kind: Annotated[
            Literal["spline", "realnvp"],
            Field("Curves chosen coordinate by coordinate (spline), or scales and shifts."),
        ] = "spline",
        transforms: Annotated[
            int | None,
            Field("How many maps follow one another; empty: 3 splines or 8.", low=1, high=32),
        ] = None,
        hidden: Annotated[
            int,
            Field("Width of the two hidden layers of each map.", low=4, high=1024, log=True),
        ] = 64,
        epochs: Annotated[
            int, Field("Most passes over the codes.", low=1, high=1000, log=True)
        ] = 20,
        patience: Annotated[
            int,
            Field("Passes without gain on held-out rows after which to stop.", low=1, high=1000),
        ] = 5,
        learning_rate: Annotated[
            float,
            Field(
                "Size of the first steps; it falls to zero.",
                low=0,
                high=0.1,
                open_low=True,
                log=True,
            ),
        ] = 5e-3,
        batch: Annotated[int, Field("Most rows a step.", low=16, high=65536, log=True)] = 512,
    ) -> None:
        self.kind = kind
        self.transforms = transforms
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch = batch

    def minimum_rows(self, d: int) -> int:
        """Ten, so that one can be held out."""
        return 10

    def _fit(self, z: FloatArray, weights: FloatArray | None, rng: np.random.Generator) -> None:
        self.centre_, self.scale_ = centre_and_scale(z)
        self.parameters_, self.passes_ = np.zeros(0, dtype=np.float32), 0
        active = self.scale_ > 0
        if not active.any():
            return
        x = standardise(z, self.centre_, self.scale_)[:, active]
        recipe = Recipe(self.epochs, self.patience, self.batch, self.learning_rate)
        with one_thread():
            network = initialised(self._build, rng)

            def loss(rows: Tensor, noise: np.random.Generator) -> Tensor:
                return -_log_density(network, rows).mean()

            self.passes_ = train(network, loss, x, recipe, rng)
        self.parameters_ = flat(network)

    def _build(self) -> nn.Module:
        """The chain as a zuko flow of the columns that vary; it leaves them as they are at first.

        All weights are random but those that choose the curves, which are zero.
        """
        from torch import nn
        from zuko.flows import NSF, RealNVP  # type: ignore[import-untyped]

        features = int((self.scale_ > 0).sum())
        count = self.transforms or TRANSFORMS[self.kind]
        flow = NSF if self.kind == "spline" else RealNVP
        built: Any = flow(features, transforms=count, hidden_features=(self.hidden,) * 2)
        for step in built.transform.transforms:
            last = step.hyper[-1] if features > 1 else step
            for weights in last.parameters():
                nn.init.zeros_(weights)
        chain: nn.Module = built
        return chain

    def _network(self) -> nn.Module:
        """The fitted chain, rebuilt where weights were loaded or fitted anew."""
        self._built = rebuilt(self._built, self._build, self.parameters_)
        return self._built.network

    def _sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        active = self.scale_ > 0
        drawn = np.tile(self.centre_, (n, 1))
        if active.any() and n:
            network = self._network()
            normal = rng.standard_normal((n, int(active.sum())))
            x = by_blocks(lambda y: _unbent(network, y), normal)
            drawn[:, active] += self.scale_[active] * x
        return drawn

    def _score_samples(self, z: FloatArray) -> FloatArray:
        refuse_constant(self.title, self.centre_, self.scale_)
        if not len(z):
            return np.empty(0)
        network = self._network()
        x = standardise(z, self.centre_, self.scale_)
        density: FloatArray = by_blocks(lambda rows: _log_density(network, rows), x)
        density -= np.log(self.scale_).sum()
        return density

    def _condition(
        self, known: BoolArray, values: FloatArray, rng: np.random.Generator
    ) -> Sampler:
        return resampled(self, known, values, rng)

    def _defect(self) -> str | None:
        return misfit(self.scale_, self.parameters_, self._build)


def _log_density(network: nn.Module, x: Tensor) -> Tensor:
    """Log-density of standardised rows (n, d), (n,)."""
    y, volume = network().transform.call_and_ladj(x)
    normal = -0.5 * (y * y).sum(dim=-1) - 0.5 * x.shape[-1] * np.log(2 * np.pi)
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
