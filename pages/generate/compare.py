"""Compare: which latent model to use, and how sure that is."""

import streamlit as st

from aegen.app import compared, contenders, frame, services, side_by_side


@frame.part
def compare(name: str) -> None:
    """Controls, pictures side by side, and their figures as they come."""
    asked = contenders.asked(name)
    if not asked.models:
        st.info("Add a latent model to compare.", icon=":material/add:")
        return
    places = side_by_side.columns(asked, services.table(asked))
    compared.figures(asked, places)
    with st.expander("Pictures of the references"):
        side_by_side.references(asked)
    compared.share(asked)


with frame.page(
    "Compare",
    "Which latent model draws new images that are true to the data without copying them, "
    "and how sure is that? All get the same seed and meet the same held-out rows.",
    *contenders.SHOWN,
):
    compare(frame.bundle_name())
