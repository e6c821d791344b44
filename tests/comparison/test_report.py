"""The table as HTML and the report: what a person reads is what was measured."""

import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from aegen.comparison import (
    HELD_OUT,
    REFERENCES,
    Candidate,
    Figure,
    Result,
    Table,
    Task,
    metric_specs,
    tasks,
)
from aegen.comparison.estimates import Estimate
from aegen.comparison.report import html
from aegen.comparison.sweep import over_codes, over_epochs
from aegen.comparison.table_html import _bar, _scale, compared, table_html
from aegen.comparison.task import perform
from aegen.comparison.verdict import verdict

MODELS = tuple(Candidate(name) for name in ("kde", "gaussian", "independent-margins"))
MEASURED = metric_specs(
    ["codes/earth-movers-distance,codes/distance-ratio,codes/nearest-neighbour-accuracy"]
)


class Outside(HTMLParser):
    """Every address that a page would fetch."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.open = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href") and not value.startswith(("data:", "#")):
                self.found.append((tag, value))


@pytest.fixture(scope="module")
def table(bars):
    found = Table("bars", MODELS, MEASURED)
    for task in tasks([bars], MODELS + REFERENCES, seeds=1, draws=60, metric_specs=MEASURED):
        found.add(perform(task))
    return found


def cells(text):
    """Rows of the one table in ``text``, each a list of the words in its cells."""
    body = text.partition("<tbody>")[2]
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[dh].*?</t[dh]>", row)]
        for row in re.findall(r"<tr>.*?</tr>", body)
    ]


def test_every_figure_is_in_its_place(table):
    from aegen.comparison.table import written

    rows = cells(table_html(table))
    assert len(rows) == len(MEASURED)
    for metric_spec, (head, *found) in zip(MEASURED, rows, strict=True):
        assert metric_spec.title in head
        expected = [table.cell(candidate, metric_spec) for candidate in table.rows]
        shown = ["–" if cell is None else written(cell) for cell in expected]
        if metric_spec.metric == "nearest-neighbour-accuracy":
            for k, candidate in enumerate(table.rows):
                real, made = (cell.value for cell in table.details(candidate, metric_spec))
                shown[k] += f"{real:.3f} · {made:.3f}"
            assert head.endswith("real · generated")
        assert found == shown


def test_what_is_still_to_come_is_said(bars):
    text = table_html(Table("bars", MODELS, MEASURED))
    assert text.count("still to come") == 2 * len(MEASURED) * (len(MODELS) + 3)


def test_words_of_others_are_escaped():
    task = Task("x", Candidate("kde"), 0, 60, MEASURED)
    table = Table("<b>x</b>", MODELS, MEASURED, [Result(task, problem="<script>")])
    for text in (table_html(table), html([table])):
        assert "<script>x" not in text
        assert 'title="<script>' not in text
        assert "<b>x</b>" not in text


def test_a_bar_shows_its_interval_where_it_is():
    def at(cell, scale):
        found = re.findall(r'x1="([\d.]+)" x2="([\d.]+)" y1="6" y2="6" stroke="red"', cell)
        return [float(v) for v in found[0]] if found else None

    scale = (0.0, 2.0)
    low, high = at(_bar(Estimate(1.0, 0.5, 1.5, 1), scale, -1.0, "red"), scale)
    left, right = at(_bar(Estimate(1.0, 0.0, 2.0, 1), scale, -1.0, "red"), scale)
    assert low - left == pytest.approx((right - left) / 4, abs=0.1)
    assert high - left == pytest.approx(3 * (right - left) / 4, abs=0.1)
    beyond = _bar(Estimate(5.0, 4.9, 5.1, 1), scale, -1.0, "red")
    assert "<path" in beyond
    assert "<circle" not in beyond


def test_a_scale_leaves_out_what_would_flatten_the_rest():
    near = {
        Candidate(n): Estimate(v, v - 0.1, v + 0.1, 1) for n, v in (("kde", 1), ("gaussian", 2))
    }
    assert _scale(near, 0.5) == pytest.approx((0.5, 2.1))
    far = near | {Candidate("independent-margins"): Estimate(900, 890, 910, 1)}
    assert _scale(far, 0.5) == pytest.approx((0.5, 2.1))
    prior = near | {REFERENCES[2]: Estimate(5, 4, 6, 1), HELD_OUT: Estimate(0.9, 0.6, 1.0, 1)}
    assert _scale(prior, -9.0) == pytest.approx((0.6, 2.1))
    assert _scale({}, 0.0) is None


def test_the_verdict_names_winners_copiers_and_failures():
    def result(candidate, emd, ratio):
        influences = np.zeros(60, np.float32)
        figures = {
            MEASURED[0].key: Figure(emd, influences, 1e-6),
            MEASURED[1].key: Figure(ratio, influences, 1e-6),
        }
        return Result(Task("x", candidate, 0, 60, MEASURED), figures, {}, 60)

    a, b, c = MODELS
    failed = Result(Task("x", c, 0, 60, MEASURED), problem="out of memory")
    d = Candidate("gaussian-mixture")
    results = [result(a, 1.0, 0.1), result(b, 2.0, 0.95), result(d, 3.0, 0.9), failed]
    said = verdict(Table("x", (*MODELS, d), MEASURED, results))
    both = "Earth mover's distance in codes and Distance ratio in codes"
    assert f"{b.title} is best in {both}." in said
    assert any(sentence.startswith(f"{a.title} (0.1000) copies: ") for sentence in said)
    assert f"{c.title}: out of memory." in said
    level = Table("x", MODELS, MEASURED, [result(a, 1.0, 0.9), result(b, 1.0, 0.9)])
    assert verdict(level)[0].startswith("In 2 of 2 metrics the best is not resolved")


def test_the_verdict_ranks_and_says_what_the_autoencoder_does():
    worse = "nearest-neighbour-worse-half"
    measured = metric_specs([f"left-out/{worse},codes/{worse},codes/distance-ratio"])
    a, b, _ = MODELS
    copy = REFERENCES[1]
    results = [
        Result(
            Task("x", candidate, 0, 60, measured),
            {spec.key: Figure(v) for spec, v in zip(measured, values, strict=True)},
            {},
            60,
        )
        for candidate, values in (
            (a, (0.01, 0.2, 0.5)),
            (b, (0.02, 0.1, 1.0)),
            (copy, (0.001, 0.021, 0.0)),
        )
    ]
    said = verdict(Table("x", (a, b), measured, results))
    assert said[0] == (
        f"Take {b.title}: of those that do not copy it is nearest to real codes (1-NN worse half "
        "in left-out codes 0.02000; its draws are new: distance ratio 1.000)."
    )
    assert said[1].startswith(f"{a.title} (0.500) copies:")
    assert "off by 0.02100 beside held-out codes and by 0.001000 beside left-out" in said[2]
    assert "rank 1 of 2" in table_html(Table("x", (a, b), measured, results))
    results[0].figures[measured[2].key] = Figure(0.95)
    assert verdict(Table("x", (a, b), measured, results))[0] == (
        f"Take {a.title}: it is nearest to real codes (1-NN worse half in left-out codes "
        "0.01000; its draws are new: distance ratio 0.950). "
        f"Next is {b.title} (0.02000), not distinguished from it."
    )
    for result in results:
        result.figures[measured[2].key] = Figure(0.5)
    assert verdict(Table("x", (a, b), measured, results))[0] == (
        f"All copy, so none is to be taken: {a.title} and {b.title}."
    )


def test_pictures_of_fidelity_get_the_figures(table):
    models = {model.name: model for model in compared(table, MEASURED[0])}
    cell = table.cell(MODELS[0], MEASURED[0])
    kde = models[MODELS[0].title]
    assert (kde.fidelity, kde.fidelity_ends) == (cell.value, (cell.low, cell.high))
    assert kde.copying == table.cell(MODELS[0], MEASURED[1]).value
    assert kde.seconds == sum(table.seconds(MODELS[0]))
    assert models[HELD_OUT.title].reference
    assert models[HELD_OUT.title].seconds is None


def test_the_report_is_one_file_that_needs_nothing(table, bars):
    sweep = over_codes(bars, [25, 50])
    asked = sweep.tasks(MODELS[:1], seeds=1, draws=60, metric_specs=MEASURED[:1])
    found = [perform(task) for task in asked]
    placed = sweep.tables(found, MODELS[:1], MEASURED[:1])
    assert [x for x, _ in placed] == [25, 50, 200]
    assert all(t.cell(MODELS[0], MEASURED[0]) for _, t in placed)
    text = html([table], [(sweep, placed)])
    assert Outside(text).found == []
    assert text.count("plotly.js v") <= 1
    assert text.count('class="plotly-graph-div"') == 3
    for candidate in table.rows:
        assert f"36 pictures: {candidate.title}" in text
    assert html([table], [(sweep, placed)]) == text
    # The check sees an address.
    assert Outside('<img src="https://example.org/x.png">').found


def test_a_sweep_says_where_a_model_failed(bars):
    sweep = over_codes(bars, [25])
    asked = sweep.tasks(MODELS[:1], seeds=1, draws=60, metric_specs=MEASURED[:1])
    results = [Result(task, problem="out of <memory>") for task in asked if task.codes == 25]
    text = html([], [(sweep, sweep.tables(results, MODELS[:1], MEASURED[:1]))])
    assert f"<li>{MODELS[0].title} at 25: out of &lt;memory&gt;</li>" in text


def test_a_sweep_over_epochs_makes_a_bundle_of_each(tmp_path, monkeypatch):
    from aegen.autoencoders.checkpoint import Checkpoint, write_checkpoint
    from aegen.core.errors import InvalidInput
    from tests.tiny_bundle import tiny_bundle, tiny_images, tiny_networks

    images = tiny_images(200, 130)
    evaluation_set = tiny_bundle(tmp_path / "bars", image_set=images).path

    class Bars:
        def load(self, path):
            return images

    from aegen.data import datasets

    monkeypatch.setattr(datasets, "create", lambda name: Bars())
    with pytest.raises(InvalidInput, match="train with --keep-every"):
        over_epochs(str(evaluation_set), tmp_path, tmp_path, tmp_path / "out")
    for epoch in (1, 2):
        import torch

        net, _ = tiny_networks(seed=epoch, widths=(4,))  # the smaller, the sooner exported
        about = {
            "kind": "autoencoder",
            "architecture": "convolutional",
            "arguments": net.arguments,
            "recipe": {"epochs": 2},
        }
        history = [{"epoch": float(k + 1)} for k in range(epoch)]
        optimiser = torch.optim.Adam(net.parameters())
        whole = Checkpoint.of(net, optimiser, about, history)
        write_checkpoint(tmp_path / f"epoch-{epoch:03d}.safetensors", whole)

    def swept(codes, tell):
        places = (str(evaluation_set), tmp_path, tmp_path, tmp_path / "out")
        return over_epochs(*places, codes=codes, tell=tell)

    def stop(line):
        raise InterruptedError(line)

    told = []
    sweep = swept(50, told.append)
    assert [point.x for point in sweep.points] == [1, 2]
    assert len(told) == 2
    assert swept(50, stop) == sweep  # the second finds what the first made
    with pytest.raises(InterruptedError, match="epoch 1: encoding 60 images"):
        swept(60, stop)  # other codes are another bundle
    task = sweep.tasks(MODELS[:1], seeds=1, draws=60, metric_specs=MEASURED[2:])[0]
    assert perform(task).problem is None


def test_a_sweep_keeps_points_apart(bars):
    sweep = over_codes(bars, [25, 50])
    asked = sweep.tasks(MODELS[:1], seeds=2, draws=60, metric_specs=MEASURED[:1])
    assert len(asked) == 3 * 2 * 4
    later = sweep.tasks(MODELS[:1], seeds=2, draws=60, metric_specs=MEASURED[:1], first=5)
    assert {task.seed for task in later} == {5, 6}
    results = [Result(task, {MEASURED[0].key: Figure(float(task.codes or 200))}) for task in asked]
    for x, table in sweep.tables(results, MODELS[:1], MEASURED[:1]):
        assert table.cell(MODELS[0], MEASURED[0]).value == x
