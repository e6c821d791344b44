"""The benchmark of the latent models: it times all of them, beside others that do the same."""

import time

import numpy as np
import pytest
from scipy.stats import beta
from typer.testing import CliRunner

from aegen.benchmarks import isolated_timing
from aegen.benchmarks import samplers as benchmark
from aegen.benchmarks.isolated_timing import FIGURES, Measured, in_own_process, measure
from aegen.benchmarks.reference_implementations import (
    copula_density,
    counterparts,
    synthetic_codes,
)
from aegen.cli import app
from aegen.core.errors import InvalidInput, UnknownName
from aegen.samplers import DensitySampler, samplers
from tests.contract import quick
from tests.evidence import same_distribution
from tests.example_codes import clusters

every = pytest.mark.parametrize("name", samplers.names())

TINY = {"rows": 60, "dimension": 2, "draws": 20, "points": 10, "repeats": 1}


@every
def test_every_latent_model_is_measured(name):
    *_, (ours, *others) = measure(name, **TINY, fields=samplers.get(name).quick)
    assert ours.who == name
    assert ours.fit > 0
    assert ours.draw > 0
    assert ours.problem is None
    assert (ours.density is not None) == issubclass(samplers.get(name), DensitySampler)
    assert ours.peak is None or 0 <= ours.peak < 1e9
    assert all(other.fit or other.draw or other.density for other in others)
    assert len({other.who for other in others}) == len(others)


def test_what_is_known_so_far_is_told_each_time():
    told = [list(found) for found in measure("kde", **TINY)]
    assert [len(found) for found in told] == [1, 2, 3, 3]
    assert [found[0].who for found in told] == ["kde"] * 4


@every
def test_others_draw_the_same_law_where_they_say_so(name):
    z = clusters(20_000, 2)
    few = quick(samplers, name).fit(z[:200], rng=0)
    if not any(other.same_law for other in counterparts(few, z[:200], z[:10], 10)):
        return  # nobody says so, and fits to so many rows may be slow
    model = samplers.create(name).fit(z, rng=0)
    for other in counterparts(model, z, z[:10], 20_000):
        if other.same_law:
            ours = model.sample(20_000, rng=1)
            assert same_distribution(ours, other.draw())
            assert not same_distribution(ours * [1, 1.25], other.draw())


def test_the_plain_density_of_the_copula_is_the_sum_over_rows():
    z = clusters(30, 2)
    ranks = np.argsort(np.argsort(z, axis=0), axis=0) + 1
    u = np.random.default_rng(0).uniform(size=(700, 2))  # more than one block
    terms = beta.pdf(u[:, None, :], ranks, 31 - ranks).prod(axis=2)
    assert copula_density(ranks, u) == pytest.approx(np.log(terms.mean(axis=1)))
    assert copula_density(ranks, u) != pytest.approx(np.log(terms.sum(axis=1)))


def test_synthetic_codes_of_other_seeds_are_of_one_law():
    z = synthetic_codes(5000, 4, rng=0)
    assert same_distribution(z, synthetic_codes(5000, 4, rng=1))
    assert not np.array_equal(z[:5], synthetic_codes(5, 4, rng=1))


def test_memory_is_the_most_that_was_held_at_once():
    with isolated_timing._peak() as small:
        np.ones(1_000_000)
    with isolated_timing._peak() as large:
        np.ones(20_000_000)
    if large[0] is None:
        return  # nothing here tells
    assert 150e6 < large[0] < 200e6
    assert small[0] < 20e6


def test_a_process_of_its_own_gives_the_same_kind_of_answer():
    found = in_own_process({"name": "gaussian", **TINY}, 120)
    assert [one.who for one in found] == ["gaussian", "numpy, scipy"]
    assert all(isinstance(one, Measured) and one.problem is None for one in found)
    refused = in_own_process({"name": "gaussian", **TINY, "rows": 0}, 120)
    assert refused[0].fit is None
    assert "needs at least" in refused[0].problem


def test_a_process_is_stopped_when_its_time_is_up(monkeypatch):
    start = time.monotonic()
    found = in_own_process({"name": "gaussian", **TINY}, 0.1)
    assert time.monotonic() - start < 60
    assert found == [Measured("gaussian", problem="stopped after 0.1 s")]


def test_a_model_that_was_too_slow_is_left_out_at_larger_sizes(monkeypatch):
    asked = []

    def answered(task, limit):
        asked.append((task["rows"], task["dimension"]))
        late = task["dimension"] == 100
        return [Measured("kde", problem="stopped")] if late else [Measured("kde", fit=1.0)]

    monkeypatch.setattr(benchmark, "in_own_process", answered)
    timings = benchmark.run(names=["kde"])
    assert asked == [(2000, 10), (2000, 100), (60_000, 10)]
    assert "left out: a smaller size took over 60 s" in timings[3].ours.problem
    assert [timing.ours.fit for timing in timings] == [1.0, None, 1.0, None]


def test_tables_say_all_that_was_measured(monkeypatch, capsys):
    def answered(task, limit):
        if "figure" in task:
            return [Measured("aegen", draw=0.25, peak=3_000_000), Measured("numpy", draw=2.0)]
        return [
            Measured(task["name"], 0.5, 0.002, None, 7_000_000),
            Measured("library", 1.5, 0.004, None, problem="stopped after 9 s"),
        ]

    monkeypatch.setattr(benchmark, "in_own_process", answered)
    monkeypatch.setenv("COLUMNS", "160")
    benchmark.report(sizes=[(30, 2)], draws=11, points=7)
    printed = capsys.readouterr().out
    assert all(name in printed for name in samplers.names())
    words = [
        "250 ms",
        "2 s",
        "500 ms",
        "1.5 s (3 x)",
        "4 ms (2 x)",
        "stopped after 9 s",
        "11 draws",
    ]
    assert [word for word in words if word not in printed] == []
    assert all(title.format(rows, n) in printed for title, (_, rows, n) in FIGURES.items())


@pytest.mark.parametrize("title", FIGURES)
def test_figures_can_be_measured(title):
    for measured in FIGURES[title][0](300, 200):
        seconds = [s for s in (measured.fit, measured.draw, measured.density) if s is not None]
        assert len(seconds) == 1
        assert seconds[0] > 0


def test_the_command_refuses_what_cannot_be_measured():
    for words, kind in ((["no-such-model"], UnknownName), (["--limit", "0"], InvalidInput)):
        result = CliRunner().invoke(app, ["bench", "samplers", "--no-figures", *words])
        assert isinstance(result.exception, kind)
    with pytest.raises(InvalidInput, match="repeats"):
        benchmark.run(repeats=0)
