"""Horizontal bar chart of a few shares with their names, small enough to stand among text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aegen.figures.palette import QUIET

__all__ = ["bars"]

WIDTH, LINE, PICTURE, LETTERS = 320, 22, 20, 26


def bars(
    names: Sequence[str],
    shares: Sequence[float],
    *,
    colours: Sequence[str] | None = None,
    reference: Sequence[float] | None = None,
    second: Sequence[float] | None = None,
    hints: Sequence[str] = (),
    pictures: Sequence[str] = (),
    digits: int = 0,
    width: int = WIDTH,
    title: str = "",
) -> str:
    """Shares in [0, 1] as an SVG picture; ink is the page's.

    Args:
        names: what each bar is.
        shares: how long it is; 1 fills the width.
        colours: one a bar.
        reference: shares to compare with, each a thin mark on its bar.
        second: more of them, as thick marks.
        hints: what each bar says under the pointer.
        pictures: address of a small picture before each bar; "" for none.
        digits: of the percentages after the point.
        width: of the picture in pixels; where there is less room, all of it becomes smaller.
        title: read out by screen readers.

    Example:
        >>> bars(["4", "9"], [0.61, 0.37]).count("<rect")
        4
    """
    colours = colours or [QUIET] * len(names)
    longest = min(max((len(name) for name in names), default=1), LETTERS)
    beside = PICTURE + 4 if any(pictures) else 0
    # In long names wide and narrow letters even out.
    left = min(12 + 7.5 * longest, 36 + 6 * longest) + beside
    room = width - left - (46 + 14 * digits)
    written = [_percent(share, digits) for share in shares]
    lines = []
    for k, (name, share, colour) in enumerate(zip(names, shares, colours, strict=True)):
        top = k * LINE
        shown = name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
        marks = "".join(
            f'<path d="M{left + places[k] * room:.1f} {top + 3}v16" stroke="currentColor" '
            f'stroke-width="{width}"/>'
            for places, width in ((reference, 1.5), (second, 3))
            if places is not None
        )
        lines.append(
            f"<g>{f'<title>{escape(hints[k])}</title>' if hints else ''}"
            f'<text x="{left - 8 - beside:.0f}" y="{top + 15}" text-anchor="end">'
            f"{escape(shown)}</text>{_picture(pictures[k], left - 6, top) if beside else ''}"
            f'<rect x="{left:.0f}" y="{top + 5}" width="{room:.0f}" height="12" rx="3" '
            'fill="currentColor" opacity="0.07"/>'
            f'<rect x="{left:.0f}" y="{top + 5}" width="{max(1.5, share * room):.1f}" height="12" '
            f'rx="3" fill="{colour}"/>'
            f'<text x="{width}" y="{top + 15}" text-anchor="end" opacity="0.8">'
            f"{escape(written[k])}</text>{marks}</g>"
        )
    said = f"{title}: " if title else ""
    said += ", ".join(f"{name} {percent}" for name, percent in zip(names, written, strict=True))
    height = max(1, LINE * len(names))
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(said)}" style="max-width:100%;height:auto;display:block;'
        'font:13px inherit;fill:currentColor;font-variant-numeric:tabular-nums">'
        f"{''.join(lines)}</svg>"
    )


def _picture(source: str, right: float, top: int) -> str:
    """A small picture that ends at ``right``, in the middle of a bar's line."""
    if not source:
        return ""
    return (
        f'<image href="{escape(source)}" x="{right - PICTURE:.0f}" y="{top + 1}" '
        f'width="{PICTURE}" height="{PICTURE}" style="image-rendering:pixelated"/>'
    )


def _percent(share: float, digits: int) -> str:
    if 0 < share < 0.5 * 10 ** (-2 - digits):
        return f"<{10**-digits:g} %"
    return f"{100 * share:.{digits}f} %"
