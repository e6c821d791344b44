"""Training a supermask, or one of its baselines, on labelled images.

All images lie in memory as standardised float32, and a step has no more operations than the method
asks for.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from aegen.core.arrays import ByteArray, IntArray
from aegen.core.errors import InvalidInput, TrainingError
from aegen.supermask.frozen_weights import frozen
from aegen.supermask.module_plan import read_plan
from aegen.supermask.own_module import buffers_of, original, prepared
from aegen.supermask.parametrization import MaskSGD, attach, maskable, put_weights
from aegen.supermask.plan import Plan
from aegen.supermask.plan_data import name_and_arguments
from aegen.supermask.standardisation import standardised
from aegen.supermask.torch_network import Network
from aegen.supermask.training.augmentation import augmented
from aegen.supermask.training.base import Epoch, Trainer
from aegen.supermask.training.live_units import live_network, without_dead_units
from aegen.supermask.training.recipe import Recipe, factor, stops

if TYPE_CHECKING:
    from aegen.supermask.ticket.ticket import Ticket

__all__ = ["Epoch", "Training", "check_device", "train"]

LATER = ("precision", "learned_scale", "shift", "mirror")
"""Fields of a recipe that earlier checkpoints do not name: they had what is usual."""

SETTLED = 200
"""Steps after which a network that still guesses is taken to diverge."""


class Training(Trainer):
    """A training of a classifier, which is also the iterator of its epochs.

    Args:
        network: a plan, or a torch module of one's own that takes float32 (n, c, h, w), each image
            standardised, and gives logits (n, classes). The module itself stays as it is: a copy
            is trained, whose weights are new frozen ones, whose biases are 0 and whose norms are
            as before any training, as in the paper.
        images: uint8 (n, h, w, c), of the network's input shape.
        labels: whole numbers (n,) from 0 to below its number of classes.
        test_images: as ``images``; never trained on.
        test_labels: as ``labels``.
        recipe: how to train; by default the paper's for the FCN, of a module ``Recipe()``.
        checkpoint: file that keeps the training after each epoch; it is continued if it exists.
        about: plain values to keep in ticket and history, such as ``{"data": "mnist"}``.
        device: "cpu" or "cuda".

    Attributes:
        network: with its masks as they are now.
        plan: its steps; None of a module that is no chain of steps that a plan has. Tickets of
            such a one are run by `Ticket.into`, with a module of its class.
        no_plan: why there is none, in a sentence.
        epochs: records of all epochs done, those before a resumption too.

    Raises:
        InvalidInput: images or labels that do not fit the network or each other; a module that
            does not run, has no layer for a mask, or parameters that no ticket holds.
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

    _optimiser: MaskSGD

    kind = "supermask"
    advice = (
        "take kappa from the share of weights active at first (leave kappa out), lower the "
        "learning rate, or let it rise over an epoch (warmup 1)"
    )
    recipe: Recipe
    plan: Plan | None

    def __init__(
        self,
        network: Plan | nn.Module,
        images: ByteArray,
        labels: IntArray,
        test_images: ByteArray,
        test_labels: IntArray,
        recipe: Recipe | None = None,
        *,
        checkpoint: Path | str | None = None,
        about: Mapping[str, Any] | None = None,
        device: str = "cpu",
    ) -> None:
        check_device(device)
        own = isinstance(network, nn.Module)
        self.recipe = recipe or (Recipe() if own else Recipe(kappa=6.0))
        self.about, self._device, self.no_plan = dict(about or {}), device, ""
        self._buffers: int | None = None
        if isinstance(network, Plan):
            self._name, self.plan, self.classes = network.name, network, network.classes
            self.network, shape = _network(network, self.recipe), network.input_shape
        else:
            module = original(network)
            shape = _picture(images, type(module).__name__)
            self._open(module, shape)
        self._x, self._y = self._examples(shape, images, labels, "images")
        self._test = self._examples(shape, test_images, test_labels, "test images")
        self.network.to(device)
        if self.plan is not None:
            self.network.to(memory_format=torch.channels_last)
        rate, decay, momentum = self.recipe.learning_rate, self.recipe.decay, self.recipe.momentum
        moved = [{"params": list(self._trained().values())}]
        if scales := self._scales():
            moved.append({"params": list(scales.values())})
        optimiser = MaskSGD(moved, rate, decay, momentum)
        moments = {"momentum_buffer": "momentum"} if momentum else {}
        self._begin(optimiser, moments, (len(images), len(test_images)), checkpoint)

    def _open(self, module: nn.Module, shape: tuple[int, int, int]) -> None:
        """Take a module as its plan, or as it is where it has none."""
        net, self.classes = prepared(module, shape)
        self._name, self.plan = type(module).__name__, None
        try:
            self.plan = read_plan(net, shape, self.classes)
        except InvalidInput as problem:
            self.no_plan, self._buffers = str(problem), buffers_of(net)
        self.network = _network(net if self.plan is None else self.plan, self.recipe)

    @property
    def _losses(self) -> list[float]:
        return [record.loss for record in self.epochs]

    @property
    def done(self) -> bool:
        """Whether no epoch is left."""
        return super().done or stops(self.recipe, self._losses)

    def ticket(self, **about: Any) -> Ticket:
        """What is needed to rebuild the network as it is now.

        Args:
            about: plain values to keep in it beside `description`, such as ``title``.

        Raises:
            TrainingError: a dense training, whose weights were trained and fit no ticket.
        """
        if not self._masked:
            raise TrainingError("dense training has no masks, so there is no ticket of it")
        name, arguments = (None, {}) if self.plan is None else name_and_arguments(self.plan)
        return self._ticket(name, arguments, self.recipe.initialiser, about)

    @property
    def _subject(self) -> dict[str, Any]:
        if self.plan is not None:
            return {}
        known: dict[str, Any] = {"module": self._name}
        return known if self._buffers is None else {**known, "buffers": self._buffers}

    def _identity(self) -> dict[str, Any]:
        """What must agree for a checkpoint to be continued; more epochs may be asked for."""
        found = super()._identity()
        if self.recipe.schedule != "cosine":
            del found["recipe"]["epochs"]
        for name in LATER:
            if found["recipe"][name] == Recipe.__dataclass_fields__[name].default:
                del found["recipe"][name]
        return {**self._named(), "about": self.about, **found}

    def _named(self) -> dict[str, Any]:
        """Which network it is; of one's own a checksum tells it from another of its name."""
        name, arguments = (None, {}) if self.plan is None else name_and_arguments(self.plan)
        if name is not None:
            return {"network": name, "arguments": arguments}
        layers = {layer: mask.shape for layer, mask in self._signs.items()}
        told = zlib.crc32(json.dumps([arguments, layers], sort_keys=True).encode())
        return {"network": f"{self._name} {told:08x}", "arguments": {}}

    def _pace(self, passed: float, step: float) -> None:
        warmup = self.recipe.warmup
        warm = min(1.0, (passed + step) / warmup) if warmup else 1.0
        self._optimiser.scale(factor(self.recipe, passed, self._losses), warm)

    @property
    def _of_plan(self) -> Network | None:
        """The network, if it has masks and follows a plan, whose dead units can be told."""
        return self.network if self._masked and isinstance(self.network, Network) else None

    def _live_pass(self, number: int) -> float:
        """All rows once; of a plan's network through the units that are not dead."""
        network, optimiser = self._of_plan, self._optimiser
        if network is None:
            return super()._pass(number)
        try:
            with without_dead_units(network, optimiser) as (self.network, self._optimiser):
                return super()._pass(number)
        finally:
            self.network, self._optimiser = network, optimiser

    def _loss(self, rows: Tensor) -> Tensor:
        x = self._x.index_select(0, rows)
        if self.recipe.shift or self.recipe.mirror:
            x = augmented(x, self.recipe.shift, self.recipe.mirror)
        x = self._seen(x)
        with torch.autocast(
            self._device, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"
        ):
            logits = self.network(x)
        return functional.cross_entropy(logits.float(), self._y.index_select(0, rows))

    def _seen(self, x: Tensor) -> Tensor:
        """Images (n, h, w, c) as the network takes them: a plan as they lie, others in order."""
        x = x.permute(0, 3, 1, 2)
        # Of one channel torch takes either order for the other, and then view() fails.
        return x if self.plan is not None else torch.empty(x.shape, device=x.device).copy_(x)

    def _pass(self, number: int) -> float:
        """All rows once; what a network draws, as dropout does, comes of the seed and epoch."""
        words = np.random.SeedSequence([self.recipe.seed, number, 2]).generate_state(1, np.uint64)
        with torch.random.fork_rng([torch.cuda.current_device()] if self._x.is_cuda else []):
            torch.manual_seed(int(words[0]))
            return self._live_pass(number)

    @torch.no_grad()
    def _score(self) -> tuple[float, float]:
        right, total = 0, 0.0
        of_plan = self._of_plan
        network = self.network if of_plan is None else live_network(of_plan)
        network.eval()
        with parametrize.cached():  # the masked weights are computed once
            for x, y in zip(*(torch.split(part, 500) for part in self._test), strict=True):
                logits = network(self._seen(x))
                right += int((logits.argmax(1) == y).sum())
                total += float(functional.cross_entropy(logits, y, reduction="sum"))
        return right / self._rows[1], total / self._rows[1]

    def _check_epoch(self, loss: float, accuracy: float) -> None:
        """Stop a training whose loss is well above a guess's, and which guesses."""
        number, guess = len(self.epochs) + 1, math.log(self.classes)
        steps = number * math.ceil(self._rows[0] / self.recipe.batch)
        if steps < SETTLED and math.isfinite(loss):
            return  # the first weights guess badly, too
        if not math.isfinite(loss) or (loss > guess + 0.5 and accuracy < 2 / self.classes):
            raise TrainingError(
                f"the training diverges: after epoch {number} its mean loss is {loss:.2f} (a "
                f"guess's is {guess:.2f}) at an accuracy of {accuracy:.1%}: "
                + self.advice
                + self._kept()
            )

    def _trained(self) -> dict[str, Tensor]:
        """The scores by layer, or the weights of dense training."""
        if self._masked:
            return super()._trained()
        parameters = dict(self.network.named_parameters())
        return {name: parameters[f"{name}.weight".lstrip(".")] for name in maskable(self.network)}

    def _masks(self) -> dict[str, NDArray[np.int8]]:
        if self._masked:
            return super()._masks()
        return {name: np.ones(shape, np.int8) for name, shape in maskable(self.network).items()}

    def _examples(
        self, shape: tuple[int, int, int], images: ByteArray, labels: IntArray, what: str
    ) -> tuple[Tensor, Tensor]:
        """Standardised images (n, h, w, c) and their labels."""
        c, h, w = shape
        if images.shape[1:] != (h, w, c) or len(images) < 2:
            raise InvalidInput(
                f"{what}: {self._name} takes at least 2 of shape {(h, w, c)}, got {images.shape}"
            )
        y = np.asarray(labels, dtype=np.int64)
        if y.shape != (len(images),) or y.min() < 0 or y.max() >= self.classes:
            raise InvalidInput(
                f"{what}: each needs a label from 0 to {self.classes - 1}, got {y.shape} labels "
                f"from {y.min() if y.size else 0} to {y.max() if y.size else 0}"
            )
        x = torch.from_numpy(standardised(images))
        return x.to(self._device), torch.from_numpy(y).to(self._device)


train = Training
"""A training as a word of doing: ``for epoch in train(plan, ...)``."""


def check_device(device: str) -> None:
    """Refuse a device that torch does not see.

    Raises:
        TrainingError: "cuda" without a GPU, or another word than "cpu" and "cuda".
    """
    if device not in ("cpu", "cuda"):
        raise TrainingError(f"device must be cpu or cuda, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device cuda: torch sees no GPU here; leave it out to use the CPU")


def _network(subject: Plan | nn.Module, recipe: Recipe) -> nn.Module:
    """The network before its first step; a module is changed in place."""
    network = Network(subject) if isinstance(subject, Plan) else subject
    if recipe.rule != "dense":
        attach(
            network,
            rule=recipe.rule,
            threshold=recipe.threshold,
            relative=recipe.relative,
            share=recipe.share,
            initialiser=recipe.initialiser,
            kappa=recipe.kappa,
            learned_scale=recipe.learned_scale,
            seed=recipe.seed,
        )
        return network
    kappa, seed = recipe.kappa or 1.5, recipe.seed
    weights = {
        name: frozen(recipe.initialiser, shape, kappa=kappa, seed=seed, layer=number)
        for number, (name, shape) in enumerate(maskable(network).items())
    }
    network.requires_grad_(False)
    put_weights(network, weights)
    return network


def _picture(images: Any, name: str) -> tuple[int, int, int]:
    """Shape (c, h, w) of images (n, h, w, c)."""
    shape = np.shape(images)
    if len(shape) != 4 or 0 in shape:
        raise InvalidInput(f"images: {name} takes them as uint8 (n, h, w, c), got {shape}")
    return shape[3], shape[1], shape[2]
