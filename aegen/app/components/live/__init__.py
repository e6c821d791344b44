"""What lets a component follow the hand: the channel's client, and what it is to watch.

``channel.js`` is the one client of `aegen.app.live` in a browser tab; ``follow.js`` watches
Streamlit's own sliders and asks for what they show while they are moved. Where the channel cannot
be opened the sliders are as they were: the page follows when they are let go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["CLIENT", "SCRIPTS", "Live", "Slider", "key_class"]

CLIENT = "../live/channel.js"
"""The channel's client, joined in front of a component's own script."""

SCRIPTS = (CLIENT, "../live/follow.js")
"""The same for a component that follows sliders."""


@dataclass(frozen=True)
class Slider:
    """A slider of the page, and where its value goes in a request.

    Attributes:
        key: the widget's key.
        path: names in the request, from the outside in.
        values: what its stops stand for; the number itself where there are none.
        frame: class of the frame that moves along a filmstrip with it.
    """

    key: str
    path: tuple[str, ...]
    values: Sequence[Any] | None = None
    frame: str = ""


@dataclass(frozen=True)
class Live:
    """What a picture follows.

    Attributes:
        lane: of several requests in it only the newest is answered.
        request: what is asked for, as `aegen.app.live.messages` reads it.
        sliders: whose values go into it.
        read: key of the drawing that follows more slowly, where there is one.
    """

    lane: str
    request: dict[str, Any]
    sliders: tuple[Slider, ...]
    read: str = ""

    def data(self) -> dict[str, Any]:
        """As the browser takes it."""
        return {
            "lane": self.lane,
            "request": self.request,
            "sliders": [
                {
                    "key": key_class(slider.key),
                    "path": list(slider.path),
                    "values": None if slider.values is None else list(slider.values),
                    "frame": slider.frame,
                }
                for slider in self.sliders
            ],
            "read": key_class(self.read) if self.read else None,
        }


def key_class(key: str) -> str:
    """The class that Streamlit gives to the element with a key.

    Example:
        >>> key_class("walk:traverse.move-axes:0")
        'st-key-walk-traverse-move-axes-0'
    """
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
