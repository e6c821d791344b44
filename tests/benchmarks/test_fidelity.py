"""The benchmark of fidelity: right numbers, rows that are kept, tables that say what was found."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from typer.testing import CliRunner

from aegen.benchmarks import fidelity, fidelity_table
from aegen.benchmarks.fidelity import (
    REAL,
    ReferenceSet,
    Setting,
    load_rows,
    measure,
    settings,
    unseen,
)
from aegen.benchmarks.markdown_splice import rewrite
from aegen.benchmarks.peers import PEERS
from aegen.benchmarks.unseen_codes import UNSEEN
from aegen.cli import app
from aegen.core.errors import InvalidInput, StorageError
from aegen.metrics import metrics
from aegen.samplers import samplers
from tests.example_codes import clusters
from tests.examples import shipped
from tests.tiny_bundle import tiny_bundle

FEW = (REAL, Setting("bootstrap"), Setting("gaussian"), Setting("kde", {}, 2.0))


@pytest.fixture
def toy():
    return ReferenceSet("toy", clusters(400, 2, seed=1), clusters(120, 2, seed=2), "abc")


def test_every_latent_model_has_a_line():
    lines = settings()
    assert {line.sampler for line in lines} >= {"real", *samplers.names()}
    assert len({line.label for line in lines}) == len(lines)
    # Lines that this version cannot make say why; all others can be made.
    for line in lines:
        assert line.unknown() is None or line.label not in samplers.names()
    assert Setting("kde", {"colour": 1}).unknown() is not None
    assert Setting("kde", {"bandwidth": -1}).unknown() is not None
    assert Setting("no-such-model").unknown() is not None


def test_rows_are_what_the_metrics_say(toy):
    rows = {row.sampler: row for row in measure([toy], lines=FEW, draws=50, seeds=2)}
    assert list(rows) == ["real", "bootstrap", "gaussian", "kde"]
    gaussian = rows["gaussian"]
    model = samplers.create("gaussian").fit(toy.codes, rng=0)
    order = np.random.default_rng([1, 2309]).permutation(120)[:50]
    drawn = model.sample(50, rng=1)
    held_out = toy.holdout[order]
    halves = metrics.create("nearest-neighbour-accuracy").parts(held_out, drawn)
    ratio = metrics.create("distance-ratio")(held_out, drawn, training=toy.codes)
    assert (gaussian.real[1], gaussian.generated[1], gaussian.ratio[1]) == (*halves, ratio)
    assert gaussian.real[0] != halves.real
    both = [toy.holdout[np.random.default_rng([s, 2309]).permutation(120)[:50]] for s in (0, 1)]
    assert gaussian.log_density == pytest.approx(np.mean([model.score(part) for part in both]))
    assert rows["bootstrap"].ratio == [0, 0]
    assert rows["bootstrap"].log_density is None
    assert rows["real"].mean_ratio == pytest.approx(1, abs=0.4)
    assert rows["real"].worse_half < gaussian.worse_half
    assert rows["kde"].fit_seconds > 0


def test_left_out_training_codes_are_anothers_under_each_seed():
    z = clusters(90, 2)
    split = ReferenceSet("toy", z, None, "abc", far=1e3)
    assert split.size(2000) == 30
    parts = [split.part(seed, 30) for seed in (0, 1)]
    for codes, left_out in parts:
        assert (codes[-1] == 1e3).all()
        together = np.concatenate([codes[:-1], left_out])
        assert np.array_equal(np.sort(together, axis=0), np.sort(z, axis=0))
    assert not np.array_equal(parts[0][1], parts[1][1])
    lines = [REAL, Setting("bootstrap"), Setting("scikit-learn-mixture", {"components": 2})]
    real, bootstrap, mixture = measure([split], lines=lines, draws=30, seeds=2)
    assert real.mean_ratio == pytest.approx(1, abs=0.4)
    assert bootstrap.ratio == [0, 0]
    assert mixture.problem is None
    model = lines[2].fitted(parts[1][0])
    drawn = model.sample(30, rng=1)
    halves = metrics.create("nearest-neighbour-accuracy").parts(parts[1][1], drawn)
    assert (mixture.real[1], mixture.generated[1]) == halves


@pytest.mark.parametrize("name", PEERS)
def test_peers_draw_codes_by_their_seed(name):
    model = Setting(name).fitted(clusters(100, 3))
    assert model.sample(7, rng=1).shape == (7, 3)
    assert np.array_equal(model.sample(7, rng=1), model.sample(7, rng=1))
    assert not np.array_equal(model.sample(7, rng=1), model.sample(7, rng=2))


def test_unseen_codes_are_what_their_names_say():
    sets = {name: ReferenceSet.of(name, "training") for name in unseen()}
    assert len(sets) == 3 * len(UNSEEN)
    assert sets["digits"].codes.shape == (1797, 64)
    assert sets["two-moons"].part(0, 250)[0].shape == (500, 32)
    assert (sets["relu"].codes == 0).mean() == pytest.approx(0.5, abs=0.02)
    assert (sets["relu+1e6"].part(0, 2000)[0][-1] == 1e6).all()
    with pytest.raises(InvalidInput, match="no held-out codes"):
        ReferenceSet.of("relu")
    with pytest.raises(InvalidInput, match="choose one of training, held-out"):
        ReferenceSet.of("relu", "test")


def test_the_worse_half_counts_with_its_interval():
    made = row("kde", 0.6, 0.9)
    assert made.halves == pytest.approx((0.6, 0.5))
    assert made.worse_half == pytest.approx(0.1)
    low, high = scipy.stats.t.interval(0.95, 1, 0.6, scipy.stats.sem(made.real))
    assert made.margins == pytest.approx(((high - low) / 2, 0))


def test_bandwidths_are_multiples_of_the_models_own(toy, monkeypatch):
    own = samplers.create("kde").fit(toy.codes, rng=0).bandwidth_
    made = []
    create = type(samplers).create

    def noting(family, name, **fields):
        if family is samplers:
            made.append(fields)
        return create(family, name, **fields)

    monkeypatch.setattr(type(samplers), "create", noting)
    measure([toy], lines=[Setting("kde", {}, t) for t in (0.5, 2.0)], draws=10, seeds=1)
    # It is chosen once, with the first line.
    assert made == [{}, {"bandwidth": 0.5 * own}, {"bandwidth": 2 * own}]


def test_too_few_held_out_rows_are_halved_for_the_yardstick(toy):
    rows = measure([toy], lines=FEW[:2], draws=100, seeds=1)
    assert [row.draws for row in rows] == [60, 100]
    rows = measure([toy], lines=FEW[:2], draws=2000, seeds=1)
    assert [row.draws for row in rows] == [60, 120]


def test_a_stopped_run_goes_on(toy, tmp_path):
    out = tmp_path / "rows.json"
    told = []

    def interrupted(row):
        told.append(row.sampler)
        if row.sampler == "bootstrap":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure([toy], lines=FEW, draws=40, seeds=1, out=out, told=interrupted)
    assert [row.sampler for row in load_rows(out)] == ["real", "bootstrap"]
    kwargs = {"lines": FEW, "draws": 40, "seeds": 1, "out": out}
    rows = measure([toy], told=lambda row: told.append(row.sampler), **kwargs)
    assert told == ["real", "bootstrap", "gaussian", "kde"]
    assert rows == load_rows(out)

    def again(**changes):
        told.clear()
        measure(
            [changes.pop("toy", toy)],
            told=lambda row: told.append(row.sampler),
            **kwargs | changes,
        )
        return told

    assert again() == []
    assert again(only=["g*"]) == []
    assert again(only=["g*", "b*"], fresh=True) == ["bootstrap", "gaussian"]
    assert again(fresh=True) == ["real", "bootstrap", "gaussian", "kde"]
    assert again(seeds=2, only=["real"]) == ["real"]
    other = ReferenceSet("toy", toy.codes + 1, toy.holdout + 1, "other codes")
    assert again(toy=other, only=["real"]) == ["real"]
    assert len(load_rows(out)) == 6


def test_a_setting_that_fails_is_a_row_and_is_tried_again(toy, tmp_path, monkeypatch):
    out = tmp_path / "rows.json"
    lines = [Setting("gaussian"), Setting("bootstrap")]
    with monkeypatch.context() as broken:

        def fail(self, z, weights, rng):
            raise RuntimeError("no luck")

        broken.setattr(samplers.get("gaussian"), "_fit", fail)
        rows = measure([toy], lines=lines, draws=20, seeds=2, out=out)
    assert "no luck" in rows[0].problem
    assert rows[1].problem is None
    assert "no luck" not in fidelity_table.markdown(rows)
    rows = measure([toy], lines=lines, draws=20, seeds=2, out=out)
    assert [row.problem for row in rows] == [None, None]
    assert len(load_rows(out)) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "rows": [{}]}', "\x00"])
def test_files_of_another_kind_are_refused(text, tmp_path, toy):
    out = tmp_path / "rows.json"
    out.write_text(text)
    with pytest.raises(StorageError, match="does not hold rows"):
        measure([toy], lines=FEW, out=out)
    assert out.read_text() == text
    out.write_text('{"format": 9, "rows": []}')
    with pytest.raises(StorageError, match="format 9"):
        load_rows(out)
    with pytest.raises(StorageError, match="cannot be read"):
        load_rows(tmp_path / "none.json")


def test_numbers_that_cannot_be_used(toy):
    for bad in ({"draws": 1}, {"seeds": 0}):
        with pytest.raises(InvalidInput, match=next(iter(bad))):
            measure([toy], lines=FEW, **bad)


def row(sampler, accuracy, ratio, *, bundle="toy", **more):
    made = {
        "bundle": bundle, "mark": "", "sampler": sampler, "fields": {}, "times": None,
        "draws": 10, "seeds": 2,
        "real": [accuracy - 0.01, accuracy + 0.01], "generated": [0.5, 0.5],
        "ratio": [ratio, ratio], "log_density": None, "fit_seconds": 1.5, "draw_seconds": 0.1,
    }  # fmt: skip
    return fidelity.Row(**made | more)


def test_the_frontier_is_what_nothing_beats():
    real = row("real", 0.55, 1.0)
    good = row("gaussian", 0.6, 0.9)
    newer = row("kde", 0.65, 1.0)
    beaten = row("bootstrap", 0.66, 0.5)
    copy = row("vine", 0.39, 0.0)  # below one half is no merit
    far = row("prior", 0.99, 7.0)  # beyond 1 is no merit
    failed = replace(row("failed", 0, 0), real=[], generated=[], ratio=[])
    rows = [real, good, newer, beaten, copy, far, failed]
    assert fidelity_table.frontier(rows) == [good, newer]
    assert fidelity_table.best_of_each(rows) == [good, newer, far]
    better = row("gaussian", 0.45, 0.95)
    assert fidelity_table.best_of_each([good, better, row("gaussian", 0.5, 0.85)]) == [better]


def test_a_short_table_has_what_matters():
    rows = [
        row("real", 0.55, 1.0),
        row("kde", 0.70, 0.7, times=1.0),
        row("kde", 0.60, 0.9, times=2.0),  # the best that is new enough
        row("kde", 0.66, 0.9, times=3.0),  # neither
        row("kde", 0.66, 0.9, bundle="other", times=3.0),
        row("gaussian", 0.59, 0.7),  # the frontier, and the model's first
    ]
    shown = ["real", "kde bandwidth x 1", "kde bandwidth x 2", "gaussian"]
    assert fidelity_table.telling([r for r in rows if r.bundle == "toy"]) == shown
    assert "kde bandwidth x 3" in fidelity_table.telling(rows)  # on the other bundle's frontier


def test_infinite_log_densities_are_kept(tmp_path):
    kept = row("kde", 0.6, 0.9, log_density=-math.inf)
    fidelity._save_rows(tmp_path / "rows.json", [kept])
    json.loads((tmp_path / "rows.json").read_text(), parse_constant=lambda word: 1 / 0)
    assert load_rows(tmp_path / "rows.json") == [kept]


def test_the_readmes_table_is_replaced(tmp_path):
    rows = [
        row("real", 0.55, 1.0),
        row("kde", 0.6, 0.9, times=0.5),
        row("kde", 0.5, 0.5, bundle="other", times=0.5),
        row("gaussian", 0.7, 0.8),
    ]
    table = fidelity_table.markdown(rows)
    lines = table.splitlines()
    assert len({line.count("|") for line in lines[:5]}) == 1
    assert "| real rows | 0.550 / 0.500 | 1.00 |  |  |  |" in lines
    kde = "| `kde` bandwidth × 0.5 | **0.600 / 0.500** | **0.90** | **0.500 / 0.500** | **0.50** |"
    assert f"{kde} 1.6 |" in lines
    assert "| `gaussian` | 0.700 / 0.500 | 0.80 |  |  | 1.6 |" in lines
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{fidelity_table.BEGIN}\nthe old one\n{fidelity_table.END}\nbelow\n")
    for _ in range(2):
        rewrite(readme, fidelity_table.BEGIN, fidelity_table.END, table)
        text = readme.read_text()
        assert text.startswith(f"above\n{fidelity_table.BEGIN}\n| latent model |")
        assert text.endswith(f"\n{fidelity_table.END}\nbelow\n")
        assert "the old one" not in text
        assert text.count(table) == 1
    with pytest.raises(InvalidInput, match="measure some first"):
        fidelity_table.markdown([])
    readme.write_text(f"{fidelity_table.END} {fidelity_table.BEGIN}")
    with pytest.raises(InvalidInput, match="has no place for the table"):
        rewrite(readme, fidelity_table.BEGIN, fidelity_table.END, None)
    with pytest.raises(StorageError, match="cannot be read"):
        rewrite(tmp_path / "none.md", "a", "b", None)


def test_the_command_measures_a_bundle(tmp_path):
    tiny_bundle(tmp_path / "tiny")
    out = tmp_path / "rows.json"
    words = ["bench", "fidelity", str(tmp_path / "tiny"), "--draws", "8", "--seeds", "2"]
    words += ["--only", "[rg]*n", "--out", str(out), "--reference", "held-out"]
    result = CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert "gaussian" in result.output
    assert [row.sampler for row in load_rows(out)] == ["gaussian"]
    readme = tmp_path / "README.md"
    readme.write_text(f"{fidelity_table.BEGIN}{fidelity_table.END}")
    words += ["--readme", str(readme), "--markdown"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    table = readme.read_text().removeprefix(fidelity_table.BEGIN + "\n")
    assert table.removesuffix(fidelity_table.END) in result.stdout
    assert "`gaussian`" in table


def test_the_table_has_its_place_and_the_guide_names_all_models():
    root = Path(__file__).parents[2]
    kept = root / "assets" / "results" / "fidelity.md"
    rewrite(kept, fidelity_table.BEGIN, fidelity_table.END, None)
    text = (root / "assets" / "docs" / "latent-models.md").read_text(encoding="utf-8")
    assert [name for name in shipped("samplers") if f"\n| `{name}` | " not in text] == []
