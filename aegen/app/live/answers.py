"""Pictures for a request of the live channel, and what else there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app import services
from aegen.app.live.messages import (
    Ask,
    Between,
    Codes,
    Drawn,
    Edited,
    Mixture,
    OnMap,
    Request,
    Walked,
    reply,
)
from aegen.app.services.places import code_of
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["answer"]

NONE = np.empty((0, 0, 0, 0), np.uint8)
"""No pictures, where only words are asked for."""


def answer(asked: Request) -> bytes:
    """The reply to a request.

    Raises:
        AegenError: it names what is not there, or codes that cannot be decoded.
    """
    assert asked.ask is not None
    return reply(asked, *_answered(asked.ask))


def _answered(ask: Ask) -> tuple[ByteArray, dict[str, Any]]:
    codes, said = _codes(ask)
    if isinstance(ask, Walked) and ask.read:
        found = services.places.readings(
            ask.bundle, services.images.decode(ask.bundle, codes, exact=False)
        )
        return NONE, {"drawing": services.places.readings_drawing(found) if found else ""}
    if isinstance(ask, Drawn) and ask.read:
        return NONE, _copying(ask.bundle, codes)
    return quantize(services.images.decode(ask.bundle, codes, exact=False)), said


def _codes(ask: Ask) -> tuple[FloatArray, dict[str, Any]]:
    """The codes to decode, (k, d)."""
    bundle = services.bundles.bundle(ask.bundle)
    match ask:
        case Codes():
            return _beside_nearest(bundle, ask.codes) if ask.nearest else (ask.codes, {})
        case Walked():
            return code_of(ask.place)[None], {}
        case OnMap():
            _require_rows(ask.bundle, () if ask.row is None else (ask.row,))
            z = services.projections.unproject(ask.bundle, ask.projection, ask.points, ask.row)
            return _beside_nearest(bundle, z) if ask.nearest else (z, {})
        case Mixture():
            _require_rows(ask.bundle, ask.rows)
            share = ask.weights / ask.weights.sum()
            mixed: FloatArray = share[None] @ bundle.codes[list(ask.rows)]
            return mixed, {}
        case Between():
            moved = [
                services.places.moved(ask.place, ask.directions, (x, y)) for x, y in ask.points
            ]
            return np.stack(moved), {}
        case Drawn():
            return services.draws.varied(ask.spec, ask.n, ask.seed), {}
        case Edited():
            codes = services.targets.edited(ask.edit).codes
            whole = (codes[-1] - codes[0]) / ask.edit.reach
            return codes[0] + np.linspace(0, ask.to, ask.steps)[:, None] * whole, {}


def _beside_nearest(bundle: Bundle, z: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
    """Codes, behind them those of their nearest training rows, and which rows these are."""
    rows, distances = bundle.nearest(z)
    said = {"rows": rows.tolist(), "distances": distances.round(4).tolist()}
    return np.concatenate([z, bundle.codes[rows]]), said


def _copying(name: str, codes: FloatArray) -> dict[str, Any]:
    """How near the draws come to training rows, as a drawing."""
    bundle = services.bundles.bundle(name)
    if not len(bundle.holdout):
        return {}
    return {"drawing": services.draws.copying_drawing(bundle.copying(codes), "these pictures")}


def _require_rows(name: str, rows: tuple[int, ...]) -> None:
    n = services.bundles.bundle(name).manifest.rows
    if any(row >= n for row in rows):
        raise InvalidInput(f"rows go from 0 to {n - 1:,}, got {max(rows)}")
