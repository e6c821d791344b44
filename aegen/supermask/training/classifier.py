"""Training a supermask, or one of its baselines, an epoch at a time: seeded and resumable.

The order of the rows of an epoch comes from the seed and the epoch's number alone, so a training
that was stopped and goes on from its checkpoint gives the very bytes that it would have given (on
the same kind of machine, with as many threads). All images lie in memory as standardised float32,
and a step has no more operations than the method asks for. A training of another kind, of an
autoencoder say, is a loop of one's own over `aegen.supermask.parametrization`.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import parametrize

from aegen.core.arrays import ByteArray, IntArray, array_of
from aegen.core.errors import InvalidInput, StorageError, TrainingError
from aegen.core.progress import report as tell
from aegen.core.storage import load_arrays, make_folder, save_arrays
from aegen.supermask.counts import Counts, Report
from aegen.supermask.frozen_weights import frozen
from aegen.supermask.parametrization import MaskSGD, attach, attached, masks
from aegen.supermask.plan import Plan
from aegen.supermask.standardisation import standardised
from aegen.supermask.ticket.mask_codec import encode
from aegen.supermask.torch_network import Network
from aegen.supermask.training.history import FLIPS, History, budget, packed_scores, thinned
from aegen.supermask.training.recipe import Recipe, factor, stops
from aegen.supermask.training.score_statistics import edges, flips, histogram

if TYPE_CHECKING:
    from aegen.supermask.ticket.ticket import Ticket

__all__ = ["Epoch", "Training", "train"]

FORMAT = "2"

PULSE = 20
"""Steps between two looks at the loss, which on a GPU wait for all steps before."""

SETTLED = 200
"""Steps after which a network that still guesses is taken to diverge."""

ADVICE = (
    "take kappa from the share of weights active at first (leave kappa out), lower the learning "
    "rate, or let it rise over an epoch (warmup 1)"
)


@dataclass(frozen=True)
class Epoch:
    """Where a training stands after an epoch.

    Attributes:
        epoch: its number, from 1.
        loss: mean cross-entropy of the training batches, in nats.
        accuracy: share of the test rows that are recognised.
        test_loss: mean cross-entropy of the test rows.
        remaining: share of all weights that are not dropped; 1 in dense training.
        layers: keep, invert and drop counts by layer.
        flips: weights that changed since the epoch before, a count for each of
            `aegen.supermask.training.history.FLIPS`.
        seconds: of this training so far, all its runs together.
        learning_rate: of the epoch's last step.
        decay: the same.
    """

    epoch: int
    loss: float
    accuracy: float
    test_loss: float
    remaining: float
    layers: dict[str, Counts]
    flips: dict[str, int]
    seconds: float
    learning_rate: float
    decay: float


def train(
    plan: Plan,
    images: ByteArray,
    labels: IntArray,
    test_images: ByteArray,
    test_labels: IntArray,
    recipe: Recipe | None = None,
    *,
    checkpoint: Path | str | None = None,
    about: dict[str, Any] | None = None,
    device: str = "cpu",
) -> Training:
    """A training that goes on by an epoch whenever the next record is asked for.

    Args:
        plan: the network.
        images: uint8 (n, h, w, c), of the plan's input shape.
        labels: whole numbers (n,) from 0 to below the plan's classes.
        test_images: as ``images``; never trained on.
        test_labels: as ``labels``.
        recipe: how to train; by default the paper's for the FCN.
        checkpoint: file that keeps the training after each epoch; it is continued if it exists.
        about: plain values to keep in ticket and history, such as ``{"data": "mnist"}``.
        device: "cpu" or "cuda".

    Raises:
        InvalidInput: images or labels that do not fit the plan or each other.
        TrainingError: another training is in ``checkpoint``; no such device. Then, from an epoch:
            the training diverges, or a layer has lost all its weights; epochs before are kept.
        StorageError: the checkpoint cannot be read or written.

    Example:
        >>> from aegen.supermask.networks import networks
        >>> x = np.random.default_rng(0).integers(0, 256, (64, 28, 28, 1), dtype=np.uint8)
        >>> y = np.arange(64) % 10
        >>> training = train(networks.create("fcn"), x, y, x, y, Recipe(epochs=2))
        >>> [record.epoch for record in training]
        [1, 2]
    """
    return Training(
        plan,
        images,
        labels,
        test_images,
        test_labels,
        recipe or Recipe(kappa=6.0),
        None if checkpoint is None else Path(checkpoint),
        about or {},
        device,
    )


class Training(Iterator[Epoch]):
    """A training, which is also the iterator of its epochs; see `train`.

    Attributes:
        plan: the network.
        recipe: how it is trained.
        network: with its masks as they are now.
        epochs: records of all epochs done, those before a resumption too.
    """

    def __init__(
        self,
        plan: Plan,
        images: ByteArray,
        labels: IntArray,
        test_images: ByteArray,
        test_labels: IntArray,
        recipe: Recipe,
        checkpoint: Path | None,
        about: dict[str, Any],
        device: str,
    ) -> None:
        _check_device(device)
        self.plan, self.recipe, self.about = plan, recipe, about
        self._device, self._checkpoint = device, checkpoint
        self._x, self._y = _examples(plan, images, labels, "images", device)
        self._test = _examples(plan, test_images, test_labels, "test images", device)
        if checkpoint is not None:
            make_folder(checkpoint.parent)  # a place that cannot be written to is told early
        self.network = _begin(plan, recipe).to(device)
        self.network.to(memory_format=torch.channels_last)
        trained = dict(self._trained())
        self._optimiser = MaskSGD(
            trained.values(), recipe.learning_rate, recipe.decay, recipe.momentum
        )
        self._edges = {name: edges(p) for name, p in trained.items()}
        self._signs = self._masks()
        self.epochs: list[Epoch] = []
        self._flips: list[NDArray[np.int64]] = []
        self._histograms: list[NDArray[np.int64]] = []
        self._coded: dict[int, dict[str, bytes]] = {}
        if checkpoint is not None and checkpoint.exists():
            self._restore(checkpoint)

    # Where it stands

    @property
    def done(self) -> bool:
        """Whether no epoch is left."""
        losses = [record.loss for record in self.epochs]
        return len(losses) >= self.recipe.epochs or stops(self.recipe, losses)

    @property
    def masks(self) -> dict[str, NDArray[np.int8]]:
        """Masks by layer as they are now; all ones in dense training."""
        return dict(self._signs)

    @property
    def report(self) -> Report:
        """Counts of `masks`."""
        return Report.of(self._signs)

    @property
    def description(self) -> dict[str, Any]:
        """What is trained and how, plain values; with the figures reached, once there are any."""
        found = {**self.about, "rows": len(self._x), "test_rows": len(self._test[0])}
        found |= {"epochs": len(self.epochs), "recipe": asdict(self.recipe)}
        if self.epochs:
            now = self.epochs[-1]
            found |= {"accuracy": now.accuracy, "remaining": now.remaining}
        return found

    def ticket(self, **about: Any) -> Ticket:
        """What is needed to rebuild the network as it is now.

        Args:
            about: plain values to keep in it beside `description`, such as ``title``.

        Raises:
            TrainingError: a dense training, whose weights were trained and fit no ticket.
        """
        from aegen.supermask.ticket.ticket import Ticket

        if self.recipe.rule == "dense":
            raise TrainingError("dense training has no masks, so there is no ticket of it")
        kappas, thresholds = {}, {}
        for name, mask, original in attached(self.network):
            thresholds[name] = mask.threshold(original)
            if mask.kappa is not None:
                kappas[name] = mask.kappa
        return Ticket(
            network=self.plan.name,
            arguments=dict(self.plan.arguments),
            initialiser=self.recipe.initialiser,
            kappas=kappas,
            seed=self.recipe.seed,
            masks=self.masks,
            thresholds=thresholds,
            about={**self.description, **about},
        )

    def history(self) -> History:
        """How it went so far.

        Raises:
            TrainingError: no epoch is done yet.
        """
        if not self.epochs:
            raise TrainingError("there is no history before the first epoch")
        thresholds = dict.fromkeys(self.plan.layers, 0.0)
        last = {}
        if self.recipe.rule != "dense":
            for name, mask, original in attached(self.network):
                thresholds[name] = mask.threshold(original)
                last[name] = packed_scores(array_of(original), thresholds[name])
        return History(
            self.plan.layers,
            [_plain(record) for record in self.epochs],
            np.array(
                [[[c.keep, c.invert, c.drop] for c in e.layers.values()] for e in self.epochs]
            ),
            np.array(self._flips),
            np.array(self._histograms),
            np.array(list(self._edges.values())),
            thresholds,
            self.description,
            thinned(self._coded, budget(self.plan.total)),
            last,
        )

    # An epoch

    def __next__(self) -> Epoch:
        """Train an epoch, keep it in the checkpoint, and say where it led."""
        if self.done:
            raise StopIteration
        start = time.perf_counter()
        number = len(self.epochs) + 1
        loss = self._pass(number)
        accuracy, test_loss = self._score()
        self._require_sense(number, loss, accuracy)
        before, self._signs = self._signs, self._masks()
        report = self.report
        if report.empty:
            raise TrainingError(
                f"nothing remains of layer {', '.join(report.empty)} after epoch {number}, so all "
                "images look the same to the network: lower the decay or the threshold, or raise "
                "the learning rate" + self._kept()
            )
        turned = np.array([flips(before[name], self._signs[name]) for name in before])
        self._flips.append(turned)
        self._histograms.append(
            np.array([histogram(p, self._edges[name]) for name, p in self._trained()])
        )
        if self.recipe.rule != "dense":
            self._coded[number] = {name: encode(mask) for name, mask in self._signs.items()}
            self._coded = thinned(self._coded, budget(self.plan.total))
        earlier = self.epochs[-1].seconds if self.epochs else 0.0
        record = Epoch(
            number,
            loss,
            accuracy,
            test_loss,
            report.total.remaining,
            report.layers,
            dict(zip(FLIPS, turned.sum(axis=0).tolist(), strict=True)),
            earlier + time.perf_counter() - start,
            self._optimiser.learning_rate,
            self._optimiser.decay,
        )
        self.epochs.append(record)
        if self._checkpoint is not None:
            self._save(self._checkpoint)
        return record

    def _pass(self, number: int) -> float:
        """All rows once; the mean loss of their batches."""
        recipe, network, optimiser = self.recipe, self.network, self._optimiser
        draw = np.random.default_rng([recipe.seed, number])
        order = torch.from_numpy(draw.permutation(len(self._x))).to(self._device)
        losses_before = [record.loss for record in self.epochs]
        batches = torch.split(order, recipe.batch)
        losses: list[Tensor] = []
        network.train()
        for k, rows in enumerate(batches):
            passed = number - 1 + k / len(batches)
            warm = min(1.0, (passed + 1 / len(batches)) / recipe.warmup) if recipe.warmup else 1.0
            optimiser.scale(factor(recipe, passed, losses_before), warm)
            x = self._x.index_select(0, rows).permute(0, 3, 1, 2)
            loss = functional.cross_entropy(network(x), self._y.index_select(0, rows))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            loss = loss.detach()
            losses.append(loss)
            if k % PULSE == 0 or k == len(batches) - 1:
                now = float(loss)
                if not math.isfinite(now):
                    raise TrainingError(
                        f"the loss is {now} in epoch {number}, at step {k + 1} of {len(batches)}: "
                        + ADVICE
                        + self._kept()
                    )
                share = (number - 1 + (k + 1) / len(batches)) / recipe.epochs
                tell(share, f"epoch {number} of {recipe.epochs}, loss {now:.3f}")
        return float(torch.stack(losses).double().mean())

    @torch.no_grad()
    def _score(self) -> tuple[float, float]:
        """Accuracy and mean cross-entropy on the test rows."""
        right, total = 0, 0.0
        self.network.eval()
        with parametrize.cached():  # the masked weights are computed once
            for x, y in zip(*(torch.split(part, 500) for part in self._test), strict=True):
                logits = self.network(x.permute(0, 3, 1, 2))
                right += int((logits.argmax(1) == y).sum())
                total += float(functional.cross_entropy(logits, y, reduction="sum"))
        n = len(self._test[0])
        return right / n, total / n

    def _require_sense(self, number: int, loss: float, accuracy: float) -> None:
        """Stop a training whose loss is well above a guess's, and which guesses."""
        guess = math.log(self.plan.classes)
        steps = number * math.ceil(len(self._x) / self.recipe.batch)
        if steps < SETTLED and math.isfinite(loss):
            return  # the first weights guess badly, too
        if not math.isfinite(loss) or (loss > guess + 0.5 and accuracy < 2 / self.plan.classes):
            raise TrainingError(
                f"the training diverges: after epoch {number} its mean loss is {loss:.2f} (a "
                f"guess's is {guess:.2f}) at an accuracy of {accuracy:.1%}: "
                + ADVICE
                + self._kept()
            )

    def _kept(self) -> str:
        if self._checkpoint is None or not self.epochs:
            return ""
        return f"; epoch {len(self.epochs)} is kept in {self._checkpoint}"

    # Parts

    def _trained(self) -> Iterator[tuple[str, Tensor]]:
        """Scores by layer, or the weights of dense training."""
        if self.recipe.rule == "dense":
            for name in self.plan.layers:
                yield name, self.network.get_submodule(name).weight  # type: ignore[misc]
        else:
            for name, _, original in attached(self.network):
                yield name, original

    def _masks(self) -> dict[str, NDArray[np.int8]]:
        if self.recipe.rule == "dense":
            return {name: np.ones(shape, np.int8) for name, shape in self.plan.layers.items()}
        return masks(self.network)

    # On disk

    def _identity(self) -> dict[str, Any]:
        """What must agree for a checkpoint to be continued; more epochs may be asked for."""
        recipe = asdict(self.recipe)
        if self.recipe.schedule != "cosine":
            del recipe["epochs"]
        return {
            "network": self.plan.name,
            "arguments": self.plan.arguments,
            "about": self.about,
            "rows": len(self._x),
            "test_rows": len(self._test[0]),
            "recipe": recipe,
        }

    def _save(self, path: Path) -> None:
        arrays: dict[str, NDArray[Any]] = {
            "flips": np.array(self._flips),
            "histograms": np.array(self._histograms),
        }
        for name, parameter in self._trained():
            arrays[f"scores.{name}"] = array_of(parameter)
            moment = self._optimiser.state[parameter].get("momentum_buffer")
            if moment is not None:
                arrays[f"momentum.{name}"] = array_of(moment)
        for epoch, coded in self._coded.items():
            for name, code in coded.items():
                arrays[f"mask.{epoch}.{name}"] = np.frombuffer(code, np.uint8)
        records = json.dumps([asdict(record) for record in self.epochs])
        metadata = {"supermask": FORMAT, "identity": json.dumps(self._identity())}
        save_arrays(path, arrays, {**metadata, "records": records})

    def _restore(self, path: Path) -> None:
        arrays, metadata = load_arrays(path)
        if (version := metadata.get("supermask")) != FORMAT:
            raise StorageError(
                path,
                f"is not a supermask's checkpoint that this aegen can read (version {version} of "
                f"the format, not {FORMAT}): begin again at another place",
            )
        try:
            self._require_same(json.loads(metadata["identity"]), path)
            records = [_record(record) for record in json.loads(metadata["records"])]
            with torch.no_grad():
                for name, parameter in self._trained():
                    parameter.copy_(torch.from_numpy(arrays[f"scores.{name}"]))
                    if f"momentum.{name}" in arrays:
                        moment = torch.empty_like(parameter)  # laid out as the scores are
                        moment.copy_(torch.from_numpy(arrays[f"momentum.{name}"]))
                        self._optimiser.state[parameter]["momentum_buffer"] = moment
            for key, array in arrays.items():
                kind, _, rest = key.partition(".")
                if kind == "mask":
                    epoch, _, name = rest.partition(".")
                    self._coded.setdefault(int(epoch), {})[name] = array.tobytes()
            self._coded = {e: {n: c[n] for n in self.plan.layers} for e, c in self._coded.items()}
            self._flips, self._histograms = list(arrays["flips"]), list(arrays["histograms"])
            self.epochs = records
        except (KeyError, ValueError, TypeError, RuntimeError) as problem:
            raise StorageError(path, f"is a damaged checkpoint (at {problem})") from problem
        self._signs = self._masks()

    def _require_same(self, found: dict[str, Any], path: Path) -> None:
        now = json.loads(json.dumps(self._identity()))
        now, found = ({**side.pop("recipe"), **side} for side in (now, found))
        differ = sorted(key for key in {*now, *found} if now.get(key) != found.get(key))
        if differ:
            was = ", ".join(f"{key} {found.get(key)}" for key in differ)
            wanted = ", ".join(f"{key} {now.get(key)}" for key in differ)
            raise TrainingError(
                f"{path} was begun with {was}, not with {wanted}: give another place, or delete it"
            )


def _check_device(device: str) -> None:
    if device not in ("cpu", "cuda"):
        raise TrainingError(f"device must be cpu or cuda, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device cuda: torch sees no GPU here; leave it out to use the CPU")


def _begin(plan: Plan, recipe: Recipe) -> Network:
    """The network before its first step."""
    if recipe.rule != "dense":
        network = Network(plan)
        attach(
            network,
            rule=recipe.rule,
            threshold=recipe.threshold,
            relative=recipe.relative,
            share=recipe.share,
            initialiser=recipe.initialiser,
            kappa=recipe.kappa,
            seed=recipe.seed,
        )
        return network
    weights = {
        name: frozen(
            recipe.initialiser, shape, kappa=recipe.kappa or 1.5, seed=recipe.seed, layer=number
        )
        for number, (name, shape) in enumerate(plan.layers.items())
    }
    return Network(plan, weights).requires_grad_(True)


def _examples(
    plan: Plan, images: ByteArray, labels: IntArray, what: str, device: str
) -> tuple[Tensor, Tensor]:
    """Standardised images (n, h, w, c) and their labels."""
    c, h, w = plan.input_shape
    if images.shape[1:] != (h, w, c) or len(images) < 2:
        raise InvalidInput(
            f"{what}: {plan.name} takes at least 2 of shape {(h, w, c)}, got {images.shape}"
        )
    y = np.asarray(labels, dtype=np.int64)
    if y.shape != (len(images),) or y.min() < 0 or y.max() >= plan.classes:
        raise InvalidInput(
            f"{what}: each needs a label from 0 to {plan.classes - 1}, got {y.shape} labels from "
            f"{y.min() if y.size else 0} to {y.max() if y.size else 0}"
        )
    return torch.from_numpy(standardised(images)).to(device), torch.from_numpy(y).to(device)


def _plain(record: Epoch) -> dict[str, Any]:
    """A record as a history has it."""
    found = asdict(record)
    del found["layers"]
    return found


def _record(found: dict[str, Any]) -> Epoch:
    layers = {name: Counts(**counts) for name, counts in found.pop("layers").items()}
    return Epoch(layers=layers, **found)
