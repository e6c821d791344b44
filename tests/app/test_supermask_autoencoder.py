"""The shipped supermask autoencoder in the app: its bundle like any other, its ticket on Masks."""

from dataclasses import replace

import pytest

from aegen.app import services
from aegen.supermask import Report, interventions
from aegen.supermask.discovery import find_ticket, load_ticket
from aegen.supermask.history import History
from tests.app.test_masks import shown_counts
from tests.app.test_pages import text, titles

BUNDLE, TICKET = "mnist-supermask", "mnist-autoencoder"


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    monkeypatch.delenv("AEGEN_BUNDLES", raising=False)
    monkeypatch.delenv("AEGEN_DATA", raising=False)
    monkeypatch.setattr("aegen.bundles.bundles", lambda: [BUNDLE])


@pytest.mark.parametrize(
    ("address", "title"),
    [("latent-map", "Latent map"), ("sample", "Sample"), ("traverse", "Traverse")],
)
def test_pages_open_on_it(opened, address, title):
    app = opened(address, bundle=BUNDLE)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert titles(app) == [title]


def test_masks_shows_its_layers_and_says_that_it_cannot_be_run(opened):
    app = opened("masks", ticket=TICKET)
    assert not app.exception
    assert not app.error
    ticket = load_ticket(TICKET)
    assert shown_counts(app) == {
        name: (c.keep, c.invert, c.drop) for name, c in ticket.counts.items()
    }
    assert "described elsewhere" in text(app)
    other = load_ticket("fcn-mnist")
    assert shown_counts(app).keys() != other.counts.keys()


def test_a_moved_threshold_is_that_of_the_library(opened):
    history = History.read(find_ticket(TICKET).with_suffix(".history"))
    scores = {name: history.variable(name) for name in history.layers}
    moved = interventions.rethreshold(scores, history.thresholds, factor=2.0)
    app = opened("masks", **{"ticket": TICKET, "threshold": "2", "on-map": "yes"})
    assert not app.exception
    counts = Report.of(moved).layers
    assert shown_counts(app) == {n: (c.keep, c.invert, c.drop) for n, c in counts.items()}
    assert counts != load_ticket(TICKET).counts


def test_its_first_layer_is_shown_where_it_looks(tmp_path, monkeypatch):
    assert services.places(TICKET) == {"encoder.0": (1, 28, 28)}
    ticket = load_ticket(TICKET)
    for name, arguments in (("other", {"channels": 1, "size": 27}), ("odd", {"size": "28"})):
        about = {**ticket.about, "architecture": {"name": "masked", "arguments": arguments}}
        replace(ticket, about=about).write(tmp_path / f"{name}.ticket")
    monkeypatch.setenv("AEGEN_MASKS", str(tmp_path))
    assert services.places("other") == services.places("odd") == {}
