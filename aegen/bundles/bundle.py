"""A bundle: one autoencoder and all that is needed to look at it and to generate from it."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES, parse_attributes
from aegen.bundles.classifier_network import ClassifierNetwork
from aegen.bundles.codec import Codec, Runner
from aegen.bundles.codes import CODES, CodeTable, Placed, parse_codes, tensors
from aegen.bundles.contents import Contents, read_file
from aegen.bundles.convention import PIXELS_FIRST
from aegen.bundles.generation import Model, timed
from aegen.bundles.manifest import (
    FORMAT,
    MANIFEST,
    Atlas,
    Manifest,
    NetworkFile,
    read_manifest,
    require_place,
)
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.bundles.payload import Payload
from aegen.bundles.random_features import random_features
from aegen.bundles.reduction import REDUCTION, Reduction
from aegen.bundles.thumbnails import COVER, THUMBNAILS, parse_cover, parse_tiles
from aegen.bundles.typical import typical_rows
from aegen.core import arrays, morphometry
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import AegenError, BundleError, InvalidInput, UnknownName
from aegen.core.images import png
from aegen.core.neighbours import Neighbours
from aegen.core.rng import RNG
from aegen.core.storage import read_bytes, replacing_folder, write_bytes

if TYPE_CHECKING:
    import pandas as pd

    from aegen.autoencoders import Classifier
    from aegen.metrics.distance_ratio import Copying
    from aegen.projections import Projection

__all__ = ["Bundle"]

T = TypeVar("T")

HOLDOUT = 2000
"""Held-out rows, evenly spaced, that copying is measured against."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """One autoencoder with the codes of its training and held-out rows.

    Opening reads only ``bundle.json``; every other file is read when it is first needed, compared
    with its hash, and cached. One that was just created may be in memory alone until `save`.
    Arrays are read-only and shared: copy before changing. Threads may share one object. ``torch``
    is loaded by `classifier` only, and for bundles of format 1. The same code gives the same
    pixels whatever is decoded with it.

    Attributes:
        path: the folder; of a bundle in memory, its name.
        manifest: what ``bundle.json`` says.

    Example:
        >>> from aegen.bundles import bundles, read
        >>> bundle = read("mnist")                      # doctest: +SKIP
        >>> bundle.decode(bundle.codes[:3]).shape       # doctest: +SKIP
        (3, 28, 28, 1)
    """

    path: Path
    manifest: Manifest = field(repr=False)
    _contents: Contents | None = field(default=None, repr=False)
    _functions: Mapping[str, Runner] = field(default_factory=dict, repr=False)
    _cache: dict[str, Any] = field(default_factory=dict, repr=False, init=False)
    _locks: dict[str, threading.RLock] = field(default_factory=dict, repr=False, init=False)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """The bundle in the folder ``path``.

        Raises:
            BundleError: no bundle, of another format, or with a manifest that cannot be used.
        """
        folder = Path(path)
        return cls(folder, read_manifest(folder))

    def __reduce__(self) -> tuple[Any, ...]:
        """A worker process opens the folder itself; of one in memory, all files travel."""
        if self._contents is None:
            return type(self).open, (str(self.path),)
        return type(self), (self.path, self.manifest, self._contents)

    def save(self, path: Path | str) -> Self:
        """Write a bundle that is in memory, and give the one that was written.

        Functions of yours cannot be written: what was made with ``encode=`` or ``decode=`` has
        its codes and pictures on disk, but neither encodes nor decodes when it is opened again.

        Args:
            path: the folder; it must not exist, or be empty, or hold a bundle, which is replaced.

        Raises:
            BundleError: ``path`` is taken by something else.
            StorageError: it cannot be written.
        """
        folder = Path(path)
        require_place(folder)
        older = self.manifest.format != FORMAT  # its bundle.json has other fields
        document = read_bytes(self.path / MANIFEST) if older else self.manifest.to_json()
        with replacing_folder(folder) as part:
            write_bytes(part / MANIFEST, document)
            for name in self.manifest.files:
                write_bytes(part / name, self._content(name)[0])
        return type(self).open(folder)

    def _repr_png_(self) -> bytes:
        """A dozen of its rows, for notebooks."""
        return png(parse_cover(self.manifest, self.cover, self.path / COVER))

    def _once(self, key: str, make: Callable[[], T]) -> T:
        """What ``make`` returns, made at the first call only, also where threads meet."""
        if key not in self._cache:
            with self._locks.setdefault(key, threading.RLock()):
                if key not in self._cache:
                    self._cache[key] = make()
        return cast("T", self._cache[key])

    def _content(self, name: str) -> tuple[bytes, Path]:
        if self._contents is not None:
            return self._contents[name], self.path / name
        try:
            return read_file(self.path, self.manifest, name), self.path / name
        except BundleError as problem:
            raise self._replaced() or problem from None

    def _replaced(self) -> BundleError | None:
        """What is wrong where another bundle took the place of this one; None where none did."""
        with contextlib.suppress(AegenError):
            if read_manifest(self.path) != self.manifest:
                return BundleError(self.path, "was replaced since it was opened: open it again")
        return None

    # what it is

    @property
    def name(self) -> str:
        """The manifest's name."""
        return self.manifest.name

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.manifest.title

    @property
    def payload(self) -> Payload:
        """What a row is: a picture, series, a row of a table, or a code alone."""
        return self.manifest.payload

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image, or of the picture that is drawn of a row."""
        return self.manifest.image_shape

    @property
    def latent_dim(self) -> int:
        """Number of dimensions of a code."""
        return self.manifest.latent_dim

    # rows

    @property
    def _table(self) -> CodeTable:
        return self._once("codes", lambda: parse_codes(self.manifest, *self._content(CODES)))

    @property
    def codes(self) -> FloatArray:
        """Codes of the training rows, float64 (n, d)."""
        return self._table.train

    @property
    def holdout(self) -> FloatArray:
        """Codes of the held-out rows, float64 (m, d)."""
        return self._table.holdout

    @property
    def rows(self) -> IntArray:
        """Ids of the training rows in the data set, int64 (n,)."""
        return self._table.rows

    @property
    def holdout_rows(self) -> IntArray:
        """Ids of the held-out rows in the data set, int64 (m,)."""
        return self._table.holdout_rows

    @property
    def attributes(self) -> pd.DataFrame:
        """Attributes of the training rows, a column each, n rows; your own copy."""
        return self._split()[0].copy()

    @property
    def holdout_attributes(self) -> pd.DataFrame:
        """Attributes of the held-out rows, m rows; your own copy."""
        return self._split()[1].copy()

    def typical(self, attribute: str) -> dict[str, int]:
        """A training row that is typical of each value of an attribute, by value.

        The one whose code is nearest to the mean of the codes of all rows with the value; of a
        number there are none.

        Raises:
            UnknownName: the bundle has no such attribute.
        """
        if attribute not in self.manifest.attributes:
            raise UnknownName(f"attribute of {self.name}", attribute, self.manifest.attributes)
        about, column = self.manifest.attributes[attribute], self._split()[0][attribute]
        if about.kind == "number":
            return {}
        binary = about.kind == "binary"
        labels = column.to_numpy(np.int64) if binary else column.cat.codes.to_numpy()
        return typical_rows(self.codes, labels, about.classes)

    def _split(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        def make() -> tuple[pd.DataFrame, pd.DataFrame]:
            table = parse_attributes(self.manifest, *self._content(ATTRIBUTES))
            n = self.manifest.rows
            return table[:n], table[n:].reset_index(drop=True)

        return self._once("attributes", make)

    # projections

    def projection(self, name: str) -> FloatArray:
        """Where the training rows lie in a projection, float64 (n, 2).

        Raises:
            UnknownName: the bundle has no such projection.
        """
        return self._placed(name).train

    def holdout_projection(self, name: str) -> FloatArray:
        """Where the held-out rows lie in a projection, float64 (m, 2)."""
        return self._placed(name).holdout

    def project(self, name: str, z: ArrayLike) -> FloatArray:
        """Where codes ``z`` (k, d) lie in a projection, float64 (k, 2).

        Raises:
            UnknownName: the bundle has no such projection.
            InvalidInput: codes of another dimension, or not finite.
        """
        return self._projection(name).transform(z)

    def unproject(
        self, name: str, points: ArrayLike, *, through: ArrayLike | None = None
    ) -> FloatArray:
        """Codes, float64 (k, d), that lie at ``points`` (k, 2) of a projection.

        On PCA exactly, in the plane through a code ``through`` (d,), or through the mean; on UMAP
        a weighted mean of the codes of the ten nearest rows.

        Raises:
            UnknownName: the bundle has no such projection.
            InvalidInput: points that are not finite, or a code of another dimension.
        """
        return self._projection(name).inverse_transform(points, self.codes, through=through)

    def _projection(self, name: str) -> Projection:
        def make() -> Projection:
            from aegen.projections import projections

            placed = self._placed(name)
            kind = projections.get(name)
            try:
                return kind.restored(placed.state, self.codes, placed.train)
            except InvalidInput as problem:
                raise BundleError(self.path / CODES, f"projection.{name}: {problem}") from problem

        self._placed(name)
        return self._once(f"projection.{name}", make)

    def _placed(self, name: str) -> Placed:
        if name not in self.manifest.projections:
            raise UnknownName(f"projection in {self.name}", name, self.manifest.projections)
        return self._table.projections[name]

    # pictures

    @property
    def thumbnails(self) -> bytes:
        """The atlas of decoded training rows, WebP; `atlas` says how it is laid out."""
        return self._once("thumbnails", lambda: self._content(THUMBNAILS)[0])

    @property
    def atlas(self) -> Atlas:
        """How the atlas is laid out."""
        return self.manifest.atlas

    @property
    def cover(self) -> bytes:
        """A strip of a dozen decoded rows at full size, WebP; ``manifest.cover`` names them."""
        return self._once("cover", lambda: self._content(COVER)[0])

    def thumbnail_images(self, rows: ArrayLike) -> ByteArray:
        """Small pictures of training rows, uint8 (k, tile_h, tile_w, c), from the atlas.

        Raises:
            InvalidInput: rows that have no tile.
        """
        wanted = self._row_indices(rows, self.atlas.rows, "rows with a thumbnail")
        path = self.path / THUMBNAILS
        tiles = self._once("tiles", lambda: parse_tiles(self.manifest, self.thumbnails, path))
        return tiles[wanted]

    def _row_indices(self, rows: ArrayLike, n: int, what: str) -> IntArray:
        wanted = np.asarray(rows)
        if wanted.size == 0:
            return np.empty(0, np.int64)
        if wanted.ndim != 1 or wanted.dtype.kind not in "iu":
            raise InvalidInput(f"rows must be whole numbers of shape (k,), got {wanted.shape}")
        if wanted.min() < 0 or wanted.max() >= n:
            raise InvalidInput(
                f"there are {n:,} {what}, 0 to {n - 1}; got {int(wanted.min())} to "
                f"{int(wanted.max())}"
            )
        return wanted.astype(np.int64)

    # networks

    @property
    def _codec(self) -> Codec:
        def make() -> Codec:
            manifest = self.manifest
            if manifest.format == 1:
                return networks.codec(manifest, *self._content(networks.WEIGHTS))
            taken = manifest.encoder.convention if manifest.encoder else None
            given = manifest.decoder.convention if manifest.decoder else None
            return Codec(
                manifest.payload,
                manifest.code_shape,
                self._end("encoder"),
                self._end("decoder"),
                taken,
                given,
                self._reduction(),
            )

        return self._once("codec", make)

    @property
    def _quick_codec(self) -> Codec:
        """The codec with a decoder that does not fill batches up, where it is an ONNX file."""
        network = self._network("decoder")
        if self.manifest.format == 1 or network is None:
            return self._codec
        return replace(self._codec, decoder=lambda z: network().at_once(z))

    def _end(self, which: str) -> Runner | None:
        """The encoder, the decoder or the features, opened when it is first called."""
        if which in self._functions:
            return self._functions[which]
        network = self._network(which)
        return None if network is None else lambda x: network()(x)

    def _network(self, which: str) -> Callable[[], OnnxNetwork] | None:
        """What opens an end's ONNX file; None where the bundle has none."""
        said: NetworkFile | None = getattr(self.manifest, which)
        if said is None or said.function or which in self._functions:
            return None

        def open_network() -> OnnxNetwork:
            return OnnxNetwork(*self._content(f"{which}.onnx"), said.output)

        return lambda: self._once(which, open_network)

    def _reduction(self) -> Reduction | None:
        said = self.manifest.reduction
        if said is None:
            return None
        content, path = self._content(REDUCTION)
        width = math.prod(self.manifest.code_shape)
        return Reduction.read(tensors(content, path), said.components, width, said.variance, path)

    def classifier(self) -> Classifier:
        """The classifier as a torch module, a new one at each call, to make other bundles with.

        Raises:
            BundleError: the bundle has none.
        """
        return networks.load_classifier(self.manifest, *self._classifier_file())

    def _classifier_network(self) -> ClassifierNetwork:
        """The classifier as it reads pictures."""
        return self._once(
            "classifier", lambda: networks.open_classifier(self.manifest, *self._classifier_file())
        )

    def _classifier_file(self) -> tuple[bytes, Path]:
        if self.manifest.classifier is None:
            raise BundleError(
                self.path / MANIFEST, "classifier: this bundle has none, so it cannot classify"
            )
        return self._content(networks.CLASSIFIER)

    @property
    def encodes(self) -> bool:
        """Whether rows can be encoded."""
        return self.manifest.format == 1 or self._end("encoder") is not None

    @property
    def decodes(self) -> bool:
        """Whether codes can be decoded."""
        return self.manifest.format == 1 or self._end("decoder") is not None

    def encode(self, x: ArrayLike) -> FloatArray:
        """Codes, float64 (n, d), of rows ``x``: images (n, h, w, c), uint8 or floats in [0, 1].

        Of other kinds of rows numbers (n, channels, length) or (n, columns), as they are.

        Raises:
            InvalidInput: rows of another shape, type or range.
            BundleError: the bundle has no encoder.
        """
        self._require("encoder")
        return self._codec.encode(self.payload.values(x))

    def decode(self, z: ArrayLike, *, exact: bool = True) -> NDArray[np.float32]:
        """Images, float32 (n, h, w, c) in [0, 1], of codes ``z`` (n, d).

        Of series, tables and codes without a decoder, the pictures that are drawn of them; their
        numbers are `decode_values`.

        Args:
            z: the codes.
            exact: the same code gives the same image to the last bit, whichever come with it;
                without, a few codes are decoded several times as fast, to a grey level.

        Raises:
            InvalidInput: codes of another dimension, not finite, or too large to decode.
            BundleError: the bundle shows images, and has no decoder.
        """
        if self.payload.kind != "codes":
            self._require("decoder")
        codec = self._codec if exact else self._quick_codec
        return codec.pictures(arrays.codes(z, dimension=self.latent_dim))

    def decode_values(self, z: ArrayLike) -> NDArray[np.float32]:
        """Rows, float32 (n, *payload.shape), of codes ``z`` (n, d).

        Raises:
            InvalidInput: codes of another dimension, not finite, or too large to decode.
            BundleError: the bundle has no decoder.
        """
        self._require("decoder")
        return self._codec.decode(arrays.codes(z, dimension=self.latent_dim))

    def reconstruct(self, x: ArrayLike) -> NDArray[np.float32]:
        """Rows ``x`` encoded and decoded by the networks alone, float32 (n, *payload.shape).

        It is what ``decode(encode(x))`` gives, but for codes that the bundle reduces to principal
        components: nothing is lost here.

        Raises:
            InvalidInput: rows of another shape, type or range.
            BundleError: the bundle has no encoder or no decoder.
        """
        self._require("encoder")
        self._require("decoder")
        return self._codec.reconstruct(self.payload.values(x))

    def _require(self, which: str) -> None:
        """Refuse what needs a network that is not there."""
        if self.encodes if which == "encoder" else self.decodes:
            return
        said = self.manifest.encoder if which == "encoder" else self.manifest.decoder
        why = "without one" if said is None else "with a function, which no file can hold"
        if self.payload.kind == "codes":
            why = "of codes alone"
        raise BundleError(
            self.path / MANIFEST, f"{which}: this bundle has none, since it was made {why}"
        )

    def classify(
        self, x: ArrayLike, *, features: ArrayLike | None = None
    ) -> dict[str, FloatArray]:
        """Probability of each value of each attribute, float64 (n, k), of images ``x``.

        Columns are in the order of ``manifest.attributes[name].classes``.

        Args:
            x: images (n, h, w, c).
            features: what `features` said of them (n, f), which spares most of the time.

        Raises:
            InvalidInput: images of another shape, type or range; features of another width or
                number, or not finite.
            BundleError: the bundle has no classifier.
        """
        images = arrays.images(x, shape=self.image_shape)
        network = self._classifier_network()
        if features is None:
            return network.probabilities(images)
        width = network.layout.features
        known = arrays.codes(features, name="features", dimension=width)
        if len(known) != len(images):
            raise InvalidInput(f"there are {len(images)} images but {len(known)} rows of features")
        with np.errstate(over="ignore"):  # too large for float32 is not finite there
            f = known.astype(np.float32)
        if not np.isfinite(f).all():
            raise InvalidInput("features: some are too large to be what a network gave")
        return network.probabilities(images, f)

    def measure(self, x: ArrayLike) -> dict[str, FloatArray]:
        """Each number attribute that can be told of pictures, float64 (n,), of images ``x``.

        Measured on them where the attribute says by which measure, else read by the classifier
        where that knows it.

        Raises:
            InvalidInput: images of another shape, type or range.
        """
        images = arrays.images(x, shape=self.image_shape)
        spec, found = self.manifest.classifier, {}
        if spec is not None and spec.arguments.get("numbers"):
            found = self._classifier_network().measured(images)
        for name, about in self.manifest.attributes.items():
            if about.measured:
                found[name] = morphometry.measure(about.measured, images)
        return found

    def features(self, x: ArrayLike) -> NDArray[np.float32]:
        """Features of images ``x``, float32 (n, f): the space that metrics use.

        Those of a network that the bundle was made with, else the classifier's, else those of
        random convolutions; `feature_source` says which.

        Raises:
            InvalidInput: images of another shape, type or range.
        """
        images = arrays.images(x, shape=self.image_shape)
        own = None if self.manifest.features is None else self._end("features")
        if own is not None:
            found = own(PIXELS_FIRST.apply(images))
            return found.reshape(len(images), -1)
        if self.manifest.classifier is None:
            return random_features(images)
        return self._classifier_network().features(images)

    def numbers(self, z: ArrayLike) -> FloatArray:
        """Rows of codes ``z`` (n, d) as plain numbers, float64 (n, k), for metrics.

        Each channel or column as a share of the range that most of the data lies in, so that units
        count for nothing; codes alone likewise. Only of bundles that show no images.

        Raises:
            InvalidInput: codes of another dimension, not finite, or too large to decode.
            BundleError: the bundle shows series or a table, and has no decoder.
        """
        codes = arrays.codes(z, dimension=self.latent_dim)
        rows = codes if self.payload.kind == "codes" else self.decode_values(codes)
        return self.payload.shares(rows).reshape(len(codes), -1).astype(np.float64)

    @property
    def feature_note(self) -> str:
        """A sentence on `features` where they are not the classifier's; else ""."""
        if self.feature_source == "the classifier":
            return ""
        return (
            f"The features of {self.name} are those of {self.feature_source}: they compare models "
            "on this bundle, and nothing else."
        )

    @property
    def feature_source(self) -> str:
        """Whose `features` metrics use: the classifier's, or random convolutions' or none."""
        if self.payload.kind != "image":
            return "its numbers themselves"
        if self.manifest.features is not None and self._end("features") is not None:
            return "a network of its own"
        return "random convolutions" if self.manifest.classifier is None else "the classifier"

    # generation

    def model(
        self, sampler: str, *, rng: RNG = None, rows: ArrayLike | str | None = None, **fields: Any
    ) -> Model:
        """A latent model fitted to the training codes.

        Args:
            sampler: its name; ``aegen.samplers.samplers.names()`` lists them.
            rng: seeds fits that start at random.
            rows: fit only to these training rows (indices into ``codes``); by default to all. A
                word is the field of this name that some latent models have, such as "balanced".
            fields: the latent model's own fields.

        Raises:
            UnknownName: no latent model or field of this name.
            InvalidInput: a field out of its range, or too few rows.
        """
        if isinstance(rows, str):
            fields, rows = {**fields, "rows": rows}, None
        from aegen.samplers import samplers

        latent = samplers.create(sampler, **fields)
        codes, chosen = self.codes, None
        if rows is not None:
            chosen = self._row_indices(rows, len(codes), "training rows")
            codes = codes[chosen]
        _, seconds = timed(lambda: latent.fit(codes, rng=rng))
        return Model(self, sampler, latent, chosen, seconds)

    def neighbours(self) -> Neighbours:
        """A search among the training codes, made once."""
        return self._once("neighbours", lambda: Neighbours(self.codes))

    def nearest(self, codes: ArrayLike) -> tuple[IntArray, FloatArray]:
        """The nearest training row of each code (k, d), and how far it is in latent space.

        Returns:
            rows, int64 (k,), and Euclidean distances, float64 (k,); exact.

        Raises:
            InvalidInput: codes of another dimension, or not finite.
        """
        rows, distances = self.neighbours().query(codes)
        return rows[:, 0], distances[:, 0]

    def copying(self, codes: ArrayLike) -> Copying:
        """How near codes (k, d), k >= 1, are to training rows, beside held-out codes.

        Raises:
            InvalidInput: no codes, codes of another dimension, or a bundle without held-out rows.
        """
        from aegen.metrics.distance_ratio import ratio_to

        z = arrays.codes(codes, dimension=self.latent_dim, minimum=1, why="to measure copying")
        usual = self._once("copying", self._holdout_distance)
        return ratio_to(usual, self.nearest(z)[1])

    def _holdout_distance(self) -> float:
        """Median distance of held-out codes to their nearest training code."""
        if len(self.holdout) == 0:
            raise InvalidInput(f"{self.name} has no held-out rows to measure copying against")
        chosen = np.unique(np.linspace(0, len(self.holdout) - 1, HOLDOUT).astype(np.int64))
        usual = float(np.median(self.nearest(self.holdout[chosen])[1]))
        if usual == 0:
            raise InvalidInput(
                f"the held-out rows of {self.name} are training rows, so copying has no scale"
            )
        return usual
