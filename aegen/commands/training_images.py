"""The images that `aegen train` is given: a data set by its name, or what lies at a path."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["TrainingImages", "describe"]

NAMED = 20
"""Files left out that are named on the screen, each with its reason."""


@dataclass(frozen=True)
class TrainingImages:
    """Images as a person named them; `read` gives them.

    Attributes:
        data: a data set's name, or a path.
        folder: where the files of a named data set lie.
        attributes: table of attributes of the images at a path.
        shape: height x width, and channels where they are to be others, such as "64x48x3".
        limit: training rows to use at most.
    """

    data: str
    folder: Path | None = None
    attributes: Path | None = None
    shape: str | None = None
    limit: int | None = None

    @property
    def is_named(self) -> bool:
        """Whether a data set of that name is known, which goes before a path."""
        from aegen.data import datasets

        return self.data in datasets.names()

    @property
    def name(self) -> str:
        """A word for folders: the data set's name, or the path's last part in small letters."""
        if self.is_named:
            return self.data
        stem = Path(self.data).resolve().stem.lower()
        return re.sub(r"[^a-z0-9]+", "-", stem).strip("-") or "images"

    @property
    def source(self) -> dict[str, Any] | None:
        """What a checkpoint keeps of a path, so that the images can be read again."""
        if self.is_named:
            return None
        found: dict[str, Any] = {"path": str(Path(self.data).resolve())}
        if self.attributes is not None:
            found["attributes"] = str(self.attributes.resolve())
        if self.shape is not None:
            found["shape"] = list(_shape(self.shape))
        if self.limit is not None:
            found["limit"] = self.limit
        return found

    def options(self) -> str:
        """The options that name these images to `aegen bundles create`."""
        if self.is_named:
            given = {"--images": self.folder}
        else:
            given = {"--images": Path(self.data), "--attributes": self.attributes}
        words = {name: str(path) for name, path in given.items() if path is not None}
        words |= {} if self.limit is None else {"--limit": str(self.limit)}
        return "".join(f" {name} {shlex.quote(word)}" for name, word in words.items())

    def check(self) -> None:
        """Refuse, before anything is read, options that do not go with each other.

        Raises:
            UnknownName: neither a data set nor a file or folder.
            InvalidInput: options of the other kind of images, or a shape that is none.
        """
        from aegen.data import datasets

        if self.is_named:
            for option, given in (("--attributes", self.attributes), ("--shape", self.shape)):
                if given is not None:
                    raise InvalidInput(
                        f"{option} is for images at a path, but {self.data} is a data set that "
                        f"knows its own: leave it out, or write ./{self.data} for a folder"
                    )
            return
        if not Path(self.data).exists():
            raise UnknownName("data set, file or folder", self.data, datasets.names())
        if self.folder is not None:
            raise InvalidInput(
                f"--data is for the files of a data set by its name, and {self.data} is a path: "
                "leave it out"
            )
        if self.shape is not None:
            _shape(self.shape)

    def read(self) -> Any:
        """The `aegen.data.ImageSet`, with at most ``limit`` training rows.

        Raises:
            StorageError, InvalidInput: what lies there cannot be read, or does not fit a network.
        """
        from aegen.autoencoders.networks._size import LARGEST, SMALLEST
        from aegen.data import datasets

        if self.is_named:
            images = datasets.create(self.data).load(self.folder)
            images = images if self.limit is None else images.limited(self.limit)
        else:
            images = self._read_path()
        h, w, _ = images.image_shape
        if not (min(h, w) >= SMALLEST and max(h, w) <= LARGEST):
            raise InvalidInput(
                f"{self.data} has pictures of {h} x {w}; a network takes sides from {SMALLEST} to "
                f"{LARGEST}: give --shape HEIGHTxWIDTH, such as --shape {_fitting(h, w)}"
            )
        return images

    def _read_path(self) -> Any:
        from aegen.commands.progress_bar import followed
        from aegen.data import read

        given: dict[str, Any] = {}
        if self.attributes is not None:
            given["attributes"] = self.attributes
        if self.shape is not None:
            given["shape"] = _shape(self.shape)
        if self.limit is not None:
            given["limit"] = self.limit
        with followed():
            return read(Path(self.data), **given)


def describe(images: Any) -> None:
    """Say what was read, and name the files that were left out."""
    h, w, c = images.image_shape
    held = int(images.holdout.sum())
    typer.echo(
        f"{images.title}: {len(images.images):,} pictures of {h} x {w} x {c}, "
        f"{held:,} of them held out"
    )
    for note in images.notes:
        typer.echo(note)
    for file in images.skipped[:NAMED]:
        typer.echo(f"left out: {file}")
    if len(images.skipped) > NAMED:
        typer.echo(f"left out: {len(images.skipped) - NAMED:,} more files")


def _shape(text: str) -> tuple[int, ...]:
    """Height and width as typed, and channels where there are three numbers.

    Raises:
        InvalidInput: they are none, or out of bounds.
    """
    from aegen.autoencoders.networks._size import sides

    if not re.fullmatch(r"\d+(x\d+){0,2}", text):
        raise InvalidInput(
            f"--shape must be a height and a width, such as 64x48, or with channels 64x48x3, got "
            f"{text!r}"
        )
    numbers = [int(part) for part in text.split("x")]
    try:
        pair = sides(numbers[:2] if len(numbers) > 1 else numbers[0])
    except InvalidInput as problem:
        raise InvalidInput(f"--shape: {problem}") from None
    if (channels := numbers[2:]) and not 1 <= channels[0] <= 4:
        raise InvalidInput(f"--shape: channels must be from 1 to 4, got {channels[0]}")
    return (*pair, *channels)


def _fitting(h: int, w: int) -> str:
    """The shape nearest in proportion whose longer side is 128 pixels."""
    return "x".join(str(max(8, round(side * 128 / max(h, w)))) for side in (h, w))
