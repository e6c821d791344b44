"""Target's edits: the path of one picture to other attribute values, and what is seen on it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.image_grid import image_grid
from aegen.app.components.live import Live, Slider
from aegen.app.pages.target import picker, snippets, state
from aegen.app.place import SOURCES, at_code
from aegen.app.services.targets import Edit
from aegen.app.state import link, map, pictures, visit
from aegen.app.widgets import bound, row_picker, share_bar, target_text, values
from aegen.app.widgets.markdown import plain, sentence
from aegen.app.widgets.moving_picture import moving_picture
from aegen.core.errors import AegenError
from aegen.core.images import quantize

if TYPE_CHECKING:
    from aegen.targeting import Edited

__all__ = ["asked", "read_out", "share", "strip"]

NARROWEST = 60
"""Pixels across, of a picture on the path."""

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
    factors = services.targets.factors(name)
    if not factors:
        st.info("This bundle has no attributes that a picture could be edited to show.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row_picker.start(name)
        _becomes(name)
        with st.popover("How", icon=":material/tune:"):
            _how(name, factors)
    link.show(state.EDIT)
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

    attribute, there = next(iter(services.targets.factors(name, True).items()))
    picker.pick(
        "It becomes",
        name,
        state.edit_target,
        str(AttributeEquals(attribute, there[-1])),
        "What the picture shall show: a value, or one of each of several attributes.",
    )


def _how(name: str, factors: dict[str, tuple[str, ...]]) -> None:
    """Along which path, and what stays."""
    bound.choose("Path", state.kind, list(KINDS), format_func=KINDS.__getitem__, help=KINDS_HELP)
    key = f"held:{state.hold.key}"
    st.session_state[key] = list(_shown_held(factors))
    st.multiselect(
        "What stays",
        list(factors),
        key=key,
        format_func=partial(values.attribute_label, name),
        on_change=_take_held,
        args=(key,),
        help="By effects the classifier minds these; of a straight path their own directions are "
        "taken out.",
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
    """What stays, with the default of the path where nothing was chosen."""
    from aegen.targeting import parse
    from aegen.targeting.composition import wanted_values

    chosen = _held(factors)
    if chosen is not None:
        return chosen
    if state.kind.get() != "effects":
        return ()
    wanted: Collection[str] = ()
    with contextlib.suppress(AegenError):  # a target that cannot be followed changes nothing
        wanted = wanted_values(parse(state.edit_target.get()))
    return tuple(name for name in factors if name not in wanted)


def _take_held(key: str) -> None:
    state.hold.set(tuple(st.session_state[key]))


def _start(name: str) -> int | tuple[float, ...]:
    """The row, or the code of the uploaded picture."""
    code, row = row_picker.uploaded_code(name), map.pinned.get()
    if code is not None:
        return code
    return row_picker.default_row(name) if row is None else row


# what came of it


def strip(change: Edit) -> Edited:
    """The pictures on the path; a click chooses the one that is read out."""
    found = services.targets.edited(change)
    n = len(found.positions)
    with st.container(key="aegen-in-sight-edit"):
        choice = image_grid(
            quantize(found.images),
            key="edit-strip",
            label="Step",
            names=[_position(found, k) for k in range(n)],
            columns=n,
            least=NARROWEST,
            chosen=min(state.step.get(), n - 1),
            live=_live(change, n),
        )
        _strength()
    if choice is not None and choice != state.step.get():
        state.step.set(choice)
        st.rerun(scope="fragment")
    own = SOURCES[map.code_from.get()]
    start = f"Row {change.start:,}" if isinstance(change.start, int) else own
    wanted = services.targets.target_of(change.bundle, change.text)
    said = plain(target_text.words(wanted, change.bundle))
    st.markdown(f"{plain(start)} → {values.icons(change.bundle, wanted)} {said}")
    kind = st.success if found.reached is not None and not found.changed else st.warning
    kind(sentence(found.summary()) + ".", icon=":material/compare_arrows:")
    return found


def _strength() -> None:
    """How far the edit goes; the strip follows while it is moved."""
    key = bound.bind(state.reach)
    st.slider(
        "Strength",
        0.1,
        state.FURTHEST_EDIT,
        key=key,
        step=0.1,
        on_change=bound.take,
        args=(state.reach, key),
        help="1 is where the path leads; further exaggerates.",
    )


def _live(change: Edit, steps: int) -> Live:
    """How the strip follows the strength."""
    start = change.start if isinstance(change.start, int) else list(change.start)
    request = {
        "ask": "edit",
        "bundle": change.bundle,
        "start": start,
        "text": change.text,
        "kind": change.kind,
        "hold": None if change.hold is None else list(change.hold),
        "reach": change.reach,
        "to": change.reach,
        "steps": steps,
    }
    return Live("edit", request, (Slider(f"widget:{state.reach.key}", ("to",)),))


def read_out(change: Edit, found: Edited) -> None:
    """The chosen step beside the start, and all attribute probabilities there."""
    from aegen.figures import bars

    step = min(state.step.get(), len(found.positions) - 1)
    images = quantize(found.images)
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        share_bar.beside(
            [(images[0], "<b>before</b>"), (images[step], f"<b>{_position(found, step)}</b>")],
            side=150,
            below=True,
        )
        rows, distances = services.draws.nearest(change.bundle, found.codes[step : step + 1])
        row = int(rows[0])
        about = plain(services.bundles.words_of(change.bundle, row))
        st.caption(f"Nearest training row: {row:,} ({about}), {distances[0]:.3g} away.")
        if st.button("Look closer", icon=":material/zoom_in:", key="edit-look"):
            pictures.open_at(at_code(change.bundle, found.codes[step], "edit"))
            st.rerun()
    with right:
        read = _readings(found, step)
        names = [_called(change.bundle, *one[:2]) for one in read]
        _, _, now, before = zip(*read, strict=True)
        seen = [services.values.pictures(change.bundle, a).get(value, "") for a, value, *_ in read]
        st.markdown(
            f"**What is seen at {_position(found, step)}**",
            help="Probabilities by the bundle's classifier, or by a probe on codes for an "
            "attribute that it does not know. The mark is the probability before the edit.",
        )
        drawn = bars(names, now, reference=before, pictures=seen, title="what is seen")
        drawing(drawn, key="edit-readings")
        st.caption("Bars: the probability in this picture. Marks: in the picture before.")


def _position(found: Edited, step: int) -> str:
    return f"{100 * found.positions[step]:.0f} % of the way"


def _called(name: str, attribute: str, value: str) -> str:
    """A value beside its attribute."""
    title = services.values.title
    return f"{title(name, attribute)} {title(name, attribute, value)}"


def _readings(found: Edited, step: int) -> list[tuple[str, str, float, float]]:
    """Of each attribute the values that are likeliest before, at the step, or wanted."""
    readings = []
    for attribute, table in found.probabilities.items():
        named = found.values(attribute)
        shown = [int(table[0].argmax()), int(table[step].argmax())]
        if attribute in found.wanted:
            shown.append(named.index(found.wanted[attribute]))
        for k in dict.fromkeys(shown):
            readings.append((attribute, named[k], float(table[step, k]), float(table[0, k])))
    return readings


def share(change: Edit) -> None:
    """The edit as Python, as a command, as a link, and as files."""
    steps = len(services.targets.edited(change).images)
    share_bar.share(
        "target",
        snippets.python_of_edit(change),
        snippets.command_of_edit(change),
        share_bar.draw_files(f"{change.bundle}-edit", services.targets.edited, "Strip", steps),
        (change,),
    )
    moving_picture(f"{change.bundle}-edit", services.walks.edited, (change,))
