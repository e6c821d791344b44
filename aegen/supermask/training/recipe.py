"""How to train a supermask: every setting of the paper, and its recipe for each network.

A recipe is plain data. `factor` is its schedule, which learning rate and decay share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aegen.core.errors import InvalidInput

__all__ = ["RULES", "SCHEDULES", "MaskRecipe", "Recipe", "factor", "paper_recipe", "stops"]

RULES = ("signed", "binary", "top-k", "dense")
"""What is trained: a mask of -1, 0 and 1, of 0 and 1, of the largest scores, or the weights."""

SCHEDULES = ("exponential", "plateau", "cosine", "constant")

PATIENCE, COOLDOWN, BETTER = 15, 10, 1e-4
"""Epochs without a loss better by so much after which a plateau is seen, and epochs after one."""

PLATEAUS = 5
"""Plateaus after which a training ends early."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: passes over the training rows.
        learning_rate: of SGD, at the start.
        decay: by which scores shrink each step, at the start; the learning rate does not
            multiply it. Together with the threshold it decides how much remains:
            ``threshold * decay / learning_rate`` is what a weight's gradient must exceed.
        threshold: which a score's size must exceed for its weight not to be dropped.
        relative: whether the threshold is a share of each layer's largest first score.
        kappa: ``fan_in`` times the variance of the frozen weights; None: from the share of weights
            that is active at first, the safe choice for deep networks.
        initialiser: of the frozen weights, see `aegen.supermask.frozen_weights`.
        rule: one of `RULES`.
        share: of each layer that the rule "top-k" keeps.
        schedule: "exponential" (times ``rate`` every ``every`` epochs, continuously), "plateau"
            (times ``rate`` where the training loss stays), "cosine" (to zero), "constant".
        rate: see schedule.
        every: epochs, see schedule.
        warmup: epochs over which the learning rate rises from zero; the decay does not.
        momentum: of Nesterov's kind.
        batch: images a step.
        seed: of weights, scores and the order of the rows.

    Raises:
        InvalidInput: a setting out of its range.

    Example:
        >>> Recipe(epochs=3).learning_rate
        0.05
    """

    epochs: int = 40
    learning_rate: float = 0.05
    decay: float = 5e-4
    threshold: float = 0.01
    relative: bool = False
    kappa: float | None = None
    initialiser: str = "signed-elu-scaled"
    rule: str = "signed"
    share: float = 0.5
    schedule: str = "exponential"
    rate: float = 0.9
    every: float = 10.0
    warmup: float = 0.0
    momentum: float = 0.9
    batch: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"epochs": 1, "batch": 1, "seed": 0, "threshold": 0, "warmup": 0}
        for name, low in least.items():
            if not low <= getattr(self, name) < math.inf:
                raise InvalidInput(f"{name} must be {low} or more, got {getattr(self, name)}")
        for name in ("learning_rate", "every"):
            if not 0 < getattr(self, name) < math.inf:
                raise InvalidInput(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("decay", "momentum"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be from 0 to below 1, got {getattr(self, name)}")
        for name in ("share", "rate"):
            if not 0 < getattr(self, name) <= 1:
                raise InvalidInput(f"{name} must be in (0, 1], got {getattr(self, name)}")
        if self.kappa is not None and not 0 < self.kappa < math.inf:
            raise InvalidInput(f"kappa must be above 0, or None, got {self.kappa}")
        for name, known in (("rule", RULES), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise InvalidInput(
                    f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}"
                )


@dataclass(frozen=True)
class MaskRecipe:
    """How to train the masks of an autoencoder.

    Attributes:
        epochs: passes over the training rows.
        batch: images a step.
        learning_rate: of Adam, at its highest; it rises over the first twentieth of the training
            and falls by the factor ``end`` over the whole of it.
        decay: by which scores shrink each step, at its highest; it falls by ``end`` as well.
        first_decay: the same at the start.
        rise: share of the training over which the decay grows from the one to the other.
        end: what learning rate and decay are multiplied by in the last step.
        threshold: which a score's size must exceed for its weight not to be dropped.
        kappa: ``fan_in`` times the variance of the frozen weights; None: from the share of weights
            that is active at first. Each layer's constant is rounded to half precision.
        seed: of weights, scores and the order of the rows.

    Raises:
        InvalidInput: a setting out of its range.

    Example:
        >>> MaskRecipe(epochs=3).epochs
        3
    """

    epochs: int = 32
    batch: int = 128
    learning_rate: float = 1e-3
    decay: float = 1.15e-2
    first_decay: float = 5e-4
    rise: float = 0.9
    end: float = 0.01
    threshold: float = 0.01
    kappa: float | None = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("batch", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise InvalidInput(f"{name} must be {low} or more, got {getattr(self, name)}")
        for name in ("learning_rate", "threshold", "rise", "end", "kappa"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InvalidInput(f"{name} must be above 0, got {value}")
        for name in ("decay", "first_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be from 0 to below 1, got {getattr(self, name)}")

    def at(self, share: float) -> tuple[float, float]:
        """Learning rate and decay at a share of the training.

        Example:
            >>> MaskRecipe(decay=0.01, rise=0.5, end=1.0).at(0.5)
            (0.001, 0.01)
        """
        fallen = math.pow(self.end, share)
        grown = min(1.0, share / self.rise)
        decay = self.first_decay + (self.decay - self.first_decay) * grown
        return self.learning_rate * fallen * min(1.0, 0.02 + 20 * share), decay * fallen


_PAIRS: dict[str, Any] = {"learning_rate": 0.05, "decay": 5e-4, "epochs": 100}
_RESIDUAL: dict[str, Any] = {
    "learning_rate": 0.3,
    "decay": 3e-4,
    "threshold": 0.75,
    "relative": True,
    "schedule": "plateau",
    "rate": 0.2,
    "epochs": 110,
}
PAPER: dict[str, dict[str, Any]] = {
    "fcn": {"learning_rate": 0.05, "decay": 5e-4, "kappa": 6.0, "epochs": 100},
    "conv2": {**_PAIRS, "learning_rate": 0.04},
    "conv4": _PAIRS,
    "conv6": _PAIRS,
    "conv8": _PAIRS,
    "resnet20": _RESIDUAL,
    "resnet56": {**_RESIDUAL, "learning_rate": 0.15, "decay": 1e-4, "threshold": 0.8, "rate": 0.1},
    "resnet110": {
        **_RESIDUAL,
        "learning_rate": 0.08,
        "decay": 1e-5,
        "threshold": 0.85,
        "rate": 0.1,
    },
}
DENSE: dict[str, Any] = {
    "rule": "dense",
    "learning_rate": 0.01,
    "initialiser": "uniform-elu",
    "kappa": None,
    "epochs": 50,
}
TOP_K: dict[str, Any] = {
    "rule": "top-k",
    "learning_rate": 0.1,
    "decay": 1e-5,
    "schedule": "cosine",
    "relative": False,
    "threshold": 0.0,
    "kappa": None,
}


def paper_recipe(network: str, rule: str = "signed", **changes: Any) -> Recipe:
    """The paper's recipe for a network, or of a baseline for it, with changes.

    Thresholds of FCN and Conv are the absolute 0.01 with which the published figures can be
    reproduced, not the later 0.4 of the largest score. The FCN has kappa 6; deeper networks take
    theirs from the share that is active at first, as a larger one makes them diverge.
    "top-k" is edge-popup (V. Ramanujan et al., arXiv 1911.13299).

    Args:
        network: its name; others than the paper's get the settings of the FCN.
        rule: one of `RULES`.
        changes: fields of `Recipe`; a value of None leaves the paper's.

    Raises:
        InvalidInput: a setting out of its range.

    Source: facts of the paper, sections 0 and 2.

    Example:
        >>> paper_recipe("fcn", epochs=40).kappa
        6.0
    """
    settings = {**PAPER.get(network, {})}
    settings |= {"dense": DENSE, "top-k": TOP_K}.get(rule, {"rule": rule})
    given = {name: value for name, value in changes.items() if value is not None}
    return Recipe(**{**settings, **given})


def factor(recipe: Recipe, passed: float, losses: Sequence[float] = ()) -> float:
    """What learning rate and decay are multiplied by.

    Args:
        recipe: the schedule.
        passed: epochs done, with the fraction of the one under way.
        losses: training loss of each whole epoch so far, for "plateau".

    Example:
        >>> round(factor(Recipe(rate=0.9, every=10), 10.0), 3)
        0.9
    """
    match recipe.schedule:
        case "exponential":
            return math.pow(recipe.rate, passed / recipe.every)
        case "cosine":
            return (1 + math.cos(math.pi * min(passed / recipe.epochs, 1.0))) / 2
        case "plateau":
            return recipe.rate ** _plateaus(losses)
        case _:
            return 1.0


def stops(recipe: Recipe, losses: Sequence[float]) -> bool:
    """Whether a training ends before its last epoch: after five plateaus."""
    return recipe.schedule == "plateau" and _plateaus(losses) >= PLATEAUS


def _plateaus(losses: Sequence[float]) -> int:
    """How often the loss has stayed where it was."""
    best, waited, rest, seen = math.inf, 0, 0, 0
    for loss in losses:
        if loss < best - BETTER:
            best, waited = loss, 0
        elif rest == 0:
            waited += 1
        rest = max(0, rest - 1)
        if waited >= PATIENCE:
            seen, waited, rest = seen + 1, 0, COOLDOWN
    return seen
