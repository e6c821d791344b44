"""Held-out log-likelihood of the latent model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.metrics._two_sample import TwoSampleMetric
from aegen.metrics.base import Measured

__all__ = ["LogLikelihood"]


class LogLikelihood(TwoSampleMetric):
    r"""Mean log-density of held-out rows under the latent model, in nats.

    $\frac1n \sum_i \log q(x_i)$ with the latent model's density q and held-out rows x. Rows here
    are the log-densities themselves, one column: `score_samples` of held-out codes as reference
    rows, and of generated ones, which are not used, as generated rows. Two models' difference
    estimates by how much nearer to the truth one of them is, in Kullback-Leibler divergence.

    There is no best value, as the truth's own depends on the data and on the units of the codes:
    a value says something only beside another for the same rows. Hence ``best`` is infinite.

    Goes wrong where one row is all but impossible under a model: its log-density rules the mean,
    and then the error is large too; where a row is impossible (log-density of minus infinity)
    there is no mean, which is refused. Influences are exact; those of generated rows are 0.

    Cost: that of the model's density: no time for a Gaussian, a sum over all training rows for
    each code for a kernel density or an empirical beta copula.

    Reference: Theis, van den Oord and Bethge 2016 (arXiv 1511.01844), also on why it does not
    tell how draws look.

    Example:
        >>> LogLikelihood()([[-1.0], [-3.0]], [[-2.0]])
        -2.0
    """

    title = "Log-likelihood"
    summary = (
        "Mean log-density of held-out rows, in nats; more is better, beside other models only."
    )
    references = ("theis2016",)
    direction = "higher"
    best = np.inf
    spaces = ("densities",)

    def _rows(self, reference: ArrayLike, generated: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The log-densities, checked: one column, and none of an impossible row."""
        impossible = int(np.sum(np.equal(reference, -np.inf)))
        if impossible:
            raise InvalidInput(
                f"{self.title} has no finite mean: the latent model holds {impossible} of the "
                f"{len(np.asarray(reference))} held-out rows for impossible (density zero); "
                "choose a smoother model"
            )
        real, made = super()._rows(reference, generated)
        if real.shape[1] != 1:
            raise InvalidInput(
                f"{self.title} takes log-densities, one column, got {real.shape[1]} columns"
            )
        return real, made

    def _compare(self, x: FloatArray, y: FloatArray, rng: np.random.Generator) -> Measured:
        densities = x[:, 0]
        value = float(densities.mean())
        return Measured(value, densities - value, np.zeros(len(y)))
