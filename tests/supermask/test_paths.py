"""Ways from input to output, where a layer looks, how alike two masks are: against slow twins."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aegen.benchmarks.supermask import made_up
from aegen.core.errors import InvalidInput, UnknownName
from aegen.supermask.described import described_plan
from aegen.supermask.inference.engine import Engine
from aegen.supermask.interventions import shuffle
from aegen.supermask.networks import networks
from aegen.supermask.overlap import overlap, overlaps
from aegen.supermask.paths import fan_in, fan_out, input_map, paths
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.torch_network import Network
from aegen.supermask.training.autoencoder import rebuilt

NETWORKS = [
    ("fcn", {"size": 5, "hidden": "30-20"}, 0.03),
    ("conv2", {"width": 0.125, "size": 6}, 0.02),
    ("resnet20", {"width": 0.25, "size": 8}, 0.02),
]


def sparse(network, arguments, share, seed):
    plan = networks.create(network, **arguments)
    rng = np.random.default_rng(seed)
    masks = {}
    for name, shape in plan.layers.items():
        thin = max(share, 3 / np.prod(shape[1:]) / max(1, shape[0]) ** 0.5)
        draw = rng.random(shape)
        masks[name] = (draw < thin / 2).astype(np.int8) - (draw > 1 - thin / 2).astype(np.int8)
    return Ticket(network, plan.arguments, "signed-he", {}, 0, masks)


def on_path_by_gradients(ticket):
    """Weights that matter to first order when all weights left are positive: the slow twin.

    Values are then positive sums over ways, so a gradient is 0 only where there is no way.
    """
    weights = {name: np.abs(mask).astype(np.float32) for name, mask in ticket.masks.items()}
    network = Network(ticket.plan, weights).double()
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    c, h, w = ticket.plan.input_shape
    network(torch.ones(1, c, h, w, dtype=torch.double)).sum().backward()
    found = {}
    for name, mask in ticket.masks.items():
        grad = network.get_submodule(name).weight.grad
        found[name] = 0 if grad is None else int(((grad.numpy() != 0) & (mask != 0)).sum())
    return found


@pytest.mark.parametrize(("network", "arguments", "share"), NETWORKS)
def test_weights_on_a_way_are_those_with_a_gradient(network, arguments, share):
    some_off = False
    for seed in range(6):
        ticket = sparse(network, arguments, share, seed)
        found = paths(ticket.plan, ticket.masks)
        slow = on_path_by_gradients(ticket)
        for name, layer in found.items():
            left = np.count_nonzero(ticket.masks[name])
            assert layer.on_path + layer.off_path == left
            if network == "fcn":
                assert layer.on_path == slow[name]
            else:  # a pool's gradient goes to one of equals, and edges cut some entries off
                assert layer.on_path >= slow[name]
            some_off |= layer.off_path > 0
    assert some_off


@pytest.mark.parametrize(("network", "arguments", "share"), NETWORKS)
def test_what_lies_on_no_way_may_go_and_nothing_changes(network, arguments, share):
    ticket = sparse(network, arguments, share, 1)
    found = paths(ticket.plan, ticket.masks)
    masks = {}
    for name, mask in ticket.masks.items():
        layer = found[name]
        used = np.outer(layer.heard, layer.reached).reshape(
            *mask.shape[:2], *[1] * (mask.ndim - 2)
        )
        masks[name] = mask * used
        assert np.count_nonzero(masks[name]) == layer.on_path
    c, h, w = ticket.plan.input_shape
    x = np.random.default_rng(0).standard_normal((20, h, w, c), np.float32)
    before = Engine(ticket).logits(x)
    assert np.array_equal(Engine(ticket.with_masks(masks)).logits(x), before)
    if before.any():  # and what does lie on one may not
        last = list(masks)[-1]
        cut = masks | {last: np.zeros_like(masks[last])}
        assert not np.array_equal(Engine(ticket.with_masks(cut)).logits(x), before)


def test_an_autoencoders_weights_on_no_way_may_go_and_dead_units_say_nothing():
    sizes = {"encoder.0": (9, 64), "encoder.1": (3, 9), "decoder.0": (9, 3), "decoder.1": (64, 9)}
    rng = np.random.default_rng(3)
    masks = {
        name: (rng.random(shape) < 0.2).astype(np.int8) - (rng.random(shape) > 0.9).view(np.int8)
        for name, shape in sizes.items()
    }
    masks["encoder.0"][[2, 5]] = 0  # nothing reaches these
    masks["encoder.1"][:, 2] = masks["decoder.1"][:, 4] = 1
    masks["decoder.0"][4] = 0
    masks["encoder.1"][:, 7] = 0  # nobody hears this
    arguments = {"size": 8, "latent_dim": 3, "encoder": [9], "channels": 1}
    about = {"architecture": {"name": "masked", "arguments": arguments}}
    ticket = Ticket(None, {}, "signed-he", {}, 0, masks, {}, about)
    found = paths(described_plan(ticket), masks)
    assert {2, 5, 7} <= set(np.flatnonzero(found["encoder.0"].dead)) < set(range(9))
    assert found["decoder.0"].dead[4]
    off = {name: layer.off_path for name, layer in found.items()}
    assert all(off[name] for name in ("encoder.0", "encoder.1", "decoder.1"))
    used = {
        name: mask * np.outer(found[name].heard, found[name].reached).astype(np.int8)
        for name, mask in masks.items()
    }
    left = {
        name: int(np.count_nonzero(mask) - np.count_nonzero(used[name]))
        for name, mask in masks.items()
    }
    assert left == off
    x = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    drawn = [
        autoencoder.decode(autoencoder.encode(x))
        for autoencoder in map(rebuilt, (ticket, ticket.with_masks(used)))
    ]
    assert torch.equal(*drawn)
    cut = ticket.with_masks(used | {"encoder.1": used["encoder.1"] * 0})
    assert not torch.equal(rebuilt(cut)(x), rebuilt(ticket)(x))
    apart = replace(ticket, masks={name: masks[name] for name in ("encoder.0", "decoder.0")})
    assert described_plan(apart) is None


def test_dead_units_say_nothing_or_are_not_heard():
    plan = networks.create("fcn", size=2, hidden="3")
    masks = {name: np.zeros(shape, np.int8) for name, shape in plan.layers.items()}
    masks["fc1"][0, 0] = masks["fc1"][1, 2] = masks["fc2"][4, 1] = masks["fc2"][5, 2] = 1
    found = paths(plan, masks)
    assert found["fc1"].speaking.tolist() == [True, True, False]
    assert found["fc1"].heard.tolist() == [False, True, True]
    assert found["fc1"].dead.tolist() == [True, False, True]
    assert (found["fc1"].on_path, found["fc1"].off_path) == (1, 1)
    assert (found["fc2"].on_path, found["fc2"].off_path) == (1, 1)


def test_masks_of_another_network_are_refused():
    ticket = made_up("fcn")
    with pytest.raises(InvalidInput, match="has layers"):
        paths(networks.create("conv2"), ticket.masks)


@pytest.mark.parametrize("shape", [(7, 5), (4, 6, 3, 3)])
def test_fans_are_counts(shape):
    rng = np.random.default_rng(0)
    mask = rng.integers(-1, 2, shape).astype(np.int8)
    for unit in range(shape[0]):
        assert fan_in(mask)[unit] == np.count_nonzero(mask[unit])
    for source in range(shape[1]):
        assert fan_out(mask)[source] == np.count_nonzero(mask[:, source])


# where a layer looks


def test_the_input_map_is_of_weights_as_they_act():
    ticket = made_up("fcn")
    found = input_map(ticket)
    weights = ticket.weights()["fc1"].reshape(300, 28, 28)
    assert np.array_equal(found.units[..., 0], np.sign(weights))
    assert np.array_equal(found.total[..., 0], (weights != 0).sum(axis=0))
    assert np.array_equal(found.signed[..., 0], np.sign(weights).sum(axis=0))
    assert not np.array_equal(found.units[..., 0], ticket.masks["fc1"].reshape(300, 28, 28))


def test_the_input_map_of_a_later_layer_has_the_channels_before_it():
    ticket = sparse("conv2", {"width": 0.125, "size": 6}, 0.3, 0)
    found = input_map(ticket, "fc1")
    weights = ticket.weights()["fc1"]
    assert found.units.shape == (32, 3, 3, 8)
    assert found.units[5, 1, 2, 7] == np.sign(weights[5, 7 * 9 + 1 * 3 + 2])
    for layer in ("conv1", "fc2"):
        with pytest.raises(InvalidInput, match="value by value"):
            input_map(ticket, layer)
    with pytest.raises(UnknownName):
        input_map(ticket, "fc9")


# how alike


def test_the_same_mask_overlaps_wholly_and_shuffled_ones_as_chance_has_it():
    ticket = made_up("fcn")
    for mask, found in zip(ticket.masks.values(), overlaps(ticket, ticket).values(), strict=True):
        assert found.jaccard == found.agreement == 1
        assert found.both == found.left[0] == np.count_nonzero(mask)
    other = ticket.with_masks(shuffle(ticket.masks, rng=0))
    found = overlaps(ticket, other)["fc1"]
    assert abs(found.both - found.expected_both) < 6 * np.sqrt(found.expected_both)
    assert found.jaccard < 0.05 < overlaps(ticket, ticket)["fc1"].jaccard
    assert found.expected_agreement == pytest.approx(0.5, abs=0.02)
    spread = np.sqrt(0.25 / found.both)
    assert abs(found.agreement - found.expected_agreement) < 5 * spread


def test_masks_that_only_look_at_the_same_inputs_overlap_as_those_have_it():
    rng = np.random.default_rng(0)
    density = rng.beta(0.3, 5, 784)
    one, other = ((rng.random((300, 784)) < density).astype(np.int8) for _ in range(2))
    found = overlap(one, other)
    assert abs(found.both - found.by_input) < 6 * np.sqrt(found.by_input)
    assert found.both > found.expected_both + 6 * np.sqrt(found.expected_both)
    assert found.expected_jaccard < found.jaccard_by_input


def test_overlap_counts_by_hand():
    a = np.array([[1, -1, 0, 0], [1, 0, 0, -1]], np.int8)
    b = np.array([[1, 1, 1, 0], [0, 0, 0, -1]], np.int8)
    found = overlap(a, b)
    assert (found.total, found.left, found.both, found.same) == (8, (4, 4), 3, 2)
    assert found.jaccard == 3 / 5
    assert found.expected_both == 2
    assert found.by_input == (2 * 1 + 1 * 1 + 0 * 1 + 1 * 1) / 2
    assert found.expected_agreement == 0.5 * 0.75 + 0.5 * 0.25
    empty = overlap(np.zeros_like(a), np.zeros_like(a))
    assert empty.jaccard == 1
    assert np.isnan(empty.agreement)
    assert np.isnan(empty.expected_agreement)


def test_signs_are_compared_as_they_act():
    """Other frozen signs with masks that undo the difference: the same network."""
    one = made_up("fcn")
    other = Ticket("fcn", one.arguments, one.initialiser, one.kappas, one.seed + 1, one.masks)
    undone = other.with_masks(
        {name: other.acting(name) * one.acting(name) * mask for name, mask in other.masks.items()}
    )
    assert all(found.agreement == 1 for found in overlaps(one, undone).values())
    assert overlaps(one, other)["fc1"].agreement < 0.6
    with pytest.raises(InvalidInput, match="same layers"):
        overlaps(one, made_up("conv2"))
