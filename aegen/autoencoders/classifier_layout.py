"""What a classifier is made of: its layers and the shapes of its weights, without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aegen.autoencoders.networks._halvings import Halvings, Pair, chosen_widths, halved
from aegen.autoencoders.networks._size import Size, sides, stored_size
from aegen.core.arrays import count
from aegen.core.errors import TrainingError

__all__ = ["SWAY", "ClassifierLayout", "Stage"]

SWAY = 3.0
"""Nats that the pixels take from a value at most: they tip the balance, but never overrule a
network that is sure, as it is of pictures so soft that single pixels mean nothing."""


@dataclass(frozen=True)
class Stage:
    """A convolution with a padding of one, and maxima of so many pixels behind it, or None."""

    before: int
    after: int
    kernel: Pair
    stride: Pair
    pool: Pair | None


@dataclass(frozen=True)
class ClassifierLayout:
    """The layers of a `aegen.autoencoders.Classifier`, whose arguments these are.

    Attributes:
        channels: of a picture.
        size: height and width of a picture.
        attributes: number of values of each class attribute.
        widths: channels after each halving.
        features: length of the feature vector.
        fine: whether details of a few pixels count at their place.
        details: attributes that a single pixel may decide.
        numbers: centre and scale of each number attribute.
        plan: how the picture is halved.
    """

    channels: int
    size: Pair
    attributes: Mapping[str, int]
    widths: tuple[int, ...]
    features: int
    fine: bool
    details: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float]]
    plan: Halvings

    @classmethod
    def of(
        cls,
        channels: int,
        size: Size,
        attributes: Mapping[str, int],
        widths: Sequence[int] | None = None,
        features: int = 128,
        fine: bool | None = None,
        details: Sequence[str] = (),
        numbers: Mapping[str, Sequence[float]] | None = None,
    ) -> ClassifierLayout:
        """The layout that the arguments of a classifier ask for, with what they leave open.

        Raises:
            TrainingError, InvalidInput: as `aegen.autoencoders.Classifier`.

        Example:
            >>> ClassifierLayout.of(1, 28, {"class": 10}).widths
            (32, 64, 128)
        """
        units = {name: _unit(name, unit) for name, unit in (numbers or {}).items()}
        if both := sorted(set(units) & set(attributes)):
            raise TrainingError(f"{both[0]!r} cannot be a class and a number: name it once")
        unknown = sorted(set(details) - set(attributes))
        if unknown:
            raise TrainingError(
                f"there is no attribute {unknown[0]!r} whose details could be read; there are "
                f"{', '.join(attributes)}"
            )
        # A larger picture starts narrower: the first layers, at full size, cost most.
        first = 32 if max(sides(size)) <= 32 else 16
        channels = count(channels, name="channels", minimum=1, maximum=4)
        widths = chosen_widths(widths, size, first)
        return cls(
            channels,
            sides(size),
            {
                name: count(k, name=f"values of {name}", minimum=1)
                for name, k in attributes.items()
            },
            widths,
            count(features, name="features", minimum=1),
            channels > 1 if fine is None else bool(fine),
            tuple(dict.fromkeys(details)),
            units,
            halved(size, len(widths)),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """What makes the same layout again, as JSON can say it."""
        found: dict[str, Any] = {
            "channels": self.channels,
            "size": stored_size(self.size),
            "attributes": dict(self.attributes),
            "widths": list(self.widths),
            "features": self.features,
            "fine": self.fine,
        }
        if self.details:
            found["details"] = list(self.details)
        if self.numbers:
            found["numbers"] = {name: list(unit) for name, unit in self.numbers.items()}
        return found

    @property
    def stages(self) -> tuple[Stage, ...]:
        """One for each halving; where details count, one at full size before them."""
        plan, widths = self.plan, self.widths
        if not self.fine:
            pairs = zip((self.channels, *widths[:-1]), widths, plan.strides, strict=True)
            return tuple(Stage(a, b, (3, 3), (1, 1), pool) for a, b, pool in pairs)
        steps = zip((widths[0], *widths[:-1]), widths, plan.kernels, plan.strides, strict=True)
        return (
            Stage(self.channels, widths[0], (3, 3), (1, 1), None),
            *(Stage(a, b, kernel, stride, None) for a, b, kernel, stride in steps),
        )

    @property
    def pixels(self) -> int:
        """Numbers of a picture, channels counted."""
        return self.channels * math.prod(self.size)

    @property
    def inputs(self) -> int:
        """Numbers that the features are made from."""
        found = self.widths[-1] * math.prod(self.plan.inner)
        return found + 2 * sum(stage.after for stage in self.stages) if self.fine else found

    @property
    def weights(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the classifier's weights by the names that torch gives them."""
        shapes: dict[str, tuple[int, ...]] = {}
        for k, stage in enumerate(self.stages):
            shapes[f"stages.{k}.0.weight"] = (stage.after, stage.before, *stage.kernel)
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"stages.{k}.1.{name}"] = (stage.after,)
            shapes[f"stages.{k}.1.num_batches_tracked"] = ()
        linear = {"embed": (self.features, self.inputs)}
        for k, values in enumerate(self.attributes.values()):
            linear[f"heads.{k}"] = (values, self.features)
        for k, name in enumerate(self.details):
            linear[f"details.{k}"] = (self.attributes[name], self.pixels)
        if self.numbers:
            linear["gauge"] = (len(self.numbers), self.features)
        for name, (outputs, inputs) in linear.items():
            shapes |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
        return shapes


def _unit(name: str, unit: Sequence[float]) -> tuple[float, float]:
    """Centre and scale of a number, checked."""
    try:
        centre, scale = (float(value) for value in unit)
    except (TypeError, ValueError):
        centre = scale = math.nan
    if not (math.isfinite(centre) and math.isfinite(scale) and scale > 0):
        raise TrainingError(
            f"number {name!r} needs a centre and a positive scale that are finite, got {unit!r}"
        )
    return centre, scale
