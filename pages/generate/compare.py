"""Compare: which latent model to use, and how sure that is."""

import streamlit as st

from aegen.app import page
from aegen.app.pages.compare import form, state
from aegen.app.pages.compare.recommended import recommended
from aegen.app.pages.compare.results import compared

with page.page(
    "Compare",
    "Which [latent model] draws new {things} that are true to the data without [copying] them, "
    "and how sure is that? All get the same [seed] and meet the same [held-out rows].",
    *state.SHOWN,
):
    asked = form.asked(page.bundle_name())
    recommended(asked.bundle)
    if asked.models:
        compared(asked)
    else:
        st.info("Add a latent model to compare.", icon=":material/add:")
