"""What is said to a person: an error that they can mend, as a sentence."""

from __future__ import annotations

import streamlit as st

from aegen.app.widgets.markdown import sentence
from aegen.core.errors import AegenError

__all__ = ["show_problem"]


def show_problem(problem: AegenError) -> None:
    """An error that a person can cause, as a sentence."""
    st.error(sentence(str(problem)), icon=":material/info:")
