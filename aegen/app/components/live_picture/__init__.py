"""One picture that follows sliders while they are moved."""

from __future__ import annotations

from aegen.app.components.live import SCRIPTS, Live
from aegen.app.components.mount import component, fingerprint

__all__ = ["live_picture"]

_component = component("live_picture", (*SCRIPTS, "live_picture.js"))


def live_picture(source: str, *, key: str, label: str, live: Live) -> None:
    """Shows a picture, and what the sliders of ``live`` make of it.

    Args:
        source: the address of what is there now, a data URL.
        key: names its place within the app.
        label: what it is, for screen readers.
        live: what it follows.
    """
    mark = fingerprint(source.encode())
    _component(
        key=key, data={"picture": source, "label": label, "mark": mark, "live": live.data()}
    )
