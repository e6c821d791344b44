"""What a fitted latent model draws, where that falls, and what it is worth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.place import Place, at_code
from aegen.app.server.sharing import sharing
from aegen.app.services import bundles
from aegen.app.services.cache import EACH, cached
from aegen.app.services.images import one_thread
from aegen.app.services.projections import project
from aegen.app.services.rows import rows_of
from aegen.app.services.samplers import (
    FIT_SEED,
    SamplerSpec,
    at_hand,
    by_rows,
    fitted,
    following,
    model,
    slow,
)
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.bundles.generation import Draw
    from aegen.figures.contours import Contour
    from aegen.metrics.distance_ratio import Copying

__all__ = [
    "CONTOURED",
    "Quality",
    "codes_of",
    "contours",
    "copying_drawing",
    "draw",
    "nearest",
    "overlaid",
    "overlaid_codes",
    "places_of",
    "quality",
    "varied",
]

FEW = 512
"""Draws, and held-out rows, that a model's quality figures are measured on."""

CONTOURED = 2000
"""Draws that a model's contours on the map are made of."""


@dataclass(frozen=True)
class Quality:
    """How a fitted model does, measured once on ``n`` draws of its own.

    Log-densities are medians in nats, None where the model has no density.
    """

    copying: Copying | None
    own_density: float | None
    holdout_density: float | None
    n: int


@cached(EACH, megabytes=lambda: sharing().draw_megabytes)
def draw(spec: SamplerSpec, n: int, seed: int) -> Draw:
    """``n`` new images."""
    one_thread()
    fitted = model(spec)
    if spec.within is None or not by_rows(spec):
        return fitted.sample(n, rng=seed)
    from aegen.bundles.generation import Draw

    started = time.perf_counter()
    codes, rows = _weighted(spec, n, seed)
    drawn = time.perf_counter()
    images = fitted.bundle.decode(codes)
    return Draw(images, codes, rows, drawn - started, time.perf_counter() - drawn)


def places_of(name: str, codes: FloatArray, rows: IntArray | None) -> tuple[Place, ...]:
    """The places of draws at ``codes`` (n, d), with the ``rows`` (n,) that they began at."""
    began = [None] * len(codes) if rows is None else rows.tolist()
    return tuple(at_code(name, code, "draw", row) for code, row in zip(codes, began, strict=True))


def varied(spec: SamplerSpec, n: int, seed: int) -> FloatArray:
    """Codes of a draw, (n, d), while a field moves: the seed stays, so codes move with the field.

    The field of a model's slider needs no fit. With other fields the model is fitted anew.

    Raises:
        InvalidInput: the fit is slow.
    """
    near = following(spec)
    if near is not None:
        return codes_of(spec, n, seed, near.model.sampler)
    if slow(spec) and not at_hand(spec):
        raise InvalidInput("this model takes long to fit: it follows when you let go")
    return codes_of(spec, n, seed)


def _weighted(
    spec: SamplerSpec, n: int, seed: int, sampler: Any = None
) -> tuple[FloatArray, IntArray]:
    """Codes that start from the rows asked for, by a model of all rows."""
    assert spec.within is not None
    rows = rows_of(spec.bundle, spec.within)
    if not len(rows):
        raise InvalidInput("the selection holds no rows: draw around some points")
    weights = np.zeros(bundles.bundle(spec.bundle).manifest.rows)
    weights[rows] = 1
    sampler = sampler or model(spec).sampler
    codes, started = sampler.sample_rows(n, weights=weights, rng=seed)
    return codes, started


def codes_of(spec: SamplerSpec, n: int, seed: int, sampler: Any = None) -> FloatArray:
    """Codes without images, for figures and maps; by another ``sampler`` than the spec's."""
    if by_rows(spec):
        return _weighted(spec, n, seed, sampler)[0]
    codes: FloatArray = (sampler or model(spec).sampler).sample(n, rng=seed)
    return codes


@cached(EACH)
def overlaid_codes(spec: SamplerSpec, n: int, seed: int) -> FloatArray:
    """Codes of ``n`` draws, (n, d), for a map."""
    return codes_of(spec, n, seed)


@cached(EACH)
def overlaid(spec: SamplerSpec, n: int, seed: int, projection: str) -> FloatArray:
    """Where these draws lie in a projection."""
    return project(spec.bundle, projection, overlaid_codes(spec, n, seed))


@cached(24)
def contours(spec: SamplerSpec, projection: str) -> tuple[Contour, ...]:
    """Lines around the densest places of a model's draws in a projection."""
    from aegen.figures import contours

    return contours(overlaid(spec, CONTOURED, FIT_SEED, projection))


def nearest(name: str, codes: FloatArray) -> tuple[IntArray, FloatArray]:
    """The nearest training row of each code, and its distance."""
    return bundles.bundle(name).nearest(codes)


@cached(EACH)
def quality(spec: SamplerSpec) -> Quality:
    """How a fitted model does; measured once, so a new seed does not wait for it."""
    from aegen.samplers import DensitySampler

    bundle, sampler = bundles.bundle(spec.bundle), model(spec).sampler
    codes = codes_of(spec, FEW, FIT_SEED)
    held_out = bundle.holdout[:: max(1, len(bundle.holdout) // FEW)][:FEW]
    # What a slider moves has figures soon; the density of a slow model takes as long as a fit.
    heavy = slow(SamplerSpec(spec.bundle, spec.sampler)) and fitted(spec).how == "moved"
    has_density = isinstance(sampler, DensitySampler) and spec.within is None and not heavy
    dense = sampler if has_density else None
    return Quality(
        bundle.copying(codes) if len(bundle.holdout) else None,
        _median(dense, codes[:64]),
        _median(dense, held_out[:64]),
        FEW,
    )


def copying_drawing(found: Copying, what: str) -> str:
    """The ratio on its scale, and in a line below, which keeps its place while it changes."""
    from aegen.figures import copying_scale

    scale = copying_scale(found.ratio, found.low, found.high)
    words = f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f}) by {what}"
    line = "opacity:.75;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    return f'{scale}<div style="{line}">{words}</div>'


def _median(sampler: Any, codes: FloatArray) -> float | None:
    if sampler is None or not len(codes):
        return None
    try:
        return float(np.median(sampler.score_samples(codes)))
    except InvalidInput:  # some have a density with some of their fields only
        return None
