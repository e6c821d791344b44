"""Networks of a few bytes that would compute for hours or fill the memory are not run."""

import itertools

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from aegen.benchmarks.fuzz_networks import bomb, loop, pair, parts
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.core.errors import BundleError, InvalidInput
from tests.onnx_networks import model, shaped

X = np.zeros((2, 4, 4), np.float32)


def before(*nodes, **weights):
    """The bytes of a network that does this with its rows, and gives their sum with them."""
    total = helper.make_node("ReduceSum", ["made"], ["sum"], keepdims=0)
    end = helper.make_node("Add", ["x", "sum"], ["y"])
    made = [helper.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    return model([*made, total, end], [shaped("x", (4, 4))], [shaped("y", (4, 4))], weights)


def whole(*numbers):
    return np.array(numbers, np.int64)


def doubled(times):
    names = ["x", *(f"d{k}" for k in range(times)), "made"]
    return before(*(("Concat", [a, a], [b], {"axis": 1}) for a, b in itertools.pairwise(names)))


LARGE = [
    before(("ConstantOfShape", ["s"], ["made"]), s=whole(10**6, 1000)),
    before(("Expand", ["x", "s"], ["made"]), s=whole(10**8, 4, 4)),
    before(("Tile", ["x", "s"], ["made"]), s=whole(1, 10**8, 1)),
    before(("Pad", ["x", "s"], ["made"]), s=whole(0, 0, 0, 0, 10**5, 10**5)),
    before(("Range", ["a", "b", "c"], ["made"]), a=whole(0)[0], b=whole(10**10)[0], c=whole(1)[0]),
    doubled(40),
]


@pytest.mark.parametrize("content", LARGE)
def test_values_of_gigabytes_are_told_before_anything_runs(content, tmp_path, monkeypatch):
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", None)
    with pytest.raises((BundleError, InvalidInput), match=r"makes '\w+' of [\d,]+ numbers"):
        OnnxNetwork(content, tmp_path / "net.onnx")(X)


def test_the_same_networks_run_where_they_are_small(tmp_path):
    for content in (
        before(("ConstantOfShape", ["s"], ["made"]), s=whole(10, 10)),
        before(("Expand", ["x", "s"], ["made"]), s=whole(10, 1, 1, 1)),
        before(("Tile", ["x", "s"], ["made"]), s=whole(1, 2, 1)),
        doubled(3),
    ):
        assert OnnxNetwork(content, tmp_path / "net.onnx")(X).shape == (2, 4, 4)


def test_rows_that_grow_with_a_pictures_side_are_counted_for_that_side(tmp_path):
    """Nothing is large in the file: every row times every other one of a large picture."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["a"]),
        helper.make_node("Transpose", ["a"], ["b"], perm=[1, 0]),
        helper.make_node("MatMul", ["b", "a"], ["c"]),
        helper.make_node("ReduceSum", ["c"], ["d"], keepdims=0),
        helper.make_node("Add", ["x", "d"], ["y"]),
    ]
    open_ = shaped("x", ("h", "w")), shaped("y", ("h", "w"))
    net = OnnxNetwork(model(nodes, [open_[0]], [open_[1]]), tmp_path / "net.onnx")
    assert net.at_once(np.zeros((1, 8, 8), np.float32)).shape == (1, 8, 8)
    with pytest.raises(InvalidInput, match="makes 'c' of 1,099,511,627,776 numbers"):
        net(np.zeros((1, 1024, 1024), np.float32))


def test_work_without_end_is_refused(tmp_path):
    names = ["x", *(f"d{k}" for k in range(25_000)), "made"]
    many = before(*(("Sin", [a], [b]) for a, b in itertools.pairwise(names)))
    with pytest.raises(BundleError, match="25,003 nodes, at most 20,000"):
        OnnxNetwork(many, tmp_path / "net.onnx")
    kernel = np.ones((64, 1, 64, 64), np.float32)
    dear = before(
        ("Expand", ["x", "s"], ["e"]),
        ("Reshape", ["e", "r"], ["f"]),
        ("Conv", ["f", "k"], ["made"]),
        s=whole(2**16, 4, 4),
        r=whole(1, 1, 1024, 1024),
        k=kernel,
    )
    with pytest.raises((BundleError, InvalidInput), match=r"products at a time|of [\d,]+ numbers"):
        OnnxNetwork(dear, tmp_path / "net.onnx")(X)


def test_loops_are_refused(tmp_path):
    with pytest.raises(BundleError, match="the operator Loop, which may never end"):
        OnnxNetwork(loop(*parts(0), 10**9), tmp_path / "net.onnx")


def test_a_fixed_number_of_rows_is_no_way_round(tmp_path):
    add = helper.make_node("Add", ["x", "x"], ["y"])
    content = model([add], [shaped("x", (4, 4), 10**8)], [shaped("y", (4, 4), 10**8)])
    with pytest.raises(BundleError, match="makes 'x' of 1,600,000,000 numbers"):
        OnnxNetwork(content, tmp_path / "net.onnx")
    few = model([add], [shaped("x", (4, 4), 100)], [shaped("y", (4, 4), 100)])
    assert OnnxNetwork(few, tmp_path / "net.onnx")(X).shape == (2, 4, 4)


def test_what_is_wide_inside_goes_through_alone(tmp_path, monkeypatch):
    seen = []
    original = onnxruntime.InferenceSession.run

    def run(self, names, given):
        seen.append(len(given["x"]))
        return original(self, names, given)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", run)
    content = before(("Tile", ["x", "s"], ["made"]), s=whole(1, 2**16, 1))
    net = OnnxNetwork(content, tmp_path / "net.onnx")
    net(X)
    net.at_once(X)
    assert set(seen) == {1}


@pytest.mark.parametrize("seed", range(30))
def test_no_bomb_gets_through(seed, tmp_path):
    """Small networks among them run; others are refused in a sentence."""
    rng = np.random.default_rng(seed)
    which = seed % 2
    shape = ((2, 1, 16, 16), (2, 3))[which]
    try:
        net = OnnxNetwork(bomb(rng, which), tmp_path / "net.onnx")
        net(np.zeros(shape, np.float32))
    except (BundleError, InvalidInput) as problem:
        said = str(problem)
    else:
        said = "runs"
    assert 0 < len(said) < 500


def test_the_sound_pair_runs(tmp_path):
    encoder, decoder = (OnnxNetwork(content, tmp_path / "net.onnx") for content in pair())
    z = encoder(np.zeros((2, 1, 16, 16), np.float32))
    assert decoder(z).shape == (2, 1, 16, 16)
