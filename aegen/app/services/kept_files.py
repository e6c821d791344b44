"""Pictures at some places as files: a sheet, single pictures in an archive, codes as a table."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from aegen.app.place import Place
from aegen.app.services import places
from aegen.core.images import grid, png
from aegen.core.storage import npz

__all__ = ["archive", "arrays", "sheet", "table"]

Places = tuple[Place, ...]

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same pictures give the same bytes."""


def sheet(name: str, found: Places) -> bytes:
    """All pictures in one PNG."""
    return png(grid(places.pictures(name, found), gap=2, scale=2))


def archive(name: str, found: Places) -> bytes:
    """Each picture as a PNG, and their codes as CSV, in a ZIP."""
    images = places.pictures(name, found)
    files = {f"{k + 1:02d}.png": png(image) for k, image in enumerate(images)}
    files["codes.csv"] = table(name, found)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for file, data in files.items():
            packed.writestr(zipfile.ZipInfo(file, EPOCH), data)
    return content.getvalue()


def table(name: str, found: Places) -> bytes:
    """Where each picture comes from, and its code, as CSV."""
    import pandas as pd

    codes = np.stack([places.code_of(place) for place in found])
    columns = pd.DataFrame(codes, columns=[f"z{k}" for k in range(codes.shape[1])])
    columns.insert(0, "from", [places.origin(place) for place in found])
    rows = pd.array([place.row for place in found], dtype="Int64")
    columns.insert(0, "row", pd.Series(rows))
    columns.insert(0, "picture", np.arange(1, len(found) + 1))
    content: bytes = columns.to_csv(index=False).encode()
    return content


def arrays(name: str, found: Places) -> bytes:
    """Codes (k, d), pictures (k, h, w, c) and rows (k,), -1 where there is none, as npz."""
    return npz(
        {
            "codes": np.stack([places.code_of(place) for place in found]),
            "images": places.pictures(name, found),
            "rows": np.array([-1 if place.row is None else place.row for place in found]),
        }
    )
