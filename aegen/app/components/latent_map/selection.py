"""Who decides what is selected: the person's last act, unless the page has said otherwise since.

The browser answers with the *token* it was given. Whenever the page asks for another selection the
token changes, so an answer that was given before the page spoke is recognised and set aside.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core.polygons import corners

__all__ = ["MapSelection", "ask", "memory_key", "resolve", "settle"]


@dataclass(frozen=True, eq=False)
class MapSelection:
    """What the person did last on a map.

    Attributes:
        polygon: (k, 2) vertices in data coordinates, closed by itself, or None. Which rows it
            holds is for the page to say: ``aegen.core.polygons.inside(points, polygon)``.
        pinned: the clicked point's row in ``points``, or None.
        hidden: the codes of the categories that were switched off when the selection was made.
    """

    polygon: NDArray[np.float64] | None = None
    pinned: int | None = None
    hidden: tuple[int, ...] = ()


def memory_key(key: str) -> str:
    """Where a map's memory lies in the session."""
    return f"aegen.latent_map.{key}"


def ask(
    memory: MutableMapping[str, Any],
    polygon: ArrayLike | None,
    pinned: int | None,
    points: str | None = None,
) -> None:
    """Asks for a selection; what the browser has said before no longer counts."""
    memory["token"] = memory.get("token", 0) + 1
    memory["asked"] = {**_plain(polygon, pinned), "points": points, "hidden": []}


def settle(
    memory: MutableMapping[str, Any], *, polygon: ArrayLike | None, pinned: int | None, points: str
) -> None:
    """Takes the page's arguments into the map's ``memory``, which is empty at first.

    They count when they are new and are not just the last selection handed back (a page that keeps
    the selection in its address does that). ``points`` is the fingerprint of the points shown now.
    """
    given = _plain(polygon, pinned)
    if "given" not in memory:
        # `ask` may have been called before the map was first shown.
        if "token" not in memory:
            ask(memory, polygon, pinned, points)
    elif given != memory["given"] and given != memory.get("last"):
        ask(memory, polygon, pinned, points)
    elif given != memory["given"]:
        # The last selection handed back: where the browser forgets, this is the place to go on.
        memory["asked"] = {**given, "points": points, "hidden": []}
    memory["given"] = given
    memory["asked"]["points"] = memory["asked"]["points"] or points


def resolve(
    memory: MutableMapping[str, Any], answer: Mapping[str, Any] | None, *, points: str, n: int
) -> tuple[MapSelection, dict[str, Any]]:
    """The selection that counts, and what to tell the browser.

    Args:
        memory: as ``settle`` left it.
        answer: what the browser said last, if anything.
        points: the fingerprint of the points; a polygon drawn over other points is dropped.
        n: how many points there are; a pin beyond them is dropped.
    """
    current = answer if answer and answer.get("token") == memory["token"] else memory["asked"]
    polygon = current["polygon"] if current["points"] == points else None
    pinned = current["pinned"]
    pinned = pinned if pinned is not None and 0 <= pinned < n else None
    memory["last"] = {"polygon": polygon, "pinned": pinned}
    selection = MapSelection(
        polygon=None if polygon is None else np.array(polygon, dtype=np.float64),
        pinned=pinned,
        hidden=tuple(current.get("hidden", ())),
    )
    return selection, {"token": memory["token"], "polygon": polygon, "pinned": pinned}


def _plain(polygon: ArrayLike | None, pinned: int | None) -> dict[str, Any]:
    vertices: Sequence[Sequence[float]] | None = (
        None if polygon is None else corners(polygon).tolist()
    )
    return {"polygon": vertices, "pinned": None if pinned is None else int(pinned)}
