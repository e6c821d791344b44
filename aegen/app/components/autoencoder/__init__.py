"""An autoencoder in one picture: a picture, its code as bars, and what the code decodes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aegen.app.components.live import CLIENT
from aegen.app.components.mount import component, fingerprint, nothing

__all__ = ["Number", "autoencoder"]

_component = component("autoencoder", (CLIENT, "autoencoder.js"))


@dataclass(frozen=True)
class Number:
    """One number of a code.

    Attributes:
        axis: which one it is, from 0.
        mean: of all codes.
        sd: of all codes.
        own: what it is in the picture's code, in standard deviations from the mean.
        now: what it is now, likewise.
        live: whether it can be dragged.
    """

    axis: int
    mean: float
    sd: float
    own: float
    now: float
    live: bool


def autoencoder(
    picture: str,
    decoded: str,
    numbers: tuple[Number, ...],
    *,
    key: str,
    dimension: int,
    furthest: float,
    request: dict[str, Any],
    label: str,
) -> tuple[float, ...] | None:
    """Shows the two pictures and the numbers between them; two or so can be dragged.

    Args:
        picture: the address of the picture.
        decoded: that of what the numbers decode to now.
        numbers: those that are shown.
        key: names the component within the app.
        dimension: how many numbers a code has in all.
        furthest: standard deviations that a number goes at most.
        request: what the live channel is asked, without the moves.
        label: what the picture is.

    Returns:
        What the live numbers were dragged to, in their order; None where nothing was done.
    """
    data = {
        "picture": picture,
        "decoded": decoded,
        "mark": fingerprint(picture.encode(), decoded.encode()),
        "numbers": [asdict(number) for number in numbers],
        "dimension": dimension,
        "furthest": furthest,
        "request": request,
        "label": label,
    }
    found = _component(key=key, data=data, on_at_change=nothing).get("at")
    live = [number for number in numbers if number.live]
    if found is None or len(found) != len(live):
        return None
    return tuple(round(min(max(float(value), -furthest), furthest), 2) for value in found)
