"""Adding a method is adding a file: CONTRIBUTING.md's five, through all that a method must pass.

Each is written from the text into a checkout, as a reader would, and no other file is touched.
What runs on it are the very tests of the methods that are there: they find it by themselves.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.examples import EXAMPLES, checkout_with
from tests.test_architecture import SLOW

LEAST = {
    "aegen/samplers": 100,
    "aegen/metrics": 20,
    "aegen/projections": 7,
    "aegen/data": 5,
    "aegen/autoencoders/networks": 7,
}
"""How many tests at least a method of the folder joins, doctest included."""

RULES = ("upward_imports", "streamlit_outside_the_app", "pickles", "unlisted_names")
EVERYWHERE = (
    *(f"tests/test_architecture.py::test_rule_is_kept[{rule}]" for rule in RULES),
    "tests/app/pages/test_compare.py::"
    "test_every_metric_of_the_quick_set_shows_and_those_that_no_set_names",
)
"""Tests of all methods together."""


WRONG = {
    "aegen/samplers/shuffled_rows.py": ("spoilt_rows", "self.rows_ = z.copy()", "self.rows_ = z"),
    "aegen/metrics/spread_ratio.py": (
        "spoilt_ratio",
        "value / 2 * (1 - real",
        "value * (1 - real",
    ),
    "aegen/projections/random_plane.py": ("spoilt_plane", "/ np.sqrt(2)", "* np.nan"),
    "aegen/data/stripes.py": ("spoilt_bands", "np.arange(600) % 6 == 0", "np.arange(600) % 6"),
    "aegen/autoencoders/networks/perceptron.py": ("spoilt_network", '"hidden": hidden,', ""),
}
"""What is changed in each example, and the name that this is put beside it by."""

SEEN_BY = ("neither_changed", "stated_errors", "have_a_place", "is_whole", "make_it_again")


def spoilt(path):
    """A wrong method as a file: its path and its text."""
    stem, right, wrong = WRONG[path]
    source = EXAMPLES[path]
    assert right in source
    [kind] = re.findall(r"^class (\w+)", source, flags=re.MULTILINE)
    words = stem.replace("_", " ")
    text = source.replace(right, wrong).replace(kind, words.title().replace(" ", ""))
    text = re.sub('    title = ".*"', f'    title = "{words.capitalize()}"', text)
    return str(Path(path).with_stem(stem)), text


SPOILT = dict(map(spoilt, WRONG))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return checkout_with(EXAMPLES | SPOILT, tmp_path_factory.mktemp("checkout"))


IMPORTS = "\n".join(
    f"from {'.'.join(Path(path).parent.parts)} import {kind}"
    for path, source in EXAMPLES.items()
    for kind in re.findall(r"^class (\w+)", source, flags=re.MULTILINE)
).replace("autoencoders.networks", "autoencoders")

ALL = f"""
import sys
from aegen.samplers import samplers
for name in samplers: samplers.get(name)
print("loaded", *(set({SLOW}) & set(sys.modules)))
{IMPORTS}
import runpy, pytest
ended = pytest.main(sys.argv[1:])
print("tests ended")
for sys.argv[1:] in (["--check"], [], ["--check"]):
    try:
        runpy.run_path(".ci/names.py", run_name="__main__")
    except SystemExit as end:
        print("names ended with", int(end.code))
sys.exit(ended)
"""
"""Latent models are loaded, then all methods by name, and tested; then what editors are told of
them is looked at, written, and looked at again. By one process, as all that loads the same
libraries."""


def run(checkout, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    return subprocess.run(
        [sys.executable, *words],
        cwd=checkout,
        env=environment | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )


def words_of(paths):
    """What the tests that these methods join have in their names, as pytest's ``-k`` has it."""
    stems = [Path(path).stem for path in paths]
    return " or ".join(f"{stem} or {stem.replace('_', '-')}" for stem in stems)


def contract(checkout):
    """Runs `ALL`: the tests that the examples join, `EVERYWHERE`, and those that see the wrong.

    Gives what came of it, and the outcomes of the tests of each method.
    """
    tests = [
        str(file.relative_to(checkout))
        for file in sorted((checkout / "tests").rglob("test_*.py"))
        if re.search(
            r"\b(samplers|metrics|projections|datasets|architectures)\.names\(\)",
            file.read_text("utf-8"),
        )
    ]
    seen = f"({words_of(SPOILT)}) and ({' or '.join(SEEN_BY)})"
    chosen = " or ".join(
        [words_of(EXAMPLES), seen, *(test.partition("::")[2] for test in EVERYWHERE)]
    )
    files = dict.fromkeys((*tests, *(test.partition("::")[0] for test in EVERYWHERE)))
    found = run(checkout, "-c", ALL, "-n", "0", "-q", "-rA", "-k", chosen, *files, *EXAMPLES)
    outcomes = {path: Counter() for path in (*EXAMPLES, *SPOILT)}
    for outcome, test in re.findall(r"^([A-Z]+) (\S.*)$", found.stdout, flags=re.MULTILINE):
        for path, counts in outcomes.items():
            if Path(path).stem in test.replace("-", "_"):
                counts[outcome] += 1
    return found, outcomes


def test_there_is_one_of_each_kind():
    assert sorted(str(Path(path).parent) for path in EXAMPLES) == sorted(LEAST)


@pytest.fixture(scope="module")
def ran(checkout):
    return contract(checkout)


def test_they_pass_the_contract_of_their_family(ran):
    found, outcomes = ran
    for path in EXAMPLES:
        assert set(outcomes[path]) <= {"PASSED", "SKIPPED"}, found.stdout[-6000:]
        assert outcomes[path]["PASSED"] >= LEAST[str(Path(path).parent)], (path, outcomes[path])


def test_wrong_ones_do_not_pass(ran):
    found, outcomes = ran
    assert all(outcomes[path]["FAILED"] for path in SPOILT), outcomes
    assert found.returncode == pytest.ExitCode.TESTS_FAILED, found.stderr


@pytest.mark.parametrize("test", EVERYWHERE, ids=lambda test: test.rpartition("::")[2])
def test_they_are_found_by_all_that_looks_at_every_method(ran, test):
    assert f"PASSED {test}\n" in ran[0].stdout, ran[0].stdout[-6000:]


def test_the_latent_model_needs_no_network_library(ran):
    assert ran[0].stdout.startswith("loaded\n"), ran[0].stdout[:100]


def test_the_linter_has_nothing_to_say(checkout):
    for words in (("check",), ("format", "--check")):
        found = run(checkout, "-m", "ruff", *words, *EXAMPLES)
        assert found.returncode == 0, found.stdout


def test_they_are_imported_by_name_and_written_where_editors_look(checkout, ran):
    found = ran[0]
    told = found.stdout.partition("tests ended\n")[2]
    stale, written, again, end = told.split("names ended with ")
    assert stale.count("__init__.pyi") == written.count("__init__.pyi") == len(EXAMPLES)
    assert (written[0], again.strip(), end.strip()) == ("1", "1", "0")
    for line in IMPORTS.splitlines():
        stub = checkout / line.split()[1].replace(".", "/") / "__init__.pyi"
        assert f"{line.split()[-1]} as {line.split()[-1]}" in stub.read_text("utf-8")
