"""The sidebar: a picker of the bundle, a strip of its pictures, and what it is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.mount import component, nothing
from aegen.app.page import bundle_name
from aegen.app.state import link
from aegen.app.widgets import bound, kept_tray
from aegen.app.widgets.cover import cover
from aegen.app.widgets.markdown import sentence
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["sidebar"]

_collapse = component("collapse")
_dismiss = component("dismiss")
_theme = component("theme")


def _first_visit() -> None:
    """Take back what Streamlit says wrongly to a server's first visitor, if that is a deep link.

    Until ``st.navigation`` has run once, Streamlit takes any folder named ``pages`` for its old
    kind of page list and says "Page not found" to a link that names a page; then it shows it.
    """
    if not services.warmup.first_page_sent():
        _dismiss(key="aegen.dismiss")


def sidebar() -> None:
    """The bundle: a picker, a strip of its pictures, and what it is."""
    with st.sidebar:
        _collapse(key="aegen.collapse")
        _theme(key="aegen.theme", on_dark_change=nothing)
        try:
            name = bundle_name()
            bound.choose(
                "Bundle",
                link.bundle,
                services.cache.bundle_names(),
                format_func=_title,
                help="A trained autoencoder with the codes of its images.",
            )
            _facts(services.bundles.bundle(name))
            kept_tray.small(name)
        except AegenError as problem:
            show_problem(problem)
        _first_visit()


def _title(name: str) -> str:
    try:
        return str(services.bundles.bundle(name).title)
    except AegenError:
        return f"{name} (cannot be read)"


def _facts(opened: Any) -> None:
    manifest = opened.manifest
    st.html(cover(opened))
    error = manifest.reconstruction.get("mse_holdout", manifest.reconstruction.get("mse_train"))
    licence = "licence not stated" if manifest.licence == "not stated" else manifest.licence
    st.caption(
        f"{manifest.rows:,} rows · {manifest.latent_dim} dimensions"
        + (f"  \nreconstruction error {error:.3g}" if error is not None else "")
        + f"  \n{sentence(licence)}",
        help="Reconstruction error: the mean squared difference of a pixel, from 0 to 1, between "
        "held-out images and what the autoencoder makes of them.",
    )
