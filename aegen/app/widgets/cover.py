"""The cover of a bundle, a strip of its pictures, in lines below each other."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["cover"]


def cover(bundle: Bundle, lines: int = 2, most: int | None = None) -> str:
    """HTML of the first pictures of the cover, at most ``most``, as wide as its place.

    Example:
        >>> import aegen
        >>> cover(aegen.load("mnist"), lines=2).count("background-position")
        2
    """
    height, width, _ = bundle.image_shape
    tiles = len(bundle.manifest.cover)
    shown = min(tiles, most or tiles)
    lines = min(lines, shown)
    across = (shown + lines - 1) // lines
    picture = base64.b64encode(bundle.cover).decode()
    style = (
        f"background-image:url(data:image/webp;base64,{picture});image-rendering:pixelated;"
        f"background-size:{100 * tiles / across:.3f}% 100%;aspect-ratio:{across * width}/{height};"
    )
    rest = max(tiles - across, 1)  # a position in per cent is a share of what does not fit
    strips = "".join(
        f'<div style="{style}background-position:{100 * k * across / rest:.3f}% 0"></div>'
        for k in range(lines)
    )
    return (
        f'<div role="img" aria-label="Pictures of {escape(bundle.manifest.name)}" '
        f'style="border-radius:6px;overflow:hidden">{strips}</div>'
    )
