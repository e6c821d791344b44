"""Hostile folders and archives of pictures for `aegen bench fuzz`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aegen.benchmarks.fuzz_bytes import PICKLE, pick, special, spoilt_bytes, spoilt_json
from aegen.benchmarks.fuzz_networks import pictures

__all__ = ["attempt", "cases"]


def _packed(image: Any, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@cache
def _good() -> bytes:
    from PIL import Image

    return _packed(Image.fromarray(pictures(1)[0, ..., 0]))


@cache
def _bomb(mode: str, size: tuple[int, int], kind: str) -> bytes:
    """A small file of a large picture."""
    from PIL import Image

    return _packed(Image.new(mode, size), kind)


BOMBS = (
    ("1", (12_000, 12_000), "PNG"),
    ("L", (9_000, 9_000), "PNG"),
    ("P", (7_000, 7_000), "GIF"),
    ("RGB", (4_900, 4_900), "PNG"),
    ("RGB", (3_000, 30), "PNG"),
)
"""Mode, size and format of pictures that are large, each in its way."""


def _table(rng: np.random.Generator) -> tuple[str, bytes]:
    """A table of attributes among the pictures."""
    import pyarrow as pa
    from pyarrow import parquet

    names = [f"{k}.png" for k in range(6)]
    match int(rng.integers(3)):
        case 0:
            lines = [spoilt_json(rng, {"file_name": name, "age": 3}) for name in names]
            return "metadata.jsonl", b"\n".join(lines)
        case 1:
            text = "file_name,age\n" + "\n".join(f"{name},{3}" for name in names)
            return "metadata.csv", spoilt_bytes(rng, text.encode())
        case _:
            file = io.BytesIO()
            value = "a" * int(pick(rng, (3, 7_000_000, 60_000_000)))
            made = pa.table({"file_name": names, "age": pa.repeat(value, 6)})
            parquet.write_table(made, file, compression="zstd", use_dictionary=rng.random() < 0.5)
            content = file.getvalue()
            return "metadata.parquet", spoilt_bytes(
                rng, content
            ) if rng.random() < 0.3 else content


def _pictures_parquet(rng: np.random.Generator) -> bytes:
    """Pictures as the datasets library writes them, one of them long and repeated."""
    import pyarrow as pa
    from pyarrow import parquet

    file = io.BytesIO()
    size = int(pick(rng, (0, 1000, 10_000_000)))
    cell = pa.scalar({"bytes": _good() + bytes(size), "path": "a"})
    cells = pa.repeat(cell, int(pick(rng, (3, 40))))
    notes = json.dumps({"info": {"features": {"label": {"names": [1], "_type": "ClassLabel"}}}})
    made = pa.table({"image": cells, "label": [0] * len(cells)})
    made = made.replace_schema_metadata({"huggingface": notes})
    parquet.write_table(made, file, compression="zstd", use_dictionary=rng.random() < 0.7)
    content = file.getvalue()
    return spoilt_bytes(rng, content) if rng.random() < 0.3 else content


def _archive(rng: np.random.Generator, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for k in range(6):
            packed.writestr(f"{k}.png", _good())
        name = pick(rng, ("../up.png", "/up.png", "a:b.png", "x" * 3000 + ".png", "b.png"))
        packed.writestr(name, _bomb(*pick(rng, BOMBS)))
        for k in range(int(pick(rng, (0, 0, 20)))):
            packed.writestr(f"zeros-{k}.png", bytes(30_000_000))
    if rng.random() < 0.3:
        file.write_bytes(spoilt_bytes(rng, file.read_bytes()))


def _npz(rng: np.random.Generator, file: Path) -> None:
    arrays: dict[str, Any] = {"images": pictures(12)[..., 0]}
    match int(rng.integers(3)):
        case 0:
            arrays["images"] = np.zeros((60_000, 100, 100), np.uint8)
        case 1:
            arrays["label"] = np.array([None] * 12, object)
        case _:
            arrays["images"] = arrays["images"].astype(float) * np.nan
    np.savez_compressed(file, **arrays)
    if rng.random() < 0.4:
        file.write_bytes(spoilt_bytes(rng, file.read_bytes()))


def cases(rng: np.random.Generator, n: int, folder: Path) -> Iterator[Path]:
    """Folders of a few pictures with something hostile among them, archives and arrays."""
    for k in range(n):
        case = folder / f"pictures-{k}"
        case.mkdir(parents=True)
        kind = int(rng.integers(10))
        if kind == 0:
            _archive(rng, case / "a.zip")
            yield case / "a.zip"
        elif kind == 1:
            _npz(rng, case / "a.npz")
            yield case / "a.npz"
        elif kind == 2:
            (case / "train.parquet").write_bytes(_pictures_parquet(rng))
            yield case
        else:
            for number in range(6):
                (case / f"{number}.png").write_bytes(_good())
            _among(rng, case)
            yield case


def _among(rng: np.random.Generator, case: Path) -> None:
    """Put something hostile among the pictures."""
    for _ in range(int(rng.integers(1, 4))):
        file = case / f"{int(rng.integers(6))}.png"
        match int(rng.integers(6)):
            case 0 if file.is_file() and not file.is_symlink():
                file.write_bytes(spoilt_bytes(rng, _good()))
            case 1:
                (case / "bomb.png").write_bytes(_bomb(*pick(rng, BOMBS)))
            case 2:
                name, content = _table(rng)
                (case / name).write_bytes(content)
            case 3 if not (case / "pipe").exists():
                if file.is_file():
                    special(rng, file)
            case 4:
                name = pick(rng, ("\x1b[31m.png", "\udcff.png", "a\nb.png", ".hidden", "ran.py"))
                (case / name).write_bytes(pick(rng, (_good(), PICKLE)))
            case _:
                below = case / pick(rng, ("a", "\udcfe", "train"))
                if not below.exists():
                    below.symlink_to(pick(rng, (".", "..", "/proc/self/fd", "nowhere")))


def attempt(case: Path) -> str:
    """The folder as a data set; "accepted", or the AegenError that it meets."""
    from aegen.benchmarks.fuzz_bundles import require_plain
    from aegen.data import read

    found = read(case)
    require_plain(" ".join([*map(str, found.skipped), *found.notes, found.title, found.name]))
    found.images[:2]
    found.attributes.head(3).to_dict()
    return "accepted"
