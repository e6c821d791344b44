"""Hostile files of latent models, whose checksums are right: read, and used where they are read.

Small fitted models of every kind are saved, then their fields, arrays and bytes are changed. Such
a file must be refused in a sentence, or give a model whose draws, densities and conditions are
numbers.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput

__all__ = ["attempt", "cases"]

Arrays = dict[str, NDArray[Any]]

TYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint8": "U8",
    "uint64": "U64",
    "bool": "BOOL",
    "complex64": "C64",
}
"""Names of numpy's types in a safetensors file."""

EXOTIC = {"BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F4": 1, "F64": 8}
"""Types that numpy has not, or not so; and the bytes of a number."""

ODD = (
    np.nan,
    np.inf,
    -np.inf,
    1e308,
    -1e308,
    1e200,
    1e100,
    1e-320,
    0.0,
    -0.0,
    -1.0,
    0.5,
    2.0,
    7.0,
)
"""Numbers that an array may be given."""

WORDS = (
    "[" * 100_000,
    '{"a":' * 5_000,
    "[]",
    "null",
    "1",
    "",
    "{",
    '{"self": 1}',
    '{"name": 1}',
    '{"colour": "red"}',
    '{"reduce": ' + "9" * 400 + "}",
    '{"reduce": NaN}',
    '{"reduce": 1e400}',
    '{"reduce": true}',
    '{"\\ud800": 1}',
    '{"reduce": "\\u001b[2J"}',
    '{"reduce": "' + "x" * 100_000 + '"}',
    '{"reduce": {"a": []}}',
)
"""Texts in the place of fields."""

NAMES = (
    "",
    "../gaussian",
    "Gaussian",
    "_normal",
    "base",
    "\x1b[2J",
    "gaussian" * 9_000,
    "gaussian\n",
)


@dataclass(frozen=True)
class Saved:
    """What a file holds, before it is packed."""

    arrays: Arrays
    sampler: str
    fields: str
    exotic: tuple[str, str] | None = None
    """An array whose bytes are called of another type."""

    def packed(self) -> bytes:
        """The file's content, with the checksum that it should have."""
        from aegen.samplers.base import FORMAT, fingerprint

        mark = fingerprint(self.arrays, self.sampler, self.fields)
        said = {"aegen": FORMAT, "sampler": self.sampler, "fields": self.fields, "sha256": mark}
        header: dict[str, Any] = {"__metadata__": said}
        content = b""
        for name, array in sorted(self.arrays.items()):
            kind, shape, raw = TYPES[array.dtype.name], list(array.shape), array.tobytes()
            if self.exotic is not None and self.exotic[0] == name:
                kind = self.exotic[1]
                shape = [len(raw) // EXOTIC[kind]]
                raw = raw[: shape[0] * EXOTIC[kind]]
            ends = [len(content), len(content) + len(raw)]
            header[name] = {"dtype": kind, "shape": shape, "data_offsets": ends}
            content += raw
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content


def cases(rng: np.random.Generator, n: int, folder: Path) -> Iterator[Path]:
    """``n`` hostile files, written into ``folder`` one after the other.

    Args:
        rng: chooses the models and what is done to them.
        n: how many.
        folder: an empty one.
    """
    models = _models()
    for k in range(n):
        saved = models[rng.integers(len(models))]
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            change = CHANGES[rng.integers(len(CHANGES))]
            saved = change(saved, rng)
        content = saved.packed()
        if rng.random() < 0.1:
            content = _bent(content, rng)
        path = folder / f"{k:05d}.safetensors"
        path.write_bytes(content)
        yield path


def attempt(path: Path, *, patient: bool = True) -> str:
    """Read a file and use what it gives: "accepted", if draws, densities and conditions are right.

    Densities at the draws and a condition on one coordinate may be refused.

    Args:
        path: the file.
        patient: whether conditions that take a good part of a second, as they are answered by
            resampling, are asked for.

    Raises:
        AegenError: it is refused.
        AssertionError: numbers that are none.
    """
    from aegen.samplers import ConditionalSampler, DensitySampler, load

    model = load(path)
    drawn = model.sample(8, rng=0)
    if not np.isfinite(drawn).all():
        raise AssertionError("draws that are not finite")
    if isinstance(model, DensitySampler):
        with contextlib.suppress(InvalidInput):
            density = model.score_samples(drawn)
            if np.isnan(density).any() or (density == np.inf).any():
                raise AssertionError("densities that are not finite")
    free = np.flatnonzero(model.free_)
    quick = not (hasattr(model, "axes_") or getattr(model, "exact", None) is None)
    if isinstance(model, ConditionalSampler) and len(free) > 1 and (quick or patient):
        with contextlib.suppress(InvalidInput):
            given = model.condition({int(free[0]): float(drawn[0, free[0]])}, rng=0)
            if not np.isfinite(given.sample(8, rng=0)).all():
                raise AssertionError("draws of a condition that are not finite")
    return "accepted"


@cache
def _models() -> tuple[Saved, ...]:
    """Small models of every kind: plain, weighted, of principal components, conditioned."""
    import tempfile

    from aegen.core.storage import load_arrays
    from aegen.samplers import ConditionalSampler, samplers

    rng = np.random.default_rng(0)
    smooth = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3))
    mixed = np.maximum(rng.normal(size=(40, 3)), 0.0)
    wide = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 4)) + 0.1 * rng.normal(size=(40, 4))
    found = []
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.safetensors"
        for name in samplers.names():
            kind = samplers.get(name)
            quick = dict(kind.quick)
            weights = rng.random(40) if kind.weighted else None
            fits = [
                samplers.create(name, **quick).fit(smooth, sample_weight=weights, rng=0),
                samplers.create(name, **quick).fit(mixed, rng=0),
            ]
            if "reduce" in {parameter.name for parameter in samplers.parameters(name)}:
                fits.append(samplers.create(name, **quick, reduce=2).fit(wide, rng=0))
            plain = samplers.create(name, **quick).fit(smooth, rng=0)
            if isinstance(plain, ConditionalSampler) and plain.exact is not None:
                with contextlib.suppress(InvalidInput):
                    fits.append(plain.condition({0: float(smooth[0, 0])}, rng=0))
            for model in fits:
                model.save(file)
                arrays, said = load_arrays(file)
                found.append(Saved(arrays, said["sampler"], said["fields"]))
    return tuple(found)


# Changes of what is saved

Change = Callable[[Saved, np.random.Generator], Saved]


def _with(saved: Saved, name: str, array: NDArray[Any]) -> Saved:
    return replace(saved, arrays=saved.arrays | {name: array}, exotic=None)


def _any(saved: Saved, rng: np.random.Generator) -> str:
    names = sorted(saved.arrays)
    return names[rng.integers(len(names))] if names else ""


def _filled(array: NDArray[Any], value: float) -> NDArray[Any]:
    """As large as ``array``, of its type where that can hold the value."""
    with np.errstate(all="ignore"):
        whole = np.nan_to_num(value, posinf=2.0**62, neginf=-(2.0**62))
        if array.dtype.kind in "iu":
            value = int(np.clip(whole, *_ends(array.dtype)))
        return np.full(array.shape, value).astype(array.dtype)


def _ends(kind: np.dtype[Any]) -> tuple[int, int]:
    ends = np.iinfo(kind)
    return max(int(ends.min), -(2**62)), min(int(ends.max), 2**62)


def _one_number(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    if not name or not saved.arrays[name].size:
        return saved
    array = saved.arrays[name].copy()
    odd = _filled(array, ODD[rng.integers(len(ODD))])
    place = rng.integers(array.size)
    array.flat[place] = odd.flat[place]
    return _with(saved, name, array)


def _all_numbers(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    return _with(saved, name, _filled(saved.arrays[name], ODD[rng.integers(len(ODD))]))


def _scaled(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    array = saved.arrays[name]
    factor = [-1.0, 0.5, 1.0 + 1e-6, 1e-200, 1e90, 1e119, 1e250][rng.integers(7)]
    with np.errstate(all="ignore"):
        held = array * factor
        if array.dtype.kind in "iu":
            held = np.clip(np.nan_to_num(held), *_ends(array.dtype))
        return _with(saved, name, np.asarray(held).astype(array.dtype))


def _at_random(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    array = saved.arrays[name]
    numbers = rng.normal(size=array.shape) * [1.0, 30.0, 1e6][rng.integers(3)]
    return _with(saved, name, np.asarray(numbers).astype(array.dtype))


def _nudged(saved: Saved, rng: np.random.Generator) -> Saved:
    """A matrix that is no longer symmetric, weights that no longer sum to one, ..."""
    name = _any(saved, rng)
    array = saved.arrays[name]
    if array.dtype.kind != "f":
        return saved
    moved = array + rng.normal(size=array.shape) * [1e-9, 1e-3, 1.0][rng.integers(3)]
    return _with(saved, name, np.asarray(moved).astype(array.dtype))


def _equal_rows(saved: Saved, rng: np.random.Generator) -> Saved:
    """All rows like the first: singular factors, codes that are all the same."""
    name = _any(saved, rng)
    array = saved.arrays[name]
    if not array.ndim or not array.size:
        return saved
    return _with(saved, name, np.broadcast_to(array[:1], array.shape).copy())


def _in_order(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    array = saved.arrays[name]
    if not array.ndim:
        return saved
    turned = np.sort(array, axis=0) if rng.random() < 0.5 else array[::-1]
    return _with(saved, name, turned.copy())


def _of_type(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    kind = list(TYPES)[rng.integers(len(TYPES))]
    with np.errstate(all="ignore"):
        array = saved.arrays[name].astype(kind)
    return _with(saved, name, array)


def _of_exotic_type(saved: Saved, rng: np.random.Generator) -> Saved:
    kinds = list(EXOTIC)
    return replace(saved, exotic=(_any(saved, rng), kinds[rng.integers(len(kinds))]))


def _of_shape(saved: Saved, rng: np.random.Generator) -> Saved:
    name = _any(saved, rng)
    array = saved.arrays[name]
    ways: list[Callable[[], NDArray[Any]]] = [
        lambda: array[None],
        lambda: array.ravel(),
        lambda: array.T.copy(),
        lambda: array[:0] if array.ndim else np.zeros((0, 2**40), array.dtype),
        lambda: array[:1] if array.ndim else array,
        lambda: array[:-1] if array.ndim else array,
        lambda: np.concatenate([array, array]) if array.ndim else array,
        lambda: array.reshape(array.shape + (1,) * (30 - array.ndim)),
    ]
    return _with(saved, name, ways[rng.integers(len(ways))]())


def _along_axis(saved: Saved, rng: np.random.Generator) -> Saved:
    """Fewer or more along one axis, in all arrays that have it: shapes fit each other."""
    from aegen.samplers import samplers

    if saved.sampler not in samplers.names():
        return saved
    kind = samplers.get(saved.sampler)
    declared = kind.learned | kind.reduced
    words = sorted({axis for own in declared.values() for axis in own.axes})
    word, length = words[rng.integers(len(words))], int(rng.choice([0, 1, 2, 3, 7, 60, 2000]))
    arrays = {}
    for name, array in saved.arrays.items():
        axes = declared[name].axes if name in declared else ()
        for place, axis in enumerate(axes[: array.ndim]):
            if axis == word and array.shape[place]:
                array = np.take(array, np.arange(length) % array.shape[place], axis=place)
        if array.nbytes > 2**22:
            return saved
        if name in ("weights_", "shares_", "mixed_weights_"):
            with np.errstate(all="ignore"):
                array = array / array.sum()
        arrays[name] = array
    if word == "whole" and "n_features_in_" in arrays:
        arrays["n_features_in_"] = np.asarray(length)
    return replace(saved, arrays=arrays, exotic=None)


def _names_changed(saved: Saved, rng: np.random.Generator) -> Saved:
    """An array that is missing, one too many, two exchanged."""
    arrays, name = dict(saved.arrays), _any(saved, rng)
    way = rng.integers(5)
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[
            ["more_", "axes_", "__metadata", "_fit", "\x1b[2J", "x" * 5_000][rng.integers(6)]
        ] = arrays[name]
    elif way == 2:
        other = _any(saved, rng)
        arrays[name], arrays[other] = arrays[other], arrays[name]
    elif way == 3:
        arrays = {f"{own}{k}": array for k, (own, array) in enumerate(arrays.items())}
    else:
        arrays |= {f"a{k}_": np.zeros(1) for k in range(2000)}
    return replace(saved, arrays=arrays, exotic=None)


def _fields_changed(saved: Saved, rng: np.random.Generator) -> Saved:
    """A text that is none, or fields that are allowed and do not fit the arrays."""
    if rng.random() < 0.5:
        return replace(saved, fields=WORDS[rng.integers(len(WORDS))])
    from aegen.samplers import samplers

    if saved.sampler not in samplers.names():
        return saved
    try:
        fields = json.loads(saved.fields)
        assert isinstance(fields, dict)
    except (ValueError, AssertionError, RecursionError):
        return saved
    tunable = samplers.parameters(saved.sampler)
    if not tunable:
        return saved
    parameter = tunable[rng.integers(len(tunable))]
    ends = [parameter.field.low, parameter.field.high]
    values: list[Any] = [*parameter.options, *ends, True, "x", [], 1, 3, 0.5, 10**18, None]
    value = values[rng.integers(len(values))]
    if parameter.kind == "int" and isinstance(value, float):
        value = int(value)
    return replace(saved, fields=json.dumps(fields | {parameter.name: value}))


def _another_model(saved: Saved, rng: np.random.Generator) -> Saved:
    from aegen.samplers import samplers

    names = [*samplers.names(), *NAMES]
    return replace(saved, sampler=names[rng.integers(len(names))])


CHANGES: tuple[Change, ...] = (
    _one_number,
    _one_number,
    _all_numbers,
    _scaled,
    _at_random,
    _nudged,
    _equal_rows,
    _in_order,
    _of_type,
    _of_exotic_type,
    _of_shape,
    _along_axis,
    _along_axis,
    _names_changed,
    _fields_changed,
    _fields_changed,
    _another_model,
)


# Changes of the bytes


def _bent(content: bytes, rng: np.random.Generator) -> bytes:
    """A header that lies, or bytes that are missing, too many or others."""
    size = int.from_bytes(content[:8], "little")
    header: Any = json.loads(content[8 : 8 + size])
    rest = content[8 + size :]

    def again(value: Mapping[str, Any] | str) -> bytes:
        text = (value if isinstance(value, str) else json.dumps(value)).encode()
        return len(text).to_bytes(8, "little") + text + rest

    names = [name for name in header if name != "__metadata__"]
    name = names[rng.integers(len(names))] if names else "none"
    entry = header.get(name, {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]})
    ways: list[Callable[[], bytes]] = [
        lambda: content[: rng.integers(len(content))],
        lambda: content + b"\0" * 100,
        lambda: (2**60).to_bytes(8, "little") + content[8:],
        lambda: again("[" * 200_000),
        lambda: again('{"a":' * 50_000),
        lambda: again(header | {name: entry | {"shape": [2**40, 2**40]}}),
        lambda: again(header | {name: entry | {"shape": [-1]}}),
        lambda: again(header | {name: entry | {"data_offsets": [0, 2**62]}}),
        lambda: again(header | {name: entry | {"dtype": "F1024"}}),
        lambda: again(header | {"__metadata__": {"aegen": "9" * 9_999, "sampler": "x"}}),
        lambda: again(header | {"__metadata__": {"aegen": 3, "sampler": None}}),
        lambda: again(header | {"__metadata__": {}}),
    ]
    return ways[rng.integers(len(ways))]()
