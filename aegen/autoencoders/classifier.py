"""The small network that reads attributes off pictures, real or generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.classifier_layout import ClassifierLayout, Stage
from aegen.autoencoders.networks._backbone import padded
from aegen.autoencoders.networks._size import Size
from aegen.autoencoders.pixel_classifier import Details

__all__ = ["Classifier"]

DROPPED = 0.3
"""Share of the features that training leaves out, unless details of a few pixels count."""

GRAIN = 0.08
"""Deviation of the noise on a picture, in levels from 0 to 1, at most."""


class Classifier(nn.Module):
    """One head an attribute over shared convolutional features: classes, and numbers.

    A class is one of a few values, also yes or no, and the network gives their logits; of a number
    it gives the number. It must also classify decoded images, which are softer than real ones, so
    training puts some of its images under a Gaussian kernel.

    Args:
        channels: from 1 to 4.
        size: height and width in pixels, each from 8 to 512, or one number for both.
        attributes: number of values of each class attribute by its name.
        widths: channels after each halving; None chooses them by the size.
        features: length of the feature vector that metrics use.
        fine: whether details of a few pixels count at their place, as in figures that are aligned
            to the pixel. Strides then halve the picture in place of maxima, the mean and the
            strongest response of every stage reach the features, and training neither moves a
            picture nor leaves features out. None: for colour pictures.
        details: attributes that a single pixel may decide: a linear reading of all pixels, fitted
            after the training, is added to their logits; see `Details`.
        numbers: centre and scale of each number attribute by its name, such as its median and
            deviation: the network learns how many scales a number lies from the centre.

    Raises:
        TrainingError: ``details`` of a class attribute that is not there, an attribute that is a
            class and a number, or a scale that is not positive.
        InvalidInput: ``channels`` or ``size`` out of bounds.

    Example:
        >>> net = Classifier(channels=1, size=28, attributes={"class": 10})
        >>> net(torch.zeros(2, 1, 28, 28))["class"].shape
        torch.Size([2, 10])
        >>> net = Classifier(3, (48, 64), {}, numbers={"age": (40.0, 12.0)})
        >>> net.measure(torch.zeros(2, 3, 48, 64))["age"].shape
        torch.Size([2])
    """

    def __init__(
        self,
        channels: int,
        size: Size,
        attributes: Mapping[str, int],
        widths: Sequence[int] | None = None,
        features: int = 128,
        fine: bool | None = None,
        details: Sequence[str] = (),
        numbers: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        layout = ClassifierLayout.of(
            channels, size, attributes, widths, features, fine, details, numbers
        )
        self.arguments = layout.arguments
        self.fine, self.padding = layout.fine, layout.plan.padding
        self.names, self.detailed = list(layout.attributes), list(layout.details)
        self.units = layout.numbers
        self.stages = nn.ModuleList(_stage(stage) for stage in layout.stages)
        self.embed = nn.Linear(layout.inputs, layout.features)
        self.heads = nn.ModuleList(
            nn.Linear(layout.features, k) for k in layout.attributes.values()
        )
        self.details = nn.ModuleList(
            Details(layout.pixels, layout.attributes[name]) for name in layout.details
        )
        if self.units:
            self.gauge = nn.Linear(layout.features, len(self.units))

    def features(self, x: Tensor) -> Tensor:
        """Features (n, f), not negative, of images (n, c, h, w) in [0, 1]."""
        x = padded(x, self.padding)
        summaries = []
        for stage in self.stages:
            x = stage(x)
            if self.fine:
                summaries += [x.mean(dim=(2, 3)), _largest(x)]
        return functional.relu(self.embed(torch.cat([x.flatten(1), *summaries], dim=1)))

    def forward(self, x: Tensor, features: Tensor | None = None) -> dict[str, Tensor]:
        """Logits (n, k) of each attribute by its name; ``features`` (n, f) of ``x`` if known."""
        f = self.features(x) if features is None else features
        logits = {name: head(f) for name, head in zip(self.names, self.heads, strict=True)}
        for name, details in self.details_of().items():
            if details.fitted:
                logits[name] = logits[name] + details(x)
        return logits

    def details_of(self) -> dict[str, Details]:
        """What reads the pixels, by attribute."""
        return {
            name: cast(Details, part)
            for name, part in zip(self.detailed, self.details, strict=True)
        }

    def measure(self, x: Tensor, features: Tensor | None = None) -> dict[str, Tensor]:
        """Each number attribute, float64 (n,), by its name; ``features`` (n, f) if known."""
        if not self.units:
            return {}
        standard = self.gauge(self.features(x) if features is None else features).double()
        return {
            name: centre + scale * column
            for (name, (centre, scale)), column in zip(
                self.units.items(), standard.unbind(1), strict=True
            )
        }

    def standardised(self, numbers: Tensor) -> Tensor:
        """Numbers (n, b) as scales from their centres, which is what the network learns."""
        centre, scale = torch.tensor(list(self.units.values()), dtype=numbers.dtype).unbind(1)
        return (numbers - centre.to(numbers)) / scale.to(numbers)

    def loss(
        self, x: Tensor, labels: Tensor, noise: torch.Generator, numbers: Tensor | None = None
    ) -> Tensor:
        """What training makes small: `misfit` of images (n, c, h, w), moved and smoothed."""
        f = self.features(augmented(x, noise, self.fine))
        if not self.fine:
            f = dropped(f, DROPPED, noise)
        return self.misfit(x, f, labels, numbers)

    def misfit(
        self, x: Tensor, features: Tensor, labels: Tensor, numbers: Tensor | None = None
    ) -> Tensor:
        """Mean misfit of an image that is known, summed over the attributes.

        Cross-entropy in nats for classes, Huber's loss of the standardised number for numbers
        (P. J. Huber, 1964: squares up to one scale, straight beyond), so that one wild number has
        no more say than a few others.

        Args:
            x: images (n, c, h, w).
            features: what `features` makes of them, (n, f).
            labels: values of the class attributes, from 0, int64 (n, a); negative: not known.
            numbers: those of the number attributes (n, b); NaN: not known.
        """
        logits = self(x, features)
        losses = []
        for k, name in enumerate(self.names):
            known = labels[:, k] >= 0
            if known.any():
                losses.append(functional.cross_entropy(logits[name][known], labels[known, k]))
        if self.units and numbers is not None:
            target = self.standardised(numbers).to(features)
            for found, wanted in zip(
                self.gauge(features).unbind(1), target.unbind(1), strict=True
            ):
                known = wanted.isfinite()
                if known.any():
                    losses.append(functional.huber_loss(found[known], wanted[known]))
        return torch.stack(losses).sum() if losses else features.sum() * 0


def _stage(stage: Stage) -> nn.Module:
    """A convolution, batch normalisation and a ReLU, and maxima where the stage says so."""
    layers = [
        nn.Conv2d(stage.before, stage.after, stage.kernel, stage.stride, 1, bias=False),
        nn.BatchNorm2d(stage.after),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, *([nn.MaxPool2d(stage.pool)] if stage.pool else []))


def _largest(x: Tensor) -> Tensor:
    """The largest value of each channel (n, c) of ``x`` (n, c, h, w).

    Where no gradient is asked for, by a pooling that takes a tenth of the time on few channels.
    """
    if torch.is_grad_enabled():
        return x.amax(dim=(2, 3))
    return functional.max_pool2d(x, x.shape[2:]).flatten(1)


def augmented(x: Tensor, noise: torch.Generator, fine: bool) -> Tensor:
    """Images (n, c, h, w), some smoothed: half, or a tenth where fine details count.

    Where they do, half get noise of up to `GRAIN`, as a decoder's levels are a little off. Where
    they do not, each is shifted by up to a pixel each way, an eighth alike. Every batch holds all
    kinds, so that batch normalisation learns one set of statistics that is right for each of them.
    """
    draw = torch.rand(17, generator=noise, device=noise.device).tolist()
    if not fine:
        parts = [
            torch.roll(part, [round(2 * t - 1) for t in draw[2 * k : 2 * k + 2]], (2, 3))
            for k, part in enumerate(torch.chunk(x, 8))
        ]
        x = torch.cat(parts)
    share = 0.1 if fine else 0.5
    chosen = torch.rand(len(x), generator=noise, device=noise.device) < share
    x = torch.where(chosen[:, None, None, None], smoothed(x, sigma=0.3 + 0.7 * draw[16]), x)
    return grained(x, noise) if fine else x


def grained(x: Tensor, noise: torch.Generator) -> Tensor:
    """Images (n, c, h, w), half of them with Gaussian noise of a deviation up to `GRAIN`."""
    level = GRAIN * (2 * torch.rand(len(x), generator=noise, device=noise.device) - 1).clamp(min=0)
    return x + level[:, None, None, None] * torch.randn(
        x.shape, generator=noise, device=noise.device
    ).to(x)


def dropped(features: Tensor, share: float, noise: torch.Generator) -> Tensor:
    """Features of which a share is 0 and the others are raised to make up for it."""
    draw = torch.rand(features.shape, generator=noise, device=noise.device)
    return features * (draw >= share).to(features) / (1 - share)


def smoothed(x: Tensor, sigma: float) -> Tensor:
    """Images under a Gaussian kernel of ``sigma`` pixels, cut off at three pixels."""
    offsets = torch.arange(-3, 4, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    channels = x.shape[1]
    down = (kernel / kernel.sum()).view(1, 1, 7, 1).repeat(channels, 1, 1, 1)
    x = functional.conv2d(x, down, padding=(3, 0), groups=channels)
    return functional.conv2d(x, down.transpose(2, 3), padding=(0, 3), groups=channels)
