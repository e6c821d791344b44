"""A network as a row of layers to choose from, each with bars of kept, inverted and dropped.

The upper bar of a layer is all of its weights, the lower one those that remain, with a mark at the
even split between kept and inverted and a band of what chance does to it (95 %): relative to
random frozen signs neither is favoured, so a layer that leaves the band is worth a look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aegen.app.components.mount import callback, component
from aegen.figures.mask_colours import MASK_COLOURS

__all__ = ["Counts", "Layer", "network_row"]

Counts = tuple[int, int, int]
"""Kept, inverted and dropped weights."""

_component = component("network_row")


@dataclass(frozen=True)
class Layer:
    """A layer: its name, its shape in words, its counts."""

    name: str
    shape: str
    counts: Counts


def network_row(
    layers: Sequence[Layer],
    *,
    key: str,
    label: str,
    chosen: int | None = None,
    follows: str = "",
    epochs: Mapping[int, Sequence[Counts]] | None = None,
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Shows the layers in order, the ``chosen`` one stressed; ``label`` says so to screen readers.

    The bars follow the replay of the mask map with the key ``follows``, by all layers' counts at
    each of its ``epochs``. ``on_choose`` gets a layer's place before the run that this starts.
    """
    _component(
        key=key,
        data={
            "label": label,
            "map": follows,
            "layers": [
                {"name": each.name, "shape": each.shape, "counts": list(each.counts)}
                for each in layers
            ],
            "chosen": chosen,
            "epochs": {
                str(epoch): [list(each) for each in counts]
                for epoch, counts in (epochs or {}).items()
            },
            "colours": {paper: colours._asdict() for paper, colours in MASK_COLOURS.items()},
        },
        on_layer_change=callback(key, "layer", on_choose),
    )
