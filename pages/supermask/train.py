"""Train: a network learns which of its random weights to keep, to invert and to drop."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.train import state
from aegen.app.pages.train.form import order
from aegen.app.pages.train.progress import progress
from aegen.app.pages.train.snippets import share

with page.page(
    "Train",
    "How does a network learn by dropping most of its weights? Its random weights stay as they "
    "are; trained is which of them are [kept, inverted and dropped](keep, invert, drop).",
    *state.CHOICES,
):
    left, right = st.columns([1, 2.1], gap="large")
    with left:
        asked = order()
    with right:
        progress(asked)
        share(asked)
