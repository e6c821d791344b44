"""The chart for browsers without WebGL: which rows, and how a selection on it is read."""

from __future__ import annotations

import numpy as np
import pytest

from aegen.app.components.latent_map.picture import picture
from aegen.app.components.latent_map.replacement import MOST, chosen_rows, figure, read

POINTS = np.random.default_rng(0).normal(size=(7_000, 2))


def test_the_same_rows_are_chosen_each_time_in_order_and_once():
    rows = chosen_rows(7_000)
    assert len(rows) == MOST == len(set(rows.tolist()))
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(rows, chosen_rows(7_000))


def test_few_rows_are_all_drawn():
    assert chosen_rows(4).tolist() == [0, 1, 2, 3]


def test_every_chosen_row_is_on_the_chart_once_with_its_number():
    shown = picture(POINTS, labels=np.arange(7_000) % 2, categories=["even", "odd"])
    rows = chosen_rows(7_000)
    chart = figure(shown, rows, height=300)
    drawn = np.concatenate([trace.customdata for trace in chart.data])
    assert sorted(drawn.tolist()) == rows.tolist()
    for trace, parity in zip(chart.data, (0, 1), strict=True):
        assert (np.asarray(trace.customdata) % 2 == parity).all()
        assert trace.type == "scatter"
        assert np.array_equal(trace.x, shown.points[trace.customdata, 0])


@pytest.mark.parametrize("labels", [None, np.linspace(0, 1, 7_000)])
def test_other_colourings_are_one_trace_and_draws_another(labels):
    shown = picture(POINTS, labels=labels, draws=POINTS[:20])
    chart = figure(shown, chosen_rows(7_000), height=300)
    assert [trace.name for trace in chart.data] == ["points", "draws"]


def test_the_selection_that_the_page_asked_for_is_drawn():
    shown = picture(POINTS)
    asked = {"polygon": [[0, 0], [1, 0], [0, 1]], "pinned": 3}
    chart = figure(shown, chosen_rows(7_000), height=300, asked=asked)
    assert chart.layout.shapes[0].path == "M 0,0 L 1,0 L 0,1 Z"
    assert chart.layout.annotations[0].text == "row 3"


LASSO = {"x": [0, 1, 1], "y": [0, 0, 1]}
POINT = {"customdata": 12, "point_index": 3}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"points": [], "box": [], "lasso": []}, (None, None)),
        ({"points": [POINT], "box": [], "lasso": []}, (None, 12)),
        ({"points": [{"customdata": [12]}], "box": [], "lasso": []}, (None, 12)),
        ({"points": [{"point_index": 3}], "box": [], "lasso": []}, (None, None)),
        ({"points": [POINT], "box": [], "lasso": [LASSO]}, ([[0, 0], [1, 0], [1, 1]], None)),
    ],
)
def test_reading_what_plotly_says(selection, expected):
    assert read(selection) == expected
