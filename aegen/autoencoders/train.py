"""The trainings that aegen offers: an autoencoder of any architecture, and a classifier.

Each is a generator of `Step` records over a checkpoint file; `trained` reads the result. Images
are arrays, or what gives arrays when rows are asked for, such as a folder's (`ImageRows`); no more
than a batch of them is needed at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aegen.autoencoders import architectures
from aegen.autoencoders.attribute_labels import units_of
from aegen.autoencoders.checkpoint import (
    SOURCE,
    load_weights,
    read_checkpoint,
    weights_of,
    write_checkpoint,
)
from aegen.autoencoders.classifier import Classifier
from aegen.autoencoders.classifier_scores import attribute_scores, validation_loss
from aegen.autoencoders.image_rows import (
    ImageRows,
    Subset,
    batch,
    blocks,
    kept,
    require_images,
)
from aegen.autoencoders.networks._size import stored_size
from aegen.autoencoders.networks.base import Autoencoder
from aegen.autoencoders.resources import require_resources
from aegen.autoencoders.training_loop import VALIDATION, Recipe, Step, initialised, train
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import StorageError, TrainingError
from aegen.core.progress import report

__all__ = ["check_device", "train_autoencoder", "train_classifier", "trained"]

DETAILED = 1_000_000_000
"""Bytes of images off which details are read at most."""


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
    images: ImageRows,
    held_out: ImageRows,
    checkpoint: Path,
    *,
    architecture: str = "convolutional",
    arguments: dict[str, Any] | None = None,
    labels: IntArray | None = None,
    attributes: Mapping[str, int] | None = None,
    begin_with: Path | None = None,
    decoder_only: bool = False,
    dataset: str = "",
    source: Mapping[str, Any] | None = None,
    recipe: Recipe | None = None,
    device: str = "cpu",
) -> Iterator[Step]:
    """Train an autoencoder on ``images`` (n, h, w, c) uint8, evaluated on ``held_out`` each epoch.

    Args:
        images: training images.
        held_out: images that are never trained on; their cross-entropy is in each epoch's figures.
        checkpoint: file that keeps the training; an unfinished one is continued.
        architecture: name of one of `aegen.autoencoders.architectures`.
        arguments: its arguments beside ``channels`` and ``size``, such as ``latent_dim``.
        labels: where the architecture learns attributes, the value of each, from 0, in the order
            of ``attributes``, int64 (n, a); negative where it is not known.
        attributes: number of values of each by its name.
        begin_with: checkpoint of another training, whose weights this one begins with.
        decoder_only: train the decoder alone, so that codes stay those of ``begin_with``.
        dataset: name of the data set, kept in the checkpoint.
        source: plain values that say where the images lie, kept in the checkpoint; None: nothing.
        recipe: how to train, 20 epochs by default.
        device: "cpu" or "cuda".

    Raises:
        TrainingError: another training is in ``checkpoint``, no images, more memory or disk space
            needed than there is, a loss not finite, or ``decoder_only`` without ``begin_with``.
        UnknownName, InvalidInput: the architecture or its arguments, or it has no decoder to
            train alone.
        StorageError: ``begin_with`` cannot be read.
    """
    recipe = recipe or Recipe()
    _require(images, held_out, device)
    if decoder_only and begin_with is None:
        raise TrainingError(
            "a decoder alone learns from the codes of a trained encoder: say which to begin with"
        )
    images, test = kept(images, held_out)
    h, w, channels = images.shape[1:]
    full = {**(arguments or {}), "channels": channels, "size": stored_size((h, w))}
    learned = _learned(architecture, images, labels, attributes or {})
    full |= {} if learned is None else {"attributes": dict(attributes or {})}
    network = initialised(lambda: architectures.create(architecture, **full), recipe.seed)
    assert isinstance(network, Autoencoder)
    require_resources(network, images.shape, recipe.batch, checkpoint.parent, device)
    about: dict[str, Any] = {"kind": "autoencoder", "architecture": architecture}
    about |= {} if begin_with is None else {"begun_with": _begin(network, begin_with)}
    if decoder_only:
        network.train_decoder_only()
        about["decoder_only"] = True
    about |= {"arguments": network.arguments, "dataset": dataset, "rows": len(images)}
    about |= {} if source is None else {SOURCE: dict(source)}

    def loss(x: Tensor, rows: Tensor, noise: torch.Generator) -> Tensor:
        known = () if learned is None else (learned[rows].to(device),)
        return network.loss(x, noise, *known)

    def score() -> dict[str, float]:
        total = 0.0
        with torch.inference_mode():
            for rows in blocks(test):
                x = batch(test, rows, device)
                logits = network.logits(network.encode(x))
                total += float(network.reconstruction_loss(logits, x)) * len(x)
        return {"held_out_cross_entropy": total / max(1, len(test))}

    yield from train(network, loss, images, recipe, checkpoint, about, score, device)


def train_classifier(
    images: ImageRows,
    labels: IntArray,
    held_out: ImageRows,
    held_out_labels: IntArray,
    checkpoint: Path,
    *,
    attributes: Mapping[str, int],
    numbers: Mapping[str, FloatArray] | None = None,
    held_out_numbers: Mapping[str, FloatArray] | None = None,
    details: Sequence[str] = (),
    dataset: str = "",
    source: Mapping[str, Any] | None = None,
    recipe: Recipe | None = None,
    device: str = "cpu",
) -> Iterator[Step]:
    """Train a `Classifier` on ``images`` (n, h, w, c) uint8 with ``labels`` (n, a) and numbers.

    The figures of each epoch hold, of the held-out images whose attribute is known, the share of
    which each class is read right, and of each number its R2 and median absolute error.

    Args:
        images: training images.
        labels: value of each class attribute, from 0, in the order of ``attributes``; negative
            where it is not known.
        held_out: images that are never trained on.
        held_out_labels: theirs.
        checkpoint: file that keeps the training; an unfinished one is continued.
        attributes: number of values of each class attribute by its name.
        numbers: number attributes (n,) by their names, NaN where one is not known.
        held_out_numbers: those of the held-out images.
        details: class attributes that a single pixel may decide, see `Classifier`; they are read
            once the network is trained, which is reported: two minutes for 10,000 sprites.
        dataset: name of the data set, kept in the checkpoint.
        source: plain values that say where the images lie, kept in the checkpoint; None: nothing.
        recipe: how to train, 8 epochs by default. With patience a tenth of the training images, at
            least one, is kept aside to see when to stop; held-out images have no say in that.
        device: "cpu" or "cuda".

    Raises:
        TrainingError: another training is in ``checkpoint``, no images, labels that do not fit
            them, more memory or disk space needed than there is, a loss not finite, or
            ``details`` of an attribute that is not there.
        InvalidInput: a number that does not differ among the training images.
    """
    recipe = recipe or Recipe(epochs=8)
    _require(images, held_out, device)
    y = _targets(images, labels, attributes, numbers or {})
    test_y = _targets(held_out, held_out_labels, attributes, held_out_numbers or {}, numbers or {})
    h, w, channels = images.shape[1:]
    units = units_of(numbers or {})
    network = initialised(
        lambda: Classifier(channels, (h, w), attributes, details=details, numbers=units),
        recipe.seed,
    )
    assert isinstance(network, Classifier)
    require_resources(network, images.shape, recipe.batch, checkpoint.parent, device)
    if details and math.prod(images.shape) > DETAILED:
        raise TrainingError(
            f"details are read off all pixels of all images at once, which are "
            f"{math.prod(images.shape) / 1e9:.1f} GB here and may be {DETAILED / 1e9:.0f} GB: "
            "leave them out, or take fewer images"
        )
    about: dict[str, Any] = {"kind": "classifier", "arguments": network.arguments}
    about |= {"dataset": dataset, "rows": len(images)}
    about |= {} if source is None else {SOURCE: dict(source)}
    images, test = kept(images, held_out)
    shown, aside = _split(len(images), recipe)
    classes, measures = (torch.from_numpy(part[shown]) for part in y)

    def loss(x: Tensor, rows: Tensor, noise: torch.Generator) -> Tensor:
        return network.loss(x, classes[rows].to(device), noise, measures[rows].to(device))

    def score() -> dict[str, float]:
        figures: dict[str, float] = {}
        if len(aside):
            part = Subset(images, aside)
            found = validation_loss(network, part, y[0][aside], y[1][aside], device)
            figures[VALIDATION] = found
        known = dict(zip(network.units, test_y[1].T, strict=True))
        for name, each in attribute_scores(network, test, test_y[0], known, device).items():
            figures |= each.figures(name)
        return figures

    part = Subset(images, shown) if len(aside) else images
    yield from train(network, loss, part, recipe, checkpoint, about, score, device)
    unread = {name: each for name, each in network.details_of().items() if not each.fitted}
    for k, (name, each) in enumerate(unread.items()):
        report(k / len(unread), f"reading what single pixels tell of {name}")
        column = y[0][:, network.names.index(name)]
        rows = np.flatnonzero(column >= 0)
        each.fit(images[rows].transpose(0, 3, 1, 2), column[rows])
        _rewrite(checkpoint, network, score())


def _begin(network: Autoencoder, other: Path) -> list[dict[str, Any]]:
    """Take over the weights of another training; the recipes that led to them."""
    found = read_checkpoint(other)
    try:
        load_weights(network, found.weights)
    except RuntimeError:
        raise TrainingError(
            f"{other} is of another network than {type(network).title} with "
            f"{network.arguments}: begin with one of the same architecture and sizes"
        ) from None
    return [*found.about.get("begun_with", []), found.about.get("recipe", {})]


def _learned(
    architecture: str, images: ImageRows, labels: IntArray | None, attributes: Mapping[str, int]
) -> Tensor | None:
    """Labels (n, a) that the architecture learns; None where it learns none."""
    if not architectures.get(architecture).learns_attributes:
        if labels is not None:
            raise TrainingError(f"{architecture} learns no attributes: give it no labels")
        return None
    if labels is None:
        raise TrainingError(f"{architecture} learns attributes: give the labels of the images")
    return torch.from_numpy(_targets(images, labels, attributes, {})[0])


def _targets(
    images: ImageRows,
    labels: IntArray,
    attributes: Mapping[str, int],
    numbers: Mapping[str, FloatArray],
    names: Mapping[str, Any] | None = None,
) -> tuple[IntArray, FloatArray]:
    """Classes int64 (n, a) and numbers float64 (n, b) of the images, checked."""
    n, names = len(images), numbers if names is None else names
    if list(numbers) != list(names):
        raise TrainingError(
            f"held-out images need the numbers {', '.join(names) or 'none'}, got "
            f"{', '.join(numbers) or 'none'}"
        )
    classes = np.asarray(labels, dtype=np.int64)
    if classes.shape != (n, len(attributes)):
        raise TrainingError(
            f"{n:,} images of {len(attributes)} attributes need labels of shape "
            f"({n}, {len(attributes)}), got {classes.shape}"
        )
    for name, column, k in zip(attributes, classes.T, attributes.values(), strict=True):
        if (highest := int(column.max(initial=-1))) >= k:
            raise TrainingError(
                f"attribute {name!r} has {k} values, 0 to {k - 1}, got a label {highest}"
            )
    columns = []
    for name, column in numbers.items():
        columns.append(np.asarray(column, dtype=np.float64))
        if columns[-1].shape != (n,):
            raise TrainingError(
                f"number {name!r} needs a value, or NaN, for each of {n:,} images, got an array "
                f"of shape {columns[-1].shape}"
            )
    return classes, np.stack(columns, axis=1) if columns else np.empty((n, 0))


def _split(n: int, recipe: Recipe) -> tuple[IntArray, IntArray]:
    """Rows to train on, and rows kept aside to see when to stop: none without patience."""
    if recipe.patience is None:
        return np.arange(n), np.arange(0)
    order = np.random.default_rng([recipe.seed, 0]).permutation(n)
    aside = max(1, n // 10)
    return np.sort(order[aside:]), np.sort(order[:aside])


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
        load_weights(network, found.weights)
    except (KeyError, TypeError, ValueError, LookupError, RuntimeError) as problem:
        raise StorageError(checkpoint, f"does not describe a network ({problem})") from problem
    return network.eval(), found.about, found.history


def _require(images: ImageRows, held_out: ImageRows, device: str) -> None:
    check_device(device)
    require_images(images)
    require_images(held_out, least=0)
    if images.shape[1:] != held_out.shape[1:]:
        raise TrainingError(
            f"held-out images must be of shape {tuple(images.shape[1:])} as those to train on, "
            f"got {tuple(held_out.shape[1:])}"
        )
