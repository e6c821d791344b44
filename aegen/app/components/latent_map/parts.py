"""A picture as separate parts, each with a fingerprint, so that only what changed is sent.

New colours send the labels but not the points, new draws the draws; the atlas travels once.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa

from aegen.app.components.latent_map.picture import Picture
from aegen.app.components.mount import Part, fingerprint

__all__ = ["Parts", "parts", "specification"]

Parts = dict[str, Part | None]
"""The parts of a picture by name; None for those that it lacks."""


def parts(shown: Picture) -> Parts:
    """The Arrow tables of a picture."""
    atlas = shown.atlas
    rows = None if atlas is None else atlas.rows
    return {
        "points": _coordinates(shown.points),
        "labels": _labels(shown),
        "draws": None
        if shown.draws is None or not len(shown.draws)
        else _coordinates(shown.draws),
        "draw_codes": None if shown.draw_codes is None else _codes(shown.draw_codes),
        "contours": _contours(shown),
        "chosen": None if shown.chosen is None else _part({"row": shown.chosen}, shown.chosen),
        "tiles": None if rows is None else _part({"row": rows}, rows),
        "text": _texts("text", shown.text),
        "pictures": _texts("picture", shown.pictures),
        "atlas": None
        if atlas is None
        else {"id": _image_mark(atlas.image), "table": _image(atlas.image)},
    }


def specification(shown: Picture, ready: Parts, *, height: int) -> dict[str, Any]:
    """The small rest: which parts belong together now, and how to show them."""
    atlas = shown.atlas
    return {
        "n": len(shown.points),
        "parts": {name: part["id"] for name, part in ready.items() if part is not None},
        "kind": shown.kind,
        "title": shown.title,
        "categories": list(shown.categories),
        "counts": shown.counts,
        "palette": list(shown.palette),
        "scale": {"kind": shown.scale, "stops": list(shown.stops), "beyond": list(shown.beyond)}
        if shown.kind == "value"
        else None,
        "names": [list(name) for name in shown.names],
        "height": height,
        "atlas": atlas
        and {
            "columns": atlas.columns,
            "width": atlas.tile_width,
            "height": atlas.tile_height,
            "count": atlas.count,
            "rows": atlas.rows is not None,
        },
    }


@functools.lru_cache(16)
def _image_mark(image: bytes) -> str:
    """An image's fingerprint, made once: it may have megabytes."""
    return fingerprint(b"image", image)


def _image(image: bytes) -> pa.Table:
    return pa.table({"image": pa.array([image], pa.binary())})


def _labels(shown: Picture) -> Part | None:
    if shown.labels is None:
        return None
    small = shown.kind == "category" and len(shown.categories) <= 256
    labels = shown.labels.astype(np.uint8) if small else shown.labels
    return _part({"label": labels}, labels)


def _texts(name: str, texts: tuple[str, ...] | None) -> Part | None:
    if not texts:
        return None
    column = pa.array(texts, pa.string())
    return _part({name: column}, *column.buffers()[1:])


def _contours(shown: Picture) -> Part | None:
    """All vertices in one table: which line each belongs to, and the share that the line holds."""
    if not shown.contours:
        return None
    xy = np.concatenate([line for _, line in shown.contours])
    lengths = [len(line) for _, line in shown.contours]
    line = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    share = np.repeat(np.array([share for share, _ in shown.contours], dtype=np.float32), lengths)
    columns = {"x": xy[:, 0].copy(), "y": xy[:, 1].copy(), "line": line, "share": share}
    return _part(columns, xy, line, share)


def _codes(z: np.ndarray[Any, np.dtype[np.float32]]) -> Part:
    """A list of numbers a row."""
    flat = pa.array(np.ascontiguousarray(z).reshape(-1))
    return _part({"code": pa.FixedSizeListArray.from_arrays(flat, z.shape[1])}, z)


def _coordinates(xy: np.ndarray[Any, np.dtype[np.float32]]) -> Part:
    x, y = (np.ascontiguousarray(xy[:, k]) for k in (0, 1))
    return _part({"x": x, "y": y}, xy)


def _part(columns: dict[str, Any], *content: Any) -> Part:
    table = pa.table(columns)
    return {"id": fingerprint(repr(table.schema).encode(), *content), "table": table}
