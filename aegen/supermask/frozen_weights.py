"""Frozen weights: drawn once from a seed, bit for bit the same on every machine, never trained.

Only raw 64-bit words of PCG64 are used, a stream that NumPy promises to keep; everything after
them is exact arithmetic or one correctly rounded operation. Which of them a network keeps, inverts
or drops is the matter of `aegen.supermask.parametrization`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, UnknownName

__all__ = [
    "ELU_GAIN",
    "INITIALISERS",
    "fans",
    "frozen",
    "frozen_signs",
    "initial_scores",
    "kappa_for",
    "scale",
    "uniforms",
]

ELU_GAIN = 1.550519
"""1 / E[ELU(z)^2] for z ~ N(0, 1): ``fan_in * variance`` of weights that keep a signal's size."""

KINDS = ("he", "xavier", "elu", "elu-scaled")
INITIALISERS = tuple(f"{form}-{kind}" for form in ("signed", "uniform") for kind in KINDS)
"""``signed-...``: plus or minus one constant a layer; ``uniform-...``: of the same variance."""

CHUNK = 1 << 20
"""Words of uniform weights drawn at a time: all of a large layer would take eight times it."""


def kappa_for(active: float) -> float:
    """The ``kappa`` that keeps a signal's size where a share ``active`` of weights is not dropped.

    ``kappa = 1.550519 / active``: for z ~ N(0, 1) E[ELU(z)^2] is 0.644945, so that
    ``fan_in * variance`` of the weights that act must be its inverse; a mask leaves the share
    ``active`` of them.
    Too large a kappa for the active share makes a deep network diverge at once.

    Args:
        active: share of the weights that are not dropped at the start, in (0, 1].

    Raises:
        InvalidInput: a share outside (0, 1].

    Example:
        >>> round(kappa_for(0.5), 2)
        3.1
    """
    if not 0 < active <= 1:
        raise InvalidInput(f"the active share must be in (0, 1], got {active}")
    return ELU_GAIN / active


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Inputs and outputs of one unit: of (out, in) or (out, in, k, k) weights.

    Example:
        >>> fans((64, 3, 3, 3))
        (27, 576)
    """
    if len(shape) < 2 or min(shape) < 1:
        raise InvalidInput(f"weights must have shape (out, in) or (out, in, k, k), got {shape}")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def scale(initialiser: str, shape: Sequence[int], kappa: float | None = None) -> float:
    """The standard deviation of a layer's frozen weights; of signed ones, their only size.

    ========================  ==========================
    initialiser               variance
    ========================  ==========================
    ``...-he``                2 / fan_in
    ``...-xavier``            2 / (fan_in + fan_out)
    ``...-elu``               1.5 / fan_in
    ``...-elu-scaled``        kappa / fan_in
    ========================  ==========================

    Args:
        initialiser: one of `INITIALISERS`.
        shape: of the weights.
        kappa: of ``...-elu-scaled``, see `kappa_for`; others do without.

    Raises:
        UnknownName: another initialiser.
        InvalidInput: a kappa that is missing or not positive.

    Source: K. He et al., arXiv 1502.01852; X. Glorot, Y. Bengio (AISTATS 2010).

    Example:
        >>> scale("signed-elu-scaled", (300, 784), kappa=7.84)
        0.1
    """
    if initialiser not in INITIALISERS:
        raise UnknownName("initialiser", initialiser, INITIALISERS)
    inputs, outputs = fans(shape)
    match initialiser.partition("-")[2]:
        case "he":
            variance = 2 / inputs
        case "xavier":
            variance = 2 / (inputs + outputs)
        case "elu":
            variance = 1.5 / inputs
        case _:
            if kappa is None or not 0 < kappa < math.inf:
                raise InvalidInput(f"{initialiser} needs a positive kappa, got {kappa}")
            variance = kappa / inputs
    return math.sqrt(variance)


def uniforms(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers in [0, 1) from 64-bit words, by their upper 53 bits; exact."""
    high: NDArray[np.float64] = (words >> np.uint64(11)).astype(np.float64)
    return high * 2.0**-53


def frozen(
    initialiser: str,
    shape: Sequence[int],
    *,
    kappa: float | None = None,
    seed: int,
    layer: int,
) -> NDArray[np.float32]:
    """The frozen weights of a layer, float32, the same bits for the same arguments everywhere.

    Signed weights are ``+-c`` with equal probability, c the layer's `scale`; uniform ones lie in
    ``[-sqrt(3) c, sqrt(3) c)``.

    Args:
        initialiser: one of `INITIALISERS`.
        shape: (out, in) or (out, in, k, k).
        kappa: of ``...-elu-scaled``.
        seed: of the network, 0 or more.
        layer: the layer's place in its network, from 0.

    Raises:
        UnknownName, InvalidInput: as `scale`; a negative seed or layer.

    Example:
        >>> np.unique(np.abs(frozen("signed-he", (4, 8), seed=0, layer=0))).tolist()
        [0.5]
    """
    size = scale(initialiser, shape, kappa)
    if seed < 0 or layer < 0:
        raise InvalidInput(f"seed and layer must be 0 or more, got {seed} and {layer}")
    stream = np.random.PCG64(np.random.SeedSequence([seed, layer]))
    n = math.prod(shape)
    if initialiser.startswith("signed"):
        c = np.float32(size)
        weights = np.where(_bits(stream, n).astype(bool), c, -c)
    else:
        bound = math.sqrt(3) * size
        weights = np.empty(n, np.float32)
        for start in range(0, n, CHUNK):
            part = weights[start : start + CHUNK]
            part[:] = (2 * uniforms(stream.random_raw(len(part))) - 1) * bound
    return weights.reshape(tuple(shape))


def frozen_signs(
    initialiser: str, shape: Sequence[int], *, seed: int, layer: int
) -> NDArray[np.int8]:
    """Signs of `frozen` weights, -1 and 1, in a small part of the time and memory of those.

    Example:
        >>> signs = frozen_signs("signed-he", (4, 8), seed=0, layer=0)
        >>> bool((signs == np.sign(frozen("signed-he", (4, 8), seed=0, layer=0))).all())
        True
    """
    stream = np.random.PCG64(np.random.SeedSequence([seed, layer]))
    n = math.prod(shape)
    if initialiser.startswith("signed"):
        positive = _bits(stream, n)
    else:  # a uniform number is 1/2 or more where the highest bit of its word is set
        positive = np.empty(n, np.uint8)
        for start in range(0, n, CHUNK):
            part = positive[start : start + CHUNK]
            part[:] = stream.random_raw(len(part)) >> np.uint64(63)
    signs = positive.view(np.int8)
    signs *= 2
    signs -= 1
    return signs.reshape(tuple(shape))


def _bits(stream: np.random.PCG64, n: int) -> NDArray[np.uint8]:
    words = np.asarray(stream.random_raw(-(-n // 64)), dtype="<u8")
    return np.unpackbits(words.view(np.uint8), count=n, bitorder="little")


def initial_scores(shape: Sequence[int], *, seed: int, layer: int) -> NDArray[np.float32]:
    """The first scores of a layer: uniform in ``+-sqrt(6 / (fan_in + fan_out))``, float32.

    Source: X. Glorot, Y. Bengio (AISTATS 2010), Xavier-uniform.

    Example:
        >>> bool(np.abs(initial_scores((300, 784), seed=0, layer=0)).max() <= 0.0744)
        True
    """
    if seed < 0 or layer < 0:
        raise InvalidInput(f"seed and layer must be 0 or more, got {seed} and {layer}")
    stream = np.random.PCG64(np.random.SeedSequence([seed, layer, 1]))
    bound = math.sqrt(6 / sum(fans(shape)))
    uniform = uniforms(stream.random_raw(math.prod(shape)))
    return ((2 * uniform - 1) * bound).astype(np.float32).reshape(tuple(shape))
