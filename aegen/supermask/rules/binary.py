"""Binary supermask: each frozen weight is kept or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from aegen.supermask.rules.base import Rule

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Binary"]


class Binary(Rule):
    r"""Binary supermask: a threshold keeps or drops each frozen weight.

    $s(m) = 1$ if $m > \tau$ and 0 otherwise; all else is as in a signed supermask. About half of
    the first scores are negative, so half of the weights are dropped before any training.

    It is the baseline that shows what the inverted weights of a signed supermask are worth.

    Goes wrong where the sign of a weight matters: one that points the wrong way can only be
    dropped, so more of the others are needed.

    Cost: that of a signed supermask.

    Reference: Zhou et al. 2019 (arXiv 1905.01067), who draw the mask at random from the scores;
    here a threshold decides.
    """

    title: ClassVar[str] = "Binary supermask"
    summary: ClassVar[str] = "Each frozen weight is kept or dropped."
    references: ClassVar[tuple[str, ...]] = ("zhou2019",)

    def signs(self, scores: Tensor, limit: float) -> Tensor:
        """The mask: 1 or 0."""
        return (scores > limit).to(scores.dtype)

    def mask(self, scores: NDArray[np.float32], limit: float | np.float32) -> NDArray[np.int8]:
        """The same without torch."""
        return (scores > limit).view(np.int8)
