"""Signed supermasks: networks whose frozen weights are only kept, inverted or dropped.

After "Signing the Supermask" (N. Koster, O. Grothe, A. Rettinger, arXiv 2201.13361). `networks`
has the paper's networks as plans; `attach` puts masks on any torch network, `train` trains those
of a plan or of one's own torch module. torch is loaded only when masks are attached or trained::

    training = train(networks.create("fcn"), images, labels, test_images, test_labels,
                     paper_recipe("fcn", epochs=40), checkpoint="fcn.safetensors")
    for epoch in training:
        print(epoch.epoch, epoch.accuracy, epoch.remaining)
    training.ticket(title="mine").write("mine.ticket")
    training.history().write("mine.history")

A ticket is run, without torch, by ``Engine(ticket).logits(standardised(images))``, evaluated by
``evaluate(load_ticket("fcn-mnist"), images, labels)``; `interventions`, `paths` and `overlap` ask
what its masks mean.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from aegen.supermask.counts import Counts, Report
from aegen.supermask.networks import networks
from aegen.supermask.plan import Plan
from aegen.supermask.training.recipe import Recipe, paper_recipe

if TYPE_CHECKING:
    from aegen.supermask.inference.engine import Engine
    from aegen.supermask.inference.evaluation import evaluate
    from aegen.supermask.parametrization import MaskSGD, attach, detach, masks, report, scores
    from aegen.supermask.standardisation import standardised
    from aegen.supermask.ticket.discovery import load_ticket, tickets
    from aegen.supermask.ticket.ticket import Ticket
    from aegen.supermask.training.classifier import Training, train

__all__ = [
    "Counts",
    "Engine",
    "MaskSGD",
    "Plan",
    "Recipe",
    "Report",
    "Ticket",
    "Training",
    "attach",
    "detach",
    "evaluate",
    "load_ticket",
    "masks",
    "networks",
    "paper_recipe",
    "report",
    "scores",
    "standardised",
    "tickets",
    "train",
]

_LATER = {
    **dict.fromkeys(("load_ticket", "tickets"), "ticket.discovery"),
    "Engine": "inference.engine",
    "evaluate": "inference.evaluation",
    "standardised": "standardisation",
    "Ticket": "ticket.ticket",
    **dict.fromkeys(
        ("MaskSGD", "attach", "detach", "masks", "report", "scores"), "parametrization"
    ),
    **dict.fromkeys(("Training", "train"), "training.classifier"),
}


def __getattr__(name: str) -> Any:
    """Load what needs torch, or compiled loops, when it is first named."""
    if name in _LATER:
        return getattr(importlib.import_module(f"aegen.supermask.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
