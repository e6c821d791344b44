"""What is found out about an autoencoder on a few rows, before any long work."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.attributes import describe
from aegen.bundles.codec import Codec
from aegen.bundles.convention import Convention, Scale
from aegen.bundles.ends import End, find_ends, shape_of
from aegen.bundles.evidence import ROWS, Statistics, Trial, best_trial, statistics, trials
from aegen.bundles.imports import known_convention, load_network
from aegen.bundles.manifest import Network
from aegen.bundles.onnx_network import OnnxNetwork, Shape
from aegen.bundles.payload import Payload, codes_alone, payload_of
from aegen.bundles.rows import Rows, code_rows, rows_of
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG

__all__ = ["Plan", "plan"]

REPEATED = 1e-4
"""How far two codes of one row may differ, as a share of the codes' spread."""

MEASURED = 8_000_000
"""Numbers of pictures that the mean and the deviation of the data are taken from, at most."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
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
        architecture: where the network is one of aegen's own: its name and arguments.
    """

    rows: Rows
    shown: Payload
    codec: Codec
    trials: tuple[Trial, ...]
    exported: Mapping[str, OnnxNetwork]
    sample: Float32
    seconds: float
    architecture: Network | None = None

    def __repr__(self) -> str:
        shown = " x ".join(map(str, self.shown.shape))
        code = " x ".join(map(str, self.codec.code_shape))
        said = f"{len(self.rows):,} rows of {self.shown.kind} {shown}, codes of {code}"
        if self.codec.taken is not None:
            said += f", {self.codec.taken} in"
        if self.codec.given is not None:
            said += f", {self.codec.given} out"
        return f"Plan({said}, about {self.seconds:.0f} seconds)"


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
    units: Sequence[str] | None = None,
    input: Convention | None = None,
    output: Convention | None = None,
    dataset: str = "",
    rng: RNG = 0,
) -> Plan:
    """Try an autoencoder on some rows: conventions, shapes, and whether it says the same twice.

    Arguments, errors and rules are those of `create`.
    """
    for what, given in (("input", input), ("output", output)):
        if not isinstance(given, Convention | None):
            raise InvalidInput(
                f'{what} must be a Convention, such as Convention("signed"), got {given!r}'
            )
    if codes is not None:
        _refuse("codes", data=data, encode=encode, encoder=encoder, kind=kind, shape=shape)
    architecture = _architecture(network)
    if isinstance(network, (str, Path)):
        network = load_network(network)
    if input is None and output is None:
        input = output = Convention() if architecture is not None else known_convention(network)
    first, last = find_ends(
        network, encode=encode, decode=decode, encoder=encoder, decoder=decoder
    )
    asked: dict[str, Any] = {"attributes": attributes, "holdout": holdout, "dataset": dataset}
    if codes is not None:
        return _of_codes(codes, last, output, {**asked, "rng": rng})
    if data is None or first is None:
        missing = "data to encode" if data is None else "an encoder"
        raise InvalidInput(f"a bundle needs {missing}, or codes: give data= or codes=")
    asked |= {"kind": kind, "names": names, "units": units, "rng": rng}
    rows = _fitting_rows(data, shape_of(first, output=False), shape, asked)
    if len(rows) - int(rows.holdout.sum()) < 3:
        raise InvalidInput(f"a bundle needs at least 3 training rows, got {len(rows)}")
    describe(rows.attributes)  # faults of a table are known before any work
    if rows.payload.kind != "image":
        _refuse(rows.payload.kind, shape=shape, input=input, output=output)
    elif shape is not None and tuple(shape) != rows.payload.shape[: len(shape)]:
        raise InvalidInput(
            f"shape {tuple(shape)} is for pictures that are read here, and these are "
            f"{rows.payload.shape}: leave it out, or give their files"
        )
    x = _sample(rows)
    tried: list[Trial] = []
    taken = given = None
    if rows.payload.kind == "image":
        try:
            taken, given, tried = _conventions(first, last, rows, x, input, output)
        except InvalidInput as problem:
            rows, x, (taken, given, tried) = _other_channels(
                problem,
                rows,
                data,
                asked,
                lambda rows, x: _conventions(first, last, rows, x, input, output),
            )
    entering = x if taken is None else taken.apply(x)
    z = first(entering)
    _require_sound("encoder", first, entering, z)
    if last is not None:
        _require_sound("decoder", last, z, last(z))
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
    shown = codes_alone(z[0].size) if last is None else rows.payload
    return Plan(rows, shown, codec, tuple(tried), exported, x, seconds, architecture)


def _refuse(what: str, **given: Any) -> None:
    """Refuse arguments that would have no effect.

    Raises:
        InvalidInput: one of them is given.
    """
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name} has no effect on a bundle of {what}: leave it out")


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
    conventions: Callable[[Rows, Float32], Any],
) -> tuple[Rows, Float32, Any]:
    """Pictures of another number of channels, where those as they are do not come back."""
    for channels in {1, 3, 4} - {rows.payload.shape[2]}:
        try:
            other = _of_channels(data, rows, channels, asked)
            x = _sample(other)
            return other, x, conventions(other, x)
        except InvalidInput:
            continue
    raise problem


def _sample(rows: Rows) -> Float32:
    """Some rows, evenly spread."""
    chosen = np.linspace(0, len(rows) - 1, _few(rows.payload)).astype(np.int64)
    return rows.values(np.unique(chosen))


def _statistics(rows: Rows) -> Statistics:
    """Mean and deviation of each channel, of more pictures than are tried: they are recorded."""
    k = int(np.clip(MEASURED // rows.payload.size, ROWS, 512))
    chosen = np.linspace(0, len(rows) - 1, k).astype(np.int64)
    return statistics(rows.values(np.unique(chosen)))


def _few(payload: Payload) -> int:
    """How many rows are looked at: fewer where they are large, as each convention is tried."""
    return int(np.clip(ROWS * 3 * 64 * 64 // payload.size, 4, ROWS))


def _conventions(
    first: End,
    last: End | None,
    rows: Rows,
    x: Float32,
    taken: Convention | None,
    given: Convention | None,
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
    own = None if taken and given else _statistics(rows)
    tried = trials(first, last, x, own=own, taken=taken, given=given, takes=takes, gives=gives)
    best = best_trial(tried)
    return best.taken, best.given, tried


def _require_sound(what: str, end: End, rows: Float32, made: Float32) -> None:
    """Refuse what is not finite, changes from call to call, or with the rows beside a row.

    Args:
        what: "encoder" or "decoder".
        end: that.
        rows: what goes into it.
        made: what it gave for them.
    """
    verb, net, gives = ("encode", "x", "codes") if what == "encoder" else ("decode", "z", "rows")
    if not np.isfinite(made).all():
        raise InvalidInput(
            f"the {what} gives {gives} that are NaN or infinite: see whether it is trained"
        )
    allowed = REPEATED * max(float(made.std()), 1e-6)
    gap = _gap(end(rows), made)
    if gap > allowed:
        raise InvalidInput(
            f"{gives} that the {what} gives for the same rows differ by {gap:.3g} from call to "
            f"call, so it draws at random: give {verb}=lambda net, {net}: ... that returns the "
            "mean, and no draw"
        )
    half = max(1, len(rows) // 2)
    gap = _gap(end(rows[:half]), made[:half])
    if gap > 10 * allowed:
        raise InvalidInput(
            f"what the {what} gives for a row differs by {gap:.3g} with the rows beside it: call "
            "eval() before the network is exported, so that no layer takes its mean from a batch"
        )


def _gap(a: Float32, b: Float32) -> float:
    """The largest difference; of what is not the same shape or not finite, infinite."""
    return float(np.nan_to_num(np.abs(a - b).max(), nan=np.inf)) if a.shape == b.shape else np.inf


def _exported(ends: Mapping[str, tuple[End | None, Float32]]) -> dict[str, OnnxNetwork]:
    found = {}
    for which, (end, example) in ends.items():
        network = None if end is None else end.exported(example)
        if network is not None:
            found[which] = network
    return found


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
    _require_sound("decoder", last, example, decoded)
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


def _architecture(network: Any) -> Network | None:
    """Where it is one of aegen's own: its name and arguments."""
    if not hasattr(network, "arguments"):
        return None
    from aegen.autoencoders import architectures

    try:
        return Network(architectures.name_of(network), dict(network.arguments))
    except (KeyError, LookupError, InvalidInput):
        return None
