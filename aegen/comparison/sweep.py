"""Sweeps: the same comparison at several sizes of the training set, or ages of the autoencoder.

Both are the paper's own (arXiv 2309.09916): quality over the number of codes, and over training
epochs. A sweep is a list of points; each has its own tasks and becomes a table of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aegen.bundles import read
from aegen.comparison.candidate import REFERENCES, Candidate
from aegen.comparison.metric_spec import MetricSpec
from aegen.comparison.reference_rows import contents_of
from aegen.comparison.table import Table
from aegen.comparison.task import Result, Task, tasks
from aegen.core.errors import InvalidInput
from aegen.core.storage import digest, is_file, make_folder

if TYPE_CHECKING:
    from aegen.data import ImageSet

__all__ = ["SIZES", "Point", "Sweep", "over_codes", "over_epochs"]

SIZES = (200, 400, 800, 1200, 1600, 2000)
"""Numbers of codes in the paper's range; all of a bundle's codes are added."""

CODES = 2000
"""Training codes of each autoencoder in a sweep over epochs, as in the paper."""


@dataclass(frozen=True)
class Point:
    """One place ``x`` of a sweep, in codes or epochs, and what is compared there; see `Task`."""

    x: float
    bundle: str
    codes: int | None = None
    data: str | None = None


@dataclass(frozen=True)
class Sweep:
    """A comparison at several points: over "codes" or "epochs", of the bundle called ``name``."""

    kind: str
    name: str
    x_title: str
    points: tuple[Point, ...]

    def tasks(
        self,
        candidates: Sequence[Candidate],
        *,
        seeds: int,
        draws: int,
        metric_specs: Sequence[MetricSpec],
        first: int = 0,
    ) -> tuple[Task, ...]:
        """The tasks of all points, with the references; arguments as `aegen.comparison.tasks`."""
        return tuple(
            task
            for point in self.points
            for task in tasks(
                [point.bundle],
                (*candidates, *REFERENCES),
                seeds=seeds,
                draws=draws,
                metric_specs=metric_specs,
                codes=point.codes,
                data=None if point.data is None else {point.bundle: point.data},
                first=first,
            )
        )

    def tables(
        self,
        results: Iterable[Result],
        candidates: Sequence[Candidate],
        metric_specs: Sequence[MetricSpec],
    ) -> list[tuple[float, Table]]:
        """A table for each point, of those results that belong to it."""
        found = list(results)
        placed = []
        for point in self.points:
            table = Table(self.name, tuple(candidates), tuple(metric_specs))
            for result in found:
                task = result.task
                if (task.bundle, task.codes) == (point.bundle, point.codes):
                    table.add(result)
            placed.append((point.x, table))
        return placed


def over_codes(
    bundle: str, sizes: Iterable[int] = SIZES, data: Mapping[str, str] | None = None
) -> Sweep:
    """Quality over the number of training codes: each of ``sizes``, and all that there are.

    ``data`` says where data sets lie, by bundle.

    Raises:
        UnknownName, BundleError: no such bundle.

    Example:
        >>> [int(point.x) for point in over_codes("sprites", [200, 2000]).points]
        [200, 2000, 10584]
    """
    opened = read(bundle)
    rows = opened.manifest.rows
    known = (data or {}).get(bundle)
    few = [Point(n, bundle, n, known) for n in sorted(set(sizes)) if 2 <= n < rows]
    return Sweep("codes", opened.name, "training codes", (*few, Point(rows, bundle, None, known)))


def over_epochs(
    bundle: str,
    run: Path | str,
    data: Path | str,
    out: Path | str,
    *,
    codes: int = CODES,
    tell: Callable[[str], None] = lambda line: None,
) -> Sweep:
    """Quality over the epochs of an autoencoder's training.

    For each ``epoch-NNN.safetensors`` that ``aegen train autoencoder --keep-every`` left, a bundle
    of ``codes`` training images is written below ``out``, or found there. All are seen through
    the classifier of ``bundle`` and compared with the same real images, so points differ in the
    autoencoder alone.

    Args:
        bundle: the bundle whose classifier sees the images; it names their data set.
        run: folder of the training.
        data: folder or file of the data set.
        out: folder for the bundles.
        codes: training images of each; at most all.
        tell: called with a line for each bundle that is written.

    Raises:
        InvalidInput: no saved epochs, or a bundle without a classifier.
        StorageError, BundleError: files that cannot be read or written.
    """
    from aegen.bundles.discovery import find
    from aegen.data import datasets

    run, out = Path(run), Path(out)
    checkpoints = _checkpoints(run)
    opened = read(bundle)
    if opened.manifest.classifier is None:
        raise InvalidInput(f"{opened.name} has no classifier to see the images with")
    whole = datasets.create(opened.manifest.dataset).load(Path(data))
    images = whole.limited(codes, int(whole.holdout.sum()))
    make_folder(out)
    points = []
    for epoch, checkpoint in checkpoints:
        # Another training, data set, number of codes or classifier makes another bundle.
        made_of = [digest(checkpoint), contents_of(opened.path), str(Path(data).resolve()), codes]
        key = hashlib.sha256(repr(made_of).encode()).hexdigest()[:10]
        folder = out / f"{opened.name}-epoch-{epoch:03d}-{key}"
        if not is_file(folder / "bundle.json"):
            tell(f"epoch {epoch}: encoding {codes:,} images")
            _write(folder, epoch, checkpoint, opened.path, images)
        points.append(Point(epoch, str(find(folder).resolve()), None, str(data)))
    return Sweep("epochs", opened.name, "epochs of the autoencoder's training", tuple(points))


def _checkpoints(run: Path) -> list[tuple[int, Path]]:
    """Saved epochs and their files, in order."""
    found = [
        (int(match[1]), path)
        for path in run.glob("epoch-*.safetensors")
        if (match := re.fullmatch(r"epoch-(\d+)", path.stem))
    ]
    if not found:
        raise InvalidInput(
            f"{run} holds no epoch-NNN.safetensors: train with --keep-every to keep epochs"
        )
    return sorted(found)


def _write(
    folder: Path, epoch: int, checkpoint: Path, evaluation_set: Path, images: ImageSet
) -> None:
    """A bundle of the autoencoder as it was after an epoch, with another bundle's classifier."""
    from aegen.autoencoders import Autoencoder
    from aegen.autoencoders.train import trained
    from aegen.bundles import Bundle, create
    from aegen.projections.pca import PCA

    network, about, _ = trained(checkpoint)
    if not isinstance(network, Autoencoder):
        raise InvalidInput(f"{checkpoint} holds a {about['kind']}, no autoencoder")
    create(
        folder.name,
        network,
        images,
        path=folder,
        title=f"Epoch {epoch}",
        description=f"The autoencoder after epoch {epoch} of its training.",
        classifier=Bundle.open(evaluation_set).classifier(),
        training=about["recipe"],
        projected={"pca": PCA()},
    )
