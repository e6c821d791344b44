"""Making a bundle of any autoencoder: looked at on a few rows, computed, checked, then written."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES, Titles, described, parquet
from aegen.bundles.bundle import Bundle
from aegen.bundles.checking import check, check_contents
from aegen.bundles.chunks import Chunks
from aegen.bundles.code_notes import code_notes
from aegen.bundles.codec import Codec, reconstruction_errors
from aegen.bundles.codes import CODES, CodeTable, Placed, to_tensors
from aegen.bundles.convention import PIXELS_FIRST, Convention
from aegen.bundles.ends import End, end_of
from aegen.bundles.manifest import (
    FILES,
    FORMAT,
    MANIFEST,
    NAME,
    Atlas,
    FileEntry,
    Manifest,
    Network,
    NetworkFile,
    Reduced,
    require_place,
    require_readable,
)
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.bundles.payload import Payload, codes_alone
from aegen.bundles.plan import Plan, plan
from aegen.bundles.reduction import LARGE, MOST, NUMBERS, REDUCTION, Reduction
from aegen.bundles.thumbnails import COVER, THUMBNAILS, choose_cover, compose, tile_side
from aegen.core import images
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.progress import portion, report
from aegen.core.rng import RNG, generator
from aegen.core.storage import claimed, replacing_folder, safetensors, write_bytes
from aegen.projections import projections

if TYPE_CHECKING:
    from aegen.autoencoders import Classifier
    from aegen.projections import Projection

__all__ = ["create"]

PLANNED, REDUCED, ENCODED, HELD, PROJECTED, DECODED = 0.05, 0.1, 0.25, 0.3, 0.65, 0.93
"""What share of the work is done after each of its parts."""

COPIES = 4
"""Times that all codes are held at once, by projections at most."""

NUMBERS_AT_A_TIME = 4_000_000
"""Numbers of rows that are held as float32 at a time: 16 MB."""

Float32 = NDArray[np.float32]


def create(
    name: str,
    network: Any = None,
    data: Any = None,
    *,
    encode: Any = None,
    decode: Any = None,
    encoder: Any = None,
    decoder: Any = None,
    codes: Any = None,
    attributes: Any = None,
    titles: Titles | None = None,
    holdout: Any = None,
    kind: Literal["image", "series", "table"] | None = None,
    shape: tuple[int, ...] | None = None,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    input: Convention | None = None,
    output: Convention | None = None,
    reduce: bool | None = None,
    classifier: Classifier | None = None,
    features: Any = None,
    path: Path | str | None = None,
    title: str | None = None,
    description: str | None = None,
    dataset: str = "",
    licence: str | None = None,
    citation: str | None = None,
    source: str | None = None,
    training: Mapping[str, Any] | None = None,
    projected: Mapping[str, Projection] | None = None,
    rng: RNG = 0,
) -> Bundle:
    """Make a bundle of an autoencoder and its data, in memory or in the folder ``path``.

    Everything is tried on a few rows before any long work: shapes, ranges, finite values, the
    place to write. How pixels enter and leave the networks is told by which convention gives the
    pictures back best, and recorded. Everything follows from the networks and the data, so the
    same input gives the same files on one machine; UMAP's picture and the last bits of codes may
    differ on another processor or library version. How far it is goes to `aegen.core.progress`. A
    creation with a ``path`` that was stopped goes on where it was.

    Args:
        name: small letters, digits and dashes.
        network: a torch module with ``encode`` or ``encoder`` and ``decode`` or ``decoder``; a
            pair of ends; a path from which `load_network` reads one without trust, such as a
            folder with encoder.onnx and decoder.onnx, a diffusers folder, a Keras file; or a
            `Plan`, which answers all that `plan` asks.
        data: a folder of pictures, a file or array of them, an `aegen.data.ImageSet`, a torch
            Dataset; series (n, channels, length) or a table (n, columns).
        encode: a function ``lambda net, x: ...`` of ``network`` and a tensor; or, without a
            network, of an array or a tensor. It may return a tensor, a tuple of which the first
            counts, or a record of diffusers or pythae.
        decode: likewise of codes.
        encoder: in the place of a network: an .onnx or .keras file, a module or a function.
        decoder: likewise. A bundle without a decoder shows its codes.
        codes: (n, ...) in the place of data, or a file of them.
        attributes: a table of the rows' attributes, or a file of one.
        titles: what people see in the place of attributes and values, such as
            ``{"hair": {"": "hair colour", "1": "green"}}``; `aegen.data.read_titles` reads a file
            of them. By default what the data says, or the words of the table.
        holdout: a share of the rows, or a bool (n,); by default a sixth is held out.
        kind: "image", "series" or "table", where an array could be either.
        shape: (h, w) or (h, w, c) of pictures that are read from files; by default what the
            encoder's file states, or the most common one.
        names: of the channels of series or the columns of a table.
        units: of each of them.
        input: how pixels enter the encoder, where that is not to be found out; known of diffusers'
            networks, unless their ends are given by themselves (encode=net.encode, ...).
        output: how they leave the decoder, likewise.
        reduce: to principal components; by default where a code has more than 512 numbers.
        classifier: a trained `aegen.autoencoders.Classifier`, or None.
        features: an ONNX file, a torch module or a function of pictures (n, c, h, w) in [0, 1]
            whose output metrics compare, (n, ...); by default the classifier's features, or
            those of random convolutions.
        path: the folder to write, which must not exist, or be empty, or hold a bundle, which is
            replaced; None keeps the bundle in memory until `Bundle.save`.
        title: the name that people see, by default from ``name``.
        description: what it is, in a sentence, by default from the data.
        dataset: name of the data set.
        licence: of the data, by default what it says itself.
        citation: whom to cite, likewise.
        source: where the data comes from, likewise.
        training: how the networks were trained: plain values by label.
        projected: projections to fit by name (one that is fitted is fitted anew); by default all.
        rng: seeds the projections, the rows held out and the choice of the cover.

    Raises:
        InvalidInput: networks and data that do not fit together, a random encoder, bad texts.
        BundleError: ``path`` is taken by something else, or what was made is not sound.
        StorageError: a file cannot be read or written.

    Example:
        >>> import aegen
        >>> bundle = aegen.bundles.create("mine", net, "photos/")           # doctest: +SKIP
        >>> bundle.model("gaussian-mixture").sample(16, rng=0).save("new.png")  # doctest: +SKIP
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidInput(
            f"a bundle's name has up to 64 small letters, digits and dashes, got {name!r}"
        )
    if path is not None:
        if not isinstance(path, (str, Path)):
            raise InvalidInput(f"path must be a folder to write, got {path!r}")
        require_place(Path(path))
    if isinstance(network, Plan):
        beside = {"data": data, "encode": encode, "decode": decode, "encoder": encoder}
        beside |= {"decoder": decoder, "codes": codes, "attributes": attributes}
        beside |= {"holdout": holdout, "kind": kind, "shape": shape, "names": names}
        beside |= {"units": units, "input": input, "output": output}
        for what, given in beside.items():
            if given is not None:
                raise InvalidInput(f"a Plan knows its {what} already: give it to plan instead")
    seed = int(generator(rng).integers(2**63))
    with portion(0.0, PLANNED):
        found = (
            network
            if isinstance(network, Plan)
            else plan(
                network,
                data,
                encode=encode,
                decode=decode,
                encoder=encoder,
                decoder=decoder,
                codes=codes,
                attributes=attributes,
                holdout=holdout,
                kind=kind,
                shape=shape,
                names=names,
                units=units,
                input=input,
                output=output,
                dataset=dataset,
                rng=rng,  # as `plan` alone has it, so that both hold out the same rows
            )
        )
    rows = found.rows
    for what, given in (("training", training), ("projected", projected)):
        if not isinstance(given, Mapping | None):
            raise InvalidInput(f"{what} must be a mapping by name, got {given!r}")
    seen = None if features is None else _feature_end(found, features)
    place = None if path is None else Path(path)
    maker = _Maker(found, classifier, seen, seed, reduce, place, titles)
    expected = Manifest(
        format=FORMAT,
        name=name,
        dataset=rows.dataset,
        architecture=found.architecture,
        training=dict(training or {}),
        written_by=dict(_versions()),
        title=_text("title", title, name.replace("-", " ").capitalize()),
        description=_text("description", description, _description(found)),
        licence=_text("licence", licence, rows.licence),
        citation=rows.citation if citation is None else citation,
        source=rows.source if source is None else source,
        **maker.expected(),
    )
    require_readable(expected)  # before any long work
    _require_memory(len(rows), maker.width)
    for known, projection in (projected or {}).items():
        wanted = projections.get(known)
        if not isinstance(projection, wanted):
            raise InvalidInput(
                f"projected[{known!r}] must be a {wanted.__name__}, "
                f"got {type(projection).__name__}"
            )
    with contextlib.nullcontext() if place is None else claimed(place):
        return _written(place, maker, expected, projected)


def _written(
    path: Path | None,
    maker: _Maker,
    expected: Manifest,
    projected: Mapping[str, Projection] | None,
) -> Bundle:
    """The bundle, computed, checked, and in its place."""
    found, seen = maker.found, maker.features
    contents, parts = maker.made(projected)
    manifest = replace(
        expected,
        files={
            file: FileEntry(hashlib.sha256(content).hexdigest(), len(content))
            for file, content in contents.items()
        },
        **parts,
    )
    report(0.97, "checking")
    ends = {"encoder": found.codec.encoder, "decoder": found.codec.decoder, "features": seen}
    functions = {
        which: end
        for which, end in ends.items()
        if end is not None and (said := getattr(manifest, which)) and said.function
    }
    if path is None:
        bundle = Bundle(Path(manifest.name), manifest, contents, functions)
        for finding in check_contents(bundle):
            if not finding.warning:
                raise BundleError(bundle.path, f"was not made: {finding}")
    else:
        with replacing_folder(path) as folder:
            for file, content in {**contents, MANIFEST: manifest.to_json()}.items():
                write_bytes(folder / file, content)
            sound = check(folder)
            if not sound.ok:
                raise BundleError(path, f"was not written: {sound.findings[0]}")
        bundle = replace(Bundle.open(path), _functions=functions)
    maker.chunks.done()
    report(1.0, "done")
    return bundle


def _require_memory(n: int, d: int) -> None:
    """Refuse codes that fill more memory than there is, before any is computed.

    Raises:
        InvalidInput: they do.
    """
    needed, free = n * d * 8 * COPIES, _free_memory()
    if free is not None and needed > free:
        raise InvalidInput(
            f"{n:,} codes of {d:,} numbers need some {needed / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free: take fewer rows, or reduce=True"
        )


def _free_memory() -> int | None:
    """Bytes that can be had without swapping; None where no system as Linux says it."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line), None)


def _feature_end(found: Plan, features: Any) -> End:
    """The network of features, tried on the rows that the plan looked at.

    Raises:
        InvalidInput: the bundle shows no images, or it gives no finite features of them.
    """
    if found.shown.kind != "image" or found.rows.data is None:
        raise InvalidInput("features= sees images, and this bundle is made of none: leave it out")
    end = end_of(features, "features")
    example = PIXELS_FIRST.apply(found.sample)
    seen = end(example)
    if not np.isfinite(seen).all():
        raise InvalidInput("features= gives features that are NaN or infinite")
    return end.exported(example) or end


def _text(what: str, given: str | None, otherwise: str) -> str:
    text = otherwise if given is None else given
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"a bundle needs a {what}, got {text!r}")
    return text


def _description(found: Plan) -> str:
    things = {"image": "images", "table": "rows of a table", "codes": "codes"}
    what = things.get(found.rows.payload.kind, found.rows.payload.kind)
    return f"{len(found.rows):,} {what} of {found.rows.dataset} and their autoencoder."


class _Maker:
    """Computes the files of a bundle."""

    def __init__(
        self,
        found: Plan,
        classifier: Classifier | None,
        features: End | None,
        seed: int,
        reduce: bool | None,
        path: Path | None,
        titles: Titles | None,
    ) -> None:
        self.found, self.rows, self.codec, self.seed = found, found.rows, found.codec, seed
        self.classifier, self.features = classifier, features
        self.size = math.prod(self.codec.code_shape)
        self.reduced = self.size > LARGE if reduce is None else reduce
        self.train = np.flatnonzero(~self.rows.holdout)
        self.holdout = np.flatnonzero(self.rows.holdout)
        frame, shown = self.rows.attributes, found.shown.kind
        self.attributes = described(
            frame,
            self.rows.titles if titles is None else titles,
            self.rows.measured if shown == "image" else {},  # else there is nothing to measure
        )
        self.frame = frame.iloc[np.concatenate([self.train, self.holdout])]
        self._require_classifier()
        folder = None if path is None else path.parent / f".{path.name}.unfinished"
        # What functions compute cannot be told from what other functions would.
        known = found.exported.keys() >= _needed(self.codec) and self.rows.fingerprint
        self.folder = folder if known else None
        self.chunk = int(np.clip(NUMBERS_AT_A_TIME // self.rows.payload.size, 16, 1024))

    def _key(self) -> dict[str, str]:
        nets = {k: hashlib.sha256(n.content).hexdigest() for k, n in self.found.exported.items()}
        return {
            **nets,
            "form": repr((FORMAT, self.chunk, _versions())),
            "data": self.rows.fingerprint,
            "holdout": hashlib.sha256(self.rows.holdout.tobytes()).hexdigest(),
            "conventions": repr((self.codec.taken, self.codec.given, self.reduced, self.seed)),
        }

    def _require_classifier(self) -> None:
        """Refuse a classifier of other pictures or attributes."""
        if self.classifier is None:
            return
        from aegen.autoencoders import Classifier

        if not isinstance(self.classifier, Classifier):
            raise InvalidInput(
                "classifier must be an aegen.autoencoders.Classifier, got "
                f"{type(self.classifier).__name__}"
            )
        arguments, shown = self.classifier.arguments, self.found.shown
        size = arguments["size"]
        sides = (size, size) if isinstance(size, int) else tuple(size)
        takes = (*sides, arguments["channels"])
        if shown.kind != "image" or takes != shown.shape:
            raise InvalidInput(
                f"the classifier takes pictures {takes}, the data are {shown.kind} {shown.shape}"
            )
        for name, k in self.classifier.arguments["attributes"].items():
            known = self.attributes.get(name)
            if known is None or len(known.classes) != k:
                raise InvalidInput(
                    f"the classifier distinguishes {k} values of {name!r}, which the data does "
                    "not have"
                )

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that adding one leaves the others alone."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

    @property
    def width(self) -> int:
        """Numbers of a code in the bundle, at most."""
        return min(MOST, self.size) if self.reduced else self.size

    def expected(self) -> dict[str, Any]:
        """Fields of the manifest, as far as they are known before any long work."""
        shown, parts = self.found.shown, len(self.found.shown.names)
        width = math.prod(self.codec.code_shape)
        classifier = self.classifier
        return {
            "payload": replace(shown, low=(0.0,) * parts, high=(1.0,) * parts),
            "latent_dim": 1 if self.reduced else width,
            "code_shape": tuple(map(int, self.codec.code_shape)),
            "rows": len(self.train),
            "holdout_rows": len(self.holdout),
            "attributes": self.attributes,
            "projections": (),
            "encoder": self._network_file("encoder", shown),
            "decoder": self._network_file("decoder", shown),
            "reduction": Reduced(1, 0.0, "to be found") if self.reduced else None,
            "classifier": None
            if classifier is None
            else Network("classifier", dict(classifier.arguments)),
            "features": self._feature_file(),
            "notes": self.rows.notes,
            "reconstruction": {},
            "atlas": Atlas(1, 1, 1, 1),
            "cover": (0,),
            "files": {name: FileEntry("0" * 64, 0) for name in FILES},
        }

    def made(
        self, projected: Mapping[str, Projection] | None
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Every file but the manifest, and the fields of the manifest that come of them."""
        self.chunks = Chunks(self.folder, self._key())
        if self.reduced:
            self._reduce()
        start = REDUCED if self.reduced else PLANNED
        codes = self._codes(self.train, "train", "encoding", start, ENCODED)
        holdout = self._codes(self.holdout, "holdout", "encoding held-out rows", ENCODED, HELD)
        shown = self._shown(codes)
        placed = self._placed(codes, holdout, projected)
        ids = self.rows.ids
        table = CodeTable(codes, holdout, ids[self.train], ids[self.holdout], placed)
        contents = {CODES: safetensors(to_tensors(table))}
        if shown.kind != "codes":  # else nothing could be given to an encoder
            contents |= {f"{end}.onnx": net.content for end, net in self.found.exported.items()}
        reduction = self.codec.reduction
        if reduction is not None:
            contents[REDUCTION] = safetensors(reduction.arrays())
        if self.classifier is not None:
            from aegen.autoencoders.checkpoint import weights_of

            weights = networks.narrowed(weights_of(self.classifier))
            contents[networks.CLASSIFIER] = safetensors(weights)
        if isinstance(self.features, OnnxNetwork):
            contents["features.onnx"] = self.features.content
        contents[ATTRIBUTES] = parquet(self.frame, self.attributes)
        tiles, errors = self._decoded(codes, holdout, shown)
        report(DECODED, "packing thumbnails")
        contents[THUMBNAILS], atlas = compose(tiles)
        categories = [name for name, a in self.attributes.items() if a.kind == "category"]
        labels = (
            self.frame[categories[0]].to_numpy(dtype=str)[: len(codes)] if categories else None
        )
        cover = choose_cover(labels, len(codes), self.rng("cover"))
        cover = cover[: max(1, images.WEBP_SIDE // shown.image_shape[1])]
        strip = images.quantize(self._pictures(codes[cover], shown))
        picture = images.grid(strip, columns=len(cover), gap=0)
        contents[COVER] = images.webp(picture, quality=90)
        return contents, {
            "payload": shown,
            "latent_dim": codes.shape[1],
            "projections": tuple(placed),
            "reduction": None if reduction is None else _reduced(reduction),
            "notes": tuple(dict.fromkeys([*self.rows.notes, *code_notes(codes)])),
            "reconstruction": errors,
            "atlas": atlas,
            "cover": tuple(int(row) for row in cover),
        }

    def _network_file(self, which: str, shown: Payload) -> NetworkFile | None:
        encoding = which == "encoder"
        if (
            shown.kind == "codes"
            or (self.codec.encoder if encoding else self.codec.decoder) is None
        ):
            return None
        convention = self.codec.taken if encoding else self.codec.given
        network = self.found.exported.get(which)
        if network is None:
            return NetworkFile(convention=convention, function=True)
        return NetworkFile(network.output, convention, network.parameters)

    def _feature_file(self) -> NetworkFile | None:
        if self.features is None:
            return None
        if isinstance(self.features, OnnxNetwork):
            return NetworkFile(self.features.output, None, self.features.parameters)
        return NetworkFile(function=True)

    def _reduce(self) -> None:
        """Take principal components, kept ones or new ones."""

        def made() -> dict[str, NDArray[Any]]:
            found = self._components()
            return {**found.arrays(), "variance": np.array(found.variance)}

        kept = self.chunks.get("reduction", 0, made)
        reduction = Reduction(kept["mean"], kept["components"], float(kept["variance"]))
        self.codec = replace(self.codec, reduction=reduction)

    def _components(self) -> Reduction:
        """Principal components of as many training rows as memory allows."""
        width = math.prod(self.codec.code_shape)
        most = max(100, min(len(self.train), NUMBERS // width))
        some = np.sort(self.rng("reduction").permutation(self.train)[:most])
        parts = []
        for k, rows in enumerate(self._chunks(some)):
            share = PLANNED + (REDUCED - PLANNED) * k * self.chunk / len(some)
            report(share, "encoding some rows for their components")

            def encoded(rows: IntArray = rows) -> dict[str, NDArray[Any]]:
                return {"codes": self._whole(rows)}

            parts.append(self.chunks.get("components", k, encoded)["codes"])
        seed = int(self.rng("components").integers(2**32))
        return Reduction.fit(np.concatenate(parts), seed=seed)

    def _whole(self, rows: IntArray) -> NDArray[Any]:
        """Codes (k, D) of some rows, before any reduction."""
        if self.rows.codes is not None:
            return self.rows.codes[rows]
        return self.codec.encode_whole(self.rows.values(rows))

    def _codes(self, rows: IntArray, name: str, what: str, start: float, end: float) -> FloatArray:
        reduction = self.codec.reduction
        width = math.prod(self.codec.code_shape) if reduction is None else reduction.k
        parts = [np.empty((0, width))]
        for k, some in enumerate(self._chunks(rows)):
            report(start + (end - start) * k * self.chunk / len(rows), what)

            def encoded(some: IntArray = some) -> dict[str, NDArray[Any]]:
                whole = self._whole(some)
                z = whole if reduction is None else reduction.scores(whole)
                return {"codes": z.astype(np.float32)}

            parts.append(self.chunks.get(name, k, encoded)["codes"].astype(np.float64))
        return np.concatenate(parts)

    def _chunks(self, rows: IntArray) -> Iterator[IntArray]:
        for start in range(0, len(rows), self.chunk):
            yield rows[start : start + self.chunk]

    def _shown(self, codes: FloatArray) -> Payload:
        """The bundle's payload, with the ranges of its pictures."""
        shown = self.found.shown
        if shown.kind == "image":
            return shown
        if shown.kind == "codes":
            if self.codec.reduction is not None:
                shown = codes_alone(codes.shape[1])
            return shown.ranged(codes.astype(np.float32))
        if self.rows.data is None:
            return shown
        some = self.train[:: max(1, len(self.train) // 2000)]
        return shown.ranged(self.rows.values(some))

    def _pictures(self, codes: FloatArray, shown: Payload) -> Float32:
        return replace(self.codec, payload=shown).pictures(codes)

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
            share = HELD + (PROJECTED - HELD) * k / len(projected)
            report(share, f"projecting by {projection.title}")

            def fitted(
                name: str = name, projection: Projection = projection
            ) -> dict[str, NDArray[Any]]:
                projection.fit(codes, rng=self.rng(f"projection.{name}"))
                points = {
                    "train": projection.coordinates_,
                    "holdout": projection.transform(holdout),
                }
                state = {f"state.{key}": each for key, each in projection.state().items()}
                return {**points, **state}

            fields = repr((type(projection), sorted(projection.get_params(deep=False).items())))
            mark = hashlib.sha256(fields.encode()).hexdigest()[:16]
            found = self.chunks.get(f"{name}-{mark}", 0, fitted)
            train, others = found.pop("train"), found.pop("holdout")
            state = {key.removeprefix("state."): each for key, each in found.items()}
            placed[name] = Placed(train, others, state)
        return placed

    def _decoded(
        self, codes: FloatArray, holdout: FloatArray, shown: Payload
    ) -> tuple[ByteArray, dict[str, float]]:
        """Every training row's thumbnail, and the errors of reconstruction of both parts."""
        side = tile_side(len(codes), *shown.image_shape[:2])
        tiles: list[ByteArray] = []
        errors: dict[str, float] = {}
        parts = (("train", self.train, codes), ("holdout", self.holdout, holdout))
        for part, rows, z in parts:
            sums: dict[str, float] = {}
            for k, some in enumerate(self._chunks(rows)):
                done = (len(tiles) * self.chunk + k * self.chunk * (part == "holdout")) / len(
                    self.rows
                )
                share = PROJECTED + (DECODED - PROJECTED) * min(1, done)
                report(share, "decoding, and measuring what is lost")
                at = slice(k * self.chunk, k * self.chunk + len(some))
                found = self.chunks.get(
                    f"decoded-{part}", k, self._decoding(some, z[at], shown, side, part)
                )
                if part == "train":
                    tiles.append(found["tiles"])
                for key in found.keys() - {"tiles"}:
                    sums[key] = sums.get(key, 0.0) + float(found[key])
            for key, total in sorted(sums.items(), reverse=True):  # mse before bce
                errors[f"{key}_{part}"] = float(f"{total / len(rows):.6g}")
        return np.concatenate(tiles), errors

    def _decoding(
        self, rows: IntArray, z: FloatArray, shown: Payload, side: int, part: str
    ) -> Callable[[], dict[str, NDArray[Any]]]:
        """Thumbnails of some rows, and their errors times their number."""
        codec = replace(self.codec, payload=shown)

        def make() -> dict[str, NDArray[Any]]:
            found: dict[str, NDArray[Any]] = {}
            decoded = None if shown.kind == "codes" else codec.decode(z)
            if part == "train":
                pictures = codec.pictures(z) if decoded is None else shown.pictures(decoded)
                found["tiles"] = images.shrink(pictures, side)
            if decoded is not None and self.rows.data is not None:
                errors = reconstruction_errors(
                    self.rows.values(rows), decoded, entropy=shown.kind == "image"
                )
                found |= {key: np.array(value * len(rows)) for key, value in errors.items()}
            return found

        return make


def _needed(codec: Codec) -> set[str]:
    """The ends that there are."""
    ends = {"encoder": codec.encoder, "decoder": codec.decoder}
    return {which for which, end in ends.items() if end is not None}


def _reduced(reduction: Reduction) -> Reduced:
    lost = 100 * (1 - reduction.variance)
    rest = f"set to its mean when a row is decoded: {lost:.2g} % of the codes' variance"
    return Reduced(reduction.k, reduction.variance, rest)


@functools.cache  # each is looked for in a text of a thousand lines
def _versions() -> dict[str, str]:
    found = {}
    for name in ("aegen", "numpy", "onnxruntime", "torch", "umap-learn"):
        with contextlib.suppress(PackageNotFoundError):  # a checkout that is not installed
            found[name] = version(name)
    return found
