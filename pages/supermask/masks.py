"""Masks: a network of kept, inverted and dropped weights, looked at and taken apart."""

from aegen.app import frame, mask_choices
from aegen.app.chosen_ticket import chosen_layer, chosen_ticket
from aegen.app.layer_figures import layer_figures
from aegen.app.layer_map import layer_map, layers_of, network
from aegen.app.other_tickets import beside_others
from aegen.app.ticket_snippets import share
from aegen.app.what_if import what_if


@frame.part
def ticket() -> None:
    """The ticket, its layers, the map of one, what is told of it, what is done to it."""
    name = chosen_ticket()
    if name:
        layer = chosen_layer(layers_of(name))
        network(name, layer)
        layer_map(name, layer)
        layer_figures(name, layer)
        frame.part(what_if)(name)
        frame.part(beside_others)(name)
        share(name)


with frame.page(
    "Masks",
    "Which of its random weights does a network need, and where does it look? Nothing was "
    "trained here but which weights are kept, inverted or dropped.",
    *mask_choices.MASKS,
):
    ticket()
