"""Pictures of where a latent model fails."""

from __future__ import annotations

from dataclasses import dataclass

from aegen.app.services import bundles, draws
from aegen.app.services.cache import cached
from aegen.app.services.images import decode
from aegen.app.services.samplers import SamplerSpec, at_hand
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import InvalidInput
from aegen.core.images import quantize

__all__ = ["Gallery", "gallery"]

SHOWN = 8
"""Pictures of each kind."""

REAL = 2000
"""Held-out rows that are looked at."""


@dataclass(frozen=True)
class Gallery:
    """Pictures (k, h, w, c) of each kind of `aegen.comparison.failures.Failures`."""

    strange: ByteArray
    copied: ByteArray
    originals: ByteArray
    missed: ByteArray
    nearest: ByteArray


@cached(24)
def gallery(spec: SamplerSpec, n: int, seed: int) -> Gallery:
    """The worst of ``n`` draws, and of as many held-out rows.

    Raises:
        InvalidInput: the model's fit takes long and was not made yet.
    """
    from aegen.comparison.failures import failures

    if not at_hand(spec):
        raise InvalidInput("its fit takes a while: open it on Sample, and it is shown here too")
    bundle = bundles.bundle(spec.bundle)
    codes = draws.codes_of(spec, n, seed)
    held_out = bundle.holdout[:: max(1, len(bundle.holdout) // REAL)][:REAL]
    found = failures(codes, bundle.neighbours(), held_out, SHOWN)

    def pictures(z: FloatArray) -> ByteArray:
        return quantize(decode(spec.bundle, z))

    return Gallery(
        pictures(codes[found.strange]),
        pictures(codes[found.copied]),
        pictures(bundle.codes[found.originals]),
        pictures(held_out[found.missed]),
        pictures(codes[found.nearest]),
    )
