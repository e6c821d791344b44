"""A ticket: all that is needed to rebuild a network of kept, inverted and dropped weights.

The frozen weights come back from the seed (`frozen_weights.py`), the network from its name
(`networks`) or its steps (`plan_data.py`); what was learned is the masks, as `mask_codec.py`
writes them. The file:

    ======  ==============================================================================
    bytes   what
    ======  ==============================================================================
    7       the mark ``89 "aegen" 1A``
    1       version of the format
    4       size of the whole file, little-endian as all numbers here
    4       size of the description
    ...     the description: JSON with sorted keys, deflated
    4       size of the masks
    ...     the masks: a byte for each layer, 1 where its mask is stored times the signs of its
            frozen weights and 0 where as it is, then all of them coded as one flat mask, a
            single one in its own shape
    16      BLAKE2b of everything before
    ======  ==============================================================================

Masks are mostly stored with the signs of the weights that they leave: of neighbouring pixels, a
unit wants the same sign, whatever signs were drawn. Masks that never invert are shorter as they
are. `checks.py` looks at a file, `engine.py` runs it. In version 2, which is still read, each
layer had such a part of its own; version 1 had another code.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import reprlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import AegenError, InvalidInput, StorageError, TicketError
from aegen.core.json_text import parse
from aegen.core.storage import read_bytes, write_bytes
from aegen.supermask.counts import Counts, Report
from aegen.supermask.frozen_weights import INITIALISERS, frozen, frozen_signs, scale
from aegen.supermask.networks import networks
from aegen.supermask.plan import Plan, Shape
from aegen.supermask.plan_data import MOST_INPUTS, is_plan, plan_from
from aegen.supermask.ticket.mask_codec import LARGEST, Mask, decode, encode, entropy

if TYPE_CHECKING:
    from torch import nn

__all__ = ["FORMAT", "MARK", "Ticket", "read_about", "read_content"]

MARK = b"\x89aegen\x1a"
"""How every ticket begins; no text file does."""

FORMAT = 3
"""The version that this aegen writes."""

READS = (2, FORMAT)
"""The versions that it reads: in version 2 each layer had a part of its own."""

HEAD = len(MARK) + 1 + 4 + 4
SEAL = 16

PLAIN, ACTING = b"\0", b"\1"
"""For a mask that is stored as it is, and for one times the signs of its frozen weights."""

LARGEST_FILE = 1 << 26
"""Bytes that a ticket may have; the largest network of the paper takes a thousandth of it."""

LARGEST_TEXT = 1 << 20
MOST_LAYERS = 4096

LONGEST_ARGUMENT = 1000

WORDS = (
    b'"thresholds""accuracy":"data":"epochs":"loss":"recipe":"remaining":"title":"description":'
    b'"licence":"citation":"mnist""cifar10""fashion-mnist""momentum":0.9,"decay":0.0005,"batch":'
    b'128,"learning_rate":0.05,"channels":1,"classes":10,"size":28,"width":1.0,"hidden":"300-100"'
    b'},"initialiser":"signed-elu-scaled","layers":[["conv1",[64,3,3,3],["conv2",[64,64,3,3],'
    b'["fc1",[300,784],["fc2",[100,300],["fc3",[10,100],0.01],"network":"fcn","seed":0}{"about":{'
    b'},"arguments":{'
)
"""What descriptions have in common; deflate refers to it. Part of the format: never change it."""

FIELDS = ("about", "arguments", "initialiser", "layers", "network", "seed")


@dataclass(frozen=True, eq=False)
class Ticket:
    """A network made only of frozen weights that are kept, inverted or dropped.

    Attributes:
        network: name in `aegen.supermask.networks`, or None for another network.
        arguments: with which it is created, plain values; of another network its steps, as
            `aegen.supermask.plan_data.name_and_arguments` gives them, or nothing where it is
            described elsewhere: by a class of somebody's own, see `into`.
        initialiser: of the frozen weights, one of `aegen.supermask.frozen_weights.INITIALISERS`.
        kappas: by layer, where the initialiser takes one.
        seed: of the frozen weights, 0 or more.
        masks: by layer, in the network's order: int8, -1 invert, 0 drop, +1 keep, relative to the
            frozen weights; (out, in) or (out, in, k, k).
        thresholds: by layer, of the mask variable when the training ended; may be empty.
        about: what else is to be known, as JSON values: data, title, accuracy, epochs, recipe.

    Raises:
        InvalidInput: masks that do not fit the network, or values that no file can hold.

    Example:
        >>> mask = np.array([[1, 0, -1, 0]], np.int8)
        >>> ticket = Ticket(None, {}, "signed-he", {}, 0, {"fc": mask})
        >>> Ticket.from_bytes(ticket.to_bytes()) == ticket
        True
    """

    network: str | None
    arguments: Mapping[str, Any]
    initialiser: str
    kappas: Mapping[str, float]
    seed: int
    masks: Mapping[str, Mask]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.initialiser not in INITIALISERS:
            raise InvalidInput(
                f"a ticket's initialiser must be one of {', '.join(INITIALISERS)}, "
                f"got {self.initialiser!r:.80}"
            )
        if not _whole(self.seed) or not 0 <= self.seed <= 1 << 53:
            raise InvalidInput(f"a ticket's seed must be from 0 to 2**53, got {self.seed!r}")
        for name, mask in self.masks.items():
            _check_mask(name, mask)
            kappa = self.kappas.get(name)
            if kappa is None and self.initialiser.endswith("-scaled"):
                raise InvalidInput(f"{self.initialiser} needs a kappa for the layer {name}")
            if kappa is not None and not _kappa(kappa):
                raise InvalidInput(f"the kappa of {name} must be from 1e-9 to 1e9, got {kappa}")
        for what in ("kappas", "thresholds"):
            for name in getattr(self, what):
                if name not in self.masks:
                    raise InvalidInput(f"{what} name the layer {name}, of which there is no mask")
        _check_layers(
            {name: mask.shape for name, mask in self.masks.items()}, self.network, self.arguments
        )

    # what is in it

    @property
    def has_plan(self) -> bool:
        """Whether the network is known, so that the ticket can be run on its own."""
        return self.network is not None or is_plan(self.arguments)

    @property
    def plan(self) -> Plan:
        """The network, step by step.

        Raises:
            InvalidInput: the ticket neither names nor describes a network.
        """
        if not self.has_plan:
            raise InvalidInput(
                "this ticket holds masks for a network that is described elsewhere: it can be "
                "shown, but not run on its own; ticket.into(net) puts its weights into a network "
                "of that class"
            )
        return _plan(self.network, self.arguments)

    @property
    def layers(self) -> dict[str, Shape]:
        """Shape of each layer's weights, in order."""
        return {name: mask.shape for name, mask in self.masks.items()}

    @property
    def report(self) -> Report:
        """Counts by layer and in all."""
        return Report.of(self.masks)

    @property
    def counts(self) -> dict[str, Counts]:
        """How many weights each layer keeps, inverts and drops."""
        return self.report.layers

    @property
    def total(self) -> Counts:
        """What all layers together keep, invert and drop."""
        return self.report.total

    @property
    def remaining(self) -> float:
        """Share of all weights that is not dropped."""
        return self.total.remaining

    @property
    def entropy(self) -> float:
        """Bytes that the masks need if only each layer's counts were known, see `entropy`."""
        return sum(entropy(mask) for mask in self.masks.values())

    def frozen(self, name: str) -> NDArray[np.float32]:
        """The frozen weights of a layer, before anything was dropped or inverted."""
        return frozen(
            self.initialiser,
            self.masks[name].shape,
            kappa=self.kappas.get(name),
            seed=self.seed,
            layer=list(self.masks).index(name),
        )

    def scale(self, name: str) -> float | None:
        """The one size of a layer's weights; None where the initialiser has no such constant."""
        if not self.initialiser.startswith("signed"):
            return None
        size = scale(self.initialiser, self.masks[name].shape, self.kappas.get(name))
        return float(np.float32(size))

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The network's weights: ``frozen * mask``, float32, by layer."""
        return {name: self.frozen(name) * mask for name, mask in self.masks.items()}

    def acting(self, name: str) -> Mask:
        """Signs of a layer's weights as they act: frozen sign times mask, int8."""
        mask, layer = self.masks[name], list(self.masks).index(name)
        return frozen_signs(self.initialiser, mask.shape, seed=self.seed, layer=layer) * mask

    def into(self, net: nn.Module) -> nn.Module:
        """Put the ticket's weights into a network of its layers, in place: bit for bit as trained.

        Biases become 0, norms what they are before any training, and nothing is trainable.

        Args:
            net: of the class that was trained, made anew; layers are known by their names.

        Returns:
            ``net``, in evaluation mode.

        Raises:
            InvalidInput: it has other layers, or something that a ticket does not hold.

        Example:
            >>> from torch.nn import Linear, Sequential
            >>> ticket = Ticket(None, {}, "signed-he", {}, 0, {"0": np.ones((1, 2), np.int8)})
            >>> abs(ticket.into(Sequential(Linear(2, 1)))[0].weight).tolist()
            [[1.0, 1.0]]
        """
        from aegen.supermask.own_module import fill

        return fill(net, self.weights(), self.about.get("buffers"))

    def with_masks(self, masks: Mapping[str, Mask]) -> Ticket:
        """The same network with other masks, such as those of an intervention.

        Raises:
            InvalidInput: masks that do not fit.
        """
        return replace(self, masks=masks)

    def __eq__(self, other: object) -> bool:
        """Whether all is the same: masks, frozen weights and description."""
        if not isinstance(other, Ticket):
            return NotImplemented
        return (
            _description(self) == _description(other)
            and list(self.masks) == list(other.masks)
            and all(np.array_equal(mask, other.masks[name]) for name, mask in self.masks.items())
        )

    __hash__ = None  # type: ignore[assignment]  # arrays may change

    # the file

    def to_bytes(self) -> bytes:
        """The content of the file; the same ticket gives the same bytes with the same libraries.

        Raises:
            InvalidInput: something in ``about`` or ``arguments`` that JSON cannot hold.
        """
        text = _deflated(_description(self))
        masks = self._coded()
        parts = [len(text).to_bytes(4, "little"), text, len(masks).to_bytes(4, "little"), masks]
        size = len(MARK) + 1 + 4 + sum(map(len, parts)) + SEAL
        if size > LARGEST_FILE:
            raise InvalidInput(f"a ticket may have {LARGEST_FILE:,} bytes, this has {size:,}")
        content = b"".join([MARK, bytes([FORMAT]), size.to_bytes(4, "little"), *parts])
        return content + _seal(content)

    def _coded(self) -> bytes:
        """All masks, each in the form that is shorter by itself.

        Together they are shorter: what one layer has taught the compressor serves the next.
        """
        stored = [
            min((ACTING, self.acting(name)), (PLAIN, mask), key=lambda pair: len(encode(pair[1])))
            for name, mask in self.masks.items()
        ]
        forms, masks = zip(*stored, strict=True)
        whole = masks[0] if len(masks) == 1 else np.concatenate(masks, axis=None)
        return b"".join(forms) + encode(whole)

    @classmethod
    def from_bytes(cls, content: bytes, path: Path | str = "ticket") -> Ticket:
        """The ticket in the content of a file.

        Args:
            content: all bytes of the file.
            path: named in errors.

        Raises:
            TicketError: it is no whole ticket, or one that does not fit its network.
        """
        path = Path(path)
        document, parts = _parts(content, path)
        layers = _layers(document, path)
        network, arguments = document["network"], document["arguments"]
        kappas = {name: k for name, _, k, _ in layers if k is not None}
        thresholds = {name: t for name, _, _, t in layers if t is not None}
        try:
            shapes = {name: shape for name, shape, _, _ in layers}
            _check_layers(shapes, network, arguments)
            stored = _stored(parts, shapes)
            masks = {name: mask for name, (_, mask) in stored.items()}
            ticket = cls(
                network,
                arguments,
                document["initialiser"],
                kappas,
                document["seed"],
                masks,
                thresholds,
                document["about"],
            )
            acting = {
                name: ticket.acting(name)  # the signs a second time, so none
                for name, (form, mask) in stored.items()
                if form == ACTING and mask.any()
            }
            return ticket.with_masks(masks | acting)
        except AegenError as problem:
            raise TicketError(path, f"cannot be used: {problem}") from problem

    def write(self, path: Path | str) -> None:
        """Write the file, whole or not at all.

        Raises:
            StorageError: it cannot be written.
            InvalidInput: as `to_bytes`.
        """
        write_bytes(path, self.to_bytes())

    @classmethod
    def read(cls, path: Path | str) -> Ticket:
        """The ticket in a file.

        Raises:
            TicketError: there is none, it is truncated, altered, something else, of another
                version, or its masks do not fit its network.
        """
        return cls.from_bytes(read_content(path), path)


def read_content(path: Path | str) -> bytes:
    """The bytes of a file that may be a ticket; not read where it is too large for one."""
    try:
        return read_bytes(path, most=LARGEST_FILE)
    except StorageError as problem:
        raise TicketError(path, problem.problem) from None


def read_about(path: Path | str) -> dict[str, Any]:
    """What a ticket's file says of itself ("about"), without decoding its masks.

    Raises:
        TicketError: there is none, or it is truncated, altered, something else.
    """
    document, _ = _parts(read_content(path), Path(path))
    about: dict[str, Any] = document["about"]
    return about


def _stored(parts: list[bytes], shapes: Mapping[str, Shape]) -> dict[str, tuple[bytes, Mask]]:
    """Each layer's form and its mask in that form, of one part or of a part for each layer."""
    groups = [[name] for name in shapes] if len(parts) == len(shapes) else [list(shapes)]
    if len(parts) != len(groups):
        raise InvalidInput(
            f"it describes {len(shapes)} layers and holds {len(parts)} parts: get a whole one"
        )
    stored = {}
    for part, group in zip(parts, groups, strict=True):
        forms = [part[k : k + 1] for k in range(len(group))]
        if not set(forms) <= {PLAIN, ACTING}:
            raise InvalidInput("masks must begin with a byte 0 or 1 for each layer")
        sizes = [math.prod(shapes[name]) for name in group]
        whole = decode(part[len(group) :], shapes[group[0]] if len(group) == 1 else (sum(sizes),))
        masks = np.split(whole.reshape(-1), np.cumsum(sizes)[:-1])
        for name, form, mask in zip(group, forms, masks, strict=True):
            stored[name] = form, mask.reshape(shapes[name])
    return stored


def _seal(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=SEAL).digest()


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(value: Any) -> bool:
    # a whole number may be too large for a float
    return (_whole(value) and abs(value) < 1 << 63) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _kappa(value: Any) -> bool:
    return _finite(value) and 1e-9 <= value <= 1e9


def _check_mask(name: str, mask: Mask) -> None:
    if not isinstance(mask, np.ndarray) or mask.dtype != np.int8:
        raise InvalidInput(f"the mask of {name} must be an int8 array, got {type(mask).__name__}")
    if mask.size and (int(mask.min()) < -1 or int(mask.max()) > 1):
        raise InvalidInput(f"the mask of {name} must hold -1, 0 and 1 only")


def _check_layers(
    shapes: Mapping[str, Shape], network: str | None, arguments: Mapping[str, Any]
) -> None:
    """That these are the layers of that network, and not too many weights to be one."""
    if not 0 < len(shapes) <= MOST_LAYERS:
        raise InvalidInput(f"a ticket has 1 to {MOST_LAYERS} layers, got {len(shapes)}")
    for name, shape in shapes.items():
        if not 2 <= len(shape) <= 5 or min(shape) < 1:
            raise InvalidInput(
                f"the layer {name} must have shape (out, in) or (out, in, k, k), got {shape}"
            )
    total = sum(math.prod(shape) for shape in shapes.values())
    if total > LARGEST:
        raise InvalidInput(f"a ticket has at most {LARGEST:,} weights, got {total:,}")
    if network is None and not is_plan(arguments):
        return
    if network is not None:
        _check_arguments(network, arguments)
    try:
        made = _plan(network, arguments)
    except AegenError:
        raise
    except (TypeError, ValueError, ArithmeticError) as problem:
        raise InvalidInput(
            f"the network {network} cannot be created from its arguments ({problem})"
        ) from problem
    network, wanted, inputs = made.name, made.layers, made.input_shape
    if min(inputs) < 1 or math.prod(inputs) > MOST_INPUTS:
        raise InvalidInput(f"the network {network} takes images {inputs}: none are so large")
    if list(shapes) != list(wanted):
        raise InvalidInput(
            f"the network {network} has the layers {_listed(wanted)}, the masks are for "
            f"{_listed(shapes)}"
        )
    for name, shape in shapes.items():
        if tuple(shape) != tuple(wanted[name]):
            raise InvalidInput(
                f"the layer {name} of the network {network} has weights of shape "
                f"{tuple(wanted[name])}, the mask has {tuple(shape)}"
            )


def _plan(network: str | None, arguments: Mapping[str, Any]) -> Plan:
    return plan_from(arguments) if network is None else networks.create(network, **arguments)


def _check_arguments(network: str, arguments: Mapping[str, Any]) -> None:
    """That each is of its default's kind, before anything is computed with it."""
    for name, parameter in inspect.signature(networks.get(network)).parameters.items():
        if name not in arguments:
            continue
        value, kind = arguments[name], type(parameter.default)
        number = kind in (int, float) and _finite(value) and abs(value) < 1 << 31
        whole = kind is float or _whole(value)
        text = kind is str and isinstance(value, str) and len(value) <= LONGEST_ARGUMENT
        if not (number and whole) and not text:
            raise InvalidInput(
                f"{network}: {name} must be like {parameter.default!r}, got {reprlib.repr(value)}"
            )


def _listed(names: Mapping[str, Any]) -> str:
    listed = [name if len(name) <= 40 else f"{name[:40]}..." for name in names]
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")


def _description(ticket: Ticket) -> bytes:
    """All but the masks as JSON: sorted keys, no spaces."""
    document = {
        "about": dict(ticket.about),
        "arguments": dict(ticket.arguments),
        "initialiser": ticket.initialiser,
        "layers": [
            [name, list(mask.shape), ticket.kappas.get(name), ticket.thresholds.get(name)]
            for name, mask in ticket.masks.items()
        ],
        "network": ticket.network,
        "seed": ticket.seed,
    }
    try:
        text = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise InvalidInput(
            f"a ticket's description must be plain JSON values ({problem})"
        ) from problem
    try:
        parse(text)
    except InvalidInput as problem:
        raise InvalidInput(f"a ticket's description {problem}: no file can hold that") from None
    if len(text) > LARGEST_TEXT:
        raise InvalidInput(
            f"a ticket's description may have {LARGEST_TEXT:,} bytes, this has {len(text):,}: "
            "keep histories in their own file"
        )
    return text


def _deflated(text: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    return deflater.compress(text) + deflater.flush()


def _inflated(data: bytes, path: Path) -> bytes:
    inflater = zlib.decompressobj(-15, WORDS)
    try:
        text = inflater.decompress(data, LARGEST_TEXT)
    except zlib.error as problem:
        raise TicketError(path, f"has a description that cannot be read ({problem})") from problem
    if not inflater.eof or inflater.unused_data:
        raise TicketError(path, "has a description that is too long or not whole")
    return text


def _parts(content: bytes, path: Path) -> tuple[dict[str, Any], list[bytes]]:
    """The description and the coded masks; only after every length and the seal were checked."""
    again = "copy it again from where it came"
    if not content.startswith(MARK):
        what = "is empty" if not content else "is no ticket: it begins with other bytes"
        if content and MARK.startswith(content):
            what = "is cut off within its first bytes"
        raise TicketError(path, f"{what}; a ticket ends in .ticket and is written by aegen")
    if len(content) < HEAD + SEAL:
        raise TicketError(path, f"is cut off after {len(content)} bytes: {again}")
    version = content[len(MARK)]
    if version not in READS:
        do = "update aegen" if version > FORMAT else "get the ticket anew, or train it again"
        reads = " and ".join(map(str, READS))
        raise TicketError(
            path, f"has version {version} of the format, this aegen reads {reads}: {do}"
        )
    size = int.from_bytes(content[len(MARK) + 1 : len(MARK) + 5], "little")
    if size > len(content):
        raise TicketError(
            path, f"is cut off: it has {len(content):,} of its {size:,} bytes: {again}"
        )
    if size != len(content) or _seal(content[:-SEAL]) != content[-SEAL:]:
        raise TicketError(path, f"was altered: its bytes do not match their checksum: {again}")
    chunks = []
    place = HEAD - 4
    while place < len(content) - SEAL:
        length = int.from_bytes(content[place : place + 4], "little")
        place += 4 + length
        if place > len(content) - SEAL:
            raise TicketError(path, f"has a part that is longer than the file: {again}")
        chunks.append(content[place - length : place])
    try:
        document = parse(_inflated(chunks[0], path))
    except InvalidInput as problem:
        raise TicketError(path, f"has a description that {problem}") from None
    return _checked(document, path), chunks[1:]


def _checked(document: Any, path: Path) -> dict[str, Any]:
    """The description, if every field is there and of its kind."""
    if not isinstance(document, dict) or sorted(document) != sorted(FIELDS):
        raise TicketError(path, f"must describe {', '.join(FIELDS)}, and nothing else")
    for name in ("about", "arguments"):
        if not isinstance(document[name], dict):
            raise TicketError(path, f"{name} must be a JSON object")
    if not isinstance(document["network"], str | None):
        raise TicketError(path, "network must be a name or null")
    return document


def _layers(
    document: dict[str, Any], path: Path
) -> list[tuple[str, Shape, float | None, float | None]]:
    """Name, shape, kappa and threshold of each layer."""
    found = []
    entries = document["layers"]
    if not isinstance(entries, list) or len(entries) > MOST_LAYERS:
        raise TicketError(path, f"layers must be a list of at most {MOST_LAYERS}")
    for entry in entries:
        fits = (
            isinstance(entry, list)
            and len(entry) == 4
            and isinstance(entry[0], str)
            and isinstance(entry[1], list)
            and all(_whole(side) and 0 < side <= LARGEST for side in entry[1])
            and (entry[2] is None or _kappa(entry[2]))
            and (entry[3] is None or _finite(entry[3]))
        )
        if not fits:
            raise TicketError(
                path, "each layer must be its name, shape, kappa and threshold; one is not"
            )
        name, shape, kappa, threshold = entry
        found.append((name, tuple(shape), kappa, threshold))
    if len({name for name, *_ in found}) != len(found):
        raise TicketError(path, "names two layers alike")
    return found
