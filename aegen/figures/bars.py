"""A few shares as bars with their names: what a selection is made of."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aegen.figures.palette import QUIET

__all__ = ["bars"]

WIDTH, LINE = 320, 22


def bars(
    names: Sequence[str],
    shares: Sequence[float],
    *,
    colours: Sequence[str] | None = None,
    reference: Sequence[float] | None = None,
    title: str = "",
) -> str:
    """Horizontal bars of shares in [0, 1] as an SVG picture; ink is the page's.

    Args:
        names: what each bar is.
        shares: how long it is; 1 fills the width.
        colours: one a bar.
        reference: shares to compare with, each a thin mark on its bar.
        title: read out by screen readers.

    Example:
        >>> bars(["4", "9"], [0.61, 0.37]).count("<rect")
        4
    """
    colours = colours or [QUIET] * len(names)
    longest = max((len(name) for name in names), default=1)
    left = min(130, 12 + 7.5 * min(longest, 16))
    room = WIDTH - left - 46
    lines = []
    for k, (name, share, colour) in enumerate(zip(names, shares, colours, strict=True)):
        top = k * LINE
        shown = name if len(name) <= 16 else name[:15] + "…"
        lines.append(
            f'<text x="{left - 8:.0f}" y="{top + 15}" text-anchor="end">{escape(shown)}</text>'
            f'<rect x="{left:.0f}" y="{top + 5}" width="{room:.0f}" height="12" rx="3" '
            'fill="currentColor" opacity="0.07"/>'
            f'<rect x="{left:.0f}" y="{top + 5}" width="{max(1.5, share * room):.1f}" height="12" '
            f'rx="3" fill="{colour}"/>'
            f'<text x="{WIDTH}" y="{top + 15}" text-anchor="end" opacity="0.8">'
            f"{_percent(share)}</text>"
        )
        if reference is not None:
            at = left + reference[k] * room
            lines.append(
                f'<path d="M{at:.1f} {top + 3}v16" stroke="currentColor" stroke-width="1.5"/>'
            )
    said = escape(title + ": " if title else "") + ", ".join(
        f"{escape(name)} {_percent(share)}" for name, share in zip(names, shares, strict=True)
    )
    height = max(1, LINE * len(names))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" aria-label="{said}" '
        'style="max-width:460px;display:block;font:13px inherit;fill:currentColor;'
        f'font-variant-numeric:tabular-nums">{"".join(lines)}</svg>'
    )


def _percent(share: float) -> str:
    if 0 < share < 0.005:
        return "<1 %".replace("<", "&lt;")
    return f"{100 * share:.0f} %"
