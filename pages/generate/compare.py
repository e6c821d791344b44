"""Compare: which latent model to use, and how sure that is."""

import streamlit as st

from aegen.app import contenders, frame
from aegen.app.compared import compared

with frame.page(
    "Compare",
    "Which latent model draws new images that are true to the data without copying them, "
    "and how sure is that? All get the same seed and meet the same held-out rows.",
    *contenders.SHOWN,
):
    asked = contenders.asked(frame.bundle_name())
    if asked.models:
        compared(asked)
    else:
        st.info("Add a latent model to compare.", icon=":material/add:")
