"""Bundles: every autoencoder at hand as a card, and how to add one's own."""

import streamlit as st

from aegen.app import library, shelf

shelf.heading(
    "Bundles",
    "What is in each autoencoder? A bundle is a folder that holds a trained autoencoder, "
    "the codes of its images, and what is known about them.",
)
cards = library.cards()
shelf.totals(cards)
shelf.shelf(cards)
st.subheader("Bring your own", anchor=False)
shelf.own()
