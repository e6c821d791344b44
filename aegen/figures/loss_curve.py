"""How a training went: one thin line a series over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from aegen.figures.palette import ACCENT, QUIET

__all__ = ["history"]

WIDTH, HEIGHT = 360, 96
LEFT, RIGHT, TOP, BOTTOM = 4, 150, 8, 20


def history(series: Mapping[str, Sequence[float]]) -> str:
    """Lines over epochs 1, 2, ... as an SVG picture; each is named at its end with its last value.

    The first series is quiet and the second in the accent's colour. Values that are not finite
    are left out.

    Args:
        series: values by name, an epoch each; all on one scale.

    Example:
        >>> history({"training": [90.0, 75.0], "held-out": [80.0, 73.0]}).count("<polyline")
        2
    """
    finite = [v for values in series.values() for v in values if math.isfinite(v)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    epochs = max(len(values) for values in series.values())

    def x(k: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * k / max(1, epochs - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / ((high - low) or 1)

    lines, names = [], []
    for k, (name, values) in enumerate(series.items()):
        colour = (QUIET, ACCENT)[k % 2]
        points = [(x(j), y(v)) for j, v in enumerate(values) if math.isfinite(v)]
        if not points:
            continue
        lines.append(
            f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" fill="none" '
            f'stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"/>'
            f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.8" fill="{colour}"/>'
        )
        names.append((points[-1][1], name, values[-1]))
    names.sort()
    at = -math.inf
    for place, name, value in names:
        at = max(place + 4, at + 15)  # names never lie on each other
        lines.append(
            f'<text x="{WIDTH - RIGHT + 10}" y="{at:.1f}">{escape(name)} {value:.4g}</text>'
        )
    said = ", ".join(f"{escape(name, quote=True)} {value:.4g}" for _, name, value in names)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
        f'aria-label="after {epochs} epochs: {said}" '
        'style="max-width:420px;display:block;font-size:12px;fill:currentColor">'
        f"{''.join(lines)}"
        f'<g opacity="0.65"><text x="{LEFT}" y="{HEIGHT - 4}">epoch 1</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{epochs}</text></g></svg>'
    )
