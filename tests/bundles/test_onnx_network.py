"""ONNX files: what is run, what is refused before it is run, and in which words."""

import os
import subprocess
import sys
import threading

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from aegen.bundles.onnx_network import OnnxNetwork
from aegen.core.errors import BundleError, InvalidInput
from tests.conftest import ROOT
from tests.onnx_networks import affine, model, shaped

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 8)).astype(np.float32)
W, B = RNG.normal(size=(8, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32)
GOOD = affine(W, B, (8,), (3,))


def network(content, tmp_path, **options):
    return OnnxNetwork(content, tmp_path / "net.onnx", **options)


def one_node(operator, *, gives=(8,), weights=None, domains=("",), kind=None, **options):
    node = helper.make_node(operator, ["x", *(weights or {})], ["y"], **options)
    return model([node], [shaped("x", (8,), "n", kind)], [shaped("y", gives)], weights, domains)


def test_a_network_gives_what_its_file_says(tmp_path):
    net = network(GOOD, tmp_path)
    assert np.allclose(net(X), X @ W + B, atol=1e-5)
    assert net(X).dtype == np.float32
    assert (net.batch, net.input_shape, net.output_shape) == (None, (None, 8), (None, 3))
    assert net.outputs == ("y",)
    assert net(X[:0]).shape == (0, 3)
    assert net.exported(X) is net


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_fixed_batches_are_filled_up(tmp_path, batch):
    many = RNG.normal(size=(37, 8)).astype(np.float32)
    net = network(affine(W, B, (8,), (3,), batch=batch), tmp_path)
    assert net.batch == batch
    assert np.allclose(net(many), many @ W + B, atol=1e-5)
    assert net(many[:0]).shape == (0, 3)


@pytest.mark.parametrize(("dtype", "near"), [(np.float16, 2e-2), (np.float64, 1e-5)])
def test_half_and_double_precision(tmp_path, dtype, near):
    net = network(affine(W, B, (8,), (3,), dtype=dtype), tmp_path)
    assert np.allclose(net(X), X @ W + B, atol=near)
    assert net(X).dtype == np.float32
    assert net.parameters == 8 * 3 + 3


def test_rows_do_not_depend_on_those_beside_them(tmp_path):
    wide = affine(RNG.normal(size=(50, 200)), np.zeros(200), (50,), (200,), end="Tanh")
    net = network(wide, tmp_path)
    many = RNG.normal(size=(150, 50)).astype(np.float32)
    whole = net(many)
    alone = np.concatenate([net(many[k : k + 1]) for k in range(0, 150, 10)])
    assert np.array_equal(whole[::10], alone)
    assert np.array_equal(whole[30:67], net(many[30:67]))


def test_a_few_rows_at_once_are_not_filled_up(tmp_path, monkeypatch):
    net, run, sizes = network(GOOD, tmp_path), OnnxNetwork._run, []
    rows = RNG.normal(size=(100, 8)).astype(np.float32)
    net(rows)

    def counted(self, some):
        sizes.append(len(some))
        return run(self, some)

    monkeypatch.setattr(OnnxNetwork, "_run", counted)
    for n in (1, 7, 100):
        assert np.allclose(net.at_once(rows[:n]), net(rows[:n]), rtol=1e-5, atol=1e-6)
    assert sizes == [1, 16, 7, 16, 100, 64, 48]


def test_threads_share_one(tmp_path):
    net, many = network(GOOD, tmp_path), RNG.normal(size=(200, 8)).astype(np.float32)
    wanted, found = net(many), []
    threads = [threading.Thread(target=lambda: found.append(net(many))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(wanted, other) for other in found)


def test_the_output_that_is_named_is_taken(tmp_path):
    both = model(
        [helper.make_node("Neg", ["x"], ["logvar"]), helper.make_node("Abs", ["x"], ["mean"])],
        [shaped("x", (8,))],
        [shaped("logvar", (8,)), shaped("mean", (8,))],
    )
    assert np.array_equal(network(both, tmp_path)(X), -X)
    assert np.array_equal(network(both, tmp_path, output="mean")(X), np.abs(X))
    assert network(both, tmp_path, output="mean").output_shape == (None, 8)
    with pytest.raises(BundleError, match="has no output 'z'; its outputs: logvar, mean"):
        network(both, tmp_path, output="z")


def test_an_input_with_a_default_is_none(tmp_path):
    node = helper.make_node("Add", ["x", "shift"], ["y"])
    inputs = [shaped("x", (8,)), helper.make_tensor_value_info("shift", TensorProto.FLOAT, [8])]
    content = model([node], inputs, [shaped("y", (8,))], {"shift": np.ones(8, np.float32)})
    assert np.array_equal(network(content, tmp_path)(X), X + 1)


def test_functions_within_the_file_are_run(tmp_path):
    inside = helper.make_node("Add", ["a", "a"], ["b"])
    twice = helper.make_function("own", "Twice", ["a"], ["b"], [inside], [_opset("")])
    graph = helper.make_graph(
        [helper.make_node("Twice", ["x"], ["y"], domain="own")],
        "net",
        [shaped("x", (8,))],
        [shaped("y", (8,))],
    )
    made = helper.make_model(
        graph, functions=[twice], opset_imports=[_opset(""), _opset("own")], ir_version=8
    )
    assert np.array_equal(network(made.SerializeToString(), tmp_path)(X), 2 * X)


def _opset(domain, version=17):
    return helper.make_opsetid(domain, version if domain == "" else 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 a zip of torch", b'{"format": 2}', GOOD[:-40], GOOD[: len(GOOD) // 2]],
)
def test_what_is_no_onnx_file(tmp_path, content):
    with pytest.raises(BundleError, match=r"net\.onnx: is no ONNX file") as error:
        network(content, tmp_path)
    assert error.value.path == tmp_path / "net.onnx"


MINE = helper.make_node("Mine", ["x"], ["y"], domain="my.ops")


def inside_if(node):
    """A network that has the node in the branches of an If."""
    last = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    branch = helper.make_graph([node], "branch", [], [last])
    return model(
        [helper.make_node("If", ["c"], ["o"], then_branch=branch, else_branch=branch)],
        [shaped("x", (8,))],
        [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)],
        {"c": np.array(True)},
        ("", "my.ops"),
    )


def inside_function():
    opsets = [_opset(""), _opset("my.ops")]
    wrapper = helper.make_function("own", "Wrap", ["x"], ["y"], [MINE], opsets)
    graph = helper.make_graph(
        [helper.make_node("Wrap", ["x"], ["o"], domain="own")],
        "net",
        [shaped("x", (8,))],
        [shaped("o", (8,))],
    )
    opsets = [_opset(name) for name in ("", "own", "my.ops")]
    made = helper.make_model(graph, functions=[wrapper], opset_imports=opsets, ir_version=8)
    return made.SerializeToString()


@pytest.mark.parametrize(
    "content",
    [
        model([MINE], [shaped("x", (8,))], [shaped("y", (8,))], domains=("", "my.ops")),
        inside_if(MINE),
        inside_function(),
    ],
)
def test_operators_of_somebodys_own_are_refused(tmp_path, content):
    with pytest.raises(BundleError, match=r"needs the operator my\.ops\.Mine, which onnxruntime"):
        network(content, tmp_path)


def elsewhere():
    """A tensor that lies in another file of this machine."""
    tensor = onnx.load_from_string(GOOD).graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "/etc/passwd"), ("offset", "0"), ("length", "96")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def with_initializer():
    made = onnx.load_from_string(GOOD)
    made.graph.initializer[0].CopyFrom(elsewhere())
    return made.SerializeToString()


CONSTANT = helper.make_node("Constant", [], ["y"], value=elsewhere())


@pytest.mark.parametrize(
    "content",
    [
        with_initializer(),
        inside_if(CONSTANT),
        model([CONSTANT], [shaped("x", (8,))], [shaped("y", (3,))]),
    ],
)
def test_weights_in_other_files_are_never_read(tmp_path, content):
    with pytest.raises(BundleError, match=r"keeps weights in another file.*save it whole, as"):
        network(content, tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            model(
                [helper.make_node("Add", ["x", "t"], ["y"])],
                [shaped("x", (8,)), shaped("t", (8,))],
                [shaped("y", (8,))],
            ),
            r"has 2 inputs \(x, t\): export one that takes one",
        ),
        (
            model([helper.make_node("Abs", ["c"], ["y"])], [], [shaped("y", (8,))], {"c": X}),
            r"has 0 inputs \(none\)",
        ),
        (one_node("Cast", kind=TensorProto.INT64, to=1), r"takes tensor\(int64\), where floats"),
        (one_node("Cast", kind=TensorProto.UINT8, to=1), r"takes tensor\(uint8\), where floats"),
        (one_node("Mine"), "cannot be run by onnxruntime .*No Op registered for Mine"),
        (
            helper.make_model(
                onnx.load_from_string(GOOD).graph, opset_imports=[_opset("")], ir_version=99
            ).SerializeToString(),
            r"cannot be run by onnxruntime \(Unsupported model IR version: 99, max supported",
        ),
        (
            helper.make_model(
                onnx.load_from_string(GOOD).graph, opset_imports=[_opset("", 99)], ir_version=8
            ).SerializeToString(),
            r"cannot be run by onnxruntime \(ONNX Runtime only .*Opset 99",
        ),
    ],
)
def test_networks_that_cannot_be_run(tmp_path, content, said):
    with pytest.raises(BundleError, match=said) as error:
        network(content, tmp_path)
    assert "\n" not in str(error.value)
    assert "onnxruntime_src" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (one_node("ReduceMean", gives=(), keepdims=0), r"gave float32 of shape \(\) for 16 rows"),
        (one_node("ReduceMean", axes=[0], keepdims=0), r"gave float32 of shape \(8,\) for 16"),
        (one_node("Transpose", perm=[1, 0]), r"gave float32 of shape \(8, 16\) for 16 rows"),
        (one_node("SequenceConstruct"), r"\(1, 16, 8\) for 16 rows"),
        (one_node("Cast", to=TensorProto.BOOL), "gave bool"),
        (one_node("Cast", to=TensorProto.STRING), "gave object"),
    ],
)
def test_outputs_that_are_no_rows(tmp_path, content, said):
    graph = onnx.load_from_string(content)
    graph.graph.output[0].CopyFrom(onnx.ValueInfoProto(name="y"))  # whatever it is
    net = network(graph.SerializeToString(), tmp_path)
    with pytest.raises(InvalidInput, match=said) as error:
        net(X)
    assert "a row for each row" in str(error.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (X[:, :7], r"net\.onnx cannot take rows of shape \(7,\): .*Got: 7 Expected: 8"),
        (X[:, :, None], r"net\.onnx cannot take rows of shape \(8, 1\): Invalid rank"),
    ],
)
def test_rows_that_do_not_fit(tmp_path, rows, said):
    with pytest.raises(InvalidInput, match=said) as error:
        network(GOOD, tmp_path)(rows)
    assert "\n" not in str(error.value)


def test_a_network_that_asks_for_more_than_there_is(tmp_path):
    node = helper.make_node("ConstantOfShape", ["s"], ["y"])
    last = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    size = {"s": np.array([10**7, 10**7])}
    with pytest.raises(BundleError, match=r"makes 'y' of 100,000,000,000,000 numbers"):
        network(model([node], [shaped("x", (8,))], [last], size), tmp_path)


def test_large_rows_go_through_alone(tmp_path, monkeypatch):
    """Filled up to sixteen, one large picture would take the time of sixteen."""
    seen = []
    original = onnxruntime.InferenceSession.run

    def run(self, names, given):
        seen.append(len(given["x"]))
        return original(self, names, given)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", run)
    w = RNG.normal(size=(8, 5000)).astype(np.float32)
    large, small = (network(affine(w[:, :k], w[0, :k], (8,), (k,)), tmp_path) for k in (5000, 50))
    many = RNG.normal(size=(3, 8)).astype(np.float32)
    assert np.allclose(large(many), many @ w + w[0], atol=1e-4)
    assert seen == [1, 1, 1, 1]  # the first of zeros, which tells how large rows are
    large(many[:1])
    assert seen[4:] == [1]
    assert large(many[:0]).shape == (0, 5000)
    del seen[:]
    small(many)
    assert seen == [1, 16]


def test_it_says_itself_without_its_bytes(tmp_path):
    assert len(repr(network(GOOD, tmp_path))) < 300


REPORTING = """
import sys
from pathlib import Path
from aegen.bundles.onnx_network import _session
file = Path(sys.argv[1])
_session(file.read_bytes(), file)
"""


def test_onnxruntime_notes_nothing_for_its_makers(tmp_path):
    """From 1.32 it keeps a database of its use in the person's cache, and sends it."""
    own = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "x")}
    silencing = ("ORT_DISABLE_TELEMETRY", "CI", "GITHUB_ACTIONS")  # in CI it is silent by itself
    known = {k: v for k, v in os.environ.items() if k not in silencing}
    (tmp_path / "good.onnx").write_bytes(GOOD)
    words = [sys.executable, "-c", REPORTING, str(tmp_path / "good.onnx")]
    subprocess.run(words, env={**known, **own}, check=True, cwd=ROOT)
    left = [path for path in tmp_path.rglob("*") if "icrosoft" in str(path) or ".ses" in path.name]
    assert left == []


def test_what_cannot_be_opened_prints_nothing(tmp_path, capfd):
    """It printed what the file says, and tried a second time."""
    from aegen.benchmarks.fuzz_networks import pair

    said = 0
    for place in range(20, 400, 7):
        content = bytearray(pair()[0])
        content[place] ^= 0xE6
        try:
            network(bytes(content), tmp_path)
        except BundleError:
            said += 1
    assert said > 5
    out, err = capfd.readouterr()
    assert out == err == ""
