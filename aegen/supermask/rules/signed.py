"""Signed supermask: each frozen weight is kept, dropped or inverted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from aegen.supermask.rules.base import Rule

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Signed"]


class Signed(Rule):
    r"""Signed supermask: a threshold keeps, drops or inverts each frozen weight.

    A weight $w$ that was drawn once and stays frozen enters the network as $w \cdot s(m)$, where
    $s(m) = \operatorname{sign}(m)$ if $|m| > \tau$ and 0 otherwise. Only the scores $m$ are
    trained, by a gradient that passes straight through $s$; their decay is what drops weights.

    As a sign can turn, fewer weights reach the accuracy of a binary mask, and a ticket holds no
    more than seed and mask: a fraction of a bit a weight.

    Goes wrong where threshold, decay and learning rate do not fit together: too much is dropped in
    a narrow layer, and nothing passes it any more.

    Cost: that of training all weights: a score for each, and one comparison more a step.

    Reference: Koster et al. 2022 (arXiv 2201.13361); the straight-through gradient after Bengio et
    al. 2013 (arXiv 1308.3432).
    """

    title: ClassVar[str] = "Signed supermask"
    summary: ClassVar[str] = "Each frozen weight is kept, dropped or inverted."
    references: ClassVar[tuple[str, ...]] = ("koster2022", "bengio2013")

    def signs(self, scores: Tensor, limit: float) -> Tensor:
        """The mask: 1, 0 or -1."""
        return scores.hardshrink(limit).sign_()

    def mask(self, scores: NDArray[np.float32], limit: float | np.float32) -> NDArray[np.int8]:
        """The same without torch."""
        return (scores > limit).view(np.int8) - (scores < -limit).view(np.int8)
