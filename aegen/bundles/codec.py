"""An autoencoder's two ends with numpy outside: rows to codes and codes to rows.

The networks themselves are whatever takes and gives arrays: ONNX files, aegen's own networks of
format 1, or a person's functions. What stands around them is here: the convention of the pixels,
codes that are no vectors, principal components, and what is said when numbers are not finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.convention import Convention
from aegen.bundles.payload import Payload
from aegen.bundles.reduction import Reduction
from aegen.core.arrays import BoolArray, FloatArray
from aegen.core.errors import InvalidInput

__all__ = ["Codec", "Runner", "reconstruction_errors"]

Float32 = NDArray[np.float32]

Runner = Callable[[Float32], Float32]
"""A network: rows (n, ...) in, as many rows (n, ...) out."""


@dataclass(frozen=True, eq=False)
class Codec:
    """Encodes and decodes rows of a payload.

    Attributes:
        payload: what a row is.
        code_shape: shape of a code as the networks have it.
        encoder: gives codes (n, *code_shape), or None.
        decoder: takes them, or None.
        taken: how pixels enter the encoder; None for what is no picture.
        given: how they leave the decoder.
        reduction: of codes that are too large, or None.
    """

    payload: Payload
    code_shape: tuple[int, ...]
    encoder: Runner | None
    decoder: Runner | None
    taken: Convention | None = None
    given: Convention | None = None
    reduction: Reduction | None = None

    def encode_whole(self, x: Float32) -> Float32:
        """Codes, float32 (n, D), as the encoder gives them, of rows ``x`` (n, ...).

        Raises:
            InvalidInput: there is no encoder, or its codes are not finite or of another shape.
        """
        if self.encoder is None:
            raise InvalidInput("there is no encoder, so rows cannot become codes")
        z = self.encoder(x if self.taken is None else self.taken.apply(x))
        if z.shape[1:] != self.code_shape:
            raise InvalidInput(
                f"the encoder gives codes of shape {z.shape[1:]}, where {self.code_shape} is meant"
            )
        flat = z.reshape(len(z), math.prod(self.code_shape))
        return _finite(flat, "the encoder gives codes that are NaN or infinite")

    def encode(self, x: Float32) -> FloatArray:
        """Codes, float64 (n, d), of rows ``x`` (n, ...)."""
        whole = self.encode_whole(x)
        return whole.astype(np.float64) if self.reduction is None else self.reduction.scores(whole)

    def decode_whole(self, z: NDArray[np.floating]) -> Float32:
        """Rows (n, ...) of codes (n, D) as the decoder takes them; not clipped."""
        if self.decoder is None:
            raise InvalidInput("there is no decoder, so codes cannot become rows")
        with np.errstate(over="ignore"):  # too large for float32 is refused below
            codes = z.astype(np.float32).reshape(len(z), *self.code_shape)
            y = self.decoder(codes)
        if self.given is not None:
            y = self.given.undo(y, self.payload.shape)
        elif y.size == len(y) * self.payload.size:
            y = y.reshape(len(y), *self.payload.shape)
        else:
            raise InvalidInput(
                f"the decoder gives {y.shape[1:]} for a row, where {self.payload.shape} is meant"
            )
        # a decoder that ends in a sigmoid makes a picture of an infinite code too
        bad = ~(_finite_rows(codes) & _finite_rows(y))
        if bad.any():
            raise InvalidInput(
                f"{int(bad.sum())} of {len(z)} codes are too large to decode, first row "
                f"{int(bad.argmax())}: take codes nearer to the data"
            )
        return y

    def decode(self, z: FloatArray) -> Float32:
        """Rows (n, ...) of codes (n, d); images are clipped to [0, 1].

        Raises:
            InvalidInput: there is no decoder, or codes are so large that it overflows.
        """
        return self._clipped(
            self.decode_whole(z if self.reduction is None else self.reduction.codes(z))
        )

    def reconstruct(self, x: Float32) -> Float32:
        """Rows ``x`` (n, ...) encoded and decoded by the networks alone, without a reduction."""
        return self._clipped(self.decode_whole(self.encode_whole(x)))

    def pictures(self, z: FloatArray) -> Float32:
        """Pictures, float32 (n, h, w, c) in [0, 1], of codes (n, d): rows, or codes themselves."""
        shown = z.astype(np.float32) if self.payload.kind == "codes" else self.decode(z)
        return self.payload.pictures(shown)

    def _clipped(self, y: Float32) -> Float32:
        return np.clip(y, 0, 1) if self.payload.kind == "image" else y


def _finite_rows(x: Float32) -> BoolArray:
    found: BoolArray = np.asarray(np.isfinite(x).all(axis=tuple(range(1, x.ndim))))
    return found


def _finite(x: Float32, problem: str) -> Float32:
    bad = ~_finite_rows(x)
    if bad.any():
        raise InvalidInput(
            f"{problem} for {int(bad.sum())} of {len(x)} rows, first row {int(bad.argmax())}: "
            "see whether it is trained, and whether its pixels are in the range that it expects"
        )
    return x


def reconstruction_errors(x: Float32, y: Float32, *, entropy: bool) -> dict[str, float]:
    """Errors of rows ``y`` (n, ...) beside the real ones ``x``, n >= 1.

    Returns:
        "mse", mean squared error a number; with ``entropy`` also "bce", binary cross-entropy of
        pixels in [0, 1] in nats a row, whose logarithms end at -100 as torch's do.
    """
    real, made = x.astype(np.float64), y.astype(np.float64)
    found = {"mse": float(((real - made) ** 2).mean())}
    if entropy:
        with np.errstate(divide="ignore"):
            dark, light = (np.maximum(np.log(p), -100) for p in (1 - made, made))
        found["bce"] = float(-(real * light + (1 - real) * dark).sum() / len(x))
    return found
