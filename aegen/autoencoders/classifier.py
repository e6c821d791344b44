"""The small network that reads attributes off pictures, real or generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from aegen.autoencoders.networks._backbone import chosen_widths, inner_size, padded
from aegen.autoencoders.pixel_classifier import Details
from aegen.core.errors import TrainingError

__all__ = ["Classifier"]


class Classifier(nn.Module):
    """One head an attribute over shared convolutional features.

    It must also classify decoded images, which are softer than real ones, so training puts some of
    its images under a Gaussian kernel.

    Args:
        channels: 1 or 3.
        size: height and width in pixels.
        attributes: number of values of each attribute by its name.
        widths: channels after each halving; None chooses them by the size.
        features: length of the feature vector that metrics use.
        fine: whether details of a few pixels count at their place, as in figures that are aligned
            to the pixel. Strides then halve the picture in place of maxima, the mean and the
            strongest response of every stage reach the features, and training neither moves a
            picture nor leaves features out. None: for colour pictures.
        details: attributes that a single pixel may decide: a linear reading of all pixels, fitted
            after the training, is added to their logits; see `Details`.

    Raises:
        TrainingError: ``details`` of an attribute that is not there.

    Example:
        >>> net = Classifier(channels=1, size=28, attributes={"class": 10})
        >>> net(torch.zeros(2, 1, 28, 28))["class"].shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        channels: int,
        size: int,
        attributes: Mapping[str, int],
        widths: Sequence[int] | None = None,
        features: int = 128,
        fine: bool | None = None,
        details: Sequence[str] = (),
    ) -> None:
        super().__init__()
        unknown = sorted(set(details) - set(attributes))
        if unknown:
            raise TrainingError(
                f"there is no attribute {unknown[0]!r} whose details could be read; there are "
                f"{', '.join(attributes)}"
            )
        # A larger picture starts narrower: the first layers, at full size, cost most.
        widths = chosen_widths(widths, size, first=32 if size <= 32 else 16)
        self.fine = channels > 1 if fine is None else bool(fine)
        self.arguments: dict[str, Any] = {
            "channels": channels,
            "size": size,
            "attributes": dict(attributes),
            "widths": list(widths),
            "features": features,
            "fine": self.fine,
        }
        self.detailed = list(dict.fromkeys(details))
        if self.detailed:
            self.arguments["details"] = self.detailed
        whole, side = inner_size(size, len(widths))
        self.padding = whole - size
        stages = _fine_stages(channels, widths) if self.fine else _stages(channels, widths)
        self.stages = nn.ModuleList(stages)
        inputs = widths[-1] * side * side
        if self.fine:
            inputs += 2 * (widths[0] + sum(widths))
        self.embed = nn.Linear(inputs, features)
        self.dropout = nn.Dropout(0.0 if self.fine else 0.3)
        self.heads = nn.ModuleList(nn.Linear(features, k) for k in attributes.values())
        self.names = list(attributes)
        pixels = channels * size * size
        self.details = nn.ModuleList(Details(pixels, attributes[name]) for name in self.detailed)

    def features(self, x: Tensor) -> Tensor:
        """Features (n, f), not negative, of images (n, c, h, w) in [0, 1]."""
        x = padded(x, self.padding)
        summaries = []
        for stage in self.stages:
            x = stage(x)
            if self.fine:
                summaries += [x.mean(dim=(2, 3)), x.amax(dim=(2, 3))]
        return functional.relu(self.embed(torch.cat([x.flatten(1), *summaries], dim=1)))

    def forward(self, x: Tensor, features: Tensor | None = None) -> dict[str, Tensor]:
        """Logits (n, k) of each attribute by its name; ``features`` (n, f) of ``x`` if known."""
        f = self.dropout(self.features(x) if features is None else features)
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

    def loss(self, x: Tensor, labels: Tensor, noise: torch.Generator) -> Tensor:
        """Cross-entropy summed over the attributes, in nats an image; ``labels`` are (n, a)."""
        logits = self(augmented(x, noise, self.fine))
        losses = [
            functional.cross_entropy(logits[name], labels[:, k])
            for k, name in enumerate(self.names)
        ]
        return torch.stack(losses).sum()


def _stages(channels: int, widths: Sequence[int]) -> list[nn.Module]:
    pairs = zip((channels, *widths[:-1]), widths, strict=True)
    return [_stage(nn.Conv2d(a, b, 3, 1, 1, bias=False), nn.MaxPool2d(2)) for a, b in pairs]


def _fine_stages(channels: int, widths: Sequence[int]) -> list[nn.Module]:
    """One at full size, then one for each halving."""
    first = _stage(nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False))
    pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
    return [first, *(_stage(nn.Conv2d(a, b, 4, 2, 1, bias=False)) for a, b in pairs)]


def _stage(convolution: nn.Conv2d, *then: nn.Module) -> nn.Module:
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(), *then)


def augmented(x: Tensor, noise: torch.Generator, fine: bool) -> Tensor:
    """Images (n, c, h, w), some smoothed: half, or a tenth where fine details count.

    Where they do not, each is shifted by up to a pixel each way too, an eighth alike. Every batch
    holds all kinds, so that batch normalisation learns one set of statistics that is right for
    each of them.
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
    return torch.where(chosen[:, None, None, None], smoothed(x, sigma=0.3 + 0.7 * draw[16]), x)


def smoothed(x: Tensor, sigma: float) -> Tensor:
    """Images under a Gaussian kernel of ``sigma`` pixels, cut off at three pixels."""
    offsets = torch.arange(-3, 4, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    channels = x.shape[1]
    down = (kernel / kernel.sum()).view(1, 1, 7, 1).repeat(channels, 1, 1, 1)
    x = functional.conv2d(x, down, padding=(3, 0), groups=channels)
    return functional.conv2d(x, down.transpose(2, 3), padding=(0, 3), groups=channels)
