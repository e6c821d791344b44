"""One seed of a training as plain data and a task that any worker can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.core.errors import AegenError, InvalidInput
from aegen.core.json_text import parse
from aegen.core.storage import claimed, is_file
from aegen.supermask.training.recipe import Recipe

if TYPE_CHECKING:
    from aegen.core.arrays import IntArray
    from aegen.supermask.training.base import Epoch
    from aegen.supermask.training.classifier import Training

__all__ = ["CLASS", "Outcome", "Run", "begun", "classes", "epochs_done", "finished", "perform"]

CLASS = "class"
"""The attribute that networks learn."""


@dataclass(frozen=True)
class Run:
    """A training to do.

    Attributes:
        network: name of the network.
        arguments: its own, beside the data's shape; name and value.
        dataset: name of the data set.
        path: its folder, or None to fetch it.
        limit: training rows at most, or None for all.
        recipe: how to train; its seed too.
        folder: where checkpoint, ticket and history are kept.
        device: "cpu" or "cuda".
        module: makes the torch module to train, where it is a person's own; a function that a
            worker can import.
    """

    network: str
    arguments: tuple[tuple[str, Any], ...]
    dataset: str
    path: str | None
    limit: int | None
    recipe: Recipe
    folder: str
    device: str = "cpu"
    module: Callable[[], Any] | None = None

    @property
    def checkpoint(self) -> Path:
        """The file that keeps the training."""
        return Path(self.folder) / f"seed-{self.recipe.seed}.safetensors"

    @property
    def ticket(self) -> Path:
        """The file of its ticket."""
        return Path(self.folder) / f"seed-{self.recipe.seed}.ticket"

    @property
    def history(self) -> Path:
        """The file of its history."""
        return self.ticket.with_suffix(".history")

    def of_seed(self, seed: int) -> Run:
        """The same with another seed."""
        return replace(self, recipe=replace(self.recipe, seed=seed))


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Attributes:
        run: which.
        problem: why it ended early, or None.
        epochs: done.
        figures: of the last epoch: accuracy, remaining, seconds.
        shares: remaining share by layer, with that of the inverted among them.
        note: what to know of its ticket, or "".
    """

    run: Run
    problem: str | None = None
    epochs: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    shares: dict[str, tuple[float, float]] = field(default_factory=dict)
    note: str = ""


def classes(attributes: Any, title: str) -> tuple[IntArray, list[str]]:
    """The class of each row, from 0, and the names of the classes.

    Args:
        attributes: of an image set or a bundle, categories by column.
        title: whose they are, named in the error.

    Raises:
        InvalidInput: there is no attribute named "class".
    """
    import numpy as np

    if CLASS not in attributes:
        raise InvalidInput(f"{title} has no attribute named {CLASS!r}, which networks learn")
    column = attributes[CLASS].cat
    return column.codes.to_numpy(dtype=np.int64), [str(name) for name in column.categories]


def begun(run: Run) -> Training:
    """The training of a run, where its checkpoint left it.

    Raises:
        AegenError: data, network, recipe or checkpoint cannot be used.
    """
    from aegen.data import datasets
    from aegen.supermask import networks
    from aegen.supermask.training.classifier import train

    images = datasets.create(run.dataset).load(run.path)
    if run.limit is not None:
        images = images.limited(run.limit)
    labels, names = classes(images.attributes, images.title)
    held = images.holdout
    height, _, channels = images.image_shape
    shape = {"channels": channels, "size": height, "classes": len(names)}
    return train(
        networks.create(run.network, **dict(run.arguments), **shape)
        if run.module is None
        else run.module(),
        images.images[~held],
        labels[~held],
        images.images[held],
        labels[held],
        run.recipe,
        checkpoint=run.checkpoint,
        about={
            "data": run.dataset,
            "data_title": images.title,
            "licence": images.licence,
            "citation": images.citation,
        },
        device=run.device,
    )


def epochs_done(run: Run) -> int:
    """Epochs that a run's checkpoint holds, wherever it is trained; 0 where there is none."""
    from safetensors import SafetensorError, safe_open

    if not is_file(run.checkpoint):
        return 0
    try:
        with safe_open(run.checkpoint, framework="numpy") as file:  # reads the head alone
            return len(parse((file.metadata() or {}).get("records", "[]")))
    except (OSError, SafetensorError, ValueError, TypeError):
        return 0


def perform(run: Run, until: float | None = None) -> Outcome:
    """Train to the end and write ticket and history; what a person can cause is an outcome too."""
    try:
        with claimed(run.checkpoint):
            return finished(run, begun(run), until=until)
    except AegenError as problem:
        return Outcome(run, str(problem))


def finished(
    run: Run,
    training: Training,
    told: Callable[[Epoch], object] = lambda record: None,
    until: float | None = None,
) -> Outcome:
    """The outcome of a run when its training is at its end, or as far as it came.

    Args:
        run: which.
        training: as `begun` gives it.
        told: hears each epoch.
        until: the time, as `time.time` has it, from which no more epoch is begun, or None.
    """
    said = None
    try:
        while not training.done:
            if until is not None and time.time() >= until:
                said = (
                    f"the time was up after epoch {len(training.epochs)} of {run.recipe.epochs}; "
                    "the same command goes on"
                )
                break
            told(next(training))
    except AegenError as problem:
        said = str(problem)
    if not training.epochs:
        return Outcome(run, said)
    try:
        training.history().write(run.history)
        if run.recipe.rule != "dense":
            training.ticket(title=_title(run, training)).write(run.ticket)
    except AegenError as problem:
        said = said or str(problem)
    last = training.epochs[-1]
    figures = {"accuracy": last.accuracy, "remaining": last.remaining, "seconds": last.seconds}
    shares = {name: (c.remaining, c.inverted) for name, c in last.layers.items()}
    return Outcome(run, said, last.epoch, figures, shares, training.no_plan)


def _title(run: Run, training: Training) -> str:
    """What a ticket is called, such as "Conv4 (width 0.25) on CIFAR-10, seed 1"."""
    name = run.network if run.module or training.plan is None else type(training.plan).__name__
    own = ", ".join(f"{field} {value}" for field, value in run.arguments)
    seed = f", seed {run.recipe.seed}" if run.recipe.seed else ""
    return f"{name}{f' ({own})' if own else ''} on {training.about['data_title']}{seed}"
