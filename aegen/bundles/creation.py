"""Writing a bundle: everything is computed, checked in a folder beside, and moved to its place."""

from __future__ import annotations

import contextlib
import copy
import zlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.autoencoders import architectures
from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES, describe, parquet
from aegen.bundles.bundle import Bundle
from aegen.bundles.checking import ImageTable, check
from aegen.bundles.codes import CODES, CodeTable, Placed, to_tensors
from aegen.bundles.manifest import FORMAT, MANIFEST, NAME, FileEntry, Manifest, Network
from aegen.bundles.thumbnails import COVER, THUMBNAILS, choose_cover, compose
from aegen.core import images
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.progress import report
from aegen.core.rng import RNG, generator
from aegen.core.storage import digest, replacing_folder, save_arrays, write_bytes
from aegen.projections import Projection, projections

if TYPE_CHECKING:
    from aegen.autoencoders import Autoencoder, Classifier

__all__ = ["create"]

CHUNK = 1024
"""Images held as float32 at a time."""


def create(
    path: Path | str,
    *,
    name: str,
    title: str,
    description: str,
    image_set: ImageTable,
    autoencoder: Autoencoder,
    classifier: Classifier | None = None,
    training: Mapping[str, Any] | None = None,
    projected: Mapping[str, Projection] | None = None,
    rng: RNG = 0,
) -> Bundle:
    """Write a whole bundle folder, or nothing; an older bundle at ``path`` is replaced.

    Everything follows from the networks and the images, so the same input gives the same files on
    one machine; UMAP's picture and the last bits of codes may differ on another processor or
    library version. How far it is goes to `aegen.core.progress`.

    Args:
        path: the folder to write; it must not exist, or be empty, or hold a bundle.
        name: small letters, digits and dashes.
        title: the name that people see.
        description: what it is, in a sentence or two.
        image_set: images with attributes; its licence and citation go with the bundle.
        autoencoder: a trained network of `aegen.autoencoders`.
        classifier: a trained `aegen.autoencoders.Classifier`, or None.
        training: how the networks were trained: plain values by label.
        projected: projections to fit by name (one that is fitted is fitted anew); by default all.
        rng: seeds the projections and the choice of the cover.

    Raises:
        InvalidInput: networks and images that do not fit together, texts that are empty.
        BundleError: ``path`` is taken by something else, or what was written is not sound.
    """
    path = Path(path)
    _require_place(path)
    _require_texts(name=name, title=title, description=description, licence=image_set.licence)
    maker = _Maker(image_set, autoencoder, classifier, int(generator(rng).integers(2**63)))
    with replacing_folder(path) as folder:
        parts = maker.write(folder, projected)
        written = sorted(folder.iterdir())
        files = {file.name: FileEntry(digest(file), file.stat().st_size) for file in written}
        manifest = Manifest(
            format=FORMAT,
            name=name,
            title=title,
            description=description,
            dataset=image_set.name,
            licence=image_set.licence,
            citation=image_set.citation,
            source=image_set.source,
            training=dict(training or {}),
            written_by=_versions(),
            files=files,
            **parts,
        )
        _write_manifest(folder, manifest)
        report(0.97, "checking")
        found = check(folder)
        if not found.ok:
            raise BundleError(path, f"was not written: {found.findings[0]}")
    report(1.0, "done")
    return Bundle.open(path)


class _Maker:
    """Computes the parts of a bundle from copies of the networks, which stay as they were."""

    def __init__(
        self,
        image_set: ImageTable,
        autoencoder: Autoencoder,
        classifier: Classifier | None,
        seed: int,
    ) -> None:
        self.image_set, self.seed = image_set, seed
        self.net = copy.deepcopy(autoencoder).cpu().float().eval()
        self.classifier = (
            None if classifier is None else copy.deepcopy(classifier).cpu().float().eval()
        )
        self.train = np.flatnonzero(~image_set.holdout)
        self.holdout = np.flatnonzero(image_set.holdout)
        frame = image_set.attributes
        self.attributes = describe(frame)
        self.frame = frame.iloc[np.concatenate([self.train, self.holdout])]
        self._require_fit()

    def _require_fit(self) -> None:
        """Refuse networks, images and attributes that do not belong together."""
        images = self.image_set.images
        c, h, w = self.net.shape
        if images.dtype != np.uint8 or images.shape[1:] != (h, w, c):
            raise InvalidInput(
                f"the autoencoder takes images ({h}, {w}, {c}) of uint8, the image set has "
                f"{images.shape[1:]} of {images.dtype}"
            )
        if not len(images) == len(self.image_set.holdout) == len(self.image_set.attributes):
            raise InvalidInput("images, attributes and holdout must have the same number of rows")
        if len(self.train) < 3:
            raise InvalidInput(f"a bundle needs at least 3 training rows, got {len(self.train)}")
        if self.classifier is not None:
            for name, k in self.classifier.arguments["attributes"].items():
                known = self.attributes.get(name)
                if known is None or len(known.values) != k:
                    raise InvalidInput(
                        f"the classifier distinguishes {k} values of {name!r}, which the image "
                        "set does not have"
                    )

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that adding one leaves the others alone."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

    def write(self, folder: Path, projected: Mapping[str, Projection] | None) -> dict[str, Any]:
        """Write every file but the manifest; give the fields of the manifest that tell of them."""
        from aegen.autoencoders.checkpoint import weights_of

        codes = self._codes(self.train, "encoding", 0.0, 0.1)
        holdout = self._codes(self.holdout, "encoding held-out rows", 0.1, 0.12)
        placed = self._placed(codes, holdout, projected)
        ids = np.asarray(self.image_set.row_ids, dtype=np.int64)
        table = CodeTable(codes, holdout, ids[self.train], ids[self.holdout], placed)
        save_arrays(folder / CODES, to_tensors(table))
        nets = {networks.WEIGHTS: self.net, networks.CLASSIFIER: self.classifier}
        for file, net in nets.items():
            if net is not None:
                save_arrays(folder / file, networks.narrowed(weights_of(net)))
        write_bytes(folder / ATTRIBUTES, parquet(self.frame, self.attributes))

        decoded = self._decoded(codes)
        report(0.85, "packing thumbnails")
        atlas_bytes, atlas = compose(decoded)
        write_bytes(folder / THUMBNAILS, atlas_bytes)
        categories = [name for name, a in self.attributes.items() if a.kind == "category"]
        labels = self.frame[categories[0]].to_numpy(dtype=str) if categories else None
        cover = choose_cover(labels, len(codes), self.rng("cover"))
        strip = images.grid(decoded[cover], columns=len(cover), gap=0)
        write_bytes(folder / COVER, images.webp(strip, quality=90))

        c, h, w = self.net.shape
        return {
            "image_shape": (h, w, c),
            "latent_dim": self.net.latent_dim,
            "rows": len(codes),
            "holdout_rows": len(holdout),
            "attributes": self.attributes,
            "projections": tuple(placed),
            "architecture": Network(architectures.name_of(self.net), dict(self.net.arguments)),
            "classifier": None
            if self.classifier is None
            else Network("classifier", dict(self.classifier.arguments)),
            "reconstruction": self._errors(),
            "atlas": atlas,
            "cover": tuple(int(row) for row in cover),
        }

    def _chunks(self, rows: IntArray) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(rows), CHUNK):
            chunk = self.image_set.images[rows[start : start + CHUNK]]
            yield chunk.astype(np.float32) / np.float32(255)

    def _codes(self, rows: IntArray, what: str, start: float, end: float) -> FloatArray:
        parts = [np.empty((0, self.net.latent_dim))]
        for chunk in self._chunks(rows):
            done = sum(map(len, parts))
            report(start + (end - start) * done / len(rows), what)
            parts.append(networks.encode(self.net, chunk))
        codes = np.concatenate(parts)
        if not np.isfinite(codes).all():
            raise InvalidInput("the autoencoder gives codes that are NaN or infinite: retrain it")
        return codes

    def _placed(
        self,
        codes: FloatArray,
        holdout: FloatArray,
        projected: Mapping[str, Projection] | None,
    ) -> dict[str, Placed]:
        if projected is None:
            projected = {name: projections.create(name) for name in projections}
        placed = {}
        for k, (name, projection) in enumerate(sorted(projected.items())):
            report(0.12 + 0.6 * k / len(projected), f"projecting by {projection.title}")
            projection.fit(codes, rng=self.rng(f"projection.{name}"))
            state = projection.state()
            placed[name] = Placed(projection.coordinates_, projection.transform(holdout), state)
        return placed

    def _decoded(self, codes: FloatArray) -> ByteArray:
        """Every training row's decoded image, as uint8."""
        c, h, w = self.net.shape
        decoded = np.empty((len(codes), h, w, c), np.uint8)
        for start in range(0, len(codes), CHUNK):
            report(0.72 + 0.13 * start / len(codes), "decoding")
            part = networks.decode(self.net, codes[start : start + CHUNK])
            decoded[start : start + CHUNK] = images.quantize(part)
        return decoded

    def _errors(self) -> dict[str, float]:
        errors = {}
        for k, (part, rows) in enumerate((("train", self.train), ("holdout", self.holdout))):
            report(0.9 + 0.03 * k, "measuring reconstruction")
            sums, n = np.zeros(2), 0
            for chunk in self._chunks(rows):
                sums += np.array(networks.reconstruction(self.net, chunk)) * len(chunk)
                n += len(chunk)
            if n:
                errors[f"mse_{part}"], errors[f"bce_{part}"] = (
                    float(f"{s / n:.6g}") for s in sums
                )
        return errors


def _require_place(path: Path) -> None:
    """Refuse to put a bundle where something else is."""
    if not path.parent.is_dir():
        raise BundleError(path, f"cannot be written: there is no folder {path.parent}")
    taken = path.exists() and (
        not path.is_dir() or (any(path.iterdir()) and not (path / MANIFEST).is_file())
    )
    if taken:
        raise BundleError(path, "holds something that is no bundle: name a new folder")


def _require_texts(**texts: str) -> None:
    for what, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise InvalidInput(f"a bundle needs a {what}, got {text!r}")
    if not NAME.fullmatch(texts["name"]):
        raise InvalidInput(
            f"a bundle's name has up to 64 small letters, digits and dashes, got {texts['name']!r}"
        )


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    try:
        write_bytes(folder / MANIFEST, manifest.to_json())
    except (TypeError, ValueError) as problem:
        raise InvalidInput(
            f"training must hold plain values that JSON can hold ({problem})"
        ) from problem


def _versions() -> dict[str, str]:
    found = {}
    for name in ("aegen", "numpy", "torch", "umap-learn"):
        with contextlib.suppress(PackageNotFoundError):  # a checkout that is not installed
            found[name] = version(name)
    return found
