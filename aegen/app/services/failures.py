"""Pictures of where a latent model fails."""

from __future__ import annotations

from dataclasses import dataclass

from aegen.app.place import Place, at_code
from aegen.app.services import bundles, draws
from aegen.app.services.cache import cached
from aegen.app.services.samplers import SamplerSpec, at_hand
from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput

__all__ = ["Gallery", "gallery"]

SHOWN = 6
"""Pictures of each kind."""

REAL = 2000
"""Held-out rows that are looked at."""


@dataclass(frozen=True)
class Gallery:
    """Places of each kind of `aegen.comparison.failures.Failures`."""

    strange: tuple[Place, ...]
    copied: tuple[Place, ...]
    originals: tuple[Place, ...]
    missed: tuple[Place, ...]
    nearest: tuple[Place, ...]


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

    def places(z: FloatArray, source: str) -> tuple[Place, ...]:
        return tuple(at_code(spec.bundle, code, source) for code in z)

    return Gallery(
        places(codes[found.strange], "draw"),
        places(codes[found.copied], "draw"),
        tuple(Place(spec.bundle, int(row)) for row in found.originals),
        places(held_out[found.missed], "held-out"),
        places(codes[found.nearest], "draw"),
    )
