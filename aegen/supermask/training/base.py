"""Training masks an epoch at a time: what the classifier and the autoencoder share.

The order of an epoch's rows comes from the seed and the epoch's number alone, so a training that
was stopped and goes on from its checkpoint gives the very bytes that it would have given (on the
same kind of machine, with as many threads).
"""

from __future__ import annotations

import json
import math
import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aegen.core.allocator import kept_memory
from aegen.core.arrays import array_of
from aegen.core.errors import StorageError, TrainingError
from aegen.core.json_text import parse
from aegen.core.progress import report as tell
from aegen.core.storage import load_arrays, make_folder, save_arrays
from aegen.supermask.counts import Counts, Report
from aegen.supermask.own_module import freeze_norms
from aegen.supermask.parametrization import (
    Decoupled,
    attached,
    fold_scales,
    masks,
    rescale,
    variables,
)
from aegen.supermask.ticket.mask_codec import encode
from aegen.supermask.training.history import (
    FLIPS,
    History,
    budget,
    coded_masks,
    mask_arrays,
    packed_scores,
    thinned,
)
from aegen.supermask.training.score_statistics import edges, flips, histogram

if TYPE_CHECKING:
    from aegen.supermask.ticket.ticket import Ticket
    from aegen.supermask.training.recipe import MaskRecipe, Recipe

__all__ = ["Epoch", "Trainer"]

FORMAT = "2"

PULSE = 20
"""Steps between two looks at the loss, which on a GPU wait for all steps before."""


@dataclass(frozen=True)
class Epoch:
    """Where a training stands after an epoch.

    Attributes:
        epoch: its number, from 1.
        loss: mean of the training batches, in nats: of a classifier the cross-entropy, of an
            autoencoder the reconstruction loss of an image.
        accuracy: share of the test rows that are recognised.
        test_loss: the same loss, of the test rows.
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


class Trainer(Iterator[Epoch]):
    """A training of masks, which is also the iterator of its epochs.

    Attributes:
        network: with its masks as they are now.
        recipe: how it is trained.
        about: plain values that ticket and history keep.
        epochs: records of all epochs done, those before a resumption too.
    """

    kind: ClassVar[str]
    """What a checkpoint of it is called."""

    advice: ClassVar[str]
    """What to do where the loss is not finite."""

    accuracy_of: ClassVar[str] = ""
    """What the accuracy is a share of, where that is not the test rows themselves."""

    network: nn.Module
    recipe: Recipe | MaskRecipe
    about: Mapping[str, Any]
    epochs: list[Epoch]

    def _begin(
        self,
        optimiser: Decoupled,
        moments: Mapping[str, str],
        rows: tuple[int, int],
        checkpoint: Path | str | None,
    ) -> None:
        """Take up the training where its checkpoint left it, or at the start.

        Args:
            optimiser: of what `_trained` names.
            moments: what a checkpoint keeps of the optimiser, and its name there.
            rows: how many are trained on, and how many tested.
            checkpoint: file that keeps the training after each epoch, or None.
        """
        self._optimiser, self._moments = optimiser, moments
        self._rows, path = rows, None if checkpoint is None else Path(checkpoint)
        self._checkpoint = path
        self._edges = {name: edges(p) for name, p in self._trained().items()}
        self._signs = self._masks()
        self.epochs = []
        self._flips: list[NDArray[np.int64]] = []
        self._histograms: list[NDArray[np.int64]] = []
        self._coded: dict[int, dict[str, bytes]] = {}
        if path is not None:
            make_folder(path.parent)  # a place that cannot be written to is told early
            if path.exists():
                self._restore(path)

    # What each kind says for itself

    @abstractmethod
    def _pace(self, passed: float, step: float) -> None:
        """Set learning rate and decay after ``passed`` epochs, for a step of so much of one."""

    @abstractmethod
    def _loss(self, rows: Tensor) -> Tensor:
        """The mean loss of some training rows."""

    @abstractmethod
    def _score(self) -> tuple[float, float]:
        """Accuracy and mean loss of the test rows."""

    @property
    def _subject(self) -> dict[str, Any]:
        """What is trained, plain values, beside `about`."""
        return {}

    def _identity(self) -> dict[str, Any]:
        """What must agree for a checkpoint to be continued."""
        rows = {"rows": self._rows[0], "test_rows": self._rows[1]}
        return {**rows, "recipe": asdict(self.recipe)}

    def _trained(self) -> dict[str, Tensor]:
        """What the optimiser moves, by layer: the scores."""
        return {name: scores for name, _, scores in attached(self.network)}

    def _scales(self) -> dict[str, Tensor]:
        """The learned factors that the optimiser moves beside them, by names of their own."""
        if not self._masked:
            return {}
        found = {f"{name}/scale": mask.log_scale for name, mask, _ in attached(self.network)}
        return {name: scale for name, scale in found.items() if scale is not None}

    def _masks(self) -> dict[str, NDArray[np.int8]]:
        return masks(self.network)

    def _check_epoch(self, loss: float, accuracy: float) -> None:
        """Raise TrainingError where an epoch led nowhere."""

    # Where it stands

    @property
    def done(self) -> bool:
        """Whether no epoch is left."""
        return len(self.epochs) >= self.recipe.epochs

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
        found = {
            **self.about,
            **self._subject,
            "rows": self._rows[0],
            "test_rows": self._rows[1],
            "epochs": len(self.epochs),
            "recipe": asdict(self.recipe),
        }
        if self.epochs:
            found["accuracy"] = self.epochs[-1].accuracy
            if self.accuracy_of:
                found["accuracy_of"] = self.accuracy_of
            found["remaining"] = self.epochs[-1].remaining
        return found

    def _ticket(
        self, network: str | None, arguments: Mapping[str, Any], initialiser: str, about: Any
    ) -> Ticket:
        from aegen.supermask.ticket.ticket import Ticket

        layers = list(attached(self.network))
        return Ticket(
            network=network,
            arguments=dict(arguments),
            initialiser=initialiser,
            kappas={name: mask.kappa for name, mask, _ in layers if mask.kappa is not None},
            seed=self.recipe.seed,
            masks=self.masks,
            thresholds={name: mask.threshold(scores) for name, mask, scores in layers},
            about={**self.description, **about},
        )

    def history(self) -> History:
        """How it went so far.

        Raises:
            TrainingError: no epoch is done yet.
        """
        if not self.epochs:
            raise TrainingError("there is no history before the first epoch")
        thresholds, last = dict.fromkeys(self._signs, 0.0), {}
        if self._masked:
            found = variables(self.network)
            for name, mask, scores in attached(self.network):
                thresholds[name] = mask.threshold(scores)
                last[name] = packed_scores(found[name], thresholds[name])
        records = [asdict(record) for record in self.epochs]
        counts = [list(record.pop("layers").values()) for record in records]
        return History(
            {name: mask.shape for name, mask in self._signs.items()},
            records,
            np.array([[[c[k] for k in ("keep", "invert", "drop")] for c in e] for e in counts]),
            np.array(self._flips),
            np.array(self._histograms),
            np.array(list(self._edges.values())),
            thresholds,
            self.description,
            self._coded,
            last,
        )

    @property
    def _masked(self) -> bool:
        return getattr(self.recipe, "rule", "signed") != "dense"

    # An epoch

    def __next__(self) -> Epoch:
        """Train an epoch, keep it in the checkpoint, and say where it led."""
        if self.done:
            raise StopIteration
        start = time.perf_counter()
        number = len(self.epochs) + 1
        with kept_memory():
            loss = self._pass(number)
        if self._scales():
            recipe = cast("Recipe", self.recipe)
            fold_scales(self.network, initialiser=recipe.initialiser, seed=recipe.seed)
        accuracy, test_loss = self._score()
        self._check_epoch(loss, accuracy)
        before, self._signs = self._signs, self._masks()
        found = self.report
        if found.empty:
            raise TrainingError(
                f"nothing remains of layer {', '.join(found.empty)} after epoch {number}, so all "
                "images look the same to the network: lower the decay or the threshold, or raise "
                "the learning rate" + self._kept()
            )
        turned = np.array([flips(before[name], self._signs[name]) for name in before])
        self._flips.append(turned)
        self._histograms.append(
            np.array([histogram(p, self._edges[name]) for name, p in self._trained().items()])
        )
        if self._masked:
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
            self._optimiser.learning_rate,
            self._optimiser.decay,
        )
        self.epochs.append(record)
        if self._checkpoint is not None:
            self._save(self._checkpoint)
        return record

    def _pass(self, number: int) -> float:
        """All rows once; the mean loss of their batches."""
        recipe, optimiser = self.recipe, self._optimiser
        order = np.random.default_rng([recipe.seed, number]).permutation(self._rows[0])
        batches = torch.split(torch.from_numpy(order).to(self._device), recipe.batch)
        losses: list[Tensor] = []
        self.network.train()
        freeze_norms(self.network)
        for k, rows in enumerate(batches):
            self._pace(number - 1 + k / len(batches), 1 / len(batches))
            loss = self._loss(rows)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.detach())
            if k % PULSE == 0 or k == len(batches) - 1:
                self._look(number, k + 1, len(batches), float(losses[-1]))
        return float(torch.stack(losses).double().mean())

    _device = "cpu"

    def _look(self, number: int, step: int, steps: int, loss: float) -> None:
        """Tell how far it is, or stop where the loss is not finite."""
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} in epoch {number}, at step {step} of {steps}: "
                + self.advice
                + self._kept()
            )
        share = (number - 1 + step / steps) / self.recipe.epochs
        tell(share, f"epoch {number} of {self.recipe.epochs}, loss {loss:.3f}")

    def _kept(self) -> str:
        if self._checkpoint is None or not self.epochs:
            return ""
        return f"; epoch {len(self.epochs)} is kept in {self._checkpoint}"

    # On disk

    def _save(self, path: Path) -> None:
        make_folder(path.parent)
        arrays: dict[str, NDArray[Any]] = {
            "flips": np.array(self._flips),
            "histograms": np.array(self._histograms),
        }
        for name, parameter in {**self._trained(), **self._scales()}.items():
            arrays[f"scores.{name}"] = array_of(parameter)
            for moment, kept in self._moments.items():
                tensor = torch.as_tensor(self._optimiser.state[parameter][moment])
                arrays[f"{kept}.{name}"] = array_of(tensor)
        arrays |= mask_arrays(self._coded)
        if self._scales():  # which are folded into them
            arrays["kappas"] = np.array([mask.kappa for _, mask, _ in attached(self.network)])
        records = json.dumps([asdict(record) for record in self.epochs])
        metadata = {self.kind: FORMAT, "identity": json.dumps(self._identity())}
        save_arrays(path, arrays, {**metadata, "records": records})

    @torch.no_grad()
    def _restore(self, path: Path) -> None:
        arrays, metadata = load_arrays(path)
        if (version := metadata.get(self.kind)) != FORMAT:
            raise StorageError(
                path,
                f"is no {self.kind} checkpoint that this aegen can read (version {version} of the "
                f"format, not {FORMAT}): begin again at another place",
            )
        try:
            self._require_same(parse(metadata["identity"]), path)
            if self._scales():
                recipe = cast("Recipe", self.recipe)
                kappas = dict(zip(self._signs, arrays["kappas"].tolist(), strict=True))
                rescale(self.network, kappas, initialiser=recipe.initialiser, seed=recipe.seed)
            for name, parameter in {**self._trained(), **self._scales()}.items():
                parameter.copy_(torch.from_numpy(arrays[f"scores.{name}"]))
                for moment, kept in self._moments.items():
                    value = torch.from_numpy(arrays[f"{kept}.{name}"].copy())
                    if value.ndim:  # laid out as the scores are
                        value = torch.empty_like(parameter).copy_(value)
                    self._optimiser.state[parameter][moment] = value
            self._coded = {
                epoch: {name: coded[name] for name in self._signs}
                for epoch, coded in sorted(coded_masks(arrays).items())
            }
            self._flips, self._histograms = list(arrays["flips"]), list(arrays["histograms"])
            for record in parse(metadata["records"]):
                layers = {name: Counts(**counts) for name, counts in record.pop("layers").items()}
                self.epochs.append(Epoch(layers=layers, **record))
        except (KeyError, ValueError, TypeError, AttributeError, RuntimeError) as problem:
            raise StorageError(
                path, f"is a damaged training checkpoint (at {problem})"
            ) from problem
        self._signs = self._masks()

    def _require_same(self, found: dict[str, Any], path: Path) -> None:
        now = json.loads(json.dumps(self._identity()))
        now, found = ({**side.pop("recipe"), **side} for side in (now, found))
        differ = sorted(key for key in {*now, *found} if now.get(key) != found.get(key))
        if differ:
            was = ", ".join(f"{key} {found.get(key)}" for key in differ)
            wanted = ", ".join(f"{key} {now.get(key)}" for key in differ)
            raise TrainingError(
                f"{path} was begun with {was}, not with {wanted}: give another place (--out), or "
                "delete it"
            )
