"""Checking a bundle: every fault with its file and field, and how well its networks do."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES
from aegen.bundles.bundle import Bundle
from aegen.bundles.codec import reconstruction_errors
from aegen.bundles.codes import CODES, code_problems, tensors
from aegen.bundles.contents import read_file
from aegen.bundles.findings import Finding, Report
from aegen.bundles.manifest import MANIFEST, Attribute, Manifest, manifest_problems
from aegen.bundles.rows import ImageTable
from aegen.bundles.thumbnails import COVER, THUMBNAILS, parse_cover
from aegen.core import images
from aegen.core.errors import BundleError, InvalidInput, StorageError
from aegen.core.intervals import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

    from aegen.core.arrays import IntArray

__all__ = ["Accuracy", "DeepReport", "check", "check_contents", "deep_check", "latent_space"]

COLLAPSED = 1.0
"""Levels of 255 by which decoded rows differ from their mean where a decoder ignores its code."""

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
    findings += check_contents(bundle, broken)
    findings.sort(key=lambda finding: finding.warning)
    return Report(folder, tuple(findings), _facts(manifest))


def check_contents(bundle: Bundle, broken: Collection[str] = ()) -> list[Finding]:
    """What is wrong with the files of a bundle, but for those that are ``broken`` anyway."""
    manifest, folder = bundle.manifest, bundle.path
    findings: list[Finding] = []
    if CODES not in broken:
        findings += _codes(bundle)
    code = np.zeros((1, bundle.latent_dim))
    image = np.zeros((1, *bundle.image_shape), np.uint8)
    row = image if bundle.payload.kind == "image" else np.zeros((1, *bundle.payload.shape))
    steps: list[tuple[str, Callable[[], object]]] = [
        (ATTRIBUTES, lambda: bundle.attributes),
        (THUMBNAILS, lambda: bundle.thumbnail_images([0])),
        (COVER, lambda: parse_cover(manifest, bundle.cover, folder / COVER)),
    ]
    if manifest.format == 1:
        steps.append((networks.WEIGHTS, lambda: bundle.decode(code)))
    if manifest.encoder is not None and bundle.encodes:
        steps.append(("encoder.onnx", lambda: bundle.encode(row)))
    if manifest.decoder is not None and bundle.decodes:
        steps.append(("decoder.onnx", lambda: bundle.decode(code)))
    if manifest.features is not None:
        steps.append(("features.onnx", lambda: bundle.features(image)))
    if manifest.classifier is not None:
        steps.append((networks.CLASSIFIER, lambda: bundle.classify(image)))
    if not any(finding.file == CODES and not finding.warning for finding in findings):
        steps += [(CODES, partial(bundle.project, name, code)) for name in manifest.projections]
    for name, step in steps:
        if name not in broken:
            findings += _attempt(step, folder, name)
    if not broken and all(finding.warning for finding in findings):
        findings += _likeness(bundle)
    return findings


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
    try:
        names = {name for name in os.listdir(folder) if not name.startswith(".")}
    except OSError as problem:
        return [Finding("", "", f"cannot be read ({problem.strerror})")]
    return [
        Finding(name, "", "is not listed in bundle.json, so nothing reads it", warning=True)
        for name in sorted(names - set(manifest.files) - {MANIFEST})
    ]


def _codes(bundle: Bundle) -> list[Finding]:
    try:
        return list(code_problems(tensors(*bundle._content(CODES)), bundle.manifest))
    except BundleError as problem:
        return [Finding(CODES, "", problem.problem)]


def _likeness(bundle: Bundle) -> list[Finding]:
    """Whether decoding some rows gives what their thumbnails show.

    Weights of another training pass every other test, since hashes and shapes are right.
    """
    if bundle.payload.kind != "codes" and not bundle.decodes:
        return []
    rows = np.unique(np.linspace(0, bundle.atlas.rows - 1, 32).astype(int))
    tiles = bundle.thumbnail_images(rows).astype(float)
    decoded = images.shrink(bundle.decode(bundle.codes[rows]), max(tiles.shape[1:3]))
    if decoded.shape != tiles.shape:
        return [Finding(THUMBNAILS, "", "has tiles of another shape than the images")]
    if np.abs(decoded - decoded.mean(axis=0)).mean() < COLLAPSED:
        return []  # a decoder that ignores its code gives no row away
    gaps = np.array([np.abs(row - tiles).mean(axis=(1, 2, 3)) for row in decoded])
    own = float(np.median(np.diag(gaps)))
    found = float((gaps.argmin(axis=1) == np.arange(len(rows))).mean())
    # pictures that are packed hard differ from their rows, but most are nearer to them than others
    if own > 8 and found < 0.5:
        return [
            Finding(
                networks.WEIGHTS if bundle.manifest.format == 1 else "decoder.onnx",
                "",
                "does not decode the codes to what thumbnails.webp shows (they differ by "
                f"{own:.0f} of 255 levels a pixel): network and codes are of different trainings",
            )
        ]
    return []


def _facts(manifest: Manifest) -> dict[str, str]:
    errors = sorted(manifest.reconstruction.items())
    shown = ", ".join(f"{name} {value:.4g}" for name, value in errors)
    return {
        "name": manifest.name,
        "title": manifest.title,
        "rows": f"{manifest.rows:,} training, {manifest.holdout_rows:,} held out",
        **_payload_facts(manifest),
        "latent space": latent_space(manifest),
        "attributes": ", ".join(manifest.attributes) or "none",
        "projections": ", ".join(manifest.projections) or "none",
        "reconstruction": shown or "not measured",
        "size": f"{manifest.size / 1e6:.1f} MB in {len(manifest.files)} files",
        "licence": manifest.licence,
    }


def _payload_facts(manifest: Manifest) -> dict[str, str]:
    shape = " x ".join(map(str, manifest.payload.shape))
    if manifest.payload.kind == "codes":
        return {"rows show": "codes alone, as there is no decoder"}
    kind = {"image": "images"}.get(manifest.payload.kind, manifest.payload.kind)
    return {kind: shape}


def latent_space(manifest: Manifest) -> str:
    """Its dimensions and what makes them, in a line."""
    said = f"{manifest.latent_dim} dimensions"
    if manifest.reduction is not None:
        share = 100 * manifest.reduction.variance
        whole = math.prod(manifest.code_shape)
        said += f", principal components of {whole:,} with {share:.3g} % of their variance"
    if manifest.architecture is not None:
        said += f", {manifest.architecture.name}"
    return said


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
        """Wilson's 95 % interval of the share."""
        return wilson_interval(self.right, self.n)

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
    if manifest.payload.kind != "image" or not (bundle.encodes and bundle.decodes):
        raise InvalidInput(f"{bundle.name} does not encode and decode images")
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
    frame = image_set.attributes.iloc[rows]
    classified = (
        [] if manifest.classifier is None else list(manifest.classifier.arguments["attributes"])
    )
    labels = {name: _numbered(frame[name], manifest.attributes[name]) for name in classified}
    right = {name: np.zeros(2, np.int64) for name in classified}
    gap, errors = 0.0, np.zeros(2)
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        x = image_set.images[rows[part]].astype(np.float32) / np.float32(255)
        z = bundle.encode(x)
        gap = max(gap, float(np.abs(z - bundle.holdout[part]).max()))
        decoded = bundle.decode(z)
        found = reconstruction_errors(x, decoded, entropy=True)
        errors += np.array([found["mse"], found["bce"]]) * len(x)
        if classified:
            for k, pixels in enumerate((x, decoded)):
                told = bundle.classify(pixels)
                for name in classified:
                    guess = told[name].argmax(axis=1)
                    right[name][k] += int((guess == labels[name][part]).sum())
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


def _numbered(column: pd.Series[Any], attribute: Attribute) -> IntArray:
    """Which of the classes of an attribute each row has, int64 (n,)."""
    if attribute.kind == "binary":
        return column.to_numpy(bool).astype(np.int64)
    places = {value: k for k, value in enumerate(attribute.values)}
    return np.array([places.get(str(value), -1) for value in column], np.int64)
