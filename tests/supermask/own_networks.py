"""Torch networks that are none of ours, as people write them."""

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Branches", "Gated", "LeNet", "Upward"]


class LeNet(nn.Module):
    """LeNet-5 with ReLU on 14 x 14 images: functions, methods, biases, a norm and dropout."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.norm = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(64, 40)
        self.fc2 = nn.Linear(40, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.norm(self.conv1(x))), 2)
        x = functional.avg_pool2d(self.conv2(x).relu(), (2, 2))
        x = functional.dropout(x.view(x.size(0), -1), 0.1, training=self.training)
        return self.fc2(torch.tanh(self.fc1(x)))


class Branches(nn.Module):
    """A residual network whose parts are not made in the order in which they are used."""

    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
        wide = [nn.Conv2d(1, 4, 3, padding="same"), nn.Conv2d(4, 4, 3, 1, 1)]
        self.main = nn.ModuleList([*wide, nn.Conv2d(4, 4, 1)])
        self.side = nn.ModuleList([nn.Conv2d(1, 4, 1), nn.Identity(), nn.Conv2d(4, 4, 1)])

    def forward(self, x):
        for main, side in zip(self.main, self.side, strict=True):
            x = functional.leaky_relu(side(x) + main(x), 0.2)
        return self.head(x)


class Gated(Branches):
    """What no plan has: a product of branches, numbers of its own; a view that asks for order."""

    def __init__(self, shift=0.0):
        super().__init__()
        del self.main[1:], self.side[1:]
        self.norm = nn.BatchNorm2d(4)
        self.register_buffer("shift", torch.full((10,), shift))

    def forward(self, x):
        x = self.norm(self.side[0](x) * torch.sigmoid(self.main[0](x)))
        return self.head(x.view(x.size(0), -1).view(x.shape)) + self.shift


class Upward(nn.Module):
    """A transposed convolution, a layer norm, and a layer whose inputs are found out."""

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(1, 2, 3, stride=2)
        self.fc = nn.LazyLinear(10)
        self.norm = nn.LayerNorm(10)

    def forward(self, x):
        return self.norm(self.fc(functional.relu(self.up(x[:, :, ::4, ::4])).flatten(1)))
