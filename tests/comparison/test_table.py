"""The table of results: what it says of figures whose truth is known."""

import csv
import io

import numpy as np
import pytest

from aegen.comparison import HELD_OUT, Candidate, Figure, Result, Table, Task, metric_specs
from aegen.comparison.table import NOT_ASKED, number, to_csv, to_markdown

A, B, C, D = (Candidate(name) for name in ("gaussian", "kde", "bootstrap", "gaussian-mixture"))
METRIC_SPECS = metric_specs(["codes/earth-movers-distance,codes/distance-ratio"])
EMD, RATIO = METRIC_SPECS


def result(candidate, seed, emd, ratio=1.0, *, error=0.01, problem=None, missing=None):
    """A result of a candidate whose figures have the given values and one error."""
    task = Task("here", candidate, seed, 100, METRIC_SPECS)
    if problem:
        return Result(task, problem=problem)
    # Half of the variance from the reference, shared by all, half from the draws.
    influences = np.random.default_rng(seed).normal(size=100)
    influences = (influences / influences.std() * error * np.sqrt(50)).astype(np.float32)
    figures = {
        c.key: Figure(value, influences, error**2 / 2)
        for c, value in ((EMD, emd), (RATIO, ratio))
        if c.key not in (missing or {})
    }
    return Result(task, figures, missing or {}, 100, 5.0, 0.5 + seed, 0.01, None)


def table(*results, candidates=(A, B)):
    found = Table("here", candidates, METRIC_SPECS)
    for each in results:
        found.add(each)
    return found


def test_a_winner_is_marked_only_where_resolved():
    clear = table(result(A, 0, 1.0), result(B, 0, 1.2), result(C, 0, 0.1))
    assert clear.winner(EMD) == A  # the reference C does not compete
    assert clear.level(EMD) == [A]
    unclear = table(result(A, 0, 1.0), result(B, 0, 1.01))
    assert unclear.winner(EMD) is None
    assert unclear.level(EMD) == [A, B]
    assert table(result(A, 0, 1.0)).winner(EMD) is None


def test_no_one_wins_by_failing_where_it_is_hard():
    rows = [result(A, 0, 1.0), result(B, 0, 1.2), result(B, 1, 1.2)]
    assert table(*rows, result(A, 1, 1.0)).winner(EMD) == A
    assert table(*rows, result(A, 1, 1.0, missing={EMD.key: "no"})).winner(EMD) is None


def test_no_one_wins_by_being_better_than_real_rows():
    rows = [result(A, 0, 1.0), result(B, 0, 1.2)]
    assert table(*rows, result(HELD_OUT, 0, 0.99)).winner(EMD) == A
    assert table(*rows, result(HELD_OUT, 0, 1.1)).winner(EMD) is None


def test_where_the_best_depends_on_the_data_no_one_wins():
    authenticity = metric_specs(["codes/authenticity"])
    found = Table("here", (A, B), authenticity)
    for candidate, value in ((A, 0.5), (B, 0.9)):
        task = Task("here", candidate, 0, 100, authenticity)
        influences = np.zeros(100, np.float32)
        found.add(Result(task, {"codes/authenticity": Figure(value, influences, 1e-6)}, {}, 100))
    assert found.difference(B, A, authenticity[0]).resolved
    assert found.winner(authenticity[0]) is None


def test_who_copies_is_said_and_does_not_compete():
    found = table(result(A, 0, 1.0, ratio=0.89), result(B, 0, 1.2, ratio=0.9))
    assert found.copies(A)
    assert not found.copies(B)
    assert not found.copies(HELD_OUT)  # nothing is known
    assert found.winner(EMD) is None  # nobody is left to be better than
    assert found.level(EMD) == [B]
    rows = [*found.results, result(D, 0, 1.4)]
    assert table(*rows, candidates=(A, B, D)).winner(EMD) == B


WORSE, HALVES = "nearest-neighbour-worse-half", ("real", "generated")


def ranked_table(worse, left_out, ratios, candidates=(A, B, D)):
    """Candidates with a worse half by each reference, and a distance ratio."""
    specs = metric_specs([f"left-out/{WORSE},codes/{WORSE},codes/distance-ratio"])
    found = Table("here", candidates, specs)
    for k, candidate in enumerate(candidates):
        figures = {
            f"left-out/{WORSE}": left_out[k],
            f"codes/{WORSE}": worse[k],
            "codes/distance-ratio": ratios[k],
            "codes/nearest-neighbour-accuracy-real": 0.5 + worse[k],
            "codes/nearest-neighbour-accuracy-generated": 0.5,
            "codes/nearest-neighbour-accuracy": 0.5 + worse[k] / 2,
        }
        known = {key: Figure(v) for key, v in figures.items() if v is not None}
        asked = tuple(spec for spec in specs if spec.key in known)
        found.add(Result(Task("here", candidate, 0, 100, asked), known, {}, 100))
    return found


def test_models_are_ranked_by_their_worse_half_and_copiers_come_last():
    found = ranked_table([0.03, 0.02, 0.01], [0.01, 0.02, 0.0], [1.0, 1.1, 0.5])
    assert found.ranking.key == f"left-out/{WORSE}"
    assert found.ranked() == [A, B, D]
    # By held-out codes where one has no other figure.
    found = ranked_table([0.03, 0.02, 0.01], [0.01, None, 0.0], [1.0, 1.1, 0.5])
    assert found.ranking.key == f"codes/{WORSE}"
    assert found.ranked() == [B, A, D]
    assert found.why(B, found.metric_specs[0]) == NOT_ASKED
    assert table(result(A, 0, 1.0)).ranked() == []


def test_halves_stand_beside_the_figure_in_every_form():
    found = ranked_table([0.03, 0.02, 0.01], [0.01, 0.02, 0.0], [1.0, 1.1, 0.5])
    text = to_markdown(found).splitlines()
    assert "1-NN worse half in codes (real rows, generated rows, 1-NN accuracy)" in text[0]
    assert [line.split("|")[1].strip() for line in text[2:5]] == [
        A.title,
        B.title,
        f"{D.title} (copies)",
    ]
    assert "0.03000 (0.530, 0.500, 0.515)" in text[2]
    lines = list(csv.DictReader(io.StringIO(to_csv([found]))))
    values = [
        float(line["value"])
        for line in lines
        if line["metric"].endswith("-real") and line["space"] == "codes" and line["value"]
    ]
    assert values == [0.53, 0.52, 0.51]


def test_a_cell_is_the_mean_over_seeds_with_its_interval():
    found = table(*(result(A, seed, 1.0 + seed) for seed in range(3)))
    cell = found.cell(A, EMD)
    assert (cell.value, cell.seeds) == (2.0, 3)
    assert cell.low < 1 < 3 < cell.high  # two degrees of freedom
    assert found.cell(B, EMD) is None
    assert found.why(B, EMD) == ""
    assert found.seconds(A) == (1.5, 0.01)
    assert found.seconds(B) is None


def test_a_failed_model_is_a_row_that_says_why():
    found = table(
        result(A, 0, 1.0),
        result(A, 1, 0, problem="its process was ended"),
        result(B, 0, 0, problem="no memory"),
        result(C, 0, 1, missing={RATIO.key: "not known"}),
    )
    assert found.cell(A, EMD).seeds == 1  # what is there counts
    assert found.why(A, EMD) == "not under 1 of 2 seeds: its process was ended"
    assert found.problems(A) == ["its process was ended"]
    assert found.why(B, EMD) == "no memory"
    assert found.why(C, RATIO) == "not known"
    assert found.winner(EMD) is None


def test_a_later_result_of_a_task_replaces_the_earlier_one():
    found = table(result(A, 0, 0, problem="no memory"), result(A, 0, 1.0))
    assert len(found.results) == 1
    assert found.cell(A, EMD).value == 1


def test_csv_holds_every_figure():
    found = table(
        result(A, 0, 1.0, 0.95),
        result(B, 0, 1.2, 0.1),
        result(C, 0, 0, problem="gone"),
        result(D, 0, 1.1),
        candidates=(A, B, D),
    )
    lines = list(csv.DictReader(io.StringIO(to_csv([found]))))
    assert len(lines) == len(found.rows) * 2
    first = lines[0]
    assert (first["latent model"], first["metric"]) == ("gaussian", "earth-movers-distance")
    cell = found.cell(A, EMD)
    written = [float(first[name]) for name in ("value", "low", "high")]
    assert written == pytest.approx([cell.value, cell.low, cell.high])
    assert (first["best"], first["copies"], first["reference"]) == ("yes", "no", "no")
    assert {line["copies"] for line in lines if line["latent model"] == "kde"} == {"yes"}
    assert {line["note"] for line in lines if line["latent model"] == "bootstrap"} == {"gone"}


def test_markdown_marks_the_winner_and_copiers():
    rows = (result(A, 0, 1.0), result(B, 0, 0.9, 0.1), result(D, 0, 1.1))
    text = to_markdown(table(*rows, candidates=(A, B, D)))
    a, b = (next(line for line in text.splitlines() if c.title in line) for c in (A, B))
    assert "**1.000 ± 0.020**" in a
    assert "(copies)" in b
    assert "**" not in b.split("|")[2]
    held_out = next(line for line in text.splitlines() if HELD_OUT.title in line)
    assert held_out.startswith("| *Real codes")
    assert held_out.count("–") == 2


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.0, 0.0, "0.0000"),
        (1e-9, 1e-9, "0.000000"),
        (-12.34, 0.5, "-12.3"),
        (1e6, 1e5, "1000000"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(value, error, text):
    assert number(value, error) == text
