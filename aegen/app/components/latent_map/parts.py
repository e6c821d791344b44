"""A picture as separate parts, each with a fingerprint, so that only what changed is sent.

Streamlit sends an element again only when its own content differs from what the browser already
holds. Each part is therefore an element of its own (``source/store.js``): new colours send the
labels but not the points, new draws the draws, and the atlas and the built script travel once.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa

from aegen.app.components.latent_map.picture import Picture

__all__ = ["Part", "Parts", "parts", "spec_part", "specification"]

Part = dict[str, Any]
"""What the browser's store takes: the part's name, its fingerprint and an Arrow table."""


class Parts(TypedDict):
    """The parts of a picture; None for those that it lacks."""

    points: Part
    labels: Part | None
    draws: Part | None
    contours: Part | None
    chosen: Part | None
    tiles: Part | None
    text: Part | None
    atlas: Part | None


def parts(shown: Picture) -> Parts:
    """The Arrow tables of a picture by name."""
    return {
        "points": _coordinates("points", shown.points),
        "labels": _labels(shown),
        "draws": None
        if shown.draws is None or not len(shown.draws)
        else _coordinates("draws", shown.draws),
        "contours": _contours(shown),
        "chosen": _chosen(shown),
        "tiles": _tiles(shown),
        "text": _text(shown),
        "atlas": _image(shown),
    }


def specification(shown: Picture, ready: Parts, *, height: int) -> dict[str, Any]:
    """The small rest: which parts belong together now, and how to show them."""
    atlas = shown.atlas
    return {
        "n": len(shown.points),
        "parts": {name: part["id"] for name, part in ready.items() if isinstance(part, dict)},
        "kind": shown.kind,
        "title": shown.title,
        "categories": list(shown.categories),
        "counts": shown.counts,
        "palette": list(shown.palette),
        "range": list(shown.limits) if shown.kind == "value" else None,
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


def spec_part(spec: dict[str, Any]) -> Part:
    """A specification as a part of its own."""
    digest = hashlib.blake2b(json.dumps(spec, sort_keys=True).encode(), digest_size=12)
    return {"part": "spec", "id": digest.hexdigest(), "spec": spec}


def _labels(shown: Picture) -> Part | None:
    if shown.labels is None:
        return None
    small = shown.kind == "category" and len(shown.categories) <= 256
    labels = shown.labels.astype(np.uint8) if small else shown.labels
    return _part("labels", pa.table({"label": labels}), labels)


def _text(shown: Picture) -> Part | None:
    if shown.text is None:
        return None
    text = pa.array(shown.text, pa.string())
    return _part("text", pa.table({"text": text}), *text.buffers()[1:])


def _tiles(shown: Picture) -> Part | None:
    if shown.atlas is None or shown.atlas.rows is None:
        return None
    return _part("tiles", pa.table({"row": shown.atlas.rows}), shown.atlas.rows)


def _image(shown: Picture) -> Part | None:
    if shown.atlas is None:
        return None
    image = pa.array([shown.atlas.image], pa.binary())
    return _part("atlas", pa.table({"image": image}), shown.atlas.image)


def _contours(shown: Picture) -> Part | None:
    """All vertices in one table: which line each belongs to, and the share that the line holds."""
    if not shown.contours:
        return None
    xy = np.concatenate([line for _, line in shown.contours])
    lengths = [len(line) for _, line in shown.contours]
    line = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    share = np.repeat(np.array([share for share, _ in shown.contours], dtype=np.float32), lengths)
    columns = {"x": xy[:, 0].copy(), "y": xy[:, 1].copy(), "line": line, "share": share}
    return _part("contours", pa.table(columns), xy, line, share)


def _chosen(shown: Picture) -> Part | None:
    if shown.chosen is None:
        return None
    return _part("chosen", pa.table({"row": shown.chosen}), shown.chosen)


def _coordinates(name: str, xy: np.ndarray[Any, np.dtype[np.float32]]) -> Part:
    table = pa.table({"x": np.ascontiguousarray(xy[:, 0]), "y": np.ascontiguousarray(xy[:, 1])})
    return _part(name, table, xy)


def _part(name: str, table: pa.Table, *content: Any) -> Part:
    digest = hashlib.blake2b(repr(table.schema).encode(), digest_size=12)
    for piece in content:
        if piece is not None:
            digest.update(piece)
    return {"part": name, "id": digest.hexdigest(), "table": table}
