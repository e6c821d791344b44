"""How a mask was trained, epoch by epoch: accuracy, what remains, flips."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aegen.figures.mask_colours import MASK_COLOURS, MaskColours

__all__ = ["colours", "curves"]


def colours() -> MaskColours:
    """Of masks on the page's paper."""
    return MASK_COLOURS["dark" if st.context.theme.type == "dark" else "light"]


def curves(known: Any, *, now: int | None = None, last: int | None = None) -> str:
    """Accuracy, what remains and flips by epoch, as HTML."""
    from aegen.figures.palette import CATEGORIES
    from aegen.figures.training_curves import curve

    records = known.records
    epochs = [record["epoch"] for record in records]
    about: dict[str, Any] = {"now": now, "last": last}
    return "".join(
        [
            curve(
                epochs,
                [100 * record["accuracy"] for record in records],
                title="Accuracy on test rows",
                unit=" %",
                **about,
            ),
            curve(
                epochs,
                [100 * record["remaining"] for record in records],
                title="Remaining weights",
                unit=" %",
                colour=CATEGORIES[2],
                log=True,
                **about,
            ),
            curve(
                epochs,
                [sum(record["flips"].values()) for record in records],
                title="Flips",
                colour=CATEGORIES[4],
                log=True,
                **about,
            ),
        ]
    )
