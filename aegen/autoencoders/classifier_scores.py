"""How well a classifier reads attributes off pictures that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from aegen.autoencoders.classifier import Classifier
from aegen.autoencoders.image_rows import ImageRows, batch, blocks
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.intervals import median_interval, wilson_interval

__all__ = ["ClassScore", "NumberScore", "Score", "attribute_scores", "validation_loss"]

LEVEL = 0.95
"""Of the intervals."""


@dataclass(frozen=True)
class ClassScore:
    """Share of pictures whose class is read right: ``right`` of ``n`` that are known.

    ``commonest`` is the share that the most frequent value alone would get right.
    """

    right: int
    n: int
    commonest: float

    @property
    def share(self) -> float:
        """The share read right, 0 to 1."""
        return self.right / self.n

    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the share."""
        return wilson_interval(self.right, self.n, LEVEL)

    def figures(self, name: str) -> dict[str, float]:
        """What goes into the history of a training."""
        return {f"accuracy_{name}": self.share}

    def __str__(self) -> str:
        low, high = self.interval()
        return (
            f"{self.share:.1%} right [{low:.1%}, {high:.1%}] of {self.n:,}; "
            f"the commonest value alone {self.commonest:.1%}"
        )


@dataclass(frozen=True)
class NumberScore:
    """How far a number is read wrong: absolute errors, sorted, of the pictures that are known.

    ``r2`` is the share of the numbers' variance that is explained, None where they do not differ.
    """

    errors: FloatArray = field(repr=False)
    r2: float | None

    @property
    def median(self) -> float:
        """The median absolute error."""
        return float(np.median(self.errors))

    def interval(self) -> tuple[float, float]:
        """An interval of the median by order statistics, of 95 % at least where n is 6 or more."""
        low, high = median_interval(len(self.errors), LEVEL)
        return float(self.errors[low]), float(self.errors[high])

    def figures(self, name: str) -> dict[str, float]:
        """What goes into the history of a training."""
        found = {f"error_{name}": self.median}
        return found if self.r2 is None else {f"r2_{name}": self.r2, **found}

    def __str__(self) -> str:
        low, high = self.interval()
        explained = "" if self.r2 is None else f"; R2 {self.r2:.3f}"
        return (
            f"off by {self.median:.3g} in the median [{low:.3g}, {high:.3g}] "
            f"of {len(self.errors):,}{explained}"
        )


Score = ClassScore | NumberScore


def attribute_scores(
    network: Classifier,
    images: ImageRows,
    classes: IntArray,
    numbers: Mapping[str, FloatArray],
    device: str = "cpu",
) -> dict[str, Score]:
    """How each attribute is read off images (n, h, w, c), where it is known of any.

    Args:
        network: in evaluation mode.
        images: uint8.
        classes: values of its class attributes, int64 (n, a), negative: not known.
        numbers: its number attributes by name, float64 (n,), NaN: not known.
        device: where the network is.
    """
    told: list[IntArray] = []
    measured: list[FloatArray] = []
    with torch.inference_mode():
        for rows in blocks(images):
            x = batch(images, rows, device)
            f = network.features(x)
            guesses = [logits.argmax(1) for logits in network(x, f).values()]
            if guesses:
                told.append(torch.stack(guesses, dim=1).cpu().numpy())
            if network.units:
                measured.append(
                    torch.stack(list(network.measure(x, f).values()), dim=1).cpu().numpy()
                )
    found: dict[str, Score] = {}
    for k, name in enumerate(network.names):
        if (known := classes[:, k] >= 0).any():
            truth = classes[known, k]
            right = int((np.concatenate(told)[known, k] == truth).sum())
            commonest = float(np.bincount(truth).max() / len(truth))
            found[name] = ClassScore(right, len(truth), commonest)
    for k, name in enumerate(network.units):
        if (known := np.isfinite(numbers[name])).any():
            wrong = np.concatenate(measured)[known, k] - numbers[name][known]
            spread = float(np.var(numbers[name][known]))
            r2 = 1 - float(np.mean(wrong**2)) / spread if spread > 0 else None
            found[name] = NumberScore(np.sort(np.abs(wrong)), r2)
    return found


def validation_loss(
    network: Classifier,
    images: ImageRows,
    classes: IntArray,
    numbers: FloatArray,
    device: str = "cpu",
) -> float:
    """`Classifier.misfit` of images (n, h, w, c), mean over blocks of them."""
    total = 0.0
    with torch.inference_mode():
        for rows in blocks(images):
            x = batch(images, rows, device)
            known = torch.from_numpy(classes[rows]).to(device)
            wanted = torch.from_numpy(numbers[rows]).to(device)
            total += float(network.misfit(x, network.features(x), known, wanted)) * len(x)
    return total / len(images)
