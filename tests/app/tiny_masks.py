"""Tickets for tests: a real training of a moment on bars, and convolutions by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aegen.supermask.networks import networks
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.classifier import train
from aegen.supermask.training.recipe import Recipe
from tests.tiny_bundle import SIDE, tiny_images

EPOCHS = 4


def tiny_tickets(folder: Path) -> None:
    """``bars`` and ``bars-b``, trained with histories, and ``edges``, a Conv2 without one."""
    images = tiny_images(120, 24, seed=1)
    labels = images.attributes["class"].cat.codes.to_numpy()
    own, other = ~images.holdout, images.holdout
    plan = networks.create("fcn", hidden="12-6", size=SIDE, classes=3)
    for seed, name in ((0, "bars"), (1, "bars-b")):
        recipe = Recipe(epochs=EPOCHS, kappa=3.0, decay=0.05, batch=16, seed=seed)
        training = train(
            plan,
            images.images[own],
            labels[own],
            images.images[other],
            labels[other],
            recipe,
            about={"data": "bars"},
        )
        for _ in training:
            pass
        training.ticket(title=f"Bars, seed {seed}").write(folder / f"{name}.ticket")
        training.history().write(folder / f"{name}.history")
    conv2 = networks.create("conv2", width=0.0625, channels=3, size=SIDE, classes=10)
    rng = np.random.default_rng(0)
    masks = {name: rng.integers(-1, 2, shape, np.int8) for name, shape in conv2.layers.items()}
    about = {"data": "cifar10", "accuracy": 0.5, "title": "Conv2 by chance"}
    Ticket("conv2", conv2.arguments, "signed-he", {}, 0, masks, {}, about).write(
        folder / "edges.ticket"
    )
