"""A supermask autoencoder: encoder and decoder whose weights were never trained, only masked.

Joins `aegen.autoencoders`, whose architecture "masked" it takes, and `aegen.supermask`, whose
masks it puts on. Scores are moved by Adam after a decay that the learning rate does not multiply
and that grows over the training: the network first learns to reconstruct images, then to do it
with ever fewer weights. What comes out is a checkpoint as `aegen train` writes them, for a bundle,
and a ticket, from which the very same weights are rebuilt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aegen.autoencoders import architectures
from aegen.autoencoders.checkpoint import Checkpoint, write_checkpoint
from aegen.autoencoders.networks.base import Autoencoder
from aegen.autoencoders.training_loop import initialised
from aegen.core.arrays import ByteArray, IntArray, array_of
from aegen.core.errors import InvalidInput
from aegen.supermask.frozen_weights import fans, scale
from aegen.supermask.parametrization import MaskAdam, attach, attached, rescale
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.base import Trainer
from aegen.supermask.training.recipe import MaskRecipe

__all__ = ["EvaluationSet", "MaskRecipe", "MaskedTraining", "rebuilt"]

INITIALISER = "signed-elu-scaled"
ARCHITECTURE = "masked"

EVALUATED = 2_000
"""Held-out rows that are reconstructed and classified after each epoch; after the last, all."""

EvaluationSet = Callable[[NDArray[np.float32]], IntArray]
"""The class, from 0, that each of some images (n, h, w, c) in [0, 1] is taken for."""


class MaskedTraining(Trainer):
    """A training that goes on by an epoch whenever the next record is asked for.

    A record's ``loss`` and ``test_loss`` are cross-entropies of reconstructions in nats an image,
    its ``accuracy`` the share of held-out reconstructions that ``evaluation_set`` takes for what
    they are.

    Args:
        images: training images, uint8 (n, s, s, c).
        held_out: images that are never trained on.
        held_out_labels: their classes, from 0.
        evaluation_set: classifies reconstructions.
        recipe: how to train.
        arguments: of the architecture "masked", beside ``channels`` and ``size``.
        dataset: name of the data set.
        folder: where the training is kept after each epoch, in ``training.safetensors``, and
            what it has reached, in ``checkpoint.safetensors``, as `aegen train` keeps others;
            continued where it exists.
        about: plain values to keep in ticket and history.

    Attributes:
        network: the autoencoder with its masks as they are now.
        epochs: records of all epochs done.

    Raises:
        InvalidInput: images or labels that do not fit each other.
        TrainingError: another training is in ``folder``. Then, from an epoch: the loss is not
            finite, or a layer has lost all its weights; epochs before are kept.
        StorageError: the folder cannot be read or written.

    Source: N. Koster, O. Grothe, A. Rettinger, arXiv 2201.13361, whose SGD did not get far with
    autoencoders: of small gradients Adam makes steps of one size.

    Example:
        >>> x = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), dtype=np.uint8)
        >>> training = MaskedTraining(
        ...     x, x, np.zeros(64, int), lambda drawn: np.zeros(len(drawn), int),
        ...     MaskRecipe(epochs=1), arguments={"latent_dim": 2, "encoder": [8]},
        ... )
        >>> [record.epoch for record in training], training.ticket().layers["decoder.0"]
        ([1], (8, 2))
    """

    kind = "masked-autoencoder"
    advice = "lower the learning rate, or kappa"
    accuracy_of = "held-out reconstructions that a classifier recognises"
    recipe: MaskRecipe
    network: Autoencoder

    def __init__(
        self,
        images: ByteArray,
        held_out: ByteArray,
        held_out_labels: IntArray,
        evaluation_set: EvaluationSet,
        recipe: MaskRecipe | None = None,
        *,
        arguments: Mapping[str, Any] | None = None,
        dataset: str = "",
        folder: Path | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        _require_images(images, held_out, held_out_labels)
        self.recipe, self.dataset = recipe or MaskRecipe(), dataset
        self.about = dict(about or {})
        self._x, self._test = _pixels(images), _pixels(held_out)
        self._labels, self._evaluation_set = np.asarray(held_out_labels), evaluation_set
        full = {**(arguments or {}), "channels": images.shape[3], "size": images.shape[1]}
        self.network = _masked(full, self.recipe)
        self._begin(
            MaskAdam(self._trained().values(), self.recipe.learning_rate),
            {moment: moment for moment in ("step", "exp_avg", "exp_avg_sq")},
            (len(images), len(held_out)),
            None if folder is None else folder / "training.safetensors",
        )

    @property
    def _subject(self) -> dict[str, Any]:
        architecture = {"name": ARCHITECTURE, "arguments": self.network.arguments}
        return {"data": self.dataset, "architecture": architecture}

    def autoencoder(self) -> Autoencoder:
        """A copy of the network as it is now, with its effective weights in place of masks."""
        copied = _empty(self.network.arguments)
        copied.load_state_dict(self._weights())
        return copied.eval().requires_grad_(False)

    def ticket(self, **about: Any) -> Ticket:
        """What is needed to rebuild the autoencoder as it is now, by `rebuilt`.

        Args:
            about: plain values to keep in it beside `description`, such as ``title``.
        """
        return self._ticket(None, {}, INITIALISER, about)

    def _identity(self) -> dict[str, Any]:
        own = {"arguments": self.network.arguments, "dataset": self.dataset}
        return {**own, **super()._identity()}

    def _pace(self, passed: float, step: float) -> None:
        rate, decay = self.recipe.at(passed / self.recipe.epochs)
        self._optimiser.learning_rate, self._optimiser.decay = rate, decay

    def _loss(self, rows: Tensor) -> Tensor:
        x = self._x[rows].float().div_(255)
        return self.network.reconstruction_loss(self.network.logits(self.network.encode(x)), x)

    @torch.inference_mode()
    def _score(self) -> tuple[float, float]:
        """Share recognised of the held-out reconstructions, and their mean loss."""
        most = None if len(self.epochs) + 1 == self.recipe.epochs else EVALUATED
        test, labels = self._test[:most], self._labels[:most]
        right, total = 0, 0.0
        network = self.autoencoder()
        for x, y in zip(
            torch.split(test, 500), np.split(labels, range(500, len(labels), 500)), strict=True
        ):
            x = x.float().div_(255)
            logits = network.logits(network.encode(x))
            total += float(network.reconstruction_loss(logits, x)) * len(x)
            drawn = np.ascontiguousarray(torch.sigmoid(logits).permute(0, 2, 3, 1).numpy())
            right += int((self._evaluation_set(drawn) == y).sum())
        return right / len(test), total / len(test)

    def _weights(self) -> dict[str, Tensor]:
        """The effective weights by the names that the architecture has for them."""
        with torch.no_grad():
            return {
                f"{name}.weight": mask(parameter).clone()
                for name, mask, parameter in attached(self.network)
            }

    def _save(self, path: Path) -> None:
        """The training, and beside it the autoencoder as `aegen train` keeps others."""
        super()._save(path)
        about = {
            "kind": "autoencoder",
            "architecture": ARCHITECTURE,
            "arguments": self.network.arguments,
            "dataset": self.dataset,
            "rows": self._rows[0],
            "recipe": asdict(self.recipe),
        }
        history = [
            {
                "epoch": float(e.epoch),
                "loss": e.loss,
                "held_out_cross_entropy": e.test_loss,
                "recognised": e.accuracy,
                "remaining": e.remaining,
            }
            for e in self.epochs
        ]
        weights = {name: array_of(tensor) for name, tensor in self._weights().items()}
        write_checkpoint(
            path.with_name("checkpoint.safetensors"), Checkpoint(weights, {}, about, history)
        )


def rebuilt(ticket: Ticket) -> Autoencoder:
    """The autoencoder of a ticket, bit for bit as it was trained.

    Args:
        ticket: of a `MaskedTraining`.

    Raises:
        InvalidInput: a ticket of another network.

    Example:
        >>> rebuilt(Ticket(None, {}, "signed-he", {}, 0, {"fc": np.ones((2, 2), np.int8)}))
        Traceback (most recent call last):
        aegen.core.errors.InvalidInput: this ticket is not that of an autoencoder
    """
    described = ticket.about.get("architecture")
    if not isinstance(described, dict) or described.get("name") != ARCHITECTURE:
        raise InvalidInput("this ticket is not that of an autoencoder")
    try:
        network = _empty(described["arguments"])
        network.load_state_dict(
            {f"{name}.weight": torch.from_numpy(w) for name, w in ticket.weights().items()}
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as problem:
        raise InvalidInput(
            f"this ticket's masks do not fit the autoencoder that it describes ({problem})"
        ) from problem
    return network.eval().requires_grad_(False)


# Parts


def _empty(arguments: Mapping[str, Any]) -> Autoencoder:
    """The architecture, with weights that are to be replaced."""
    network: nn.Module = initialised(lambda: architectures.create(ARCHITECTURE, **arguments), 0)
    assert isinstance(network, Autoencoder)
    return network


def _masked(arguments: Mapping[str, Any], recipe: MaskRecipe) -> Autoencoder:
    """The network with its first masks, each layer's constant one that half precision has."""
    network = _empty(arguments)
    attach(
        network,
        threshold=recipe.threshold,
        initialiser=INITIALISER,
        kappa=recipe.kappa,
        seed=recipe.seed,
    )
    kappas = {}
    for name, mask, parameter in attached(network):
        shape = tuple(parameter.shape)
        kappas[name] = _half(scale(INITIALISER, shape, mask.kappa)) ** 2 * fans(shape)[0]
    rescale(network, kappas, initialiser=INITIALISER, seed=recipe.seed)
    return network


def _half(constant: float) -> float:
    """The nearest number that half precision has."""
    with np.errstate(over="ignore"):
        found = float(np.float16(constant))
    if not 0 < found < math.inf:
        raise InvalidInput(
            f"kappa gives weights of size {constant:.3g}, which half precision does not have: "
            "take one from 0.1 to 1000"
        )
    return found


def _require_images(images: ByteArray, held_out: ByteArray, labels: IntArray) -> None:
    if images.ndim != 4 or images.shape[1] != images.shape[2] or len(images) < 2:
        raise InvalidInput(
            f"training needs at least 2 square images (n, s, s, c), got shape {images.shape}"
        )
    if held_out.shape[1:] != images.shape[1:] or not len(held_out):
        raise InvalidInput(
            f"held-out images must be of shape {images.shape[1:]}, at least one, got "
            f"{held_out.shape}"
        )
    if np.shape(labels) != held_out.shape[:1]:
        raise InvalidInput(
            f"each of {len(held_out)} held-out images needs a label, got {np.shape(labels)}"
        )


def _pixels(images: ByteArray) -> Tensor:
    """Images (n, h, w, c) as torch has them, (n, c, h, w), uint8."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
