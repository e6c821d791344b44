"""Masks: a network made of kept, inverted and dropped weights, looked at and taken apart."""

from aegen.app import frame, mask_choices
from aegen.app.chosen_ticket import chosen_layer, chosen_ticket
from aegen.app.layer_figures import layer_figures
from aegen.app.layer_map import layer_map, layers_of, network


@frame.part
def ticket() -> None:
    """The ticket, its layers, the map of one of them and what is told of it."""
    name = chosen_ticket()
    if name:
        layer = chosen_layer(layers_of(name))
        network(name, layer)
        layer_map(name, layer)
        layer_figures(name, layer)


with frame.page(
    "Masks",
    "Which of its random weights does a network need, and where does it look? Nothing was "
    "trained here but which weights are kept, inverted or dropped.",
    *mask_choices.MASKS,
):
    ticket()
