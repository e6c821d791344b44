"""The sparse engine against torch's dense network, and what it says of images."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import torch

from aegen.benchmarks.supermask import made_up
from aegen.core.errors import InvalidInput
from aegen.data import datasets
from aegen.supermask.inference.engine import Engine
from aegen.supermask.inference.evaluation import Evaluation, control, evaluate
from aegen.supermask.inference.kernels import elu
from aegen.supermask.interventions import shuffle
from aegen.supermask.networks import networks
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Dropout,
    Elu,
    Flatten,
    GlobalMean,
    MaxPool,
    MeanPool,
    Plan,
    Residual,
    Scale,
)
from aegen.supermask.standardisation import standardised
from aegen.supermask.ticket.discovery import load_ticket, tickets
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.torch_network import Network


def by_chance(network, share, *, initialiser="signed-elu-scaled", seed=0, **arguments):
    plan = networks.create(network, **arguments)
    rng = np.random.default_rng(seed)
    masks = {}
    for name, shape in plan.layers.items():
        draw = rng.random(shape)
        masks[name] = (draw < share / 2).astype(np.int8) - (draw > 1 - share / 2).astype(np.int8)
    kappas = dict.fromkeys(masks, 1.550519 / share)
    return Ticket(network, plan.arguments, initialiser, kappas, seed, masks)


def images(ticket, n, seed=1):
    c, h, w = ticket.plan.input_shape
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, h, w, c), np.float32)


@torch.inference_mode()
def dense(ticket, x):
    network = Network(ticket.plan, ticket.weights())
    return network(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()


SUBJECTS = [
    ("fcn", {}, 0.04, (1, 7, 300)),
    ("fcn", {"channels": 3, "size": 9, "hidden": "40-20-20"}, 0.3, (1, 130)),
    ("conv2", {"width": 0.25, "size": 10}, 0.2, (1, 19)),
    ("conv4", {"width": 0.125, "size": 13}, 0.4, (1, 3)),
    ("conv8", {"width": 0.0625, "size": 16, "classes": 3}, 0.5, (2,)),
    ("resnet20", {"width": 0.5, "size": 16}, 0.3, (1, 17)),
    ("resnet20", {"width": 0.25, "size": 9, "channels": 1}, 0.8, (2,)),
]


@pytest.mark.parametrize("initialiser", ["signed-elu-scaled", "uniform-elu-scaled", "signed-he"])
@pytest.mark.parametrize(("network", "arguments", "share", "batches"), SUBJECTS)
def test_logits_are_those_of_the_dense_network(network, arguments, share, batches, initialiser):
    ticket = by_chance(network, share, initialiser=initialiser, **arguments)
    engine = Engine(ticket)
    for n in batches:
        x = images(ticket, n)
        wanted, found = dense(ticket, x), engine.logits(x)
        assert found.dtype == np.float32
        assert np.abs(wanted).max() > 1e-3
        assert np.abs(found - wanted).max() < 1e-4
        assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
        assert np.array_equal(engine.classify(x), wanted.argmax(1))


@pytest.mark.parametrize(
    ("network", "arguments", "share", "batches"), [SUBJECTS[0], SUBJECTS[2], SUBJECTS[5]]
)
def test_one_weight_turned_or_moved_is_noticed(network, arguments, share, batches):
    ticket = by_chance(network, share, **arguments)
    x = images(ticket, 40)
    wanted = dense(ticket, x)
    masks = {name: mask.copy() for name, mask in ticket.masks.items()}
    last = list(masks)[-1]
    place = tuple(np.argwhere(masks[last])[0])
    for value in (-masks[last][place], 0):
        masks[last][place] = value
        found = Engine(ticket.with_masks(masks)).logits(x)
        assert np.abs(found - wanted).max() > 1e-3


@pytest.mark.parametrize("initialiser", ["signed-he", "uniform-he"])
@pytest.mark.parametrize(
    ("steps", "shape"),
    [
        ((Conv("a", 2, 4, 5, 2, 2), Elu(), Flatten(), Dense("b", 4 * 5 * 4, 3)), (2, 9, 7)),
        ((Conv("a", 1, 3, 2, 3, 0), GlobalMean()), (1, 8, 11)),
        ((Conv("a", 2, 3, 1, 2, 0), GlobalMean()), (2, 7, 8)),
        ((Conv("a", 2, 3, 1, 2, 1), GlobalMean()), (2, 7, 8)),
        ((Conv("a", 3, 3, 7, 1, 3), MaxPool(3, 2, 1), GlobalMean()), (3, 8, 8)),
        (
            (Elu(), MaxPool(3, 3, 0), Scale(-2.5), Conv("a", 2, 3, 3, 1, 2), GlobalMean()),
            (2, 9, 9),
        ),
        (
            (
                Residual((Elu(), Conv("a", 3, 3), Scale(0.5)), (Scale(3.0), Elu())),
                Residual((Residual((Conv("b", 3, 3),)),), (Conv("c", 3, 3, 1, 1, 0),)),
                GlobalMean(),
            ),
            (3, 6, 5),
        ),
        ((Activation("tanh"), Conv("a", 1, 3), MeanPool(3, 2), GlobalMean()), (1, 8, 7)),
        (
            (
                Residual((Dropout(0.9), Activation("leaky-relu", 0.1)), (Activation("silu"),)),
                Residual(
                    (Activation("gelu"), MeanPool(2, 1), Conv("a", 2, 3)),
                    (Conv("b", 2, 3, 2, 1, 0),),
                ),
                Activation("relu"),
                GlobalMean(),
            ),
            (2, 6, 5),
        ),
    ],
)
def test_steps_of_any_size_are_those_of_torch(steps, shape, initialiser):
    plan = Plan("own", {}, shape, 3, steps)
    rng = np.random.default_rng(0)
    masks = {name: rng.integers(-1, 2, s).astype(np.int8) for name, s in plan.layers.items()}
    ticket = Ticket(None, {}, initialiser, {}, 5, masks)
    x = rng.standard_normal((11, *shape[1:], shape[0]), np.float32)
    with torch.inference_mode():
        network = Network(plan, ticket.weights())
        wanted = network(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()
    for n in (1, 11):
        assert np.abs(Engine(ticket, plan).logits(x[:n]) - wanted[:n]).max() < 1e-5
    with pytest.raises(InvalidInput, match="described elsewhere"):
        Engine(ticket)
    with pytest.raises(InvalidInput, match="has the layers"):
        Engine(ticket, networks.create("fcn"))


def test_images_are_not_changed_and_each_is_for_itself():
    ticket = by_chance("resnet20", 0.4, width=0.25, size=8)
    x = images(ticket, 5)
    before = x.copy()
    engine = Engine(ticket)
    together = engine.logits(x)
    assert np.array_equal(x, before)
    alone = np.concatenate([engine.logits(x[k : k + 1]) for k in range(5)])
    assert np.allclose(together, alone, atol=1e-5)
    assert engine.logits(x[:0]).shape == (0, 10)
    many = np.concatenate([x] * 20)
    assert np.array_equal(engine.logits(many, threads=3), engine.logits(many))
    assert np.array_equal(engine.logits(x.astype(np.float64)), together)


def test_a_network_of_which_nothing_remains_says_zero():
    ticket = by_chance("conv2", 0.3, width=0.125, size=8)
    for layer in (None, "fc1"):
        empty = {
            name: np.zeros_like(mask) if layer in (None, name) else mask
            for name, mask in ticket.masks.items()
        }
        logits = Engine(ticket.with_masks(empty)).logits(images(ticket, 3))
        assert not logits.any()


@pytest.mark.parametrize("shape", [(3, 784), (3, 1, 28, 28), (28, 28, 1), (3, 28, 28, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(InvalidInput, match=r"\(n, 28, 28, 1\)"):
        Engine(made_up("fcn")).logits(np.zeros(shape, np.float32))


def test_elu_is_that_of_the_formula_everywhere():
    x = np.concatenate(
        [-np.logspace(-30, 30, 4001), np.logspace(-30, 30, 999), [0.0, -0.0, -np.inf, np.inf]]
    ).astype(np.float32)
    exact = np.where(x > 0, x.astype(np.float64), np.expm1(np.minimum(x, 0).astype(np.float64)))
    found = x.copy()
    elu(found)
    assert np.array_equal(found[x > 0], x[x > 0])
    finite = np.isfinite(exact)
    assert np.abs(found[finite] - exact[finite]).max() < 2.5e-7
    assert not np.array_equal(found, x)


def test_not_a_number_stays_one():
    x = np.full((1, 28, 28, 1), np.nan, np.float32)
    assert np.isnan(Engine(by_chance("fcn", 0.5)).logits(x)).all()


# evaluation


@pytest.fixture(scope="module")
def digits(real_data):
    found = datasets.create("mnist").load(real_data / "mnist")
    labels = found.attributes.iloc[:, 0].cat.codes.to_numpy()
    return found.images[found.holdout], labels[found.holdout]


def test_confusion_counts_every_image_once(digits):
    x, labels = digits
    ticket = by_chance("fcn", 0.1)
    found = evaluate(ticket, x[:500], labels[:500])
    told = dense(ticket, standardised(x[:500])).argmax(1)
    by_hand = np.zeros((10, 10), int)
    for label, answer in zip(labels[:500], told, strict=True):
        by_hand[label, answer] += 1
    assert np.array_equal(found.confusion, by_hand)
    assert found.n == len(told)
    assert found.accuracy == np.mean(told == labels[:500])
    with np.errstate(invalid="raise"):
        assert np.isnan(evaluate(ticket, x[:0], labels[:0]).recalls).all()
    again = evaluate(Engine(ticket), standardised(x[:500]), labels[:500])
    assert np.array_equal(again.confusion, found.confusion)


@pytest.mark.parametrize(
    "labels",
    [np.zeros(4, int), np.zeros(5), np.full(5, 10), np.full(5, -1), np.zeros((5, 1), int)],
)
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(InvalidInput, match="labels"):
        evaluate(made_up("fcn"), np.zeros((5, 28, 28, 1), np.float32), labels)


def test_recalls_are_by_class():
    assert Evaluation(np.array([[3, 1], [0, 4]])).recalls.tolist() == [0.75, 1]


# the shipped ones


@cache
def held_out(real_data, name):
    folder = real_data / name.replace("-", "_")
    if not folder.is_dir():
        pytest.skip(f"{folder.name} lies not beside this checkout")
    found = datasets.create(name).load(folder)
    labels = found.attributes.iloc[:, 0].cat.codes.to_numpy()
    return found.images[found.holdout], labels[found.holdout]


@pytest.mark.parametrize("name", [name for name in tickets() if name.startswith("fcn")])
def test_shipped_tickets_run_as_their_dense_networks_do(name, real_data):
    ticket = load_ticket(name)
    pixels, labels = held_out(real_data, ticket.about["data"])
    x = standardised(pixels)
    wanted, found = dense(ticket, x), Engine(ticket).logits(x)
    assert np.abs(found - wanted).max() < 1e-4
    assert np.array_equal(found.argmax(1), wanted.argmax(1))
    if len(x) == 10_000:  # the real images
        trained = evaluate(ticket, x, labels).accuracy
        assert trained == pytest.approx(ticket.about["accuracy"], abs=5e-4)
        assert max(control(ticket, x[:2000], labels[:2000], repeats=3, rng=0)) < trained - 0.3


def test_control_shuffles_every_time(digits):
    x, labels = digits
    ticket = by_chance("fcn", 0.1)
    found = control(ticket, x[:200], labels[:200], repeats=3, rng=0)
    assert found == control(ticket, x[:200], labels[:200], repeats=3, rng=0)
    assert len(set(found)) > 1
    one = evaluate(ticket.with_masks(shuffle(ticket.masks, rng=0)), x[:200], labels[:200])
    assert one.accuracy == found[0]


def test_running_a_ticket_needs_no_torch():
    program = (
        "import sys\nfrom aegen.benchmarks.supermask import made_up\n"
        "from aegen.supermask.inference.engine import Engine\nimport numpy as np\n"
        "print(Engine(made_up('fcn')).logits(np.zeros((2, 28, 28, 1))).shape, "
        "'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.split("\n")[0] == "(2, 10) False", run.stderr
