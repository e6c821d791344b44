"""Hostile pairs of ONNX files for `aegen bench fuzz`: spoilt bytes, small files of much work."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aegen.benchmarks.fuzz_bytes import pick, special, spoilt_bytes

__all__ = ["SIDE", "attempt", "bomb", "cases", "loop", "pair", "parts", "pictures"]

SIDE, CODE = 16, 3
"""Of the pictures, in pixels, and numbers of a code."""


def pictures(n: int = 48) -> Any:
    """Pictures of a bright bar each, uint8 (n, 16, 16, 1)."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 30, (n, SIDE, SIDE, 1), dtype=np.uint8)
    for k, place in enumerate(rng.integers(1, SIDE - 2, n)):
        x[(k, slice(place, place + 2)) if k % 2 else (k, slice(None), slice(place, place + 2))] = (
            230
        )
    return x


@cache
def pair() -> tuple[bytes, bytes]:
    """Encoder and decoder of `pictures`: their three principal components, as ONNX files."""
    flat = pictures().reshape(-1, SIDE * SIDE) / 255
    mean = flat.mean(axis=0)
    axes = np.linalg.svd(flat - mean, full_matrices=False)[2][:CODE].T
    picture = (1, SIDE, SIDE)
    return (
        _network(*_affine(axes, -mean @ axes, picture, (CODE,))),
        _network(*_affine(axes.T, mean, (CODE,), picture)),
    )


def _affine(w: Any, b: Any, takes: tuple[int, ...], gives: tuple[int, ...]) -> tuple[Any, ...]:
    """Nodes, weights and shapes of rows times ``w`` plus ``b``."""
    nodes: list[Any] = [
        ("Reshape", ["x", "flat"], ["a"], {}),
        ("Gemm", ["a", "w", "b"], ["c"], {}),
        ("Reshape", ["c", "form"], ["y"], {}),
    ]
    weights = {
        "w": w.astype(np.float32),
        "b": b.astype(np.float32),
        "flat": np.array([-1, len(w)], np.int64),
        "form": np.array([-1, *gives], np.int64),
    }
    return nodes, weights, takes, gives


def _network(nodes: Any, weights: Any, takes: Any, gives: Any, batch: Any = "n") -> bytes:
    """The bytes of an ONNX file."""
    from onnx import TensorProto, helper, numpy_helper

    entries = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])
        for name, shape in (("x", takes), ("y", gives))
    ]
    made = [helper.make_node(kind, given, gone, **rest) for kind, given, gone, rest in nodes]
    stored = [numpy_helper.from_array(w, name) for name, w in weights.items()]
    graph = helper.make_graph(made, "net", entries[:1], entries[1:], stored)
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def bomb(rng: np.random.Generator, which: int) -> bytes:
    """An encoder (0) or a decoder (1) of the right shape that is not what it seems."""
    nodes, weights, takes, gives = parts(which)
    size = int(pick(rng, (10**5, 10**7, 10**9, 10**12)))
    integers: Callable[..., Any] = lambda *k: np.array(k, np.int64)  # noqa: E731
    kind = int(rng.integers(14))
    more: dict[str, Any] = {}
    before: list[Any] = []
    match kind:
        case 0:
            before = [("ConstantOfShape", ["s"], ["o"], {}), ("ReduceSum", ["o"], ["p"], {})]
            more = {"s": integers(size, 100)}
        case 1:
            before = [("Expand", ["x", "s"], ["o"], {}), ("ReduceSum", ["o"], ["p"], {})]
            more = {"s": integers(size, *(1 for _ in takes))}
        case 2:
            more = {"s": integers(1, *(size if k == 0 else 1 for k, _ in enumerate(takes)))}
            before = [("Tile", ["x", "s"], ["o"], {}), ("ReduceSum", ["o"], ["p"], {})]
        case 3:
            names = [f"d{k}" for k in range(int(rng.integers(20, 60)))]
            before = [("Identity", ["x"], [names[0]], {})]
            before += [("Concat", [a, a], [b], {"axis": 1}) for a, b in itertools.pairwise(names)]
            before.append(("ReduceSum", [names[-1]], ["p"], {}))
        case 4:
            before = [("Range", ["r0", "r1", "r2"], ["o"], {}), ("ReduceSum", ["o"], ["p"], {})]
            more = {"r0": np.float32(0), "r1": np.float32(size), "r2": np.float32(1)}
        case 5:
            names = [f"d{k}" for k in range(int(pick(rng, (3000, 30_000))))]
            before = [("Sin", ["x"], [names[0]], {})]
            before += [("Sin", [a], [b], {}) for a, b in itertools.pairwise(names)]
            before.append(("ReduceSum", [names[-1]], ["p"], {}))
        case 6:
            return loop(nodes, weights, takes, gives, size)
        case 7:
            return _network(nodes, weights, takes, gives, batch=size)
        case 8:
            return _elsewhere(pick(rng, ("../secret", "/etc/passwd", "ran", "weights")), which)
        case 9:
            domain = {"domain": "of.somebody"}
            before = [("Run", ["x"], ["o"], domain), ("ReduceSum", ["o"], ["p"], {})]
        case 10:
            return _lying(rng, which)
        case 11:
            before = [
                ("Reshape", ["x", "s"], ["o"], {}),
                ("Transpose", ["o"], ["t"], {}),
                ("MatMul", ["o", "t"], ["u"], {}),
                ("ReduceSum", ["u"], ["p"], {}),
            ]
            more = {"s": integers(-1, 1)}
        case 12:
            wide = min(size, 10**7)
            before = [
                ("ConstantOfShape", ["s"], ["o"], {}),
                ("Conv", ["o", "k"], ["u"], {}),
                ("ReduceSum", ["u"], ["p"], {}),
            ]
            more = {
                "s": integers(1, 1, 4096, wide // 1024),
                "k": np.ones((64, 1, 9, 9), np.float32),
            }
        case _:
            nodes = [*nodes[:-1], ("Reshape", ["c", "form"], ["y"], {})]
            weights = {**weights, "form": integers(-1, size)}
    if before:
        nodes = [*before, *nodes[:-1], (*nodes[-1][:2], ["q"], {}), ("Add", ["q", "p"], ["y"], {})]
    axes = {"keepdims": 0}
    nodes = [(k, i, o, axes if k == "ReduceSum" else r) for k, i, o, r in nodes]
    return _network(nodes, {**weights, **more}, takes, gives)


def parts(which: int) -> tuple[Any, Any, tuple[int, ...], tuple[int, ...]]:
    """Nodes, weights and shapes of an encoder (0) or a decoder (1)."""
    w = np.full((SIDE * SIDE, CODE), 0.01)
    picture = (1, SIDE, SIDE)
    made = (
        _affine(w, w[0], picture, (CODE,))
        if which == 0
        else _affine(w.T, w[:, 0], (CODE,), picture)
    )
    return made[0], made[1], made[2], made[3]


def loop(nodes: Any, weights: Any, takes: Any, gives: Any, times: int) -> bytes:
    """The network behind a loop of so many steps."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.ModelProto.FromString(_network(nodes, weights, takes, gives))
    entry = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["more"], ["on"]),
            helper.make_node("Sin", ["v"], ["w2"]),
        ],
        "body",
        [
            entry("i", TensorProto.INT64, []),
            entry("more", TensorProto.BOOL, []),
            entry("v", TensorProto.FLOAT, None),
        ],
        [entry("on", TensorProto.BOOL, []), entry("w2", TensorProto.FLOAT, None)],
    )
    looped = helper.make_node("Loop", ["times", "", "x"], ["looped"], body=body)
    model.graph.initializer.append(numpy_helper.from_array(np.array(times), "times"))
    model.graph.node[0].input[0] = "looped"
    model.graph.node.insert(0, looped)
    return bytes(model.SerializeToString(deterministic=True))


def _elsewhere(place: str, which: int) -> bytes:
    """The network with its weights in another file."""
    import onnx

    model = onnx.ModelProto.FromString(pair()[which])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return bytes(model.SerializeToString(deterministic=True))


def _lying(rng: np.random.Generator, which: int) -> bytes:
    """The network with lengths, types or names that are not those of its content."""
    import onnx

    model = onnx.ModelProto.FromString(pair()[which])
    tensor = pick(rng, model.graph.initializer)
    match int(rng.integers(7)):
        case 0:
            tensor.dims[0] = int(pick(rng, (10**9, -1, 0, 2**62)))
        case 1:
            tensor.data_type = int(rng.integers(0, 24))
        case 2:
            model.graph.input[0].type.tensor_type.elem_type = int(rng.integers(0, 24))
        case 3:
            dims = model.graph.input[0].type.tensor_type.shape.dim
            dims[int(rng.integers(len(dims)))].dim_value = int(pick(rng, (0, -5, 10**9, 2)))
        case 4:
            model.graph.input[0].name = pick(rng, ("", "\x1b[31m", "a" * 3000))
        case 5:
            model.graph.node[0].input[0] = pick(rng, ("y", "nowhere", ""))
        case _:  # names that are no UTF-8
            name, spoilt = pick(
                rng, ((b"Gemm", b"Ge\xe6m"), (b"flat", b"fl\xe6t"), (b"net", b"\xffet"))
            )
            return bytes(pair()[which].replace(name, spoilt))
    return bytes(model.SerializeToString(deterministic=True))


def cases(rng: np.random.Generator, n: int, folder: Path) -> Iterator[Path]:
    """Folders, each with ``encoder.onnx`` and ``decoder.onnx``, one or both of them spoilt."""
    for k in range(n):
        case = folder / f"pair-{k}"
        case.mkdir(parents=True)
        for which, name in enumerate(("encoder.onnx", "decoder.onnx")):
            (case / name).write_bytes(pair()[which])
        (case / "sitecustomize.py").write_text("raise SystemExit")
        which = int(rng.integers(2))
        file = case / ("encoder.onnx", "decoder.onnx")[which]
        match int(rng.integers(4)):
            case 0:
                file.write_bytes(spoilt_bytes(rng, file.read_bytes()))
            case 1:
                special(rng, file)
            case _:
                file.write_bytes(bomb(rng, which))
        yield case


def attempt(case: Path) -> str:
    """The pair as an autoencoder of `pictures`; "accepted", or the AegenError that it meets."""
    from aegen.bundles import plan
    from aegen.bundles.imports import load_network

    plan(load_network(case), pictures(), rng=0)
    return "accepted"
