"""The shipped tickets and histories belong together, and hold what they say."""

import numpy as np
import pytest

from aegen.data import datasets
from aegen.supermask import Report
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from tests.conftest import ROOT, needs_real_digits

FOLDER = ROOT / "assets" / "masks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.history"))


@pytest.fixture(scope="module", params=NAMES)
def pair(request):
    path = FOLDER / f"{request.param}.ticket"
    return Ticket.read(path), History.read(path.with_suffix(".history"))


def test_there_are_some():
    assert "fcn-mnist" in NAMES


def test_last_masks_are_those_of_the_ticket(pair):
    ticket, history = pair
    last = history.masks(history.epochs[-1])
    assert list(last) == list(ticket.masks)
    assert all((last[name] == ticket.masks[name]).all() for name in last)
    assert history.layers == {name: mask.shape for name, mask in ticket.masks.items()}
    for name, mask in ticket.masks.items():
        scores = history.variable(name)
        beyond = np.abs(scores) > np.float32(ticket.thresholds[name])
        assert (np.sign(scores) * beyond == mask).all()


def test_masks_of_every_epoch_have_the_counts_of_its_record(pair):
    _, history = pair
    rows = {
        record["epoch"]: row for record, row in zip(history.records, history.counts, strict=True)
    }
    for epoch in history.epochs:
        counts = Report.of(history.masks(epoch)).layers.values()
        assert [[c.keep, c.invert, c.drop] for c in counts] == rows[epoch].tolist()


def test_figures_are_those_of_the_masks(pair):
    ticket, history = pair
    about, last = ticket.about, history.records[-1]
    assert about["epochs"] == last["epoch"] == len(history.records) == history.epochs[-1]
    assert about["accuracy"] == last["accuracy"]
    assert about["remaining"] == last["remaining"] == Report.of(ticket.masks).total.remaining
    assert about["data"] in datasets.names()
    assert about["title"]


def test_files_are_small(pair):
    ticket, _ = pair
    for name in NAMES:
        assert (FOLDER / f"{name}.history").stat().st_size < 3_000_000
    if ticket.network == "fcn":
        assert len(ticket.to_bytes()) < 10_000


def test_tickets_are_as_good_and_small_as_promised():
    for name, accuracy, remaining in (
        ("fcn-mnist", 0.974, 0.038),
        ("fcn-mnist-sparse", 0.975, 0.02),
        ("fcn-mnist-sparsest", 0.97, 0.012),
        ("conv2-cifar10", 0.684, 0.006),
        ("conv4-cifar10", 0.77, 0.03),
        ("conv4-cifar10-mirrored", 0.785, 0.0115),
        ("conv6-cifar10", 0.79, 0.024),
        ("conv8-cifar10", 0.79, 0.012),
        ("resnet20-cifar10", 0.80, 0.26),
    ):
        ticket = Ticket.read(FOLDER / f"{name}.ticket")
        assert ticket.about["accuracy"] >= accuracy
        assert ticket.about["remaining"] <= remaining
        assert ticket.about["test_rows"] == (5_000 if "cifar" in name else 10_000)
        assert len(ticket.to_bytes()) < 1.05 * ticket.entropy + 512


@pytest.fixture(scope="module")
def held_out_digits(real_data):
    digits = datasets.create("mnist").load(real_data / "mnist")
    labels = np.asarray(digits.attributes["class"].cat.codes)[digits.holdout]
    return digits.images[digits.holdout], labels


@needs_real_digits
@pytest.mark.parametrize("name", ["fcn-mnist", "fcn-mnist-sparse"])
def test_accuracy_is_the_same_to_the_last_digit(name, held_out_digits):
    import torch

    from aegen.supermask.standardisation import standardised
    from aegen.supermask.torch_network import Network

    ticket = Ticket.read(FOLDER / f"{name}.ticket")
    images, labels = held_out_digits
    x = torch.from_numpy(standardised(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        guess = Network(ticket.plan, ticket.weights())(x).argmax(1).numpy()
    assert round(float((guess == labels).sum())) == round(ticket.about["accuracy"] * 10_000)
    inverted = {n: -w if n == "fc2" else w for n, w in ticket.weights().items()}
    with torch.no_grad():
        wrong = Network(ticket.plan, inverted)(x).argmax(1).numpy()
    assert (wrong == labels).mean() < 0.5
