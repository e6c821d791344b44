"""dSprites: white shapes on black with six exactly known factors, 64 x 64, grey."""

from __future__ import annotations

import hashlib
import math
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.progress import report
from aegen.data._idx import UNREADABLE, read_npz
from aegen.data._lazy import LazyImages
from aegen.data.base import DataSet, ImageSet, category

__all__ = ["DSprites"]

FILE = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"

VALUES = {
    "scale": np.linspace(0.5, 1, 6),
    "orientation": np.linspace(0, 2 * math.pi, 40),
    "position_x": np.linspace(0, 1, 32),
    "position_y": np.linspace(0, 1, 32),
}
"""What the numbers of a factor stand for."""

WORDS = {"colour": ["white"], "shape": ["square", "ellipse", "heart"]}

FACTORS = (*WORDS, *VALUES)
"""The columns of ``latents_classes``, in order."""

BLOCK = 8192


class DSprites(DataSet):
    """All 737,280 combinations of shape, scale, orientation, position (L. Matthey et al., 2017).

    Every combination is there once, so a seeded sixth that is held out shows combinations that
    training never saw. Orientation is in radians. The pictures are black and white, and take an
    eighth of their bytes in memory. There is no copy to fetch: the npz file holds ``imgs``
    (n, 64, 64) uint8 of 0 and 1 and ``latents_classes`` (n, 6).

    Example:
        >>> DSprites.title
        'dSprites'
    """

    title = "dSprites"
    licence = "Apache 2.0; drawn with LÖVE (zlib/libpng licence)"
    citation = (
        "L. Matthey, I. Higgins, D. Hassabis, A. Lerchner: dSprites: disentanglement testing "
        "Sprites dataset. https://github.com/deepmind/dsprites-dataset, 2017"
    )

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from the npz file or the folder that holds it; see `DataSet`."""
        if path is None:
            raise InvalidInput("dSprites cannot be fetched: give its npz file with --data")
        path = Path(path)
        path = path / FILE if path.is_dir() else path
        classes = read_npz(path, ("latents_classes",))["latents_classes"].astype(np.int64)
        images = _read_images(path)
        if classes.shape != (len(images), len(FACTORS)):
            fault = f"latents_classes must have shape ({len(images)}, 6), has {classes.shape}"
            raise StorageError(path, fault)
        columns = dict(zip(FACTORS, classes.T, strict=True))
        for name, numbers in columns.items():
            many = len(WORDS[name]) if name in WORDS else len(VALUES[name])
            if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= many:
                raise StorageError(path, f"{name} must be from 0 to {many - 1}")
        frame = pd.DataFrame(
            {
                name: category(numbers, WORDS[name]) if name in WORDS else VALUES[name][numbers]
                for name, numbers in columns.items()
            }
        )
        held = np.zeros(len(images), bool)
        held[np.random.default_rng(423).permutation(len(images))[: max(1, len(images) // 6)]] = (
            True
        )
        return self.image_set(images, frame, held)


class _BinaryImages(LazyImages):
    """Black and white images, a bit a pixel."""

    def __init__(self, bits: ByteArray, image_shape: tuple[int, int, int]) -> None:
        super().__init__(len(bits), image_shape)
        self.bits = bits

    def _decode(self, rows: IntArray) -> ByteArray:
        pixels = np.unpackbits(self.bits[rows], axis=1, count=math.prod(self.image_shape))
        return pixels.reshape(len(rows), *self.image_shape) * np.uint8(255)

    def signature(self) -> bytes:
        """A hash of every pixel."""
        return hashlib.sha256(self.bits.data).digest()


def _read_images(path: Path) -> _BinaryImages:
    """``imgs`` of the npz file, unpacked block by block as it has 3 GB."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("imgs.npy") as member:
            version = np.lib.format.read_magic(member)
            if version != (1, 0):
                raise StorageError(path, f"imgs is of npy version {version}, not 1.0")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(member)
            if dtype != np.uint8 or len(shape) != 3 or fortran or 0 in shape:
                raise StorageError(path, f"imgs must be uint8 (n, h, w), is {dtype} {shape}")
            n, h, w = shape
            bits = np.empty((n, -(-h * w // 8)), np.uint8)
            for start in range(0, n, BLOCK):
                report(start / n, "unpacking pictures")
                many = min(BLOCK, n - start)
                content = member.read(many * h * w)
                if len(content) < many * h * w:
                    raise StorageError(path, "imgs is truncated")
                block = np.frombuffer(content, np.uint8).reshape(many, h * w)
                if block.max() > 1:
                    raise StorageError(path, "imgs must hold nothing but 0 and 1")
                bits[start : start + many] = np.packbits(block, axis=1)
    except (*UNREADABLE, KeyError) as problem:
        raise StorageError(path, f"is no readable npz file with imgs ({problem})") from problem
    return _BinaryImages(bits, (h, w, 1))
