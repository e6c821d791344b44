"""What a job does to train a supermask: epochs, and files after each; no Streamlit here."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.core.errors import InvalidInput
from aegen.core.progress import report

if TYPE_CHECKING:
    from aegen.core.arrays import ByteArray, IntArray
    from aegen.supermask.training.classifier import Training

__all__ = ["CHECKPOINT", "HISTORY", "examples", "ticket_at", "train"]

CHECKPOINT, HISTORY = "checkpoint.safetensors", "trained.history"
"""Two of the files of a training in its folder; the third is `ticket_at`."""

TESTED = 5_000
"""Held-out codes that are decoded at most, to see how a training does."""


def train(
    source: str,
    folder: str | None,
    rows: int,
    hidden: str,
    recipe: Mapping[str, Any],
    out: str,
    cache: str,
) -> dict[str, int]:
    """Train an FCN, or go on with its training; after every epoch all files are in ``out``.

    It may be stopped at any moment. The history is written last, and says which of the tickets is
    the one that belongs to it; files that are behind the checkpoint are caught up with.

    Args:
        source: "bundle:NAME" or "images:NAME" of a data set.
        folder: of the bundle, or of the images.
        rows: training rows at most.
        hidden: sizes of the hidden layers.
        recipe: fields of `aegen.supermask.training.recipe.Recipe`.
        out: the folder to write in.
        cache: a folder where decoded rows are kept for the next training.

    Returns:
        how many epochs are done.
    """
    report(0.0, "loading the network library")
    from aegen.core.storage import claimed

    with claimed(out):
        return _trained(source, folder, rows, hidden, recipe, Path(out), Path(cache))


def _trained(
    source: str,
    folder: str | None,
    rows: int,
    hidden: str,
    recipe: Mapping[str, Any],
    place: Path,
    cache: Path,
) -> dict[str, int]:
    from aegen.supermask.networks import networks
    from aegen.supermask.training.classifier import train
    from aegen.supermask.training.recipe import Recipe

    images, labels, test, test_labels, names = examples(source, folder, rows, cache)
    plan = networks.create(
        "fcn",
        hidden=hidden,
        channels=int(images.shape[3]),
        size=int(images.shape[1]),
        classes=len(names),
    )
    kind, _, name = source.partition(":")
    about: dict[str, Any] = {"data": name, "classes": names}
    if kind == "bundle":
        about["decoded"] = True
    training = train(
        plan,
        images,
        labels,
        test,
        test_labels,
        Recipe(**recipe),
        checkpoint=place / CHECKPOINT,
        about=about,
    )
    if training.epochs:
        _write(training, place, f"FCN {hidden}, {len(images):,} rows")
    for _ in training:
        _write(training, place, f"FCN {hidden}, {len(images):,} rows")
    return {"epochs": len(training.epochs)}


def ticket_at(epoch: int) -> str:
    """The file of the ticket after an epoch.

    Example:
        >>> ticket_at(7)
        'trained-7.ticket'
    """
    return f"trained-{epoch}.ticket"


def _write(training: Training, place: Path, title: str) -> None:
    """Ticket and history after the last epoch, in place of those before."""
    epoch = len(training.epochs)
    training.ticket(title=f"{title}, epoch {epoch}").write(place / ticket_at(epoch))
    training.history().write(place / HISTORY)
    for old in place.glob("trained-*.ticket"):
        if old.name != ticket_at(epoch):
            old.unlink(missing_ok=True)


def examples(
    source: str, folder: str | None, rows: int, cache: Path
) -> tuple[ByteArray, IntArray, ByteArray, IntArray, list[str]]:
    """Training images and labels, test images and labels, and the classes' names.

    Of a bundle these are its codes as its autoencoder decodes them; tested are as many of the
    held-out ones as are soon decoded.

    Raises:
        InvalidInput: rows without classes.
    """
    import numpy as np

    from aegen.supermask.training.runs import classes

    kind, _, name = source.partition(":")
    if kind == "images":
        from aegen.data import datasets

        report(0.0, "reading the images")
        found = datasets.create(name).load(folder)
        labels, names = classes(found.attributes, found.title)
        own, other = (np.flatnonzero(part) for part in (~found.holdout, found.holdout))
        chosen = own[_some(len(own), rows)]
        return found.images[chosen], labels[chosen], found.images[other], labels[other], names
    from aegen.bundles import read

    bundle = read(Path(folder) if folder else name)
    if not len(bundle.holdout):
        raise InvalidInput(f"{bundle.title} cannot be trained on: it has no held-out rows")
    labels, names = classes(bundle.attributes, bundle.title)
    test_labels, _ = classes(bundle.holdout_attributes, bundle.title)
    chosen, others = _some(len(labels), rows), np.arange(min(TESTED, len(test_labels)))
    return (
        _decoded(bundle, "codes", chosen, cache),
        labels[chosen],
        _decoded(bundle, "holdout", others, cache),
        test_labels[others],
        names,
    )


def _some(n: int, rows: int) -> IntArray:
    """Which rows are taken: any, but always the same, and the fewer among the more."""
    import numpy as np

    order: IntArray = np.random.default_rng(0).permutation(n)[:rows]
    return order


def _decoded(bundle: Any, which: str, rows: IntArray, cache: Path) -> ByteArray:
    """Codes of a bundle as uint8 images, from the cache where they were decoded before."""
    import numpy as np

    from aegen.core.errors import StorageError
    from aegen.core.images import quantize
    from aegen.core.storage import load_arrays, make_folder, save_arrays

    manifest = (bundle.path / "bundle.json").read_bytes()
    mark = hashlib.sha256(manifest + which.encode() + rows.tobytes()).hexdigest()[:32]
    file = cache / f"{mark}.safetensors"
    if file.is_file():
        try:
            return load_arrays(file)[0]["images"]
        except (StorageError, KeyError):
            file.unlink(missing_ok=True)
    codes = getattr(bundle, which)[rows]
    parts = []
    for at in range(0, len(codes), 2000):
        report(0.0, f"decoding rows: {at:,} of {len(codes):,}")
        parts.append(quantize(bundle.decode(codes[at : at + 2000])))
    images: ByteArray = np.concatenate(parts)
    make_folder(cache)
    save_arrays(file, {"images": images}, {})
    with contextlib.suppress(OSError):  # another training removes them, too
        for old in sorted(cache.glob("[!.]*.safetensors"), key=lambda f: f.stat().st_mtime)[:-6]:
            old.unlink(missing_ok=True)
    return images
