"""Do generated rows lie everywhere where real ones do?"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.neighbours import Neighbours
from aegen.core.parameters import Field
from aegen.metrics._manifold import held_share
from aegen.metrics.base import Measured, Metric

__all__ = ["Recall"]


class Recall(Metric):
    r"""Share of real rows that lie on the manifold of the generated ones.

    $\frac1n \sum_i 1[\exists j: |x_i - y_j| < r_k(y_j)]$: precision with the roles exchanged, so
    generated rows $y_1..y_m$ carry the balls, and $r_k(y_j)$ is the distance of $y_j$ to its k-th
    nearest other generated row.

    What real rows reach is below 1 and depends on d, k and the sizes: 0.997 for d = 2, 0.92 for
    d = 10 and 0.66 for d = 128 in normal sets of 2,000 rows, k = 5.
    Goes wrong where generated rows lie far apart: their balls are wide and hold everything, so
    thrice the spread has a recall of 1. Coverage has no such flaw.

    Sways of real rows are exact. Those of generated rows are the jackknife's, which finds the
    value anew without each row, made smaller by one factor so that the error is what disjoint
    blocks of rows show (``_blocks.py``); where the value is above 0.98 it is overstated by half.

    Reference: Kynkäänniemi et al. 2019 (arXiv 1904.06991), equations 1 and 2; open balls as in
    the package prdc, with which it agrees.

    Example:
        >>> Recall(k=1)([[0.5], [9.0], [1.5], [1.9]], [[0.0], [1.0], [3.0]])
        0.75
    """

    title: ClassVar[str] = "Recall"
    summary: ClassVar[str] = "Share of real rows that lie among the generated ones; 1 is best."
    direction: ClassVar[Literal["lower", "higher", "nearer"]] = "higher"
    best: ClassVar[float] = 1.0
    detects: ClassVar[Literal["spread", "part", "copies"]] = "part"

    def __init__(
        self,
        k: Annotated[
            int, Field("Which nearest row a ball reaches to", title="Neighbours", low=1)
        ] = 5,
    ) -> None:
        self.k = k

    def _measure(
        self,
        reference: FloatArray,
        generated: FloatArray,
        training: Neighbours | None,
        parents: IntArray | None,
        rng: np.random.Generator,
    ) -> Measured:
        value, made, real = held_share(
            generated, reference, self.k, rng, name="generated rows", title=self.title
        )
        return Measured(value, real, made)
