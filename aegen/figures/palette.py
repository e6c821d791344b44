"""The colours of everything that is drawn, distinguishable by colour-blind people.

`CATEGORIES` keeps the least OKLab distance between any two colours large as seen with normal,
protan, deutan and tritan vision (simulated after G. Machado et al., "A physiologically-based model
for simulation of color vision deficiency", 2009), on white and on near-black paper; `SCALE` rises
evenly in lightness, so it also reads in grey. `template` builds on these.
"""

from __future__ import annotations

__all__ = ["ACCENT", "CATEGORIES", "MORE", "QUIET", "SCALE", "category_colours"]

CATEGORIES = (
    "#2a84a5",
    "#db8520",
    "#c54976",
    "#58e0d1",
    "#803cb1",
    "#b3d127",
    "#8ab4fb",
    "#5d7024",
    "#8e76f2",
    "#6fab7b",
)

MORE = (
    "#543054",
    "#780024",
    "#0c0ce4",
    "#c09cc0",
    "#e43cc0",
    "#6c48fc",
    "#780084",
    "#24fcb4",
    "#a82478",
    "#246048",
    "#84d884",
    "#6c4800",
    "#2400b4",
    "#b47848",
)
"""Colours after `CATEGORIES`, chosen in the same way; 24 are nearer to each other than ten."""

SCALE = (
    "#562a8d",
    "#424ca6",
    "#146cb2",
    "#0587a8",
    "#00a0a3",
    "#27b895",
    "#75c87d",
    "#b7d260",
    "#f8d64c",
)

ACCENT = "#db8520"
"""What a picture is about, where the rest is quiet."""

QUIET = "#8b979d"
"""What is there for comparison; readable on light and on dark paper."""


def category_colours(count: int) -> tuple[str, ...]:
    """``count`` colours, one a category; they repeat where there are more than 24.

    Example:
        >>> len(category_colours(12)), category_colours(25)[24] == CATEGORIES[0]
        (12, True)
    """
    known = CATEGORIES + MORE
    return tuple(known[k % len(known)] for k in range(count))
