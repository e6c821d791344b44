"""Conventions of a network's ends: the range, order and layout in which it takes and gives values.

aegen holds pictures as (n, h, w, c) in [0, 1]. Other people's networks take [-1, 1], 0 to 255, or
pixels standardised by a mean and a deviation; channels first or last; blue before red; all in one
line. A `Convention` says which, and goes both ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput

__all__ = [
    "IMAGENET",
    "LAYOUTS",
    "PIXELS_FIRST",
    "SCALES",
    "Convention",
    "Layout",
    "Scale",
    "convention_of",
    "layouts_of",
]

Scale = Literal["unit", "signed", "bytes", "standardised", "logits"]
Layout = Literal["channels first", "channels last", "flat", "flat, channels last", "no channels"]

SCALES: tuple[Scale, ...] = get_args(Scale)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's pixels, red first, as torchvision has them."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Convention:
    """How values in [0, 1], of shape (n, h, w, c), stand at one end of a network.

    Attributes:
        scale: "unit" as they are, "signed" in [-1, 1], "bytes" in 0..255, "standardised" with
            ``mean`` taken off and divided by ``deviation``, "logits" before a sigmoid (of
            decoders only).
        layout: "channels first" (n, c, h, w), "channels last" (n, h, w, c), "no channels"
            (n, h, w), or "flat" (n, c h w), "flat, channels last" (n, h w c).
        reverse: blue before green before red.
        mean: of each channel in [0, 1], where it is standardised.
        deviation: of each channel, likewise.

    Raises:
        InvalidInput: an unknown scale or layout, or a mean and deviation that do not fit.

    Example:
        >>> Convention("signed").apply(np.array([[[[0.0], [1.0]]]], np.float32)).tolist()
        [[[[-1.0, 1.0]]]]
    """

    scale: Scale = "unit"
    layout: Layout = "channels first"
    reverse: bool = False
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise InvalidInput(f"scale must be one of {', '.join(SCALES)}, got {self.scale!r}")
        if self.layout not in LAYOUTS:
            raise InvalidInput(f"layout must be one of {'; '.join(LAYOUTS)}; got {self.layout!r}")
        paired = len(self.mean) == len(self.deviation) and (
            bool(self.mean) == (self.scale == "standardised")
        )
        if not paired or not all(map(math.isfinite, self.mean)):
            raise InvalidInput(
                "a standardised range, and no other, needs a mean and a deviation of each channel"
            )
        if not all(math.isfinite(d) and d > 0 for d in self.deviation):
            raise InvalidInput(f"deviations must be above 0, got {self.deviation}")

    def __str__(self) -> str:
        names = {
            "unit": "[0, 1]",
            "signed": "[-1, 1]",
            "bytes": "0 to 255",
            "standardised": "",
            "logits": "before a sigmoid",
        }
        said = names[self.scale]
        if self.scale == "standardised":
            imagenet = (self.mean, self.deviation) == IMAGENET
            said = "ImageNet's mean and deviation" if imagenet else "the data's mean and deviation"
        if self.layout not in ("channels first", "no channels"):
            said += f", {self.layout}"
        return said + (", blue first" if self.reverse else "")

    def problem(self, channels: int, *, entering: bool) -> str:
        """Why it is none of pictures of so many channels at an encoder or a decoder; or ""."""
        if self.mean and len(self.mean) != channels:
            return f"mean: has {len(self.mean)} numbers for pictures of {channels} channels"
        if self.layout == "no channels" and channels != 1:
            return f"layout: has no channels, and the pictures have {channels} channels"
        if self.scale == "logits" and entering:
            return "scale: an encoder takes pixels, no logits: name another range"
        return ""

    def apply(self, x: Float32) -> Float32:
        """Values (n, h, w, c) in [0, 1] as the network takes them.

        Raises:
            InvalidInput: a convention of other pictures, or of decoders only.
        """
        if fault := self.problem(x.shape[3], entering=True):
            raise InvalidInput(fault)
        if self.scale == "signed":
            x = 2 * x - np.float32(1)
        elif self.scale == "bytes":
            x = 255 * x
        elif self.scale == "standardised":
            x = ((x - np.array(self.mean)) / np.array(self.deviation)).astype(np.float32)
        if self.reverse:
            x = x[..., ::-1]
        if self.layout in ("channels first", "flat"):
            x = x.transpose(0, 3, 1, 2)
        if self.layout == "no channels":
            x = x[..., 0]
        elif self.layout.startswith("flat"):
            x = x.reshape(len(x), math.prod(x.shape[1:]))
        return np.ascontiguousarray(x, np.float32)

    def undo(self, y: Float32, shape: tuple[int, ...]) -> Float32:
        """What a network gives as values (n, h, w, c) of ``shape`` (h, w, c), not clipped.

        Raises:
            InvalidInput: an output of another size, or a convention of other pictures.
        """
        h, w, c = shape
        if fault := self.problem(c, entering=False):
            raise InvalidInput(fault)
        first = self.layout in ("channels first", "flat")
        if y.size != len(y) * h * w * c:
            raise InvalidInput(
                f"the decoder gives {tuple(y.shape[1:])} for a picture, which are not "
                f"{h} x {w} pixels of {c} channels"
            )
        x = y.reshape(len(y), c, h, w).transpose(0, 2, 3, 1) if first else y.reshape(-1, h, w, c)
        if self.reverse:
            x = x[..., ::-1]
        if self.scale == "signed":
            x = (x + np.float32(1)) / np.float32(2)
        elif self.scale == "bytes":
            x = x / np.float32(255)
        elif self.scale == "standardised":
            x = (x * np.array(self.deviation) + np.array(self.mean)).astype(np.float32)
        elif self.scale == "logits":
            from scipy.special import expit

            x = expit(x)
        return np.ascontiguousarray(x, np.float32)


PIXELS_FIRST = Convention()
"""Pixels in [0, 1] with channels first, as torch has them."""


def convention_of(word: str) -> Convention:
    """The convention of a word: a scale, or "imagenet"; "bgr" after a comma turns the channels.

    Raises:
        InvalidInput: another word, or "standardised", whose numbers no word holds.

    Example:
        >>> convention_of("signed,bgr").reverse
        True
    """
    scale, *rest = (part.strip().lower() for part in word.split(","))
    others = set(rest) - {"bgr", "rgb", *LAYOUTS}
    if {"flat", "channels last"} <= set(rest):  # the one layout of two words
        rest.append("flat, channels last")
    words = [*(s for s in SCALES if s != "standardised"), "imagenet"]
    if scale not in words or others:
        raise InvalidInput(
            f"a convention is one of {', '.join(words)}, and after a comma bgr or a layout "
            f"({', '.join(LAYOUTS)}), got {word!r}"
        )
    layout = next((layout for layout in reversed(LAYOUTS) if layout in rest), LAYOUTS[0])
    if scale == "imagenet":
        return Convention("standardised", layout, "bgr" in rest, *IMAGENET)
    return Convention(next(s for s in SCALES if s == scale), layout, "bgr" in rest)


def layouts_of(
    shape: Sequence[int | None] | None, picture: tuple[int, int, int]
) -> tuple[Layout, ...]:
    """Layouts in which pictures (h, w, c) fit a network's end of this shape (n, ...).

    ``None`` in a shape is a length that the network leaves open; None for all of it is a network
    that says nothing of its shape.

    Example:
        >>> layouts_of((None, 3, 8, 8), (8, 8, 3))
        ('channels first',)
    """
    h, w, c = picture
    forms: dict[Layout, tuple[int, ...]] = {
        "channels first": (c, h, w),
        "channels last": (h, w, c),
        "flat": (c * h * w,),
        "flat, channels last": (h * w * c,),
        "no channels": (h, w),
    }
    if c == 1:  # the same numbers in the same order
        del forms["flat, channels last"]
    else:
        del forms["no channels"]
    if shape is None:
        return tuple(forms)
    return tuple(
        layout
        for layout, form in forms.items()
        if len(form) == len(shape) - 1
        and all(a is None or a == b for a, b in zip(shape[1:], form, strict=True))
    )
