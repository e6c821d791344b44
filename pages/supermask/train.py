"""Train: a network learns which of its random weights to keep, to invert and to drop."""

import streamlit as st

from aegen.app import frame, train_choices
from aegen.app.training_order import order
from aegen.app.training_progress import progress
from aegen.app.training_snippets import share

with frame.page(
    "Train",
    "How does a network learn by dropping most of its weights? Its random weights stay as they "
    "are; trained is which of them are kept, inverted and dropped.",
    *train_choices.CHOICES,
):
    left, right = st.columns([1, 2.1], gap="large")
    with left:
        asked = order()
    with right:
        progress(asked)
        share(asked)
