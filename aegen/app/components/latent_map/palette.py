"""The colours of the map, chosen so that colour-blind people tell them apart.

``CATEGORIES`` maximises the least OKLab distance between any two colours as seen with normal,
protan, deutan and tritan vision (simulated after G. Machado et al., "A physiologically-based model
for simulation of color vision deficiency", IEEE TVCG 15(6), 2009), on white and on near-black
paper. ``SCALE`` rises evenly in lightness, so it also reads in grey.
"""

from __future__ import annotations

__all__ = ["CATEGORIES", "SCALE"]

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
