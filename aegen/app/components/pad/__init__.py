"""A pad of two directions: a sheet of what lies around, and a point on it that can be dragged."""

from __future__ import annotations

from typing import Any

from aegen.app.components.live import CLIENT
from aegen.app.components.mount import component, fingerprint, nothing

__all__ = ["pad"]

_component = component("pad", (CLIENT, "pad.js"))


def pad(
    sheet: str,
    picture: str,
    *,
    key: str,
    request: dict[str, Any],
    names: tuple[str, str],
    at: tuple[float, float],
    furthest: float,
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Shows the pad, and beside it the picture at its point.

    Args:
        sheet: the address of the pictures around, a square of them.
        picture: that of the picture at the point, which stays until the point moves.
        key: names the pad within the app.
        request: what the live channel is asked, without its "points".
        names: of the directions across and up.
        at: where the point is, in deviations.
        furthest: where the outermost pictures of the sheet stand.

    Returns:
        Where the point was put down, and where it was double-clicked to start anew; each None
        where that was not done just now.
    """
    data = {
        "sheet": sheet,
        "picture": picture,
        "mark": fingerprint(sheet.encode(), picture.encode()),
        "request": request,
        "names": list(names),
        "at": list(at),
        "furthest": furthest,
    }
    found = _component(key=key, data=data, on_at_change=nothing, on_start_change=nothing)
    return _point(found.get("at"), furthest), _point(found.get("start"), furthest)


def _point(said: Any, furthest: float) -> tuple[float, float] | None:
    """A point as the browser says it, kept on the sheet."""
    if said is None:
        return None
    x, y = (round(min(max(float(value), -furthest), furthest), 2) for value in said)
    return x, y
