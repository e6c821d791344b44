"""The map of a ticket's layer with the choices of how to lay it out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.mask_map import Sheet, mask_frames, mask_map, some_tiles
from aegen.app.components.network_row import Layer, network_row
from aegen.app.pages.masks import state
from aegen.app.pages.masks.explanation import explanation
from aegen.app.services.interventions import MOST_TILES, FullestTiles, MaskChange
from aegen.app.widgets import bound
from aegen.app.widgets.mask_layer import Layout, MaskedLayer

__all__ = [
    "MAP",
    "asked_change",
    "change_of",
    "epoch_masks",
    "epoch_of",
    "last_epoch",
    "layer_map",
    "layers_of",
    "layout_of",
    "network",
    "passing_epoch",
    "sheet_of",
]

MAP = "mask-map"
"""The map's key, which the row of layers follows in a replay."""

WIDE, HIGH = 380, 480
"""Heights of the map for sheets that lie and that do not."""

ORDERS = {
    "dead": "Dead {units} last",
    "full": "Fullest {units} first",
    "tiles": "Fullest {units} and {tiles} first",
    "built": "{Units} as built",
}

HELP = (
    "Matrix: a line a unit, a column an input. Tiles: a small picture for each kernel, or for "
    "where each unit looks. Slice: two axes of your choice, the others held still."
)


def layers_of(name: str) -> list[MaskedLayer]:
    """The layers of a ticket in order."""
    pictures = services.tickets.places(name)
    return [
        MaskedLayer(layer, tuple(shape), pictures.get(layer))
        for layer, shape in services.tickets.ticket(name).layers.items()
    ]


def epoch_of(name: str) -> int | None:
    """The epoch that is shown, where its masks are stored; None is the ticket itself."""
    epochs, chosen = _epochs(name), state.epoch.get()
    if chosen is None or chosen in epochs:
        return None if not epochs or chosen == epochs[-1] else chosen
    if epochs:
        return min(epochs, key=lambda epoch: abs(epoch - chosen))
    state.epoch.reset()
    return None


def passing_epoch(name: str) -> int | None:
    """The epoch that goes by on the map, or else the one that is shown, as `epoch_of`."""
    epochs, passing = _epochs(name), state.passing.get()
    if passing not in epochs:
        return epoch_of(name)
    return None if passing == epochs[-1] else passing


def last_epoch(name: str) -> int | None:
    """The epoch that the ticket itself is of."""
    return next(reversed(_epochs(name)), None)


def _epochs(name: str) -> list[int]:
    """The epochs of the ticket's training whose masks are stored."""
    known = services.tickets.history(name)
    return [] if known is None else list(known.epochs)


def change_of(name: str) -> MaskChange:
    """What the person does to the ticket, where the page shows it; else nothing."""
    return asked_change(name) if state.on_map.get() else services.interventions.UNCHANGED


def asked_change(name: str) -> MaskChange:
    """What the person does to the ticket, as far as its layers are there."""
    layers = services.tickets.ticket(name).layers
    shuffled, dropped = state.shuffled.get(), state.dropped.get()
    known = services.tickets.history(name)
    movable = known is not None and bool(known.last) and epoch_of(name) is None
    return MaskChange(
        threshold=state.threshold.get() if movable else 1.0,
        back=state.back.get(),
        straight=state.straight.get(),
        shuffled=shuffled if shuffled in (*layers, "all") else "",
        dropped=dropped if dropped in layers else "",
        seed=state.seed.get(),
    )


def network(name: str, chosen: MaskedLayer) -> None:
    """All layers as a row to choose from."""
    layers = layers_of(name)
    change = change_of(name)
    counts = services.interventions.changed_counts(name, epoch_of(name), change)
    known = services.tickets.history(name)
    epochs = {}
    if known is not None and change.nothing:
        steps = {int(record["epoch"]): k for k, record in enumerate(known.records)}
        epochs = {e: known.counts[steps[e]].tolist() for e in known.epochs if e in steps}
    network_row(
        [Layer(each.name, each.words, counts[each.name]) for each in layers],
        key="network-row",
        label="Layers of the network",
        chosen=layers.index(chosen),
        follows=MAP,
        epochs=epochs,
        on_choose=lambda place: _choose(layers[place].name),
    )


def _choose(layer: str) -> None:
    """Another layer is looked at as a whole, in the layout that suits it."""
    state.layer.set(layer)
    for item in (state.layout, state.axes, state.still, state.look, state.unit):
        item.reset()


def layer_map(name: str, layer: MaskedLayer) -> None:
    """The layer's mask, and how it is laid out."""
    _layout(name, layer)
    layout, sheet = sheet_of(name, layer)
    epochs, epoch, unit = _epochs(name), epoch_of(name), state.unit.get()
    change, unit_at = change_of(name), layer.unit_at(layout, sheet)
    mask_map(
        services.interventions.changed_packed(name, layer.name, epoch, change),
        sheet,
        key=MAP,
        label=f"Mask of layer {layer.name}",
        of=f"{name}/{layer.name}",
        axes=layer.axes,
        unit_name=layer.unit,
        unit_at=unit_at,
        dead=services.interventions.dead_units(name, layer.name, epoch, change),
        places=layer.places,
        epochs=epochs,
        epoch=last_epoch(name) if epoch is None else epoch,
        look=state.look.get(),
        unit=unit if unit is not None and unit < layer.shape[0] else None,
        note=layer.words,
        height=WIDE if sheet.size[1] > 2 * sheet.size[0] else HIGH,
        on_change=lambda news: _changed(name, news),
    )
    if sheet.tile_order is not None and math.prod(sheet.counts) < math.prod(layer.shape):
        st.caption(_some_shown(name, layer))


def sheet_of(name: str, layer: MaskedLayer) -> tuple[Layout, Sheet]:
    """How the layer is laid out, and where its weights then lie."""
    layout, axes = layout_of(layer), state.axes.get()
    if len(axes) != 2 or axes[0] == axes[1] or max(axes) >= len(layer.axes):
        axes = (0, 1)
    sheet = layer.sheet(layout, axes, state.still.get() or _fullest(name, layer, axes))
    order, shown = _order_of(layer), (name, layer.name, epoch_of(name), change_of(name))
    if order == "built" or layer.unit_at(layout, sheet) is None:
        return layout, sheet
    if order == "tiles" and layer.tiled:
        found = _fullest_tiles(name, layer)
        return layout, some_tiles(layer.tiled, found.units, found.channels)
    units = services.interventions.unit_order(*shown, order != "dead")
    return layout, replace(sheet, order=units)


def layout_of(layer: MaskedLayer) -> Layout:
    """The chosen layout, or the one that suits the layer."""
    layouts = layer.layouts()
    return next((each for each in layouts if each == state.layout.get()), layouts[0])


def _order_of(layer: MaskedLayer) -> str:
    """The chosen order, or the one that suits the layer as it is laid out."""
    orders = _orders(layer)
    return state.order.get() if state.order.get() in orders else orders[0]


def _orders(layer: MaskedLayer) -> list[str]:
    """Orders that the layer can have, the one that suits it first."""
    tiled = layer.tiled if layout_of(layer) == "tiles" else None
    large = tiled and layer.convolution and tiled[0] * tiled[1] > MOST_TILES
    orders = [order for order in ORDERS if tiled or order != "tiles"]
    return sorted(orders, key=lambda order: order != ("tiles" if large else "dead"))


def _fullest_tiles(name: str, layer: MaskedLayer) -> FullestTiles:
    assert layer.tiled is not None
    channels, epoch = layer.tiled[1], epoch_of(name)
    return services.interventions.fullest_tiles(name, layer.name, channels, epoch, change_of(name))


def _some_shown(name: str, layer: MaskedLayer) -> str:
    """Which tiles are shown of a layer that has too many."""
    assert layer.tiled is not None
    found, (units, channels, *_) = _fullest_tiles(name, layer), layer.tiled
    tiles = _tiles(layer)
    return (
        f"Shown are {len(found.units):,} of {units:,} {layer.unit}s and in each "
        f"{len(found.channels[0]):,} of its {channels:,} {tiles}, those in which most weights "
        f"remain: {found.shown:,} of {found.left:,}. As built, all {units * channels:,} {tiles} "
        "are shown."
    )


def _tiles(layer: MaskedLayer) -> str:
    return "kernels" if layer.convolution else "channels"


def epoch_masks(name: str, layer: MaskedLayer) -> None:
    """The masks of all epochs, handed to the map once a person wants to see the replay."""
    wanted = state.replay.get() == name
    mask_frames(
        services.tickets.frames(name, layer.name) if wanted else (),
        _epochs(name) if wanted else (),
        key=MAP,
        of=f"{name}/{layer.name}",
        on_want=lambda: state.replay.set(name),
    )


def _layout(name: str, layer: MaskedLayer) -> None:
    """The chosen layout, the order of its units or the axes of a slice."""
    layouts = layer.layouts()
    if not state.layout.get():
        state.layout.set(layouts[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = state.layout.keep(layouts)
        if len(layouts) > 1:
            layout = bound.choose(
                "Laid out as",
                state.layout,
                layouts,
                kind="segments",
                help=HELP,
                label_visibility="collapsed",
            )
        if layout == "slice":
            _slice(name, layer)
        else:
            _order(layer)
        explanation(name, layer)


def _order(layer: MaskedLayer) -> None:
    """How units are put in order."""
    orders, units = _orders(layer), f"{layer.unit}s"
    if state.order.get() in (orders[0], *ORDERS.keys() - set(orders)):
        state.order.reset()

    def named(key: str) -> str:
        text = ORDERS[key or orders[0]]
        return text.format(units=units, Units=bound.words(units), tiles=_tiles(layer))

    bound.choose(
        "Order",
        state.order,
        ["", *orders[1:]],
        format_func=named,
        label_visibility="collapsed",
        width=290,
    )


def _fullest(name: str, layer: MaskedLayer, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Where a slice is held still to begin with: where most of the ticket's weights remain."""
    return layer.fullest(services.tickets.ticket(name).masks[layer.name], axes)


def _slice(name: str, layer: MaskedLayer) -> None:
    """The two axes of a slice, and where the others stand."""
    names = [name for name, _ in layer.axes]
    chosen = state.axes.get()
    if len(chosen) != 2 or chosen[0] == chosen[1] or max(chosen) >= len(names):
        chosen = (0, 1)
    places = range(len(names))
    down = st.selectbox(
        "Down", places, index=chosen[0], format_func=names.__getitem__, width=120, key="axis-down"
    )
    rest = [k for k in places if k != down]
    start = rest.index(chosen[1]) if chosen[1] in rest else 0
    across = st.selectbox(
        "Across", rest, index=start, format_func=names.__getitem__, width=120, key=f"across-{down}"
    )
    state.axes.set((down, across))
    full = _fullest(name, layer, (down, across))
    given = state.still.get()[: len(names)]
    still = [*given, *full[len(given) :]]
    for k, (axis, size) in enumerate(layer.axes):
        if k not in (down, across) and size > 1:
            now, key = min(still[k], size - 1), f"still-{layer.name}-{down}-{across}-{k}"
            still[k] = st.slider(bound.words(axis), 0, size - 1, now, width=180, key=key)
        else:
            still[k] = full[k]
    state.still.set(() if tuple(still) == full else tuple(still))


def _changed(name: str, news: Mapping[str, Any]) -> None:
    """What the person settled on in the browser."""
    if "look" in news:
        state.look.set(news["look"] and tuple(news["look"]))
    if "unit" in news:
        unit = news["unit"]
        state.unit.set(None if unit is None else int(unit))
    if "epoch" in news and news["epoch"] is not None:
        epoch = int(news["epoch"])
        state.passing.reset()
        state.epoch.set(None if [epoch] == _epochs(name)[-1:] else epoch)
