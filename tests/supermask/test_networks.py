"""Plans have the weights that the paper counts, and torch networks follow them step by step."""

import importlib
import math
import sys

import numpy as np
import pytest
import torch

from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask import Plan, networks
from aegen.supermask.plan import Conv, Dense, Elu, Flatten, MaxPool, Residual
from aegen.supermask.torch_network import Network

COUNTS = {
    "fcn": 266_200,
    "conv2": 4_300_992,
    "conv4": 2_425_024,
    "conv6": 2_261_184,
    "conv8": 5_275_840,
    "resnet20": 248_624,
    "resnet56": 834_992,
    "resnet110": 1_705_904,
}


@pytest.mark.parametrize(("name", "total"), COUNTS.items())
def test_weights_are_those_of_the_paper(name, total):
    plan = networks.create(name)
    assert plan.total == total
    assert plan.total == sum(math.prod(shape) for shape in plan.layers.values())


def test_every_network_is_counted():
    assert sorted(COUNTS) == networks.names()


NEW = """
from aegen.supermask.plan import Dense, Flatten, Plan
__all__ = [{names}]
"""
CLASS = """
class {name}(Plan):
    def __init__(self, channels=1, size=28, classes=10):
        steps = (Flatten(), Dense("fc", channels * size**2, classes))
        super().__init__("{name}", {{}}, (channels, size, size), classes, steps)
"""


def test_a_new_file_adds_a_network_under_its_name_or_several_under_theirs(tmp_path, monkeypatch):
    for file, names in {"one_layer": ["Perceptron"], "more": ["Left", "Right"]}.items():
        source = NEW.format(names=", ".join(map(repr, names)))
        source += "".join(CLASS.format(name=name) for name in names)
        (tmp_path / f"{file}.py").write_text(source)
        monkeypatch.delitem(sys.modules, f"{networks.package}.{file}", raising=False)
    package = importlib.import_module(networks.package)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert networks.names() == sorted([*COUNTS, "left", "one-layer", "right"])
    for name in ("left", "one-layer", "right"):
        assert networks.create(name, size=4).total == 160
        assert networks.name_of(networks.get(name)) == name
    with pytest.raises(UnknownName, match="did you mean 'left'"):
        networks.get("lefft")


def test_layers_of_the_paper_one_by_one():
    assert [math.prod(s) for s in networks.create("fcn").layers.values()] == [235200, 30000, 1000]
    conv4 = [math.prod(s) for s in networks.create("conv4").layers.values()]
    assert conv4 == [1728, 36864, 73728, 147456, 2097152, 65536, 2560]
    stages = {"stem": 432, "stage1": 12032, "stage2": 47104, "stage3": 188416, "fc": 640}
    found = dict.fromkeys(stages, 0)
    for name, shape in networks.create("resnet20").layers.items():
        found[name.partition("_")[0]] += math.prod(shape)
    assert found == stages


def test_slim_conv2_and_wide_resnet():
    assert networks.create("conv2", width=0.25).total == 269_616
    assert abs(networks.create("resnet20", width=2).total / 990_000 - 1) < 0.01


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_network_runs_on_its_input(name):
    plan = networks.create(name, size=16, channels=3)
    network = Network(plan)
    assert network(torch.zeros(2, 3, 16, 16)).shape == (2, plan.classes)
    assert {n: tuple(p.shape) for n, p in network.named_parameters()} == {
        f"{layer}.weight": shape for layer, shape in plan.layers.items()
    }


def test_network_computes_what_its_plan_says():
    rng = np.random.default_rng(0)
    steps = (
        Conv("a", 2, 3),
        Elu(),
        MaxPool(),
        Residual((Conv("b", 3, 3), Elu()), (Conv("c", 3, 3, 1, 1, 0),)),
        Flatten(),
        Dense("d", 3 * 16, 4),
    )
    plan = Plan("mine", {}, (2, 8, 8), 4, steps)
    weights = {n: rng.normal(size=s).astype(np.float32) for n, s in plan.layers.items()}
    x = torch.from_numpy(rng.normal(size=(5, 2, 8, 8)).astype(np.float32))
    w = {n: torch.from_numpy(a) for n, a in weights.items()}
    f = torch.nn.functional
    h = f.max_pool2d(f.elu(f.conv2d(x, w["a"], padding=1)), 2)
    h = f.elu(f.conv2d(h, w["b"], padding=1)) + f.conv2d(h, w["c"])
    expected = h.flatten(1) @ w["d"].T
    np.testing.assert_allclose(Network(plan, weights)(x).detach(), expected, rtol=1e-4, atol=1e-4)


def test_building_leaves_torch_s_generator_alone():
    before = torch.random.get_rng_state()
    Network(networks.create("fcn"))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((Dense("a", 784, 10),), "does not fit what comes before it"),
        ((Flatten(), Dense("a", 783, 10)), "does not fit"),
        ((Flatten(), Dense("a", 784, 9)), r"end in shape \(9,\)"),
        ((Flatten(), Dense("a", 784, 10), Dense("a", 10, 10)), "different names"),
        ((Conv("a", 1, 4), MaxPool(64, 1)), "does not fit"),
        ((Residual((Conv("a", 1, 4),)), Flatten()), "a branch ends in shape"),
    ],
)
def test_plan_whose_steps_do_not_fit_is_refused(steps, said):
    with pytest.raises(InvalidInput, match=said):
        Plan("mine", {}, (1, 28, 28), 10, steps)


@pytest.mark.parametrize("hidden", ["300-", "a", "0", "-1", "300,100", "9999999"])
def test_hidden_sizes_that_are_none_are_refused(hidden):
    with pytest.raises(InvalidInput, match="300-100"):
        networks.create("fcn", hidden=hidden)


def test_image_too_small_for_its_pools_is_refused():
    with pytest.raises(InvalidInput, match="halves an image 4 times"):
        networks.create("conv8", size=8)


def test_weights_of_another_network_are_refused():
    plan = networks.create("fcn", hidden="20")
    weights = {"fc1": np.zeros((20, 784), np.float32)}
    with pytest.raises(InvalidInput, match="needs weights"):
        Network(plan, weights)
