"""Pictures as a sprite sheet for games and print: its layout, its atlas, files of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.state import sheets
from aegen.app.widgets import bound
from aegen.app.widgets.lazy_popover import lazy_popover

__all__ = ["sprite_sheet"]

CLEAR = "What has the colour of the background, from the border inwards, becomes transparent."


def sprite_sheet(
    name: str,
    stem: str,
    make: Callable[..., Any],
    arguments: tuple[Any, ...],
    command: str | None = None,
) -> None:
    """A small button that opens what a sprite sheet needs.

    Args:
        name: of the bundle.
        stem: the files' name without their ending.
        make: gives the record whose ``images`` are laid out, when a file is asked for.
        arguments: what it gets.
        command: the command that draws the same, to which that of the sheet is added.
    """
    lazy_popover(
        "Sprite sheet",
        lambda: _content(name, stem, make, arguments, command),
        icon=":material/grid_view:",
        key=f"sheet:{stem}",
    )


def _content(
    name: str,
    stem: str,
    make: Callable[..., Any],
    arguments: tuple[Any, ...],
    command: str | None,
) -> None:
    options = _options(name)
    with st.container(horizontal=True):
        for label, end, mime in (
            ("Sheet", "png", "image/png"),
            ("Atlas", "json", "application/json"),
            ("ZIP", "zip", "application/zip"),
        ):
            st.download_button(
                label,
                functools.partial(_file, end, stem, name, make, arguments, options),
                file_name=f"{stem}-sheet.{end}",
                mime=mime,
                key=f"sheet:{stem}:{end}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.caption(
        "Atlas: where each picture lies, as JSON that Phaser and PixiJS read. "
        "ZIP: each picture as a file of its own, with the sheet and its atlas."
    )
    if command:
        st.code(_command(command, options), language="bash", wrap_lines=True)


def _options(name: str) -> dict[str, Any]:
    """How the sheet is laid out, as widgets."""
    clear = services.images.can_be_clear(name)
    orders = services.images.orders(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = bound.choose(
            "Scale",
            sheets.scale,
            sheets.SCALES,
            format_func=lambda n: f"{n} ×",
            help="Each pixel becomes a square of so many; nothing is smoothed.",
            width=90,
        )
        gap = bound.number("Gap in pixels", sheets.gap, 0, 64, width=130)
        order = ""
        if orders:
            order = bound.choose(
                "Order",
                sheets.order,
                ["", *orders],
                format_func=lambda each: f"by {bound.words(each).lower()}" if each else "as drawn",
                help="Sorted by what the classifier sees, which is then part of the names.",
                width=150,
            )
    if clear:
        bound.switch("Transparent background", sheets.transparent, help=CLEAR)
    return {
        "scale": scale,
        "gap": gap,
        "order": order or None,
        "transparent": clear and sheets.transparent.get(),
    }


def _file(
    end: str,
    stem: str,
    name: str,
    make: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> bytes:
    from aegen.bundles.draw_sheet import draw_sheet

    services.images.one_thread()
    images = make(*arguments).images
    made = draw_sheet(services.bundles.bundle(name), images, **options)
    files: dict[str, Callable[[], bytes]] = {
        "png": made.png,
        "json": lambda: made.atlas(f"{stem}-sheet.png"),
        "zip": lambda: made.archive(f"{stem}-sheet"),
    }
    return files[end]()


def _command(command: str, options: dict[str, Any]) -> str:
    """The command that writes the sheet.

    Example:
        >>> _command("aegen sample mnist", {"scale": 2, "gap": 0, "transparent": True})
        'aegen sample mnist --sheet sheet.png --atlas sheet.json --scale 2 --transparent'
    """
    words = [command.partition(" --out ")[0], "--sheet sheet.png --atlas sheet.json"]
    words += [f"--scale {options['scale']}"] if options["scale"] != 1 else []
    words += [f"--gap {options['gap']}"] if options["gap"] else []
    words += ["--transparent"] if options["transparent"] else []
    words += [f"--order {options['order']}"] if options.get("order") else []
    return " ".join(words)
