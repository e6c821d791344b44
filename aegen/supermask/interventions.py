"""Interventions on masks, so that a person learns which weights matter.

Every function takes masks by layer and gives new ones; nothing is changed in place, and layers
that are not named stay the same objects. ``ticket.with_masks(...)`` and `evaluation.py` say what
a change does. Where weights are drawn, a larger share changes what a smaller one did and more, for
the same ``rng``: a slider moves smoothly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.rng import RNG, generator
from aegen.supermask.rules import masking
from aegen.supermask.ticket.mask_codec import Mask

__all__ = ["drop", "fill", "put_back", "rethreshold", "shuffle", "un_invert"]

Masks = Mapping[str, Mask]


def rethreshold(
    variables: Mapping[str, NDArray[np.float32]],
    thresholds: Mapping[str, float],
    *,
    factor: float = 1.0,
    rule: str = "signed",
) -> dict[str, Mask]:
    """Masks from the mask variable at another threshold, without training again.

    ``s = sign(m) where |m| > factor * threshold, else 0``.

    Args:
        variables: by layer, such as ``{name: history.variable(name) for name in history.layers}``.
        thresholds: by layer, those of the training, such as ``history.thresholds``.
        factor: what to multiply them by; at 1 the masks are those that were trained.
        rule: of the training; see `aegen.supermask.rules`.

    Raises:
        InvalidInput: a factor below 0, another rule, a layer without threshold.

    Example:
        >>> m = {"fc": np.array([[0.3, -0.1, 0.02]], np.float32)}
        >>> rethreshold(m, {"fc": 0.05})["fc"].tolist()
        [[1, -1, 0]]
        >>> rethreshold(m, {"fc": 0.05}, factor=4)["fc"].tolist()
        [[1, 0, 0]]
    """
    if not 0 <= factor < np.inf:
        raise InvalidInput(f"the factor of a threshold must be 0 or more, got {factor}")
    ruled = masking(rule)
    found = {}
    for name, m in variables.items():
        if name not in thresholds:
            raise InvalidInput(f"there is no threshold of the layer {name}")
        found[name] = ruled.mask(m, np.float32(factor * thresholds[name]))
    return found


def put_back(
    masks: Masks, share: float, *, layers: Iterable[str] | None = None, rng: RNG = None
) -> dict[str, Mask]:
    """Keep a share of what was dropped: those weights get their frozen values back.

    Args:
        masks: by layer.
        share: of each layer's dropped weights, 0 to 1; which ones is drawn.
        layers: to change; by default all.
        rng: seed or Generator.

    Raises:
        InvalidInput: a share out of range.
        UnknownName: a layer that there is no mask of.

    Example:
        >>> put_back({"fc": np.array([[0, -1, 0, 1]], np.int8)}, 1.0)["fc"].tolist()
        [[1, -1, 1, 1]]
    """
    return _some(masks, 0, 1, share, layers, rng)


def un_invert(
    masks: Masks, share: float = 1.0, *, layers: Iterable[str] | None = None, rng: RNG = None
) -> dict[str, Mask]:
    """Keep a share of what was inverted: those weights turn back to their frozen signs.

    Arguments and errors as of `put_back`.

    Example:
        >>> un_invert({"fc": np.array([[0, -1, 0, 1]], np.int8)})["fc"].tolist()
        [[0, 1, 0, 1]]
    """
    return _some(masks, -1, 1, share, layers, rng)


def drop(
    masks: Masks, share: float = 1.0, *, layers: Iterable[str] | None = None, rng: RNG = None
) -> dict[str, Mask]:
    """Drop a share of what remains, or with share 1 whole layers.

    Arguments and errors as of `put_back`.

    Example:
        >>> drop({"fc": np.array([[0, -1, 0, 1]], np.int8)})["fc"].tolist()
        [[0, 0, 0, 0]]
    """
    return _some(masks, None, 0, share, layers, rng)


def fill(masks: Masks, *, layers: Iterable[str] | None = None) -> dict[str, Mask]:
    """Make layers whole: nothing dropped, what was inverted stays inverted.

    Example:
        >>> fill({"fc": np.array([[0, -1, 0, 1]], np.int8)})["fc"].tolist()
        [[1, -1, 1, 1]]
    """
    return put_back(masks, 1.0, layers=layers, rng=0)


def shuffle(
    masks: Masks, *, layers: Iterable[str] | None = None, rng: RNG = None
) -> dict[str, Mask]:
    """Permute each layer's mask: as many kept, inverted and dropped weights, at random places.

    The control of a trained mask: what its counts alone are worth.

    Args:
        masks: by layer.
        layers: to shuffle; by default all.
        rng: seed or Generator.

    Raises:
        UnknownName: a layer that there is no mask of.

    Example:
        >>> sorted(shuffle({"fc": np.array([[0, -1, 0, 1]], np.int8)}, rng=0)["fc"][0].tolist())
        [-1, 0, 0, 1]
    """
    random = generator(rng)
    found = dict(masks)
    for name in _named(masks, layers):
        found[name] = random.permutation(masks[name].reshape(-1)).reshape(masks[name].shape)
    return found


def _named(masks: Masks, layers: Iterable[str] | None) -> list[str]:
    """The layers to change, in the masks' order."""
    if layers is None:
        return list(masks)
    wanted = [layers] if isinstance(layers, str) else list(layers)
    for name in wanted:
        if name not in masks:
            raise UnknownName("layer", name, masks)
    return [name for name in masks if name in wanted]


def _some(
    masks: Masks,
    before: int | None,
    after: int,
    share: float,
    layers: Iterable[str] | None,
    rng: RNG,
) -> dict[str, Mask]:
    """Turn a share of the weights that are ``before`` (None: not dropped) into ``after``."""
    if not 0 <= share <= 1:
        raise InvalidInput(f"a share must be from 0 to 1, got {share}")
    random = generator(rng)
    found = dict(masks)
    for name in _named(masks, layers):
        flat = masks[name].reshape(-1).copy()
        places = np.flatnonzero(flat if before is None else flat == before)
        if share < 1:  # a whole order, so that smaller shares lie within larger ones
            places = random.permutation(places)[: round(share * len(places))]
        flat[places] = after
        found[name] = flat.reshape(masks[name].shape)
    return found
