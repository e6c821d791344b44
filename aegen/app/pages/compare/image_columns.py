"""Pictures of several latent models side by side, each as soon as it is drawn."""

from __future__ import annotations

import contextlib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aegen.app.pages.compare import form, state
from aegen.app.services import bundles, comparisons
from aegen.app.services.comparisons import ComparisonRequest, Shown
from aegen.app.state import visit
from aegen.app.widgets import picture_grid
from aegen.app.widgets.markdown import duration, plain
from aegen.core.errors import AegenError
from aegen.metrics.distance_ratio import COPIES

if TYPE_CHECKING:
    from aegen.comparison import Table
    from aegen.core.arrays import ByteArray

__all__ = ["all_pictures", "columns", "references", "skip"]

MANY, FEW = 36, 16
"""Pictures of each model where images are small, and where they are not."""

COPYING = (
    f"Its draws lie less than {COPIES:g} times as far from training rows as new data do: it "
    "repeats what it was fitted to."
)


def columns(asked: ComparisonRequest, table: Table) -> None:
    """A column a model: its name, its pictures as soon as they are drawn, its times."""
    st.html(Path(__file__).with_suffix(".css"))
    places = []
    with st.container(key="aegen-models"):
        for k, model in enumerate(asked.models):
            with st.container(key=f"aegen-model-{k}", gap="xsmall"):
                _head(k, model)
                places.append((model, st.container(key=f"aegen-pictures-{k}")))
                if model in asked.skipped:
                    _skipped(asked, model)
                else:
                    st.html(f'<div class="aegen-facts">{_facts(model, table)}</div>')
    for model, place in places:
        with place:
            _pictures(asked, model, table)


def _head(k: int, model: str) -> None:
    """A model's name, and the button that leaves it out."""
    name, _, fields = comparisons.candidate_of(model).title.partition(" (")
    about = f"<small>{escape(fields.removesuffix(')'))}</small>" if fields else ""
    with st.container(
        key=f"aegen-head-{k}", horizontal=True, vertical_alignment="bottom", gap=None
    ):
        st.html(f'<div class="aegen-name"><span>{escape(name)}</span>{about}</div>')
        gone = st.button(
            f"Leave out {plain(name)}",  # read out, not seen
            icon=":material/close:",
            key=f"remove {model}",
            type="tertiary",
            on_click=form.remove,
            args=(model,),
            help="Leave this model out.",
            width="content",
        )
    if gone:
        st.rerun()


def _pictures(asked: ComparisonRequest, model: str, table: Table) -> None:
    """The pictures of a model, or why there are none."""
    candidate = comparisons.candidate_of(model)
    problems = table.problems(candidate)
    said = "no pictures" if problems else "its fit takes a while: pictures come with its figures"
    try:
        shown = _images(asked, model, table)
    except AegenError as problem:
        said, shown = str(problem), None
    if shown is None:
        st.html(f'<div class="aegen-grid-of"><span>{escape(said)}</span></div>')
    else:
        _grid(shown, f"compared-{model}", f"Draws of {candidate.title}")


def _grid(shown: Shown, key: str, label: str) -> None:
    """Pictures that can be looked at closely."""
    picture_grid.picture_grid(shown.images, shown.places.__getitem__, key=key, label=label)


def _images(asked: ComparisonRequest, model: str, table: Table) -> Shown | None:
    """Draws of a model: of a quick one made here, of a slow one those that were measured."""
    candidate, n = comparisons.candidate_of(model), _number(asked)
    if candidate.slow:
        found = (comparisons.pictures_in(result, n) for result in table.of(candidate))
        return next((shown for shown in found if shown is not None), None)
    spec = comparisons.spec_of(asked.bundle, model)
    return comparisons.pictures_of(spec, n, asked.seed)


def _number(asked: ComparisonRequest) -> int:
    return MANY if max(bundles.bundle(asked.bundle).image_shape[:2]) <= 32 else FEW


def _skipped(asked: ComparisonRequest, model: str) -> None:
    st.button(
        "Skipped: measure it",
        key=f"measure {model}",
        icon=":material/play_arrow:",
        type="tertiary",
        on_click=skip,
        args=(asked, model, False),
        help="It was skipped, so that the others are compared without it.",
    )


def skip(asked: ComparisonRequest, model: str, yes: bool = True) -> None:
    """Compare the other models without it, or with it again; meant for callbacks."""
    known = tuple(other for other in state.skipped.get() or () if other != model)
    state.skipped.set((*known, model) if yes else known or None)
    comparisons.skip(asked, model, visit.session_id(), yes)


def _facts(model: str, table: Table) -> str:
    """Times, whether it copies, or what went wrong."""
    candidate = comparisons.candidate_of(model)
    problems, seconds = table.problems(candidate), table.seconds(candidate)
    if seconds is None:
        return escape(f"Failed: {problems[0]}") if problems else "figures are still to come"
    fit, draw = (duration(each) for each in seconds)
    mark = f'<br><span class="aegen-copies" title="{COPYING}">copies</span>'
    return f"fit {fit} · draw {draw}{mark if table.copies(candidate) else ''}"


def references(asked: ComparisonRequest) -> None:
    """What frames every comparison, in grey: real rows, copies, and a prior that knows nothing."""
    shown = _references(asked)
    if not shown:
        return
    with st.container(key="aegen-small-references"):
        columns = st.columns(4)
    for column, (name, images, about) in zip(columns, shown, strict=False):
        with column, st.container(gap="xsmall"):
            _grid(images, f"reference-{name}", name)
            st.caption(f"**{plain(name)}**  \n{plain(about)}")


ABOUT = {
    "held-out": "images that the autoencoder has not seen, as it shows them: the best that any "
    "latent model can reach",
    "bootstrap": "training rows drawn again: true to the data, and nothing but copies",
    "standard-normal": "the prior that knows nothing of the codes",
}


def _references(asked: ComparisonRequest) -> list[tuple[str, Shown, str]]:
    from aegen.comparison import HELD_OUT, REFERENCES

    found, n = [], _number(asked)
    for candidate in REFERENCES:
        try:
            images = (
                comparisons.reference_pictures(asked.bundle, asked.draws, asked.seed, n)
                if candidate == HELD_OUT
                else comparisons.pictures_of(
                    comparisons.spec_of(asked.bundle, candidate.text), n, asked.seed
                )
            )
        except AegenError:  # the figures' own sentence says why
            continue
        found.append((candidate.title, images, ABOUT.get(candidate.sampler, "")))
    return found


def all_pictures(asked: ComparisonRequest, table: Table) -> list[tuple[str, ByteArray]]:
    """All grids that there are by now, with their names."""
    found = []
    for model in asked.measured:
        with contextlib.suppress(AegenError):
            images = _images(asked, model, table)
            if images is not None:
                found.append((comparisons.candidate_of(model).title, images.images))
    return found + [(name, shown.images) for name, shown, _ in _references(asked)]
