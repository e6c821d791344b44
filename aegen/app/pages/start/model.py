"""A picture, the numbers of its code, and what these decode to; no widgets."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from aegen.app import services
from aegen.app.components.autoencoder import Number
from aegen.app.place import Place
from aegen.core.arrays import ByteArray

__all__ = ["MOST", "Sight", "request", "sight"]

MOST = 12
"""Numbers shown at most."""

LIVE = 2
"""Numbers that can be dragged: those that vary most."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What is seen: a picture, uint8 (h, w, c), numbers, and what they decode to."""

    picture: ByteArray
    numbers: tuple[Number, ...]
    decoded: ByteArray


def sight(name: str, row: int, at: tuple[float, ...] | None) -> Sight:
    """The picture of a row, and its numbers, of which some were dragged to ``at``."""
    axes = services.images.directions(name, "axes")
    code = services.bundles.bundle(name).codes[row]
    spread = np.where(axes.sd > 0, axes.sd, 1.0)
    own = (code - axes.mean) / spread
    live = sorted(np.argsort(-axes.sd, kind="stable")[:LIVE].tolist())
    others = [k for k in range(len(axes.sd)) if k not in live]
    shown = sorted([*live, *others[: MOST - len(live)]])
    now = own.copy()
    if at is not None:
        now[live] = at[: len(live)]
    numbers = tuple(
        Number(k, float(axes.mean[k]), float(axes.sd[k]), float(own[k]), float(now[k]), k in live)
        for k in shown
    )
    picture = _picture(name, row)
    if at is None:
        return Sight(picture, numbers, picture)
    moves = tuple((k, float(now[k] - own[k])) for k in live if axes.sd[k] > 0)
    place = Place(name, row, kind="axes", moves=moves)
    still = (("axes", 0), ("axes", 0)), ((0.0, 0.0),)
    return Sight(picture, numbers, services.places.between(place, *still)[0])


def _picture(name: str, row: int) -> ByteArray:
    """The picture of a row; of one on the cover without the decoder, which may not be loaded."""
    bundle = services.bundles.bundle(name)
    found: ByteArray
    if row not in bundle.manifest.cover:
        found = services.images.sheet(name, (row,))[0]
        return found
    height, width, channels = bundle.image_shape
    left = width * bundle.manifest.cover.index(row)
    with Image.open(io.BytesIO(bundle.cover)) as cover:
        tile = cover.crop((left, 0, left + width, height))
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
        found = np.asarray(tile.convert(mode)).reshape(height, width, channels)
    return found


def request(name: str, row: int) -> dict[str, Any]:
    """What the live channel is asked for the row, without the moves."""
    return {"ask": "walk", "bundle": name, "row": row, "uploaded": None, "kind": "axes"}
