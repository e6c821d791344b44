"""The bundle to be made: its name, what it says of itself, and where it will lie."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from aegen.app import services
from aegen.app.pages.bring import conventions, state
from aegen.app.services.creations import CreationConfig, Inspection, Sources
from aegen.app.widgets import bound, job_status
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["form", "order"]


def order(sources: Sources, found: Inspection) -> CreationConfig:
    """The bundle as it stands in the form, valid or not."""
    option = conventions.chosen(found)
    name = state.name.get().strip() or state.making.get()
    return CreationConfig(
        sources,
        found.kind,
        None if option is None else option.taken,
        None if option is None else option.given,
        name or services.creations.free_name(sources.data),
        state.title.get().strip(),
        state.description.get().strip(),
        state.licence.get().strip(),
    )


def form(asked: CreationConfig, found: Inspection) -> None:
    """The form, and the button that begins to make what it asks for."""
    st.subheader("The bundle", anchor=False)
    with st.container(horizontal=True):
        bound.text("Name", state.name, placeholder=asked.name, width=230, help=NAME)
        title = asked.name.replace("-", " ").capitalize()
        bound.text("Title", state.title, placeholder=title, width=230)
        bound.text("Licence of the data", state.licence, placeholder=found.licence, width=230)
        bound.text(
            "Description",
            state.description,
            placeholder=f"{found.rows:,} rows of {Path(asked.sources.data).stem}.",
            width="stretch",
        )
    try:
        services.creations.require_free(asked.name)
    except AegenError as problem:
        show_problem(problem)
        return
    place = services.creations.place_of(asked.name)
    st.caption(f"It will be written to {plain(_short(place))}, where aegen finds it by its name.")
    _begin(asked)


NAME = "Small letters, digits and dashes; `aegen.load` and the commands call it by this name."


def _begin(asked: CreationConfig) -> None:
    from aegen.app.pages.bring.progress import begin

    with st.container(horizontal=True, vertical_alignment="center"):
        if not services.creations.unfinished(asked.name):
            job_status.offer(
                "", "Make the bundle", ":material/deployed_code:", begin, asked, kind="primary"
            )
            st.caption("It goes on when you leave this page, and can be cancelled at any moment.")
            return
        words = "It was begun and not finished. What was computed is kept for the same files."
        job_status.offer(words, "Go on", ":material/play_arrow:", begin, asked, kind="primary")
        job_status.offer(
            "", "Remove what is kept", ":material/delete:", services.creations.discard, asked.name
        )


def _short(path: Path) -> str:
    """A path below the person's own folder from there on."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)
