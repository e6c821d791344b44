"""Pictures of several latent models side by side, each as soon as it is drawn; see `compared`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import contenders, panels, services
from aegen.app.services import Asked
from aegen.app.wording import duration, sentence
from aegen.core.errors import AegenError
from aegen.core.pictures import grid

if TYPE_CHECKING:
    from aegen.comparison import Contender, Table
    from aegen.core.arrays import ByteArray

__all__ = ["Place", "all_pictures", "captions", "columns", "references"]

STYLE = """
<style>
.st-key-aegen-models {
  display: grid !important; gap: 1rem .9rem !important;
  grid-template-columns: repeat(auto-fit, minmax(min(150px, 44%), 1fr));
}
.st-key-aegen-models > * { max-width: 260px; }
.aegen-name { font-weight: 600; font-size: .92rem; line-height: 1.25; min-height: 2.5em;
  display: flex; flex-direction: column; justify-content: flex-end; overflow-wrap: anywhere; }
.aegen-name small { font-weight: 400; opacity: .7; }
.aegen-grid-of { aspect-ratio: 1; border-radius: 6px; overflow: hidden; display: grid;
  place-items: center; text-align: center; font-size: .82rem;
  background: color-mix(in srgb, currentColor 6%, transparent); }
.aegen-grid-of img { width: 100%; display: block; image-rendering: pixelated; }
.aegen-grid-of span { opacity: .7; padding: 0 1rem; }
.aegen-facts { font-size: .82rem; line-height: 1.45; min-height: 2.9em; opacity: .8; }
.aegen-copies { display: inline-block; border: 1px solid; border-radius: 9px; padding: 0 .45em;
  font-size: .75rem; font-weight: 600; color: #c54976; }
[class*="st-key-aegen-head-"] { flex-wrap: nowrap !important; }
[class*="st-key-aegen-head-"] > :first-child { flex: 1 1 0 !important; min-width: 0 !important; }
[class*="st-key-aegen-head-"] > :last-child { flex: none !important; }
.st-key-aegen-standing { min-height: 3.4rem; }
</style>
"""
"""Columns share the width, two of them on a phone; nothing moves when a picture comes."""

MANY, FEW = 36, 16
"""Pictures of each model where images are small, and where they are not."""

COPIES = (
    "Its draws lie less than half as far from training rows as new data do: it repeats what it "
    "was fitted to."
)


@dataclass(frozen=True)
class Place:
    """Where a model's column takes what comes later.

    Attributes:
        model: its text.
        picture: where the pictures go, if they come with the figures; else None.
        facts: where fit and draw time go.
    """

    model: str
    picture: Any
    facts: Any


def columns(asked: Asked, table: Table) -> list[Place]:
    """A column a model: name, pictures, and a place for times; quick ones are drawn here."""
    st.html(STYLE)
    found = []
    with st.container(key="aegen-models"):
        for k, model in enumerate(asked.models):
            with st.container(key=f"aegen-model-{k}", gap="xsmall"):
                _head(k, model)
                here = services.at_hand(services.spec_of(asked.bundle, model))
                picture: Any = st.container() if here else st.empty()
                found.append((Place(model, None if here else picture, st.empty()), picture))
    captions([place for place, _ in found], table)
    for place, picture in found:
        if place.picture is None:
            with picture:
                _drawn(asked, place.model)
    return [place for place, _ in found]


def _head(k: int, model: str) -> None:
    """A model's name, and a way to leave it out."""
    contender = services.contender_of(model)
    name, _, fields = contender.title.partition(" (")
    about = f"<small>{escape(fields.removesuffix(')'))}</small>" if fields else ""
    with st.container(
        key=f"aegen-head-{k}", horizontal=True, vertical_alignment="bottom", gap=None
    ):
        st.html(f'<div class="aegen-name"><span>{escape(name)}</span>{about}</div>')
        st.button(
            "",
            icon=":material/close:",
            key=f"remove {model}",
            type="tertiary",
            on_click=contenders.remove,
            args=(model,),
            help=f"Leave out {name}.",
            width="content",
        )


def _drawn(asked: Asked, model: str) -> None:
    """The pictures of a model, or why there are none."""
    try:
        spec = services.spec_of(asked.bundle, model)
        _show(services.pictures_of(spec, _number(asked), asked.seed), model)
    except AegenError as problem:
        st.warning(sentence(str(problem)), icon=":material/info:")


def _number(asked: Asked) -> int:
    return MANY if max(services.bundle(asked.bundle).image_shape[:2]) <= 32 else FEW


def _show(images: ByteArray, name: str, place: Any = st) -> None:
    source = panels.source(grid(images, gap=1))
    place.html(
        f'<div class="aegen-grid-of"><img src="{source}" data-shown="1" '
        f'alt="{len(images)} draws of {escape(name, quote=True)}"></div>'
    )


def captions(places: Sequence[Place], table: Table) -> None:
    """Times and marks of all models, and the pictures of those that come with the figures."""
    for place in places:
        contender = services.contender_of(place.model)
        place.facts.html(f'<div class="aegen-facts">{_facts(contender, table)}</div>')
        if place.picture is not None:
            _late(place, contender, table)


def _facts(contender: Contender, table: Table) -> str:
    seconds = table.seconds(contender)
    if table.problems(contender):
        return escape(f"Failed: {table.problems(contender)[0]}")
    if seconds is None:
        return "figures are still to come"
    fit, draw = (duration(each) for each in seconds)
    mark = f'<br><span class="aegen-copies" title="{COPIES}">copies</span>'
    return f"fit {fit} · draw {draw}{mark if table.copies(contender) else ''}"


def _late(place: Place, contender: Contender, table: Table) -> None:
    images = _first_images(contender, table)
    if images is not None:
        _show(images, contender.title, place.picture)
        return
    said = (
        "no pictures"
        if table.problems(contender)
        else "its fit takes a while: pictures come with its figures"
    )
    place.picture.html(f'<div class="aegen-grid-of"><span>{said}</span></div>')


def _first_images(contender: Contender, table: Table) -> ByteArray | None:
    return next((r.images for r in table.of(contender) if r.images is not None), None)


# references


def references(asked: Asked) -> None:
    """What frames every comparison, in grey: real rows, copies, and a prior that knows nothing."""
    shown = _references(asked)
    if not shown:
        return
    columns = "".join(
        f'<figure style="margin:0;flex:1 1 140px;max-width:220px"><div class="aegen-grid-of">'
        f'<img src="{panels.source(grid(images, gap=1))}" alt="{escape(name)}"></div>'
        f'<figcaption style="font-size:.82rem;line-height:1.4;opacity:.8"><b>{escape(name)}</b>'
        f"<br>{escape(about)}</figcaption></figure>"
        for name, images, about in shown
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:12px">{columns}</div>')


ABOUT = {
    "held-out": "real images that no model has seen, as the autoencoder shows them: the best "
    "that any latent model can reach",
    "bootstrap": "training rows drawn again: true to the data, and nothing but copies",
    "standard-normal": "the prior that knows nothing of the codes",
}


def _references(asked: Asked) -> list[tuple[str, ByteArray, str]]:
    from aegen.comparison import HELD_OUT, REFERENCES

    found = []
    for contender in REFERENCES:
        try:
            images = (
                services.reference_pictures(asked.bundle, asked.draws, asked.seed, _number(asked))
                if contender == HELD_OUT
                else services.pictures_of(
                    services.spec_of(asked.bundle, contender.text), _number(asked), asked.seed
                )
            )
        except AegenError:  # the figures' own sentence says why
            continue
        found.append((contender.title, images, ABOUT.get(contender.sampler, "")))
    return found


def all_pictures(asked: Asked, table: Table) -> list[tuple[str, ByteArray]]:
    """All grids that there are by now, with their names."""
    found = []
    for model in asked.models:
        contender = services.contender_of(model)
        spec = services.spec_of(asked.bundle, model)
        images = (
            services.pictures_of(spec, _number(asked), asked.seed)
            if services.at_hand(spec)
            else _first_images(contender, table)
        )
        if images is not None:
            found.append((contender.title, images))
    return found + [(name, images) for name, images, _ in _references(asked)]
