"""The shipped supermask autoencoder in the app: its bundle like any other, its ticket on Masks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aegen.app import services
from aegen.core.images import quantize
from aegen.supermask import Report, interventions
from aegen.supermask.ticket.discovery import find_ticket, load_ticket
from aegen.supermask.training.autoencoder import rebuilt
from aegen.supermask.training.history import History
from tests.app.pages.test_masks import shown_counts
from tests.app.test_pages import text, titles

BUNDLE, TICKET = "mnist-supermask", "mnist-autoencoder"


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    monkeypatch.delenv("AEGEN_BUNDLES", raising=False)
    monkeypatch.delenv("AEGEN_DATA", raising=False)
    monkeypatch.setattr("aegen.bundles.bundles", lambda: [BUNDLE])
    monkeypatch.setattr("aegen.app.pages.masks.interventions.PATIENCE", 60)


@pytest.mark.parametrize(
    ("address", "title"),
    [("latent-map", "Latent map"), ("sample", "Sample"), ("traverse", "Traverse")],
)
def test_pages_open_on_it(opened, address, title):
    quick = {"sampler": "gaussian"} if address == "sample" else {}
    app = opened(address, bundle=BUNDLE, **quick)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert titles(app) == [title]


def test_masks_shows_its_layers_and_what_it_redraws(opened):
    app = opened("masks", ticket=TICKET)
    assert not app.exception
    assert not app.error
    ticket = load_ticket(TICKET)
    assert shown_counts(app) == {
        name: (c.keep, c.invert, c.drop) for name, c in ticket.counts.items()
    }
    said = " ".join(str(element.proto) for element in app.get("html"))
    found = services.interventions.evaluated(
        TICKET, f"bundle:{BUNDLE}", None, services.interventions.UNCHANGED
    )
    assert found.n == min(1000, len(services.bundles.bundle(BUNDLE).holdout))
    assert found.accuracy > 0.9
    assert f"{100 * found.accuracy:.2f} %" in said
    assert "recognised once redrawn" in said
    assert "This autoencoder redraws each" in text(app)
    other = load_ticket("fcn-mnist")
    assert shown_counts(app).keys() != other.counts.keys()


def test_a_change_is_seen_in_what_the_changed_autoencoder_redraws():
    bundle = services.bundles.bundle(BUNDLE)
    labels = bundle.holdout_attributes["class"].cat.codes.to_numpy()[:1000]
    x = quantize(bundle.decode(bundle.holdout[:1000])).astype(np.float32) / np.float32(255)
    change = services.interventions.MaskChange(shuffled="decoder.1", seed=2)
    masks = interventions.shuffle(load_ticket(TICKET).masks, layers=["decoder.1"], rng=2)
    network = rebuilt(load_ticket(TICKET).with_masks(masks))
    with torch.inference_mode():
        drawn = network.decode(network.encode(torch.from_numpy(x).permute(0, 3, 1, 2)))
    told = bundle.classify(drawn.permute(0, 2, 3, 1).numpy())["class"].argmax(axis=1)
    found = services.interventions.evaluated(TICKET, f"bundle:{BUNDLE}", None, change)
    assert found.accuracy == (told == labels).mean()
    assert found.accuracy < 0.7


def test_without_a_classifier_the_page_says_what_is_missing(opened, monkeypatch):
    monkeypatch.setattr("aegen.app.services.evaluation_data.classifier_of", lambda name: "")
    monkeypatch.setattr("aegen.app.services.evaluation_data.classifier_of", lambda name: "")
    app = opened("masks", ticket=TICKET)
    assert not app.exception
    assert not app.error
    assert "no bundle here" in text(app)


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
    assert services.tickets.places(TICKET) == {"encoder.0": (1, 28, 28)}
    ticket = load_ticket(TICKET)
    for name, arguments in (("other", {"channels": 1, "size": 27}), ("odd", {"size": "28"})):
        about = {**ticket.about, "architecture": {"name": "masked", "arguments": arguments}}
        replace(ticket, about=about).write(tmp_path / f"{name}.ticket")
    monkeypatch.setenv("AEGEN_MASKS", str(tmp_path))
    assert services.tickets.places("other") == services.tickets.places("odd") == {}
