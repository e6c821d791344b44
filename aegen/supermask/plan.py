"""A network as plain data: the steps it takes from an image to its logits.

A `Plan` is read twice: by `aegen.supermask.torch_network`, which makes a torch network of it, and
by the sparse engine, which runs a ticket without one. No layer has a bias; what has weights is
`Dense` or `Conv`. The networks of the paper are in `aegen.supermask.networks`;
`aegen.supermask.module_plan` reads a torch module of a person's own as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from aegen.core.errors import InvalidInput

__all__ = [
    "Activation",
    "Conv",
    "Dense",
    "Dropout",
    "Elu",
    "Flatten",
    "Function",
    "GlobalMean",
    "MaxPool",
    "MeanPool",
    "Plan",
    "Residual",
    "Scale",
    "Shape",
    "Step",
    "Weighted",
    "output_shape",
    "weighted_steps",
]

Function = Literal["relu", "leaky-relu", "tanh", "silu", "gelu"]

Shape = tuple[int, ...]
"""Of one image or what became of it: (c, h, w), or (features,)."""


@dataclass(frozen=True)
class Dense:
    """Every input to every output: ``y = W x``, W of shape (outputs, inputs)."""

    name: str
    inputs: int
    outputs: int

    @property
    def shape(self) -> Shape:
        """Of the weights."""
        return (self.outputs, self.inputs)


@dataclass(frozen=True)
class Conv:
    """A convolution with weights (outputs, inputs, kernel, kernel), as torch has it."""

    name: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1

    @property
    def shape(self) -> Shape:
        """Of the weights."""
        return (self.outputs, self.inputs, self.kernel, self.kernel)


@dataclass(frozen=True)
class Elu:
    """``x`` where it is positive, else ``exp(x) - 1``."""


@dataclass(frozen=True)
class Activation:
    """Another function of each value than ELU, one that leaves 0 as it is.

    Attributes:
        function: its name; "gelu" is the exact one, with the normal distribution function.
        slope: of "leaky-relu" below 0; 0 of the others.
    """

    function: Function
    slope: float = 0.0


@dataclass(frozen=True)
class Dropout:
    """While the network trains, each value becomes 0 with this chance; then nothing is done."""

    chance: float


@dataclass(frozen=True)
class MaxPool:
    """The largest value of each window; what lies outside the image counts as minus infinity."""

    kernel: int = 2
    stride: int = 2
    padding: int = 0


@dataclass(frozen=True)
class MeanPool:
    """The mean of each window, all of them inside the image."""

    kernel: int = 2
    stride: int = 2


@dataclass(frozen=True)
class Flatten:
    """(c, h, w) to (c * h * w,), the last axis fastest."""


@dataclass(frozen=True)
class GlobalMean:
    """(c, h, w) to (c,): the mean of each channel."""


@dataclass(frozen=True)
class Scale:
    """``factor * x``: what a batch norm is that keeps its initial statistics."""

    factor: float


@dataclass(frozen=True)
class Residual:
    """``branch(x) + shortcut(x)``; an empty shortcut passes x on."""

    branch: tuple[Step, ...]
    shortcut: tuple[Step, ...] = ()


Step = (
    Dense
    | Conv
    | Elu
    | Activation
    | Dropout
    | MaxPool
    | MeanPool
    | Flatten
    | GlobalMean
    | Scale
    | Residual
)
Weighted = Dense | Conv


@dataclass(frozen=True)
class Plan:
    """A network: where images of ``input_shape`` go, step by step, to become logits.

    Those of `networks` are made by ``networks.create("conv2", size=32)``; one of your own is
    ``Plan("mine", {}, (1, 28, 28), 10, (Flatten(), Dense("fc1", 784, 10)))``.

    Class attributes:
        references: the papers it is from; see `aegen.core.references`.

    Attributes:
        name: of the network in `aegen.supermask.networks`.
        arguments: with which it was made there, plain values.
        input_shape: (c, h, w) of an image.
        classes: number of logits.
        steps: what is done, in order.

    Raises:
        InvalidInput: steps that do not fit each other, or two layers of one name.

    Example:
        >>> from aegen.supermask.networks import networks
        >>> networks.create("fcn").layers["fc2"]
        (100, 300)
    """

    references: ClassVar[tuple[str, ...]] = ()

    name: str
    arguments: dict[str, Any] = field(hash=False)
    input_shape: tuple[int, int, int]
    classes: int
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        names = [step.name for step in weighted_steps(self.steps)]
        if len(set(names)) != len(names):
            raise InvalidInput(f"{self.name}: layers need different names, got {names}")
        end = output_shape(self.steps, self.input_shape)
        if end != (self.classes,):
            raise InvalidInput(
                f"{self.name}: its steps end in shape {end}, not in ({self.classes},)"
            )

    @property
    def weighted(self) -> tuple[Weighted, ...]:
        """The steps that have weights, in order; their place is the layer's number."""
        return tuple(weighted_steps(self.steps))

    @property
    def layers(self) -> dict[str, Shape]:
        """Shape of each layer's weights by its name, in order."""
        return {step.name: step.shape for step in self.weighted}

    @property
    def total(self) -> int:
        """Number of all weights."""
        return sum(math.prod(shape) for shape in self.layers.values())


def weighted_steps(steps: tuple[Step, ...]) -> Iterator[Weighted]:
    """The steps that have weights; of a residual step the branch's come before the shortcut's."""
    for step in steps:
        if isinstance(step, (Dense, Conv)):
            yield step
        elif isinstance(step, Residual):
            yield from weighted_steps(step.branch)
            yield from weighted_steps(step.shortcut)


def output_shape(steps: tuple[Step, ...], shape: Shape) -> Shape:
    """What becomes of a shape, (c, h, w) or (features,), after ``steps``.

    Raises:
        InvalidInput: a step that the shape before it does not fit.

    Example:
        >>> output_shape((Conv("a", 3, 8), MaxPool(), Flatten()), (3, 32, 32))
        (2048,)
    """
    for step in steps:
        shape = _after(step, shape)
    return shape


def _after(step: Step, shape: Shape) -> Shape:
    match step:
        case Elu() | Activation() | Dropout() | Scale():
            return shape
        case Dense() if shape == (step.inputs,):
            return (step.outputs,)
        case Conv() if len(shape) == 3 and shape[0] == step.inputs:
            after = _slid(step, shape)
            if min(after) > 0:
                return (step.outputs, *after)
        case MaxPool() if 2 * step.padding > step.kernel:
            pass  # windows with nothing of the image
        case MaxPool() | MeanPool() if len(shape) == 3:
            after = _slid(step, shape)
            if min(after) > 0:
                return (shape[0], *after)
        case Flatten():
            return (math.prod(shape),)
        case GlobalMean() if len(shape) == 3:
            return (shape[0],)
        case Residual():
            branch, shortcut = output_shape(step.branch, shape), output_shape(step.shortcut, shape)
            if branch == shortcut:
                return branch
            raise InvalidInput(f"a branch ends in shape {branch}, its shortcut in {shortcut}")
    raise InvalidInput(f"{step} does not fit what comes before it, of shape {shape}")


def _slid(step: Conv | MaxPool | MeanPool, shape: Shape) -> tuple[int, int]:
    """Height and width after a window has slid over them."""
    around = 0 if isinstance(step, MeanPool) else 2 * step.padding
    h, w = ((side + around - step.kernel) // step.stride + 1 for side in shape[1:])
    return h, w
