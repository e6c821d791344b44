"""What the paper reports of its networks: accuracy over remaining weights, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "TEST_ROWS", "Published"]

Ends = tuple[float, float]


@dataclass(frozen=True)
class Published:
    """A network as the paper reports it, all figures as shares.

    Attributes:
        network: its name in `aegen.supermask.networks`.
        width: by which its channels are multiplied.
        data: the data set.
        accuracy: on the data set's test rows, the mean of its runs.
        accuracy_ends: the interval that the authors print with it; None where they print none.
        remaining: share of the weights that is not dropped.
        remaining_ends: that figure's interval.
        baseline: accuracy of the same network trained as usual.
    """

    network: str
    width: float
    data: str
    accuracy: float
    accuracy_ends: Ends | None
    remaining: float
    remaining_ends: Ends | None
    baseline: float


TEST_ROWS = {"mnist": 10_000, "cifar10": 10_000}
"""Rows that the paper tests on: the data sets' own test sets."""

PUBLISHED = (
    Published("fcn", 1, "mnist", 0.9748, (0.973, 0.977), 0.0377, (0.037, 0.038), 0.9743),
    Published("conv2", 1, "cifar10", 0.6837, (0.677, 0.690), 0.0060, (0.0058, 0.0062), 0.6879),
    Published("conv4", 1, "cifar10", 0.7740, (0.767, 0.783), 0.0291, (0.029, 0.030), 0.7450),
    Published("conv6", 1, "cifar10", 0.7917, (0.781, 0.805), 0.0236, (0.019, 0.026), 0.7591),
    Published("conv8", 1, "cifar10", 0.8091, (0.799, 0.817), 0.0117, (0.011, 0.012), 0.7224),
    Published("resnet20", 1, "cifar10", 0.8168, None, 0.2113, None, 0.8491),
    Published("resnet20", 2, "cifar10", 0.8442, None, 0.0769, None, 0.8680),
    Published("resnet20", 3, "cifar10", 0.8489, None, 0.0406, None, 0.8732),
)
"""Means and intervals of N. Koster, O. Grothe, A. Rettinger, arXiv 2201.13361, as their repository
kosnil/signed_supermasks lists them; its settings name 50 runs of each network."""
