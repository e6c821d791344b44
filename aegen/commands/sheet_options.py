"""The options of a sprite sheet, which `aegen sample` and `aegen target` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from numpy.typing import ArrayLike

from aegen.commands.destination import require_file
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = [
    "SheetAtlas",
    "SheetColumns",
    "SheetFile",
    "SheetFiles",
    "SheetGap",
    "SheetOrder",
    "SheetScale",
    "SheetZip",
    "Transparent",
]

PANEL = "Sprite sheet"

SheetFile = Annotated[
    Path | None,
    typer.Option(help="All images side by side, nothing smoothed: .png", rich_help_panel=PANEL),
]
SheetAtlas = Annotated[
    Path | None,
    typer.Option(
        help="Where each image of the sheet is: .json, as TexturePacker writes it",
        rich_help_panel=PANEL,
    ),
]
SheetZip = Annotated[
    Path | None,
    typer.Option(
        "--zip",
        help="Each image as a file of its own, the sheet and its atlas: .zip",
        rich_help_panel=PANEL,
    ),
]
SheetScale = Annotated[
    int,
    typer.Option(
        min=1,
        max=64,
        help="Pixels of the sheet that a pixel of an image is, each way",
        rich_help_panel=PANEL,
    ),
]
SheetGap = Annotated[
    int, typer.Option(min=0, max=256, help="Pixels between images", rich_help_panel=PANEL)
]
SheetColumns = Annotated[
    int | None, typer.Option(min=1, help="Images side by side", rich_help_panel=PANEL)
]
Transparent = Annotated[
    bool,
    typer.Option(
        "--transparent",
        help="The background, where it is of one colour, becomes clear",
        rich_help_panel=PANEL,
    ),
]
SheetOrder = Annotated[
    str | None,
    typer.Option(
        help="An attribute by whose value images are sorted and called", rich_help_panel=PANEL
    ),
]


@dataclass(frozen=True)
class SheetFiles:
    """The files of a sheet, and how it is laid out."""

    sheet: Path | None = None
    atlas: Path | None = None
    archive: Path | None = None
    scale: int = 1
    gap: int = 0
    columns: int | None = None
    transparent: bool = False
    order: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether there is a file to write."""
        return any((self.sheet, self.atlas, self.archive))

    def require(self, out: Path | None) -> None:
        """Refuse files that could not be written, and a layout of no sheet.

        Args:
            out: another file that the command writes.

        Raises:
            InvalidInput, StorageError: see `aegen.commands.destination.require_file`.
        """
        for file, end, option in (
            (self.sheet, ".png", "--sheet"),
            (self.atlas, ".json", "--atlas"),
            (self.archive, ".zip", "--zip"),
        ):
            if file is not None:
                require_file(file, end, option=option)
        named = [file.absolute() for file in (out, self.sheet) if file is not None]
        if len(named) > len(set(named)):
            raise InvalidInput("--out and --sheet name the same file: give each one of its own")
        if not self.wanted and self != SheetFiles():
            raise InvalidInput(
                "--scale, --gap, --columns, --transparent and --order are of a sheet: name its "
                "file with --sheet"
            )

    def require_room(self, bundle: Bundle, n: int) -> None:
        """Refuse what cannot be done with ``n`` images of a bundle, before there are any.

        Raises:
            InvalidInput: too many pixels, no background, or no such order.
        """
        if self.wanted:
            from aegen.bundles.draw_sheet import require_sheet
            from aegen.core.images import require_grid

            shape = bundle.image_shape
            require_grid(n, shape, columns=self.columns, gap=self.gap, scale=self.scale)
            require_sheet(bundle, transparent=self.transparent, order=self.order)

    def write(self, bundle: Bundle, images: ArrayLike) -> None:
        """Write the files, and say so."""
        if not self.wanted:
            return
        from aegen.bundles.draw_sheet import draw_sheet
        from aegen.core.storage import write_bytes

        made = draw_sheet(
            bundle,
            images,
            scale=self.scale,
            gap=self.gap,
            columns=self.columns,
            transparent=self.transparent,
            order=self.order,
        )
        stem = next(file.stem for file in (self.sheet, self.archive, self.atlas) if file)
        named = self.sheet.name if self.sheet else f"{stem}.png"
        for file, make in (
            (self.sheet, made.png),
            (self.atlas, lambda: made.atlas(named)),
            (self.archive, lambda: made.archive(stem)),
        ):
            if file is not None:
                write_bytes(file, make())
                typer.echo(f"Written: {file}")
