"""Arrays at the door: what a public function is given is checked here, and errors say why."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "BoolArray",
    "ByteArray",
    "FloatArray",
    "IntArray",
    "array_of",
    "codes",
    "count",
    "images",
    "weights",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]


def array_of(tensor: Tensor) -> NDArray[Any]:
    """The numbers of a tensor of any device, without its gradient, in the order of a file.

    Example:
        >>> import torch
        >>> array_of(torch.arange(4.0).view(2, 2).T).flags.c_contiguous
        True
    """
    array: NDArray[Any] = tensor.detach().cpu().contiguous().numpy()
    return array


def codes(
    z: ArrayLike,
    *,
    name: str = "codes",
    dimension: int | None = None,
    minimum: int = 0,
    why: str = "",
) -> FloatArray:
    """``z`` as a float64 array of shape (n, d), checked, without changing the caller's array.

    Args:
        z: numbers of shape (n, d) with d >= 1; every one finite.
        name: what to call the array in an error.
        dimension: the d that is required, if one is.
        minimum: the least number of rows.
        why: ends the sentence about too few rows: "to fit a Gaussian in 8 dimensions".

    Raises:
        InvalidInput: wrong shape or dimension, not numbers, NaN or infinite, too few rows.

    Example:
        >>> codes([[1, 2], [3, 4]]).shape
        (2, 2)
    """
    array = _real(z, f"{name} must be real numbers of shape (n, d)")
    if array.ndim != 2 or array.shape[1] == 0:
        raise InvalidInput(f"{name} must have shape (n, d) with d >= 1, got {array.shape}")
    if dimension is not None and array.shape[1] != dimension:
        raise InvalidInput(f"{name} must have {dimension} columns, got {array.shape[1]}")
    if array.shape[0] < minimum:
        rows = f"{minimum} rows {why}".rstrip()
        raise InvalidInput(f"{name} must have at least {rows}, got {array.shape[0]}: add rows")
    array = array.astype(np.float64, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.argwhere(~finite)
        row, column = (int(k) for k in bad[0])
        raise InvalidInput(
            f"{name} must be finite, but {len(bad)} of {array.size} values are NaN or infinite "
            f"(first at row {row}, column {column}): remove those rows"
        )
    return array


def _real(x: ArrayLike, demand: str) -> NDArray[Any]:
    try:
        array = np.asarray(x)
    except ValueError:  # rows of different lengths
        raise InvalidInput(demand) from None
    if array.dtype.kind not in "fiub":
        raise InvalidInput(demand)
    return array


def count(n: Any, *, name: str = "n", minimum: int = 0, maximum: int | None = None) -> int:
    """``n`` as an int within [minimum, maximum].

    Example:
        >>> count(np.int32(3))
        3
    """
    allowed = f"of {minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
    whole = isinstance(n, numbers.Integral) and not isinstance(n, bool)
    if not whole or int(n) < minimum or (maximum is not None and int(n) > maximum):
        raise InvalidInput(f"{name} must be a whole number {allowed}, got {n!r}")
    return int(n)


def weights(w: ArrayLike | None, n: int, *, name: str = "sample_weight") -> FloatArray | None:
    """Row weights of shape (n,), not negative, scaled to sum to one; None stays None.

    Example:
        >>> weights([1, 3], 2).tolist()
        [0.25, 0.75]
    """
    if w is None:
        return None
    array = _real(w, f"{name} must be real numbers of shape ({n},)")
    array = array.astype(np.float64, copy=False)
    if array.shape != (n,):
        raise InvalidInput(f"{name} must have shape ({n},), got {array.shape}")
    if not np.isfinite(array).all() or (array < 0).any():
        raise InvalidInput(f"{name} must be finite and not negative")
    largest = array.max(initial=0.0)
    if largest <= 0:
        raise InvalidInput(f"{name} must not be all zero: no row is left to learn from")
    scaled: FloatArray = array / largest  # so that the sum cannot overflow
    scaled /= scaled.sum()
    return scaled


def images(
    x: ArrayLike, *, shape: tuple[int, int, int], name: str = "images"
) -> NDArray[np.float32]:
    """``x`` as float32 images in [0, 1] of shape (n, h, w, c).

    Accepts uint8 in 0..255 or floats in [0, 1]; (n, h, w) is accepted where c is 1.

    ``shape`` (h, w, c) is required; ``name`` is what an error calls the array.

    Raises:
        InvalidInput: another shape, another type, or values outside [0, 1].

    Example:
        >>> images(np.full((2, 4, 4), 255, np.uint8), shape=(4, 4, 1)).max().item()
        1.0
    """
    array = np.asarray(x)
    if array.ndim == 3 and shape[2] == 1:
        array = array[..., None]
    if array.ndim != 4 or array.shape[1:] != shape:
        h, w, c = shape
        raise InvalidInput(f"{name} must have shape (n, {h}, {w}, {c}), got {np.asarray(x).shape}")
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    if array.dtype.kind != "f":
        raise InvalidInput(f"{name} must be uint8 or floats in [0, 1], got {array.dtype}")
    # Written so that a NaN, which compares false with everything, is refused too.
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise InvalidInput(f"{name} given as floats must lie in [0, 1]; uint8 in 0..255 works too")
    return array.astype(np.float32, copy=False)
