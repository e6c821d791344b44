"""Checking a bundle: every fault with its file and field, and how well its networks do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES
from aegen.bundles.bundle import Bundle
from aegen.bundles.codes import CODES, code_problems, tensors
from aegen.bundles.contents import read_file
from aegen.bundles.findings import Finding, Report
from aegen.bundles.manifest import MANIFEST, Manifest, manifest_problems
from aegen.bundles.thumbnails import COVER, THUMBNAILS
from aegen.core import images
from aegen.core.arrays import BoolArray, ByteArray, IntArray
from aegen.core.errors import BundleError, InvalidInput, StorageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Accuracy", "DeepReport", "ImageTable", "check", "deep_check"]

CODE_TOLERANCE = 1e-3
"""How far a stored code may lie from the code of its image: another processor rounds otherwise."""


def check(path: Path | str) -> Report:
    """Everything that is wrong with the bundle in the folder ``path``, not only the first fault.

    Reads every file, compares hashes, parses, builds the networks, and compares decoded rows with
    their thumbnails. Never raises for a bad bundle.
    """
    folder = Path(path)
    manifest, findings = manifest_problems(folder)
    if manifest is None:
        return Report(folder, tuple(findings))
    findings += _strangers(folder, manifest)
    bundle = Bundle(folder, manifest)
    broken = set()
    for name in manifest.files:
        found = _attempt(partial(read_file, folder, manifest, name), folder, name)
        findings += found
        if found:
            broken.add(name)
    if CODES not in broken:
        findings += _codes(bundle)
    code, image = np.zeros((1, bundle.latent_dim)), np.zeros((1, *bundle.image_shape), np.uint8)
    steps: list[tuple[str, Callable[[], object]]] = [
        (ATTRIBUTES, lambda: bundle.attributes),
        (THUMBNAILS, lambda: bundle.thumbnail_images([0])),
        (COVER, lambda: _cover(bundle)),
        (networks.WEIGHTS, lambda: bundle.decode(code)),
    ]
    if manifest.classifier is not None:
        steps.append((networks.CLASSIFIER, lambda: bundle.classify(image)))
    if not any(finding.file == CODES and not finding.warning for finding in findings):
        steps += [(CODES, partial(bundle.project, name, code)) for name in manifest.projections]
    for name, step in steps:
        if name not in broken:
            findings += _attempt(step, folder, name)
    if all(finding.warning for finding in findings):
        findings += _likeness(bundle)
    findings.sort(key=lambda finding: finding.warning)
    return Report(folder, tuple(findings), _facts(manifest))


def _attempt(step: Callable[[], object], folder: Path, file: str) -> list[Finding]:
    """Run a step that may find a fault."""
    try:
        step()
    except StorageError as problem:
        inside = problem.path.parent == folder
        return [Finding(problem.path.name if inside else file, "", problem.problem)]
    except (InvalidInput, LookupError) as problem:
        return [Finding(file, "", str(problem))]
    return []


def _strangers(folder: Path, manifest: Manifest) -> list[Finding]:
    """Files that the manifest does not list: nothing reads them."""
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    return [
        Finding(name, "", "is not listed in bundle.json, so nothing reads it", warning=True)
        for name in sorted(names - set(manifest.files) - {MANIFEST})
    ]


def _codes(bundle: Bundle) -> list[Finding]:
    try:
        content = read_file(bundle.path, bundle.manifest, CODES)
        return list(code_problems(tensors(content, bundle.path / CODES), bundle.manifest))
    except BundleError as problem:
        return [Finding(CODES, "", problem.problem)]


def _cover(bundle: Bundle) -> None:
    h, w, c = bundle.image_shape
    try:
        images.read_webp(bundle.cover, (h, w * len(bundle.manifest.cover), c))
    except InvalidInput as problem:
        raise BundleError(bundle.path / COVER, str(problem)) from problem


def _likeness(bundle: Bundle) -> list[Finding]:
    """Whether decoding some rows gives what their thumbnails show.

    Weights of another training pass every other test, since hashes and shapes are right.
    """
    rows = np.unique(np.linspace(0, bundle.atlas.rows - 1, 32).astype(int))
    tiles = bundle.thumbnail_images(rows).astype(float)
    decoded = images.shrink(bundle.decode(bundle.codes[rows]), max(tiles.shape[1:3]))
    if decoded.shape != tiles.shape:
        return [Finding(THUMBNAILS, "", "has tiles of another shape than the images")]
    gaps = np.abs(decoded[:, None] - tiles[None]).mean(axis=(2, 3, 4))
    own = float(np.median(np.diag(gaps)))
    found = float((gaps.argmin(axis=1) == np.arange(len(rows))).mean())
    # pictures that are packed hard differ from their rows, but most are nearer to them than others
    if own > 8 and found < 0.5:
        return [
            Finding(
                networks.WEIGHTS,
                "",
                "does not decode the codes to what thumbnails.webp shows (they differ by "
                f"{own:.0f} of 255 levels a pixel): weights and codes are of different trainings",
            )
        ]
    return []


def _facts(manifest: Manifest) -> dict[str, str]:
    h, w, c = manifest.image_shape
    errors = sorted(manifest.reconstruction.items())
    shown = ", ".join(f"{name} {value:.4g}" for name, value in errors)
    return {
        "name": manifest.name,
        "title": manifest.title,
        "rows": f"{manifest.rows:,} training, {manifest.holdout_rows:,} held out",
        "images": f"{h} x {w} x {c}",
        "latent space": f"{manifest.latent_dim} dimensions, {manifest.architecture.name}",
        "attributes": ", ".join(manifest.attributes) or "none",
        "projections": ", ".join(manifest.projections) or "none",
        "reconstruction": shown or "not measured",
        "size": f"{manifest.size / 1e6:.1f} MB in {len(manifest.files)} files",
        "licence": manifest.licence,
    }


class ImageTable(Protocol):
    """What bundles need of images: `aegen.data.ImageSet` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def images(self) -> ByteArray: ...  # noqa: D102
    @property
    def attributes(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def holdout(self) -> BoolArray: ...  # noqa: D102
    @property
    def row_ids(self) -> IntArray: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def citation(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Accuracy:
    """Share of images whose attribute the classifier tells right: ``right`` of ``n``."""

    right: int
    n: int

    @property
    def share(self) -> float:
        """The share, 0 to 1."""
        return self.right / self.n

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share (E. B. Wilson, 1927)."""
        from scipy.stats import binomtest

        ends = binomtest(self.right, self.n).proportion_ci(method="wilson")
        return float(ends.low), float(ends.high)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{100 * self.share:6.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


@dataclass(frozen=True)
class DeepReport:
    """How a bundle does on real held-out images.

    Attributes:
        path: the bundle's folder.
        n: held-out images looked at.
        real: the classifier's accuracy on the images, by attribute.
        reconstructed: its accuracy on the same images encoded and decoded.
        mse: mean squared error of reconstruction, a pixel.
        bce: binary cross-entropy of reconstruction, nats an image.
        code_gap: largest difference between a stored held-out code and its image's code.
    """

    path: Path
    n: int
    real: Mapping[str, Accuracy]
    reconstructed: Mapping[str, Accuracy]
    mse: float
    bce: float
    code_gap: float

    @property
    def ok(self) -> bool:
        """Whether the stored codes are those of the images."""
        return self.code_gap <= CODE_TOLERANCE

    def text(self) -> str:
        """The figures as lines for a terminal."""
        lines = [f"  on {self.n:,} held-out images; accuracy with its 95 % interval"]
        width = max([9, *(len(name) for name in self.real)])
        if self.real:
            lines.append(f"  {'attribute':<{width}}  {'real images':<25}  encoded and decoded")
        for name, real in self.real.items():
            lines.append(f"  {name:<{width}}  {real!s:<25}  {self.reconstructed[name]}")
        lines.append(
            f"  reconstruction  mse {self.mse:.5f} a pixel, bce {self.bce:.2f} nats an image"
        )
        verdict = "as they should be" if self.ok else "NOT the codes of these images"
        lines.append(f"  stored codes    differ by at most {self.code_gap:.2g}: {verdict}")
        return "\n".join(lines)


def deep_check(bundle: Bundle, image_set: ImageTable) -> DeepReport:
    """How a bundle that `check` finds sound does on the real held-out images of its data set.

    Raises:
        InvalidInput: another data set, or a bundle without held-out rows.
    """
    manifest = bundle.manifest
    rows, shape = bundle.holdout_rows, bundle.image_shape
    if image_set.name != manifest.dataset or image_set.images.shape[1:] != shape:
        raise InvalidInput(
            f"{bundle.name} was made from {manifest.dataset!r} with images {shape}, got "
            f"{image_set.name!r} with {image_set.images.shape[1:]}"
        )
    if len(rows) == 0:
        raise InvalidInput(f"{bundle.name} has no held-out rows to look at")
    if rows.max() >= len(image_set.images):
        raise InvalidInput(
            f"{bundle.name} has row {int(rows.max())} of its data set, which has "
            f"{len(image_set.images):,} images here: give the whole data set"
        )
    labels = image_set.attributes.iloc[rows]
    classified = (
        [] if manifest.classifier is None else list(manifest.classifier.arguments["attributes"])
    )
    right = {name: np.zeros(2, np.int64) for name in classified}
    gap, errors = 0.0, np.zeros(2)
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        x = image_set.images[rows[part]].astype(np.float32) / np.float32(255)
        z = bundle.encode(x)
        gap = max(gap, float(np.abs(z - bundle.holdout[part]).max()))
        errors += np.array(networks.reconstruction(bundle._autoencoder(), x)) * len(x)
        if classified:
            for k, pixels in enumerate((x, bundle.decode(z))):
                told = bundle.classify(pixels)
                for name in classified:
                    values = np.array(manifest.attributes[name].values)
                    found = values[told[name].argmax(axis=1)]
                    right[name][k] += int((found == labels[name].iloc[part].astype(str)).sum())
    n = len(rows)
    return DeepReport(
        bundle.path,
        n,
        {name: Accuracy(int(r[0]), n) for name, r in right.items()},
        {name: Accuracy(int(r[1]), n) for name, r in right.items()},
        float(errors[0] / n),
        float(errors[1] / n),
        gap,
    )
