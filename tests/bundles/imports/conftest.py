"""A person's own network in a file of theirs, and weights of it."""

import pytest
import torch

SOURCE = '''
import torch
from torch import nn


class Net(nn.Module):
    """Pictures (n, 1, 4, 4) to codes (n, width) and back."""

    def __init__(self, width=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(16, width), nn.BatchNorm1d(width))
        self.decoder = nn.Sequential(nn.Linear(width, 16), nn.Unflatten(1, (1, 4, 4)))

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return torch.sigmoid(self.decoder(z))


class Scripted(Net):
    @torch.jit.export
    def encode(self, x):
        return self.encoder(x), torch.zeros(1)

    @torch.jit.export
    def decode(self, z):
        return torch.sigmoid(self.decoder(z))

    def forward(self, x):
        return self.decode(self.encode(x)[0])


def build(width):
    return Net(width)


def settings():
    return {"width": 3}


ready = Net()
'''


@pytest.fixture
def net_file(tmp_path):
    """The path of a module of a person, which holds `Net`."""
    path = tmp_path / "person_net.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def net(net_file):
    """A `Net` of width 3 with weights of its own, in evaluation mode."""
    names = {}
    exec(compile(SOURCE, str(net_file), "exec"), names)  # the same classes, without an import
    torch.manual_seed(0)
    made = names["Net"]()
    made.encoder[2].running_mean.fill_(0.25)
    return made.eval()


@pytest.fixture
def x():
    """Pictures (5, 1, 4, 4)."""
    return torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
