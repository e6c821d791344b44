"""The architecture for masks: matrices alone, and what they are given to read."""

import numpy as np
import pytest
import torch
from torch import nn

from aegen.autoencoders import architectures
from aegen.core.errors import InvalidInput
from aegen.supermask import attach


def small(**changes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return architectures.create(
            "masked", **{"size": 8, "latent_dim": 3, "encoder": [20, 10], **changes}
        )


def test_it_has_matrices_and_nothing_else():
    net = small(decoder=[5])
    shapes = {name: tuple(p.shape) for name, p in net.state_dict().items()}
    assert shapes == {
        "encoder.0.weight": (20, 64),
        "encoder.1.weight": (10, 20),
        "encoder.2.weight": (3, 10),
        "decoder.0.weight": (5, 3),
        "decoder.1.weight": (64, 5),
    }
    kinds = {type(part) for part in net.modules()} - {type(net), nn.ModuleList}
    assert kinds == {nn.Linear}


def test_every_matrix_can_be_masked():
    net = small()
    names = [name for name, _ in net.named_parameters()]
    assert [f"{name}.weight" for name in attach(net)] == names


def test_the_decoder_mirrors_the_encoder_unless_told():
    assert small().arguments["decoder"] == [10, 20]
    assert small(decoder=[7]).arguments["decoder"] == [7]


def test_its_arguments_make_it_again():
    net = small(gain=2.5, mean=0.2)
    again = architectures.create("masked", **net.arguments)
    again.load_state_dict(net.state_dict())
    x = torch.rand(4, 1, 8, 8)
    assert torch.equal(again(x), net(x))
    assert not torch.equal(small(gain=2.0, mean=0.2)(x), net(x))


def test_what_it_computes():
    net = small()
    x = torch.rand(5, 1, 8, 8)
    weights = [p.detach().double().numpy() for p in net.parameters()]

    def dense(value, layers):
        for k, w in enumerate(layers):
            value = (np.where(value > 0, value, np.expm1(value)) if k else value) @ w.T
        return value

    z = dense((x.flatten(1).double().numpy() - 0.1307) / 0.3081, weights[:3])
    assert np.allclose(net.encode(x).detach().numpy(), z, atol=1e-5)
    pixels = 1 / (1 + np.exp(-3.0 * dense(z, weights[3:])))
    assert np.allclose(net(x).detach().flatten(1).numpy(), pixels, atol=1e-5)
    # A network that reads pixels as they are says something else.
    raw = dense(x.flatten(1).double().numpy(), weights[:3])
    assert not np.allclose(raw, z, atol=1e-2)


@pytest.mark.parametrize("wrong", [{"encoder": [0]}, {"decoder": [10, 70_000]}])
def test_layers_of_no_size_are_refused(wrong):
    with pytest.raises(InvalidInput, match="from 1 to 65,536 units"):
        small(**wrong)
