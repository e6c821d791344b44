"""Small picture files for tests of the readers."""

import io

import numpy as np
from PIL import Image

__all__ = ["encoded", "grey", "write_grey"]


def grey(level, height=12, width=12):
    """A picture of one level, uint8 (height, width)."""
    return np.full((height, width), level, np.uint8)


def encoded(array, kind="PNG", **options):
    """The bytes of a file."""
    content = io.BytesIO()
    Image.fromarray(array).save(content, kind, **options)
    return content.getvalue()


def write_grey(folder, levels, *, ending="png", **size):
    """A file of one level each: folder/007.png is all 7."""
    folder.mkdir(parents=True, exist_ok=True)
    for level in levels:
        (folder / f"{level:03d}.{ending}").write_bytes(encoded(grey(level, **size)))
