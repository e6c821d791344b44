"""What a mask rule is: how trained scores become what is done with each frozen weight.

A rule is one file in this folder holding one class with ``title``, ``signs`` and ``mask``; its
docstring is its card on the Help page.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Rule"]


class Rule(ABC):
    """How scores m of a layer become its mask.

    Class attributes:
        title: the name that people see.
        summary: one sentence.
        references: the papers it is from; see `aegen.core.references`.
        masked: whether weights are frozen and scores trained; else the weights themselves are.
        elementwise: whether each score alone says what is done with its weight; else dead units
            cannot be left out of a training, as those that are left would be masked otherwise.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    masked: ClassVar[bool] = True
    elementwise: ClassVar[bool] = True

    @abstractmethod
    def signs(self, scores: Tensor, limit: float) -> Tensor:
        """The mask in a new tensor of the scores' type: 1 keep, 0 drop, -1 invert."""

    @abstractmethod
    def mask(self, scores: NDArray[np.float32], limit: float | np.float32) -> NDArray[np.int8]:
        """The same without torch."""

    def reached(self, scores: Tensor) -> Tensor:
        """What of the scores the gradient reaches: themselves."""
        return scores

    def limit(self, scores: Tensor, threshold: float, share: float) -> float:
        """The size that a score must exceed: the ``threshold``, whatever ``share`` there is."""
        return threshold

    def active(self, start: NDArray[np.float32], limit: float, share: float) -> float:
        """Share of the weights that first scores do not drop."""
        return float((self.mask(start, np.float32(limit)) != 0).mean())
