"""Charts on a page: told to screen readers, and left out where nothing can be drawn."""

import json

from streamlit.testing.v1 import AppTest


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
