"""Total variation distance of attribute frequencies, as a classifier sees them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.metrics._probabilities import attributes
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured, variance

__all__ = ["AttributeDistance"]


class AttributeDistance(TwoSampleMetric):
    r"""Total variation distance of attribute frequencies, averaged over the attributes.

    $\frac{1}{2A} \sum_c |\bar p_c - \bar q_c|$ over all values c of all A attributes, with
    $\bar p$ and $\bar q$ the mean probabilities that a classifier gives to real and to generated
    images. Rows are these probabilities side by side, so a row sums to A. 0 where all values are
    as frequent, 1 where no attribute has a value in common: the share of draws whose attribute
    would have to change.

    Goes wrong as an absolute figure: sampling alone makes it positive, about
    $\frac{1}{2A} \sum_c \sqrt{2 (v_c / n + w_c / m) / \pi}$ for equal laws with variances v and w
    of the probabilities (0.038 for ten equally frequent classes, 2,000 rows each, a certain
    classifier). It sees frequencies only: neither how images within a class vary, nor which
    values go together. Images of nothing get some class too.

    Influences are exact where differences $\bar p_c - \bar q_c$ are clear of 0. One that is t
    standard errors from 0 counts with $\mathrm{erf}(t / \sqrt 2)$ for its sign, which near 0 gives
    the error of a folded normal value to within a few per cent.

    Cost: the classifier sees each image once; the rest takes no time.

    Reference: Zhao et al. 2018 (arXiv 1811.03259), on frequencies of attributes in generated
    images.

    Example:
        >>> AttributeDistance()([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]])
        0.5
    """

    title = "Attribute distance"
    summary = "Share of draws whose attribute must change for real frequencies; 0 is best."
    references = ("zhao2018",)
    direction = "lower"
    best = 0.0
    spaces = ("attributes",)

    def _rows(self, reference: ArrayLike, generated: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The probabilities, checked to sum to one whole number, the same in all rows."""
        real, made = super()._rows(reference, generated)
        n, m = attributes(real, "reference row"), attributes(made, "generated row")
        if n != m:
            raise InvalidInput(
                f"{self.title} compares the same attributes: reference rows sum to {n}, generated "
                f"rows to {m}"
            )
        return real, made

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        from scipy.special import erf

        number = attributes(x)
        p, q = x.mean(axis=0), y.mean(axis=0)
        real, made = x - p, y - q
        error = np.sqrt([variance(x) + variance(y) for x, y in zip(real.T, made.T, strict=True)])
        with np.errstate(divide="ignore", invalid="ignore"):
            sign = erf(np.nan_to_num((p - q) / error / np.sqrt(2)))
        weight = sign / (2 * number)
        value = float(np.abs(p - q).sum() / (2 * number))
        return Measured(value, real @ weight, -made @ weight)
