"""Texts that the browser keeps for a person, so that they outlive a page that is loaded anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aegen.app.components.mount import callback, component

__all__ = ["local_storage"]

_component = component("local_storage")


def local_storage(
    texts: Mapping[str, str], wanted: str, found: Callable[[str], None], *, key: str
) -> None:
    """Keeps ``texts`` by their names, and looks one up; it shows nothing.

    Args:
        texts: what is to be kept now.
        wanted: the name of the text that is missed; "" is none.
        found: gets that text, or "" where this browser has none, before another run.
        key: names the storage, and its place within the app.
    """
    data = {"storage": key, "texts": dict(texts), "wanted": wanted}
    _component(key=key, data=data, on_found_change=callback(key, "found", found))
