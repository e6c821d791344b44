"""How to train a supermask: every setting with its range, and the paper's for each network.

A recipe is plain data. What its fields declare is what the command line and the app offer.
`factor` is the schedule, which learning rate and decay share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.parameters import Field, parameters

__all__ = [
    "MaskRecipe",
    "Recipe",
    "augmentation",
    "factor",
    "paper_recipe",
    "recipe_of",
    "stops",
    "tuned_recipe",
]

PATIENCE, COOLDOWN, BETTER = 15, 10, 1e-4
"""Epochs without a loss better by so much after which a plateau is seen, and epochs after one."""

PLATEAUS = 5
"""Plateaus after which a training ends early."""


Epochs = Annotated[int, Field("Passes over the training rows.", low=1)]
Batch = Annotated[int, Field("Images a step.", low=1)]
LearningRate = Annotated[
    float, Field("Of the steps that move the scores.", low=0, open_low=True, step=0.005)
]
Decay = Annotated[
    float,
    Field(
        "By which scores shrink each step, whatever the learning rate: this alone drops weights. "
        "More rows mean more steps an epoch.",
        low=0,
        high=0.999,
        step=0.0001,
    ),
]
Threshold = Annotated[
    float,
    Field(
        "A weight is dropped while its score lies between minus and plus this.", low=0, step=0.005
    ),
]
Kappa = Annotated[
    float | None,
    Field(
        "Inputs of a unit times the variance of its frozen weights; too large a one diverges.",
        low=0,
        open_low=True,
        step=1.0,
    ),
]
Share = Annotated[float, Field("Of each layer that top-k keeps.", low=0, open_low=True, high=1)]
Seed = Annotated[
    int, Field("Of the frozen weights, the first scores and the order of the rows.", low=0)
]


class _Checked:
    """A recipe whose values are held against what its fields declare."""

    def __post_init__(self) -> None:
        for parameter in parameters(type(self)):
            parameter.check(getattr(self, parameter.name), type(self).__name__)


@dataclass(frozen=True)
class Recipe(_Checked):
    """How to train the masks of a classifier.

    Learning rate and decay are those at the start; the schedule multiplies both. What remains is
    decided by threshold and decay together: ``threshold * decay / learning_rate`` is what a
    weight's gradient must exceed. Without a kappa it is taken from the share of weights that is
    active at first, the safe choice for deep networks.

    Raises:
        InvalidInput: a setting out of its range, or a learned scale of weights without kappa.

    Example:
        >>> Recipe(epochs=3).learning_rate
        0.05
    """

    epochs: Epochs = 40
    learning_rate: LearningRate = 0.05
    decay: Decay = 5e-4
    threshold: Threshold = 0.01
    relative: Annotated[
        bool, Field("Whether the threshold is a share of each layer's largest first score.")
    ] = False
    kappa: Kappa = None
    learned_scale: Annotated[
        bool,
        Field(
            "Whether each layer's kappa is trained too: one number a layer, as few weights need "
            "larger ones than many."
        ),
    ] = False
    initialiser: Annotated[str, Field("Of the frozen weights, such as signed-he.")] = (
        "signed-elu-scaled"
    )
    rule: Annotated[
        Literal["signed", "binary", "top-k", "dense"],
        Field("A mask of -1, 0 and 1, of 0 and 1, of the largest scores, or trained weights."),
    ] = "signed"
    share: Share = 0.5
    schedule: Annotated[
        Literal["exponential", "plateau", "cosine", "constant"],
        Field(
            "Times rate every so many epochs, times rate where the training loss stays, to zero, "
            "or as it was."
        ),
    ] = "exponential"
    rate: Annotated[float, Field("Factor of the schedule.", low=0, open_low=True, high=1)] = 0.9
    every: Annotated[
        float, Field("Epochs after which an exponential schedule has it.", low=0, open_low=True)
    ] = 10.0
    warmup: Annotated[
        float, Field("Epochs over which the learning rate rises from zero.", low=0)
    ] = 0.0
    momentum: Annotated[float, Field("Of Nesterov's kind.", low=0, high=0.999)] = 0.9
    batch: Batch = 128
    precision: Annotated[
        Literal["float32", "bfloat16"],
        Field(
            "Of the network's products while it trains, not of scores and tests; bfloat16 is up "
            "to twice as fast where the processor or GPU has it."
        ),
    ] = "float32"
    shift: Annotated[
        int,
        Field(
            "Pixels by which a training image is moved at most, each time it is seen, up or down "
            "and left or right; its edge is repeated.",
            low=0,
            high=16,
        ),
    ] = 0
    mirror: Annotated[bool, Field("Whether half of the training images are mirrored.")] = False
    seed: Seed = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.learned_scale and not self.initialiser.endswith("scaled"):
            raise InvalidInput(
                f"{self.initialiser} has no kappa, so none can be learned: take an initialiser "
                "that ends in -scaled, or leave learned_scale out"
            )


@dataclass(frozen=True)
class MaskRecipe(_Checked):
    """How to train the masks of an autoencoder.

    The learning rate, of Adam, is that at its highest: it rises over the first twentieth of the
    training. Each layer's constant, which kappa gives, is rounded to half precision.

    Raises:
        InvalidInput: a setting out of its range.

    Example:
        >>> MaskRecipe(epochs=3).epochs
        3
    """

    epochs: Epochs = 32
    batch: Batch = 128
    learning_rate: LearningRate = 1e-3
    decay: Decay = 1.15e-2
    first_decay: Annotated[float, Field("Decay at the start.", low=0, high=0.999)] = 5e-4
    rise: Annotated[
        float,
        Field("Share of the training over which the decay grows.", low=0, open_low=True),
    ] = 0.9
    end: Annotated[
        float,
        Field("What learning rate and decay are multiplied by last.", low=0, open_low=True),
    ] = 0.01
    threshold: Threshold = 0.01
    kappa: Kappa = 2.0
    seed: Seed = 0

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


_COSINE: dict[str, Any] = {"learning_rate": 0.1, "schedule": "cosine"}
_DEEP: dict[str, Any] = {**_COSINE, "decay": 1.6e-3, "warmup": 1.0, "epochs": 30}
TUNED: dict[str, dict[str, Any]] = {
    "fcn": {
        **_COSINE,
        "decay": 1e-3,
        "threshold": 0.4,
        "relative": True,
        "kappa": 12.0,
        "learned_scale": True,
        "epochs": 40,
    },
    "conv2": {**_DEEP, "decay": 2.2e-3, "kappa": 3.0},
    "conv6": {**_DEEP, "decay": 1.1e-3},
    "conv8": {**_DEEP, "decay": 1.1e-3},
    "resnet20": {
        **_DEEP,
        "learning_rate": 0.15,
        "decay": 1.5e-4,
        "threshold": 0.75,
        "relative": True,
        "kappa": 3.0,
        "warmup": 2.0,
        "epochs": 40,
    },
}


def paper_recipe(network: str, rule: str = "signed", **changes: Any) -> Recipe:
    """The paper's recipe for a network, or of a baseline for it, with changes.

    Thresholds of FCN and Conv are the absolute 0.01 with which the published figures can be
    reproduced, not the later 0.4 of the largest score. The FCN has kappa 6; deeper networks take
    theirs from the share that is active at first, as a larger one makes them diverge.
    "top-k" is edge-popup (V. Ramanujan et al., arXiv 1911.13299).

    Args:
        network: its name; others than the paper's get the settings of the FCN.
        rule: a rule of `Recipe`.
        changes: fields of `Recipe`; a value of None leaves the paper's.

    Raises:
        InvalidInput: a setting out of its range.

    Source: the configurations published with arXiv 2201.13361.

    Example:
        >>> paper_recipe("fcn", epochs=40).kappa
        6.0
    """
    settings = {**PAPER.get(network, {})}
    settings |= {"dense": DENSE, "top-k": TOP_K}.get(rule, {"rule": rule})
    given = {name: value for name, value in changes.items() if value is not None}
    return Recipe(**{**settings, **given})


def tuned_recipe(network: str, rule: str = "signed", **changes: Any) -> Recipe:
    """A recipe that ends with fewer weights after fewer epochs than the paper's, with changes.

    Learning rate and decay begin two to four times as high and fall to zero along a cosine. The
    FCN's kappas are learned, too: one number a layer, as J. Diffenderfer and B. Kailkhura
    (arXiv 2103.09377) take the mean size of the kept weights. In convolutional networks that
    fitted the training rows better and others worse.

    Args:
        network: its name; others than those tried get the settings of the deeper Conv networks.
        rule: a rule of `Recipe`; baselines get the paper's settings of theirs.
        changes: fields of `Recipe`; a value of None leaves what is tuned.

    Raises:
        InvalidInput: a setting out of its range.

    Example:
        >>> tuned_recipe("fcn").learned_scale
        True
    """
    if rule not in ("signed", "binary"):
        return paper_recipe(network, rule, **changes)
    given = {name: value for name, value in changes.items() if value is not None}
    return Recipe(**{**TUNED.get(network, _DEEP), "rule": rule, **given})


def recipe_of(source: str, network: str, rule: str = "signed") -> Recipe:
    """The recipe that a word stands for: "paper" or "tuned".

    Raises:
        UnknownName: another word.

    Example:
        >>> recipe_of("paper", "fcn") == paper_recipe("fcn")
        True
    """
    if source not in SOURCES:
        raise UnknownName("recipe", source, SOURCES)
    return SOURCES[source](network, rule)


SOURCES: dict[str, Callable[..., Recipe]] = {"paper": paper_recipe, "tuned": tuned_recipe}


def augmentation(recipe: Mapping[str, Any]) -> str:
    """How training images were changed, which has to be said beside a figure; "" if they were not.

    Args:
        recipe: the fields of a `Recipe`, as tickets and histories keep them.

    Example:
        >>> augmentation({"shift": 4, "mirror": True})
        'training images moved by up to 4 pixels and mirrored'
    """
    moved = f"moved by up to {recipe['shift']} pixels" if recipe.get("shift") else ""
    mirrored = "mirrored" if recipe.get("mirror") else ""
    changes = " and ".join(filter(None, (moved, mirrored)))
    return changes and f"training images {changes}"


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
