"""Modules of a person's own as plans: the same numbers, or a reason why there is none."""

import numpy as np
import pytest
import torch
from torch import nn

from aegen.core.errors import InvalidInput
from aegen.supermask.module_plan import read_plan
from aegen.supermask.own_module import prepared
from aegen.supermask.plan import (
    Activation,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalMean,
    MaxPool,
    MeanPool,
    Residual,
    Scale,
)
from aegen.supermask.plan_data import plain, plan_from
from aegen.supermask.torch_network import Network
from tests.supermask.own_networks import Branches, Gated, LeNet


def plan_of(net, shape=(1, 14, 14)):
    ready, classes = prepared(net, shape)
    return read_plan(ready, shape, classes), ready


def test_a_forward_of_modules_functions_and_methods_is_read():
    plan, _ = plan_of(LeNet())
    assert plan.name == "LeNet"
    assert plan.steps == (
        Conv("conv1", 1, 6, 5, 1, 2),
        Scale(1 / np.sqrt(1 + 1e-5)),
        Activation("relu"),
        MaxPool(2, 2, 0),
        Conv("conv2", 6, 16, 3, 1, 0),
        Activation("relu"),
        MeanPool(2, 2),
        Flatten(),
        Dropout(0.1),
        Dense("fc1", 64, 40),
        Activation("tanh"),
        Dense("fc2", 40, 10),
    )


def test_sums_of_branches_are_read_with_layers_in_the_order_of_their_use():
    plan, _ = plan_of(Branches())
    names = ["side.0", "main.0", "main.1", "side.2", "main.2", "head.2"]
    assert list(plan.layers) == names
    assert [type(step) for step in plan.steps if not isinstance(step, Activation)] == [
        Residual,
        Residual,
        Residual,
        GlobalMean,
        Flatten,
        Dense,
    ]
    assert plan.steps[2].shortcut == ()
    assert [n for n, m in Network(plan).named_modules() if hasattr(m, "weight")] == names


SEQUENTIAL = nn.Sequential(
    nn.Sequential(nn.Conv2d(2, 3, 3, 2, 1), nn.GELU(), nn.Conv2d(3, 3, 1, padding="valid")),
    nn.ELU(),
    nn.MaxPool2d(3, 1, 1),
    nn.SiLU(),
    nn.Flatten(),
    nn.Identity(),
    nn.Dropout(),
    nn.Linear(45, 5, bias=False),
)


@pytest.mark.parametrize(
    ("net", "shape"),
    [(LeNet(), (1, 14, 14)), (Branches(), (1, 9, 7)), (SEQUENTIAL, (2, 6, 9))],
    ids=["lenet", "branches", "sequential"],
)
def test_a_plan_computes_what_the_module_does_and_is_plain_data(net, shape):
    plan, ready = plan_of(net, shape)
    assert plan_from(plain(plan)) == plan
    weights = {n: ready.get_submodule(n).weight.detach().numpy() for n in plan.layers}
    x = torch.from_numpy(np.random.default_rng(3).standard_normal((4, *shape), np.float32))
    with torch.no_grad():
        found, wanted = Network(plan, weights).eval()(x), ready.eval()(x)
    assert float((found - wanted).abs().max()) < 1e-5 < float(wanted.abs().max())
    assert any(p.abs().sum() > 0 for n, p in net.named_parameters() if "bias" in n)  # untouched


def flat(*modules):
    return nn.Sequential(nn.Flatten(), nn.Linear(196, 8), *modules, nn.Linear(8, 2))


class Twice(nn.Sequential):
    def forward(self, x):
        return self[2](self[1](self[1](self[0](x))))


class Undecided(nn.Sequential):
    def forward(self, x):
        return super().forward(x if x.sum() > 1e9 else x + x.mean() * 0)


class Trained(nn.Sequential):
    def forward(self, x):
        return super().forward(x) * 1.0 if not self.training else super().forward(x)[:, [1, 0]]


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (Gated(), "Gated is no chain.*it adds something|it uses shift"),
        (flat(nn.Sigmoid()), r"it has the step Sigmoid\(\)"),
        (flat(nn.ELU(0.5)), r"it has the step ELU\(alpha=0.5\)"),
        (flat(nn.LayerNorm(8)), "it has the step LayerNorm"),
        (Twice(nn.Flatten(), nn.Linear(196, 196), nn.Linear(196, 2)), "layer 1 more than once"),
        (Undecided(*flat()), r"the graph of Undecided's forward cannot be read \(TraceError\)"),
        (nn.Sequential(nn.Conv2d(1, 2, (3, 5)), *flat()[:1], nn.Linear(240, 2)), "not square"),
        (nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(49, 2)), "ceil"),
        (Trained(*flat()), "the step getitem"),
    ],
)
def test_what_is_no_chain_says_which_step_is_not(net, said):
    with pytest.raises(InvalidInput, match=said) as told:
        plan_of(net)
    assert len(str(told.value)) < 500


class Branching(nn.Sequential):
    def forward(self, x):
        return super().forward(x).tanh() if self.training else super().forward(x)


def test_a_graph_that_is_not_what_the_module_computes_is_noticed():
    with pytest.raises(InvalidInput, match="computes something else than its graph says"):
        plan_of(Branching(*flat()))
