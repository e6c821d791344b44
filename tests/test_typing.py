"""What type checkers know of aegen: mypy reads use, misuse, and the examples of CONTRIBUTING."""

import re
import subprocess
import sys
from pathlib import Path

from tests.examples import EXAMPLES, checkout_with

ROOT = Path(__file__).resolve().parent.parent
USAGE, MISUSE = "tests/typing/usage.py", "tests/typing/misuse.py"


def test_use_is_typed_misuse_is_seen_and_the_examples_are_strict(tmp_path):
    """In one run, which shares what a run of mypy on the checkout has found out before."""
    checkout = checkout_with(EXAMPLES, tmp_path)
    cache = f"--cache-dir={ROOT / '.mypy_cache'}"
    found = subprocess.run(
        [sys.executable, "-m", "mypy", cache, USAGE, MISUSE, *EXAMPLES],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    seen = re.findall(r"^(\S+?):(\d+): error: .*\[([\w-]+)\]$", found.stdout, flags=re.MULTILINE)
    expected = [
        (MISUSE, str(number), line.rpartition("  # ")[2])
        for number, line in enumerate((checkout / MISUSE).read_text().splitlines(), 1)
        if "  # " in line
    ]
    assert len(expected) == 8
    assert seen == expected, found.stdout + found.stderr


def test_the_stubs_name_what_is_there():
    """A stub that is out of date is `.ci/names.py`'s to find; that it is right is this test's."""
    import importlib

    stubs = sorted((ROOT / "aegen").rglob("*.pyi"))
    assert len(stubs) == 5
    for stub in stubs:
        package = importlib.import_module(".".join(stub.parent.relative_to(ROOT).parts))
        text = stub.read_text(encoding="utf-8")
        imported = re.findall(r"(\w+) as \1\b", text)
        declared = re.findall(r"^(\w+): ", text, flags=re.MULTILINE)
        public = {*imported, *declared} - {"Family"}
        assert public >= set(package.__all__)
        assert public <= set(dir(package))
        for module, name in re.findall(r"from (\S+) import \(?\s*(\w+) as", text):
            assert getattr(package, name) is getattr(importlib.import_module(module), name)


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "aegen" / "py.typed").is_file()
