"""Walks that a person looks at, as so many frames for a moving picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.place import Place
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles
from aegen.app.services.cache import EACH, cached
from aegen.app.services.places import code_of
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.targets import Edit, target_of
from aegen.core.arrays import ByteArray, FloatArray

if TYPE_CHECKING:
    from aegen.traversal.walks import Walk

__all__ = ["between", "edited", "over_map", "scrubbed", "smoothed"]


def between(a: Place, b: Place, path: Any, frames: int) -> Walk:
    """From one place to another."""
    from aegen.traversal import walks

    return walks.between(bundles.bundle(a.bundle), [code_of(a), code_of(b)], frames, path=path)


@cached(EACH, megabytes=lambda: sharing().draw_megabytes)
def scrubbed(a: Place, b: Place, path: str, frames: int) -> tuple[FloatArray, ByteArray]:
    """The codes (frames, d) from one place to another, and their pictures (frames, h, w, c)."""
    walk = between(a, b, path, frames)
    return walk.codes[:, 0], walk.frames()


def over_map(
    name: str,
    projection: str,
    points: tuple[tuple[float, float], ...],
    row: int | None,
    frames: int,
) -> Walk:
    """Along a line on the map, in the plane through a row or the mean."""
    from aegen.traversal import walks

    return walks.over_map(bundles.bundle(name), projection, points, frames, through=row)


def edited(change: Edit, frames: int) -> Walk:
    """One picture on its way to other attribute values."""
    from aegen.traversal import walks

    target_of(change.bundle, change.text)  # refuses what the bundle does not have
    start = change.start if isinstance(change.start, int) else np.array(change.start)
    how: dict[str, Any] = {"kind": change.kind, "hold": change.hold, "reach": change.reach}
    return walks.edit(bundles.bundle(change.bundle), start, change.text, frames, **how)


def smoothed(spec: SamplerSpec, n: int, seed: int, frames: int) -> Walk:
    """A draw of the empirical beta copula, from copies of rows to independent columns."""
    from aegen.app.services.draws import varied
    from aegen.traversal.walks import Walk

    bundle = bundles.bundle(spec.bundle)
    fields = tuple(pair for pair in spec.fields if pair[0] != "degree")
    degrees = np.geomspace(len(bundle.codes), 1, frames).round().astype(int).tolist()
    specs = (replace(spec, fields=(*fields, ("degree", degree))) for degree in degrees)
    return Walk(bundle, np.stack([varied(other, n, seed) for other in specs]))
