"""Edge-popup: the weights with the largest scores are kept, a fixed share of each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from aegen.supermask.rules.base import Rule

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TopK"]


class TopK(Rule):
    r"""Edge-popup: of each layer the share of weights with the largest scores is kept.

    $s(m) = 1$ if $|m|$ is among the $k$ largest of its layer and 0 otherwise, where $k$ is a share
    of the layer's weights that is chosen beforehand. The threshold moves with the scores.

    It always leaves as many weights as was asked for, so methods can be compared at one size.

    Goes wrong where layers need unlike shares: each gets the same one, so a narrow layer loses too
    much and a wide one keeps what nobody needs.

    Cost: that of a signed supermask, and a partial sort of each layer's scores a step.

    Reference: Ramanujan et al. 2020 (arXiv 1911.13299).
    """

    title: ClassVar[str] = "Edge-popup (top-k)"
    summary: ClassVar[str] = "A fixed share of each layer's weights is kept."
    references: ClassVar[tuple[str, ...]] = ("ramanujan2020",)
    elementwise: ClassVar[bool] = False

    def signs(self, scores: Tensor, limit: float) -> Tensor:
        """The mask: 1 or 0."""
        return (scores.abs() > limit).to(scores.dtype)

    def mask(self, scores: NDArray[np.float32], limit: float | np.float32) -> NDArray[np.int8]:
        """The same without torch."""
        return (np.abs(scores) > limit).view(np.int8)

    def reached(self, scores: Tensor) -> Tensor:
        """Their sizes, which are what the scores are here."""
        return scores.abs()

    def limit(self, scores: Tensor, threshold: float, share: float) -> float:
        """The size of the largest score that is dropped; -1 where none is."""
        size = scores.detach().abs().flatten()
        dropped = len(size) - max(1, round(share * len(size)))
        return float(size.kthvalue(dropped).values) if dropped else -1.0

    def active(self, start: NDArray[np.float32], limit: float, share: float) -> float:
        """The share that is kept."""
        return share
