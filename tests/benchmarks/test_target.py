"""The targets that `aegen bench target` asks for, and what its lines say."""

import numpy as np
import pytest

from aegen.benchmarks import target as bench
from aegen.bundles import read
from aegen.core.errors import UnknownName
from aegen.targeting import parse
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    return read(tiny_bundle(tmp_path_factory.mktemp("bundles") / "bars").path)


def test_single_values_are_all_that_the_classifier_knows(bars):
    found = [str(target) for target in bench.singles(bars)]
    assert found == ["class=upright", "class=lying", "class=neither"]


def test_unseen_combinations_are_in_no_training_row(bars, monkeypatch):
    known = bench.AttributeModels.of(bars)
    monkeypatch.setattr(known, "classified", ("class", "late"))
    monkeypatch.setattr(bench.AttributeModels, "of", lambda bundle: known)
    train = bars.attributes
    kept = train[(train["class"] == "upright") | ~train["late"]]
    monkeypatch.setattr(type(bars), "attributes", property(lambda self: kept))
    assert [str(t) for t in bench.combinations(bars, 2, 5, unseen=True)] == [
        "class=lying and late=True"
    ]
    seen = {str(target) for target in bench.combinations(bars, 2, 9)}
    assert "class=lying and late=True" not in seen
    assert "class=upright and late=True" in seen


def test_a_line_tells_shares(bars):
    model = bars.model("empirical-beta-copula", degree=20)
    (line,) = bench.measure(model, [parse("class=lying")], 24)
    assert line.strategy == "rows"
    for share in (line.found, line.passed, line.again, line.probability):
        assert 0 <= share <= 1
    assert np.isnan(line.recall)
    (alone,) = bench.measure(model, [parse("class=lying")], 24, alone=True)
    assert 0 <= alone.recall <= 1
    assert 0 <= alone.usual <= 1


def test_a_table_has_every_share(bars, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    model = bars.model("empirical-beta-copula", degree=20)
    targets = [parse("class=lying"), parse("class=upright")]
    lines = list(bench.measure(model, targets, 24, alone=True))
    bench.console().print(bench.lines_table("bars", lines, every=True))
    printed = capsys.readouterr().out
    for line in lines:
        assert line.target in printed
        assert f"{line.probability:.1%}" in printed
        assert f"{line.again:.1%}" in printed


def turns(polygon):
    """Signs of the turns at the corners: one sign alone is a convex outline."""
    sides = np.diff(np.vstack([polygon, polygon[:2]]), axis=0)
    return np.sign(sides[:-1, 0] * sides[1:, 1] - sides[:-1, 1] * sides[1:, 0])


def test_lassos_are_convex_and_concave(bars):
    found = list(bench.lassos(bars, "pca"))
    assert [outline for outline, _ in found] == ["convex", "concave"] * 3
    for outline, target in found:
        assert (len(set(turns(np.array(target.polygon)))) == 1) == (outline == "convex")


def test_an_unknown_table_is_refused():
    with pytest.raises(UnknownName, match="single"):
        bench.report(["mnist"], only=["everything"])
