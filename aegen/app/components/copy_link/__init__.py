"""A button that puts the page's link on the clipboard."""

from __future__ import annotations

from aegen.app.components.mount import component
from aegen.app.state import link

__all__ = ["copy_link"]

_component = component("copy_link")


def copy_link(*, key: str) -> None:
    """The button: it copies the browser's address, less what says something in this visit only.

    The address always holds what is chosen, also where a part of the page changed it that was
    drawn after the button.

    Args:
        key: names its place within the app.
    """
    missing = ", ".join(link.left_out())
    note = f"Too long for a link, left out: {missing}." if missing else ""
    _component(key=key, data={"without": link.own_names(), "note": note}, width="content")
