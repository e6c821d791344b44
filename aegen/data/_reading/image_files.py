"""Encoded pictures of a folder, an archive or a parquet file as lazily decoded images."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.picture_file import channels_of, fit, opened, upright_size
from aegen.core.progress import report
from aegen.data._lazy import LazyImages
from aegen.data.base import Skipped

__all__ = [
    "FORMATS",
    "PIXELS",
    "ImageFiles",
    "PictureSource",
    "Scan",
    "checked_shape",
    "common_shape",
    "scan",
]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""Kinds of files that are read; what a file is called does not matter."""

PIXELS = 100_000_000
"""More than any camera's picture has; a file that unpacks to more is left out."""

PIXELS_ANYWAY, PIXELS_A_BYTE = 25_000_000, 30
"""Pixels that any file may have, and for each of its bytes: photographs have a tenth of that."""

LARGEST = 1024
"""The longest side that images of a bundle have."""

REPORTED = 500
"""Files between two reports of progress."""

ENDINGS = {"PNG": b"IEND\xaeB`\x82", "JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "GIF": b";"}
"""How a whole file of a kind ends."""


class PictureSource(Protocol):
    """Named files that may be pictures. It can be pickled."""

    @property
    def names(self) -> Sequence[str]:
        """Where each lies, below what was read, with slashes."""

    def open(self, k: int) -> BinaryIO:
        """File ``k``, to be closed by the caller.

        Raises:
            InvalidInput: it cannot be read; the message is a reason to leave it out.
        """

    def signature(self) -> bytes:
        """What changes when the files do."""


class ImageFiles(LazyImages):
    """Pictures of any kind and size, each fitted to one shape by the rules of `fit`."""

    def __init__(self, source: PictureSource, image_shape: tuple[int, int, int]) -> None:
        super().__init__(len(source.names), image_shape)
        self.source = source

    def picture(self, k: int) -> ByteArray:
        """The picture of file ``k`` of the source.

        Raises:
            InvalidInput: it is damaged, or cannot be fitted.
        """
        with self.source.open(k) as file, opened(file, FORMATS, _pixels(file)) as picture:
            return fit(picture, self.image_shape)[0]

    def _decode(self, rows: IntArray) -> ByteArray:
        images = np.empty((len(rows), *self.image_shape), np.uint8)
        for place, k in enumerate(rows.tolist()):
            try:
                images[place] = self.picture(k)
            except InvalidInput as problem:
                fault = f"cannot be used as it could when the set was read ({problem})"
                advice = 'read the set again with check="all", which leaves out what is damaged'
                raise StorageError(self.source.names[k], f"{fault}: {advice}") from problem
        return images

    def signature(self) -> bytes:
        """Names, sizes and times of change of the files."""
        return self.source.signature()

    def decoded(self, keep: bool) -> tuple[ByteArray | None, dict[int, str]]:
        """Every picture once: all together if ``keep``, and why the damaged ones cannot be used.

        The images of damaged files are missing from the array; their rows are the keys.
        """
        images = np.empty(self.shape, np.uint8) if keep else None
        damaged: dict[int, str] = {}
        good = 0
        for row, k in enumerate(self.rows.tolist()):
            if row % REPORTED == 0:
                report(row / len(self), f"decoding {len(self):,} pictures")
            try:
                picture = self.picture(k)
            except InvalidInput as problem:
                damaged[row] = str(problem)
                continue
            if images is not None:
                images[good] = picture
            good += 1
        return (None if images is None else images[:good]), damaged


@dataclass
class Scan:
    """What the headers of the files say.

    Attributes:
        rows: which files of the source are pictures.
        sizes: height and width of each when it is upright.
        channels: how many each has.
        several: how many files hold more pictures than the first, which is read.
        skipped: the other files.
    """

    rows: list[int] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)
    several: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def scan(source: PictureSource) -> Scan:
    """Open every file's header; a file that does not end as a whole one does is decoded."""
    found = Scan()
    total = len(source.names)
    for k, name in enumerate(source.names):
        if k % REPORTED == 0:
            report(k / total, f"reading the headers of {total:,} files")
        try:
            with source.open(k) as file:
                _look(file, k, found)
        except InvalidInput as problem:
            found.skipped.append(Skipped(name, str(problem)))
    return found


def _pixels(file: BinaryIO) -> int:
    """Pixels that the picture in a file may have, by the file's length; the file is rewound."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    return min(PIXELS, max(PIXELS_ANYWAY, PIXELS_A_BYTE * length))


def _look(file: BinaryIO, k: int, found: Scan) -> None:
    length = file.seek(0, io.SEEK_END)
    if length == 0:
        raise InvalidInput("the file is empty")
    file.seek(max(0, length - 16))
    end = file.read()
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    with opened(file, FORMATS, _pixels(file)) as picture:
        size, channels = upright_size(picture), channels_of(picture)
        if picture.mode == "F":
            raise InvalidInput("the picture holds floating-point levels: save it with 8 bits")
        several = getattr(picture, "is_animated", False) and picture.format != "MPO"
        if not _ends_well(picture.format, start, end, length):
            picture.seek(0)
            picture.load()
    found.rows.append(k)
    found.sizes.append(size)
    found.channels.append(channels)
    found.several += several


def _ends_well(kind: str, start: bytes, end: bytes, length: int) -> bool:
    """Whether a file is surely not cut short, as its first and last bytes tell."""
    if kind == "WEBP":
        return int.from_bytes(start[4:8], "little") + 8 <= length
    return kind in ENDINGS and end.rstrip(b"\0\n\r").endswith(ENDINGS[kind])


def common_shape(
    found: Scan, shape: tuple[int, ...] | None, named: str
) -> tuple[tuple[int, int, int], list[str]]:
    """The shape for all pictures, and what was decided, in sentences.

    What is not given is the most common size and, for itself, the most common number of channels;
    of equally common ones the largest.

    Raises:
        InvalidInput: a shape that no bundle can hold, or none given where pictures are larger.
    """
    sizes, channels = Counter(found.sizes), Counter(found.channels)
    h, w = max(sizes, key=lambda size: (sizes[size], size[0] * size[1], size))
    c = max(channels, key=lambda k: (channels[k], k))
    if shape is None and max(h, w) > LARGEST:
        raise InvalidInput(
            f"most pictures of {named} have {w} x {h} pixels, and images have at most {LARGEST} "
            "on a side: give shape=(height, width, channels)"
        )
    if shape is not None:
        h, w, c = checked_shape(shape if len(shape) == 3 else (*shape, c))
    notes = []
    n, same = len(found.rows), sizes[h, w]
    if same < n:
        notes.append(
            f"{n - same:,} of {n:,} pictures have another size than {w} x {h}: what exceeds its "
            "proportions was cut off evenly at both ends, and the rest resized"
        )
    if channels[c] < n:
        kind = {1: "grey", 3: "colour", 4: "colour with opacity"}[c]
        notes.append(f"{n - channels[c]:,} of {n:,} pictures were made {kind}")
    if found.several:
        notes.append(f"of {found.several:,} files with several pictures the first one was read")
    return (h, w, c), notes


def checked_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """``shape`` as (h, w, c).

    Raises:
        InvalidInput: it is none that images can have.
    """
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) for k in shape)
    if not (len(shape) == 3 and whole):
        raise InvalidInput(f"shape must be (height, width, channels), got {shape}")
    h, w, c = (int(k) for k in shape)
    if not (1 <= h <= LARGEST and 1 <= w <= LARGEST and c in (1, 3, 4)):
        raise InvalidInput(
            f"shape must be (height, width, channels) with sides from 1 to {LARGEST} and 1, 3 or "
            f"4 channels, got {(h, w, c)}"
        )
    return h, w, c
