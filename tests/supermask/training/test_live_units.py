"""Units that have died are left out of the arithmetic, and of nothing else."""

import itertools

import numpy as np
import pytest
import torch

from aegen.supermask import Recipe, networks, train
from aegen.supermask.networks.conv import Conv2
from aegen.supermask.parametrization import attached
from aegen.supermask.training import live_units
from aegen.supermask.training.live_units import live, live_network

pytestmark = pytest.mark.usefixtures("one_thread")

PLAN: Conv2 = networks.create("conv2", width=0.25, size=8, classes=4)
MASKS = {name: np.ones(shape, np.int8) for name, shape in PLAN.layers.items()}


def without(**zeros):
    """All weights kept, but those at the given places of layers."""
    masks = {name: mask.copy() for name, mask in MASKS.items()}
    for name, places in zeros.items():
        for place in places:
            masks[name][place] = 0
    return masks


def test_unit_is_left_out_once_nothing_enters_or_leaves_it():
    out, pixels = np.s_[3], np.s_[:, 3 * 16 : 4 * 16]
    assert len(live(PLAN, without(conv2=[out])).outputs["conv2"]) == 16
    assert len(live(PLAN, without(fc1=[pixels])).outputs["conv2"]) == 16
    found = live(PLAN, without(conv2=[out], fc1=[pixels]))
    assert found.outputs["conv2"].tolist() == [k for k in range(16) if k != 3]
    assert found.inputs["fc1"].tolist() == [k for k in range(256) if not 48 <= k < 64]
    assert found.plan.layers["conv2"] == (15, 16, 3, 3)
    assert found.plan.layers["fc1"] == (64, 240)
    assert live(PLAN, without(fc3=[np.s_[1]])).plan.layers["fc3"] == PLAN.layers["fc3"]


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    y = np.arange(512) % 4
    x = rng.integers(0, 120, (512, 8, 8, 3), dtype=np.uint8)
    for k, (top, left) in enumerate(itertools.product((0, 4), (0, 4))):
        x[y == k, top : top + 4, left : left + 4] += 100
    return x, y


SETTINGS = Recipe(epochs=4, decay=0.13, learning_rate=0.1, batch=32, schedule="cosine")


@pytest.mark.parametrize("learned", [False, True])
def test_training_comes_out_as_with_all_units(learned, pictures, monkeypatch):
    """But for the momentum that the scores of a dead unit are left with."""
    settings = Recipe(**{**vars(SETTINGS), "learned_scale": learned})
    monkeypatch.setattr(live_units, "WORTH", 0)
    whole = train(PLAN, *pictures, *pictures, settings)
    list(whole)
    monkeypatch.setattr(live_units, "WORTH", 1)
    sizes: list[int] = []
    monkeypatch.setattr(live_units, "Network", seen(live_units.Network, sizes))
    part = train(PLAN, *pictures, *pictures, settings)
    list(part)
    assert min(sizes) < 0.1 * PLAN.total
    assert part.epochs[-1].accuracy > 0.9
    for a, b in zip(whole.epochs, part.epochs, strict=True):
        assert b.loss == pytest.approx(a.loss, abs=2e-3)
        assert b.remaining == pytest.approx(a.remaining, rel=0.02)
    x = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    smaller = live_network(part.network)
    assert smaller.plan.total < 0.1 * PLAN.total
    assert torch.allclose(smaller(x), part.network(x), atol=1e-4)
    for (name, _, a), (_, _, b) in zip(
        attached(whole.network), attached(part.network), strict=True
    ):
        assert torch.allclose(a, b, atol=5e-3), name


def seen(network, sizes):
    def make(plan):
        sizes.append(plan.total)
        return network(plan)

    return make


def test_stopped_training_goes_on_to_the_same_bytes(pictures, tmp_path):
    path = tmp_path / "c.safetensors"
    whole = train(PLAN, *pictures, *pictures, SETTINGS)
    list(whole)
    list(itertools.islice(train(PLAN, *pictures, *pictures, SETTINGS, checkpoint=path), 3))
    part = train(PLAN, *pictures, *pictures, SETTINGS, checkpoint=path)
    list(part)
    pairs = zip(attached(whole.network), attached(part.network), strict=True)
    for (name, _, a), (_, _, b) in pairs:
        assert a.detach().numpy().tobytes() == b.detach().numpy().tobytes(), name
