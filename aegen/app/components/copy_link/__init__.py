"""A button that puts the page's link on the clipboard."""

from __future__ import annotations

from aegen.app.components.mount import component

__all__ = ["copy_link"]

_component = component("copy_link")


def copy_link(link: str, *, key: str, note: str = "") -> None:
    """The button.

    Args:
        link: what is copied.
        key: names its place within the app.
        note: what the person is told besides, once it was copied.
    """
    _component(key=key, data={"link": link, "note": note}, width="content")
