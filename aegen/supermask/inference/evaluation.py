"""Accuracy and confusion of a ticket on images, quick enough to follow a slider."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator
from aegen.supermask.inference.engine import Engine
from aegen.supermask.interventions import shuffle
from aegen.supermask.standardisation import standardised
from aegen.supermask.ticket.ticket import Ticket

__all__ = ["Evaluation", "control", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """Confusion matrix of a network, and what follows from it.

    Attributes:
        confusion: int64 (classes, classes): images by true class (row) and predicted one (column).

    Example:
        >>> Evaluation(np.array([[3, 1], [0, 4]])).accuracy
        0.875
    """

    confusion: NDArray[np.int64]

    @classmethod
    def of(
        cls, labels: NDArray[np.integer[Any]], predicted: NDArray[np.integer[Any]], classes: int
    ) -> Evaluation:
        """From true and predicted classes, whole numbers from 0, both (n,).

        Example:
            >>> Evaluation.of(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).confusion.tolist()
            [[1, 0], [1, 1]]
        """
        pairs = labels.astype(np.int64) * classes + predicted
        counts = np.bincount(pairs, minlength=classes * classes)
        return cls(counts.reshape(classes, classes).astype(np.int64))

    @property
    def n(self) -> int:
        """Images."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share that is recognised; 0 of no images."""
        return float(self.confusion.trace() / self.n) if self.n else 0.0

    @property
    def recalls(self) -> NDArray[np.float64]:
        """Share of each class's images that is recognised, (classes,); NaN without images."""
        rows = self.confusion.sum(axis=1).astype(np.float64)
        found: NDArray[np.float64] = np.full(len(rows), np.nan)
        np.divide(self.confusion.diagonal(), rows, out=found, where=rows > 0)
        return found


def evaluate(
    subject: Ticket | Engine, x: NDArray[Any], labels: NDArray[np.integer[Any]]
) -> Evaluation:
    """Confusion of a ticket on images; 10,000 through the paper's FCN take some 30 milliseconds.

    Args:
        subject: a ticket, or the engine of one, where it is asked more than once.
        x: uint8 images (n, h, w, c), or what `standardised` made of them, which saves that time.
        labels: their classes, whole numbers (n,).

    Raises:
        InvalidInput: images of another shape, or labels that do not fit.
    """
    engine = subject if isinstance(subject, Engine) else Engine(subject)
    classes = engine.plan.classes
    labels = np.asarray(labels)
    x = np.asarray(x)
    if labels.shape != x.shape[:1] or labels.dtype.kind not in "iu":
        raise InvalidInput(f"labels must be whole numbers ({len(x)},), got {labels.shape}")
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InvalidInput(
            f"labels must be from 0 to {classes - 1}, got {labels.min()} to {labels.max()}"
        )
    predicted = engine.classify(standardised(x) if x.dtype == np.uint8 else x, threads=_cores())
    return Evaluation.of(labels, predicted, classes)


def _cores() -> int:
    """Processors that this process may use."""
    own = getattr(os, "sched_getaffinity", None)
    return len(own(0)) if own else os.cpu_count() or 1


def control(
    ticket: Ticket,
    x: NDArray[Any],
    labels: NDArray[np.integer[Any]],
    *,
    repeats: int = 5,
    rng: RNG = None,
) -> list[float]:
    """Accuracies of random masks that keep and invert as many weights of each layer.

    What a ticket's counts alone are worth: near that of guessing where its places matter.

    Args:
        ticket: a trained one.
        x: as of `evaluate`.
        labels: the same.
        repeats: masks to draw.
        rng: seed or Generator.
    """
    random = generator(rng)
    x = np.asarray(x)
    x = standardised(x) if x.dtype == np.uint8 else x
    drawn = (ticket.with_masks(shuffle(ticket.masks, rng=random)) for _ in range(repeats))
    return [evaluate(one, x, labels).accuracy for one in drawn]
