"""Counts of kept, inverted and dropped weights, by layer and in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput

__all__ = ["Counts", "Report"]


@dataclass(frozen=True)
class Counts:
    """How many weights are kept, inverted and dropped.

    Example:
        >>> Counts(3, 1, 4).remaining
        0.5
    """

    keep: int
    invert: int
    drop: int

    @property
    def total(self) -> int:
        """All weights."""
        return self.keep + self.invert + self.drop

    @property
    def remaining(self) -> float:
        """Share that is not dropped."""
        return (self.keep + self.invert) / self.total

    @property
    def inverted(self) -> float:
        """Share of the remaining weights that is inverted; 0 where none remain."""
        remain = self.keep + self.invert
        return self.invert / remain if remain else 0.0

    @classmethod
    def of(cls, mask: NDArray[np.int8]) -> Counts:
        """Of a mask of -1, 0 and 1."""
        keep, invert = int(np.count_nonzero(mask > 0)), int(np.count_nonzero(mask < 0))
        return cls(keep, invert, mask.size - keep - invert)


@dataclass(frozen=True)
class Report:
    """The counts of a network.

    Attributes:
        layers: counts of each layer by its name, in order.

    Example:
        >>> mask = np.array([[1, 0], [0, -1]], dtype=np.int8)
        >>> Report.of({"fc1": mask}).total.remaining
        0.5
    """

    layers: dict[str, Counts]

    @classmethod
    def of(cls, masks: Mapping[str, NDArray[np.int8]]) -> Report:
        """Of masks by layer.

        Raises:
            InvalidInput: no layers, or an empty one.
        """
        if not masks or any(mask.size == 0 for mask in masks.values()):
            raise InvalidInput("a report needs the mask of at least one layer, none of them empty")
        return cls({name: Counts.of(mask) for name, mask in masks.items()})

    @property
    def total(self) -> Counts:
        """Of the whole network."""
        every = self.layers.values()
        return Counts(
            sum(c.keep for c in every), sum(c.invert for c in every), sum(c.drop for c in every)
        )

    @property
    def empty(self) -> list[str]:
        """Layers of which nothing remains: such a network's output is the same for every image."""
        return [name for name, c in self.layers.items() if c.keep + c.invert == 0]

    def __str__(self) -> str:
        """A table, a line a layer."""
        lines = [f"{'layer':<22}{'weights':>11}{'keep':>10}{'invert':>10}{'drop':>11}  remaining"]
        for name, c in [*self.layers.items(), ("all", self.total)]:
            lines.append(
                f"{name:<22}{c.total:>11,}{c.keep:>10,}{c.invert:>10,}{c.drop:>11,}"
                f"{c.remaining:>11.2%}"
            )
        return "\n".join(lines)
