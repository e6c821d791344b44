"""Killed at any moment, work goes on to the same end; what does not is told from what does."""

import json
import subprocess
import sys

import pytest

from aegen.benchmarks import kills
from aegen.core.errors import UnknownName

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills are tried on Linux")

EVERY = """
import json, sys, tempfile
from dataclasses import asdict
from pathlib import Path
from aegen.benchmarks.kills import killed, undisturbed
from tests.benchmarks import careless
found = {}
for name in sys.argv[1:]:
    subject = getattr(careless, name)()
    held = tempfile.TemporaryDirectory()
    place = Path(held.name)
    whole = undisturbed(subject, None, place / "whole")
    moments = [("operation", k + 1) for k in range(whole.run.operations)]
    moments += [("time", k * whole.run.seconds / 4) for k in range(1, 5)]
    kills = [
        killed(subject, None, place / f"kill-{k}", whole, *moment)
        for k, moment in enumerate(moments)
    ]
    found[name] = [asdict(each) for each in kills]
print(json.dumps(found))
"""

DOZEN = """
import json
from dataclasses import asdict
from aegen.benchmarks.kills import kills
print(json.dumps([asdict(each) for each in kills(12, only=["supermask train"])]))
"""


def kills_of(program, *words):
    """Kills as another process tells of them, which forks without this one's threads."""
    words = [sys.executable, "-c", program, *map(str, words)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def of_programs():
    """Every kill of each program, by its name."""
    return kills_of(EVERY, "Careful", "Litters", "Halves", "GivesUp")


def test_a_training_of_masks_survives_a_dozen_kills():
    found = kills_of(DOZEN)
    assert [kill["faults"] for kill in found] == [[]] * 12
    assert [kill["how"] for kill in found] == ["operation", "time"] * 6
    assert sum(kill["landed"] for kill in found if kill["how"] == "operation") >= 5
    assert max(kill["lost"] for kill in found) <= 1


def test_work_that_is_kept_unit_by_unit_has_no_faults(of_programs):
    found = of_programs["Careful"]
    assert [kill["faults"] for kill in found] == [[]] * len(found)
    assert sum(kill["landed"] for kill in found) > 8


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("Litters", "is left over: "),
        ("Litters", "units were lost"),
        ("Halves", "is another: result.txt"),
        ("GivesUp", "started again it ended with code 3: it was begun before"),
        ("GivesUp", "is missing: result.txt"),
    ],
)
def test_what_a_kill_harms_is_found(program, fault, of_programs):
    assert any(fault in said for kill in of_programs[program] for said in kill["faults"])


def test_names_that_are_not_there_are_told():
    with pytest.raises(UnknownName, match="no subject named 'trian'; did you mean 'train'"):
        list(kills.kills(1, only=["trian"]))


def test_times_that_something_took_are_no_difference():
    said = json.dumps([{"epoch": 1, "seconds": 2.0, "fit_seconds": 3.0}])
    assert kills._timeless(said) == [{"epoch": 1}]
    assert kills._timeless("no JSON") == "no JSON"
