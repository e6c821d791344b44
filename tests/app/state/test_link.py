"""Choices of a person: kept, written into the link, read back from it, apart for each bundle."""

import importlib
import pkgutil
from types import SimpleNamespace

import numpy as np
import pytest

from aegen.app import pages
from aegen.app.pages.sample.state import draws as sample
from aegen.app.row_selection import Area, AttributeEquals, area, parse
from aegen.app.state import draws, formats, link, map
from aegen.app.state import visit as memory


class Link(dict):
    def to_dict(self):
        return dict(self)

    def from_dict(self, values):
        self.clear()
        self.update(values)


@pytest.fixture
def show(monkeypatch):
    """Takes a visit up again."""

    def switch(streamlit):
        for module in (link, memory):
            monkeypatch.setattr(module, "st", streamlit)

    return switch


@pytest.fixture
def visit(show):
    """Begins another visit with a link; what it remembers can be taken up again."""

    def begin(**values):
        streamlit = SimpleNamespace(session_state={}, query_params=Link(values))
        show(streamlit)
        return streamlit

    return begin


ITEMS = (
    (sample.seed, 17),
    (sample.count, 9),
    (map.projection, "pca"),
    (map.axes, (2, 0)),
    (map.colour, "density"),
    (map.overlay, "kde"),
    (map.pinned, 4711),
    (sample.nearest, True),
    (sample.picked, 5),
    (draws.sampler, "gaussian"),
    (map.selected, AttributeEquals("class", "T-shirt/top & more")),
    (draws.within, Area("axes-0-3", ((0.5, -1.25), (1e-7, 2.0), (3e5, 4.0)))),
)


@pytest.mark.parametrize(("item", "value"), ITEMS, ids=[item.name for item, _ in ITEMS])
def test_a_link_reproduces_each_choice(visit, item, value):
    first = visit(bundle="bars")
    item.set(value)
    link.show([item])
    link.publish()
    visit(**first.query_params)
    assert item.default != value
    assert item.get() == value
    assert memory.notices() == []


def test_defaults_stay_out_of_the_link(visit):
    shown = visit(bundle="bars").query_params
    link.show([sample.count, map.pinned, sample.nearest])
    link.publish()
    assert shown == {"bundle": "bars"}
    sample.count.set(9)
    link.publish()
    assert shown == {"bundle": "bars", "sample.n": "9"}


# arriving


@pytest.fixture
def arrive(monkeypatch):
    """Runs a whole page: the address that the browser gives, and whether by Back or Forward."""

    def run(streamlit, page, address, *, stepped=False):
        context = SimpleNamespace(is_history_navigation=stepped)
        monkeypatch.setattr(link, "get_script_run_ctx", lambda: context)
        streamlit.query_params.from_dict(address)
        link.arrive(page)
        link.show([sample.seed, sample.count])
        found = sample.seed.get(), sample.count.get()
        link.settle()
        return found

    return run


def test_a_link_counts_on_arrival_and_what_is_chosen_afterwards(visit, arrive):
    page = visit()
    assert arrive(page, "sample", {"sample.seed": "3"}) == (3, 64)
    sample.seed.set(4)
    assert arrive(page, "sample", {"sample.seed": "3"}) == (4, 64)


def test_back_brings_the_link_s_choices_and_the_defaults_that_it_leaves_out(visit, arrive):
    page = visit()
    assert arrive(page, "sample", {"bundle": "bars", "sample.seed": "3"}) == (3, 64)
    sample.seed.set(4)
    sample.count.set(9)
    back = {"bundle": "bars", "sample.seed": "3"}
    assert arrive(page, "sample", back, stepped=True) == (3, 64)
    sample.count.set(10)
    assert arrive(page, "sample", back) == (3, 10)  # the next act on the page is no step


def test_the_bare_address_of_an_arrival_is_left_to_the_browser(visit, arrive):
    page = visit()
    arrive(page, "sample", {})
    link.bundle.set("bars")
    link.publish()
    assert page.query_params == {}
    assert link.current() == {"bundle": "bars", "sample.seed": "0"}
    sample.seed.set(3)  # an act, though the browser still says that its address is bare
    link.publish()
    assert page.query_params == {"bundle": "bars", "sample.seed": "3"}


def test_a_choice_outlives_a_page_that_does_not_show_it(visit, arrive):
    page = visit()
    arrive(page, "sample", {"bundle": "bars"})
    sample.count.set(9)
    assert arrive(page, "traverse", {}) == (0, 9)
    assert arrive(page, "sample", {}) == (0, 9)


def test_what_a_callback_chose_counts_more_than_the_page_that_it_leads_to(visit):
    visit(bundle="bars", **{"sample.seed": "3"})
    sample.seed.set(4)
    assert sample.seed.get() == 4


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("seed", "Did you mean sample.seed?"),
        ("sample.sed", "Did you mean sample.seed?"),
        ("fbclid", "which this page does not know."),
    ],
)
def test_a_name_that_no_choice_has_is_said_once(visit, arrive, name, hint):
    page = visit()
    arrive(page, "sample", {"bundle": "bars", "sample.n": "9", name: "3"})
    (sentence,) = memory.notices()
    assert repr(name) in sentence
    assert sentence.endswith(hint)
    arrive(page, "sample", {"bundle": "bars", "sample.n": "9", name: "3"})
    assert memory.notices() == []


def test_bundles_have_their_own_pin_but_share_the_seed(visit):
    visit(bundle="bars")
    map.pinned.set(7)
    sample.seed.set(2)
    link.bundle.set("colours")
    assert map.pinned.get() is None
    assert sample.seed.get() == 2
    link.bundle.set("bars")
    assert map.pinned.get() == 7


def test_two_visits_never_meet(visit, show):
    one = visit(bundle="bars")
    sample.seed.set(5)
    two = visit(bundle="colours")
    assert sample.seed.get() == 0
    sample.seed.set(6)
    show(one)
    assert (link.bundle.get(), sample.seed.get()) == ("bars", 5)
    show(two)
    assert (link.bundle.get(), sample.seed.get()) == ("colours", 6)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (sample.seed, "-1"),
        (sample.seed, "1.5"),
        (sample.seed, "²"),
        (sample.count, "100000"),
        (map.axes, "1"),
        (map.axes, "1,x"),
        (sample.nearest, "maybe"),
        (map.selected, "everything"),
        (map.selected, "pca~1,2~3,4"),
        (map.selected, "pca~1,2~3,4~5"),
        (map.selected, "pca~1,2~3,4~inf,5"),
    ],
)
def test_what_cannot_be_read_is_said_once_and_the_default_taken(visit, item, text):
    visit(**{item.name: text})
    assert item.get() == item.default
    assert item.get() == item.default
    (sentence,) = memory.notices()
    assert item.name in sentence
    assert memory.notices() == []


def test_a_choice_that_is_not_offered_is_named_and_replaced(visit):
    visit(projection="tsne")
    assert map.projection.keep(["pca", "umap"]) == "umap"
    (sentence,) = memory.notices()
    assert "'tsne'" in sentence
    assert "pca, umap" in sentence


def test_names_that_no_choice_has_are_said_in_their_order(visit, arrive):
    names = ["d", "b", "e", "a", "c"]
    arrive(visit(), "sample", {"bundle": "bars", **dict.fromkeys(names, "3")})
    assert [sentence.split("'")[1] for sentence in memory.notices()] == sorted(names)


# choices of pages


def choices():
    """Every choice that any page makes, by the module and the name under which it stands."""
    found = {}
    modules = [draws, link, map]
    for entry in pkgutil.walk_packages(pages.__path__, "aegen.app.pages."):
        if entry.name.endswith(".state"):
            modules.append(importlib.import_module(entry.name))
    for module in modules:
        for name, value in vars(module).items():
            items = value.values() if isinstance(value, dict) else [value]
            if isinstance(value, draws.DrawChoices):
                items = value.items()
            for k, item in enumerate(items):
                if isinstance(item, link.Item):
                    found.setdefault(item.name, {})[(module.__name__, name, k)] = item
    return found


def test_no_two_choices_share_a_name():
    """A choice may be handed on by a page's state, but is the same object there."""
    found = choices()
    assert len(found) > 60
    for name, places in found.items():
        first = next(iter(places.values()))
        assert all(item == first for item in places.values()), (name, list(places))


def test_a_choice_of_one_page_is_named_after_it():
    shared = {
        item.name
        for m in (draws, link, map)
        for item in vars(m).values()
        if isinstance(item, link.Item)
    }
    for name, places in choices().items():
        if name not in shared:
            page = {module.split(".")[-2] for module, _, _ in places}
            assert page == {name.partition(".")[0].replace("-", "_")}, name


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


def test_an_area_keeps_its_outline_within_what_a_link_holds():
    turn = np.linspace(0, 2 * np.pi, 5_000, endpoint=False)
    told = "~".join(f"{x:.6g},{y:.6g}" for x, y in zip(np.cos(turn), np.sin(turn), strict=True))
    found = parse(f"pca~{told}")
    assert 30 < len(found.polygon) <= 160
    assert parse(found.text()) == found
    x, y = np.array(found.polygon).T
    size = 0.5 * abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    assert size == pytest.approx(np.pi, rel=0.01)
    zigzag = area("pca", [(k, k % 2 * 5_000) for k in range(5_000)])
    assert 3 <= len(zigzag.polygon) <= 1_000


def test_names_come_once_and_not_by_the_thousand():
    assert formats.names("a,b,a,,b") == ("a", "b")
    with pytest.raises(ValueError, match="at most 200 names"):
        formats.names(",".join(f"a{k}" for k in range(201)))
    with pytest.raises(ValueError, match="at most 12 whole"):
        formats.wholes("0," * 12 + "0")


def test_kept_selections_come_back_by_their_names(show):
    show(SimpleNamespace(session_state={}, query_params=Link()))
    held = (
        ("tall; thin: 7 %", Area("umap", ((0.0, 0.5), (1.0, 0.0), (1.0, 1.0)))),
        ("sevens", AttributeEquals("a;b", "x:y")),
    )
    text = map.kept_text(held)
    assert map.read_kept(text) == held
    for wrong in (
        "",
        "a",
        ":class=7",
        "a:pca~0,0~1,1",
        ";".join(f"{k}:class={k}" for k in range(21)),
    ):
        with pytest.raises(ValueError, match=r"needed|needs|neither"):
            map.read_kept(wrong)
    map.kept.set(held)
    assert map.name_of(held[1][1]) == "sevens"
    assert map.name_of(AttributeEquals("a", "b")) is None
