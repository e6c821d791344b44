"""Hostile tickets and histories for `aegen bench fuzz`, with seals and sums that are right."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aegen.benchmarks.fuzz_bytes import (
    NAMES,
    pick,
    safetensors_of,
    special,
    spoilt_bytes,
    spoilt_json,
    spoilt_safetensors,
)
from aegen.supermask.plan_data import plain
from aegen.supermask.ticket import mask_codec, ticket
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import BINS, FLIPS, History, packed_scores

__all__ = [
    "attempt",
    "bodies",
    "cases",
    "description",
    "sealed",
    "small_history",
    "small_ticket",
]

LAYERS = {"fc1": (6, 4), "fc2": (3, 6)}
ABOUT = {"title": "Small", "data": "mnist", "accuracy": 0.5, "recipe": {"epochs": 2}}


@cache
def small_ticket() -> Ticket:
    """A sound ticket of two layers."""
    rng = np.random.default_rng(0)
    masks = {n: rng.integers(-1, 2, shape).astype(np.int8) for n, shape in LAYERS.items()}
    arguments = {"hidden": "6", "channels": 1, "size": 2, "classes": 3}
    thresholds = dict.fromkeys(LAYERS, 0.01)
    return Ticket("fcn", arguments, "signed-he", {}, 0, masks, thresholds, ABOUT)


def description() -> dict[str, Any]:
    """What it says of itself."""
    document: dict[str, Any] = json.loads(ticket._description(small_ticket()))
    return document


def sealed(described: bytes, coded: list[bytes]) -> bytes:
    """A ticket's file of this description and these masks, with the right size and seal."""
    text = ticket._deflated(described)
    parts = [len(text).to_bytes(4, "little"), text]
    for body in coded:
        parts += [len(body).to_bytes(4, "little"), body]
    size = len(ticket.MARK) + 5 + sum(map(len, parts)) + ticket.SEAL
    head = ticket.MARK + bytes([ticket.FORMAT]) + size.to_bytes(4, "little")
    content = b"".join([head, *parts])
    return content + hashlib.blake2b(content, digest_size=ticket.SEAL).digest()


def bodies() -> list[bytes]:
    """Its coded masks, a part for each layer; `Ticket` writes one part, and reads both."""
    masks = small_ticket().masks
    return [ticket.PLAIN + mask_codec.encode(mask) for mask in masks.values()]


def _hostile_ticket(rng: np.random.Generator) -> bytes:
    document = description()
    coded = bodies() if rng.random() < 0.5 else [small_ticket()._coded()]
    if rng.random() < 0.3:
        document |= {"network": None, "arguments": plain(small_ticket().plan)}
    match int(rng.integers(8)):
        case 0:
            return spoilt_bytes(rng, small_ticket().to_bytes())
        case 1 | 2 | 3:
            return sealed(spoilt_json(rng, document), coded)
        case 4:
            place = int(rng.integers(len(coded)))
            coded[place] = spoilt_bytes(rng, coded[place])
            return sealed(json.dumps(document).encode(), coded)
        case 5:
            document["network"] = pick(rng, ("fnc" * 60_000, *NAMES, "conv8", "resnet110"))
            document["arguments"] = pick(rng, ({}, {"size": 2**31 - 1}, {"width": 8.0}))
            return sealed(json.dumps(document).encode(), coded)
        case 6:
            return _large(rng)
        case _:
            document["layers"] = document["layers"] * int(pick(rng, (0, 2, 3000)))
            return sealed(json.dumps(document).encode(), coded)


def _large(rng: np.random.Generator) -> bytes:
    """Many weights in a few bytes."""
    side = int(pick(rng, (1024, 5792, 8192, 2**20)))
    shape = (side, int(pick(rng, (1, 1024, 5792))))
    initialiser = pick(rng, ("signed-he", "uniform-elu"))
    mask = np.zeros(shape if np.prod(shape) <= mask_codec.LARGEST else (1, 1), np.int8)
    mask.flat[0] = 1
    document = description() | {
        "network": None,
        "arguments": {},
        "initialiser": initialiser,
        "layers": [["a", list(shape), None, None]],
    }
    form = pick(rng, (ticket.PLAIN, ticket.ACTING))
    return sealed(json.dumps(document).encode(), [form + mask_codec.encode(mask)])


def small_history() -> tuple[dict[str, Any], dict[str, str]]:
    """Arrays and metadata of a sound history of `small_ticket`'s training."""
    epochs, layers = 2, len(LAYERS)
    rng = np.random.default_rng(1)
    scores = {
        n: packed_scores(rng.normal(size=s).astype(np.float32), 0.01) for n, s in LAYERS.items()
    }
    arrays: dict[str, Any] = {
        "counts": np.ones((epochs, layers, 3), np.int64),
        "flips": np.ones((epochs, layers, len(FLIPS)), np.int64),
        "histograms": np.ones((epochs, layers, BINS), np.int32),
        "edges": np.sort(rng.normal(size=(layers, BINS + 1)).astype(np.float32)),
    }
    for name, mask in small_ticket().masks.items():
        arrays[f"mask.2.{name}"] = np.frombuffer(mask_codec.encode(mask), np.uint8)
        arrays[f"scores.{name}"] = np.frombuffer(scores[name][0], np.uint8)
    figures = ("loss", "accuracy", "test_loss", "remaining", "seconds", "learning_rate", "decay")
    records = [
        {"epoch": k, "flips": dict.fromkeys(FLIPS, 1), **dict.fromkeys(figures, 0.5)}
        for k in (1, 2)
    ]
    texts: dict[str, Any] = {
        "layers": {n: list(s) for n, s in LAYERS.items()},
        "records": records,
        "thresholds": dict.fromkeys(LAYERS, 0.01),
        "largest": {n: scores[n][1] for n in LAYERS},
        "about": ABOUT,
    }
    return arrays, {"history": "2", **{k: json.dumps(v) for k, v in texts.items()}}


@cache
def _zeros() -> bytes:
    """Many scores in a few bytes."""
    return zlib.compress(bytes(2**24), 9)


def _hostile_history(rng: np.random.Generator) -> bytes:
    arrays, metadata = small_history()
    match int(rng.integers(4)):
        case 0 | 1:
            name = pick(rng, ("layers", "records", "thresholds", "largest", "about"))
            text = spoilt_json(rng, json.loads(metadata[name]))
            metadata[name] = text.decode("utf-8", "replace")
        case 2:
            side = int(pick(rng, (2**12, 2**13, 2**20)))
            metadata["layers"] = json.dumps({key: [side, 4096] for key in LAYERS})
            arrays["scores.fc1"] = np.frombuffer(_zeros(), np.uint8)
        case _:
            pass
    made = spoilt_safetensors if rng.random() < 0.6 else lambda rng, *parts: safetensors_of(*parts)
    return made(rng, arrays, metadata)


def cases(rng: np.random.Generator, n: int, folder: Path) -> Iterator[Path]:
    """Files, tickets and histories in turn, each spoilt."""
    for k in range(n):
        case = folder / f"ticket-{k}"
        case.mkdir(parents=True)
        file = case / ("a.ticket" if k % 2 else "a.history")
        file.write_bytes(_hostile_ticket(rng) if k % 2 else _hostile_history(rng))
        if rng.random() < 0.03:
            special(rng, file)
        yield file


def attempt(case: Path) -> str:
    """All that commands and pages do with one; "accepted", or the AegenError that it meets."""
    from aegen.benchmarks.fuzz_bundles import require_plain
    from aegen.supermask.ticket.checks import check_ticket

    if case.suffix == ".history":
        _look(History.read(case))
        return "accepted"
    report = check_ticket(case)
    require_plain(report.text())
    opened = Ticket.read(case)
    opened.report  # noqa: B018
    opened.weights()
    require_plain(json.dumps(dict(opened.about), ensure_ascii=False))
    return "accepted"


def _look(history: History) -> None:
    for epoch in history.epochs:
        history.masks(epoch)
    for layer in history.last:
        history.variable(layer)
