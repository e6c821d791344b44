"""Codes as pictures and pictures as codes, and the directions from one to another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aegen.app.services import bundles
from aegen.app.services.cache import cached
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import UnknownName

if TYPE_CHECKING:
    from aegen.traversal.attribute_association import AttributeAssociation
    from aegen.traversal.directions import Directions

__all__ = [
    "attribute_associations",
    "can_be_clear",
    "classify",
    "decode",
    "direction_names",
    "directions",
    "encode",
    "one_thread",
    "orders",
    "sheet",
]


@cached(64, copied=True)
def sheet(name: str, rows: tuple[int, ...]) -> ByteArray:
    """Training rows as their codes decode, uint8 (k, h, w, c)."""
    from aegen.core.images import quantize

    return quantize(decode(name, bundles.bundle(name).codes[list(rows)]))


def decode(name: str, z: FloatArray, *, exact: bool = True) -> NDArray[np.float32]:
    """Images of codes, float32 (n, h, w, c); to a grey level at least."""
    one_thread()
    return bundles.bundle(name).decode(z, exact=exact)


def classify(name: str, x: NDArray[np.float32]) -> dict[str, FloatArray]:
    """Probability of each value of each attribute of images; empty without a classifier."""
    bundle = bundles.bundle(name)
    if bundle.manifest.classifier is None:
        return {}
    return bundle.classify(x)


def encode(name: str, x: ByteArray) -> FloatArray:
    """Codes of images, float64 (n, d)."""
    one_thread()
    return bundles.bundle(name).encode(x)


@cached(12)
def can_be_clear(name: str) -> bool:
    """Whether images have a background of one colour, or opacity of their own."""
    from aegen.bundles.draw_sheet import background_of

    one_thread()
    bundle = bundles.bundle(name)
    return bundle.image_shape[2] == 4 or background_of(bundle) is not None


def orders(name: str) -> tuple[str, ...]:
    """The attributes that images can be ordered by."""
    from aegen.bundles.draw_sheet import orders

    return orders(bundles.bundle(name))


def one_thread() -> None:
    """Two threads of torch on two busy cores were measured far slower than one.

    Where it is not loaded, as for networks in ONNX files, it stays away.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@cached(12)
def directions(name: str, kind: str) -> Directions:
    """Directions of a bundle's codes: "principal" ones, latent "axes", or of "attributes"."""
    from aegen.traversal.directions import latent_axes, principal_directions

    if kind == "attributes":
        return _attribute_directions(name)[1]
    kinds = {"principal": principal_directions, "axes": latent_axes}
    if kind not in kinds:
        raise UnknownName("kind of direction", kind, [*kinds, "attributes"])
    return kinds[kind](bundles.bundle(name).codes)


def direction_names(name: str, kind: str) -> tuple[str, ...]:
    """What the directions of a kind are called."""
    if kind == "attributes":
        return _attribute_directions(name)[0]
    word = "Direction" if kind == "principal" else "Axis"
    return tuple(f"{word} {k + 1}" for k in range(len(directions(name, kind))))


@cached(6)
def _attribute_directions(name: str) -> tuple[tuple[str, ...], Directions]:
    from aegen.app.services.values import table
    from aegen.traversal.attribute_directions import attribute_directions

    return attribute_directions(bundles.bundle(name).codes, table(name))


@cached(12)
def attribute_associations(name: str, kind: str) -> tuple[AttributeAssociation | None, ...]:
    """Which attribute changes most along each direction; None where none does."""
    from aegen.app.services.values import table
    from aegen.traversal.attribute_association import attribute_associations

    positions = directions(name, kind).positions(bundles.bundle(name).codes)
    return attribute_associations(positions, table(name))
