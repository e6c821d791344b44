"""Codes as pictures and pictures as codes, and the directions from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aegen.app.services import opened
from aegen.app.services.kept import kept
from aegen.core.arrays import ByteArray, FloatArray
from aegen.core.errors import UnknownName

if TYPE_CHECKING:
    from aegen.app.leanings import Leaning
    from aegen.directions import Directions

__all__ = ["classify", "decode", "directions", "encode", "leanings", "one_thread", "sheet"]


@kept(64, copied=True)
def sheet(name: str, rows: tuple[int, ...]) -> ByteArray:
    """Training rows as their codes decode, uint8 (k, h, w, c)."""
    from aegen.core.pictures import quantize

    return quantize(decode(name, opened.bundle(name).codes[list(rows)]))


def decode(name: str, z: FloatArray) -> NDArray[np.float32]:
    """Images of codes, float32 (n, h, w, c)."""
    one_thread()
    return opened.bundle(name).decode(z)


def classify(name: str, x: NDArray[np.float32]) -> dict[str, FloatArray]:
    """Probability of each value of each attribute of images; empty without a classifier."""
    bundle = opened.bundle(name)
    if bundle.manifest.classifier is None:
        return {}
    one_thread()
    return bundle.classify(x)


def encode(name: str, x: ByteArray) -> FloatArray:
    """Codes of images, float64 (n, d)."""
    one_thread()
    return opened.bundle(name).encode(x)


def one_thread() -> None:
    """Two threads on two busy cores were measured far slower than one."""
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@kept(12)
def directions(name: str, kind: str) -> Directions:
    """Directions of a bundle's codes: "principal" ones, or latent "axes"."""
    from aegen.directions import latent_axes, principal_directions

    kinds = {"principal": principal_directions, "axes": latent_axes}
    if kind not in kinds:
        raise UnknownName("kind of direction", kind, list(kinds))
    return kinds[kind](opened.bundle(name).codes)


@kept(12)
def leanings(name: str, kind: str) -> tuple[Leaning | None, ...]:
    """Which attribute changes most along each direction; None where none does."""
    from aegen.app.leanings import leanings

    positions = directions(name, kind).positions(opened.bundle(name).codes)
    return leanings(positions, opened.attributes(name))
