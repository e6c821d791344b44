"""The frame of small SVG plots: scales, quiet grid lines, round ticks; ink is the page's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Plot", "ticks"]

LETTER = 6.2
"""About the width of a letter at 11 pixels."""


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about as many as asked for.

    Example:
        >>> ticks(0, 0.9, 4)
        [0.0, 0.25, 0.5, 0.75]
    """
    span = (high - low) or 1.0
    raw = span / max(1, about)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 12) + 0.0 for k in range(first, last + 1)]


@dataclass(frozen=True)
class Plot:
    """A plot of ``width`` x ``height`` pixels with margins around its area.

    Attributes:
        x: the ends of the scale across.
        y: the ends of the upright scale.
        log: whether the upright scale is logarithmic.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 380
    height: int = 170
    left: int = 44
    right: int = 12
    top: int = 10
    bottom: int = 34
    log: bool = False

    def across(self, value: float) -> float:
        """Where a value lies across, in pixels."""
        low, high = self.x
        room = self.width - self.left - self.right
        return self.left + room * (value - low) / ((high - low) or 1)

    def upright(self, value: float) -> float:
        """Where a value lies upright, in pixels."""
        low, high = self.y
        if self.log:
            low, high, value = (math.log10(max(v, 1e-12)) for v in (low, high, value))
        room = self.height - self.top - self.bottom
        return self.top + room * (high - value) / ((high - low) or 1)

    def axes(
        self,
        x_title: str = "",
        x_ticks: Sequence[tuple[float, str]] | None = None,
        y_ticks: Sequence[tuple[float, str]] | None = None,
    ) -> str:
        """Grid lines with their numbers, and what is across."""
        if x_ticks is None:
            x_ticks = [(v, f"{v:,.6g}") for v in ticks(*self.x)]
        if y_ticks is None:
            y_ticks = [(v, f"{v:,.6g}") for v in ticks(*self.y, about=4)]
        base = self.height - self.bottom
        parts = [
            f'<path d="M{self.left} {self.upright(v):.1f}H{self.width - self.right}" '
            'stroke="currentColor" opacity="0.12"/>'
            f'<text x="{self.left - 6}" y="{self.upright(v) + 4:.1f}" text-anchor="end" '
            f'opacity="0.7">{escape(text)}</text>'
            for v, text in y_ticks
        ]
        parts += [
            f'<text x="{self.across(v):.1f}" y="{base + 14}" text-anchor="middle" '
            f'opacity="0.7">{escape(text)}</text>'
            for v, text in x_ticks
        ]
        if x_title:
            middle = (self.left + self.width - self.right) / 2
            parts.append(
                f'<text x="{middle:.0f}" y="{self.height - 4}" text-anchor="middle" '
                f'opacity="0.85">{escape(x_title)}</text>'
            )
        return "".join(parts)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        dash: str = "",
        wide: float = 2,
    ) -> str:
        """Points joined by a line."""
        places = " ".join(f"{self.across(a):.1f},{self.upright(b):.1f}" for a, b in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        return (
            f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{wide}" '
            f'stroke-linejoin="round"{dashes}/>'
        )

    def bar(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        colour: str,
        said: str,
        *,
        gap: float = 0.6,
    ) -> str:
        """A box from ``x`` and ``y``, whose meaning shows under the pointer."""
        left, right = self.across(x[0]) + gap, self.across(x[1]) - gap
        low, high = self.upright(y[0]), self.upright(y[1])
        return (
            f'<rect x="{left:.1f}" y="{high:.1f}" width="{max(0.8, right - left):.1f}" '
            f'height="{max(0.0, low - high):.1f}" fill="{colour}">'
            f"<title>{escape(said)}</title></rect>"
        )

    def mark(self, x: float, text: str = "", colour: str = "currentColor") -> str:
        """An upright line at ``x`` with a word at its top."""
        at = self.across(x)
        end = at > self.width - self.right - LETTER * len(text) - 6
        place = f'x="{at - 4:.1f}" text-anchor="end"' if end else f'x="{at + 4:.1f}"'
        return (
            f'<path d="M{at:.1f} {self.top}V{self.height - self.bottom}" stroke="{colour}" '
            'stroke-width="1.4" stroke-dasharray="4 3"/>'
            f'<text {place} y="{self.top + 9}" opacity="0.85">{escape(text)}</text>'
        )

    def svg(self, said: str, *parts: str, most: int = 520) -> str:
        """The whole picture, with what it shows for people who hear it."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" width="100%" role="img" '
            f'aria-label="{escape(said, quote=True)}" style="max-width:{most}px;display:block;'
            'font-size:11px;fill:currentColor;font-variant-numeric:tabular-nums">'
            f"{''.join(parts)}</svg>"
        )
