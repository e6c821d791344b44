"""A supermask autoencoder: encoder and decoder whose weights were never trained, only masked.

Joins `aegen.autoencoders`, whose architecture "masked" it takes, and `aegen.supermask`, whose
masks it puts on. Scores are moved by Adam after a decay that the learning rate does not multiply
and that grows over the training: the network first learns to redraw pictures, then to do it with
ever fewer weights. What comes out is a checkpoint as `aegen train` writes them, for a bundle, and
a ticket, from which the very same weights are rebuilt.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
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
from aegen.core.errors import InvalidInput, StorageError, TrainingError
from aegen.core.progress import report as tell
from aegen.core.storage import load_arrays, make_folder, save_arrays
from aegen.supermask.counts import Counts, Report
from aegen.supermask.frozen_weights import fans, frozen, scale
from aegen.supermask.parametrization import attach, attached, masks
from aegen.supermask.ticket.mask_codec import encode
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.classifier import Epoch
from aegen.supermask.training.history import FLIPS, History, budget, packed_scores, thinned
from aegen.supermask.training.score_statistics import edges, flips, histogram

__all__ = ["EvaluationSet", "MaskRecipe", "MaskedTraining", "rebuilt"]

FORMAT = "2"
INITIALISER = "signed-elu-scaled"
ARCHITECTURE = "masked"

JUDGED = 2_000
"""Held-out rows whose reconstructions are judged after each epoch; the last epoch judges all."""

PULSE = 20
"""Steps between two reports of how far it is."""

EvaluationSet = Callable[[NDArray[np.float32]], IntArray]
"""The class, from 0, that each of some images (n, h, w, c) in [0, 1] is taken for."""


@dataclass(frozen=True)
class MaskRecipe:
    """How to train the masks of an autoencoder.

    Attributes:
        epochs: passes over the training rows.
        batch: images a step.
        learning_rate: of Adam, at its highest; it rises over the first twentieth of the training
            and falls by the factor ``end`` over the whole of it.
        decay: by which scores shrink each step, at its highest; it falls by ``end`` as well.
        first_decay: the same at the start.
        rise: share of the training over which the decay grows from the one to the other.
        end: what learning rate and decay are multiplied by in the last step.
        threshold: which a score's size must exceed for its weight not to be dropped.
        kappa: ``fan_in`` times the variance of the frozen weights; None: from the share of weights
            that is active at first. Each layer's constant is rounded to half precision.
        seed: of weights, scores and the order of the rows.

    Raises:
        InvalidInput: a setting out of its range.

    Example:
        >>> MaskRecipe(epochs=3).epochs
        3
    """

    epochs: int = 32
    batch: int = 128
    learning_rate: float = 1e-3
    decay: float = 1.15e-2
    first_decay: float = 5e-4
    rise: float = 0.9
    end: float = 0.01
    threshold: float = 0.01
    kappa: float | None = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("batch", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise InvalidInput(f"{name} must be {low} or more, got {getattr(self, name)}")
        for name in ("learning_rate", "threshold", "rise", "end", "kappa"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InvalidInput(f"{name} must be above 0, got {value}")
        for name in ("decay", "first_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be from 0 to below 1, got {getattr(self, name)}")

    def at(self, share: float) -> tuple[float, float]:
        """Learning rate and decay at a share of the training.

        Example:
            >>> MaskRecipe(decay=0.01, rise=0.5, end=1.0).at(0.5)
            (0.001, 0.01)
        """
        fallen = math.pow(self.end, share)
        grown = min(1.0, share / self.rise)
        decay = self.first_decay + (self.decay - self.first_decay) * grown
        return self.learning_rate * fallen * min(1.0, 0.02 + 20 * share), decay * fallen


class MaskedTraining(Iterator[Epoch]):
    """A training that goes on by an epoch whenever the next record is asked for.

    A record's ``loss`` and ``test_loss`` are cross-entropies of reconstructions in nats an image,
    its ``accuracy`` the share of held-out reconstructions that ``evaluation_set`` takes for what
    they are. The order of the rows of an epoch comes from the seed and the epoch's number, so a
    training that was stopped goes on from its checkpoint to the very masks that it would have
    reached.

    Args:
        images: training images, uint8 (n, s, s, c).
        held_out: images that are never trained on.
        held_out_labels: their classes, from 0.
        evaluation_set: tells classes of reconstructions.
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

    Source: facts of the paper, section 1 (arXiv 2201.13361), whose SGD did not get far with
    autoencoders: of small gradients Adam (Kingma, Ba 2015) makes steps of one size.

    Example:
        >>> x = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), dtype=np.uint8)
        >>> training = MaskedTraining(
        ...     x, x, np.zeros(64, int), lambda pictures: np.zeros(len(pictures), int),
        ...     MaskRecipe(epochs=1), arguments={"latent_dim": 2, "encoder": [8]},
        ... )
        >>> [record.epoch for record in training], training.ticket().layers["decoder.0"]
        ([1], (8, 2))
    """

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
        self._labels, self._judge = np.asarray(held_out_labels), evaluation_set
        full = {**(arguments or {}), "channels": images.shape[3], "size": images.shape[1]}
        self.network = _begin(full, self.recipe)
        self._parameters = {name: p for name, _, p in attached(self.network)}
        self._optimiser = torch.optim.Adam(
            self._parameters.values(), self.recipe.learning_rate, betas=(0.9, 0.99), fused=True
        )
        self._edges = {name: edges(p) for name, p in self._parameters.items()}
        self._signs = masks(self.network)
        self.epochs: list[Epoch] = []
        self._flips: list[NDArray[np.int64]] = []
        self._histograms: list[NDArray[np.int64]] = []
        self._coded: dict[int, dict[str, bytes]] = {}
        self._folder = folder
        if folder is not None:
            make_folder(folder)
            if (folder / "training.safetensors").exists():
                self._restore(folder / "training.safetensors")

    # Where it stands

    @property
    def done(self) -> bool:
        """Whether no epoch is left."""
        return len(self.epochs) >= self.recipe.epochs

    @property
    def report(self) -> Report:
        """Counts of the masks as they are now."""
        return Report.of(self._signs)

    @property
    def description(self) -> dict[str, Any]:
        """What is trained and how, plain values; with the figures reached, once there are any."""
        found = {
            **self.about,
            "data": self.dataset,
            "architecture": {"name": ARCHITECTURE, "arguments": self.network.arguments},
            "rows": len(self._x),
            "test_rows": len(self._test),
            "epochs": len(self.epochs),
            "recipe": asdict(self.recipe),
        }
        if self.epochs:
            now = self.epochs[-1]
            found |= {
                "accuracy": now.accuracy,
                "accuracy_of": "held-out reconstructions that a classifier recognises",
                "remaining": now.remaining,
            }
        return found

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
        layers = list(attached(self.network))
        return Ticket(
            network=None,
            arguments={},
            initialiser=INITIALISER,
            kappas={name: mask.kappa for name, mask, _ in layers if mask.kappa is not None},
            seed=self.recipe.seed,
            masks=dict(self._signs),
            thresholds={name: mask.threshold(p) for name, mask, p in layers},
            about={**self.description, **about},
        )

    def history(self) -> History:
        """How it went so far.

        Raises:
            TrainingError: no epoch is done yet.
        """
        if not self.epochs:
            raise TrainingError("there is no history before the first epoch")
        thresholds = {name: mask.threshold(p) for name, mask, p in attached(self.network)}
        records = []
        for record in self.epochs:
            plain = asdict(record)
            del plain["layers"]
            records.append(plain)
        return History(
            {name: mask.shape for name, mask in self._signs.items()},
            records,
            np.array(
                [[[c.keep, c.invert, c.drop] for c in e.layers.values()] for e in self.epochs]
            ),
            np.array(self._flips),
            np.array(self._histograms),
            np.array(list(self._edges.values())),
            thresholds,
            self.description,
            self._coded,
            {n: packed_scores(array_of(p), thresholds[n]) for n, p in self._parameters.items()},
        )

    # An epoch

    def __next__(self) -> Epoch:
        """Train an epoch, keep it in the folder, and say where it led."""
        if self.done:
            raise StopIteration
        start = time.perf_counter()
        number = len(self.epochs) + 1
        loss, rate, decay = self._pass(number)
        before, self._signs = self._signs, masks(self.network)
        found = self.report
        if found.empty:
            raise TrainingError(
                f"nothing remains of layer {', '.join(found.empty)} after epoch {number}, so all "
                "reconstructions are alike: lower the decay or the threshold" + self._kept()
            )
        accuracy, test_loss = self._score(None if number == self.recipe.epochs else JUDGED)
        turned = np.array([flips(before[name], self._signs[name]) for name in before])
        self._flips.append(turned)
        self._histograms.append(
            np.array([histogram(p, self._edges[name]) for name, p in self._parameters.items()])
        )
        self._coded[number] = {name: encode(mask) for name, mask in self._signs.items()}
        self._coded = thinned(self._coded, budget(found.total.total))
        record = Epoch(
            number,
            loss,
            accuracy,
            test_loss,
            found.total.remaining,
            found.layers,
            dict(zip(FLIPS, turned.sum(axis=0).tolist(), strict=True)),
            (self.epochs[-1].seconds if self.epochs else 0.0) + time.perf_counter() - start,
            rate,
            decay,
        )
        self.epochs.append(record)
        if self._folder is not None:
            self._save(self._folder)
        return record

    def _pass(self, number: int) -> tuple[float, float, float]:
        """All rows once: the mean loss of their batches, and the last rate and decay."""
        recipe, network = self.recipe, self.network
        scores: list[Tensor] = list(self._parameters.values())
        order = torch.from_numpy(
            np.random.default_rng([recipe.seed, number]).permutation(len(self._x))
        )
        batches = torch.split(order, recipe.batch)
        losses, rate, decay = [], 0.0, 0.0
        network.train()
        for k, rows in enumerate(batches):
            share = (number - 1 + k / len(batches)) / recipe.epochs
            rate, decay = recipe.at(share)
            for group in self._optimiser.param_groups:
                group["lr"] = rate
            x = self._x[rows].float().div_(255)
            loss = network.reconstruction_loss(network.logits(network.encode(x)), x)
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            with torch.no_grad():
                torch._foreach_mul_(scores, 1 - decay)
            self._optimiser.step()
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise TrainingError(
                    f"the loss is {losses[-1]} in epoch {number}, at step {k + 1} of "
                    f"{len(batches)}: lower the learning rate from {recipe.learning_rate:g}, or "
                    f"kappa" + self._kept()
                )
            if k % PULSE == 0:
                tell(share, f"epoch {number} of {recipe.epochs}, loss {losses[-1]:.1f}")
        return float(np.mean(losses)), rate, decay

    @torch.inference_mode()
    def _score(self, most: int | None) -> tuple[float, float]:
        """Share recognised of the first ``most`` held-out reconstructions, and their loss."""
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
            right += int((self._judge(drawn) == y).sum())
        return right / len(test), total / len(test)

    def _kept(self) -> str:
        if self._folder is None or not self.epochs:
            return ""
        return f"; epoch {len(self.epochs)} is kept in {self._folder}"

    def _weights(self) -> dict[str, Tensor]:
        """The effective weights by the names that the architecture has for them."""
        with torch.no_grad():
            return {
                f"{name}.weight": mask(parameter).clone()
                for name, mask, parameter in attached(self.network)
            }

    # On disk

    def _identity(self) -> dict[str, Any]:
        """What must agree for a training to be continued."""
        return {
            "arguments": self.network.arguments,
            "dataset": self.dataset,
            "rows": len(self._x),
            "test_rows": len(self._test),
            "recipe": asdict(self.recipe),
        }

    def _save(self, folder: Path) -> None:
        arrays: dict[str, NDArray[Any]] = {
            "flips": np.array(self._flips),
            "histograms": np.array(self._histograms),
        }
        for name, parameter in self._parameters.items():
            arrays[f"scores.{name}"] = array_of(parameter)
            for moment, tensor in self._optimiser.state[parameter].items():
                arrays[f"{moment}.{name}"] = array_of(torch.as_tensor(tensor))
        for epoch, coded in self._coded.items():
            for name, code in coded.items():
                arrays[f"mask.{epoch}.{name}"] = np.frombuffer(code, np.uint8)
        metadata = {
            "masked-autoencoder": FORMAT,
            "identity": json.dumps(self._identity()),
            "records": json.dumps([asdict(record) for record in self.epochs]),
        }
        save_arrays(folder / "training.safetensors", arrays, metadata)
        about = {
            "kind": "autoencoder",
            "architecture": ARCHITECTURE,
            "arguments": self.network.arguments,
            "dataset": self.dataset,
            "rows": len(self._x),
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
            folder / "checkpoint.safetensors", Checkpoint(weights, {}, about, history)
        )

    def _restore(self, path: Path) -> None:
        arrays, metadata = load_arrays(path)
        if (version := metadata.get("masked-autoencoder")) != FORMAT:
            raise StorageError(
                path,
                f"is no masked training that this aegen can read (version {version} of the "
                f"format, not {FORMAT}): begin again at another place",
            )
        try:
            self._require_same(json.loads(metadata["identity"]), path)
            with torch.no_grad():
                for name, parameter in self._parameters.items():
                    parameter.copy_(torch.from_numpy(arrays[f"scores.{name}"]))
                    self._optimiser.state[parameter].update(
                        {
                            moment: torch.from_numpy(arrays[f"{moment}.{name}"].copy())
                            for moment in ("step", "exp_avg", "exp_avg_sq")
                        }
                    )
            for key, array in arrays.items():
                kind, _, rest = key.partition(".")
                if kind == "mask":
                    epoch, _, name = rest.partition(".")
                    self._coded.setdefault(int(epoch), {})[name] = array.tobytes()
            self._coded = {
                e: {name: self._coded[e][name] for name in self._parameters}
                for e in sorted(self._coded)
            }
            self._flips, self._histograms = list(arrays["flips"]), list(arrays["histograms"])
            for record in json.loads(metadata["records"]):
                layers = {name: Counts(**counts) for name, counts in record.pop("layers").items()}
                self.epochs.append(Epoch(layers=layers, **record))
        except (KeyError, ValueError, TypeError, RuntimeError) as problem:
            raise StorageError(path, f"is a damaged training (at {problem})") from problem
        self._signs = masks(self.network)

    def _require_same(self, found: dict[str, Any], path: Path) -> None:
        now = json.loads(json.dumps(self._identity()))
        now, found = ({**side.pop("recipe"), **side} for side in (now, found))
        differ = sorted(key for key in {*now, *found} if now.get(key) != found.get(key))
        if differ:
            was = ", ".join(f"{key} {found.get(key)}" for key in differ)
            wanted = ", ".join(f"{key} {now.get(key)}" for key in differ)
            raise TrainingError(
                f"{path} was begun with {was}, not with {wanted}: give another --out, or delete it"
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


def _begin(arguments: Mapping[str, Any], recipe: MaskRecipe) -> Autoencoder:
    """The network with its first masks, each layer's constant one that half precision has."""
    network = _empty(arguments)
    attach(
        network,
        threshold=recipe.threshold,
        initialiser=INITIALISER,
        kappa=recipe.kappa,
        seed=recipe.seed,
    )
    for place, (_, mask, parameter) in enumerate(attached(network)):
        shape = tuple(parameter.shape)
        constant = _half(scale(INITIALISER, shape, mask.kappa))
        mask.kappa = constant**2 * fans(shape)[0]
        weight = frozen(INITIALISER, shape, kappa=mask.kappa, seed=recipe.seed, layer=place)
        mask.frozen.copy_(torch.from_numpy(weight))
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
