"""What a training needs is told before it: memory, and space on the disk."""

import shutil
from collections import namedtuple

import numpy as np
import pytest
import torch

from aegen.autoencoders import architectures, resources
from aegen.autoencoders.resources import available_memory, step_memory
from aegen.autoencoders.train import train_autoencoder
from aegen.autoencoders.training_loop import Recipe
from aegen.core.errors import TrainingError

pytestmark = pytest.mark.usefixtures("one_thread")


def start(path, batch=16):
    x = np.zeros((40, 16, 24, 3), np.uint8)
    return next(train_autoencoder(x, x, path / "deep" / "c", recipe=Recipe(1, batch)))


def test_the_estimate_grows_with_the_batch_and_the_picture():
    def needed(batch, size):
        net = architectures.get("convolutional")(3, size, 8, [8, 16])
        return step_memory(net, (size, size, 3), batch)

    one, two, three = (needed(batch, 32) for batch in (1, 2, 3))
    assert three - two == two - one > 0
    # What the encoder's three layers and the decoder's two times three make, in floats.
    made = 3 * 8 * 16**2 + 3 * 16 * 8**2 + 8 + 16 * 8**2 * 3 + 3 * 8 * 16**2 + 3 * 32**2
    assert two - one == pytest.approx(4 * (1.5 * made + 3 * 3 * 32**2), rel=0.02)
    assert needed(64, 64) - needed(32, 64) > 3.5 * (needed(64, 32) - needed(32, 32))


def test_the_network_is_left_as_it_was():
    net = architectures.get("variational")(1, 8, 2, [4]).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.random.get_rng_state()
    step_memory(net, (8, 8, 1), 5)
    assert net.training
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(part._forward_hooks for part in net.modules())


def test_memory_that_is_not_there_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "available_memory", lambda: 1_000_000)
    with pytest.raises(TrainingError, match=r"16 images of 16 x 24 x 3 .* 1\.0 MB are free"):
        start(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(resources, "available_memory", lambda: None)  # not told by the system
    assert start(tmp_path).step == 1


def test_a_full_disk_is_told_before_the_work(tmp_path, monkeypatch):
    usage = namedtuple("Usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(100_000))
    with pytest.raises(TrainingError, match=rf"0\.1 MB are free at {tmp_path}: name a folder"):
        start(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_this_system_says_how_much_it_has():
    free = available_memory()
    assert free is None or free > 10_000_000
