"""What tickets are judged on: held-out images whose classes are known, originals or redrawn ones.

Original images are not shipped. Where a person has them, in a folder of AEGEN_DATA or where aegen
fetched them before, they are used; else the held-out codes of a bundle of the same data set, as
its autoencoder redraws them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.app.services import bundles, cache, images, reconstruction, tickets
from aegen.app.services.cache import cached
from aegen.app.services.tickets import ticket_stamp
from aegen.core.errors import AegenError, InvalidInput
from aegen.supermask.training.runs import CLASS as LABEL

if TYPE_CHECKING:
    from aegen.core.arrays import ByteArray, IntArray

__all__ = [
    "DATA_TITLES",
    "EvaluationSet",
    "classifier_of",
    "evaluation_sets",
    "examples_of",
    "image_folder",
    "sources",
]

VARIABLE = "AEGEN_DATA"
"""Names a folder with a folder of images for each data set: mnist, fashion-mnist, cifar10."""

DATA_TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "cifar10": "CIFAR-10"}

FETCHED = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}
"""What torchvision calls its folders of images that `aegen.data` reads."""


FEW = 1_000
"""Held-out images that a slow ticket is judged on, so that a slider is answered soon."""


@dataclass(frozen=True)
class EvaluationSet:
    """Held-out images.

    Attributes:
        key: "images:mnist" or "bundle:mnist".
        title: for people.
        about: a sentence on what they are.
    """

    key: str
    title: str
    about: str


def image_folder(data: str) -> Path | None:
    """The folder of a data set's images, where there is one on this computer."""
    named = os.environ.get(VARIABLE, "")
    for shelf in filter(None, named.split(os.pathsep)):
        for name in (data, data.replace("-", "_")):
            folder = Path(shelf).expanduser() / name
            if folder.is_dir():
                return folder
    if data in FETCHED:
        folder = Path.home() / ".cache" / "aegen" / "data" / FETCHED[data]
        if folder.is_dir():
            return folder
    return None


def _bundles_of(data: str, shape: tuple[int, int, int] | None = None) -> list[str]:
    """Bundles of a data set with held-out rows and classes; the one of its name first."""
    found = []
    for name in sorted(cache.bundle_names(), key=lambda name: (name != data, name)):
        try:
            bundle = bundles.bundle(name)
            fits = shape is None or tuple(bundle.image_shape) == shape
            if bundle.manifest.dataset == data and fits and LABEL in bundle.attributes:
                found.append(name)
        except AegenError:  # its own page says what is wrong with it
            continue
    return found


def evaluation_sets(name: str) -> tuple[EvaluationSet, ...]:
    """What a ticket can be judged on, the best first; none where there is nothing here."""
    network = tickets.plan(name)
    shape = reconstruction.picture(name) if network is None else network.input_shape
    data = str(tickets.ticket(name).about.get("data", ""))
    if shape is None or not data or (network is None and not classifier_of(name)):
        return ()
    c, h, w = shape
    title = DATA_TITLES.get(data, data)
    found = []
    if image_folder(data) is not None:
        found.append(
            EvaluationSet(
                f"images:{data}", f"{title} images", f"held-out images of {title}, the originals"
            )
        )
    for bundle in _bundles_of(data, (h, w, c)):
        opened_bundle = bundles.bundle(bundle)
        rows = len(opened_bundle.holdout)
        if rows:
            found.append(
                EvaluationSet(
                    f"bundle:{bundle}",
                    f"{opened_bundle.title}, redrawn",
                    f"{rows:,} held-out images as the autoencoder of {opened_bundle.title} "
                    "redraws them; accuracy differs a little from that on the originals",
                )
            )
    return tuple(found)


def classifier_of(name: str) -> str:
    """The bundle whose classifier tells what an autoencoder's ticket redraws; "" without one."""
    shape = reconstruction.picture(name)
    if shape is None:
        return ""
    c, h, w = shape
    found = _bundles_of(str(tickets.ticket(name).about.get("data", "")), (h, w, c))
    known = (each for each in found if bundles.bundle(each).manifest.classifier is not None)
    return next(known, "")


@cached(3, of=ticket_stamp)
def examples_of(name: str, evaluation_set: str) -> tuple[Any, IntArray, tuple[str, ...]]:
    """The first held-out images (m, h, w, c), the classes (n,) of all, and the classes' names.

    There are as many images as the ticket is judged on: fewer where a run takes long. They are
    standardised, as the networks of tickets take them; those for an autoencoder are float32 in
    [0, 1].

    Raises:
        AegenError: they cannot be read, or have other classes than the network.
    """
    import numpy as np

    from aegen.supermask.standardisation import standardised

    images, labels, names = _images(evaluation_set, FEW if _slow(name) else None)
    network = tickets.plan(name)
    if network is None:
        told = bundles.bundle(classifier_of(name)).manifest.attributes[LABEL].values
        if tuple(map(str, told)) != names:
            raise InvalidInput("the classifier tells other classes than these images have")
        return images.astype(np.float32) / np.float32(255), labels, names
    if len(names) != network.classes:
        raise InvalidInput(f"the network tells {network.classes} classes, here are {len(names)}")
    return standardised(images), labels, names


def _slow(name: str) -> bool:
    """Whether a ticket takes long to run: its network convolves, or redraws what is told then."""
    convolves = any(len(shape) > 2 for shape in tickets.ticket(name).layers.values())
    return convolves or reconstruction.picture(name) is not None


def _images(evaluation_set: str, most: int | None) -> tuple[ByteArray, IntArray, tuple[str, ...]]:
    """The first held-out images (m, h, w, c), with the labels of all and the classes' names."""
    import numpy as np

    from aegen.core.images import quantize

    kind, _, source = evaluation_set.partition(":")
    if kind == "images":
        from aegen.data import datasets

        found = datasets.create(source).load(image_folder(source))
        column, rows = found.attributes[LABEL].cat, np.flatnonzero(found.holdout)
        labels = column.codes.to_numpy().astype(np.int64)[rows]
        return found.images[rows[:most]], labels, tuple(map(str, column.categories))
    bundle = bundles.bundle(source)
    column = bundle.holdout_attributes[LABEL].cat
    decoded = quantize(images.decode(source, bundle.holdout[:most]))
    return decoded, column.codes.to_numpy().astype(np.int64), tuple(map(str, column.categories))


def sources() -> dict[str, str]:
    """What can be trained on: keys such as "bundle:mnist", and what each is in words."""
    found = {}
    for data in ("mnist", "fashion-mnist"):
        names = _bundles_of(data)
        for name in names[:1]:
            bundle = bundles.bundle(name)
            found[f"bundle:{name}"] = f"{bundle.title}, redrawn"
        if image_folder(data) is not None:
            found[f"images:{data}"] = f"{DATA_TITLES[data]}, original images"
    for name in cache.bundle_names():
        if f"bundle:{name}" not in found:
            try:
                bundle = bundles.bundle(name)
                if LABEL in bundle.attributes and len(bundle.holdout):
                    found[f"bundle:{name}"] = f"{bundle.title}, redrawn"
            except AegenError:
                continue
    return found
