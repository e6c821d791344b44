"""Dense training: no mask; the weights themselves are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from aegen.supermask.rules.base import Rule

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Dense"]


class Dense(Rule):
    r"""Dense training: all weights are trained and none is dropped.

    $s = 1$ for every weight, and stochastic gradient descent with Nesterov's momentum moves the
    weights $w$ themselves.

    It is the baseline that every mask is compared with: what the network can do.

    Goes wrong as a comparison where its settings are not tuned as well as those of the masks: a
    poor baseline makes every mask look good.

    Cost: that of ordinary training; what is stored is every weight, 32 bits each.

    Reference: Sutskever et al. 2013 on momentum; the settings are those of Koster et al. 2022
    (arXiv 2201.13361).
    """

    title: ClassVar[str] = "Dense training"
    summary: ClassVar[str] = "The baseline: all weights are trained."
    references: ClassVar[tuple[str, ...]] = ("koster2022", "sutskever2013")
    masked: ClassVar[bool] = False

    def signs(self, scores: Tensor, limit: float) -> Tensor:
        """All kept."""
        return scores.new_ones(scores.shape)

    def mask(self, scores: NDArray[np.float32], limit: float | np.float32) -> NDArray[np.int8]:
        """The same without torch."""
        return np.ones(scores.shape, np.int8)
