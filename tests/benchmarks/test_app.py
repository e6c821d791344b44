"""The app that `aegen bench app` draws a million rows with is one that runs."""

from streamlit.testing.v1 import AppTest

from aegen.benchmarks.app import MILLION


def test_the_map_of_a_million_rows_runs_on_a_thousand():
    script = MILLION.replace("1_000_000", "1_000")
    assert script != MILLION
    test = AppTest.from_string(script, default_timeout=60).run()
    assert not test.exception
