"""The three colours of a mask: blue and orange that differ in lightness too, drop as the ground.

On light and on dark paper the order is the same: drop is nearest to the paper, invert is lighter
than keep. Simulated for protan, deutan and tritan vision they stay apart, and in grey as well.
"""

from __future__ import annotations

from typing import NamedTuple

from aegen.figures.template import Paper

__all__ = ["MASK_COLOURS", "MaskColours"]


class MaskColours(NamedTuple):
    """Colours of kept, inverted and dropped weights, and of what is stressed among them."""

    keep: str
    invert: str
    drop: str
    strong: str


MASK_COLOURS: dict[Paper, MaskColours] = {
    "light": MaskColours("#14506e", "#e0902b", "#e4e8e8", "#1d2529"),
    "dark": MaskColours("#3a8fb7", "#ffd08a", "#222b30", "#f3f6f7"),
}
"""By the paper that they lie on."""
