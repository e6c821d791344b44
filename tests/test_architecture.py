"""The house keeps its order: floors, forbidden imports, no pickle, pages that stay readings.

Each rule is a function of a folder that lists what breaks it, so that each is also run on a
folder that breaks it.
"""

import ast
import functools
import gc
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = {
    "core": 0,
    "data": 1,
    "autoencoders": 1,
    "bundles": 1,
    "samplers": 1,
    "projections": 1,
    "metrics": 1,
    "supermask": 1,
    "targeting": 2,
    "comparison": 2,
    "traversal": 2,
    "parallel": 2,
    "figures": 2,
    "app": 3,
    "benchmarks": 3,
    "commands": 4,
    "cli": 4,
    "__main__": 4,
}
"""A new part of aegen is put on its floor here, by a person who has thought about it."""

MAY = {
    ("bundles", "autoencoders"),
    ("bundles", "data"),
    ("bundles", "metrics"),
    ("bundles", "projections"),
    ("bundles", "samplers"),
    ("supermask", "autoencoders"),
    ("supermask", "data"),
}
"""Neighbours on floor 1 of which the first may import the second."""

SLOW = ("torch", "torch._dynamo", "torchvision", "streamlit", "umap", "plotly")
"""What `import aegen` must not load."""

LONGEST_PAGE = 80


def python_files(root, *folders):
    for folder in folders:
        place = root / folder
        yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


@functools.cache
def parsed(source):
    """All nodes of a text of Python, the module first."""
    return list(ast.walk(ast.parse(source)))


@pytest.fixture(scope="module", autouse=True)
def _forget_what_was_parsed():
    gc.disable()  # of a million nodes that stay it would find no garbage
    yield
    parsed.cache_clear()
    gc.enable()


def nodes_of(file):
    return parsed(file.read_text(encoding="utf-8"))


def imports_of(file):
    """Dotted names that a file imports, wherever in it: of ``from a import b`` both a and a.b."""
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def upward_imports(root):
    for file in python_files(root, "aegen"):
        parts = file.relative_to(root / "aegen").with_suffix("").parts
        own = parts[0]
        if own == "__init__":
            continue  # the front door hands out what lies behind it, on demand
        if own not in FLOORS:
            yield f"{own} has no floor: put it into FLOORS"
            continue
        for name in imports_of(file):
            if name.startswith("."):
                yield f"{'/'.join(parts)} imports {name}: write the whole name"
            below = name.split(".")[1] if name.startswith("aegen.") else own
            if below == own or below not in FLOORS:
                continue
            sideways = FLOORS[below] == FLOORS[own] == 1 and (own, below) not in MAY
            if FLOORS[below] > FLOORS[own] or sideways:
                yield f"{'/'.join(parts)} imports {name}"


def streamlit_outside_the_app(root):
    for file in python_files(root, "aegen"):
        inside = file.relative_to(root / "aegen").parts[0] == "app"
        if not inside and any(name.split(".")[0] == "streamlit" for name in imports_of(file)):
            yield str(file.relative_to(root))


ASKS_FOR_TRUST = Path("aegen/bundles/imports/torch_file.py")
"""The one file that reads what may run code, after a person has said that they trust it."""


def pickles(root):
    """Whatever could run code hidden in a file."""
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
    for file in python_files(root, "aegen", "pages", "app.py"):
        where = file.relative_to(root)
        for name in imports_of(file):
            if name.split(".")[0] in modules:
                yield f"{where} imports {name}"
        for node in nodes_of(file):
            if isinstance(node, ast.Attribute) and where != ASKS_FOR_TRUST:
                reader = ast.unparse(node) if node.attr == "load" else ""
                if reader in {"torch.load", "torch.jit.load", "torch.export.load"}:
                    yield f"{where} has {reader}"
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called == "torch.load" and "weights_only" not in {w.arg for w in node.keywords}:
                yield f"{where} does not say which {called} is meant"
            if called in {"torch.save", "joblib.load", "joblib.dump"}:
                yield f"{where} calls {called}"
            if called.endswith((".read_pickle", ".to_pickle")):
                yield f"{where} calls {called}"
            for word in node.keywords:
                off = isinstance(word.value, ast.Constant) and word.value.value is False
                if word.arg == "allow_pickle" and not off:
                    yield f"{where} calls {called} with {ast.unparse(word)}"


def unlisted_names(root):
    """Modules without ``__all__``, and names in it that the module does not have."""
    for file in python_files(root, "aegen"):
        tree = nodes_of(file)[0]
        where = file.relative_to(root)
        body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
        if not body:
            continue
        if ast.get_docstring(tree) is None:
            yield f"{where} has no docstring"
        if file.name == "__main__.py":
            continue
        listed = None
        names = set()
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                    listed = ast.literal_eval(value)
                case ast.AnnAssign(target=ast.Name(id="__all__"), value=value):
                    listed = ast.literal_eval(value)
                case (
                    ast.FunctionDef(name=name)
                    | ast.AsyncFunctionDef(name=name)
                    | ast.ClassDef(name=name)
                ):
                    names.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    names.add(name)
                case ast.Import() | ast.ImportFrom():
                    names |= {alias.asname or alias.name for alias in node.names}
                case ast.Assign(targets=targets):
                    names |= {
                        part.id
                        for target in targets
                        for part in ast.walk(target)
                        if isinstance(part, ast.Name)
                    }
        if listed is None:
            yield f"{where} has no __all__"
        elif "__getattr__" not in names:
            yield from (f"{where} lacks {name}" for name in sorted(set(listed) - names))


def pages_that_are_no_readings(root):
    for file in sorted((root / "pages").glob("*.py")):
        yield f"{file.name} lies in pages itself, which turns on Streamlit's old multipage mode"
    for file in python_files(root, "pages"):
        where = file.relative_to(root)
        source = file.read_text(encoding="utf-8")
        if len(source.splitlines()) > LONGEST_PAGE:
            yield f"{where} has more than {LONGEST_PAGE} lines"
        for name in imports_of(file):
            if name.split(".")[0] in {"numpy", "torch", "pandas", "scipy", "sklearn"}:
                yield f"{where} imports {name}: computing belongs in the library"
        for node in nodes_of(file):
            if isinstance(node, ast.Attribute):
                used = ast.unparse(node)
                if used.startswith("st.cache_"):
                    yield f"{where} caches: only aegen.app.services does"
                if used == "st.session_state":
                    yield f"{where} uses a session key: aegen.app.state has them"


RULES = [
    upward_imports,
    streamlit_outside_the_app,
    pickles,
    unlisted_names,
    pages_that_are_no_readings,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_is_kept(rule):
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (upward_imports, "aegen/samplers/a.py", "from aegen.bundles import load"),
        (upward_imports, "aegen/samplers/a.py", "def f():\n    import aegen.bundles.generation"),
        (upward_imports, "aegen/samplers/a.py", "from aegen import projections"),
        (upward_imports, "aegen/core/a.py", "from aegen.data import datasets"),
        (upward_imports, "aegen/autoencoders/a.py", "from aegen.bundles import bundles"),
        (upward_imports, "aegen/figures/a.py", "from aegen.app import state"),
        (upward_imports, "aegen/benchmarks/a.py", "from aegen.commands import app"),
        (upward_imports, "aegen/core/a.py", "from .rng import RNG"),
        (upward_imports, "aegen/attic/a.py", ""),
        (streamlit_outside_the_app, "aegen/figures/a.py", "def f():\n    import streamlit as st"),
        (streamlit_outside_the_app, "aegen/cli.py", "from streamlit.web import cli"),
        (pickles, "aegen/core/a.py", "import pickle"),
        (pickles, "aegen/core/a.py", "from pickle import loads"),
        (pickles, "aegen/core/a.py", "import torch\ntorch.load('x', weights_only=True)"),
        (pickles, "aegen/core/a.py", "import torch\ntorch.jit.load('x')"),
        (pickles, "aegen/core/a.py", "import torch\ntorch.export.load('x')"),
        (pickles, str(ASKS_FOR_TRUST), "import torch\ntorch.load('x')"),
        (pickles, "pages/a/b.py", "import numpy as np\nnp.load('x', allow_pickle=True)"),
        (pickles, "aegen/core/a.py", "np.load('x', allow_pickle=trust)"),
        (pickles, "aegen/core/a.py", "pd.read_pickle('x')"),
        (unlisted_names, "aegen/core/a.py", '"""A."""\nx = 1'),
        (unlisted_names, "aegen/core/a.py", '"""A."""\n__all__ = ["y"]\nx = 1'),
        (unlisted_names, "aegen/core/a.py", '__all__ = ["x"]\nx = 1'),
        (pages_that_are_no_readings, "pages/a.py", ""),
        (pages_that_are_no_readings, "pages/a/b.py", "x = 1\n" * 81),
        (pages_that_are_no_readings, "pages/a/b.py", "import numpy as np"),
        (pages_that_are_no_readings, "pages/a/b.py", "st.cache_data(f)"),
        (pages_that_are_no_readings, "pages/a/b.py", "st.session_state['seed'] = 1"),
    ],
)
def test_rule_sees_what_breaks_it(rule, path, source, tmp_path):
    (tmp_path / "app.py").touch()
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(source)
    assert list(rule(tmp_path))


def test_allowed_things_are_let_through(tmp_path):
    (tmp_path / "app.py").touch()
    for path, source in {
        "aegen/bundles/a.py": '"""A."""\n__all__ = ["x"]\nfrom aegen.autoencoders import x',
        "aegen/app/a.py": '"""A."""\n__all__ = []\nimport streamlit as st',
        "aegen/core/a.py": '"""A."""\n__all__ = []\nnp.load("x", allow_pickle=False)',
        "pages/a/b.py": "from aegen.app import state",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source)
    assert [list(rule(tmp_path)) for rule in RULES] == [[]] * len(RULES)


def loaded_by(*statements, slow=SLOW):
    """Which slow packages a fresh interpreter has loaded, after each statement a list."""
    told = f"print(*[m for m in {slow!r} if m in sys.modules])"
    program = "\n".join(["import sys", *(f"{line}\n{told}" for line in statements)])
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in run.stdout.splitlines()]


def test_importing_aegen_is_light():
    assert loaded_by("import aegen", "import plotly") == [[], ["plotly"]]


METHODS = "print(sum(m.startswith('aegen.samplers.') and '._' not in m for m in sys.modules))"
"""Tells how many modules of latent models are loaded, with that of their base class."""

DRAWS = """
from aegen.samplers import samplers
for name in samplers.names():
    if name not in ("flow-matching", "normalizing-flow"):
        samplers.create(name).fit([[k % 7, k % 3] for k in range(50)]).sample(2)
"""
"""Fits each latent model that is no network, and draws from it."""

AUTOENCODER = """
from aegen.core.threads import one_thread
with one_thread():
    from aegen.autoencoders import Masked
import torch
print(torch.get_num_threads())
"""
"""Loads torch, which several threads are for, where there is one, and tells how many it uses."""

STEPS = {
    "packages": (
        "import aegen.bundles, aegen.comparison, aegen.targeting, aegen.traversal, aegen.cli"
    ),
    "job": "import aegen.app.jobs.compare_samplers",
    "title": "aegen.comparison.Candidate('gaussian').title",
    "base class": "aegen.samplers.Sampler",
    "one model": f"from aegen.samplers import StandardNormal\n{METHODS}",
    "KDE": "from aegen.samplers import KDE",
    "projection": "from aegen.projections import UMAP",
    "metric and data set": "from aegen.metrics import Density\nfrom aegen.data import MNIST",
    "a draw of each": DRAWS,
    "every model": "from aegen.samplers import samplers\nfor s in samplers: samplers.get(s)",
    "autoencoder": AUTOENCODER,
    "flow": "from aegen.samplers import FlowMatching",
    "a fit of it": "FlowMatching(epochs=1, hidden=8).fit([[k] for k in range(20)])",
}
"""What a fresh interpreter does, the least first."""


@pytest.fixture(scope="module")
def after():
    """What is loaded after each of `STEPS`, taken by one process."""
    lines = loaded_by(*STEPS.values(), slow=("sklearn", "numba", "scipy.stats", *SLOW))
    names = list(STEPS)
    names.insert(names.index("one model"), "methods")
    names.insert(names.index("autoencoder"), "threads")
    return dict(zip(names, lines, strict=True))


def test_what_names_latent_models_and_metrics_does_not_load_them(after):
    """As commands do that make none, and the process that hands out a comparison's tasks."""
    assert after["packages"] == after["job"] == after["title"] == []
    assert after["base class"] == after["one model"] == []
    assert after["KDE"] == ["numba"]


def test_neither_a_methods_name_nor_its_fit_loads_what_it_does_not_need(after):
    assert after["methods"] == ["2"]
    assert after["projection"] == after["metric and data set"] == after["KDE"]
    assert after["a draw of each"] == ["numba"]
    for step in ("autoencoder", "flow", "a fit of it"):
        assert [name for name in after[step] if name in SLOW] == ["torch"]


def test_latent_models_need_no_network_library(after):
    assert not set(after["every model"]) & set(SLOW)


def test_torch_that_is_first_loaded_within_one_thread_keeps_to_it(after):
    assert after["threads"] == ["1"]


def test_names_handed_out_on_demand_are_there():
    """Where a module has ``__getattr__``, each name in its ``__all__`` can be had."""
    lazy = [
        file
        for file in python_files(ROOT, "aegen")
        if "def __getattr__" in file.read_text("utf-8")
    ]
    for file in lazy:
        parts = file.relative_to(ROOT).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        module = importlib.import_module(name)
        assert all(hasattr(module, public) for public in module.__all__)
