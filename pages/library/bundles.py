"""Bundles: every autoencoder at hand as a card, and how to add one's own."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.bundles import cards, model

with page.page_without_bundle(
    "Bundles",
    "What is in each [autoencoder]? A [bundle] is a folder that holds a trained autoencoder, "
    "the [codes] of its images, and what is known about them.",
):
    found = model.cards()
    cards.totals(found)
    cards.grid(found)
    st.subheader("Add your own", anchor=False)
    cards.bring()
    cards.own()
