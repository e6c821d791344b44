"""Kept, inverted and dropped weights of each layer, a stacked bar a layer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aegen.figures.mask_colours import MASK_COLOURS

__all__ = ["mask_bars"]

WIDTH, LINE, LETTER = 420, 24, 7.0


def mask_bars(layers: Sequence[tuple[str, int, int, int]], title: str = "weights") -> str:
    """Shares of each layer as an SVG picture, on light paper; its ink is the page's.

    Args:
        layers: of each its name, and how many weights it keeps, inverts and drops.
        title: read out by screen readers.

    Example:
        >>> mask_bars([("fc1", 1, 1, 2)]).count("<rect")
        6
    """
    colours = MASK_COLOURS["light"]
    left = 10 + LETTER * max(len(name) for name, *_ in layers)
    room = WIDTH - left - 58
    lines = []
    for k, (name, keep, invert, drop) in enumerate(layers):
        top, total = k * LINE, max(1, keep + invert + drop)
        lines.append(
            f'<text x="{left - 8:.0f}" y="{top + 15}" text-anchor="end">{escape(name)}</text>'
            f'<text x="{WIDTH}" y="{top + 15}" text-anchor="end">'
            f"{100 * (keep + invert) / total:.2f} %</text>"
        )
        at = left
        for count, colour in (
            (keep, colours.keep),
            (invert, colours.invert),
            (drop, colours.drop),
        ):
            wide = room * count / total
            lines.append(
                f'<rect x="{at:.2f}" y="{top + 4}" width="{wide:.2f}" height="14" '
                f'fill="{colour}"/>'
            )
            at += wide
    foot = len(layers) * LINE + 8
    for k, word in enumerate(("keep", "invert", "drop")):
        x = left + k * room / 3
        lines.append(
            f'<rect x="{x:.1f}" y="{foot}" width="11" height="11" '
            f'fill="{getattr(colours, word)}"/>'
            f'<text x="{x + 16:.1f}" y="{foot + 10}">{word}</text>'
        )
    lines.append(f'<text x="{WIDTH}" y="{foot + 10}" text-anchor="end">remaining</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {foot + 16}" width="100%" role="img" '
        f'aria-label="{escape(title)}" style="font-size:13px;fill:currentColor">'
        f"{''.join(lines)}</svg>"
    )
