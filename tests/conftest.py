"""What all tests share: how Hypothesis runs, what servers keep, and data sets, real or made up."""

import os

# Files run side by side, so each keeps to one core, with all that it starts: threads that wait for
# each other on a busy core take many times as long. Read when numpy and torch are first loaded.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import functools
import gc
import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

collect_ignore = ["typing"]  # read by mypy in test_typing.py, never run

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data"
"""Where the real files lie, beside the checkout of some."""
THERE = all((REAL / name).is_dir() for name in ("mnist", "fashion_mnist", "sprites"))
if str(ROOT) not in sys.path:  # so that `from tests.evidence import ...` works from any folder
    sys.path.insert(0, str(ROOT))

# No deadlines: the first call of a compiled loop is slow. In CI the same examples every time.
settings.register_profile("aegen", deadline=None, max_examples=40, print_blob=True)
settings.register_profile("ci", settings.get_profile("aegen"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "aegen")


# The garbage collector looks through all objects after each hundred looks at the younger ones, not
# after ten: what the tests and their libraries hold is large, and little of it is ever garbage.
gc.set_threshold(*gc.get_threshold()[:2], 100)

loaded = 0


def stays_loaded():
    """What is there by now stays: the garbage collector need not look through it again.

    Streamlit has it look at everything after each run of a page, and thousands of tests and their
    libraries would make that a third of a second each time.
    """
    global loaded
    gc.freeze()
    loaded = len(sys.modules)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    gc.disable()
    try:
        return (yield)
    finally:
        keep_operators()
        stays_loaded()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Long files first, so that at the end no process is left with one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """File by file; but where two processes do other tests too, one does all browser tests.

    It starts one Chromium and one app for them. One of more processes would be the last to end.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    folder = "tests/browser/"

    class OneBrowser(LoadFileScheduling):
        def schedule(self):
            tests = next(iter(self.registered_collections.values()))
            others = not all(test.startswith(folder) for test in tests)
            self.together = self.numnodes == 2 and others
            super().schedule()

        def _split_scope(self, nodeid):
            if self.together and nodeid.startswith(folder):
                return folder
            return super()._split_scope(nodeid)

    return OneBrowser(config, log)


def pytest_runtest_logfinish():
    if len(sys.modules) > loaded + 100:  # a test was the first to need a library
        gc.collect()
        stays_loaded()
        keep_operators()


def keep_operators():
    """torch's exporter reads all its operators' source anew for each network, for a second, and
    twice lists them, for another half."""
    if "torch" in sys.modules:
        from torch._export import utils
        from torch.onnx._internal.exporter._registration import ONNXRegistry

        if not hasattr(ONNXRegistry.from_torchlib, "cache_info"):
            ONNXRegistry.from_torchlib = staticmethod(functools.cache(ONNXRegistry.from_torchlib))
            utils._materialize_cpp_cia_ops = functools.cache(utils._materialize_cpp_cia_ops)


@pytest.fixture(scope="session")
def real_data(tmp_path_factory) -> Path:
    """A folder with ``mnist``, ``fashion_mnist`` (idx files) and ``sprites/sprites.npz``.

    The real files where they lie beside the checkout, else some made-up images in the same
    formats, so a test may not count on how many there are.
    """
    if THERE:
        return REAL
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name in ("mnist", "fashion_mnist"):
        write_idx_set(folder / name, rng)
    write_sprites(folder / "sprites", rng)
    return folder


needs_real_digits = pytest.mark.skipif(
    not THERE, reason="needs the real digits beside the checkout"
)


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> dict[str, str]:
    """What servers keep on disk, as fits that take long, goes into one folder of the test run."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    (folder / "kept").mkdir(exist_ok=True)
    return {"AEGEN_CACHE": str(folder / "kept")}


@pytest.fixture(scope="session")
def one_thread():
    """Networks of tests are trained by one thread: they are small, and come out the same."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def aegen(monkeypatch, capsys, one_thread):
    """A function that runs a command in this process, as a person has it: its exit code, what it
    printed, what it complained of."""
    from aegen.cli import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["aegen", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture(scope="session")
def few_data(real_data, tmp_path_factory) -> Path:
    """As `real_data`, of idx sets the first 1,000 and 300 rows: where how well is not asked."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("mnist", "fashion_mnist"):
        (folder / name).mkdir()
        for part in (real_data / name).glob("*.gz"):
            write_first(part, folder / name / part.name, 1_000 if "train" in part.name else 300)
    (folder / "sprites").symlink_to(real_data / "sprites")
    return folder


def write_first(source: Path, place: Path, rows: int):
    """The first rows of a gzipped idx file."""
    with gzip.open(source) as file:
        kind, n = struct.unpack(">2I", file.read(8))
        sizes = struct.unpack(f">{kind % 256 - 1}I", file.read(4 * (kind % 256 - 1)))
        rows = min(rows, n)
        head = struct.pack(f">{kind % 256 + 1}I", kind, rows, *sizes)
        place.write_bytes(gzip.compress(head + file.read(rows * int(np.prod(sizes))), 1))


def write_idx_set(folder: Path, rng: np.random.Generator, train: int = 600, test: int = 100):
    """Four gzipped idx files: smooth blobs whose place tells the class."""
    folder.mkdir()
    down, across = np.mgrid[:28, :28]
    for part, n in (("train", train), ("t10k", test)):
        labels = rng.integers(0, 10, n).astype(np.uint8)
        angle = 2 * np.pi * labels / 10 + rng.normal(0, 0.1, n)
        top, left = 13.5 + 7 * np.sin(angle), 13.5 + 7 * np.cos(angle)
        square = (down - top[:, None, None]) ** 2 + (across - left[:, None, None]) ** 2
        images = (255 * np.exp(-square / 18)).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes()))


def write_sprites(folder: Path, rng: np.random.Generator, n: int = 800):
    """``sprites.npz`` with its seven factors; each picture is painted from its factors."""
    folder.mkdir()
    names = ["body", "bottomwear", "topwear", "hair", "action", "direction", "frame"]
    kinds = [6, 6, 6, 6, 3, 3, 8]
    attributes = np.stack([rng.integers(0, k, n) for k in kinds], axis=1).astype(np.uint8)
    attributes[: max(kinds)] = np.minimum(np.arange(max(kinds))[:, None], np.array(kinds) - 1)
    images = np.zeros((n, 64, 64, 3), np.uint8)
    for row, (body, bottom, top, hair, action, direction, frame) in enumerate(attributes):
        left = 16 + 4 * direction + frame
        images[row, 8:20, left : left + 16] = (40 * hair + 30, 20, 90)
        images[row, 20:36, left : left + 16] = (60, 40 * top + 30, 40 * body + 30)
        images[row, 36:52, left + 4 * action : left + 16] = (90, 60, 40 * bottom + 30)
    np.savez_compressed(
        folder / "sprites.npz",
        images=images,
        attributes=attributes,
        attribute_names=np.array(names),
        action_names=np.array(["walk", "spellcard", "slash"]),
        direction_names=np.array(["front", "left", "right"]),
    )
