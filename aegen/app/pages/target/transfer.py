"""Target's transfer: the dependence of one group of rows with the margins of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.pages.target import picker, snippets, state
from aegen.app.place import at_code
from aegen.app.state import draws, formats, link
from aegen.app.widgets import bound, picture_grid, share_bar, target_text, values
from aegen.app.widgets.markdown import plain
from aegen.core.images import quantize

if TYPE_CHECKING:
    from aegen.targeting import Transferred

__all__ = ["TransferRequest", "asked", "figures", "pictures", "share"]

GROUP_HELP = "Rows with a value, or with one of each of several attributes; or any target as text."

TransferRequest = tuple[str, str, str, int, int]
"""A transfer as asked for: bundle, dependence of, margins of, how many, seed."""


def asked(name: str) -> TransferRequest | None:
    """The two groups as widgets; None where the bundle has no attributes to tell groups by."""
    options = _single_values(name)
    if len(options) < 2:
        st.info("This bundle has no attributes to tell groups of rows by.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for k, (label, item) in enumerate(
            (("Dependence of", state.source), ("Margins of", state.margins))
        ):
            picker.pick(label, name, item, options[k], GROUP_HELP)
        bound.number("Pictures", state.draws.count, 1, draws.MOST, width=120)
        bound.number("Seed", state.draws.seed, 0, formats.HIGHEST_SEED, width=120)
    link.show(state.TRANSFER)
    n, seed = state.draws.count.get(), state.draws.seed.get()
    return name, state.source.get(), state.margins.get(), n, seed


def _single_values(name: str) -> list[str]:
    """The texts of the targets that ask for one value of one attribute."""
    from aegen.targeting import AttributeEquals

    known = services.targets.factors(name, True)
    return [str(AttributeEquals(each, value)) for each in known for value in known[each]]


def pictures(asked: TransferRequest) -> Transferred:
    """Each draw before and, under it, after."""
    with st.spinner("Transferring …", width="stretch"):
        found = services.targets.transferred(*asked)
    picture_grid.picture_grid(
        quantize(found.images),
        lambda k: at_code(asked[0], found.codes[k], "draw"),
        key="transferred",
        label="Draws after the transfer",
        names=[f"draw {k + 1}, above after and below before" for k in range(len(found.codes))],
        below=quantize(found.before.images),
    )
    st.caption("Each draw after the transfer and, darker below it, before.")
    return found


def figures(name: str, found: Transferred) -> None:
    """How far the attribute moved, and how much of the rest stayed."""
    from aegen.figures import bars

    was, became = found.moved
    margins = plain(target_text.words(found.margins, name))
    seen = values.icons(name, found.margins)
    st.markdown(
        f"{seen} **{margins}**: {100 * was:.0f} % of the draws before, "
        f"**{100 * became:.0f} %** after",
        help="As the bundle's classifier sees the pictures.",
    )
    if found.stayed:
        names = [services.values.title(name, one) for one in found.stayed]
        shares = list(found.stayed.values())
        drawing(bars(names, shares, title="share of draws whose value stayed"), key="stayed")
        st.caption("Share of the draws whose value of each other attribute stayed the same.")
    st.caption(
        "Each coordinate of the code takes the value that has the same rank in the other group. "
        "How coordinates hang together is not touched, so an attribute that is told by that stays "
        "as it was. To make one picture show another value, edit it."
    )


def share(asked: TransferRequest) -> None:
    """The transfer as Python, as a command, as a link, and as files."""
    share_bar.share(
        "target",
        snippets.python_of_transfer(*asked),
        snippets.command_of_transfer(*asked),
        share_bar.draw_files(f"{asked[0]}-transfer-{asked[-1]}", services.targets.transferred),
        asked,
    )
