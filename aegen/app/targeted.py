"""Target's draws: the latent model and how, the pictures, and how many show what was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app import controls, drawn, fields, map, panels, services, snippets, state, wishes
from aegen.app.components.drawing import drawing
from aegen.app.components.image_grid import image_grid
from aegen.app.overlay import Layers
from aegen.app.selection import Area
from aegen.app.services import Spec, Wish
from aegen.app.wording import duration, plain, sentence
from aegen.core.pictures import grid, png, quantize
from aegen.core.storage import npz

if TYPE_CHECKING:
    from aegen.targeting import Targeted

__all__ = ["SHOWN", "chosen", "figures", "matching", "pictures", "place", "share", "ways"]

SHOWN: tuple[state.Item[Any], ...] = (
    state.aim,
    state.want,
    state.sampler,
    state.count,
    state.seed,
    state.strategy,
    state.strict,
    state.nearest,
    state.picked,
    state.projection,
    state.axes,
    state.colour,
    state.selected,
    state.pinned,
)
"""What the link of targeted draws holds, beside the latent model's fields."""

MAP_HEIGHT = 380

PATIENCE, POLL = 1.5, 0.5
"""Seconds that draws may take before the page shows how far they are, and between two looks."""

WAYS = {
    "auto": "Choose for me",
    "rows": "From matching rows",
    "refit": "Refit to matching rows",
    "condition": "Conditioned",
    "resample": "Chosen by a probe",
    "reject": "Plain draws, sieved",
    "compose": "Composed",
}


def chosen(name: str, text: str) -> Wish:
    """Latent model, number, seed and how as widgets."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sampler = controls.choose(
            "with",
            state.sampler,
            services.samplers(),
            format_func=services.title_of,
            help="The latent model that draws.",
            width=250,
        )
        controls.number("Pictures", state.count, 1, state.MOST_DRAWS, width=120)
        controls.number("Seed", state.seed, 0, state.HIGHEST_SEED, width=120)
        st.button(
            "New seed",
            icon=":material/casino:",
            on_click=drawn.next_seed,
            type="primary",
            shortcut="n",
            help="Draw again with the next seed.",
        )
        found: tuple[tuple[str, Any], ...] = ()
        parameters = services.fields_of(sampler)
        with st.popover("How", icon=":material/tune:"):
            _how()
            if parameters:
                st.caption(f"Fields of the {plain(services.title_of(sampler))}")
                with st.container(horizontal=True, width=2 * fields.FIELD + 16):
                    found = fields.fields(sampler, parameters)
    state.publish((*SHOWN, *fields.items(sampler, parameters)))
    return Wish(
        Spec(name, sampler, found),
        text,
        state.count.get(),
        state.seed.get(),
        state.strategy.get(),
        state.strict.get(),
    )


def _how() -> None:
    """How candidates are found, and whether doubtful ones stay."""
    from aegen.targeting import STRATEGIES

    controls.choose(
        "Strategy",
        state.strategy,
        list(WAYS),
        format_func=WAYS.__getitem__,
        help="  \n".join(f"**{WAYS[key]}**: {text}." for key, text in STRATEGIES.items()),
    )
    controls.switch(
        "Only what the classifier names",
        state.strict,
        help="Where the classifier misses real rows of the target, draws that it misses are kept "
        "as often, or they would show only what is easy to name. This leaves them out.",
    )
    controls.switch(
        "Nearest rows",
        state.nearest,
        help="Shows each picture's nearest training row, in latent space, under it.",
    )


def matching(name: str, text: str) -> None:
    """How many training rows match."""
    found = services.matching(name, text)
    total = services.bundle(name).manifest.rows
    effective = (
        f" (effective {found.effective:,.0f})" if abs(found.effective - found.rows) >= 1 else ""
    )
    st.caption(
        f"**{found.rows:,}** of {total:,} rows match{effective}",
        help="Effective: as many rows of full weight would say as much. It differs where rows "
        "match to a degree, as with probabilities.",
        width="content",
    )


def pictures(wish: Wish) -> Targeted | None:
    """The draws as a grid, with progress and a way to stop while they are made."""
    found = _made(wish)
    if found is None:
        return None
    if not len(found):
        st.warning(sentence(found.caution or "nothing was found"), icon=":material/search_off:")
        return found
    below, names = None, [f"picture {k + 1}" for k in range(len(found))]
    if state.nearest.get():
        rows, distances = services.nearest(wish.bundle, found.codes)
        below = services.sheet(wish.bundle, tuple(int(row) for row in rows))
        names = [
            f"picture {k + 1}, nearest row {row}, {distance:.2f} away"
            for k, (row, distance) in enumerate(zip(rows, distances, strict=True))
        ]
    choice = image_grid(
        quantize(found.images),
        key="targeted",
        label="Draws",
        names=names,
        below=below,
        chosen=drawn.chosen(len(found)),
    )
    if found.caution:
        st.warning(sentence(found.caution), icon=":material/info:")
    if choice is not None:
        state.picked.set(None if choice == state.picked.get() else choice)
        st.rerun(scope="fragment")
    return found


def _made(wish: Wish) -> Targeted | None:
    """The draws; None while they are made, which the page shows, or where they were stopped."""
    who, before = state.who(), state.sought(wish)
    if before is not None and before != wish:
        services.leave_search(before, who)
    if wish in state.stopped():
        _stopped(wish)
        return None
    search = services.search(wish, who)
    if search.wait(PATIENCE):
        state.last_targeted(wish)
        return search.result()
    _progress(wish)
    _before(wish)
    return None


def _before(wish: Wish) -> None:
    """The draws that stood here last, while others are looked for."""
    last: Wish | None = state.last_targeted()
    if last is None or last.bundle != wish.bundle:
        return
    found = services.found_before(last)
    if found is not None and len(found):
        image_grid(quantize(found.images), key="targeted-before", label="Draws of before")
        target = services.target_of(last.bundle, last.text)
        st.caption(f"Still the draws of before: {plain(wishes.words(target))}.")


@st.fragment(run_every=POLL)
def _progress(wish: Wish) -> None:
    """Looks again by itself; the page runs anew when the search is over."""
    search = services.search(wish, state.who())
    if search.over or wish in state.stopped():
        st.rerun()
    with st.container(border=True):
        st.progress(search.share, plain(search.text))
        st.button(
            "Stop", icon=":material/stop_circle:", on_click=_stop, args=(wish,), key="stop-target"
        )


def _stop(wish: Wish) -> None:
    state.stopped().add(wish)
    services.leave_search(wish, state.who())


def _stopped(wish: Wish) -> None:
    with st.container(border=True):
        st.markdown("The search was stopped; nothing of it is kept.")
        st.button(
            "Search again",
            icon=":material/replay:",
            on_click=state.stopped().discard,
            args=(wish,),
        )


# what it is worth


def figures(wish: Wish, found: Targeted) -> None:
    """Whether draws show what was asked for, all together and by condition."""
    from aegen.figures import bars

    target = services.target_of(wish.bundle, wish.text)
    parts = services.asked_parts(target)
    if len(found):
        whole, singly = services.baseline(wish.spec, wish.text)
        st.markdown(
            f"**Asked for: found in {_percent(found.share)}** of {len(found):,} "
            f":gray[(without the target {_percent(whole)})]",
            help=f"As the bundle's own classifier sees the pictures, and as places in latent "
            f"space are. Without the target: of {services.PLAIN} plain draws of the same model.",
        )
        if len(parts) > 1:
            drawing(
                bars(
                    [wishes.words(part) for part in parts],
                    [float(part.accept(found.candidates).mean()) for part in parts],
                    reference=singly,
                    title="found, by condition",
                ),
                key="found",
            )
            st.caption("Found, by condition; the mark is the share without the target.")


def ways(wish: Wish, found: Targeted) -> None:
    """How the draws were found, and the chosen one beside its nearest training row."""
    _ways(found)
    with st.container(border=True, height=drawn.DETAIL, vertical_alignment="center"):
        choice = drawn.chosen(len(found))
        if choice is None:
            st.caption("Choose a picture to see the training row that is nearest to it.")
        else:
            drawn.detail(wish.spec, found.draw(), choice)


def _ways(found: Targeted) -> None:
    """How the draws came about, in words."""
    from aegen.targeting import STRATEGIES

    steps = found.strategy.split(" + ")
    how = "; ".join(STRATEGIES[step] for step in steps)
    rate = f"{100 * found.accepted / found.judged:.0f} %" if found.judged else "none"
    said = [f"{found.tried:,} drawn, {found.judged:,} judged, {rate} of them accepted"]
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


def place(name: str, item: state.Item[str], found: Targeted | None) -> None:
    """The map: draws lie over the rows as rings, and what is drawn around becomes a condition."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        projection, colour = map.map_controls(name)
    over = None
    if found is not None and len(found):
        over = Layers(draws=services.project(name, projection, found.codes))
    map.map_of_rows(name, projection, colour, over, height=MAP_HEIGHT)
    area = state.selected.get()
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
        st.button("Clear area", on_click=map.clear, icon=":material/close:")


def _take_area(item: state.Item[str], chosen: Area) -> None:
    from aegen.targeting import Region

    wishes.add(item, Region(chosen.projection, chosen.polygon))
    map.clear()


# files


def share(wish: Wish) -> None:
    """The draws as Python, as a command, as a link, and as files."""
    stem = f"{wish.bundle}-target-{wish.seed}"
    panels.share(
        "target",
        snippets.python_of_target(wish),
        snippets.command_of_target(wish),
        [
            ("PNG", f"{stem}.png", "image/png", _png),
            ("npz", f"{stem}.npz", "application/zip", _npz),
        ],
        (wish,),
    )


def _png(wish: Wish) -> bytes:
    """As ``aegen target --out grid.png`` writes it."""
    return png(grid(services.targeted(wish).images, gap=2, scale=2))


def _npz(wish: Wish) -> bytes:
    return npz(services.targeted(wish).draw().arrays())
