"""Tickets changed by hand, and how they then do; their paths; how alike two tickets are."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.components.mask_map import Packed, pack
from aegen.app.jobs.job import Job, Jobs
from aegen.app.jobs.thread import ThreadJob
from aegen.app.jobs.turns import Turns
from aegen.app.services import evaluation_data, reconstruction, tickets
from aegen.app.services.cache import cached
from aegen.app.services.tickets import ticket_stamp
from aegen.core.arrays import BoolArray
from aegen.core.errors import InvalidInput
from aegen.supermask.training.runs import CLASS

if TYPE_CHECKING:
    from aegen.supermask.inference.evaluation import Evaluation
    from aegen.supermask.overlap import Overlap
    from aegen.supermask.paths import LayerPaths

__all__ = [
    "MOST_TILES",
    "UNCHANGED",
    "FullestTiles",
    "MaskChange",
    "changed_counts",
    "changed_masks",
    "changed_packed",
    "changed_ticket",
    "dead_units",
    "evaluated",
    "evaluation",
    "fullest_tiles",
    "like",
    "paths_of",
    "rule_of",
    "unit_order",
]

ALL = "all"
"""Stands for every layer."""


@dataclass(frozen=True)
class MaskChange:
    """What is done to a ticket's masks, in this order.

    Attributes:
        threshold: what the trained thresholds are multiplied by.
        back: percent of the dropped weights that are put back.
        straight: percent of the inverted weights that are kept instead.
        shuffled: the layer whose mask is shuffled, "all", or "".
        dropped: the layer that is dropped whole, or "".
        seed: of what is random in it.
    """

    threshold: float = 1.0
    back: int = 0
    straight: int = 0
    shuffled: str = ""
    dropped: str = ""
    seed: int = 0

    @property
    def nothing(self) -> bool:
        """Whether all stays as it is."""
        return replace(self, seed=0) == UNCHANGED


UNCHANGED = MaskChange()


@dataclass(frozen=True)
class FullestTiles:
    """Some ``units`` of a layer, and ``channels`` of each, by how many weights are left there.

    Attributes:
        units: in order.
        channels: of each of them, in order, as many of one as of another.
        shown: weights that are left in these.
        left: weights that are left in the layer.
    """

    units: tuple[int, ...]
    channels: tuple[tuple[int, ...], ...]
    shown: int
    left: int


MOST_TILES, SOME_TILES = 4_096, (64, 32)
"""Tiles that are all shown, however they are ordered; of more, so many units and tiles of each:
small enough a sheet to see single weights."""


@cached(24, of=ticket_stamp)
def changed_masks(name: str, epoch: int | None, change: MaskChange) -> dict[str, Any]:
    """The masks by layer after a change.

    Raises:
        InvalidInput: another threshold where the mask variable is not known.
    """
    from aegen.supermask import interventions

    masks = tickets.masks_at(name, epoch)
    if change.threshold != 1.0:
        known = tickets.history(name)
        if known is None or not known.last or epoch is not None:
            raise InvalidInput(
                "another threshold needs the mask variable, which is known after the last epoch "
                "of a training whose history is there: go back to the last epoch"
            )
        masks = interventions.rethreshold(
            {layer: known.variable(layer) for layer in known.layers},
            known.thresholds,
            factor=change.threshold,
            rule=rule_of(name),
        )
    if change.back:
        masks = interventions.put_back(masks, change.back / 100, rng=change.seed)
    if change.straight:
        masks = interventions.un_invert(masks, change.straight / 100, rng=change.seed)
    if change.shuffled:
        layers = None if change.shuffled == ALL else [change.shuffled]
        masks = interventions.shuffle(masks, layers=layers, rng=change.seed)
    if change.dropped:
        masks = interventions.drop(masks, layers=[change.dropped], rng=change.seed)
    return masks


def rule_of(name: str) -> str:
    """How the masks come from their variable: what the history says, else "signed"."""
    known = tickets.history(name)
    recipe = known.about.get("recipe") if known is not None else None
    return str(recipe.get("rule", "signed")) if isinstance(recipe, dict) else "signed"


def changed_ticket(name: str, epoch: int | None, change: MaskChange) -> Any:
    """The ticket after a change."""
    return tickets.ticket(name).with_masks(changed_masks(name, epoch, change))


@cached(32, of=ticket_stamp)
def changed_counts(
    name: str, epoch: int | None, change: MaskChange
) -> dict[str, tuple[int, int, int]]:
    """Kept, inverted and dropped weights of each layer after a change, as the library reports."""
    if change.nothing:
        return tickets.counts(name, epoch)
    found = changed_ticket(name, epoch, change).counts
    return {layer: (each.keep, each.invert, each.drop) for layer, each in found.items()}


@cached(32, of=ticket_stamp)
def changed_packed(name: str, layer: str, epoch: int | None, change: MaskChange) -> Packed:
    """A layer's changed mask as it travels to the browser."""
    if change.nothing:
        return tickets.packed(name, layer, epoch)
    return pack(changed_masks(name, epoch, change)[layer])


@cached(256, of=ticket_stamp)
def evaluated(name: str, evaluation_set: str, epoch: int | None, change: MaskChange) -> Evaluation:
    """How a changed ticket does on held-out images."""
    from aegen.supermask.inference.evaluation import Evaluation, evaluate

    x, labels, names = evaluation_data.examples_of(name, evaluation_set)
    labels = labels[: len(x)]
    changed = changed_ticket(name, epoch, change)
    if reconstruction.picture(name) is None:
        return evaluate(changed, x, labels)
    told = reconstruction.told(changed, x, evaluation_data.classifier_of(name), CLASS)
    return Evaluation.of(labels, told, len(names))


_evaluations = Jobs(64)
_turns = Turns(1)


def evaluation(name: str, evaluation_set: str, epoch: int | None, change: MaskChange) -> Job:
    """The job that gives the same, begun if need be; one works at a time.

    The first time images are read or redrawn and loops are compiled, for which no page waits.
    """
    key = (ticket_stamp(name), name, evaluation_set, epoch, change)
    work = functools.partial(evaluated, name, evaluation_set, epoch, change)
    return _evaluations.begin(key, lambda: ThreadJob(key, work, _turns))


@cached(24, of=ticket_stamp)
def paths_of(name: str, epoch: int | None, change: MaskChange) -> dict[str, LayerPaths] | None:
    """Which weights lie on a path from input to output; None where the network is not known."""
    from aegen.supermask.described import described_plan
    from aegen.supermask.paths import paths

    network = described_plan(tickets.ticket(name))
    return None if network is None else paths(network, changed_masks(name, epoch, change))


@cached(64, of=ticket_stamp)
def dead_units(name: str, layer: str, epoch: int | None, change: MaskChange) -> BoolArray:
    """Which units of a layer are dead, (out,).

    They have no weight left, or where the network is known, lie on no path from input to output.
    """
    from aegen.supermask.paths import fan_in

    found = paths_of(name, epoch, change)
    empty: BoolArray = fan_in(changed_masks(name, epoch, change)[layer]) == 0
    return empty if found is None else found[layer].dead


@cached(64, of=ticket_stamp)
def unit_order(
    name: str, layer: str, epoch: int | None, change: MaskChange, full: bool
) -> tuple[int, ...]:
    """The units of a layer, the dead ones last; ``full`` puts those with most weights first."""
    from aegen.supermask.paths import fan_in

    dead = dead_units(name, layer, epoch, change)
    left = fan_in(changed_masks(name, epoch, change)[layer])
    order = np.lexsort((-left if full else np.zeros_like(left), dead))
    return tuple(int(unit) for unit in order)


@cached(64, of=ticket_stamp)
def fullest_tiles(
    name: str, layer: str, channels: int, epoch: int | None, change: MaskChange
) -> FullestTiles:
    """The units of a layer with most weights left, and of each the channels with most, first."""
    mask = changed_masks(name, epoch, change)[layer]
    left = np.count_nonzero(mask.reshape(len(mask), channels, -1), axis=2)
    most, across = left.shape if left.size <= MOST_TILES else SOME_TILES
    units = unit_order(name, layer, epoch, change, True)[:most]
    order = np.argsort(-left[list(units)], axis=1, kind="stable")[:, :across]
    shown = int(np.take_along_axis(left[list(units)], order, axis=1).sum())
    return FullestTiles(units, tuple(map(tuple, order.tolist())), shown, int(left.sum()))


@cached(64, of=ticket_stamp)
def like(name: str, other: str) -> dict[str, Overlap]:
    """How alike two tickets are, layer by layer.

    Raises:
        InvalidInput: their layers have other shapes.
    """
    from aegen.supermask.overlap import overlaps

    return overlaps(tickets.ticket(name), tickets.ticket(other))
