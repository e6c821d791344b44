"""The trainings that aegen offers: an autoencoder of any architecture, and a classifier.

Each is a generator of `Step` records over a checkpoint file; `trained` reads the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aegen.autoencoders import architectures
from aegen.autoencoders.checkpoint import read_checkpoint, weights_of, write_checkpoint
from aegen.autoencoders.classifier import Classifier
from aegen.autoencoders.networks.base import Autoencoder
from aegen.autoencoders.training_loop import Recipe, Step, initialised, train
from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import StorageError, TrainingError
from aegen.core.progress import report

__all__ = ["check_device", "train_autoencoder", "train_classifier", "trained"]


def check_device(device: str) -> None:
    """Refuse a device that torch does not see.

    Raises:
        TrainingError: "cuda" without a GPU, or another word than "cpu" and "cuda".
    """
    if device not in ("cpu", "cuda"):
        raise TrainingError(f"device must be cpu or cuda, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "device cuda: torch sees no GPU here; leave --device out to use the CPU"
        )


def train_autoencoder(
    images: ByteArray,
    held_out: ByteArray,
    checkpoint: Path,
    *,
    architecture: str = "convolutional",
    arguments: dict[str, Any] | None = None,
    dataset: str = "",
    recipe: Recipe | None = None,
    device: str = "cpu",
) -> Iterator[Step]:
    """Train an autoencoder on ``images`` (n, s, s, c) uint8, evaluated on ``held_out`` each epoch.

    Args:
        images: training images.
        held_out: images that are never trained on; their cross-entropy is in each epoch's figures.
        checkpoint: file that keeps the training; an unfinished one is continued.
        architecture: name of one of `aegen.autoencoders.architectures`.
        arguments: its arguments beside ``channels`` and ``size``, such as ``latent_dim``.
        dataset: name of the data set, kept in the checkpoint.
        recipe: how to train, 20 epochs by default.
        device: "cpu" or "cuda".

    Raises:
        TrainingError: another training is in ``checkpoint``, no images, or a loss not finite.
        UnknownName, InvalidInput: the architecture or its arguments.
    """
    recipe = recipe or Recipe()
    _require(images, device)
    full = {**(arguments or {}), "channels": images.shape[3], "size": images.shape[1]}
    network = initialised(lambda: architectures.create(architecture, **full), recipe.seed)
    assert isinstance(network, Autoencoder)
    about: dict[str, Any] = {"kind": "autoencoder", "architecture": architecture}
    about |= {"arguments": network.arguments, "dataset": dataset, "rows": len(images)}
    test = _tensor(held_out)

    def loss(x: Tensor, y: Tensor | None, noise: torch.Generator) -> Tensor:
        return network.loss(x, noise)

    def score() -> dict[str, float]:
        with torch.inference_mode():
            total = sum(
                float(network.reconstruction_loss(network.logits(network.encode(x)), x)) * len(x)
                for x in _batches(test, device)
            )
        return {"held_out_cross_entropy": total / max(1, len(test))}

    run = train(network, loss, _tensor(images), None, recipe, checkpoint, about, score, device)
    yield from run


def train_classifier(
    images: ByteArray,
    labels: IntArray,
    held_out: ByteArray,
    held_out_labels: IntArray,
    checkpoint: Path,
    *,
    attributes: dict[str, int],
    details: Sequence[str] = (),
    dataset: str = "",
    recipe: Recipe | None = None,
    device: str = "cpu",
) -> Iterator[Step]:
    """Train a `Classifier` on ``images`` (n, s, s, c) uint8 with ``labels`` (n, a).

    Args:
        images: training images.
        labels: value of each attribute, from 0, in the order of ``attributes``.
        held_out: images that are never trained on.
        held_out_labels: theirs; the share recognised is in each epoch's figures.
        checkpoint: file that keeps the training; an unfinished one is continued.
        attributes: number of values of each attribute by its name.
        details: attributes that a single pixel may decide, see `Classifier`; they are read once
            the network is trained, which is reported: two minutes for 10,000 sprites.
        dataset: name of the data set, kept in the checkpoint.
        recipe: how to train, 8 epochs by default.
        device: "cpu" or "cuda".

    Raises:
        TrainingError: another training is in ``checkpoint``, no images, a loss not finite, or
            ``details`` of an attribute that is not there.
    """
    recipe = recipe or Recipe(epochs=8)
    _require(images, device)
    channels, size = images.shape[3], images.shape[1]
    network = initialised(
        lambda: Classifier(channels, size, attributes, details=details), recipe.seed
    )
    assert isinstance(network, Classifier)
    about: dict[str, Any] = {"kind": "classifier", "arguments": network.arguments}
    about |= {"dataset": dataset, "rows": len(images)}
    test = _tensor(held_out)

    def loss(x: Tensor, y: Tensor | None, noise: torch.Generator) -> Tensor:
        assert y is not None
        return network.loss(x, y, noise)

    def score() -> dict[str, float]:
        right = np.zeros(len(attributes))
        at = 0
        with torch.inference_mode():
            for x in _batches(test, device):
                truth = held_out_labels[at : at + len(x)]
                at += len(x)
                logits = network(x)
                guess = np.stack([logits[a].argmax(1).cpu().numpy() for a in attributes], axis=1)
                right += (guess == truth).sum(axis=0)
        share = right / max(1, len(test))
        return {f"accuracy_{a}": float(s) for a, s in zip(attributes, share, strict=True)}

    pixels, values = _tensor(images), np.asarray(labels, dtype=np.int64)
    y = torch.from_numpy(values)
    yield from train(network, loss, pixels, y, recipe, checkpoint, about, score, device)
    unread = {name: each for name, each in network.details_of().items() if not each.fitted}
    for k, (name, each) in enumerate(unread.items()):
        report(k / len(unread), f"reading what single pixels tell of {name}")
        each.fit(pixels.numpy(), values[:, network.names.index(name)])
    if unread:
        _rewrite(checkpoint, network, score())


def _rewrite(checkpoint: Path, network: Classifier, figures: dict[str, float]) -> None:
    """Put what was fitted after the last epoch into the checkpoint, with the new figures."""
    found = read_checkpoint(checkpoint)
    history = [*found.history[:-1], {**found.history[-1], **figures}]
    write_checkpoint(checkpoint, replace(found, weights=weights_of(network), history=history))


def trained(checkpoint: Path) -> tuple[nn.Module, dict[str, Any], list[dict[str, float]]]:
    """The network of a checkpoint in evaluation mode, what it is, and its history.

    Raises:
        StorageError: the file is missing or damaged, or holds no network that aegen knows.
    """
    found = read_checkpoint(checkpoint)
    kind, arguments = found.about.get("kind"), found.about.get("arguments", {})
    network: nn.Module
    try:
        if kind == "classifier":
            network = Classifier(**arguments)
        elif kind == "autoencoder":
            network = architectures.get(found.about["architecture"])(**arguments)
        else:
            raise StorageError(checkpoint, f"holds a {kind!r}, no autoencoder or classifier")
        network.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in found.weights.items()})
    except (KeyError, TypeError, ValueError, LookupError, RuntimeError) as problem:
        raise StorageError(checkpoint, f"does not describe a network ({problem})") from problem
    return network.eval(), found.about, found.history


def _require(images: ByteArray, device: str) -> None:
    check_device(device)
    if images.ndim != 4 or images.shape[1] != images.shape[2] or len(images) < 2:
        raise TrainingError(
            f"training needs at least 2 square images (n, s, s, c), got shape {images.shape}"
        )


def _tensor(images: ByteArray) -> Tensor:
    """Images (n, h, w, c) as torch has them, (n, c, h, w), uint8."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def _batches(images: Tensor, device: str, batch: int = 500) -> Iterator[Tensor]:
    for part in torch.split(images, batch):
        x = part.to(device).float().div_(255)
        yield x.contiguous(memory_format=torch.channels_last)
