"""Signed masks on any torch network: its weights stay frozen, one score a weight is trained.

A weight is kept (+1), dropped (0) or inverted (-1) by where its score m lies against a threshold,
``s(m) = sign(m) if |m| > threshold else 0``; what the network computes with is ``frozen * s(m)``.
The gradient passes straight through, ``dL/dm := frozen * dL/dweight``, dropped weights included,
so that they can come back (with "top-k" to the score's size: times its sign). Nothing else of the
network is trained.

This works for any network made of Linear, Conv2d and ConvTranspose2d, and any loss::

    attach(network, threshold=0.01, kappa=6, seed=0)
    optimiser = MaskSGD(scores(network), learning_rate=0.05, decay=5e-4)
    for x in batches:
        optimiser.zero_grad()
        loss(network(x)).backward()
        optimiser.step()          # the decay alone is what makes weights drop
    masks(network), report(network)

Schedules set ``learning_rate`` and ``decay`` together: ``optimiser.scale(0.9)`` multiplies both of
their first values by 0.9 (`aegen.supermask.training.recipe.factor` has the paper's).
`aegen.supermask.training.base` is the loop that classifiers and autoencoders share.

Source: N. Koster, O. Grothe, A. Rettinger, arXiv 2201.13361; the straight-through gradient after
Y. Bengio et al., arXiv 1308.3432.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from aegen.core.errors import InvalidInput
from aegen.core.optimisers import SGD, Adam
from aegen.supermask.counts import Report
from aegen.supermask.frozen_weights import frozen, initial_scores, kappa_for
from aegen.supermask.rules import masking

__all__ = [
    "Decoupled",
    "Mask",
    "MaskAdam",
    "MaskSGD",
    "attach",
    "attached",
    "detach",
    "fold_scales",
    "maskable",
    "masks",
    "put_weights",
    "report",
    "rescale",
    "scales",
    "scores",
    "variables",
]

PACE = 0.1
"""Of the learning rate, for what is trained beside the scores: a factor moves many weights."""

Layer = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


class Mask(nn.Module):
    """The parametrization of one layer's weight: from scores to ``frozen * mask``.

    Args:
        weight: the frozen weights.
        start: the first scores, of the same shape.
        rule: how scores become a mask; see `aegen.supermask.rules`.
        threshold: of a score's size; "top-k" does without.
        share: of the weights that "top-k" keeps.
        kappa: with which ``weight`` was drawn, or None; only remembered.
        learned_scale: whether one factor of all the layer's weights is trained, too: its
            logarithm is ``log_scale``, which `fold_scales` makes part of kappa.
    """

    frozen: Tensor
    log_scale: nn.Parameter | None

    def __init__(
        self,
        weight: Tensor,
        start: Tensor,
        *,
        rule: str = "signed",
        threshold: float = 0.01,
        share: float = 0.5,
        kappa: float | None = None,
        learned_scale: bool = False,
    ) -> None:
        super().__init__()
        self.register_buffer("frozen", weight)
        self.log_scale = nn.Parameter(torch.zeros(())) if learned_scale else None
        self.rule, self.share, self.kappa = rule, share, kappa
        self._rule = masking(rule)
        self._threshold = float(np.float32(threshold))  # as comparisons in float32 have it
        self._start: Tensor | None = start

    def forward(self, original: Tensor) -> Tensor:
        """The effective weights, frozen * s(scores)."""
        reached = self._rule.reached(original)
        masked: Tensor = _StraightThrough.apply(reached, self.frozen, self._s)
        return masked if self.log_scale is None else masked * self.log_scale.exp()

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The first scores; torch asks for them once, as the mask is put on."""
        assert self._start is not None, "a masked weight is not assigned to: train its scores"
        start, self._start = self._start, None
        return start

    def signs(self, original: Tensor) -> Tensor:
        """s(scores) as int8: 1 keep, 0 drop, -1 invert."""
        return self._s(original.detach()).to(torch.int8)

    def threshold(self, original: Tensor) -> float:
        """The size that a score must exceed; with "top-k" it moves with the scores."""
        return self._rule.limit(original, self._threshold, self.share)

    def _s(self, original: Tensor) -> Tensor:
        """s(scores), in a new tensor."""
        return self._rule.signs(original, self.threshold(original))


class _StraightThrough(torch.autograd.Function):
    """Forward frozen * s(scores); backward as if s were the identity."""

    @staticmethod
    def forward(
        ctx: Any, original: Tensor, weight: Tensor, s: Callable[[Tensor], Tensor]
    ) -> Tensor:
        ctx.save_for_backward(weight)
        return s(original).mul_(weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        [weight] = ctx.saved_tensors
        return grads[0] * weight, None, None


def attach(
    net: nn.Module,
    *,
    rule: str = "signed",
    threshold: float = 0.01,
    relative: bool = False,
    share: float = 0.5,
    initialiser: str = "signed-elu-scaled",
    kappa: float | None = None,
    learned_scale: bool = False,
    seed: int = 0,
    only: Callable[[str, nn.Module], bool] | None = None,
) -> dict[str, Layer]:
    """Freeze a network, in place, and put a mask with trainable scores on each layer's weights.

    The weights are replaced by frozen ones drawn from ``seed`` (see
    `aegen.supermask.frozen_weights`); first scores are uniform in
    ``+-sqrt(6 / (fan_in + fan_out))``. Everything else, biases and norms too, no longer asks for a
    gradient and keeps the value it has: a network whose biases are not to matter must be made
    without them. A transposed convolution's weights count as (out, in, k, k), its ``fan_in`` as
    ``in * k * k / stride ** 2``.

    Args:
        net: with at least one Linear, Conv2d or ConvTranspose2d (of one group).
        rule: "signed", "binary" (keep or drop) or "top-k" (edge-popup).
        threshold: of a score's size; compared in float32, strictly.
        relative: whether ``threshold`` is a share of the layer's largest first score. It is
            computed here, once, and does not move with the scores.
        share: of each layer that "top-k" keeps, in (0, 1].
        initialiser: of the frozen weights, one of `aegen.supermask.frozen_weights.INITIALISERS`.
        kappa: of "...-elu-scaled"; by default 1.550519 over the share that is active at first.
        learned_scale: whether one factor a layer is trained, too; see `scales` and `fold_scales`.
        seed: of weights and scores.
        only: which layers to mask, by their name and themselves; the others stay frozen as they
            are. A layer's number, which its frozen weights depend on, counts masked ones only.

    Returns:
        The masked layers by name, in the order of ``net.named_modules()``.

    Raises:
        InvalidInput: no layer to mask, a layer of another type with weights of its own to mask
            (such as a grouped convolution or a recurrent layer), masks that are on already, or
            an option out of range.

    Example:
        >>> net = nn.Sequential(nn.Linear(4, 3, bias=False), nn.ELU(), nn.Linear(3, 2, bias=False))
        >>> list(attach(net))
        ['0', '2']
    """
    _check_options(rule, threshold, share)
    layers = _free_layers(net, only)
    net.requires_grad_(False)
    for number, layer in enumerate(layers.values()):
        shape = tuple(_canonical(layer, layer.weight).shape)
        start = initial_scores(shape, seed=seed, layer=number)
        limit = threshold * float(np.abs(start).max()) if relative else threshold
        limit = float(np.float32(limit))
        stretch = math.prod(layer.stride) if isinstance(layer, nn.ConvTranspose2d) else 1
        used = None
        if initialiser.endswith("scaled"):
            used = kappa_for(_active(start, rule, limit, share)) if kappa is None else kappa
            used *= stretch
        weight = frozen(initialiser, shape, kappa=used, seed=seed, layer=number)
        mask = Mask(
            _as_weight(layer, weight),
            _as_weight(layer, start),
            rule=rule,
            threshold=limit,
            share=share,
            kappa=used,
            learned_scale=learned_scale,
        )
        parametrize.register_parametrization(layer, "weight", mask)
        _put_on(layer).original.requires_grad_(True)
    return layers


def attached(net: nn.Module) -> Iterator[tuple[str, Mask, nn.Parameter]]:
    """Name, mask and scores of each masked layer, in order.

    Raises:
        InvalidInput: there is none.
    """
    found = False
    for name, layer in net.named_modules():
        if isinstance(layer, Layer) and parametrize.is_parametrized(layer, "weight"):
            weight = _put_on(layer)
            [*before, mask] = weight
            if isinstance(mask, Mask) and not before:
                found = True
                yield name, mask, weight.original
    if not found:
        raise InvalidInput("the network has no masks: attach them first")


def scores(net: nn.Module) -> list[nn.Parameter]:
    """What is trained: the scores of each masked layer, of its weights' shape."""
    return [original for _, _, original in attached(net)]


def scales(net: nn.Module) -> list[nn.Parameter]:
    """The logarithm of each masked layer's learned factor, each of shape (); none without."""
    return [mask.log_scale for _, mask, _ in attached(net) if mask.log_scale is not None]


def rescale(
    net: nn.Module, kappas: Mapping[str, float], *, initialiser: str, seed: int = 0
) -> None:
    """Draw the frozen weights again, in place, with other kappas: the same signs, other sizes.

    Args:
        net: with masks on it.
        kappas: of each masked layer.
        initialiser: with which its weights were drawn, "...-elu-scaled".
        seed: the same.

    Example:
        >>> net = nn.Linear(4, 3)
        >>> layers = attach(net, kappa=4.0)
        >>> rescale(net, {"": 16.0}, initialiser="signed-elu-scaled")
        >>> [mask.frozen.abs().max().item() for _, mask, _ in attached(net)]
        [2.0]
    """
    for place, (name, mask, original) in enumerate(attached(net)):
        layer, mask.kappa = net.get_submodule(name), kappas[name]
        shape = tuple(_canonical(layer, original).shape)
        weight = frozen(initialiser, shape, kappa=mask.kappa, seed=seed, layer=place)
        mask.frozen.copy_(_canonical(layer, torch.from_numpy(weight)))


@torch.no_grad()
def fold_scales(net: nn.Module, *, initialiser: str, seed: int = 0) -> None:
    """Make the learned factors part of each layer's kappa, in place; they are 1 after it.

    What the network computes stays the same but for rounding, and is then what a ticket with
    these kappas computes, to the bit.
    """
    kappas = {}
    for name, mask, _ in attached(net):
        assert mask.log_scale is not None
        assert mask.kappa is not None
        kappas[name] = mask.kappa * math.exp(2 * mask.log_scale.item())
        mask.log_scale.zero_()
    rescale(net, kappas, initialiser=initialiser, seed=seed)


def masks(net: nn.Module) -> dict[str, NDArray[np.int8]]:
    """What becomes of each weight: 1 keep, -1 invert, 0 drop; int8 (out, in) or (out, in, k, k).

    Example:
        >>> net = nn.Linear(4, 3)
        >>> layers = attach(net)
        >>> masks(net)[""].shape
        (3, 4)
    """
    return {
        name: _of_weight(net, name, mask.signs(original)) for name, mask, original in attached(net)
    }


def variables(net: nn.Module) -> dict[str, NDArray[np.float32]]:
    """The scores of each masked layer as arrays, (out, in) or (out, in, k, k).

    Example:
        >>> net = nn.ConvTranspose2d(3, 2, 5)
        >>> layers = attach(net)
        >>> variables(net)[""].shape
        (2, 3, 5, 5)
    """
    return {name: _of_weight(net, name, original.detach()) for name, _, original in attached(net)}


def report(net: nn.Module) -> Report:
    """How many weights are kept, inverted and dropped, by layer and in all."""
    return Report.of(masks(net))


def detach(net: nn.Module) -> None:
    """Take the masks off, in place; what stays are the effective weights, still frozen.

    Raises:
        InvalidInput: there are none.

    Example:
        >>> net = nn.Linear(4, 3)
        >>> layers, mask = attach(net), masks(net)[""]
        >>> detach(net)
        >>> bool((np.sign(net.weight.numpy()) != 0).sum() == (mask != 0).sum())
        True
    """
    for name, _, _ in list(attached(net)):
        layer = net.get_submodule(name)
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        layer.requires_grad_(False)


def maskable(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """Shape of the weights, (out, in) or (out, in, k, k), of each layer that can have a mask.

    Raises:
        InvalidInput: as `attach`.

    Example:
        >>> maskable(nn.ConvTranspose2d(3, 2, 5))
        {'': (2, 3, 5, 5)}
    """
    layers = _free_layers(net)
    return {n: tuple(_canonical(layer, layer.weight).shape) for n, layer in layers.items()}


def put_weights(net: nn.Module, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Replace the weights of each layer that can have a mask, in place.

    Args:
        net: without masks.
        weights: float32 by layer, (out, in) or (out, in, k, k).

    Raises:
        InvalidInput: not the layers of the network, or not of their shapes; nothing is changed.
    """
    shapes, given = maskable(net), {name: w.shape for name, w in weights.items()}
    for name in dict.fromkeys((*shapes, *given)):
        if shapes.get(name) != given.get(name):
            has, gets = shapes.get(name, "none"), given.get(name, "none")
            raise InvalidInput(
                f"the weights do not fit {type(net).__name__}: of the layer {name:.80} it has "
                f"{has}, and gets {gets}"
            )
    for name, array in weights.items():
        layer = net.get_submodule(name)
        layer.weight = nn.Parameter(_as_weight(layer, array))


class Decoupled(torch.optim.Optimizer):
    """An optimiser of scores whose decay the learning rate does not multiply.

    A step is ``m <- (1 - decay) m``, then the optimiser's own. Together with the threshold the
    decay is what drops weights. torch's ``weight_decay``, which is multiplied by the rate, is
    another thing. Of several groups of parameters the first holds the scores; others, such as
    `scales`, move at ``PACE`` of the rate and do not decay.
    """

    first: tuple[float, float]
    decay: float
    shrunk = 1.0
    """What decay alone has made of a score that was 1 before the first step."""

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return float(self.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        first, *others = self.param_groups
        first["lr"] = value
        for group in others:
            group["lr"] = PACE * value

    def scale(self, factor: float, warm: float = 1.0) -> None:
        """Set rate and decay to ``factor`` of their first values, the rate to ``warm`` of that."""
        self.learning_rate = self.first[0] * factor * warm
        self.decay = self.first[1] * factor

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Decay, then move against the gradients."""
        moved = [p for p in self.param_groups[0]["params"] if p.grad is not None]
        if self.decay:
            torch._foreach_mul_(moved, 1 - self.decay)
            self.shrunk *= 1 - self.decay
        return super().step(closure)


class MaskSGD(Decoupled, SGD):
    """SGD with Nesterov momentum and decoupled decay.

    ``m <- (1 - decay) m``, then ``v <- momentum v + g`` and ``m <- m - rate (g + momentum v)``: a
    score with a steady gradient g settles at ``rate g / ((1 - momentum) decay)``, and stays while
    that exceeds the threshold.

    Args:
        parameters: usually ``scores(net)``.
        learning_rate: at the start.
        decay: a step, at the start.
        momentum: of Nesterov's kind where it is positive.

    Source: I. Loshchilov, F. Hutter, arXiv 1711.05101 (SGDW).
    """

    def __init__(
        self, parameters: Any, learning_rate: float, decay: float = 0.0, momentum: float = 0.9
    ) -> None:
        super().__init__(
            parameters, lr=learning_rate, momentum=momentum, nesterov=momentum > 0, fused=True
        )
        self.first, self.decay = (learning_rate, decay), decay


class MaskAdam(Decoupled, Adam):
    """Adam with decoupled decay, whose steps are of one size however small the gradients are.

    Source: D. Kingma, J. Ba, arXiv 1412.6980.
    """

    def __init__(self, parameters: Any, learning_rate: float, decay: float = 0.0) -> None:
        super().__init__(parameters, learning_rate, betas=(0.9, 0.99), fused=True)
        self.first, self.decay = (learning_rate, decay), decay


def _put_on(layer: nn.Module) -> Any:
    """What torch keeps of a parametrized weight: its original, and in order what acts on it."""
    return layer.get_submodule("parametrizations.weight")


def _check_options(rule: str, threshold: float, share: float) -> None:
    masking(rule)
    if not 0 <= threshold < math.inf:
        raise InvalidInput(f"threshold must be 0 or more, got {threshold}")
    if not 0 < share <= 1:
        raise InvalidInput(f"share must be in (0, 1], got {share}")


def _free_layers(
    net: nn.Module, only: Callable[[str, nn.Module], bool] | None = None
) -> dict[str, Layer]:
    """The layers to be masked, at least one, none of which has masks yet."""
    layers = dict(_layers(net, only))
    if not layers:
        raise InvalidInput("the network has no Linear, Conv2d or ConvTranspose2d layer to mask")
    for name, layer in layers.items():
        if parametrize.is_parametrized(layer):
            raise InvalidInput(f"layer {name} has a parametrization already: detach it first")
    return layers


def _layers(
    net: nn.Module, only: Callable[[str, nn.Module], bool] | None
) -> Iterator[tuple[str, Layer]]:
    """The layers to be masked; others with matrices of their own are refused."""
    for name, layer in net.named_modules():
        if only is not None and not only(name, layer):
            continue
        if isinstance(layer, Layer):
            if getattr(layer, "groups", 1) != 1:
                raise InvalidInput(
                    f"layer {name} is a grouped convolution, which has no masks yet"
                )
            yield name, layer
        elif not isinstance(layer, parametrize.ParametrizationList | Mask) and any(
            p.ndim > 1 for p in layer.parameters(recurse=False)
        ):
            raise InvalidInput(
                f"layer {name or 'at the top'} is a {type(layer).__name__}; masks go on Linear, "
                "Conv2d and ConvTranspose2d: replace it, or pass it over with only"
            )


def _active(start: NDArray[np.float32], rule: str, limit: float, share: float) -> float:
    """Share of the weights that are not dropped at first."""
    # An empty layer gets the kappa of a full one; training says that it is empty.
    return masking(rule).active(start, limit, share) or 1.0


def _canonical(layer: nn.Module, weight: Tensor) -> Tensor:
    """Weights as (out, in, ...), which transposed convolutions have the other way round."""
    return weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight


def _as_weight(layer: nn.Module, array: NDArray[np.float32]) -> Tensor:
    """An (out, in, ...) array as the layer's own weight has it, where that lies."""
    own = layer.weight
    assert isinstance(own, Tensor)
    return torch.empty_like(own, dtype=torch.float32, requires_grad=False).copy_(
        _canonical(layer, torch.from_numpy(array))
    )


def _of_weight(net: nn.Module, name: str, tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = _canonical(net.get_submodule(name), tensor).cpu().contiguous().numpy()
    return array
