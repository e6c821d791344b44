"""Reports go to whoever listens, and to nobody else."""

import pytest

from aegen.core.progress import portion, report, reporting


def test_reports_reach_the_listener_and_stop_after_the_block():
    heard = []
    report(0.1, "before")
    with reporting(lambda share, text: heard.append((share, text))):
        report(0.5, "half")
        report(7, "held within 0 and 1")
    report(0.9, "after")
    assert heard == [(0.5, "half"), (1.0, "held within 0 and 1")]


def test_an_inner_listener_takes_over_for_its_block():
    outer, inner = [], []
    with reporting(lambda share, text: outer.append(text)):
        with reporting(lambda share, text: inner.append(text)):
            report(0, "inner")
        report(0, "outer")
    assert (outer, inner) == (["outer"], ["inner"])


def test_a_portion_of_the_work_is_told_as_one():
    heard = []
    with reporting(lambda share, text: heard.append((share, text))):
        with portion(0.2, 0.6):
            report(0.5, "half of it")
            with portion(0.5, 1.0):
                report(1.0, "a portion of a portion")
        report(0.7, "the rest")
    assert heard == [
        (pytest.approx(0.4), "half of it"),
        (pytest.approx(0.6), "a portion of a portion"),
        (0.7, "the rest"),
    ]
    with portion(0.0, 1.0):
        report(0.5, "to nobody")


def test_a_listener_that_raises_stops_the_work():
    def stop(share, text):
        raise KeyboardInterrupt

    done = []

    def work():
        report(0.5)
        done.append(1)

    with pytest.raises(KeyboardInterrupt), reporting(stop):
        work()
    assert not done
    report(1)  # nobody listens any more
