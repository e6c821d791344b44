"""A person's own torch module, trained by masks in three lines; tickets without and with it."""

import numpy as np
import pytest
import torch
from torch import nn

from aegen.core.errors import InvalidInput, TrainingError
from aegen.supermask import Engine, Recipe, Ticket, standardised, train
from aegen.supermask.ticket.checks import check_ticket
from tests.supermask import own_networks as nets

pytestmark = pytest.mark.usefixtures("one_thread")

RNG = np.random.default_rng(0)
LABELS = np.arange(240) % 10
IMAGES = RNG.integers(0, 60, (240, 14, 14, 1), dtype=np.uint8)
IMAGES[np.arange(240), LABELS, :, 0] += 150  # a bright row says the class
DATA = (IMAGES[:180], LABELS[:180], IMAGES[180:], LABELS[180:])
X = torch.from_numpy(standardised(IMAGES[180:]).transpose(0, 3, 1, 2).copy())


def recipe(**changes):
    settings = {"epochs": 2, "batch": 30, "learning_rate": 0.1, "decay": 0.02, **changes}
    return Recipe(**settings)


@pytest.fixture
def logits():
    """A training's logits of the test images."""

    def of(training):
        with torch.no_grad():
            return training.network.eval()(X)

    return of


def test_a_chain_learns_and_its_ticket_runs_without_its_class(logits, tmp_path):
    net = nets.LeNet()
    before = {name: p.clone() for name, p in net.state_dict().items()}
    training = train(net, *DATA, recipe(epochs=8, decay=0.1))
    list(training)
    training.ticket().write(tmp_path / "mine.ticket")

    assert training.epochs[-1].accuracy > 0.5
    assert training.epochs[-1].remaining < 0.5
    assert all(torch.equal(p, before[name]) for name, p in net.state_dict().items())
    ticket = Ticket.read(tmp_path / "mine.ticket")
    assert (ticket.network, ticket.plan) == (None, training.plan)
    wanted = logits(training).numpy()
    assert np.abs(Engine(ticket).logits(standardised(DATA[2])) - wanted).max() < 1e-4
    assert check_ticket(tmp_path / "mine.ticket").facts["network"].startswith("LeNet, described")
    assert len(ticket.to_bytes()) < 1.05 * ticket.entropy + 700

    filled = ticket.into(nets.LeNet())
    for name, weights in ticket.weights().items():
        assert filled.get_submodule(name).weight.numpy().tobytes() == weights.tobytes()
    assert float((filled(X) - logits(training)).abs().max()) < 1e-5


@pytest.mark.parametrize("kind", ["Gated", "Upward"])
def test_another_one_s_ticket_goes_into_its_class_bit_for_bit(kind, logits):
    training = train(getattr(nets, kind)(), *DATA, recipe())
    list(training)
    assert training.plan is None
    ticket = Ticket.from_bytes(training.ticket().to_bytes())
    assert ticket.about["module"] == kind
    with pytest.raises(InvalidInput, match=r"ticket.into\(net\)"):
        Engine(ticket)
    fresh = getattr(nets, kind)()
    fresh(X)  # as lazy layers need it
    assert torch.equal(ticket.into(fresh)(X), logits(training))
    history = training.history()
    for name, mask in ticket.masks.items():
        kept = np.abs(history.variable(name)) > history.thresholds[name]
        assert (kept == (mask != 0)).all()


@pytest.mark.parametrize("kind", ["LeNet", "Gated"])
def test_a_training_goes_on_as_if_never_stopped_dropout_too(kind, tmp_path):
    make, path = getattr(nets, kind), tmp_path / "a.safetensors"
    whole = train(make(), *DATA, recipe())
    list(whole)
    next(train(make(), *DATA, recipe(), checkpoint=path))
    torch.rand(3)
    parts = train(make(), *DATA, recipe(), checkpoint=path)
    list(parts)
    assert parts.ticket().to_bytes() == whole.ticket().to_bytes()
    assert [e.loss for e in parts.epochs] == [e.loss for e in whole.epochs]
    with pytest.raises(TrainingError, match="was begun with network"):
        train(nets.Branches(), *DATA, recipe(), checkpoint=path)


def test_all_that_is_trained_otherwise_stays_as_before_any_training():
    training = train(nets.Upward(), *DATA, recipe(epochs=1))
    next(training)
    net = training.network
    assert not net.fc.bias.any()
    assert not net.norm.bias.any()
    assert (net.norm.weight == 1).all()
    dense = train(nets.Upward(), *DATA, recipe(epochs=1, rule="dense", decay=0.0))
    first = [p.clone() for p in dense.network.parameters()]
    next(dense)
    moved = [not torch.equal(a, b) for a, b in zip(first, dense.network.parameters(), strict=True)]
    assert moved == [p.ndim > 1 for p in first]


class Scaled(nn.Linear):
    def __init__(self):
        super().__init__(14, 10)
        self.gain = nn.Parameter(torch.ones(10))


class Spare(nn.Sequential):
    def forward(self, x):
        return self[1](self[0](x))


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (nn.Flatten(), r"must give logits of shape \(n, classes\)|has no Linear"),
        (nn.Conv2d(1, 2, 3), r"it gives \(2, 2, 12, 12\)"),
        (nn.Sequential(nn.Flatten(), nn.Linear(9, 10)), r"cannot take images.*1, 14, 14"),
        (nn.Sequential(nn.Flatten(), nn.Linear(196, 5)), "label from 0 to 4"),
        (
            nn.Sequential(nn.AvgPool2d((14, 1)), nn.Flatten(), Scaled()),
            "the parameter 2.gain, which is of no layer",
        ),
        (nn.Sequential(nn.Flatten(), nn.RNN(196, 10)), "it gives tuple"),
        (Spare(nn.Flatten(), nn.Linear(196, 10), nn.Linear(10, 10)), "reaches its layer 2"),
    ],
)
def test_a_module_that_cannot_be_trained_is_told_in_a_sentence(net, said):
    with pytest.raises(InvalidInput, match=said) as told:
        train(net, *DATA)
    assert len(str(told.value)) < 500


def test_a_ticket_goes_into_no_other_module():
    training = train(nets.Gated(), *DATA, recipe(epochs=1))
    next(training)
    ticket = training.ticket()
    other = nets.LeNet()
    before = other.conv1.weight.clone()
    with pytest.raises(InvalidInput, match="of the layer conv1 it has"):
        ticket.into(other)
    assert torch.equal(other.conv1.weight, before)
    with pytest.raises(InvalidInput, match="buffers of other values"):
        ticket.into(nets.Gated(shift=1.0))
