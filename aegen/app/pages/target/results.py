"""Target's draws: the latent model and strategy, the images, and how many fulfil the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import services
from aegen.app.components.drawing import drawing
from aegen.app.components.image_grid import image_grid
from aegen.app.pages.target import snippets, state
from aegen.app.row_selection import Area
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.targets import TargetRequest
from aegen.app.state import draws, formats, link, map, visit, watching
from aegen.app.widgets import (
    bound,
    draw_grid,
    fields,
    job_status,
    latent_map,
    share_bar,
    target_text,
    values,
)
from aegen.app.widgets.markdown import duration, plain, sentence
from aegen.app.widgets.model_overlay import Layers
from aegen.app.widgets.sprite_sheet import sprite_sheet
from aegen.core.images import quantize

if TYPE_CHECKING:
    from aegen.bundles.generation import Draw
    from aegen.targeting import Targeted

__all__ = ["chosen", "figures", "matching", "pictures", "place", "share", "ways"]

MAP_HEIGHT = 380

PATIENCE = 1.5
"""Seconds that draws may take before the page shows how far they are."""

WAYS = {
    "auto": "Choose for me",
    "rows": "From matching rows",
    "refit": "Refit to matching rows",
    "condition": "Conditioned",
    "resample": "Chosen by a probe",
    "reject": "Plain draws, sieved",
    "compose": "Composed",
}


def chosen(name: str, text: str) -> TargetRequest:
    """Latent model, number, seed and how as widgets."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sampler = bound.choose(
            "with",
            draws.sampler,
            services.samplers.sampler_names(),
            format_func=services.samplers.title_of,
            help="The latent model that draws.",
            width=250,
        )
        bound.number("Pictures", state.draws.count, 1, draws.MOST, width=120)
        bound.number("Seed", state.draws.seed, 0, formats.HIGHEST_SEED, width=120)
        st.button(
            "New pictures",
            icon=":material/casino:",
            on_click=state.draws.next_seed,
            type="primary",
            shortcut="n",
            help="Draw again with the next seed.",
        )
        found: tuple[tuple[str, Any], ...] = ()
        parameters = services.samplers.fields_of(sampler)
        with st.popover("How", icon=":material/tune:"):
            _how()
            if parameters:
                st.caption(f"Fields of the {plain(services.samplers.title_of(sampler))}")
                with st.container(horizontal=True, width=2 * fields.FIELD + 16):
                    found = fields.fields(sampler, parameters)
    link.show((*state.DRAW, *fields.items(sampler, parameters)))
    return TargetRequest(
        SamplerSpec(name, sampler, found),
        text,
        state.draws.count.get(),
        state.draws.seed.get(),
        state.strategy.get(),
        state.strict.get(),
    )


def _how() -> None:
    """How candidates are found, and whether doubtful ones stay."""
    from aegen.targeting import STRATEGIES

    bound.choose(
        "Strategy",
        state.strategy,
        list(WAYS),
        format_func=WAYS.__getitem__,
        help="  \n".join(f"**{WAYS[key]}**: {text}." for key, text in STRATEGIES.items()),
    )
    bound.switch(
        "Only what the classifier names",
        state.strict,
        help="Where the classifier misses real rows of the target, draws that it misses are kept "
        "as often, or they would show only what is easy to name. This leaves them out.",
    )
    bound.switch(
        "Nearest rows",
        state.draws.nearest,
        help="Shows each picture's nearest training row, in latent space, under it.",
    )


def matching(name: str, text: str) -> None:
    """How many training rows match."""
    found = services.targets.matching(name, text)
    total = services.bundles.bundle(name).manifest.rows
    effective = (
        f" (effective {found.effective:,.0f})" if abs(found.effective - found.rows) >= 1 else ""
    )
    st.caption(
        f"**{found.rows:,}** of {total:,} rows match{effective}",
        help="Effective: as many rows of full weight would say as much. It differs where rows "
        "match to a degree, as with probabilities.",
        width="content",
    )


def pictures(request: TargetRequest) -> Targeted | None:
    """The draws as a grid, with progress and a way to stop while they are made."""
    found = _made(request)
    if found is None:
        return None
    if not len(found):
        st.warning(sentence(found.caution or "nothing was found"), icon=":material/search_off:")
        return found
    draw_grid.grid(request.bundle, found.draw(), state.draws, "targeted")
    if found.caution:
        st.warning(sentence(found.caution), icon=":material/info:")
    return found


def _made(request: TargetRequest) -> Targeted | None:
    """The draws; None while they are made, which the page shows, or where they were stopped."""
    if job_status.stopped(
        request, "The search was stopped; nothing of it is kept.", "Search again"
    ):
        return None
    search = services.targets.search(request)
    watching.watch(search)
    if search.wait(PATIENCE) and search.result is not None:
        visit.last_targeted(request)
        found: Targeted = search.result
        return found
    if search.problem is not None:
        job_status.failed(search)
        return None
    job_status.progress(
        search, job_status.cancel, request, search, title="**Looking for pictures**", label="Stop"
    )
    _before(request)
    return None


def _before(request: TargetRequest) -> None:
    """The draws that stood here last, while others are looked for."""
    last: TargetRequest | None = visit.last_targeted()
    if last is None or last.bundle != request.bundle:
        return
    found = services.targets.found_before(last)
    if found is not None and len(found):
        image_grid(quantize(found.images), key="targeted-before", label="Draws of before")
        target = services.targets.target_of(last.bundle, last.text)
        st.caption(f"Still the draws of before: {plain(target_text.words(target, last.bundle))}.")


# what it is worth


def figures(request: TargetRequest, found: Targeted) -> None:
    """Whether draws show what was asked for, all together and by condition."""
    from aegen.figures import bars

    if not len(found):
        return
    target = services.targets.target_of(request.bundle, request.text)
    parts = services.targets.asked_parts(target)
    whole, singly = services.targets.baseline(request.spec, request.text)
    st.markdown(
        f"**Asked for: found in {_percent(found.share)}** of {len(found):,} "
        f":gray[(without the target {_percent(whole)})]",
        help=f"As the bundle's own classifier sees the pictures, and as places in latent "
        f"space are. Without the target: of {services.targets.PLAIN} plain draws of the same "
        "model.",
    )
    if len(parts) > 1:
        names = [target_text.words(part, request.bundle) for part in parts]
        shares = [float(part.accept(found.candidates).mean()) for part in parts]
        seen = [values.source(request.bundle, part) for part in parts]
        drawn = bars(names, shares, reference=singly, pictures=seen, title="found, by condition")
        drawing(drawn, key="found")
        st.caption("Found, by condition; the mark is the share without the target.")


def ways(request: TargetRequest, found: Targeted) -> None:
    """How the draws were found."""
    from aegen.targeting import STRATEGIES

    steps = found.strategy.split(" + ")
    how = "; ".join(STRATEGIES[step] for step in steps)
    rate = f"{100 * found.accepted / found.tested:.0f} %" if found.tested else "none"
    said = [f"{found.tried:,} drawn, {found.tested:,} tested, {rate} of them accepted"]
    if found.parents is not None:
        said.append(f"{found.parents:,} different parent rows")
    if found.effective_rows is not None:
        said.append(f"{found.effective_rows:,.0f} effective rows behind them")
    if found.doubtful:
        said.append(f"{found.doubtful:,} that the classifier doubts are kept")
    st.markdown(
        f"**{' + '.join(WAYS[step] for step in steps)}** :gray[· {duration(found.seconds)}]"
    )
    st.caption(sentence(how) + ".  \n" + plain("; ".join(said)) + ".")


def _percent(share: float) -> str:
    """A share, with a digit more where it is small.

    Example:
        >>> _percent(0.974), _percent(0.004)
        ('97 %', '0.4 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.1 or not share else f"{100 * share:.1f} %"


# where it is


def place(name: str, item: link.Item[str], found: Targeted | None) -> None:
    """The map: draws lie over the rows as rings, and what is drawn around becomes a condition."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        projection, colour = latent_map.map_controls(name)
    over = None
    if found is not None and len(found):
        places = services.projections.project(name, projection, found.codes)
        over = Layers(draws=places, codes=found.codes)
    draw = state.draws.picked
    latent_map.map_of_rows(name, projection, colour, over, height=MAP_HEIGHT, draw=draw)
    area = map.selected.get()
    if not isinstance(area, Area):
        rings = "Rings: the draws. " if over else ""
        st.caption(f"{rings}Draw around points to ask for pictures that fall there.")
        return
    with st.container(horizontal=True):
        st.button(
            "Ask for this area",
            icon=":material/add:",
            type="primary",
            on_click=_take_area,
            args=(item, area),
        )
        st.button("Clear area", on_click=latent_map.clear, icon=":material/close:")


def _take_area(item: link.Item[str], chosen: Area) -> None:
    from aegen.targeting import Region

    target_text.add(item, Region(chosen.projection, chosen.polygon))
    latent_map.clear()


# files


def share(request: TargetRequest) -> None:
    """The draws as Python, as a command, as a link, and as files."""
    stem, command = f"{request.bundle}-target-{request.seed}", snippets.command_of_target(request)

    def draw(asked: TargetRequest) -> Draw:
        return services.targets.targeted(asked).draw()

    share_bar.share(
        "target",
        snippets.python_of_target(request),
        command,
        share_bar.draw_files(stem, draw),
        (request,),
        [lambda: sprite_sheet(request.bundle, stem, draw, (request,), command)],
    )
