"""Making a bundle of any autoencoder: looked at on a few rows, computed, checked, then written."""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.bundles import networks
from aegen.bundles.attributes import ATTRIBUTES, describe, parquet
from aegen.bundles.bundle import Bundle
from aegen.bundles.checking import check, check_contents
from aegen.bundles.chunks import Chunks
from aegen.bundles.codec import Codec, reconstruction_errors
from aegen.bundles.codes import CODES, CodeTable, Placed, to_tensors
from aegen.bundles.convention import Convention, Scale
from aegen.bundles.ends import End, find_ends, shape_of
from aegen.bundles.evidence import ROWS, Trial, best_trial, trials
from aegen.bundles.imports import known_convention, load_network
from aegen.bundles.manifest import (
    FORMAT,
    MANIFEST,
    NAME,
    FileEntry,
    Manifest,
    Network,
    NetworkFile,
    Reduced,
    require_place,
)
from aegen.bundles.onnx_network import OnnxNetwork, Shape
from aegen.bundles.payload import Payload, payload_of
from aegen.bundles.reduction import LARGE, NUMBERS, REDUCTION, Reduction
from aegen.bundles.rows import Rows, code_rows, rows_of
from aegen.bundles.thumbnails import COVER, THUMBNAILS, choose_cover, compose, tile_side
from aegen.core import images
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.progress import report
from aegen.core.rng import RNG, generator
from aegen.core.storage import replacing_folder, safetensors, write_bytes
from aegen.projections import Projection, projections

if TYPE_CHECKING:
    from aegen.autoencoders import Classifier

__all__ = ["Plan", "create", "plan"]

NUMBERS_AT_A_TIME = 16_000_000
"""Numbers of rows that are held as float32 at a time: 64 MB."""

REPEATED = 1e-4
"""How far two codes of one row may differ, as a share of the codes' spread."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Plan:
    """What `create` found out on a few rows before any long work.

    Attributes:
        rows: what the bundle will be made of.
        shown: what a row of the bundle is: codes alone, where there is no decoder.
        codec: the autoencoder with its conventions, without a reduction.
        trials: conventions that were tried, best first; empty where none had to be.
        exported: the networks as files, by "encoder" and "decoder"; functions are missing.
        sample: the rows that were looked at (k, ...).
        seconds: that encoding and decoding all rows will take, by what those took.
    """

    rows: Rows
    shown: Payload
    codec: Codec
    trials: tuple[Trial, ...]
    exported: Mapping[str, OnnxNetwork]
    sample: Float32
    seconds: float


def plan(
    network: Any = None,
    data: Any = None,
    *,
    encode: Any = None,
    decode: Any = None,
    encoder: Any = None,
    decoder: Any = None,
    codes: Any = None,
    attributes: Any = None,
    holdout: Any = None,
    kind: Literal["image", "series", "table"] | None = None,
    shape: tuple[int, ...] | None = None,
    names: Sequence[str] | None = None,
    input: Convention | None = None,
    output: Convention | None = None,
    dataset: str = "",
    rng: RNG = 0,
) -> Plan:
    """Try an autoencoder on some rows: conventions, shapes, and whether it says the same twice.

    Arguments, errors and rules are those of `create`.
    """
    if isinstance(network, (str, Path)):
        network = load_network(network)
    if input is None and output is None:
        own = _architecture(network) is not None
        input = output = Convention() if own else known_convention(network)
    first, last = find_ends(
        network, encode=encode, decode=decode, encoder=encoder, decoder=decoder
    )
    asked: dict[str, Any] = {"attributes": attributes, "holdout": holdout, "dataset": dataset}
    if codes is not None:
        return _of_codes(codes, last, output, {**asked, "rng": rng})
    if data is None or first is None:
        missing = "data to encode" if data is None else "an encoder"
        raise InvalidInput(f"a bundle needs {missing}, or codes: give data= or codes=")
    asked |= {"kind": kind, "names": names, "rng": rng}
    rows = _fitting_rows(data, shape_of(first, output=False), shape, asked)
    if len(rows) - int(rows.holdout.sum()) < 3:
        raise InvalidInput(f"a bundle needs at least 3 training rows, got {len(rows)}")
    describe(rows.attributes)  # faults of a table are known before any work
    x = _sample(rows)
    tried: list[Trial] = []
    taken = given = None
    if rows.payload.kind == "image":
        try:
            taken, given, tried = _conventions(first, last, x, input, output)
        except InvalidInput as problem:
            rows, (taken, given, tried) = _other_channels(
                problem, rows, data, asked, lambda x: _conventions(first, last, x, input, output)
            )
            x = _sample(rows)
    entering = x if taken is None else taken.apply(x)
    z = first(entering)
    _require_sound(first, entering, z)
    exported = _exported({"encoder": (first, entering), "decoder": (last, z)})
    codec = Codec(
        rows.payload,
        z.shape[1:],
        exported.get("encoder", first),
        exported.get("decoder", last),
        taken,
        given,
    )
    began = time.perf_counter()
    if last is None:
        codec.encode(x)
    else:
        codec.reconstruct(x)
    seconds = (time.perf_counter() - began) * len(rows) / len(x)
    shown = _codes_alone(z[0].size) if last is None else rows.payload
    return Plan(rows, shown, codec, tuple(tried), exported, x, seconds)


def _fitting_rows(
    data: Any, takes: Shape | None, shape: tuple[int, ...] | None, asked: dict[str, Any]
) -> Rows:
    """Rows from the data; pictures of the size and the channels that an encoder's file states."""
    stated = None if shape is not None else _stated(takes)
    if stated is not None and None not in stated:
        shape = tuple(int(n or 0) for n in stated)
    rows = rows_of(data, shape=shape, **asked)
    channels = stated[2] if stated is not None else None
    if rows.payload.kind == "image" and channels not in (None, rows.payload.shape[2]):
        return _of_channels(data, rows, int(channels or 0), asked)
    return rows


def _stated(takes: Shape | None) -> Shape | None:
    """Height, width and channels of pictures, as far as an input of four axes states them."""
    if takes is None or len(takes) != 4:
        return None
    _, a, b, c = takes
    if a in (1, 3, 4):
        return b, c, a
    return (a, b, c) if c in (1, 3, 4) else None


def _of_channels(data: Any, rows: Rows, channels: int, asked: dict[str, Any]) -> Rows:
    """The rows again, as pictures of another number of channels."""
    if hasattr(data, "images") and hasattr(data, "holdout"):
        raise InvalidInput(
            f"the encoder takes pictures of {channels} channels, these have "
            f"{rows.payload.shape[2]}: read them with shape=(h, w, {channels})"
        )
    h, w, c = rows.payload.shape
    found = rows_of(data, shape=(h, w, channels), **asked)
    note = f"pictures of {c} channels were made ones of {channels}, which the encoder takes"
    return replace(found, notes=(note, *found.notes))


def _other_channels(
    problem: InvalidInput,
    rows: Rows,
    data: Any,
    asked: dict[str, Any],
    conventions: Callable[[Float32], Any],
) -> tuple[Rows, Any]:
    """Pictures of another number of channels, where those as they are do not come back."""
    for channels in {1, 3, 4} - {rows.payload.shape[2]}:
        try:
            other = _of_channels(data, rows, channels, asked)
            return other, conventions(_sample(other))
        except InvalidInput:
            continue
    raise problem


def _sample(rows: Rows) -> Float32:
    """Some rows, evenly spread."""
    chosen = np.linspace(0, len(rows) - 1, _few(rows.payload)).astype(np.int64)
    return rows.values(np.unique(chosen))


def _few(payload: Payload) -> int:
    """How many rows are looked at: fewer where they are large, as each convention is tried."""
    return int(np.clip(ROWS * 3 * 64 * 64 // payload.size, 4, ROWS))


def _conventions(
    first: End, last: End | None, x: Float32, taken: Convention | None, given: Convention | None
) -> tuple[Convention, Convention | None, list[Trial]]:
    """The conventions that are given, or else those that reconstruct pictures best."""
    takes = shape_of(first, output=False)
    if last is None:
        if taken is None:
            raise InvalidInput(
                "without a decoder nothing tells how pixels enter the encoder: give "
                'input=Convention("unit"), or another'
            )
        return taken, None, []
    gives = shape_of(last, output=True)
    tried = trials(first, last, x, taken=taken, given=given, takes=takes, gives=gives)
    best = best_trial(tried)
    return best.taken, best.given, tried


def _require_sound(first: End, entering: Float32, z: Float32) -> None:
    """Refuse codes that are not finite, that change from call to call, or with their batch."""
    if not np.isfinite(z).all():
        raise InvalidInput(
            "the encoder gives codes that are NaN or infinite: see whether it is trained"
        )
    allowed = REPEATED * max(float(z.std()), 1e-6)
    gap = float(np.abs(first(entering) - z).max())
    if gap > allowed:
        raise InvalidInput(
            f"codes of the same rows differ by {gap:.3g} from call to call, so the encoder draws "
            "at random: give encode=lambda net, x: ... that returns the mean, and no draw"
        )
    half = max(1, len(entering) // 2)
    gap = float(np.abs(first(entering[:half]) - z[:half]).max())
    if gap > 10 * allowed:
        raise InvalidInput(
            f"the code of a row differs by {gap:.3g} with the rows beside it: call eval() before "
            "the network is exported, so that no layer takes its mean from a batch"
        )


def _exported(ends: Mapping[str, tuple[End | None, Float32]]) -> dict[str, OnnxNetwork]:
    found = {}
    for which, (end, example) in ends.items():
        network = None if end is None else end.exported(example)
        if network is not None:
            found[which] = network
    return found


def _codes_alone(d: int) -> Payload:
    return Payload("codes", (d,), tuple(str(k + 1) for k in range(d)), ("",) * d)


def _of_codes(
    codes: Any, last: End | None, given: Convention | None, asked: dict[str, Any]
) -> Plan:
    """A plan for codes that are known, with a decoder or without."""
    rows = code_rows(codes, **asked)
    z = rows.codes
    assert z is not None
    shape = np.asarray(codes).shape[1:] if not isinstance(codes, (str, Path)) else z.shape[1:]
    some = np.linspace(0, len(z) - 1, min(len(z), ROWS)).astype(np.int64)
    if last is None:
        codec = Codec(rows.payload, shape, None, None)
        return Plan(rows, rows.payload, codec, (), {}, z[some].astype(np.float32), 0.0)
    takes = shape_of(last, output=False)
    if takes is not None and None not in takes[1:]:
        shape = tuple(int(n or 0) for n in takes[1:])  # flat codes, and a decoder of c x h x w
        if math.prod(shape) != z.shape[1]:
            raise InvalidInput(f"codes have {z.shape[1]} numbers, the decoder takes {shape}")
    example = z[some].astype(np.float32).reshape(len(some), *shape)
    decoded = last(example)
    payload, convention = _decoded_payload(decoded, given)
    exported = _exported({"decoder": (last, example)})
    decoder = exported.get("decoder", last)
    codec = Codec(payload, shape, None, decoder, None, convention)
    began = time.perf_counter()
    shown = codec.decode(z[some])
    seconds = (time.perf_counter() - began) * len(z) / len(some)
    return Plan(rows, payload.ranged(shown), codec, (), exported, example, seconds)


def _decoded_payload(y: Float32, given: Convention | None) -> tuple[Payload, Convention | None]:
    """What a decoder's output is, by its shape and its range: there is nothing to compare with."""
    if y.ndim != 4:
        payload = payload_of(y)
        return payload, None
    first = y.shape[1] in (1, 3, 4)
    if not first and y.shape[3] not in (1, 3, 4):
        raise InvalidInput(
            f"the decoder gives {y.shape[1:]}, which is no picture of 1, 3 or 4 channels, no "
            "series (channels, length) and no row of a table"
        )
    shape = (*y.shape[2:], y.shape[1]) if first else y.shape[1:]
    if given is None:
        low, high = np.quantile(y, [0.001, 0.999])
        scale: Scale = "bytes" if high > 8 else "signed" if low < -0.3 else "unit"
        given = Convention(scale, "channels first" if first else "channels last")
    return Payload("image", tuple(map(int, shape))), given


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
    holdout: Any = None,
    kind: Literal["image", "series", "table"] | None = None,
    shape: tuple[int, ...] | None = None,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    input: Convention | None = None,
    output: Convention | None = None,
    reduce: bool | None = None,
    classifier: Classifier | None = None,
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
        network: a torch module with ``encode`` or ``encoder`` and ``decode`` or ``decoder``, a
            pair of ends, or a path from which `load_network` reads one without trust: a folder
            with encoder.onnx and decoder.onnx, a diffusers folder, a Keras file.
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
        holdout: a share of the rows, or a bool (n,); by default a sixth is held out.
        kind: "image", "series" or "table", where an array could be either.
        shape: (h, w) or (h, w, c) of pictures that are read from files; by default what the
            encoder's file states, or the most common one.
        names: of the channels of series or the columns of a table.
        units: of each of them.
        input: how pixels enter the encoder, where that is not to be found out; for networks of
            diffusers it is known, and found out if their ends are given by themselves.
        output: how they leave the decoder, likewise.
        reduce: to principal components; by default where a code has more than 512 numbers.
        classifier: a trained `aegen.autoencoders.Classifier`, or None.
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
    if not NAME.fullmatch(str(name)):
        raise InvalidInput(
            f"a bundle's name has up to 64 small letters, digits and dashes, got {name!r}"
        )
    if path is not None:
        require_place(Path(path))
    seed = int(generator(rng).integers(2**63))
    found = plan(
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
        input=input,
        output=output,
        dataset=dataset,
        rng=seed,
    )
    rows = found.rows
    if units is not None:
        if len(units) != len(found.shown.names):
            raise InvalidInput(f"there are {len(found.shown.names)} parts and {len(units)} units")
        found = replace(found, shown=replace(found.shown, units=tuple(units)))
    _text("title", title, name), _text("description", description, name)  # before any long work
    architecture = _architecture(network)
    maker = _Maker(found, classifier, seed, reduce, None if path is None else Path(path))
    contents, parts = maker.made(projected)
    manifest = Manifest(
        format=FORMAT,
        name=name,
        dataset=rows.dataset,
        architecture=architecture,
        notes=rows.notes,
        training=dict(training or {}),
        written_by=_versions(),
        files={
            file: FileEntry(hashlib.sha256(content).hexdigest(), len(content))
            for file, content in contents.items()
        },
        title=_text("title", title, name.replace("-", " ").capitalize()),
        description=_text("description", description, _description(found)),
        licence=_text("licence", licence, rows.licence),
        citation=rows.citation if citation is None else citation,
        source=rows.source if source is None else source,
        **parts,
    )
    written = _json(manifest)
    report(0.97, "checking")
    functions = {
        which: end
        for which, end in (("encoder", found.codec.encoder), ("decoder", found.codec.decoder))
        if end is not None and which not in found.exported
    }
    if path is None:
        bundle = Bundle(Path(name), manifest, contents, functions)
        for finding in check_contents(bundle):
            if not finding.warning:
                raise BundleError(Path(name), f"was not made: {finding}")
    else:
        with replacing_folder(path) as folder:
            for file, content in {**contents, MANIFEST: written}.items():
                write_bytes(folder / file, content)
            sound = check(folder)
            if not sound.ok:
                raise BundleError(Path(path), f"was not written: {sound.findings[0]}")
        bundle = replace(Bundle.open(path), _functions=functions)
    maker.chunks.done()
    report(1.0, "done")
    return bundle


def _text(what: str, given: str | None, otherwise: str) -> str:
    text = otherwise if given is None else given
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"a bundle needs a {what}, got {text!r}")
    return text


def _description(found: Plan) -> str:
    things = {"image": "images", "table": "rows of a table", "codes": "codes"}
    what = things.get(found.rows.payload.kind, found.rows.payload.kind)
    return f"{len(found.rows):,} {what} of {found.rows.dataset} and their autoencoder."


def _architecture(network: Any) -> Network | None:
    """Where it is one of aegen's own: its name and arguments."""
    if not hasattr(network, "arguments"):
        return None
    from aegen.autoencoders import architectures

    try:
        return Network(architectures.name_of(network), dict(network.arguments))
    except (KeyError, LookupError, InvalidInput):
        return None


class _Maker:
    """Computes the files of a bundle."""

    def __init__(
        self,
        found: Plan,
        classifier: Classifier | None,
        seed: int,
        reduce: bool | None,
        path: Path | None,
    ) -> None:
        self.found, self.rows, self.codec, self.seed = found, found.rows, found.codec, seed
        self.classifier = classifier
        size = math.prod(self.codec.code_shape)
        self.reduced = size > LARGE if reduce is None else reduce
        self.train = np.flatnonzero(~self.rows.holdout)
        self.holdout = np.flatnonzero(self.rows.holdout)
        frame = self.rows.attributes
        self.attributes = describe(frame)
        self.frame = frame.iloc[np.concatenate([self.train, self.holdout])]
        self._require_classifier()
        folder = None if path is None else path.parent / f".{path.name}.unfinished"
        # What functions compute cannot be told from what other functions would.
        named = found.exported.keys() >= _needed(self.codec)
        self.chunks = Chunks(folder if named else None, self._key())
        self.chunk = int(np.clip(NUMBERS_AT_A_TIME // self.rows.payload.size, 16, 1024))

    def _key(self) -> dict[str, str]:
        nets = {k: hashlib.sha256(n.content).hexdigest() for k, n in self.found.exported.items()}
        return {
            **nets,
            "data": self.rows.fingerprint,
            "holdout": hashlib.sha256(self.rows.holdout.tobytes()).hexdigest(),
            "conventions": repr((self.codec.taken, self.codec.given, self.reduced, self.seed)),
        }

    def _require_classifier(self) -> None:
        """Refuse a classifier of other attributes."""
        if self.classifier is None:
            return
        for name, k in self.classifier.arguments["attributes"].items():
            known = self.attributes.get(name)
            values = 2 if known is not None and known.kind == "binary" else -1
            if known is None or k not in (len(known.values), values):
                raise InvalidInput(
                    f"the classifier distinguishes {k} values of {name!r}, which the data does "
                    "not have"
                )

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that adding one leaves the others alone."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

    def made(
        self, projected: Mapping[str, Projection] | None
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Every file but the manifest, and the fields of the manifest that tell of them."""
        if self.reduced:
            self._reduce()
        codes = self._codes(self.train, "train", "encoding", 0.0, 0.25)
        holdout = self._codes(self.holdout, "holdout", "encoding held-out rows", 0.25, 0.3)
        shown = self._shown(codes)
        placed = self._placed(codes, holdout, projected)
        ids = self.rows.ids
        table = CodeTable(codes, holdout, ids[self.train], ids[self.holdout], placed)
        contents = {CODES: safetensors(to_tensors(table))}
        contents |= {f"{end}.onnx": net.content for end, net in self.found.exported.items()}
        reduction = self.codec.reduction
        if reduction is not None:
            contents[REDUCTION] = safetensors(reduction.arrays())
        if self.classifier is not None:
            from aegen.autoencoders.checkpoint import weights_of

            weights = networks.narrowed(weights_of(self.classifier))
            contents[networks.CLASSIFIER] = safetensors(weights)
        contents[ATTRIBUTES] = parquet(self.frame, self.attributes)
        tiles, errors = self._decoded(codes, holdout, shown)
        report(0.93, "packing thumbnails")
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
            "code_shape": tuple(map(int, self.codec.code_shape)),
            "rows": len(codes),
            "holdout_rows": len(holdout),
            "attributes": self.attributes,
            "projections": tuple(placed),
            "encoder": self._network_file("encoder", shown),
            "decoder": self._network_file("decoder", shown),
            "reduction": None if reduction is None else _reduced(reduction),
            "classifier": None
            if self.classifier is None
            else Network("classifier", dict(self.classifier.arguments)),
            "reconstruction": errors,
            "atlas": atlas,
            "cover": tuple(int(row) for row in cover),
        }

    def _network_file(self, which: str, shown: Payload) -> NetworkFile | None:
        network = self.found.exported.get(which)
        if network is None or (which == "encoder" and shown.kind == "codes"):
            return None
        convention = self.codec.taken if which == "encoder" else self.codec.given
        return NetworkFile(network.output, convention, network.parameters)

    def _reduce(self) -> None:
        """Find principal components from as many training rows as memory allows."""
        width = math.prod(self.codec.code_shape)
        most = max(100, min(len(self.train), NUMBERS // width))
        some = np.sort(self.rng("reduction").permutation(self.train)[:most])
        parts = []
        for k, rows in enumerate(self._chunks(some)):
            report(0.1 * k * self.chunk / len(some), "encoding some rows for their components")
            parts.append(self._whole(rows))
        seed = int(self.rng("components").integers(2**32))
        reduction = Reduction.fit(np.concatenate(parts), seed=seed)
        self.codec = replace(self.codec, reduction=reduction)

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
                shown = _codes_alone(codes.shape[1])
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
            report(0.3 + 0.35 * k / len(projected), f"projecting by {projection.title}")
            projection.fit(codes, rng=self.rng(f"projection.{name}"))
            state = projection.state()
            placed[name] = Placed(projection.coordinates_, projection.transform(holdout), state)
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
                report(0.65 + 0.28 * min(1, done), "decoding, and measuring what is lost")
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


def _json(manifest: Manifest) -> bytes:
    try:
        return manifest.to_json()
    except (TypeError, ValueError) as problem:
        raise InvalidInput(
            f"training must hold plain values that JSON can hold ({problem})"
        ) from problem


def _versions() -> dict[str, str]:
    found = {}
    for name in ("aegen", "numpy", "onnxruntime", "torch", "umap-learn"):
        with contextlib.suppress(PackageNotFoundError):  # a checkout that is not installed
            found[name] = version(name)
    return found
