"""What a person gives as an autoencoder, in the forms in which libraries and papers have it."""

import copy
import logging
import pickle
from collections import OrderedDict, namedtuple
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from aegen.bundles.ends import find_ends, shape_of
from aegen.bundles.onnx_network import OnnxNetwork, in_batches
from aegen.bundles.torch_export import first_tensor
from aegen.core.errors import BundleError, InvalidInput, StorageError
from tests.onnx_networks import affine

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 8)).astype(np.float32)
Z = RNG.normal(size=(5, 3)).astype(np.float32)


class Net(nn.Module):
    """Eight numbers to three and back, by its own words."""

    def __init__(self, seed=0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.down, self.up = nn.Linear(8, 3), nn.Linear(3, 8)


class Methods(Net):
    def encode(self, x):
        return self.down(x)

    def decode(self, z):
        return self.up(z)


class Parts(Net):
    @property
    def encoder(self):
        return self.down

    @property
    def decoder(self):
        return self.up


class Both(Methods):
    """Where methods and parts go by the usual names, the methods are what is meant."""

    def encoder(self, x):
        raise NotImplementedError

    decoder = encoder


class Record(OrderedDict):
    """A record as diffusers and pythae have it: by key and by attribute."""

    __getattr__ = OrderedDict.__getitem__


class Gaussian:
    """What diffusers calls latent_dist."""

    def __init__(self, mean):
        self.mean, self.logvar = mean, torch.zeros_like(mean)

    def sample(self):
        return self.mean + torch.randn_like(self.mean)


Posterior = namedtuple("Posterior", "mu log_var")

OUTPUTS = {
    "tensor": lambda y: y,
    "(mean, logvar)": lambda y: (y, torch.zeros_like(y)),
    "(mean, sigma)": lambda y: [y, torch.ones_like(y)],
    "four things": lambda y: (y, y + 1, y + 2, None),
    "within": lambda y: ((y, y + 1), y + 2),
    "named tuple": lambda y: Posterior(y, y + 1),
    "dict": lambda y: {"loss": y.mean(), "z": y},
    "dict of one": lambda y: {"anything": y},
    "diffusers": lambda y: Record(latent_dist=Gaussian(y)),
    "diffusers VQ": lambda y: Record(latents=y),
    "pythae": lambda y: Record(log_covariance=y + 1, embedding=y),
    "pythae VAE": lambda y: Record(recon_loss=y.mean(), recon_x=y),
    "reconstruction": lambda y: SimpleNamespace(reconstruction=y),
    "DecoderOutput": lambda y: SimpleNamespace(sample=y),
    "distribution": lambda y: torch.distributions.Normal(y, 1),
}


def rows(end, x):
    return end(x)


def expected(net, x, which="down"):
    with torch.no_grad():
        return getattr(net, which)(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("kind", [Methods, Parts, Both])
def test_both_ends_of_a_module_are_found(kind):
    encode, decode = find_ends(kind())
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-6)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)
    assert not np.allclose(encode(X), expected(Net(seed=1), X), atol=0.1)


@pytest.mark.parametrize("form", OUTPUTS)
def test_the_tensor_that_counts_is_taken(form):
    class Returns(Methods):
        def encode(self, x):
            return OUTPUTS[form](self.down(x))

    encode, _ = find_ends(Returns())
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-6)


@pytest.mark.parametrize("nothing", [None, "latent", {}, (), SimpleNamespace(code=np.ones(3))])
def test_no_tensor_in_what_is_returned(nothing):
    with pytest.raises(
        InvalidInput, match="in which no tensor is found: give encode=lambda net, x"
    ):
        first_tensor(nothing)

    class Returns(Methods):
        def encode(self, x):
            return nothing

    with pytest.raises(InvalidInput, match="in which no tensor is found"):
        find_ends(Returns())[0](X)


def test_a_module_that_only_has_forward_is_refused_with_what_it_has():
    class Forward(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk, self.neck, self.head = nn.Linear(8, 3), nn.ReLU(), nn.Linear(3, 8)

        def forward(self, x):
            return self.head(self.neck(self.trunk(x)))

    with pytest.raises(
        InvalidInput,
        match=r"Forward has no encode or encoder; it has trunk, neck, head: give encode=lambda",
    ):
        find_ends(Forward())
    net = Forward()
    encode, decode = find_ends(
        net, encode=lambda net, x: net.trunk(x), decode=lambda net, z: net.head(z)
    )
    with torch.no_grad():
        wanted = net(torch.from_numpy(X))
    assert not np.allclose(decode(encode(X)), wanted, atol=1e-3)  # without its neck
    encode, decode = find_ends(
        net, encode=lambda net, x: net.neck(net.trunk(x)), decode=lambda net, z: net.head(z)
    )
    assert np.allclose(decode(encode(X)), wanted, atol=1e-6)


def test_one_end_alone_is_enough_where_the_other_is_given():
    class Half(Net):
        def decode(self, z):
            return self.up(z)

    with pytest.raises(InvalidInput, match=r"Half has no encode or encoder; it has down, up"):
        find_ends(Half())
    encode, decode = find_ends(Half(), encoder=Methods(seed=1).down)
    assert np.allclose(encode(X), expected(Net(seed=1), X), atol=1e-6)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)


def test_no_network_is_no_end():
    assert find_ends() == (None, None)
    encode, decode = find_ends(encoder=Net().down)
    assert encode is not None
    assert decode is None


def test_the_persons_network_is_left_alone():
    net = Methods().train()
    net.norm = nn.BatchNorm1d(3)
    find_ends(net, encode=lambda net, x: net.norm(net.down(x)))[0](X)
    assert net.training
    assert net.norm.num_batches_tracked == 0


def test_dropout_and_half_precision_are_off():
    class Half(Methods):
        def encode(self, x):
            return nn.functional.dropout(self.down(x), 0.5, self.training)

    encode, _ = find_ends(Half().half().train())
    assert np.array_equal(encode(X), encode(X))
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-2)


def test_what_cannot_be_copied_is_said():
    net = Methods()
    net.lock = __import__("threading").Lock()
    with pytest.raises(InvalidInput, match=r"the network cannot be copied .*give functions"):
        find_ends(net)


def test_a_network_without_weights_is_said():
    with torch.device("meta"):
        net = Methods()
    with pytest.raises(InvalidInput, match=r"cannot be copied .*Cannot copy out of meta tensor"):
        find_ends(net)


def test_what_runs_on_many_gpus_is_unwrapped():
    encode, decode = find_ends(nn.DataParallel(Methods()))
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-6)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)


def test_modules_that_raise_say_so_in_a_sentence():
    encode, decode = find_ends(Methods())
    with pytest.raises(
        InvalidInput, match=r"^the encoder cannot take rows of shape \(7,\) \(RuntimeError: mat1"
    ) as error:
        encode(X[:, :7])
    assert "\n" not in str(error.value)
    with pytest.raises(InvalidInput, match=r"^the decoder cannot take rows of shape \(8,\)"):
        decode(X)


@pytest.mark.skipif(
    torch.cuda.is_available(), reason="there is a GPU here, which is what is meant"
)
def test_code_for_a_gpu_runs_without_one():
    class Cuda(Net):
        def encode(self, x):
            self.down.cuda()
            return self.down(x.cuda()) + torch.zeros(3, device="cuda")

        def decode(self, z):
            return self.up(z.to("cuda:0", torch.float32)).to(torch.device("cuda"))

    encode, decode = find_ends(Cuda())
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-6)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)
    with pytest.raises(Exception, match=r"NVIDIA|CUDA|cuda"):  # nobody else is concerned
        torch.zeros(3).cuda()


def test_views_of_grey_pictures_are_taken():
    """Strides of a grey picture that was channels last make torch's convolutions channels last."""

    class Grey(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def encode(self, x):
            return self.conv(x).view(len(x), -1)

        def decode(self, z):
            return z.view(len(z), 2, 4, 4)

    pictures = RNG.random((64, 6, 6, 1)).astype(np.float32)  # a whole batch: it is not copied
    encode, decode = find_ends(Grey())
    z = encode(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    assert decode(z).shape == (64, 2, 4, 4)


# Files of torch networks


@pytest.fixture(scope="module")
def exported():
    """Both ends of a network as ONNX, from code for a GPU."""

    class Cuda(Methods):
        def encode(self, x):
            return {"z": self.down(x.cuda())}

    encode, decode = find_ends(Cuda())
    return encode.exported(X), decode.exported(Z)


def test_a_torch_network_becomes_a_file_that_gives_the_same(exported):
    encode, decode = exported
    assert np.allclose(encode(X), expected(Net(), X), atol=1e-6)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)
    assert encode.batch is None  # any number of rows
    assert encode.input_shape == (None, 8)
    assert encode.output_shape == (None, 3)
    assert encode.parameters == 8 * 3 + 3


def test_the_file_says_nothing_of_the_persons_machine(exported):
    for network in exported:
        assert str(Path(__file__).parent).encode() not in network.content
        assert b".py" not in network.content


def test_the_exporter_speaks_to_nobody_and_leaves_logging_as_it_was(capfd):
    before = logging.root.manager.disable
    encode, _ = find_ends(Methods(seed=3))
    encode.exported(X)
    assert logging.root.manager.disable == before
    assert capfd.readouterr() == ("", "")


def test_a_batch_that_is_written_down_is_filled_up():
    class Sixteen(Methods):
        def encode(self, x):
            return self.down(x.view(16, 8))

    encode, _ = find_ends(Sixteen())
    network = encode.exported(X)
    assert network.batch == 16
    assert network(X).shape == (5, 3)
    many = RNG.normal(size=(37, 8)).astype(np.float32)
    assert np.allclose(network(many), expected(Net(), many), atol=1e-6)


def test_a_file_that_gives_something_else_is_refused(monkeypatch):
    other = affine(RNG.normal(size=(8, 3)), np.zeros(3), (8,), (3,))
    encode, _ = find_ends(Methods())
    monkeypatch.setattr(encode, "_export", lambda rows, open_batch: other)
    with pytest.raises(InvalidInput, match=r"as ONNX \(what was exported differs by \d"):
        encode.exported(X)


def test_what_cannot_be_exported_is_said_with_what_to_do():
    class Branches(Methods):
        def encode(self, x):
            return self.down(x) if x.sum() > 0 else self.down(-x)

    with pytest.raises(
        InvalidInput, match=r"the encoder cannot be written as ONNX .*give functions, encode="
    ) as error:
        find_ends(Branches())[0].exported(X)
    assert "\n" not in str(error.value)
    assert "data-dependent" in str(error.value)  # the reason, and not which step of how many


# Functions


class Keeper:
    """Somebody's own class: no module."""

    def __init__(self):
        self.w = RNG.normal(size=(8, 3)).astype(np.float32)

    def encode(self, x):
        return x @ self.w

    def decode(self, z):
        return z @ self.w.T


def test_functions_of_arrays_and_of_tensors():
    keeper, net = Keeper(), Net()
    encode, decode = find_ends(encode=keeper.encode, decode=lambda z: torch.relu(net.up(z)))
    assert np.allclose(encode(X), X @ keeper.w, atol=1e-5)
    assert np.allclose(decode(Z), np.maximum(expected(net, Z, "up"), 0), atol=1e-6)
    assert encode.exported(X) is None
    weights = net.down.weight  # numpy cannot multiply by what has a gradient
    encode, _ = find_ends(encode=lambda x: x @ weights.T)
    assert np.allclose(encode(X), X @ weights.detach().numpy().T, atol=1e-6)


def test_the_methods_of_an_object_are_its_ends():
    keeper = Keeper()
    encode, decode = find_ends(keeper)
    assert np.allclose(encode(X), X @ keeper.w, atol=1e-5)
    assert np.allclose(decode(Z), Z @ keeper.w.T, atol=1e-5)
    encode, _ = find_ends(keeper, encode=lambda it, x: 2 * it.encode(x))
    assert np.allclose(encode(X), 2 * X @ keeper.w, atol=1e-5)


def test_methods_of_a_module_are_the_modules_own():
    net = Methods()
    for given in (None, net):
        encode, decode = find_ends(given, encode=net.encode, decode=net.decode)
        assert np.allclose(encode(X), expected(net, X), atol=1e-6)
        assert hasattr(decode, "net")  # it can be exported


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x[:2], r"gave float32 of shape \(2, 8\) for 16 rows"),
        (lambda x: x.astype(str), "gave <U32 of shape"),
        (lambda x: x.mean(), r"gave float32 of shape \(\) for 16 rows"),
        (lambda x: [1, 2, 3], "in which no tensor is found"),
        (
            lambda x: 1 / 0,
            r"encode cannot take rows of shape \(8,\) \(ZeroDivisionError: division",
        ),
        (lambda x: x.missing(), "AttributeError"),
        (lambda: None, "TypeError"),
    ],
)
def test_functions_that_do_not_answer(function, said):
    encode, _ = find_ends(encode=function)
    with pytest.raises(InvalidInput, match=said):
        encode(X)


# Files


@pytest.fixture
def pair(tmp_path):
    """A folder that holds encoder.onnx and decoder.onnx."""
    w = RNG.normal(size=(8, 3))
    (tmp_path / "encoder.onnx").write_bytes(affine(w, np.zeros(3), (8,), (3,)))
    (tmp_path / "decoder.onnx").write_bytes(affine(w.T, np.zeros(8), (3,), (8,)))
    return tmp_path


def test_files_in_every_form(pair):
    files = pair / "encoder.onnx", pair / "decoder.onnx"
    wanted = OnnxNetwork(files[0].read_bytes(), files[0])(X)
    for given in [
        {"network": pair},
        {"network": str(pair)},
        {"network": files},
        {"network": list(map(str, files))},
        {"network": tuple(file.read_bytes() for file in files)},
        {"encoder": files[0], "decoder": files[1]},
        {"encoder": OnnxNetwork(files[0].read_bytes(), files[0]), "decoder": str(files[1])},
    ]:
        encode, decode = find_ends(**given)
        assert np.array_equal(encode(X), wanted)
        assert shape_of(encode, output=False) == (None, 8)
        assert shape_of(decode, output=True) == (None, 8)
        assert encode.exported(X) is encode


def test_one_end_of_each_kind(pair):
    encode, decode = find_ends(Methods(), encoder=pair / "encoder.onnx")
    assert isinstance(encode, OnnxNetwork)
    assert np.allclose(decode(Z), expected(Net(), Z, "up"), atol=1e-6)
    assert shape_of(decode, output=True) is None


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"network": ("a", "b", "c")}, InvalidInput, "a pair must be an encoder and a decoder"),
        ({"network": (b"", b""), "encoder": "e.onnx"}, InvalidInput, "given once"),
        ({"network": "absent"}, StorageError, "there is no such file or folder"),
        ({"network": 3}, InvalidInput, "int has no encode or encoder: give encode="),
        ({"encoder": "net.pt"}, StorageError, "there is no such file or folder"),
        ({"encoder": "absent.onnx"}, StorageError, "there is no such file"),
        ({"encoder": 3}, InvalidInput, "must be an .onnx file, a torch module or a function, got"),
        ({"encode": "encode"}, InvalidInput, "encode must be a function, got str"),
        ({"decode": len, "decoder": "d.onnx"}, InvalidInput, "give decode= or decoder=, not both"),
        ({"encoder": b""}, BundleError, "is no ONNX file, or one without a network"),
        ({"encoder": b"PK\x03\x04 a zip"}, BundleError, r"encoder\.onnx: is no ONNX file"),
    ],
)
def test_what_is_no_autoencoder(given, kind, said):
    with pytest.raises(kind, match=said):
        find_ends(**given)


def test_copies_of_a_network_open_its_bytes_again(pair):
    network = OnnxNetwork((pair / "encoder.onnx").read_bytes(), pair / "encoder.onnx")
    wanted = network(X)
    assert copy.deepcopy({"net": network})["net"] is network
    again = pickle.loads(pickle.dumps(network))
    assert again is not network
    assert np.array_equal(again(X), wanted)
    named = OnnxNetwork(network.content, network.path, "y")
    assert pickle.loads(pickle.dumps(named)).output == "y"


def test_batches_are_of_a_few_sizes_and_rows_keep_their_results():
    seen = []

    def run(part):
        seen.append(len(part))
        assert part.flags.writeable
        return 2 * part

    many = RNG.normal(size=(150, 8)).astype(np.float32)
    many.setflags(write=False)
    assert np.array_equal(in_batches(run, many), 2 * many)
    assert seen == [64, 64, 32]
    assert in_batches(run, many[:0]).shape == (0, 8)
    assert seen[-1] == 16
    assert np.array_equal(in_batches(run, many, 7), 2 * many)
    assert set(seen[4:]) == {7}


def test_a_network_that_writes_into_its_input_changes_nothing_else():
    class InPlace(Methods):
        def encode(self, x):
            return self.down(x.sub_(1))

    def encode_array(x):
        x -= 1
        return x[:, :3]

    net = Methods()

    def encode_either(x):
        x -= 1  # of an array too, before the network refuses one
        return net.down(x)

    rows = RNG.normal(size=(16, 8)).astype(np.float32)  # a whole batch
    kept = rows.copy()
    encode, _ = find_ends(encode=encode_either)
    assert np.allclose(encode(rows), expected(net, rows - 1), atol=1e-6)
    for encode, _ in (find_ends(InPlace()), find_ends(encode=encode_array)):
        assert np.array_equal(encode(rows), encode(rows))
        assert np.array_equal(rows, kept)
