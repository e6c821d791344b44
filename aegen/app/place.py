"""A picture that a person means, by its place in latent space: a training row, or any other code.

Small and hashable, so a place can be a cache key, and with a short text, so that a link holds it.
`aegen.app.services.places` finds its code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SOURCES", "Place", "at_code", "parse", "rounded"]

SOURCES = {
    "picture": "Your picture, as it comes back",
    "point": "A point of the pad",
    "draw": "A draw of a latent model",
    "held-out": "A held-out picture",
    "variation": "A variation",
    "moved": "A picture, moved along directions",
    "path": "A step from one picture to another",
    "edit": "A step of an edit",
}
"""Where a code comes from that is no training row's, by its name in a link."""


@dataclass(frozen=True)
class Place:
    """A place in a bundle's latent space: where it starts, and moves from there.

    Attributes:
        bundle: the bundle's name.
        row: the training row that it starts from, where it does.
        uploaded: a code that it starts from instead, of a person's own picture or any other.
        kind: the directions it moves along: "principal" or "axes".
        moves: (direction from 0, standard deviations) each.
        source: where that code comes from, of `SOURCES`.
        parent: the training row that a draw began at, where it is known.
    """

    bundle: str
    row: int | None
    uploaded: tuple[float, ...] | None = None
    kind: str = "principal"
    moves: tuple[tuple[int, float], ...] = ()
    source: str = "picture"
    parent: int | None = None

    def text(self) -> str:
        """Its text in a link, without moves.

        Example:
            >>> Place("mnist", 7).text(), at_code("mnist", [0.5, -1], "draw", 7).text()
            ('7', 'draw@7:0.5,-1')
        """
        if self.uploaded is None:
            return str(self.row)
        began = "" if self.parent is None else f"@{self.parent}"
        return f"{self.source}{began}:{','.join(f'{value:.5g}' for value in self.uploaded)}"


def rounded(code: Iterable[float]) -> tuple[float, ...]:
    """A code as a link holds it, in five digits: of it and of its text comes the same picture."""
    return tuple(float(f"{value:.5g}") for value in code)


def at_code(bundle: str, code: Iterable[float], source: str, parent: int | None = None) -> Place:
    """The place of a code."""
    return Place(bundle, None, rounded(code), source=source, parent=parent)


def parse(text: str, bundle: str) -> Place:
    """The place that a link's text stands for.

    Raises:
        ValueError: it stands for none.

    Example:
        >>> parse("draw@7:0.5,-1", "mnist").parent
        7
    """
    start, sign, numbers = text.partition(":")
    if not sign:
        return Place(bundle, _row(text))
    source, began, parent = start.partition("@")
    code = tuple(float(part) for part in numbers.split(","))
    if source not in SOURCES or not all(map(math.isfinite, code)):
        raise ValueError("a row, or a code such as draw:0.5,-1, is needed")
    return at_code(bundle, code, source, _row(parent) if began else None)


def _row(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("a row is a whole number from 0")
    return int(text)
