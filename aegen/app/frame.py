"""What every page stands in: the bundle in the sidebar, title and guard of a page, parts of it.

`page` and `part` are the one place where an error that a person can cause becomes a sentence;
any other error keeps its traceback.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import streamlit as st

from aegen.app import controls, services, state
from aegen.app.wording import plain, sentence
from aegen.core.errors import AegenError

__all__ = ["bundle_name", "page", "part", "show_problem", "sidebar"]

P = ParamSpec("P")


def bundle_name() -> str:
    """The name of the bundle that the page shows.

    Raises:
        AegenError: there is none.
    """
    return _choose_bundle()


@contextmanager
def page(title: str, question: str, *items: state.Item[Any]) -> Iterator[None]:
    """The frame of a page's script.

    Args:
        title: its heading; may hold ``{title}``, ``{rows}``, ``{dimension}`` of the bundle.
        question: a sentence below on what the page answers.
        items: the choices that its link holds.
    """
    state.show(items)
    state.page_runs(True)
    heading = st.container(gap="xsmall")
    said = st.container()
    name, _, facts = title.partition(" · ")
    try:
        manifest = _manifest_or_title(heading, name)
        known = {
            "title": plain(manifest.title),
            "rows": f"{manifest.rows:,}",
            "dimension": manifest.latent_dim,
        }
        about = f" :gray[· {facts.format(**known)}]" if facts else ""
        heading.title(name + about, anchor=False)
        heading.caption(question.format(**known))
        yield
    except AegenError as problem:
        show_problem(problem)
    finally:
        for noted in state.complaints():
            said.warning(sentence(noted), icon=":material/link_off:")
        state.page_runs(False)
    state.publish()


def _manifest_or_title(heading: Any, name: str) -> Any:
    """What the bundle is; where it cannot be opened the page has its bare title at least."""
    try:
        return services.bundle(bundle_name()).manifest
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

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except AegenError as problem:
            show_problem(problem)
        if not state.page_runs():
            for noted in state.complaints():
                st.toast(sentence(noted), icon=":material/info:")
        state.publish()

    return st.fragment(guarded, run_every=every)


def show_problem(problem: AegenError) -> None:
    """An error that a person can cause, as a sentence."""
    st.error(sentence(str(problem)), icon=":material/info:")


_DISMISS = """
export default function () {
  const close = () =>
    [...document.querySelectorAll('[role="dialog"]')]
      .find((dialog) => dialog.textContent.startsWith("Page not found"))
      ?.querySelector("button")
      ?.click();
  close();
  const watch = new MutationObserver(close);
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), 5000);
}
"""
_dismiss = st.components.v2.component("aegen.dismiss", js=_DISMISS, isolate_styles=False)


def _first_visit() -> None:
    """Take back what Streamlit says wrongly to a server's first visitor, if that is a deep link.

    Until ``st.navigation`` has run once, Streamlit takes any folder named ``pages`` for its old
    kind of page list and says "Page not found" to a link that names a page; then it shows it.
    """
    if not services.first_page_sent():
        _dismiss(key="aegen.dismiss")


def sidebar() -> None:
    """The bundle: a picker, a strip of its pictures, and what it is."""
    with st.sidebar:
        try:
            name = _choose_bundle()
            controls.choose(
                "Bundle",
                state.bundle,
                services.bundles(),
                format_func=_title,
                help="A trained autoencoder with the codes of its images.",
            )
            _facts(services.bundle(name))
        except AegenError as problem:
            show_problem(problem)
        _first_visit()


def _choose_bundle() -> str:
    """The name of the bundle to show: what was asked for where it exists, or the first."""
    names = services.bundles()
    if not names:
        raise AegenError(
            "there is no bundle yet: write one with `aegen bundles create`, or name a folder of "
            "bundles in the environment variable AEGEN_BUNDLES"
        )
    if not state.bundle.get():
        state.bundle.set(services.first_bundle())
    return state.bundle.keep(names)


def _title(name: str) -> str:
    try:
        return str(services.bundle(name).title)
    except AegenError:
        return f"{name} (cannot be read)"


def _facts(opened: Any) -> None:
    """What the bundle is, in small print."""
    manifest = opened.manifest
    _cover(opened)
    error = manifest.reconstruction.get("mse_holdout", manifest.reconstruction.get("mse_train"))
    st.caption(
        f"{manifest.rows:,} rows · {manifest.latent_dim} dimensions"
        + (f"  \nreconstruction error {error:.3g}" if error is not None else "")
        + f"  \n{sentence(manifest.licence)}",
        help="Reconstruction error: the mean squared difference of a pixel, from 0 to 1, between "
        "held-out images and what the autoencoder makes of them.",
    )


def _cover(opened: Any) -> None:
    """The strip of pictures in two lines, which a narrow sidebar shows larger than one."""
    height, width, _ = opened.image_shape
    tiles = len(opened.manifest.cover)
    first = (tiles + 1) // 2
    picture = base64.b64encode(opened.cover).decode()
    style = (
        f"background-image:url(data:image/webp;base64,{picture});image-rendering:pixelated;"
        f"background-size:{100 * tiles / first:.3f}% 100%;aspect-ratio:{first * width}/{height};"
    )
    lines = "".join(
        f'<div style="{style}background-position:{100 * k}% 0"></div>'
        for k in range(2 if tiles > 1 else 1)
    )
    st.html(
        f'<div role="img" aria-label="Pictures of {opened.manifest.name}" '
        f'style="border-radius:6px;overflow:hidden">{lines}</div>'
    )
