"""Hostile values and bytes, of which the files of `aegen bench fuzz` are made."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "CODE",
    "NAMES",
    "RAN",
    "VALUES",
    "pick",
    "safetensors_of",
    "special",
    "spoilt_bytes",
    "spoilt_json",
    "spoilt_safetensors",
]

RAN = "ran"
"""The file that code of a case would write into the current folder."""

CODE = f"open({RAN!r}, 'w').write('x')"

PICKLE = b"\x80\x04cbuiltins\nexec\n(V" + CODE.encode() + b"\ntR."
"""A pickle that runs `CODE` where it is loaded."""

VALUES = (
    *("1" + "0" * 400, "-" + "9" * 5000, "9007199254740993", "18446744073709551616"),
    *("-1", "0", "1", "3", "17", "1024", "65536", "1000000000", "0.5", "1e999", "1e308"),
    *("-1e308", "1e-320", "-0.0", "NaN", "Infinity", "null", "true", "false"),
    *('""', '" "', '"\\ud800"', '"a\\udfffb"', '"\\u001b[31mred\\u001b[0m"', '"\\u009b2J"'),
    *('"\\u202egnp.exe"', '"\\u0000"', '"a\\nb"', '"' + "a" * 5000 + '"', '"' + "é" * 300 + '"'),
    *('"../../../etc/passwd"', '"/etc/passwd"', '"<script>alert(1)</script>"', '"%s%n{0}"'),
    *("[]", "{}", "[" * 31 + "]" * 31, "[" * 33 + "]" * 33, '{"a":' * 40 + "1" + "}" * 40),
    *("[" + "0," * 20_000 + "0]", "[1e308, -1e308]", "[null]", '["a", "a"]', '{"": 1}'),
    '{"__class__": "os.system"}',
)
"""JSON texts that stand in the place of another one."""

NAMES = ("", "a" * 3000, "\x1b[31m", "\ud800", "../up", "a/b", "a\0b", "\u202e", "é", "__class__")
"""Texts that stand in the place of a name."""

MARK = "@hostile@"


def pick(rng: np.random.Generator, things: Sequence[Any]) -> Any:
    """One of them."""
    return things[int(rng.integers(len(things)))]


def spoilt_bytes(rng: np.random.Generator, content: bytes) -> bytes:
    """Some bytes turned, cut off, repeated, put in, or something else in the place of all."""
    data = bytearray(content)
    place, end = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    match int(rng.integers(8)):
        case 0 | 1:
            for _ in range(int(rng.integers(1, 9))):
                data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        case 2:
            del data[place:]
        case 3:
            del data[place : min(end, place + 64)]
        case 4:
            data[place:place] = data[place:end] * int(rng.integers(1, 4))
        case 5:
            data[place:place] = rng.bytes(int(rng.integers(1, 64)))
        case 6:
            data[place : place + 8] = pick(rng, (b"\xff" * 8, bytes(8), b"\x7f" * 8))
        case _:
            return bytes(pick(rng, (b"", PICKLE, b"PK\x03\x04" + PICKLE, bytes(1000), b"{" * 999)))
    return bytes(data)


def spoilt_json(rng: np.random.Generator, document: Any) -> bytes:
    """A JSON text of the document with one to three places that hold something else."""
    document = json.loads(json.dumps(document))
    hostile: list[str] = []
    for _ in range(int(rng.integers(1, 4))):
        holder, key = pick(rng, list(_places(document)) or [(None, None)])
        if holder is None:
            break
        match int(rng.integers(6)):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[pick(rng, NAMES)] = holder.pop(key)
            case 2:
                other, name = pick(rng, list(_places(document)))
                holder[key] = json.loads(json.dumps(other[name]))
            case _:
                holder[key] = f"{MARK}{len(hostile)}"
                hostile.append(pick(rng, VALUES))
    text = json.dumps(document)
    for number, value in enumerate(hostile):
        text = text.replace(f'"{MARK}{number}"', value)
    content = text.encode()
    return spoilt_bytes(rng, content) if rng.random() < 0.1 else content


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every list or object with each of its keys."""
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        keys = range(len(holder)) if isinstance(holder, list) else list(holder)
        for key in keys:
            yield holder, key
            if isinstance(holder[key], (list, dict)):
                waiting.append(holder[key])


def safetensors_of(
    arrays: Mapping[str, Any], metadata: Mapping[str, str], change: Callable[[Any], Any] = dict
) -> bytes:
    """A safetensors file whose header was changed as ``change`` does."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    parts, place = [], 0
    kinds = {"f": "F", "i": "I", "u": "U", "b": "BOOL"}
    for name, array in arrays.items():
        data = np.asarray(array, order="C")
        kind = kinds[data.dtype.kind]
        kind += "" if kind == "BOOL" else str(8 * data.dtype.itemsize)
        header[name] = {
            "dtype": kind,
            "shape": list(data.shape),
            "data_offsets": [place, place + data.nbytes],
        }
        parts.append(data.tobytes())
        place += data.nbytes
    text = change(header)
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def spoilt_safetensors(
    rng: np.random.Generator, arrays: Mapping[str, Any], metadata: Mapping[str, str]
) -> bytes:
    """Another header, other arrays or other bytes of a safetensors file."""
    named = dict(arrays)
    name = pick(rng, list(named))
    match int(rng.integers(9)):
        case 0:
            return spoilt_bytes(rng, safetensors_of(named, metadata))
        case 1 | 2:
            return safetensors_of(named, metadata, lambda header: spoilt_json(rng, header))
        case 3:
            kind = pick(rng, ("F8_E4M3", "BF16", "C64", "F4", "BOOL", "I64", "U8", "F16", "X"))
            header = {name: {"dtype": kind}}
            return safetensors_of(named, metadata, lambda h: h | {name: h[name] | header[name]})
        case 4:
            named[name] = named[name].astype(pick(rng, (np.int8, np.float16, bool, np.float64)))
        case 5:
            named[name] = named[name][..., None]
        case 6:
            named[pick(rng, NAMES[:4]) or "new"] = np.zeros(3)
        case 7 if named[name].dtype.kind == "f" and named[name].size:
            value = pick(rng, (np.nan, np.inf, -np.inf, 1e30, -1e30))
            named[name] = named[name].copy()
            named[name].flat[int(rng.integers(named[name].size))] = value
        case _:
            del named[name]
    return safetensors_of(named, metadata)


SPECIAL = ("pipe", "link to a pipe", "loop", "device", "zeros", "folder", "socket", "outside")


def special(rng: np.random.Generator, file: Path, outside: Path | None = None) -> None:
    """Something else in the place of a file, such as a pipe, or a link, also to ``outside``."""
    kind: str = pick(rng, SPECIAL if outside else SPECIAL[:-1])
    content = file.read_bytes() if file.is_file() else b""
    file.unlink(missing_ok=True)
    beside = file.with_name("pipe")
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "link to a pipe":
            os.mkfifo(beside)
            file.symlink_to(beside)
        case "loop":
            file.symlink_to(file.name)
        case "device":
            file.symlink_to("/dev/tty")
        case "zeros":
            file.symlink_to("/dev/zero")
        case "folder":
            file.mkdir()
        case "outside" if outside is not None:
            outside.mkdir(exist_ok=True)
            (outside / "secret").write_bytes(content)
            file.symlink_to(outside / "secret")
        case _:
            with socket.socket(socket.AF_UNIX) as place:
                here = os.open(file.parent, os.O_RDONLY)
                try:
                    place.bind(f"/proc/self/fd/{here}/{file.name}")
                finally:
                    os.close(here)
