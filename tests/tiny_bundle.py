"""A real bundle that is written in a moment: forty bars, linear networks, no UMAP to wait for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aegen.bundles import Bundle, create
from aegen.bundles.convention import Convention
from aegen.data import ImageSet
from aegen.projections.pca import PCA
from aegen.projections.umap import UMAP
from tests.onnx_networks import linear_pair

SIDE = 16


class QuickUMAP(UMAP):
    """The coordinates of PCA in the place of UMAP's, whose compiling takes many seconds."""

    def _fit(self, z, rng):
        self._settle(z)
        return PCA().fit(z).coordinates_ * 3


def tiny_images(n: int = 40, m: int = 8, *, channels: int = 1, seed: int = 0) -> ImageSet:
    """``n`` training and ``m`` held-out pictures of a bright bar, upright or lying, 16 x 16."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 30, size=(n + m, SIDE, SIDE, channels), dtype=np.uint8)
    lying = rng.random(n + m) < 0.5
    places = rng.integers(1, SIDE - 2, size=n + m)
    for k, at in enumerate(places):
        where = (slice(at, at + 2), slice(None)) if lying[k] else (slice(None), slice(at, at + 2))
        x[(k, *where)] = 230
    table = pd.DataFrame(
        {
            "class": pd.Categorical(
                np.where(lying, "lying", "upright"), categories=["upright", "lying", "neither"]
            ),
            "late": places > SIDE // 2,
            "place": places.astype(float),
        }
    )
    holdout = np.zeros(n + m, bool)
    holdout[rng.choice(n + m, m, replace=False)] = True
    return ImageSet("bars", "Bars", x, table, holdout, "MIT", "nobody", "drawn by a test")


def tiny_networks(
    *,
    channels: int = 1,
    latent_dim: int = 3,
    seed: int = 0,
    kind: str = "convolutional",
    widths: Sequence[int] = (4, 8),
) -> tuple[Any, Any]:
    """A random torch autoencoder and classifier for `tiny_images`, as aegen trains them."""
    import torch

    from aegen.autoencoders import Classifier, architectures

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = architectures.get(kind)(
            channels=channels, size=SIDE, latent_dim=latent_dim, widths=list(widths)
        )
        classifier = Classifier(
            channels=channels, size=SIDE, attributes={"class": 3}, widths=[4], features=8
        )
    _spread_codes(net.eval(), channels)
    return net, classifier.eval()


def _spread_codes(net: Any, channels: int) -> None:
    """Scale an untrained autoencoder: codes of standard deviation 1, pictures that differ."""
    import torch

    x = torch.from_numpy(tiny_images(channels=channels).images.transpose(0, 3, 1, 2) / 255)
    with torch.no_grad():
        z = net.encode(x.float())
        head, d = net.encoder.head, net.latent_dim
        head.weight[:d] /= z.std(dim=0)[:, None]
        head.bias[:d] = (head.bias[:d] - z.mean(dim=0)) / z.std(dim=0)
        for name, weight in net.named_parameters():
            if name.startswith("decoder") and weight.ndim > 1:
                weight *= 3


@functools.cache
def tiny_pair(*, channels: int = 1) -> tuple[bytes, bytes]:
    """Encoder and decoder of `tiny_images` as ONNX files: three principal components of them.

    Pictures are (n, channels, 16, 16) in [0, 1] at both ends, and never quite 0 or 1.
    """
    x = tiny_images(channels=channels).images.transpose(0, 3, 1, 2) / 255
    inside = np.clip(x, 0.02, 0.98)
    return linear_pair(x, np.log(inside / (1 - inside)), 3, end="Sigmoid")


@functools.cache
def _classifier(channels: int) -> Any:
    return tiny_networks(channels=channels)[1]


def tiny_bundle(
    path: Path | None, *, channels: int = 1, image_set: ImageSet | None = None, **changes: Any
) -> Bundle:
    """A whole bundle of `tiny_images` in the new folder ``path``, named after it, or in memory."""
    given: dict[str, Any] = {
        "name": "tiny" if path is None else path.name,
        "network": tiny_pair(channels=channels),
        "data": tiny_images(channels=channels) if image_set is None else image_set,
        "path": path,
        "title": "Tiny bars",
        "description": "Bars of a test, encoded by networks that are no more than matrices.",
        "classifier": _classifier(channels),
        "training": {"epochs": 0},
        "projected": {"pca": PCA(), "umap": QuickUMAP()},
        "rng": 0,
        **changes,
    }
    if isinstance(given["network"], tuple):  # nothing to find out
        given = {"input": Convention(), "output": Convention(), **given}
    return create(**given)
