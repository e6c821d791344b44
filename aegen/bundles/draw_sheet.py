"""Images of a bundle on a sprite sheet: with its background made clear, ordered by a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.images import quantize
from aegen.core.sprite_sheet import Sheet, background, in_order, sheet, sheet_names

if TYPE_CHECKING:
    from aegen.bundles.bundle import Bundle

__all__ = ["background_of", "draw_sheet", "orders", "require_sheet"]

LOOKED_AT = 32
"""Training rows whose border tells what the background is."""


def background_of(bundle: Bundle) -> ByteArray | None:
    """The colour behind what a bundle's images show, uint8 (c,); None where there is none."""
    codes = bundle.codes[:: max(1, len(bundle.codes) // LOOKED_AT)][:LOOKED_AT]
    return background(bundle.decode(codes, exact=False))


def orders(bundle: Bundle) -> tuple[str, ...]:
    """The attributes that images can be ordered by: those that the classifier names."""
    known = bundle.manifest.classifier
    if known is None:
        return ()
    return tuple(name for name, each in bundle.manifest.attributes.items() if each.classes)


def require_sheet(bundle: Bundle, *, transparent: bool = False, order: str | None = None) -> None:
    """Refuse what cannot be done with images of a bundle, before there are any.

    Raises:
        UnknownName: no such attribute to order by.
        InvalidInput: nothing that could become transparent.
    """
    if order is not None and order not in orders(bundle):
        raise UnknownName(f"attribute to order images of {bundle.name} by", order, orders(bundle))
    opaque = bundle.image_shape[2] != 4
    if transparent and opaque and background_of(bundle) is None:
        raise InvalidInput(
            f"images of {bundle.title} have no background of one colour that could become "
            "transparent: leave it as it is"
        )


def draw_sheet(
    bundle: Bundle,
    x: ArrayLike,
    *,
    scale: int = 1,
    gap: int = 0,
    columns: int | None = None,
    transparent: bool = False,
    order: str | None = None,
) -> Sheet:
    """Images of a bundle, such as those of a draw, on a sheet.

    Args:
        bundle: whose images they are.
        x: images (n, h, w, c), uint8 or floats in [0, 1]; n >= 1.
        scale: each pixel becomes scale x scale pixels.
        gap: pixels between neighbours.
        columns: how many side by side; by default the smallest whole number >= sqrt(n).
        transparent: whether the background becomes clear, from the border inwards.
        order: an attribute by whose value, as the classifier names it, images are sorted and
            called; None leaves them as they are.

    Raises:
        UnknownName: no such attribute to order by.
        InvalidInput: nothing that could become transparent, no images, or too many pixels.

    Example:
        >>> import aegen
        >>> bundle = aegen.load("sprites")                                  # doctest: +SKIP
        >>> made = draw_sheet(bundle, bundle.decode(bundle.codes[:64]), scale=4)  # doctest: +SKIP
    """
    require_sheet(bundle, transparent=transparent, order=order)
    tiles, values = quantize(x), None
    if order is not None and len(tiles):
        labels = _values(bundle, x, order)
        sorted_by = in_order(labels)
        classes = bundle.manifest.attributes[order].classes
        tiles, values = tiles[sorted_by], [f"{order}-{classes[labels[k]]}" for k in sorted_by]
    return sheet(
        tiles,
        sheet_names(bundle.name, len(tiles), values),
        scale=scale,
        gap=gap,
        columns=columns,
        clear=background_of(bundle) if transparent and tiles.shape[-1] != 4 else None,
    )


def _values(bundle: Bundle, x: ArrayLike, attribute: str) -> IntArray:
    """The value of an attribute that the classifier names for each image, int64 (n,)."""
    found: IntArray = bundle.classify(x)[attribute].argmax(axis=1)
    return found.astype(np.int64)
