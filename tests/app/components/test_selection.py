"""Who wins between the page, the person and an answer that comes late."""

from __future__ import annotations

import numpy as np
import pytest

from aegen.app.components.latent_map.selection import ask, resolve, settle
from aegen.core.errors import InvalidInput

TRIANGLE = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]
SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


class Session:
    """A map's memory, with the browser that answers by the token it saw last."""

    def __init__(self):
        self.memory = {}
        self.told = {"token": None}
        self.answer = None

    def act(self, polygon=None, pinned=None, points="a"):
        """The person selects; the browser knows only what it has been told so far."""
        token = self.told["token"]
        self.answer = {
            "polygon": polygon,
            "pinned": pinned,
            "hidden": [2],
            "points": points,
            "token": token,
        }

    def run(self, polygon=None, pinned=None, points="a", n=10, reaches_browser=True):
        settle(self.memory, polygon=polygon, pinned=pinned, points=points)
        selection, told = resolve(self.memory, self.answer, points=points, n=n)
        if reaches_browser:
            self.told = told
        shown = None if selection.polygon is None else selection.polygon.tolist()
        assert told["polygon"] == shown
        return shown, selection.pinned


def test_nothing_is_selected_at_first():
    assert Session().run() == (None, None)


def test_the_page_s_argument_shows_when_opened_by_a_link():
    assert Session().run(polygon=TRIANGLE, pinned=3) == (TRIANGLE, 3)


def test_the_person_s_act_replaces_what_the_link_said():
    session = Session()
    session.run(polygon=TRIANGLE)
    session.act(SQUARE, pinned=1)
    assert session.run(polygon=TRIANGLE) == (SQUARE, 1)


def test_clearing_is_an_act_too():
    session = Session()
    session.run(polygon=TRIANGLE)
    session.act(None)
    assert session.run(polygon=TRIANGLE) == (None, None)


def test_another_argument_replaces_what_the_person_did():
    session = Session()
    session.run()
    session.act(SQUARE)
    session.run()
    assert session.run(polygon=TRIANGLE) == (TRIANGLE, None)


def test_a_page_that_hands_back_the_last_selection_never_loses_the_next_one():
    session = Session()
    session.run()
    session.act(SQUARE)
    assert session.run() == (SQUARE, None)
    # The page has put SQUARE in its address and passes it; meanwhile the person went on.
    session.act(TRIANGLE)
    assert session.run(polygon=SQUARE) == (TRIANGLE, None)
    assert session.run(polygon=TRIANGLE) == (TRIANGLE, None)


def test_an_answer_from_before_the_page_spoke_is_set_aside():
    session = Session()
    session.run()
    session.act(SQUARE)
    ask(session.memory, None, 7)
    assert session.run(reaches_browser=False) == (None, 7)
    session.act(TRIANGLE)
    assert session.run() == (None, 7)
    session.act(TRIANGLE)
    assert session.run() == (TRIANGLE, None)


def test_asking_works_before_the_map_is_first_shown():
    session = Session()
    ask(session.memory, SQUARE, 2)
    assert session.run() == (SQUARE, 2)


def test_a_polygon_over_other_points_is_dropped_and_the_pin_kept():
    session = Session()
    session.run()
    session.act(SQUARE, pinned=4)
    session.run()
    assert session.run(points="b") == (None, 4)
    assert session.run(points="b", n=3) == (None, None)


def test_after_a_visit_elsewhere_the_page_s_present_argument_counts():
    session = Session()
    session.run(polygon=TRIANGLE)
    session.act(None)
    session.run(polygon=TRIANGLE)
    session.run(polygon=None)
    session.answer = None  # Streamlit forgets the state of elements that were away
    assert session.run(polygon=None) == (None, None)


def test_hidden_categories_come_with_the_selection():
    session = Session()
    session.run()
    session.act(SQUARE)
    settle(session.memory, polygon=None, pinned=None, points="a")
    selection, _ = resolve(session.memory, session.answer, points="a", n=10)
    assert selection.hidden == (2,)
    assert selection.polygon.dtype == np.float64


def test_a_polygon_of_two_vertices_is_refused():
    with pytest.raises(InvalidInput, match="at least 3 vertices"):
        settle({}, polygon=[(0, 0), (1, 1)], pinned=None, points="a")
