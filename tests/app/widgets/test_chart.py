"""Charts on a page: told to screen readers, and left out where nothing can be drawn."""

import json
from dataclasses import dataclass

import numpy as np
from streamlit.testing.v1 import AppTest

from aegen.app.widgets.chart import drawn


def script():
    from aegen.app.widgets.chart import chart, paper
    from aegen.figures.training_curves import curve

    for title, values in (("A", [1.5, 2.25]), ("B", [float("nan")] * 2)):
        chart(curve([1, 2], {title: values}, title=title, paper=paper()), key=title)


def test_a_chart_is_told_and_an_empty_one_is_left_out():
    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    (shown,) = app.get("plotly_chart")
    assert shown.proto.alt == "A over 2 epochs, last 2.25"
    assert json.loads(shown.proto.config) == {"displayModeBar": False}
    assert shown.proto.theme == ""  # ours, not Streamlit's


def test_a_figure_is_drawn_once_for_the_same_numbers():
    made = []

    def draw(epochs, series, *, title, at=None):
        made.append(title)
        return title, len(made)

    losses = {"loss": np.array([3.0, 2.0])}
    first = drawn(draw, range(2), losses, title="one")
    assert drawn(draw, range(2), {"loss": np.array([3.0, 2.0])}, title="one") is first
    other = [
        drawn(draw, range(2), {"loss": np.array([3.0, 2.5])}, title="one"),
        drawn(draw, range(2), {"cost": np.array([3.0, 2.0])}, title="one"),
        drawn(draw, range(3), losses, title="one"),
        drawn(draw, range(2), losses, title="one", at=Beside("a", 0.5)),
        drawn(draw, range(2), losses, title="one", at=Beside("a", 0.25)),
        drawn(lambda *given, **named: draw(*given, **named), range(2), losses, title="one"),
    ]
    assert len({id(each) for each in (first, *other)}) == 7


@dataclass(frozen=True)
class Beside:
    name: str
    share: float
