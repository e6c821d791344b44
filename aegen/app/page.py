"""What every page stands in: its title, its guard, and parts that run again on their own.

`page` and `part` are the one place where an error that a person can cause becomes a sentence;
any other error keeps its traceback.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import streamlit as st

from aegen.app import glossary, services
from aegen.app.state import link, pictures, visit, watching
from aegen.app.widgets import big_view, kept_tray, tour
from aegen.app.widgets.markdown import plain, sentence
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["bundle_name", "page", "page_without_bundle", "part"]

THINGS = {
    "image": {"thing": "an image", "things": "images"},
    "series": {"thing": "a series", "things": "series"},
    "table": {"thing": "a row", "things": "rows"},
    "codes": {"thing": "a row", "things": "codes"},
}
"""What a row of each kind of bundle is called."""

P = ParamSpec("P")


def bundle_name() -> str:
    """The name of the bundle that the page shows.

    Raises:
        AegenError: there is none.
    """
    names = services.cache.bundle_names()
    if not names:
        raise AegenError(
            "there is no bundle yet: make one on the page Bring your own or with `aegen bundles "
            "create`, or name a folder of bundles in the environment variable AEGEN_BUNDLES"
        )
    if not link.bundle.get():
        link.bundle.set(services.bundles.first_bundle())
    return link.bundle.keep(names)


@contextmanager
def page(title: str, question: str, *items: link.Item[Any]) -> Iterator[None]:
    """The frame of a page's script.

    Args:
        title: its heading; may hold ``{title}``, ``{rows}``, ``{dimension}`` of the bundle, and
            what its rows are called: ``{thing}`` with its article, ``{things}``.
        question: a sentence below on what the page answers; its words in square brackets are
            links to what they mean (`aegen.app.glossary`).
        items: the choices that its link holds.
    """
    link.show(items)
    visit.page_runs(True)
    heading = st.container(gap="xsmall")
    said = st.container()
    name, _, facts = title.partition(" · ")
    try:
        manifest = _manifest_or_title(heading, name)
        known = {
            "title": plain(manifest.title),
            "rows": f"{manifest.rows:,}",
            "dimension": manifest.latent_dim,
            **THINGS[manifest.payload.kind],
        }
        about = f" :gray[· {facts.format(**known)}]" if facts else ""
        heading.title(name + about, anchor=False)
        heading.caption(glossary.linked(question.format(**known)))
        tour.bar()
        yield
        _dialog()
        link.settle()
    except AegenError as problem:
        show_problem(problem)
    finally:
        _say_notices(said)
        visit.page_runs(False)


def _dialog() -> None:
    """The picture that is looked at, or the tray of kept ones, over the page."""
    if big_view.is_open():
        st.dialog("Picture", width="large", on_dismiss=pictures.close)(
            _guarded(big_view.big_view)
        )()
    elif pictures.tray.get() and pictures.kept.get():
        st.dialog("Kept pictures", width="large", on_dismiss=pictures.tray.reset)(
            _guarded(kept_tray.side_by_side)
        )()


@contextmanager
def page_without_bundle(title: str, question: str, *items: link.Item[Any]) -> Iterator[None]:
    """The frame of a page that shows no bundle, so that it stands also where none can be opened.

    Its arguments are those of `page`.
    """
    link.show(items, common=False)
    visit.page_runs(True)
    with st.container(gap="xsmall"):
        st.title(title, anchor=False)
        st.caption(glossary.linked(question))
    tour.bar()
    said = st.container()
    try:
        yield
        _dialog()
        link.settle()
    except AegenError as problem:
        show_problem(problem)
    finally:
        _say_notices(said)
        visit.page_runs(False)


def _say_notices(place: Any) -> None:
    for noted in visit.notices():
        place.warning(sentence(noted), icon=":material/link_off:")


def _manifest_or_title(heading: Any, name: str) -> Any:
    """What the bundle is; where it cannot be opened the page has its bare title at least."""
    try:
        return services.bundles.bundle(bundle_name()).manifest
    except AegenError as problem:
        heading.title(name, anchor=False)
        show_problem(problem)
        st.stop()  # here, since the page's script has not begun and cannot be told


def part(function: Callable[P, None], *, every: float | None = None) -> Callable[P, None]:
    """A part of a page that runs again on its own when something in it is changed.

    Args:
        function: draws it.
        every: seconds after which it runs again by itself; None for never.
    """
    return st.fragment(_guarded(function), run_every=every)


def _guarded(function: Callable[P, None]) -> Callable[P, None]:
    """``function`` as it runs on its own: what it is told becomes a sentence, its link is kept."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        if not visit.page_runs():  # what is done on the page is no step in its history any more
            visit.memory().stepped = False
        try:
            with (
                services.cache.one_look(),
                watching.part_run(f"{function.__module__}.{function.__qualname__}"),
            ):
                function(*args, **kwargs)
        except AegenError as problem:
            show_problem(problem)
        if not visit.page_runs():
            for noted in visit.notices():
                st.toast(sentence(noted), icon=":material/info:")
            link.publish()

    return guarded
