"""Sparse inference of a ticket: add what is kept, subtract what is inverted.

With signed constants a layer's output is ``c (sum of kept inputs - sum of inverted inputs)``: a
list to add, a list to subtract and one multiplication a unit. At a few percent remaining that is
many times less work than the dense product. A convolution adds shifted planes in the same way.
`kernels.py` has the loops.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from aegen.core.errors import InvalidInput
from aegen.supermask.inference.kernels import add_lists, add_one, elu, multiply_lists
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Dropout,
    Elu,
    Flatten,
    GlobalMean,
    MaxPool,
    MeanPool,
    Plan,
    Residual,
    Scale,
    Shape,
    Step,
    output_shape,
)
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["Engine"]

Floats = NDArray[np.float32]

WORKING = 1 << 20
"""Bytes that the largest values between two steps should have: what a fast cache holds."""

MOST_IMAGES = 128
"""Images worked on together at most."""


class Engine:
    """A ticket ready to run: its masks as lists.

    Args:
        ticket: its masks and frozen weights.
        plan: the network, where the ticket names none.

    Raises:
        InvalidInput: the ticket names no network, or one of other layers than the plan.

    Example:
        >>> from aegen.supermask.networks import networks
        >>> plan = networks.create("fcn", size=4, hidden="8")
        >>> masks = {name: np.ones(shape, np.int8) for name, shape in plan.layers.items()}
        >>> ticket = Ticket("fcn", plan.arguments, "signed-he", {}, 0, masks)
        >>> Engine(ticket).logits(np.zeros((3, 4, 4, 1), np.float32)).shape
        (3, 10)
    """

    def __init__(self, ticket: Ticket, plan: Plan | None = None) -> None:
        self.plan = ticket.plan if plan is None else plan
        if self.plan.layers != ticket.layers:
            raise InvalidInput(
                f"{self.plan.name} has the layers {self.plan.layers}, the ticket {ticket.layers}"
            )
        self._lists = {name: _lists(ticket, name) for name in ticket.masks}
        largest = max(_sizes(self.plan.steps, self.plan.input_shape))
        fits = WORKING // (4 * largest)
        self._images = min(MOST_IMAGES, max(8, fits // 8 * 8))

    def logits(self, x: NDArray[Any], *, threads: int = 1) -> Floats:
        """The network's logits of images.

        Args:
            x: (n, h, w, c), as `aegen.supermask.standardisation.standardised` gives them.
            threads: that share the images, where there are many; they change no digit.

        Returns:
            float32, (n, classes): equal to the dense network's but for rounding.

        Raises:
            InvalidInput: images of another shape.
        """
        c, h, w = self.plan.input_shape
        x = np.asarray(x, np.float32)
        if x.ndim != 4 or x.shape[1:] != (h, w, c):
            raise InvalidInput(
                f"{self.plan.name} reads images of shape (n, {h}, {w}, {c}), got {x.shape}"
            )
        out = np.empty((len(x), self.plan.classes), np.float32)

        def some(start: int) -> None:
            part = x[start : start + self._images].transpose(3, 1, 2, 0)
            values = self._run(self.plan.steps, np.array(part, order="C"), owned=True)
            out[start : start + self._images] = values.T

        starts = range(0, len(x), self._images)
        if threads < 2 or len(starts) < 2:
            for start in starts:
                some(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(some, starts))  # so that errors are raised
        return out

    def classify(self, x: NDArray[Any], *, threads: int = 1) -> NDArray[np.int64]:
        """The most probable class of each image, (n,); arguments as of `logits`."""
        classes: NDArray[np.int64] = self.logits(x, threads=threads).argmax(axis=1)
        return classes

    def _run(self, steps: tuple[Step, ...], x: Floats, *, owned: bool) -> Floats:
        """Values (..., images) after the steps; ``x`` may be overwritten where it is owned."""
        for step in steps:
            if isinstance(step, Elu | Activation | Scale) and not owned:
                x = x.copy()
            x = self._step(step, x)
            owned = owned or not isinstance(step, Flatten | Dropout)
        return x

    def _step(self, step: Step, x: Floats) -> Floats:
        match step:
            case Dense():
                return self._lists[step.name].dense(x)
            case Conv():
                return self._lists[step.name].convolved(x, step)
            case Elu():
                elu(x.reshape(-1))
                return x
            case Activation():
                return _activated(step, x)
            case Dropout():
                return x
            case Scale():
                x *= np.float32(step.factor)
                return x
            case Flatten():
                return x.reshape(-1, x.shape[-1])
            case MaxPool():
                return _pooled(x, step)
            case MeanPool():
                return _pooled(x, step)
            case GlobalMean():
                means: Floats = x.mean(axis=(1, 2), dtype=np.float32)
                return means
            case Residual():
                branch = self._run(step.branch, x, owned=False)
                shortcut = self._run(step.shortcut, x, owned=False)
                return branch + shortcut
        raise InvalidInput(f"the engine knows no step like {step}")


@dataclass(frozen=True)
class _Lists:
    """A layer's mask as lists of places: for each unit those to add, then those to subtract.

    Attributes:
        places: columns of the (out, in) or (out, in * k * k) matrix.
        ends: where each unit's lists end in ``places``, (out, 2).
        scale: the size of all weights; None where ``values`` has each.
        values: each weight, with its sign; empty where there is one size.
    """

    places: NDArray[np.int32]
    ends: NDArray[np.int32]
    scale: float | None
    values: Floats

    def dense(self, x: Floats) -> Floats:
        """(in, images) to (out, images)."""
        images = x.shape[1]
        out = np.empty((len(self.ends), images), np.float32)
        if images == 1 and self.scale is not None:
            add_one(x.reshape(-1), self.places, self.ends, self.scale, out)
        else:
            self._sums(x.reshape(-1), images, self.places, images, out.reshape(-1))
        return out

    def convolved(self, x: Floats, step: Conv) -> Floats:
        """(c, h, w, images) to (out, h', w', images)."""
        c, h, w, images = x.shape
        k, p, s = step.kernel, step.padding, step.stride
        if k == 1 and s > 1 and p == 0:
            x = np.ascontiguousarray(x[:, ::s, ::s])
            h, w, s = x.shape[1], x.shape[2], 1
        if p:
            padded = np.zeros((c, h + 2 * p, w + 2 * p, images), np.float32)
            padded[:, p : p + h, p : p + w] = x
            x = padded
        height, width = x.shape[1], x.shape[2]
        i, ky, kx = np.unravel_index(self.places, (c, k, k))
        places = ((i * height + ky) * width + kx).astype(np.int32)
        h, w = height - k + 1, width - k + 1
        # Rows are as long as the padded ones: what is beyond the last column means nothing.
        out = np.empty((len(self.ends), h * width * images), np.float32)
        used = (h * width - k + 1) * images
        self._sums(x.reshape(-1), images, places, used, out.reshape(-1))
        planes = out.reshape(len(self.ends), h, width, images)
        return np.ascontiguousarray(planes[:, ::s, :w:s])

    def _sums(
        self, x: Floats, images: int, places: NDArray[np.int32], length: int, out: Floats
    ) -> None:
        if self.scale is None:
            multiply_lists(x, images, places, self.ends, self.values, length, out)
        else:
            add_lists(x, images, places, self.ends, self.scale, length, out)


def _lists(ticket: Ticket, name: str) -> _Lists:
    """Only places that are not dropped are looked at."""
    mask = ticket.masks[name]
    units = len(mask)
    flat = mask.reshape(-1)
    left = np.flatnonzero(flat)
    frozen = ticket.frozen(name).reshape(-1)[left]
    values = frozen * flat[left]
    unit, place = np.divmod(left, mask.size // units)
    negative = values < 0
    order = np.argsort(2 * unit + negative, kind="stable")
    counts = np.bincount(2 * unit + negative, minlength=2 * units)
    ends = counts.cumsum().reshape(units, 2).astype(np.int32)
    scale = ticket.scale(name)
    kept = values[order] if scale is None else np.empty(0, np.float32)
    return _Lists(place[order].astype(np.int32), ends, scale, kept)


def _activated(step: Activation, x: Floats) -> Floats:
    """The function of each value; ``x`` is overwritten."""
    match step.function:
        case "relu":
            return np.maximum(x, 0, out=x)
        case "leaky-relu":
            return np.multiply(x, np.float32(step.slope), out=x, where=x < 0)
        case "tanh":
            return np.tanh(x, out=x)
        case "silu":
            x *= expit(x)
            return x
        case "gelu":
            x *= ndtr(x)
            return x


def _pooled(x: Floats, step: MaxPool | MeanPool) -> Floats:
    """(c, h, w, images) to (c, h', w', images): the largest of each window, or its mean."""
    _, h, w = output_shape((step,), x.shape[:-1])
    if isinstance(step, MaxPool) and (p := step.padding):
        padded = np.full(
            (len(x), x.shape[1] + 2 * p, x.shape[2] + 2 * p, x.shape[3]), -np.inf, np.float32
        )
        padded[:, p:-p, p:-p] = x
        x = padded
    s = step.stride
    reach = np.s_[: s * (h - 1) + 1 : s], np.s_[: s * (w - 1) + 1 : s]
    join = np.maximum if isinstance(step, MaxPool) else np.add
    found = x[:, reach[0], reach[1]].copy()
    for i, j in list(np.ndindex(step.kernel, step.kernel))[1:]:
        join(found, x[:, i:, j:][:, reach[0], reach[1]], out=found)
    if isinstance(step, MeanPool):
        found /= np.float32(step.kernel**2)
    return found


def _sizes(steps: tuple[Step, ...], shape: Shape) -> list[int]:
    """Numbers an image that there are before and after each step."""
    sizes = [math.prod(shape)]
    for step in steps:
        if isinstance(step, Residual):
            sizes += _sizes(step.branch, shape)
        shape = output_shape((step,), shape)
        sizes.append(math.prod(shape))
    return sizes
