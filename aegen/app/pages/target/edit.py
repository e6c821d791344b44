"""Target's edits: one picture on its way to other attribute values, and what is seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import navigation, services
from aegen.app.components.drawing import drawing
from aegen.app.components.image_grid import image_grid
from aegen.app.pages.target import builder, snippets, state
from aegen.app.services import Edit
from aegen.app.state import link, map, visit
from aegen.app.widgets import bound, image_upload, row_picker, share_bar, target_text
from aegen.app.widgets.markdown import plain, sentence
from aegen.core.errors import AegenError
from aegen.core.images import grid, png, quantize
from aegen.core.storage import npz

if TYPE_CHECKING:
    from aegen.targeting import Edited

__all__ = ["asked", "read_out", "share", "strip"]

KINDS = {
    "effects": "By effects",
    "mean-difference": "Mean difference",
    "logistic": "Logistic probe",
}
KINDS_HELP = (
    "**By effects**: what each value adds to a code, alone and beside the others, learned from "
    "all rows; the classifier looks at the end and it is mended.  \n"
    "**Mean difference**: straight from the mean of the rows with the old value to that of the "
    "rows with the new one.  \n"
    "**Logistic probe**: straight across the border that a logistic regression draws."
)


def asked(name: str) -> Edit | None:
    """Where an edit starts and what it becomes, as widgets; None where there is nothing to ask."""
    factors = services.factors(name)
    if not factors:
        st.info("This bundle has no attributes that a picture could be edited to show.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row_picker.row_field(
            "Start at row", name, map.pinned, row_picker.default_row(name, 0), _take_row
        )
        st.button(
            "Random row",
            icon=":material/casino:",
            on_click=_roll,
            args=(name,),
            help="Another row at random. The link names it.",
        )
        with st.popover("Your picture", icon=":material/add_photo_alternate:"):
            image_upload.bring(name)
        _becomes(name)
        with st.popover("How", icon=":material/tune:"):
            _how(factors)
    link.publish(state.EDIT)
    return Edit(
        name,
        _start(name),
        state.edit_target.get(),
        state.kind.get(),
        _held(factors),
        state.reach.get(),
    )


def _becomes(name: str) -> None:
    """What the picture shall show: a value from the list, or several as text."""
    from aegen.targeting import AttributeEquals

    values = services.factors(name, True)
    options = [
        str(AttributeEquals(attribute, value))
        for attribute in values
        for value in values[attribute]
    ]
    if not state.edit_target.get():
        state.edit_target.set(options[len(next(iter(values.values()))) - 1])
    builder.pick(
        "It becomes",
        name,
        state.edit_target,
        options,
        "A value from the list; or type several at once, such as hair=3 and body=2.",
    )


def _how(factors: dict[str, tuple[str, ...]]) -> None:
    """Which way, what stays, how far."""
    bound.choose("Way", state.kind, list(KINDS), format_func=KINDS.__getitem__, help=KINDS_HELP)
    key = f"held:{state.hold.key}"
    st.session_state[key] = list(_shown_held(factors))
    st.multiselect(
        "What stays",
        list(factors),
        key=key,
        format_func=bound.words,
        on_change=_take_held,
        args=(key,),
        help="By effects the classifier minds these; of a straight way their own directions are "
        "taken out.",
    )
    key = bound.bind(state.reach)
    st.slider(
        "How far",
        0.1,
        state.FURTHEST_EDIT,
        key=key,
        step=0.1,
        on_change=bound.take,
        args=(state.reach, key),
        help="1 is where the way leads; further exaggerates.",
    )


def _held(factors: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    chosen = state.hold.get()
    if chosen is None:
        return None
    for name in set(chosen) - set(factors):
        visit.notify(f"There is no attribute {name!r} here that could stay; it is left out.")
    known = tuple(name for name in chosen if name in factors)
    state.hold.set(known)
    return known


def _shown_held(factors: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What stays, with the default of the way where nothing was chosen."""
    chosen = _held(factors)
    if chosen is not None:
        return chosen
    if state.kind.get() != "effects":
        return ()
    wished = _wished(state.edit_target.get())
    return tuple(name for name in factors if name not in wished)


def _wished(text: str) -> set[str]:
    """Names of the attributes that are to change; of none where the wish cannot be followed."""
    from aegen.targeting import parse
    from aegen.targeting.composition import wanted_values

    try:
        return set(wanted_values(parse(text)))
    except AegenError:
        return set()


def _take_held(key: str) -> None:
    state.hold.set(tuple(st.session_state[key]))


def _start(name: str) -> int | tuple[float, ...]:
    """The row, or the code of the person's own picture, where it fits the bundle."""
    code = map.uploaded_code.get()
    if code is not None:
        d = services.bundle(name).latent_dim
        if len(code) == d:
            return code
        visit.notify(f"The code of your picture has {len(code)} numbers, and codes here {d}.")
        map.uploaded_code.reset()
    row = map.pinned.get()
    return row_picker.default_row(name, 0) if row is None else row


def _take_row(item: link.Item[int | None], key: str) -> None:
    if st.session_state[key] is not None:
        item.set(st.session_state[key])
        map.uploaded_code.reset()


def _roll(name: str) -> None:
    map.uploaded_code.reset()
    row_picker.roll(name, map.pinned)


# what came of it


def strip(change: Edit) -> Edited:
    """The pictures on the way; a click chooses the one that is read out."""
    found = services.edited(change)
    n = len(found.positions)
    choice = image_grid(
        quantize(found.images),
        key="edit-strip",
        label="Step",
        names=[f"{100 * position:.0f} % of the way" for position in found.positions],
        columns=n,
        chosen=min(state.step.get(), n - 1),
    )
    if choice is not None and choice != state.step.get():
        state.step.set(choice)
        st.rerun(scope="fragment")
    start = "Your picture, as it comes back" if _brought(change) else f"Row {change.start:,}"
    st.markdown(f"{plain(start)} → {plain(target_text.words_of(change.bundle, change.text))}")
    kind = st.success if found.reached is not None and not found.changed else st.warning
    kind(sentence(found.summary()) + ".", icon=":material/compare_arrows:")
    return found


def _brought(change: Edit) -> bool:
    return not isinstance(change.start, int)


def read_out(change: Edit, found: Edited) -> None:
    """The chosen step beside the start, and all attribute probabilities there."""
    from aegen.figures import bars

    step = min(state.step.get(), len(found.positions) - 1)
    images = quantize(found.images)
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        share_bar.beside(
            [(images[0], "<b>before</b>"), (images[step], f"<b>{_place(found, step)}</b>")],
            side=150,
            wrap=True,
        )
        rows_, distances = services.nearest(change.bundle, found.codes[step : step + 1])
        known = services.sample_of(change.bundle, int(rows_[0]))
        about = ", ".join(f"{key} {value}" for key, value in known.items())
        st.caption(
            f"Nearest training row: {int(rows_[0]):,} ({plain(about)}), {distances[0]:.3g} away."
        )
        navigation.link("traverse", "Traverse from this row")
    with right:
        readings = _readings(found, step)
        st.markdown(
            f"**What is seen at {_place(found, step)}**",
            help="Probabilities by the bundle's classifier, or by a probe on codes for an "
            "attribute that it does not know. The mark is the probability before the edit.",
        )
        drawing(
            bars(
                [name for name, _, _ in readings],
                [now for _, now, _ in readings],
                reference=[before for _, _, before in readings],
                title="what is seen",
            ),
            key="edit-readings",
        )
        st.caption("Bars: the probability in this picture. Marks: in the picture before.")


def _place(found: Edited, step: int) -> str:
    return f"{100 * found.positions[step]:.0f} % of the way"


def _readings(found: Edited, step: int) -> list[tuple[str, float, float]]:
    """Of each attribute the values that are likeliest before, at the step, or wanted."""
    readings = []
    for attribute, table in found.probabilities.items():
        values = found.values(attribute)
        shown = [int(table[0].argmax()), int(table[step].argmax())]
        if attribute in found.wanted:
            shown.append(values.index(found.wanted[attribute]))
        for k in dict.fromkeys(shown):
            readings.append(
                (f"{attribute} {values[k]}", float(table[step, k]), float(table[0, k]))
            )
    return readings


# files


def share(change: Edit) -> None:
    """The edit as Python, as a command, as a link, and as files."""
    stem = f"{change.bundle}-edit"
    share_bar.share(
        "target",
        snippets.python_of_edit(change),
        snippets.command_of_edit(change),
        [
            ("Strip", f"{stem}.png", "image/png", _png),
            ("npz", f"{stem}.npz", "application/zip", _npz),
        ],
        (change,),
    )


def _png(change: Edit) -> bytes:
    images = services.edited(change).images
    return png(grid(images, columns=len(images), gap=2, scale=2))


def _npz(change: Edit) -> bytes:
    return npz(services.edited(change).arrays())
