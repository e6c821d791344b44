"""A grid of pictures of which each leads on: a click opens it large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.components.image_grid import image_grid
from aegen.app.place import Place
from aegen.app.state import pictures
from aegen.core.arrays import ByteArray

__all__ = ["of_places", "of_rows", "picture_grid"]


def picture_grid(
    images: ByteArray, at: Callable[[int], Place], *, key: str, label: str, **options: Any
) -> None:
    """Shows ``images`` (n, h, w, c); a click on the k-th opens the picture at the place ``at(k)``.

    ``options`` are those of `aegen.app.components.image_grid.image_grid`.
    """
    looked = pictures.look.get()
    places = range(len(images)) if looked is not None else ()
    chosen = next((k for k in places if at(k) == looked), None)
    choice = image_grid(images, key=key, label=label, chosen=chosen, **options)
    if choice is not None:
        pictures.open_at(at(choice))
        st.rerun()


def of_places(found: Sequence[Place], *, key: str, label: str, **options: Any) -> None:
    """A grid of the pictures at places of one bundle, at least one."""
    images = services.places.pictures(found[0].bundle, tuple(found))
    picture_grid(images, found.__getitem__, key=key, label=label, **options)


def of_rows(name: str, rows: Sequence[int], *, key: str, label: str, **options: Any) -> None:
    """A grid of training rows, at least one."""
    options.setdefault(
        "names", [f"row {row:,}: {services.bundles.words_of(name, row)}" for row in rows]
    )
    picture_grid(
        services.images.sheet(name, tuple(rows)),
        lambda k: Place(name, rows[k]),
        key=key,
        label=label,
        **options,
    )
