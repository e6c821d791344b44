"""What is said to a person: an error that they can mend, as a sentence."""

from __future__ import annotations

import re

import streamlit as st

from aegen.app.state import visit
from aegen.app.widgets.markdown import sentence
from aegen.core.errors import AegenError

__all__ = ["show_problem", "without_folders"]

FOLDERS = re.compile(r"(?<![\w/\\:.])(?:[A-Za-z]:)?[/\\](?:[^\s/\\:'\"]+[/\\])+")
"""The folders of a path from the root, up to the last name."""


def show_problem(problem: AegenError) -> None:
    """An error that a person can cause, as a sentence.

    Where files lie is for who sits at the computer that runs the app.
    """
    text = str(problem) if visit.is_local() else without_folders(str(problem))
    st.error(sentence(text), icon=":material/info:")


def without_folders(text: str) -> str:
    """A text in which paths are the names of their files only.

    Example:
        >>> without_folders("/home/ann/bundles/mine/bundle.json: rows is 1/2, see http://a.b/c/d")
        'file bundle.json: rows is 1/2, see http://a.b/c/d'
    """
    bare = FOLDERS.sub("", text)
    return f"file {bare}" if FOLDERS.match(text) else bare
