"""Masks: a network of kept, inverted and dropped weights, looked at and analysed."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.masks import interventions, state
from aegen.app.pages.masks.frontier import beside_the_paper
from aegen.app.pages.masks.layer_charts import layer_figures
from aegen.app.pages.masks.layer_map import change_of, epoch_masks, layer_map, layers_of, network
from aegen.app.pages.masks.overlap import beside_others
from aegen.app.pages.masks.snippets import share
from aegen.app.pages.masks.ticket_picker import chosen_layer, chosen_ticket

with page.page(
    "Masks",
    "Which of its [random weights](frozen weight) does a network need, and where does it look? "
    "Nothing was trained here but which weights are "
    "[kept, inverted or dropped](keep, invert, drop).",
    *state.MASKS,
):
    name = chosen_ticket()
    if name:
        layer = chosen_layer(layers_of(name))
        with st.container(key="replayed"):  # nothing in it fades while others are made
            network(name, layer)
            layer_map(name, layer)
            page.part(epoch_masks)(name, layer)
            page.part(layer_figures)(name, layer)
        page.part(interventions.what_if)(name, layer.name, change_of(name))
        page.part(interventions.awaited, every=interventions.look_again(name))(name)
        page.part(beside_the_paper)(name)
        page.part(beside_others)(name)
        page.part(share)(name, layer)
