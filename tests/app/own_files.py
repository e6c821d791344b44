"""What a person drops on the page Bring your own, as the content of files."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.onnx_networks import linear_pair

__all__ = ["pair", "saved", "zipped"]

RANGES = {"unit": (1.0, 0.0), "signed": (2.0, -1.0)}
"""How values in [0, 1] become those of a network: times the first, plus the second."""


def pair(x: NDArray[Any], d: int = 4, *, scale: str = "unit") -> tuple[bytes, bytes]:
    """encoder.onnx and decoder.onnx for rows ``x`` (n, ...), by principal components.

    Pictures (n, c, h, w) are given in [0, 1], and enter and leave the networks in the range of
    ``scale``, of which nothing in the files tells.
    """
    factor, shift = RANGES[scale]
    u = x * factor + shift
    return linear_pair(u, u, d)


def zipped(images: NDArray[np.uint8], classes: list[str]) -> bytes:
    """A ZIP of pictures (n, h, w, c) in folders of their classes."""
    from PIL import Image

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for k, (image, name) in enumerate(zip(images, classes, strict=True)):
            picture = io.BytesIO()
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(picture, "PNG")
            archive.writestr(f"{name}/{k:03d}.png", picture.getvalue())
    return file.getvalue()


def saved(**arrays: NDArray[Any]) -> bytes:
    """An npz file."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
