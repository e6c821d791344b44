"""The Fréchet distance that the empirical beta copula autoencoder's paper reports."""

from __future__ import annotations

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.metrics._frechet import squared_frechet
from aegen.metrics._mmd import root
from aegen.metrics._probabilities import attributes
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured

__all__ = ["PaperFrechet"]


class PaperFrechet(TwoSampleMetric):
    r"""Root of the Fréchet distance of class probabilities, which the paper calls FID.

    $\left(|\mu_x - \mu_y|^2 + \mathrm{tr}(S_x + S_y - 2 (S_x S_y)^{1/2})\right)^{1/2}$ with means
    and covariances of the probabilities that a classifier gives to real and to generated images.
    The paper takes those of a ResNet-34 for the 1,000 classes of ImageNet; here they are those of
    the bundle's classifier for the values of each attribute, so only the formula is the paper's.
    For comparison with it; `FrechetDistance` on features is the one to trust.

    The influences are those of the square over twice the root. Beside 120 repeated draws, errors
    were right within a tenth, or up to two fifths too large where laws nearly agree.

    Goes wrong with few rows, as every Fréchet distance does: one law on both sides gives a value
    above 0. A sure classifier's probabilities are nearly 0 or 1, far from Gaussian: then it hardly
    sees more than how often each class comes.

    Cost: the classifier sees each image once; the rest takes no time.

    Reference: arXiv 2309.09916, the empirical beta copula autoencoder; the protocol is that of Xu
    et al. 2018 (arXiv 1806.07755).

    Example:
        >>> round(PaperFrechet()([[1.0, 0.0], [1.0, 0.0]], [[0.4, 0.6], [0.4, 0.6]]), 6)
        0.848528
    """

    title = "Paper's Fréchet distance"
    summary = (
        "Distance of mean and covariance of class probabilities, as the first paper takes it; "
        "lower is better."
    )
    references = ("coblenz2023", "xu2018")
    direction = "lower"
    best = 0.0
    spaces = ("attributes",)
    minimum = 2

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        attributes(x, "reference row")
        attributes(y, "generated row")
        return root(Measured(*squared_frechet(x, y)))
