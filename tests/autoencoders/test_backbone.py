"""The convolutional halves on pictures of any size: evenly halved, and put together again."""

import itertools
import json

import numpy as np
import pytest
import torch

from aegen.autoencoders import Classifier, architectures
from aegen.autoencoders.networks._halvings import chosen_widths, halved
from aegen.autoencoders.networks._size import sides, stored_size
from aegen.autoencoders.training_loop import initialised
from aegen.core.errors import InvalidInput

SIDES = (8, 9, 16, 17, 28, 33, 48, 64, 80, 100, 128, 160, 200, 257, 512)


def test_every_size_is_halved_evenly_to_a_few_pixels():
    for pair in itertools.product(SIDES, SIDES):
        widths = chosen_widths(None, pair)
        plan = halved(pair, len(widths))
        factor = np.prod(plan.strides, axis=0)
        assert (factor * plan.inner == np.add(pair, plan.padding)).all()
        assert min(plan.inner) >= 2
        assert max(plan.inner) <= 4
        assert max(widths) <= 512
        if pair[0] == pair[1]:
            assert set(plan.strides) == {(2, 2)}


def test_larger_pictures_are_halved_more_often_and_have_more_capacity():
    widths = [chosen_widths(None, size) for size in (28, 64, 128, 512)]
    assert widths[:3] == [(32, 64, 128), (32, 64, 128, 256), (32, 64, 128, 256, 512)]
    assert widths[3] == (8, 16, 32, 64, 128, 256, 512)
    with torch.device("meta"):
        small, large = (
            sum(p.numel() for p in architectures.get("convolutional")(c, size).parameters())
            for c, size in ((1, 28), (3, 128))
        )
    assert large > 5 * small


def test_the_longer_side_is_halved_first():
    assert halved((16, 64), 4).strides == ((1, 2), (1, 2), (2, 2), (2, 2))
    assert halved((64, 16), 4).strides == ((2, 1), (2, 1), (2, 2), (2, 2))
    assert halved((16, 64), 2).strides == ((1, 2), (1, 2))  # fewer than it needs


@pytest.mark.parametrize("steps", [4, 5])
def test_more_halvings_than_pixels_are_refused(steps):
    assert halved(16, 3).inner == (2, 2)
    with pytest.raises(InvalidInput, match=rf"size 16 cannot be halved {steps} times"):
        halved(16, steps)


@pytest.mark.parametrize("widths", [[], [4, 0]])
def test_widths_of_nothing_are_refused(widths):
    with pytest.raises(InvalidInput, match="one or more positive numbers"):
        chosen_widths(widths, 28)


@pytest.mark.parametrize("size", [7, 513, "28", None, True, 28.0, (28,), (28, 7), (8, 8, 8)])
def test_sizes_out_of_bounds_are_refused_by_all(size):
    with pytest.raises(InvalidInput, match="size must be a whole number from 8 to 512, or"):
        Classifier(1, size, {"a": 2})
    for name in architectures:
        with pytest.raises(InvalidInput, match="size must be a whole number"):
            architectures.create(name, size=size)


def test_a_square_is_kept_as_one_number_as_before():
    assert stored_size((28, 28)) == stored_size(28) == 28
    assert sides(np.int64(28)) == (28, 28)
    net = architectures.create("convolutional", size=[8, 8], widths=[4])
    assert net.arguments["size"] == 8


def made(architecture, **arguments):
    """The network, or None where it is for squares and says so."""
    try:
        return initialised(lambda: architectures.create(architecture, **arguments), seed=1)
    except InvalidInput as refused:
        if "size must be" not in str(refused):
            raise
        return None


@pytest.mark.parametrize("architecture", architectures.names())
@pytest.mark.parametrize(("channels", "size"), [(3, (24, 40)), (4, (36, 9)), (2, (8, 70))])
def test_pictures_that_are_not_square_come_back_in_their_size(architecture, channels, size):
    kind = architectures.get(architecture)
    network = made(architecture, channels=channels, size=size, latent_dim=5, **kind.quick)
    if network is None:
        return
    network.eval()
    assert network.shape == (channels, *size)
    again = kind(**json.loads(json.dumps(network.arguments)))
    again.load_state_dict(network.state_dict())
    again.eval()
    x = torch.rand(3, channels, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        codes, out = network.encode(x), network(x)
        assert codes.shape == (3, 5)
        assert out.shape == x.shape
        assert torch.equal(again(x), out)
        # No side is lost or turned: what each corner shows reaches the code.
        for row, column in itertools.product((0, -1), (0, -1)):
            other = x.clone()
            other[..., row, column] = 1 - other[..., row, column]
            assert not torch.equal(network.encode(other), codes)
        # And every pixel is drawn from it, each by itself.
        drawn = network.decode(torch.randn(8, 5, generator=torch.Generator().manual_seed(1)))
        assert (drawn.std(dim=0) > 0).all()
        assert drawn[0].unique().numel() > drawn[0].numel() / 2


@pytest.mark.parametrize("size", [(512, 512), (8, 512), (512, 100), (80, 160)])
@pytest.mark.parametrize("architecture", architectures.names())
def test_large_pictures_go_through_the_default_layers(architecture, size):
    with torch.device("meta"):
        network = made(architecture, channels=3, size=size)
        assert network is None or network(torch.zeros(2, 3, *size)).shape == (2, 3, *size)
