"""Masks on torch networks: what they are, what trains them, and that nothing else moves."""

import numpy as np
import pytest
import torch
from torch import nn

from aegen.core.errors import InvalidInput
from aegen.supermask import MaskSGD, attach, detach, masks, networks, report, scores
from aegen.supermask.parametrization import attached
from aegen.supermask.torch_network import Network


def small(**options):
    net = nn.Sequential(nn.Linear(6, 5, bias=False), nn.ELU(), nn.Linear(5, 3, bias=False))
    attach(net, **options)
    return net


def only_mask(**options):
    net = nn.Linear(4, 3, bias=False)
    attach(net, **options)
    [(_, mask, original)] = attached(net)
    return net, mask, original


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("signed", [-1, 0, 0, 0, 0, 0, 1]),
        ("binary", [0, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_thresholds_are_strict(rule, expected):
    _, mask, _ = only_mask(rule=rule, threshold=0.25)
    values = torch.tensor([-0.2501, -0.25, -0.1, 0.0, 0.1, 0.25, 0.2501])
    assert mask.signs(values).tolist() == expected


def test_signed_masks_are_odd():
    _, mask, original = only_mask()
    assert torch.equal(mask.signs(-original.detach()), -mask.signs(original))


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_top_k_keeps_its_share(share):
    _, mask, original = only_mask(rule="top-k", share=share)
    signs = mask.signs(original)
    assert int(signs.sum()) == 12 * share
    assert set(signs.unique().tolist()) <= {0, 1}
    kept, dropped = original.abs()[signs == 1], original.abs()[signs == 0]
    assert len(dropped) == 0 or kept.min() > dropped.max()


def test_gradient_passes_straight_through_also_to_dropped_weights():
    net, mask, original = only_mask(threshold=0.4)
    assert (mask.signs(original) == 0).any()
    x = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    weight = (mask.frozen * mask.signs(original)).requires_grad_(True)
    (x @ weight.T).square().sum().backward()
    net(x).square().sum().backward()
    torch.testing.assert_close(original.grad, mask.frozen * weight.grad)
    assert (original.grad[mask.signs(original) == 0] != 0).any()
    assert mask.frozen.grad is None


def test_gradient_of_top_k_reaches_the_score_s_size():
    net, mask, original = only_mask(rule="top-k")
    (net(torch.ones(1, 4)) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    slope = torch.tensor([[1.0], [2.0], [3.0]]) * mask.frozen
    torch.testing.assert_close(original.grad, slope * original.detach().sign())


def test_frozen_weights_are_the_same_bits_after_training():
    net = small(threshold=0.1)
    before = {name: mask.frozen.numpy().tobytes() for name, mask, _ in attached(net)}
    first = masks(net)
    optimiser = MaskSGD(scores(net), 0.1, decay=1e-2)
    x = torch.randn(32, 6, generator=torch.Generator().manual_seed(0))
    for _ in range(30):
        optimiser.zero_grad()
        (net(x) - 1).square().mean().backward()
        optimiser.step()
    assert any((first[name] != mask).any() for name, mask in masks(net).items())
    assert before == {name: mask.frozen.numpy().tobytes() for name, mask, _ in attached(net)}


def test_scores_are_all_that_is_trained():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    attach(net)
    assert {id(p) for p in net.parameters() if p.requires_grad} == {id(p) for p in scores(net)}


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_decay_alone_shrinks_scores_whatever_the_learning_rate(rate):
    net = small()
    before = [p.detach().clone() for p in scores(net)]
    optimiser = MaskSGD(scores(net), rate, decay=1e-2)
    shrunk = 1.0
    for step in range(20):
        optimiser.scale(0.9**step)
        for p in scores(net):
            p.grad = torch.zeros_like(p)
        optimiser.step()
        shrunk *= 1 - 1e-2 * 0.9**step
    for p, first in zip(scores(net), before, strict=True):
        torch.testing.assert_close(p.detach(), first * shrunk)
    # torch's own weight decay is another thing: the learning rate multiplies it.
    wrong = torch.optim.SGD(scores(net), rate, weight_decay=1e-2)
    for p in scores(net):
        p.grad = torch.zeros_like(p)
    again = scores(net)[0].detach().clone()
    wrong.step()
    assert not torch.allclose(scores(net)[0], again * (1 - 1e-2), rtol=1e-4)


def test_step_is_nesterov_s_after_the_decay():
    p = torch.tensor([1.0, -2.0], requires_grad=True)
    optimiser = MaskSGD([p], 0.1, decay=0.01, momentum=0.9)
    m, v = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(5):
        g = np.array([0.3 * step, -1.0])
        p.grad = torch.tensor(g, dtype=torch.float32)
        optimiser.step()
        m = m * (1 - 0.01)
        v = 0.9 * v + g
        m = m - 0.1 * (g + 0.9 * v)
    np.testing.assert_allclose(p.detach(), m, rtol=1e-5)


def test_relative_threshold_is_taken_once():
    net, mask, original = only_mask(relative=True, threshold=0.4)
    expected = 0.4 * original.detach().abs().max()
    assert mask.threshold(original) == pytest.approx(float(expected), rel=1e-6)
    with torch.no_grad():
        original.mul_(10)
    assert mask.threshold(original) == pytest.approx(float(expected), rel=1e-6)
    assert report(net).total.remaining > 0.9


@pytest.mark.parametrize(
    ("network", "options", "share"),
    [
        ("fcn", {"threshold": 0.01}, 0.8716),
        ("conv2", {"threshold": 0.01}, 0.4840),
        ("fcn", {"threshold": 0.4, "relative": True}, 0.60),
    ],
)
def test_share_active_at_first_is_the_paper_s(network, options, share):
    net = Network(networks.create(network))
    attach(net, **options)
    assert abs(report(net).total.remaining - share) < 0.005


def test_kappa_comes_from_the_share_active_at_first():
    net = Network(networks.create("fcn"))
    attach(net)
    for _, mask, original in attached(net):
        active = float((mask.signs(original) != 0).double().mean())
        assert mask.kappa == pytest.approx(1.550519 / active, rel=1e-6)


def test_counts_add_up_and_inverting_is_as_frequent_as_keeping():
    net = Network(networks.create("fcn"))
    attach(net)
    found = report(net)
    for (_, shape), counts in zip(net.plan.layers.items(), found.layers.values(), strict=True):
        assert counts.total == np.prod(shape)
        remain = counts.keep + counts.invert
        assert abs(counts.inverted - 0.5) < 4 * 0.5 / np.sqrt(remain)
    assert found.total.total == 266_200
    assert not found.empty


def test_higher_threshold_never_leaves_more():
    shares = [report(small(threshold=t)).total.remaining for t in (0.0, 0.1, 0.3, 0.6, 9.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert shares[-1] == 0


def test_all_keep_all_invert_and_all_drop():
    net, mask, original = only_mask()
    x = torch.eye(4)
    with torch.no_grad():
        for value, factor in ((1.0, 1), (-1.0, -1), (0.0, 0)):
            original.fill_(value)
            assert torch.equal(net(x), factor * mask.frozen.T)


def test_detached_network_gives_the_same():
    net = small()
    x = torch.randn(9, 6, generator=torch.Generator().manual_seed(1))
    before = net(x).detach()
    detach(net)
    assert torch.equal(net(x), before)
    assert not any(p.requires_grad for p in net.parameters())
    assert set(dict(net.named_parameters())) == {"0.weight", "2.weight"}


def test_transposed_convolution_is_masked_as_out_in():
    net = nn.Sequential(nn.ConvTranspose2d(8, 2, 4, 2, 1, bias=False))
    attach(net, kappa=3)
    assert masks(net)["0"].shape == (2, 8, 4, 4)
    [(_, mask, _)] = attached(net)
    assert mask.frozen.shape == (8, 2, 4, 4)
    # Each output pixel gets in * (4 / 2)^2 inputs, so that is the fan_in.
    assert float(mask.frozen.abs().max()) == pytest.approx(np.sqrt(3 / (8 * 4)))
    x = torch.zeros(1, 8, 1, 1)
    x[0, 5] = 1
    signs = torch.from_numpy(masks(net)["0"][:, 5].copy()) * mask.frozen[5]
    assert torch.equal(net(x)[0], signs[:, 1:3, 1:3])


def test_seed_decides_everything():
    one, same, other = (masks(small(seed=s)) for s in (0, 0, 1))
    assert all((one[k] == same[k]).all() for k in one)
    assert any((one[k] != other[k]).any() for k in one)


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        (nn.ELU(), {}, "no Linear, Conv2d or ConvTranspose2d"),
        (nn.LSTM(3, 3), {}, "is a LSTM; masks go on Linear"),
        (nn.Sequential(nn.Embedding(3, 3)), {}, "layer 0 is a Embedding"),
        (nn.Conv2d(4, 4, 3, groups=2), {}, "grouped"),
        (nn.Linear(3, 3), {"rule": "sign"}, "binary, signed, top-k"),
        (nn.Linear(3, 3), {"threshold": -1.0}, "threshold must be 0 or more"),
        (nn.Linear(3, 3), {"threshold": float("nan")}, "threshold must be 0 or more"),
        (nn.Linear(3, 3), {"share": 0.0}, "share must be in"),
        (nn.Linear(3, 3), {"kappa": 0.0}, "positive kappa"),
    ],
)
def test_bad_input_is_refused(net, options, said):
    with pytest.raises(InvalidInput, match=said):
        attach(net, **options)
    assert not list(net.buffers())


def test_masks_go_on_once_and_come_off_once():
    net = small()
    with pytest.raises(InvalidInput, match="detach it first"):
        attach(net)
    detach(net)
    with pytest.raises(InvalidInput, match="has no masks"):
        detach(net)
    attach(net)


def test_only_some_layers():
    net = nn.Sequential(nn.Linear(3, 3), nn.Embedding(3, 3), nn.Linear(3, 2))
    with pytest.raises(InvalidInput, match="Embedding"):
        attach(net)
    assert list(attach(net, only=lambda name, layer: name == "2")) == ["2"]
    assert list(masks(net)) == ["2"]
    assert net[0].weight.requires_grad is False
