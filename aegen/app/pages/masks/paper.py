"""All figures of Masks as files: the map, histograms, curves, confusion, overlap, counts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.app.pages.masks import frontier, state
from aegen.app.pages.masks.layer_map import (
    asked_change,
    change_of,
    epoch_of,
    layers_of,
    sheet_of,
)
from aegen.app.services import evaluation_data, interventions, tickets
from aegen.app.services.interventions import MaskChange
from aegen.app.widgets import mask_curves, ticket_names
from aegen.app.widgets.for_paper import Exhibit, Material, made_by
from aegen.app.widgets.mask_layer import MaskedLayer
from aegen.core.intervals import wilson_interval
from aegen.core.storage import npz
from aegen.core.text_table import TextTable

__all__ = ["material"]


File = tuple[str, Callable[[], bytes]]


def material(name: str, layer: MaskedLayer) -> Material:
    """What a paper takes from the page as it stands."""
    epoch, change = epoch_of(name), change_of(name)
    masks = functools.partial(interventions.changed_masks, name, epoch, change)
    ticket, known = tickets.ticket(name), tickets.history(name)
    seed = dict(ticket.about.get("recipe") or {}).get("seed")
    said = f"Masks of {ticket_names.called(name)}: {tickets.total(name).total:,} weights"
    said += "" if epoch is None else f", after epoch {epoch}"
    said += f", trained with seed {seed}." if isinstance(seed, int) else "."
    return Material(
        f"{name.lstrip('~')}-masks",
        (
            _bars_by_layer(name, epoch, change),
            _map(name, layer, epoch, change),
            *_looks(name, layer, masks),
            *_connections(layer, masks),
            *((_variable(name, layer),) if known is not None else ()),
            *(mask_curves.exhibits(known) if known is not None else ()),
            *_confusion(name),
            *frontier.exhibits(name),
            *_overlaps(name),
        ),
        (
            Exhibit("layers", "Weights by layer", lambda: _layers(name, epoch, change)),
            *_what_if(name),
            *_beside(name),
        ),
        made_by(said, None),
        lambda: _methods(name),
        tuple(_files(name, epoch, change)),
    )


def _files(name: str, epoch: int | None, change: MaskChange) -> Iterable[File]:
    """Arrays by layer: the masks that the page shows, changed ones, the mask variable."""
    shown = functools.partial(interventions.changed_masks, name, epoch, change)
    yield "masks.npz", lambda: npz(shown())
    asked = asked_change(name)
    if asked != change:
        changed = functools.partial(interventions.changed_masks, name, epoch, asked)
        yield "changed-masks.npz", lambda: npz(changed())
    known = tickets.history(name)
    if known is not None and known.last:
        yield "mask-variable.npz", lambda: npz({k: known.variable(k) for k in known.layers})


def _bars_by_layer(name: str, epoch: int | None, change: MaskChange) -> Exhibit:
    def make() -> str:
        from aegen.figures.mask_bars import mask_bars

        counts = interventions.changed_counts(name, epoch, change)
        return mask_bars([(layer, *each) for layer, each in counts.items()], "Weights by layer")

    return Exhibit(
        "layer-bars",
        "Kept, inverted and dropped, by layer",
        make,
        lambda made: _layers(name, epoch, change),
    )


def _looks(name: str, layer: MaskedLayer, masks: Any) -> tuple[Exhibit, ...]:
    """Where all units of a layer that reads a picture look, and where the chosen one does."""
    if layer.picture is None:
        return ()
    shape, unit = layer.picture, state.unit.get()
    chosen = {} if unit is None or unit >= layer.shape[0] else {f"{layer.unit} {unit}": [unit]}

    def counts() -> dict[str, NDArray[np.int64]]:
        from aegen.figures.input_map import input_map

        mask = masks()[layer.name].reshape(layer.shape[0], -1)
        every = {f"all {layer.unit}s": slice(None), **chosen}
        return {title: input_map(mask[units], shape) for title, units in every.items()}

    def table(made: str) -> TextTable:
        found = counts()
        places = np.ndindex(shape[1:])
        return TextTable(
            ("row", "column", *(f"weights of {title}" for title in found)),
            tuple((*place, *(int(each[place]) for each in found.values())) for place in places),
        )

    title = f"Where layer {layer.name} looks"
    return (Exhibit(f"looks-{layer.name}", title, lambda: _painted(counts(), title), table),)


def _painted(counts: dict[str, NDArray[np.int64]], title: str) -> str:
    """Maps of inputs side by side, each with its own scale."""
    from aegen.figures.image_table import image_table
    from aegen.figures.input_map import painted
    from aegen.figures.mask_colours import MASK_COLOURS

    images = np.stack([painted(each, MASK_COLOURS["light"]) for each in counts.values()])
    return image_table(images[None], columns=list(counts), title=title)


def _map(name: str, layer: MaskedLayer, epoch: int | None, change: MaskChange) -> Exhibit:
    """The layer as it is laid out on the page."""
    _, sheet = sheet_of(name, layer)

    def make() -> str:
        from aegen.figures.mask_picture import GAP, mask_picture

        mask = interventions.changed_masks(name, epoch, change)[layer.name].reshape(-1)
        places = sheet.indices()
        cells = np.where(places < 0, GAP, mask[np.maximum(places, 0)])
        return mask_picture(cells, f"Mask of layer {layer.name}")

    return Exhibit(f"map-{layer.name}", f"Mask of layer {layer.name}", make, None)


def _connections(layer: MaskedLayer, masks: Any) -> tuple[Exhibit, ...]:
    def make(which: str) -> Any:
        from aegen.figures.fan_in_histogram import degrees
        from aegen.supermask import paths

        counted = {"in": paths.fan_in, "out": paths.fan_out}[which](masks()[layer.name])
        inputs = "channels" if layer.convolution else "inputs"
        what, across = (
            (f"{layer.unit}s", f"weights into a {layer.unit} (fan-in)")
            if which == "in"
            else (inputs, f"weights from {inputs.removesuffix('s')} (fan-out)")
        )
        return degrees(counted, what=what, across=across)

    return tuple(
        Exhibit(
            f"fan-{which}-{layer.name}",
            f"Fan-{which} of layer {layer.name}",
            functools.partial(make, which),
        )
        for which in ("in", "out")
    )


def _variable(name: str, layer: MaskedLayer) -> Exhibit:
    factor, epoch = state.threshold.get(), epoch_of(name)
    return Exhibit(
        f"mask-variable-{layer.name}",
        f"Mask variable of layer {layer.name}",
        lambda: mask_curves.variable(name, layer.name, factor, epoch, "light"),
    )


def _evaluations(name: str) -> tuple[str, dict[str, MaskChange]] | None:
    """What the ticket is evaluated on, and changes by name; None where it cannot be."""
    sets = [each.key for each in evaluation_data.evaluation_sets(name)]
    if not sets:
        return None
    key = state.evaluation_set.get() if state.evaluation_set.get() in sets else sets[0]
    change = asked_change(name)
    changes = {"as trained": interventions.UNCHANGED}
    return key, changes if change.nothing else {**changes, "after the change": change}


def _confusion(name: str) -> Iterable[Exhibit]:
    """Where the ticket can be evaluated: as it is, and as changed by hand."""
    found, epoch = _evaluations(name), epoch_of(name)
    if found is None:
        return
    key, changes = found
    title, change = list(changes.items())[-1]

    def counted() -> tuple[Any, tuple[str, ...]]:
        evaluated = interventions.evaluation(name, key, epoch, change).outcome()
        return evaluated.confusion, evaluation_data.examples_of(name, key)[2]

    def make() -> str:
        from aegen.figures.confusion import confusion

        return confusion(*counted())

    def data(made: str) -> TextTable:
        counts, names = counted()
        rows = ((own, *row.tolist()) for own, row in zip(names, counts, strict=True))
        return TextTable(("is", *names), tuple(rows))

    yield Exhibit("confusion", f"Confusion matrix, {title}", make, data)


def _what_if(name: str) -> Iterable[Exhibit]:
    """Accuracy before and after the change, with what was changed."""
    found, epoch = _evaluations(name), epoch_of(name)
    if found is None:
        return
    key, changes = found

    def make() -> TextTable:
        rows = []
        for title, change in changes.items():
            evaluated = interventions.evaluation(name, key, epoch, change).outcome()
            counts = interventions.changed_counts(name, epoch, change).values()
            ends = wilson_interval(round(evaluated.accuracy * evaluated.n), evaluated.n)
            right = (100 * evaluated.accuracy, *(100 * end for end in ends), evaluated.n)
            left, _ = _shares(*(sum(column) for column in zip(*counts, strict=True)))
            done = (change.threshold, change.back, change.straight, change.shuffled)
            rows.append((title, *right, left, *done, change.dropped, change.seed))
        figures = ("masks", "right %", "low", "high", "rows", "remaining %")
        choices = ("threshold times", "put back %", "un-inverted %", "shuffled", "dropped whole")
        return TextTable((*figures, *choices, "seed"), tuple(rows))

    yield Exhibit("what-if", "Accuracy before and after the change", make)


def _overlaps(name: str) -> Iterable[Exhibit]:
    for place, other in enumerate(state.against.get()):
        shared = functools.partial(_shared, name, other)
        title = f"Weights shared with {ticket_names.called(other)}"
        data = functools.partial(_shared_table, shared)
        if tickets.ticket(name).layers == tickets.ticket(other).layers:
            yield Exhibit(f"shared-{place + 1}", title, functools.partial(_bars, shared), data)
    names = (name, *state.against.get())
    pictures = {each: tickets.places(each) for each in names}
    if len(names) > 1 and all(pictures.values()):
        looks = functools.partial(_first_looks, pictures)
        yield Exhibit("looks-compared", "Where the first layers look", looks, None)


def _first_looks(pictures: dict[str, dict[str, tuple[int, int, int]]]) -> str:
    """Where the first layer that reads a picture looks, of each ticket."""
    from aegen.figures.input_map import input_map

    counts = {}
    for each, places in pictures.items():
        layer, shape = next(iter(places.items()))
        mask = tickets.ticket(each).masks[layer]
        counts[ticket_names.called(each)] = input_map(mask.reshape(len(mask), -1), shape)
    return _painted(counts, "Where the first layers look")


Shared = tuple[str, float, float, float]
"""A layer, what both share, what chance gives with the same inputs, and what chance gives."""


def _shared(name: str, other: str) -> list[Shared]:
    return [
        (layer, each.jaccard, each.jaccard_by_input, each.expected_jaccard)
        for layer, each in interventions.like(name, other).items()
    ]


def _bars(shared: Callable[[], list[Shared]]) -> str:
    from aegen.figures.mask_overlap import alike

    return alike(shared())


def _shared_table(shared: Callable[[], list[Shared]], made: str) -> TextTable:
    head = ("layer", "shared", "by chance with the same inputs", "by chance")
    return TextTable(head, tuple(shared()))


def _layers(name: str, epoch: int | None, change: MaskChange) -> TextTable:
    """A line a layer, and one for all."""
    counts = interventions.changed_counts(name, epoch, change)
    known = interventions.paths_of(name, epoch, change)
    rows = []
    for layer in layers_of(name):
        keep, invert, drop = counts[layer.name]
        dead = None if known is None else int(known[layer.name].dead.sum())
        words = " x ".join(map(str, layer.shape))
        rows.append((layer.name, words, keep, invert, drop, *_shares(keep, invert, drop), dead))
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    dead = None if known is None else sum(int(each.dead.sum()) for each in known.values())
    rows.append(("all", "", *total, *_shares(*total), dead))
    head = ("layer", "shape", "kept", "inverted", "dropped", "remaining %", "inverted of these %")
    return TextTable((*head, "dead units"), tuple(rows))


def _shares(keep: int, invert: int, drop: int) -> tuple[float, float]:
    """Percent that remains, and percent of this that is inverted."""
    remain = keep + invert
    return 100 * remain / max(1, remain + drop), 100 * invert / max(1, remain)


def _beside(name: str) -> tuple[Exhibit, ...]:
    names = (name, *state.against.get())
    if len(names) == 1:
        return ()

    def make() -> TextTable:
        rows = []
        for each in names:
            ticket = tickets.ticket(each)
            accuracy = ticket.about.get("accuracy")
            right = 100 * accuracy if isinstance(accuracy, int | float) else None
            kilobytes = tickets.ticket_bytes(each) / 1e3
            share, inverted = 100 * ticket.total.remaining, 100 * ticket.total.inverted
            rows.append((ticket_names.called(each), right, share, inverted, kilobytes))
        head = ("ticket", "right %", "remaining %", "inverted of these %", "file in kB")
        return TextTable(head, tuple(rows))

    return (Exhibit("tickets", "Tickets compared", make),)


def _methods(name: str) -> Iterable[Any]:
    """The paper of Signed Supermasks, and those of the network."""
    from aegen.supermask.networks import networks

    yield "koster2022"
    plan = tickets.plan(name)
    if plan is not None and (kind := getattr(plan, "name", "")) in networks.names():
        yield networks.get(kind)
