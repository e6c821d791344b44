"""All tickets at hand beside the paper's networks: accuracy over the weights that remain."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import streamlit as st

from aegen.app.pages.masks import state
from aegen.app.pages.masks.ticket_picker import show
from aegen.app.services import reconstruction, tickets
from aegen.app.services.evaluation_data import DATA_TITLES
from aegen.app.state import visit
from aegen.app.widgets import ticket_names
from aegen.app.widgets.chart import chart, drawn, paper
from aegen.app.widgets.for_paper import Exhibit
from aegen.app.widgets.markdown import plain
from aegen.core.errors import AegenError
from aegen.core.intervals import wilson_interval
from aegen.core.text_table import TextTable
from aegen.figures.mask_frontier import FrontierPoint, frontier
from aegen.figures.template import Paper

__all__ = ["beside_the_paper", "exhibits"]

Panels = dict[str, list[FrontierPoint]]
"""Points by data set, that of the open ticket first."""


WIDTHS = (1.4, 1, 1)
"""Of panels beside each other."""


def beside_the_paper(name: str) -> None:
    """A panel for each data set, and what to mind when they are compared."""
    if state.ticket.get() != name and not visit.page_runs():  # a point was clicked
        st.rerun()
    panels = _panels(name)
    st.subheader("Beside the paper", anchor=False)
    for place, data in enumerate(panels):
        if place % len(WIDTHS) == 0:
            columns = st.columns(WIDTHS[: len(panels)])
        with columns[place % len(WIDTHS)]:
            key = f"frontier-{data}-{name}"
            open_ = functools.partial(_open, key)
            chart(_figure(panels, data, paper()), key=key, on_click=open_)
    st.caption(_words(name, panels))


def exhibits(name: str) -> Iterator[Exhibit]:
    """The same for a paper."""
    panels = _panels(name)
    for data in panels:
        title = f"Accuracy by weights left, {_title(data)}"
        yield Exhibit(
            f"frontier-{re.sub('[^a-z0-9]+', '-', data.lower())[:40]}",
            title,
            functools.partial(_figure, panels, data, "light"),
            functools.partial(_table, panels[data]),
        )


def _open(key: str) -> None:
    """Open the ticket that was clicked."""
    points = st.session_state[key]["selection"]["points"]
    chosen = points[0].get("customdata") if points else None
    chosen = chosen[0] if isinstance(chosen, list) and chosen else chosen
    if isinstance(chosen, str) and chosen in ticket_names.at_hand(chosen):
        show(chosen)


def _panels(name: str) -> Panels:
    from aegen.supermask.published import PUBLISHED

    found: Panels = {}
    for each in PUBLISHED:
        size = "" if each.width == 1 else f"\u00d7 {each.width:g}"
        network = _network(each.network)
        point = FrontierPoint(
            f"{network} {size} in the paper".replace("  ", " "),
            network,
            each.remaining,
            each.accuracy,
            each.remaining_ends,
            each.accuracy_ends,
            published=True,
            size=size,
            note=f"{100 * each.baseline:.2f} % with all weights trained",
        )
        found.setdefault(each.data, []).append(point)
    for other in ticket_names.at_hand(name):
        point_and_data = _point(other, other == name)
        if point_and_data is not None:
            point, data = point_and_data
            found.setdefault(data, []).append(point)
    own = str(tickets.about(name).get("data", ""))
    return dict(sorted(found.items(), key=lambda entry: (entry[0] != own, entry[0] != "mnist")))


def _point(name: str, chosen: bool) -> tuple[FrontierPoint, str] | None:
    """A ticket as a point with its data set; None where it says no accuracy of a network."""
    from aegen.supermask.training.recipe import augmentation

    try:
        about = tickets.about(name)
        accuracy, data = about.get("accuracy"), str(about.get("data", ""))
        if not isinstance(accuracy, int | float) or not 0 <= accuracy <= 1 or not data:
            return None
        network, size = tickets.network_and_size(name)
        if not network:
            return None
        total = tickets.total(name)
    except AegenError:  # its own page says what is wrong with it
        return None
    rows = about.get("test_rows")
    tested = rows if isinstance(rows, int) and rows > 0 else None
    note = f"{total.total:,} weights"
    note += f", {tested:,} test rows" if tested else ""
    recipe = about.get("recipe")
    changed = augmentation(recipe) if isinstance(recipe, dict) else ""
    note += f", {changed}" if changed else ""
    point = FrontierPoint(
        ticket_names.called(name),
        _network(network),
        total.remaining,
        float(accuracy),
        accuracy_ends=wilson_interval(round(accuracy * tested), tested) if tested else None,
        size=size,
        chosen=chosen,
        key=name,
        note=note,
    )
    return point, data


def _network(name: str) -> str:
    from aegen.supermask.networks import networks

    return networks.get(name).__name__ if name in networks.names() else name


def _figure(panels: Panels, data: str, on: Paper) -> Any:
    from aegen.figures.palette import category_colours
    from aegen.supermask.published import PUBLISHED

    every = [_network(each.network) for each in PUBLISHED]  # one colour, whatever else there is
    every += [point.network for points in panels.values() for point in points]
    names = list(dict.fromkeys(every))
    colours = dict(zip(names, category_colours(len(names)), strict=True))
    return drawn(frontier, panels[data], _title(data), colours, paper=on)


def _title(data: str) -> str:
    return DATA_TITLES.get(data, data)


def _table(points: list[FrontierPoint], made: Any) -> TextTable:
    """What the figure shows, in percent."""
    figures = (
        "remaining %",
        "remaining low",
        "remaining high",
        "right %",
        "right low",
        "right high",
    )
    rows = []
    for point in points:
        ends = [
            None if pair is None else 100 * pair[k]
            for pair in (point.remaining_ends, point.accuracy_ends)
            for k in (0, 1)
        ]
        source = "paper" if point.published else "ticket"
        about = (point.name, point.network, point.size, source)
        left, right = 100 * point.remaining, 100 * point.accuracy
        rows.append((*about, left, *ends[:2], right, *ends[2:]))
    return TextTable(("name", "network", "size", "from", *figures), tuple(rows))


def _words(name: str, panels: Panels) -> str:
    """What the marks are, and where tickets were tested otherwise than the paper's networks."""
    from aegen.supermask.published import TEST_ROWS

    said = [
        "Open circles: the paper's networks, with the intervals that its authors print (arXiv "
        "2201.13361). Filled: tickets at hand; a ring is around this one, a click opens another. "
        "Diamonds: narrower or wider than the paper's network of that name."
    ]
    others = {
        (data, int(rows))
        for data, points in panels.items()
        for rows in (tickets.about(p.key).get("test_rows") for p in points if p.key)
        if isinstance(rows, int) and rows != TEST_ROWS.get(data, rows)
    }
    said += [
        f"Tickets on {_title(data)} that say {rows:,} test rows were not tested on the paper's "
        f"{TEST_ROWS[data]:,} rows."
        for data, rows in sorted(others)
    ]
    missing = [_title(data) for data in panels if data not in TEST_ROWS]
    if missing:
        said.append(f"The paper has no network on {' or '.join(map(plain, missing))}.")
    if not any(point.chosen for points in panels.values() for point in points):
        redraws = reconstruction.picture(name) is not None
        why = (
            "its accuracy is that of a classifier on what it redraws"
            if redraws
            else "it does not say which network of the paper's it is, how accurate, or on what"
        )
        said.append(f"This ticket is not shown: {why}.")
    return " ".join(said)
