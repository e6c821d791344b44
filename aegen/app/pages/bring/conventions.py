"""Rows beside what the autoencoder makes of them, under each convention that may be meant."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from aegen.app import services
from aegen.app.pages.bring import state
from aegen.app.services.creations import Inspection, Option, Refusal, Sources
from aegen.app.state import visit
from aegen.app.widgets import job_status
from aegen.app.widgets.markdown import duration, plain, sentence
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["chosen", "comparison", "inspected"]

FIRST = 4
"""Conventions that are shown before somebody asks for all."""

FEW_NOTES = 3

USUAL = 120.0
"""Seconds from which on the time that all rows will take is worth a thought."""


def inspected(sources: Sources, below: Mapping[str, Any]) -> Inspection | None:
    """What was found out of these files; None where that is still to come, or cannot be.

    Args:
        sources: the files.
        below: the place below each field, for what is wrong with its file.
    """
    memory, stamped = visit.memory(), services.creations.stamped(sources)
    if memory.inspected is None or memory.inspected[0] != stamped:
        found = _waited(sources)
        if found is None:
            return None
        memory.inspected = stamped, found
    result: Inspection | Refusal = memory.inspected[1]
    if isinstance(result, Inspection):
        return result
    with below.get(result.field) or st.container():
        show_problem(AegenError(result.problem))
    return None


def _waited(sources: Sources) -> Inspection | Refusal | None:
    """The result of the job that tries them; how it stands, where there is none yet."""
    if services.creations.running():
        st.caption("What comes back is tried when the bundle below is made.")
        return None
    words = "Trying the autoencoder was cancelled; nothing of it is kept."
    if job_status.stopped(sources, words, "Try again"):
        return None
    job = services.creations.inspection_job(sources)
    job.wait(QUICK)
    if job.problem is not None:
        job_status.failed(job)
        return None
    if not job.over:
        title = "**Trying the autoencoder on some rows**"
        job_status.progress(job, job_status.cancel, sources, job, title=title)
        return None
    found: Inspection | Refusal = job.result
    return found


QUICK = 0.2
"""Seconds that the page waits for a result before it shows how far it is."""


def chosen(found: Inspection) -> Option | None:
    """The option that is taken: the person's choice, or else the suggested one."""
    if not found.options:
        return None
    text = state.option.get()
    place = int(text) if text else found.suggested
    return found.options[min(place, len(found.options) - 1)]


def comparison(found: Inspection) -> None:
    """What was read, the originals, and what came back."""
    st.subheader(_heading(found), anchor=False)
    _facts(found)
    if found.doubt:
        st.warning(found.doubt, icon=":material/help:")
    if found.originals:
        name = "Originals" if found.kind != "codes" else "Codes, as bars"
        _line(f"**{name}**", found.originals, name)
    if found.options and not found.options[0].strip:
        _without_pictures(found)
    else:
        _options(found)


def _heading(found: Inspection) -> str:
    if not found.options:
        return "What was read"
    return "What comes back" if found.originals else "What comes out"


def _facts(found: Inspection) -> None:
    """What was read, in a line, and what was decided meanwhile."""
    size = math.prod(found.code_shape)
    shape = " x ".join(map(str, found.code_shape))
    code = f"codes of {size:,} numbers" + (f" ({shape})" if len(found.code_shape) > 1 else "")
    parts = [f"**{found.rows:,}** {found.row}", *([code] if found.kind != "codes" else [])]
    if found.attributes:
        parts.append("attributes: " + plain(", ".join(found.attributes[:8])))
    if found.seconds > USUAL:
        parts.append(f"encoding and decoding takes about {duration(found.seconds)}")
    st.markdown(" &nbsp;·&nbsp; ".join(parts))
    notes = [sentence(note) for note in found.notes]
    if found.reduced:
        notes.append(
            "Models will work on principal components of the codes: so many numbers are too many"
        )
    few = notes if len(notes) <= FEW_NOTES else []
    st.caption("  \n".join([*_evidence(found), *few]))
    if few or not notes:
        return
    left_out = sum(note.startswith("Left out") for note in notes)
    more = f", {left_out} of them on files that were left out" if left_out else ""
    with st.expander(f"{len(notes)} notes on what was decided{more}", icon=":material/notes:"):
        st.markdown("\n".join(f"- {note}" for note in notes))


def _evidence(found: Inspection) -> list[str]:
    """How clearly the suggested convention is the right one, as Markdown."""
    errors = [option.error for option in found.options if option.error is not None]
    if len(errors) < 2:
        return []
    ratio = math.sqrt(errors[1] / max(errors[0], 1e-12))
    if ratio < CLEAR:
        return ["Several conventions do about as well: choose by what you see, or know"]
    times = f"{ratio:.2g} times" if ratio < 100 else "over 100 times"
    return [f"The first convention comes {times} nearer to the originals than the next best one"]


CLEAR = 1.15
"""How many times nearer the best must come to be called so."""


def _options(found: Inspection) -> None:
    """Each convention with what comes back, the suggested one first."""
    if not found.options:
        return
    taken = chosen(found)
    shown = list(found.options)
    if len(shown) > FIRST + 1:
        everything = st.session_state.get(ALL, False)
        shown = shown if everything else shown[:FIRST]
        if taken not in shown and taken is not None:
            shown.append(taken)
    for option in shown:
        place = found.options.index(option)
        _line(
            _words(option),
            option.strip,
            "What comes back",
            partial(_choice, found, option, place),
        )
    if len(found.options) > FIRST + 1:
        st.toggle(f"Show all {len(found.options)} that were tried", key=ALL)


ALL = "bring:all"


def _words(option: Option) -> str:
    """A convention, as Markdown."""
    if option.taken is None and option.given is None:
        return "**What comes back**" if option.error is not None else "**Decoded**"
    if option.taken is None:
        return f"**{plain(str(option.given))}** out"
    if option.taken == option.given:
        return f"**{plain(str(option.taken))}** in and out"
    return f"**{plain(str(option.taken))}** in, **{plain(str(option.given))}** out"


def _choice(found: Inspection, option: Option, place: int) -> None:
    """How far off it is, and whether it is taken, or the button that takes it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if option.error is not None:
            share = 100 * math.sqrt(option.error)
            of = "" if found.kind == "image" else " of their spread"
            st.caption(f"off by {share:.2g} %{of}", width="content", help=OFF)
        if len(found.options) < 2:
            return
        if option is chosen(found):
            words = "Taken, as suggested" if place == found.suggested else "Taken"
            st.badge(words, icon=":material/check:", color="primary")
            return
        st.button(
            "Take this",
            key=f"bring:option:{place}",
            type="tertiary",
            icon=":material/radio_button_unchecked:",
            on_click=state.option.set,
            args=(str(place),),
        )
        if place == found.suggested:
            st.badge("Suggested", color="gray")


OFF = (
    "The root of the mean squared difference between originals and what comes back. Pixels count "
    "from 0 (black) to 100 % (white). It tells which range the networks were trained with: the "
    "right one is mostly the best by far."
)


def _line(words: str, strip: bytes, alt: str, below: Callable[[], None] | None = None) -> None:
    """A strip of pictures with words at its left; on a phone above it."""
    left, right = st.columns([1, 2.2], gap="medium", vertical_alignment="center")
    with left, st.container(gap="xsmall"):
        st.markdown(words)
        if below is not None:
            below()
    right.html(
        f'<img alt="{alt}" src="data:image/webp;base64,{base64.b64encode(strip).decode()}" '
        f'style="width:100%;max-width:{WIDEST}px;max-height:{HIGHEST}px;object-fit:contain;'
        'object-position:left;image-rendering:pixelated;display:block">'
    )


WIDEST, HIGHEST = 720, 110
"""Pixels of a strip on the page."""


def _without_pictures(found: Inspection) -> None:
    """An encoder alone: nothing comes back, so the person must know what it takes."""
    places = list(range(len(found.options)))
    key = "bring:option"
    taken = chosen(found)
    st.session_state[key] = found.options.index(taken) if taken is not None else 0
    st.selectbox(
        "Pixels enter the encoder in",
        places,
        key=key,
        format_func=lambda place: str(found.options[place].taken),
        on_change=lambda: state.option.set(str(st.session_state[key])),
        width=420,
        help="Without a decoder nothing tells which it was trained with: take the range of its "
        "training. Codes come out of any, but right ones of that alone.",
    )
