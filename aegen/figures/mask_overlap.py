"""How alike two masks are, a bar a layer, beside what chance would give."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aegen.figures.palette import CATEGORIES

__all__ = ["alike"]

WIDTH, LINE, LEFT, RIGHT = 520, 30, 76, 58


def alike(layers: Sequence[tuple[str, float, float, float]]) -> str:
    """Shares of common weights as an SVG picture; ink is the page's.

    Args:
        layers: of each its name, the share of the remaining weights that both have, the share
            expected by chance where only the inputs' numbers of readers are the same, and the
            share expected of chance alone; all in [0, 1].

    Example:
        >>> alike([("fc1", 0.2, 0.1, 0.02)]).count("<rect")
        2
    """
    room = WIDTH - LEFT - RIGHT
    parts = []
    for k, (name, share, by_input, probability) in enumerate(layers):
        top = k * LINE
        said = (
            f"{name}: {100 * share:.1f} % shared, {100 * by_input:.1f} % by chance with the same "
            f"inputs, {100 * probability:.1f} % by chance alone"
        )
        parts.append(
            f'<g><title>{escape(said)}</title><text x="{LEFT - 8}" y="{top + 19}" '
            f'text-anchor="end">{escape(name[:11])}</text>'
            f'<rect x="{LEFT}" y="{top + 7}" width="{room}" height="15" rx="4" '
            'fill="currentColor" opacity="0.07"/>'
            f'<rect x="{LEFT}" y="{top + 7}" width="{max(1.5, share * room):.1f}" height="15" '
            f'rx="4" fill="{CATEGORIES[0]}"/>'
            f'<path d="M{LEFT + probability * room:.1f} {top + 4}v21" stroke="currentColor" '
            'stroke-width="1.3"/>'
            f'<path d="M{LEFT + by_input * room:.1f} {top + 4}v21" stroke="currentColor" '
            'stroke-width="3"/>'
            f'<text x="{WIDTH}" y="{top + 19}" text-anchor="end">{100 * share:.1f} %</text></g>'
        )
    height = max(1, LINE * len(layers))
    said = ", ".join(f"{name} {100 * share:.1f} % shared" for name, share, _, _ in layers)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" '
        f'aria-label="{escape(said, quote=True)}" style="max-width:640px;display:block;'
        f'font-size:13px;fill:currentColor;font-variant-numeric:tabular-nums">{"".join(parts)}</svg>'
    )
