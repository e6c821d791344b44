"""Choices of a person: kept, written into the link, read back from it, apart for each bundle."""

from types import SimpleNamespace

import pytest

from aegen.app import state
from aegen.app.selection import Area, Having, area, parse


class Link(dict):
    def to_dict(self):
        return dict(self)

    def from_dict(self, values):
        self.clear()
        self.update(values)


@pytest.fixture
def visit(monkeypatch):
    """Begins another visit with a link; what it remembers can be taken up again."""

    def begin(**link):
        streamlit = SimpleNamespace(session_state={}, query_params=Link(link))
        monkeypatch.setattr(state, "st", streamlit)
        return streamlit

    return begin


ITEMS = (
    (state.seed, 17),
    (state.count, 9),
    (state.projection, "pca"),
    (state.axes, (2, 0)),
    (state.colour, "density"),
    (state.overlay, "kde"),
    (state.pinned, 4711),
    (state.nearest, True),
    (state.picked, 5),
    (state.sampler, "gaussian"),
    (state.selected, Having("class", "T-shirt/top & more")),
    (state.within, Area("axes-0-3", ((0.5, -1.25), (1e-7, 2.0), (3e5, 4.0)))),
)


@pytest.mark.parametrize(("item", "value"), ITEMS, ids=[item.name for item, _ in ITEMS])
def test_a_link_reproduces_each_choice(visit, item, value):
    first = visit(bundle="bars")
    item.set(value)
    state.publish([item])
    visit(**first.query_params)
    assert item.default != value
    assert item.get() == value
    assert state.complaints() == []


def test_defaults_stay_out_of_the_link(visit):
    link = visit(bundle="bars").query_params
    state.publish([state.count, state.pinned, state.nearest])
    assert link == {"bundle": "bars"}


def test_what_is_edited_in_the_link_counts_more_than_what_was_chosen(visit):
    page = visit(seed="3")
    assert state.seed.get() == 3
    state.seed.set(4)
    assert state.seed.get() == 4
    state.publish([state.seed])
    page.query_params["seed"] = "9"
    assert state.seed.get() == 9


def test_a_choice_outlives_a_page_that_does_not_show_it(visit):
    page = visit()
    state.seed.set(4)
    page.query_params.clear()  # as Streamlit does on the way to another page
    assert state.seed.get() == 4


def test_bundles_have_their_own_pin_but_share_the_seed(visit):
    visit(bundle="bars")
    state.pinned.set(7)
    state.seed.set(2)
    state.bundle.set("colours")
    assert state.pinned.get() is None
    assert state.seed.get() == 2
    state.bundle.set("bars")
    assert state.pinned.get() == 7


def test_two_visits_never_meet(visit, monkeypatch):
    one = visit(bundle="bars")
    state.seed.set(5)
    two = visit(bundle="colours")
    assert state.seed.get() == 0
    state.seed.set(6)
    monkeypatch.setattr(state, "st", one)
    assert (state.bundle.get(), state.seed.get()) == ("bars", 5)
    monkeypatch.setattr(state, "st", two)
    assert (state.bundle.get(), state.seed.get()) == ("colours", 6)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (state.seed, "-1"),
        (state.seed, "1.5"),
        (state.seed, "²"),
        (state.count, "100000"),
        (state.axes, "1"),
        (state.axes, "1,x"),
        (state.nearest, "maybe"),
        (state.selected, "everything"),
        (state.selected, "pca~1,2~3,4"),
        (state.selected, "pca~1,2~3,4~5"),
        (state.selected, "pca~1,2~3,4~inf,5"),
    ],
)
def test_what_cannot_be_read_is_said_once_and_the_default_taken(visit, item, text):
    visit(**{item.name: text})
    assert item.get() == item.default
    assert item.get() == item.default
    (sentence,) = state.complaints()
    assert item.name in sentence
    assert state.complaints() == []


def test_a_choice_that_is_not_offered_is_named_and_replaced(visit):
    visit(projection="tsne")
    assert state.projection.keep(["pca", "umap"]) == "umap"
    (sentence,) = state.complaints()
    assert "'tsne'" in sentence
    assert "pca, umap" in sentence


# selections


def test_a_drawn_area_keeps_its_outline_with_fewer_corners():
    import numpy as np

    from aegen.core.polygons import inside

    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    drawn = np.stack([5 + 3 * np.cos(turn), np.sin(turn)], axis=1)
    found = area("pca", drawn)
    assert len(found.polygon) < 160
    assert parse(found.text()) == found
    points = np.random.default_rng(0).uniform([1, -2], [9, 2], size=(20_000, 2))
    differ = (inside(points, drawn) != inside(points, found.polygon)).mean()
    assert differ < 0.002
    # the measure sees an outline that is really another one
    assert (inside(points, drawn) != inside(points, found.polygon[::8])).mean() > 0.002


def test_a_box_is_kept_as_it_is():
    box = ((0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4))
    assert area("umap", box) == Area("umap", box)


def test_a_stroke_along_a_line_stays_an_area_that_a_link_can_hold():
    found = area("pca", [(float(k), 2.0 * k) for k in range(20)])
    assert len(found.polygon) >= 3
    assert parse(found.text()) == found


def test_too_many_corners_stay_out_of_the_link():
    assert Area("pca", tuple((float(k), float(k * k % 7)) for k in range(500))).text() == ""
