"""bundle.json as a typed record; every field's presence, type and range is checked here.

The form of the file is the form of `Manifest`. A bundle is read only where ``format`` is known:
format 2 has its networks as ONNX files, format 1 had weights for an architecture of aegen.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from aegen.bundles.convention import LAYOUTS, SCALES, Convention
from aegen.bundles.findings import Finding
from aegen.bundles.payload import KINDS, Payload
from aegen.core.errors import BundleError, InvalidInput, StorageError, UnknownName
from aegen.core.images import WEBP_SIDE
from aegen.core.json_text import parse
from aegen.core.morphometry import MEASURES
from aegen.core.plain_text import spaced
from aegen.core.storage import is_file, read_inside

__all__ = [
    "FILES",
    "FORMAT",
    "MANIFEST",
    "Atlas",
    "Attribute",
    "FileEntry",
    "Manifest",
    "Network",
    "NetworkFile",
    "Reduced",
    "attribute_title",
    "manifest_problems",
    "read_manifest",
    "require_place",
    "require_readable",
]

FORMAT = 2
"""The bundle format that this aegen writes; it also reads format 1."""

MANIFEST = "bundle.json"
LARGEST = 4_000_000
"""Bytes that a bundle.json may have; a real one has a few thousand."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"[0-9a-f]{64}")
BASIC = ("attributes.parquet", "codes.safetensors", "cover.webp", "thumbnails.webp")
"""Files that every bundle has."""

FILES = (
    *BASIC,
    "weights.safetensors",
    "encoder.onnx",
    "decoder.onnx",
    "reduction.safetensors",
    "classifier.safetensors",
    "features.onnx",
)
"""Files that a bundle may have; which, its other fields say."""

MOST_FINDINGS = 100
"""Faults of a bundle.json that are told at most."""

MOST_ATTRIBUTES = 10_000

MOST_PIXELS = 32_000_000
"""Of a picture of thumbnails; those that aegen writes have half as many."""

LARGEST_FILE = 2**31
"""Bytes that a file may have: an ONNX file cannot have more."""

STATES = 64_000_000
"""Bytes that codes.safetensors may have beside the numbers of its rows."""

WIDEST = 10_000_000
"""Numbers of a row, and of a code as the networks have it, at most."""


@dataclass(frozen=True)
class FileEntry:
    """What a listed file must be: its sha256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Network:
    """A network's name in `aegen.autoencoders` and the arguments that build it."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class NetworkFile:
    """What bundle.json says of ``encoder.onnx`` or ``decoder.onnx``, or in the place of one.

    Attributes:
        output: name of the output that is taken; "" for the first.
        convention: of the pixels at the encoder's input or the decoder's output; None where rows
            are no pictures.
        parameters: numbers that the network learned.
        function: whether it was a person's function, which no file holds.
    """

    output: str = ""
    convention: Convention | None = None
    parameters: int = 0
    function: bool = False


@dataclass(frozen=True)
class Reduced:
    """What bundle.json says of ``reduction.safetensors``: principal components of larger codes.

    Attributes:
        components: how many; they are the bundle's latent dimensions.
        variance: share of the codes' variance that they hold.
        rest: what becomes of the rest, in words.
    """

    components: int
    variance: float
    rest: str


@dataclass(frozen=True)
class Attribute:
    """An attribute of the images: a category with its values in order, yes or no, or a number.

    Attributes:
        kind: which of the three.
        values: of a category.
        title: what people see in the place of its name, within a sentence; "" takes the name.
        titles: what they see in the place of each of its `classes`; empty takes these themselves.
        measured: which measure of `aegen.core.morphometry` gives a number of a picture; "" none.
    """

    kind: Literal["category", "binary", "number"]
    values: tuple[str, ...] = ()
    title: str = ""
    titles: tuple[str, ...] = ()
    measured: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """What a classifier tells apart: the values, "no" and "yes", or nothing of a number."""
        return ("no", "yes") if self.kind == "binary" else self.values

    def title_of(self, value: str) -> str:
        """One of the `classes` as people see it; a number's value as it is.

        Example:
            >>> Attribute("category", ("1", "light_red"), titles=("blue", "pink")).title_of("1")
            'blue'
            >>> Attribute("category", ("1", "light_red")).title_of("light_red")
            'light red'
        """
        if value in self.classes and self.titles:
            return self.titles[self.classes.index(value)]
        return value if self.kind == "number" else _words_of(value, self.classes)

    def to_document(self) -> dict[str, Any]:
        """What bundle.json says of it; what is left out says nothing."""
        document: dict[str, Any] = {"kind": self.kind, "values": self.values}
        optional = {"title": self.title, "titles": self.titles, "measured": self.measured}
        return document | {name: said for name, said in optional.items() if said}


def attribute_title(name: str, attributes: Mapping[str, Attribute]) -> str:
    """One of the attributes as people see it: its title, or its name in words."""
    return attributes[name].title or _words_of(name, attributes)


def _words_of(name: str, others: Collection[str]) -> str:
    """A name in words, where these are not another one's name."""
    words = spaced(name)
    return name if words in others else words


@dataclass(frozen=True)
class Atlas:
    """How thumbnails lie in their picture: row k at place (k // columns, k % columns).

    Attributes:
        columns: tiles side by side.
        tile_h: height of a tile in pixels.
        tile_w: width of a tile in pixels.
        rows: how many training rows have a tile: the first ones.
    """

    columns: int
    tile_h: int
    tile_w: int
    rows: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the whole picture in pixels."""
        return -(-self.rows // self.columns) * self.tile_h, self.columns * self.tile_w


@dataclass(frozen=True)
class Manifest:
    """What a bundle holds.

    Attributes:
        format: version of the bundle format.
        name: its name: small letters, digits and dashes.
        title: the name that people see.
        description: what it is, in a sentence or two.
        dataset: name of the data set that it was trained on.
        licence: licence of the data set, which its weights and codes inherit.
        citation: whom to cite.
        source: where the images come from.
        payload: what a row is: a picture, series, a row of a table, or a code alone.
        latent_dim: dimensions of a code.
        code_shape: shape of a code as the networks have it.
        rows: training rows.
        holdout_rows: held-out rows.
        attributes: by name, in the order of the table's columns.
        projections: names of the projections that it has coordinates of.
        encoder: the encoder's file, or None where there is none.
        decoder: the decoder's file, or None.
        reduction: how larger codes become ``latent_dim`` numbers, or None.
        architecture: the architecture of aegen that it was trained as, or None; only format 1
            needs it.
        classifier: the classifier, or None.
        features: the file of the network whose features metrics use, or None: the classifier's,
            or random convolutions'.
        notes: what was decided and left out when it was made, a sentence each.
        training: how it was trained, by label: plain values for people and for a repeat.
        reconstruction: errors of reconstruction on held-out images, by name.
        atlas: how ``thumbnails.webp`` is laid out.
        cover: training rows shown on ``cover.webp``, from left to right.
        written_by: versions of the software that wrote it, by name.
        files: every other file of the bundle, by name.
    """

    format: int
    name: str
    title: str
    description: str
    dataset: str
    licence: str
    citation: str
    source: str
    payload: Payload
    latent_dim: int
    code_shape: tuple[int, ...]
    rows: int
    holdout_rows: int
    attributes: Mapping[str, Attribute]
    projections: tuple[str, ...]
    encoder: NetworkFile | None
    decoder: NetworkFile | None
    reduction: Reduced | None
    architecture: Network | None
    classifier: Network | None
    features: NetworkFile | None
    notes: tuple[str, ...]
    training: Mapping[str, Any]
    reconstruction: Mapping[str, float]
    atlas: Atlas
    cover: tuple[int, ...]
    written_by: Mapping[str, str]
    files: Mapping[str, FileEntry]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a row's picture."""
        return self.payload.image_shape

    @property
    def size(self) -> int:
        """Bytes of all listed files together."""
        return sum(entry.size for entry in self.files.values())

    def title_of(self, attribute: str, value: str | None = None) -> str:
        """An attribute, or one of its values, as people see it within a sentence.

        Raises:
            UnknownName: there is no such attribute.
        """
        if attribute not in self.attributes:
            raise UnknownName(f"attribute of {self.name}", attribute, self.attributes)
        about = self.attributes[attribute]
        return (
            attribute_title(attribute, self.attributes) if value is None else about.title_of(value)
        )

    def to_json(self) -> bytes:
        """The content of bundle.json.

        Raises:
            ValueError: a value that JSON cannot hold, such as NaN.
        """
        attributes = {name: about.to_document() for name, about in self.attributes.items()}
        document = asdict(self) | {"attributes": attributes}
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()


def require_place(path: Path) -> None:
    """Refuse to put a bundle where something else is.

    Raises:
        BundleError: there is something else, or no folder to put it into.
    """
    if path.name in ("", ".."):
        raise BundleError(path, "is no new folder: give it a name")
    if not os.path.isdir(path.parent):
        raise BundleError(path, f"cannot be written: there is no folder {path.parent}")
    taken = os.path.lexists(path) and (
        not os.path.isdir(path) or (any(path.iterdir()) and not is_file(path / MANIFEST))
    )
    if taken:
        raise BundleError(path, "holds something that is no bundle: name a new folder")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the bundle in ``folder``.

    Raises:
        BundleError: no folder, no bundle.json, another format, or a field that cannot be used.
    """
    manifest, findings = manifest_problems(folder)
    if manifest is None:
        raise findings[0].error(folder)
    return manifest


def manifest_problems(folder: Path) -> tuple[Manifest | None, list[Finding]]:
    """The manifest, or None and everything that is wrong with it."""
    try:
        document = _document(folder)
    except BundleError as problem:
        file = MANIFEST if problem.path.name == MANIFEST else ""
        return None, [Finding(file, "", problem.problem)]
    return _parsed(document)


def require_readable(manifest: Manifest) -> None:
    """Refuse what could be written, and not be read again.

    Raises:
        InvalidInput: a field that does not fit, values that JSON cannot hold, or too much of it.
    """
    try:
        content = manifest.to_json()
    except (TypeError, ValueError, RecursionError) as problem:
        raise InvalidInput(
            f"training must hold plain values that JSON can hold ({problem})"
        ) from problem
    if len(content) > LARGEST:
        raise InvalidInput(
            f"its bundle.json would have {len(content):,} bytes and may have {LARGEST:,}: leave "
            "out attributes of very many values"
        )
    try:
        document = parse(content)
    except InvalidInput as problem:
        raise InvalidInput(f"no bundle can be made of this: its bundle.json {problem}") from None
    for finding in _parsed(document)[1]:
        raise InvalidInput(f"no bundle can be made of this: {finding.field}: {finding.problem}")


def _parsed(document: Mapping[str, Any]) -> tuple[Manifest | None, list[Finding]]:
    reader = _Reader(document)
    version = reader.whole("format", 1)
    if not reader.findings and version > FORMAT:
        reader.report(
            "format",
            f"was written by a newer aegen: format {version}, this one reads 1 to {FORMAT}: "
            "update aegen",
        )
    if reader.findings:  # the other fields mean something else in another format
        return None, reader.findings
    manifest = _manifest(reader, version)
    if not reader.findings:
        _agreement(manifest, reader)
    return (None if reader.findings else manifest), reader.findings


def _document(folder: Path) -> dict[str, Any]:
    """The JSON object in bundle.json."""
    path = folder / MANIFEST
    if not os.path.isdir(folder):  # which says no where Path.is_dir raises
        fault = "there is no such bundle folder: name one that holds bundle.json"
        raise BundleError(folder, fault)
    if not os.path.lexists(path):
        raise BundleError(folder, f"holds no {MANIFEST}, so it is no bundle")
    try:
        document = parse(read_inside(folder, MANIFEST, most=LARGEST))
    except StorageError as problem:
        raise BundleError(path, problem.problem) from None
    except InvalidInput as problem:
        raise BundleError(path, f"{problem}: copy the bundle again, or mend it") from None
    if not isinstance(document, dict):
        raise BundleError(path, "must hold a JSON object")
    return document


@dataclass
class _Reader:
    """Takes fields from a JSON object and notes what is wrong with them, all of it, not the first.

    A field that cannot be used gives a harmless value in its place; whether there were any is seen
    in ``findings``.
    """

    document: Mapping[str, Any]
    prefix: str = ""
    findings: list[Finding] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def report(self, name: str, problem: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(MANIFEST, self.prefix + name, problem))

    def take(self, name: str, fits: Callable[[Any], bool], allowed: str, instead: Any) -> Any:
        """The field ``name`` where ``fits`` says yes; else ``instead``, and a finding."""
        self.taken.add(name)
        if name not in self.document:
            self.report(name, f"is missing; it must be {allowed}")
            return instead
        value = self.document[name]
        if not fits(value):
            self.report(name, f"must be {allowed}, got {reprlib.repr(value)}")
            return instead
        return value

    def text(self, name: str, *, empty: bool = False) -> str:
        def fits(value: Any) -> bool:
            return isinstance(value, str) and len(value) <= 20_000 and bool(empty or value.strip())

        return str(self.take(name, fits, "text of up to 20,000 characters", ""))

    def line(self, name: str) -> str:
        return str(self.take(name, _line, "text of 1 to 200 characters on one line", ""))

    def pattern(self, name: str, pattern: re.Pattern[str], allowed: str) -> str:
        def fits(value: Any) -> bool:
            return isinstance(value, str) and pattern.fullmatch(value) is not None

        return str(self.take(name, fits, allowed, ""))

    def whole(self, name: str, low: int, high: int = 2**53) -> int:
        ending = f"from {low} to {high:,}" if high < 2**53 else f"of {low} or more"
        allowed = f"a whole number {ending}"
        return int(self.take(name, lambda v: _whole(v) and low <= v <= high, allowed, low))

    def wholes(self, name: str, low: int, high: int, length: int | None = None) -> tuple[int, ...]:
        def fits(value: Any) -> bool:
            return (
                isinstance(value, list)
                and (length is None or len(value) == length)
                and all(_whole(v) and low <= v <= high for v in value)
            )

        size = "" if length is None else f"{length} "
        allowed = f"a list of {size}whole numbers from {low} to {high:,}"
        return tuple(self.take(name, fits, allowed, []))

    def numbers(self, name: str) -> tuple[float, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(map(_finite, value))

        return tuple(map(float, self.take(name, fits, "a list of finite numbers", [])))

    def lines(self, name: str) -> tuple[str, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(v == "" or _line(v) for v in value)

        return tuple(self.take(name, fits, "a list of texts of one line", []))

    def texts(self, name: str, longest: int = 200) -> tuple[str, ...]:
        def fits(value: Any) -> bool:
            lines = isinstance(value, list) and all(_line(v, longest) for v in value)
            return lines and len(set(value)) == len(value)

        return tuple(self.take(name, fits, "a list of different texts of one line", []))

    def object(self, name: str) -> dict[str, Any]:
        return dict(self.take(name, lambda v: isinstance(v, dict), "a JSON object", {}))

    def within(self, name: str, entry: Any) -> _Reader:
        """A reader of an object inside this one, or of an empty one in place of something else."""
        document = entry if isinstance(entry, dict) else {}
        return _Reader(document, f"{self.prefix}{name}.", self.findings)

    def done(self) -> None:
        """Note fields that nothing asked for: a misspelling, or a file of another kind."""
        for name in sorted(set(self.document) - self.taken):
            self.report(name, "is no field of this format")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _line(value: Any, longest: int = 200) -> bool:
    text = isinstance(value, str) and bool(value.strip())
    return text and len(value) <= longest and value.isprintable()


def _finite(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value)


def _manifest(reader: _Reader, version: int) -> Manifest:
    """Every field, checked for itself."""
    rows = reader.whole("rows", 1, 100_000_000)
    latent_dim = reader.whole("latent_dim", 1, 65_536)
    first = version == 1
    manifest = Manifest(
        format=version,
        name=reader.pattern("name", NAME, "up to 64 small letters, digits and dashes"),
        title=reader.line("title"),
        description=reader.text("description"),
        dataset=reader.line("dataset"),
        licence=reader.text("licence"),
        citation=reader.text("citation", empty=True),
        source=reader.text("source", empty=True),
        payload=_first_payload(reader) if first else _payload(reader),
        latent_dim=latent_dim,
        code_shape=(latent_dim,) if first else reader.wholes("code_shape", 1, WIDEST),
        rows=rows,
        holdout_rows=reader.whole("holdout_rows", 0, 100_000_000),
        attributes=_attributes(reader),
        projections=reader.texts("projections"),
        encoder=None if first else _network_file(reader, "encoder"),
        decoder=None if first else _network_file(reader, "decoder"),
        reduction=None if first else _reduction(reader),
        architecture=_optional_network(reader, "architecture", optional=not first),
        classifier=_optional_network(reader, "classifier"),
        features=None if first else _network_file(reader, "features"),
        notes=() if first else reader.texts("notes", longest=1000),
        training=reader.object("training"),
        reconstruction=_figures(reader),
        atlas=_atlas(reader.within("atlas", reader.object("atlas"))),
        cover=reader.wholes("cover", 0, rows - 1),
        written_by=_versions(reader),
        files=_files(reader),
    )
    reader.done()
    return manifest


def _attributes(reader: _Reader) -> dict[str, Attribute]:
    found = {}
    document = reader.object("attributes")
    if len(document) > MOST_ATTRIBUTES:
        reader.report("attributes", f"are {len(document):,}, at most {MOST_ATTRIBUTES:,} are read")
        return {}
    for name, entry in document.items():
        inner = reader.within(f"attributes.{name}", entry)
        kind = inner.take(
            "kind",
            lambda v: v in ("category", "binary", "number"),
            'one of "category", "binary" and "number"',
            "number",
        )
        values = inner.texts("values")
        if (kind == "category") != bool(values):
            inner.report("values", "must list the values of a category, and of nothing else")
        found[name] = Attribute(kind, values, **_display(inner, kind, values))
        inner.done()
        if not _line(name):
            inner.report("", "must have a name of 1 to 200 characters on one line")
    return found


def _display(reader: _Reader, kind: str, values: tuple[str, ...]) -> dict[str, Any]:
    """What an attribute may say beside its kind and its values."""
    found: dict[str, Any] = {}
    if "title" in reader.document:
        found["title"] = reader.line("title")
    if "titles" in reader.document:
        found["titles"] = reader.texts("titles")
        classes = {"category": len(values), "binary": 2}.get(kind, 0)
        if len(found["titles"]) != classes:
            reader.report("titles", f"must be {classes} texts, one for each value")
    if "measured" in reader.document:
        measures = f"one of {', '.join(MEASURES)}, of a number"
        fits = partial(_is_measure, kind)
        found["measured"] = str(reader.take("measured", fits, measures, ""))
    return found


def _is_measure(kind: str, value: Any) -> bool:
    return kind == "number" and isinstance(value, str) and value in MEASURES


def _network(reader: _Reader) -> Network:
    network = Network(reader.line("name"), reader.object("arguments"))
    reader.done()
    return network


def _optional(reader: _Reader, name: str, *, optional: bool = True) -> _Reader | None:
    """A reader of the object ``name``, or None where the field is null."""

    def fits(value: Any) -> bool:
        return isinstance(value, dict) or (optional and value is None)

    allowed = "a JSON object" + (" or null" if optional else "")
    entry = reader.take(name, fits, allowed, None)
    return None if entry is None else reader.within(name, entry)


def _optional_network(reader: _Reader, name: str, *, optional: bool = True) -> Network | None:
    inner = _optional(reader, name, optional=optional)
    return None if inner is None else _network(inner)


def _network_file(reader: _Reader, name: str) -> NetworkFile | None:
    inner = _optional(reader, name)
    if inner is None:
        return None
    output = inner.text("output", empty=True)
    convention = _optional(inner, "convention")
    pixels = None if convention is None else _convention(convention)
    function = inner.take("function", lambda v: isinstance(v, bool), "true or false", False)
    found = NetworkFile(output, pixels, inner.whole("parameters", 0), function)
    inner.done()
    return found


def _convention(reader: _Reader) -> Convention | None:
    scale = reader.take("scale", lambda v: v in SCALES, f"one of {', '.join(SCALES)}", "unit")
    layout = reader.take(
        "layout", lambda v: v in LAYOUTS, f"one of {'; '.join(LAYOUTS)}", "channels first"
    )
    reverse = reader.take("reverse", lambda v: isinstance(v, bool), "true or false", False)
    ends = reader.numbers("mean"), reader.numbers("deviation")
    reader.done()
    try:
        return Convention(scale, layout, reverse, *ends)
    except InvalidInput as problem:
        reader.report("mean", f"does not fit: {problem}")
        return None


def _reduction(reader: _Reader) -> Reduced | None:
    inner = _optional(reader, "reduction")
    if inner is None:
        return None
    variance = inner.take("variance", lambda v: _finite(v) and 0 <= v <= 1, "from 0 to 1", 0.0)
    found = Reduced(inner.whole("components", 1, 65_536), float(variance), inner.text("rest"))
    inner.done()
    return found


def _first_payload(reader: _Reader) -> Payload:
    """Of format 1, which had images alone."""
    shape = reader.wholes("image_shape", 1, 1024, 3)
    return _fitting(reader, "image_shape", Payload("image", (1, 1, 1)), "image", shape)


def _payload(reader: _Reader) -> Payload:
    inner = reader.within("payload", reader.object("payload"))
    kind = inner.take("kind", lambda v: v in KINDS, f"one of {', '.join(KINDS)}", "image")
    shape = inner.wholes("shape", 1, 1024 if kind == "image" else WIDEST)
    texts = inner.lines("names"), inner.lines("units")
    ends = inner.numbers("low"), inner.numbers("high")
    inner.done()
    payload = _fitting(reader, "payload", Payload("image", (1, 1, 1)), kind, shape, *texts, *ends)
    if kind != "image" and not (
        len(ends[0]) == len(ends[1]) == len(texts[0])
        and all(low < high for low, high in zip(*ends, strict=True))
    ):
        inner.report("low", "and high must be a range of each part, low below high")
    return payload


def _fitting(reader: _Reader, field: str, instead: Payload, *parts: Any) -> Payload:
    """The payload of these parts where they fit together; else ``instead``, and a finding."""
    try:
        return Payload(*parts)
    except InvalidInput as problem:
        if not reader.findings:
            reader.report(field, str(problem))
        return instead


def _figures(reader: _Reader) -> dict[str, float]:
    document = reader.object("reconstruction")
    inner = reader.within("reconstruction", document)
    return {name: float(inner.take(name, _finite, "a finite number", 0.0)) for name in document}


def _atlas(reader: _Reader) -> Atlas:
    atlas = Atlas(
        columns=reader.whole("columns", 1, WEBP_SIDE),
        tile_h=reader.whole("tile_h", 1, 1024),
        tile_w=reader.whole("tile_w", 1, 1024),
        rows=reader.whole("rows", 1, 100_000_000),
    )
    reader.done()
    if max(atlas.size) > WEBP_SIDE:
        reader.report("columns", f"makes a picture of {atlas.size}: sides end at {WEBP_SIDE:,}")
    elif math.prod(atlas.size) > MOST_PIXELS:
        reader.report("rows", f"makes a picture of {atlas.size}, over {MOST_PIXELS:,} pixels")
    return atlas


def _versions(reader: _Reader) -> dict[str, str]:
    document = reader.object("written_by")
    inner = reader.within("written_by", document)
    return {name: inner.line(name) for name in document}


def _files(reader: _Reader) -> dict[str, FileEntry]:
    entries = {}
    for name, entry in reader.object("files").items():
        inner = reader.within(f"files.{name}", entry)
        if not FILE.fullmatch(name) or name == MANIFEST:
            inside = "is no plain file name; a bundle's files lie in its own folder"
            reader.report(f"files.{name}", inside)
        digest = inner.pattern("sha256", DIGEST, "64 hexadecimal digits")
        entries[name] = FileEntry(digest, inner.whole("size", 0))
        inner.done()
    return entries


def _agreement(manifest: Manifest, reader: _Reader) -> None:
    """What fields must be to each other."""
    for name in _needed(manifest):
        if name not in manifest.files:
            reader.report("files", f"does not list {name}")
    called = Counter(attribute_title(name, manifest.attributes) for name in manifest.attributes)
    for name, about in manifest.attributes.items():
        if about.title and called[about.title] > 1:
            reader.report(f"attributes.{name}.title", "is that of another attribute too")
        if about.measured and manifest.payload.kind != "image":
            reader.report(f"attributes.{name}.measured", "is of pictures, and rows are none")
    size = math.prod(manifest.code_shape)
    if not manifest.code_shape or size > WIDEST:
        reader.report("code_shape", f"makes codes of {size:,} numbers, got {manifest.code_shape}")
    width = manifest.reduction.components if manifest.reduction else size
    if width != manifest.latent_dim:
        reader.report("latent_dim", f"is {manifest.latent_dim} where codes have {width} numbers")
    if manifest.payload.size > WIDEST:
        reader.report("payload.shape", f"makes rows of {manifest.payload.size:,} numbers")
    for name, end in (("encoder", manifest.encoder), ("decoder", manifest.decoder)):
        if end is not None and manifest.payload.kind == "codes":
            reader.report("payload.kind", f"is codes, which have no {name}, but there is one")
        elif end is not None:
            _pixels(name, end.convention, manifest.payload, reader)
    if not 1 <= len(manifest.cover) * manifest.image_shape[1] <= WEBP_SIDE:
        reader.report("cover", f"names {len(manifest.cover)} rows, which make no picture")
    tiles = manifest.atlas.rows
    if tiles > manifest.rows:
        reader.report("atlas.rows", f"is {tiles}, but there are {manifest.rows} training rows")
    largest = _largest(manifest)
    for name, entry in manifest.files.items():
        most = largest.get(name, LARGEST_FILE)
        if entry.size > most:
            reader.report(f"files.{name}.size", f"is more than such a file needs, {most:,} bytes")


def _largest(manifest: Manifest) -> dict[str, int]:
    """Bytes that files need at most, as far as the other fields tell."""
    h, w, _ = manifest.image_shape
    numbers = 1 + manifest.latent_dim + 2 * len(manifest.projections)
    return {
        "codes.safetensors": 8 * (manifest.rows + manifest.holdout_rows) * numbers + STATES,
        "cover.webp": 4 * h * w * len(manifest.cover) + 100_000,
        "thumbnails.webp": 4 * math.prod(manifest.atlas.size) + 100_000,
    }


def _pixels(name: str, convention: Convention | None, payload: Payload, reader: _Reader) -> None:
    """Whether the convention of a network's end is one of the bundle's pictures."""
    field = f"{name}.convention"
    if (convention is not None) != (payload.kind == "image"):
        there = "is of pictures, and rows are none" if convention else "is missing for pictures"
        reader.report(field, there)
    elif convention is not None:
        part, _, fault = convention.problem(
            payload.shape[2], entering=name == "encoder"
        ).partition(": ")
        if fault:
            reader.report(f"{field}.{part}", fault)


def _needed(manifest: Manifest) -> tuple[str, ...]:
    """Files that a bundle with these fields has."""
    there = (
        *(True for _ in BASIC),
        manifest.format == 1,
        manifest.encoder is not None and not manifest.encoder.function,
        manifest.decoder is not None and not manifest.decoder.function,
        manifest.reduction is not None,
        manifest.classifier is not None,
        manifest.features is not None and not manifest.features.function,
    )
    return tuple(itertools.compress(FILES, there))
