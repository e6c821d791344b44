"""Hostile bundles for `aegen bench fuzz`: each file spoilt in its own way, with the right hash."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aegen.benchmarks.fuzz_bytes import (
    NAMES,
    pick,
    special,
    spoilt_bytes,
    spoilt_json,
    spoilt_safetensors,
)
from aegen.benchmarks.fuzz_networks import SIDE, bomb, pair, pictures

__all__ = ["attempt", "base", "cases"]

ROWS, HELD = 40, 8
CLASSES = ("lying", "upright")


def base(folder: Path) -> Path:
    """A small sound bundle in the new folder ``folder``."""
    import pandas as pd
    import torch

    from aegen.autoencoders import Classifier
    from aegen.bundles import create
    from aegen.bundles.convention import Convention
    from aegen.projections.pca import PCA

    names = np.array(CLASSES)[np.arange(ROWS + HELD) % 2]
    table = pd.DataFrame(
        {"class": names, "even": names == CLASSES[0], "place": np.arange(ROWS + HELD) / 7}
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        classifier = Classifier(
            channels=1, size=SIDE, attributes={"class": 2}, widths=[4], features=8
        )
    create(
        folder.name,
        pair(),
        pictures(ROWS + HELD),
        attributes=table,
        holdout=np.arange(ROWS + HELD) >= ROWS,
        input=Convention(),
        output=Convention(),
        classifier=classifier.eval(),
        path=folder,
        title="Bars",
        training={"epochs": 2, "history": [{"epoch": 1, "loss": 0.5}]},
        projected={"pca": PCA()},
        rng=0,
    )
    return folder


def cases(rng: np.random.Generator, n: int, folder: Path) -> Iterator[Path]:
    """Folders of bundles, each spoilt somewhere, most with hashes that are right again."""
    sound = base(folder / "sound")
    for k in range(n):
        case = folder / f"case-{k}"
        shutil.copytree(sound, case)
        spoil = pick(rng, (_manifest, _manifest, _claims, _safetensors, _parquet, _picture, _onnx))
        spoil = pick(rng, (spoil, spoil, spoil, _bytes)) if rng.random() < 0.9 else _special
        spoil(rng, case)
        yield case


def _listed(case: Path, name: str, content: bytes) -> None:
    """Put other bytes in a file and list their hash."""
    (case / name).write_bytes(content)
    document = json.loads((case / "bundle.json").read_bytes())
    digest = hashlib.sha256(content).hexdigest()
    document["files"][name] = {"sha256": digest, "size": len(content)}
    (case / "bundle.json").write_text(json.dumps(document))


def _manifest(rng: np.random.Generator, case: Path) -> None:
    file = case / "bundle.json"
    file.write_bytes(spoilt_json(rng, json.loads(file.read_bytes())))


def _claims(rng: np.random.Generator, case: Path) -> None:
    """Shapes and numbers that fit each other, and not the files."""
    file = case / "bundle.json"
    document = json.loads(file.read_bytes())
    side = int(pick(rng, (17, 64, 512, 1024)))
    channels = int(pick(rng, (1, 3, 4)))
    arguments = document["classifier"]["arguments"]
    match int(rng.integers(6)):
        case 0:
            document["payload"]["shape"] = [side, side, channels]
        case 1:
            document["payload"]["shape"] = [side, side, channels]
            arguments |= {"size": min(side, 512), "channels": channels}
            document["cover"] = document["cover"][:1]
        case 2:
            arguments["widths"] = pick(rng, ([10**6], [4] * 1000, [2**40], [0], ["a"], []))
        case 3:
            document["rows"] = int(pick(rng, (10**6, 10**8)))
            document["holdout_rows"] = int(pick(rng, (0, HELD, 10**8)))
        case 4:
            k = int(pick(rng, (1, 1000, 65_536)))
            document |= {"latent_dim": k, "code_shape": [k]}
        case _:
            names = [f"a{k}" for k in range(int(pick(rng, (100, 9_000, 20_000))))]
            document["attributes"] = {n: {"kind": "number", "values": []} for n in names}
    file.write_text(json.dumps(document))


def _safetensors(rng: np.random.Generator, case: Path) -> None:
    from safetensors.numpy import load_file

    name = pick(rng, ("codes.safetensors", "classifier.safetensors"))
    arrays = load_file(case / name)
    _listed(case, name, spoilt_safetensors(rng, arrays, {}))


def _onnx(rng: np.random.Generator, case: Path) -> None:
    which = int(rng.integers(2))
    _listed(case, ("encoder.onnx", "decoder.onnx")[which], bomb(rng, which))


def _picture(rng: np.random.Generator, case: Path) -> None:
    name = pick(rng, ("cover.webp", "thumbnails.webp"))
    _listed(case, name, pick(rng, _pictures()) if rng.random() < 0.7 else b"RIFF" + rng.bytes(99))


@cache
def _pictures() -> tuple[bytes, ...]:
    """Small files of large or other pictures."""
    from PIL import Image

    def packed(size: tuple[int, int], kind: str, **options: Any) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", size).save(file, kind, **options)
        return file.getvalue()

    wide = bytes.fromhex("524946461a000000574542505650384c0e0000002ffeffdb05071011fd0f4444ff03")
    return (
        wide,  # 16,383 x 6,000 black pixels
        packed((64, 64), "WEBP", lossless=True),
        packed((64, 64), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 64))]),
        packed((3000, 3000), "PNG"),
        packed((1, 1), "JPEG"),
    )


def _bytes(rng: np.random.Generator, case: Path) -> None:
    """Any file with spoilt bytes, whose hash is listed or not."""
    names = sorted(file.name for file in case.iterdir())
    name = pick(rng, names)
    content = spoilt_bytes(rng, (case / name).read_bytes())
    if name == "bundle.json" or rng.random() < 0.2:
        (case / name).write_bytes(content)
    else:
        _listed(case, name, content)


def _special(rng: np.random.Generator, case: Path) -> None:
    """A pipe, a link, a folder in the place of a file, or a large file that is empty."""
    names = sorted(file.name for file in case.iterdir())
    name = pick(rng, names)
    if rng.random() < 0.1:
        size = int(pick(rng, (10**9, 10**11)))
        document = json.loads((case / "bundle.json").read_bytes())
        if name in document["files"]:
            document["files"][name]["size"] = size
            (case / "bundle.json").write_text(json.dumps(document))
        with (case / name).open("r+b") as file:
            file.truncate(size)
        return
    special(rng, case / name, case.parent / "outside")


def _parquet(rng: np.random.Generator, case: Path) -> None:
    content: bytes = pick(rng, _tables())()
    _listed(
        case, "attributes.parquet", spoilt_bytes(rng, content) if rng.random() < 0.3 else content
    )


@cache
def _tables() -> tuple[Callable[[], bytes], ...]:
    """Small parquet files of large, odd or dangerous tables, each made when it is first picked."""
    import pyarrow as pa
    from pyarrow import parquet

    n = ROWS + HELD
    good: dict[str, Any] = {
        "class": pa.array(list(CLASSES) * (n // 2)),
        "even": pa.array([True, False] * (n // 2)),
        "place": pa.array([1.0] * n),
    }

    def table(
        change: dict[str, Any], notes: dict[str, str] | None = None, **options: Any
    ) -> Callable[[], bytes]:
        @cache
        def content() -> bytes:
            file = io.BytesIO()
            columns = {k: v() if callable(v) else v for k, v in (good | change).items()}
            made = pa.table({k: v for k, v in columns.items() if v is not None})
            made = made.replace_schema_metadata(notes)
            parquet.write_table(made, file, compression="zstd", **options)
            return file.getvalue()

        return content

    def long() -> pa.Array:
        return pa.repeat("a" * 7_000_000, n)

    def high() -> pa.Array:
        return pa.array(np.zeros(4_000_000))

    front: dict[str, Any] = {"column_encoding": {"class": "DELTA_BYTE_ARRAY"}}
    odd: tuple[Any, ...] = (
        pa.array([None] * n, pa.string()),
        pa.array([b"\xff\xfe"] * n),
        pa.array([[["a"]]] * n),
        pa.array([{"a": 1}] * n),
        pa.array([10**18] * n, pa.timestamp("us")),
        pa.array([1] * n, pa.decimal128(30, 2)),
        pa.array(["\x1b[31m" * 50] * n),
        pa.array(["lying"] * n).dictionary_encode(),
    )
    pandas = json.dumps({"index_columns": [{"kind": "x"}], "columns": [{"metadata": CLASSES}]})
    return (
        table({"class": long}),
        table({"class": long}, use_dictionary=False),
        table({"class": long}, use_dictionary=False, **front),
        *(table({"class": column}) for column in odd),
        *(table({"place": column}) for column in odd[:6]),
        table({"place": pa.array([float("nan")] * n)}),
        table({"even": None}),
        *(table({name: good["place"]}) for name in NAMES if "\ud800" not in name),
        table({}, {"pandas": pandas}),
        table(
            {}, {"ARROW:schema": "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAVmYWxzZZSFlFKULg=="}
        ),
        table(dict.fromkeys(good, high)),
        table({k: pa.array(v.take(pa.array([0] * 5))) for k, v in good.items()}),
    )


def attempt(case: Path) -> str:
    """What commands and pages do with a bundle; "accepted", or the AegenError that it meets."""
    from aegen.app.pages.bundles import model
    from aegen.bundles import check, read

    card = model.card(case)
    if card.manifest is not None:
        model.facts(card.manifest, card.size)
        model.recipe(card.manifest)
        model.losses(card.manifest)
    report = check(case)
    require_plain(report.text())
    bundle = read(case)
    use(bundle)
    for finding in report.findings:
        if not finding.warning:
            raise finding.error(case)
    return "accepted"


def require_plain(text: str) -> None:
    """Refuse a text that would steer a terminal."""
    from aegen.core.plain_text import unfit

    if unfit(text):
        raise RuntimeError(f"a report holds {unfit(text)!r}")


def use(bundle: Any) -> None:
    """What pages show of a bundle that opens."""
    bundle.attributes  # noqa: B018
    bundle.holdout_attributes  # noqa: B018
    bundle.thumbnail_images([0])
    z = bundle.codes[:3]
    bundle.decode(z)
    bundle.decode(z[:1], exact=False)
    if bundle.manifest.classifier is not None:
        bundle.classify(bundle.decode(z))
    for name in bundle.manifest.projections:
        bundle.project(name, z)
