"""A classifier run without torch reads what torch reads, whatever it is made of."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from aegen.autoencoders import Classifier
from aegen.autoencoders.classifier_layout import ClassifierLayout
from aegen.bundles.classifier_network import EPSILON, ClassifierNetwork

CLASSES, UNITS = {"class": 3, "glasses": 2}, {"age": (40.0, 12.0), "size": (-1.0, 0.5)}

KINDS = {
    "grey": {"channels": 1, "size": 28, "attributes": CLASSES},
    "not square": {"channels": 1, "size": (9, 20), "attributes": CLASSES, "widths": [4, 8]},
    "with numbers": {"channels": 1, "size": 16, "attributes": CLASSES, "numbers": UNITS},
    "numbers alone": {"channels": 2, "size": 12, "attributes": {}, "numbers": UNITS},
    "fine": {"channels": 3, "size": 24, "attributes": CLASSES, "features": 16},
    "fine, not square": {"channels": 3, "size": (10, 33), "attributes": CLASSES},
    "with details": {"channels": 3, "size": 20, "attributes": CLASSES, "details": ["glasses"]},
    "many values": {"channels": 3, "size": 32, "attributes": {"hair": 20, "class": 40}},
    "details of a large picture": {
        "channels": 3,
        "size": 64,
        "widths": [4],
        "features": 512,
        "attributes": CLASSES,
        "details": ["glasses"],
    },
    "details of nothing": {"channels": 1, "size": 8, "attributes": CLASSES, "details": ["class"]},
}


def classifier(kind):
    """One with weights and statistics of its own, as training leaves them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        net = Classifier(**KINDS[kind]).eval()
        for name, weight in net.state_dict().items():
            if name.endswith(("running_var", "1.weight")):
                weight.uniform_(0.5, 2)
            elif name.endswith("running_mean"):
                weight.normal_(std=0.3)
            elif name.startswith("details") and kind != "details of nothing":
                weight.normal_(std=0.03)
    return net


def run_without_torch(net):
    weights = {name: weight.numpy() for name, weight in net.state_dict().items()}
    return ClassifierNetwork(ClassifierLayout.of(**net.arguments), weights, Path("it"))


@pytest.fixture(params=KINDS)
def pair(request):
    """Both of a kind, pictures (70, h, w, c), and these as torch has them."""
    net = classifier(request.param)
    shape = (70, *ClassifierLayout.of(**net.arguments).size, net.arguments["channels"])
    x = np.random.default_rng(2).random(shape).astype(np.float32)
    return net, run_without_torch(net), x, torch.from_numpy(x.transpose(0, 3, 1, 2).copy())


def test_the_layout_knows_the_weights(pair):
    net, network, _, _ = pair
    shapes = {name: tuple(weight.shape) for name, weight in net.state_dict().items()}
    assert network.layout.weights == shapes
    assert network.layout.arguments == net.arguments
    assert net.stages[0][1].eps == EPSILON


def test_features_probabilities_and_numbers_are_torchs(pair):
    net, network, x, as_torch = pair
    with torch.inference_mode():
        features = net.features(as_torch).numpy()
        wanted = {name: said.softmax(dim=1).numpy() for name, said in net(as_torch).items()}
        numbers = {name: column.numpy() for name, column in net.measure(as_torch).items()}
    found = network.features(x)
    assert np.ptp(features, axis=0).max() > 1e-2
    assert np.allclose(found, features, rtol=1e-5, atol=1e-5)
    for told in (network.probabilities(x), network.probabilities(x, found)):
        assert list(told) == list(wanted)
        assert all(np.allclose(told[name], wanted[name], atol=1e-5) for name in told)
    measured = network.measured(x)
    assert list(measured) == list(numbers)
    assert all(np.allclose(measured[name], numbers[name], atol=1e-4) for name in measured)


def test_pixels_have_their_say_where_they_were_fitted():
    said = {}
    for kind in ("with details", "details of nothing"):
        net = classifier(kind)
        shape = (4, *ClassifierLayout.of(**net.arguments).size, net.arguments["channels"])
        x = np.random.default_rng(2).random(shape).astype(np.float32)
        network, name = run_without_torch(net), net.detailed[0]
        alone = network.probabilities(x[:1], network.features(x[:1]))[name]
        other = network.probabilities(x[1:2], network.features(x[:1]))[name]
        said[kind] = abs(alone - other).max()
    assert said["with details"] > 1e-3
    assert said["details of nothing"] == 0


def test_a_picture_is_read_alike_whatever_stands_beside_it(pair):
    _, network, x, _ = pair
    told = (network.features(x), network.probabilities(x), network.measured(x))
    for n in (1, 17, 33):
        features, shares, numbers = told
        assert np.array_equal(features[:n], network.features(x[:n]))
        for whole, part in (
            (shares, network.probabilities(x[:n])),
            (shares, network.probabilities(x[:n], features[:n])),
            (numbers, network.measured(x[:n])),
        ):
            assert all(np.array_equal(whole[name][:n], part[name]) for name in whole)


def test_no_torch_is_loaded_to_read_pictures():
    script = (
        "import sys, aegen\n"
        "bundle = aegen.load('mnist')\n"
        "x = bundle.decode(bundle.codes[:2])\n"
        "bundle.classify(x, features=bundle.features(x))\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["False"], done.stderr
