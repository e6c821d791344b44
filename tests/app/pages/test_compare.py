"""Compare: default five, links, adding and leaving out, progress, cancel, errors, downloads."""

import dataclasses
import io
import json
import os
import re
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from aegen.app import services
from aegen.app.jobs import process
from aegen.app.pages.compare import image_columns, paper, results, state
from aegen.app.services import comparisons
from aegen.app.services.comparisons import ComparisonRequest
from aegen.app.widgets import for_paper
from aegen.comparison import PRESETS
from aegen.comparison.at_work import AtWork
from aegen.metrics import metrics
from tests.app.conftest import link_of
from tests.app.jobs.inline import Inline
from tests.app.jobs.test_fit_sampler import labels, press
from tests.app.test_pages import text
from tests.tiny_bundle import tiny_bundle, tiny_images

KEYS = ("codes/nearest-neighbour-accuracy", "codes/distance-ratio", "densities/log-likelihood")
TWO = ("gaussian", "bootstrap")
UNPATCHED = comparisons._metric_specs


@pytest.fixture(scope="session")
def wide(tmp_path_factory):
    """A bundle with enough held-out rows to compare with."""
    folder = tmp_path_factory.mktemp("wide")
    tiny_bundle(folder / "many", image_set=tiny_images(60, 48))
    return folder


@pytest.fixture(autouse=True)
def few(wide, monkeypatch):
    """Three metrics, no process but this one, and no job of another test."""
    from aegen.comparison import metric_specs

    bundle_folder = os.environ["AEGEN_BUNDLES"]
    monkeypatch.setenv("AEGEN_BUNDLES", os.pathsep.join([bundle_folder, str(wide)]))
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "many"])
    monkeypatch.setattr(comparisons, "_metric_specs", lambda budget: metric_specs(KEYS))


@pytest.fixture(scope="module")
def measured():
    """Results by task: one that a test had measured is the same in the next."""
    return {}


@pytest.fixture
def at_once(monkeypatch, measured):
    """What a job would do is done here, at once; gives what was asked for."""
    asked_for = []

    def compare(asked):
        from aegen.comparison.task import perform

        def work():
            store = comparisons._store()
            for task in comparisons._found(asked).tasks:
                if store.find(task) is None:
                    result = measured.get(task) or perform(task)
                    if result.problem is None:
                        measured[task] = result
                    store.keep(result)

        asked_for.append(asked)
        key = comparisons._key(asked)
        return process._jobs.begin(key, lambda: Inline(key, work))

    monkeypatch.setattr(comparisons, "compare", compare)
    return asked_for


def one_job():
    (job,) = process._jobs.all()
    return job


def html(app):
    return " ".join(
        str(element.proto) for kind in ("html", "bidi_component") for element in app.get(kind)
    )


def test_the_default_five_are_drawn_while_their_figures_are_made(opened, monkeypatch, tmp_path):
    monkeypatch.setattr(comparisons, "WORK", "tests.app.jobs.slow_work:hold")
    app = opened("compare", bundle="many")
    assert not app.exception
    assert not app.error
    assert "0 of 8 done" in app.main.get("progress")[0].proto.text
    heads = re.findall(r'aegen-name\\"><span>([^<]*)', html(app))
    assert heads == [
        "Empirical beta copula",
        "Kernel density",
        "Gaussian mixture",
        "Gaussian",
        "Independent margins",
    ]
    # one comes with its figures
    assert len(re.findall(r"label\W+Draws of", html(app))) == 4
    job = one_job()
    app = press(app, "Cancel")
    assert job.wait(30)
    assert job.state == "stopped"
    assert "Stopped after 0 of 8" in text(app)
    app = press(app, "Go on")
    assert one_job() is not job
    assert "Cancel" in labels(app)


def test_figures_come_as_they_are_ready(opened, at_once, monkeypatch):
    app = opened("compare", bundle="many", models=",".join(TWO[:1]), n="20")
    assert not app.exception
    assert not app.error
    assert "20 draws of each against as many held-out rows, seed 0" in text(app)
    shown = html(app)
    assert "1-NN accuracy" in shown
    assert "Distance ratio" in shown
    assert "fit" in shown
    assert "Cancel" not in labels(app)
    assert len(app.get("plotly_chart")) == 2
    # Asked again, nothing is done again.
    done = len(at_once)
    assert "20 draws of each" in text(opened("compare", bundle="many", models="gaussian", n="20"))
    assert len(at_once) == done
    again = opened("compare", bundle="many", models="gaussian,kde", n="20")
    assert "20 draws of each" in text(again)
    assert len(at_once) == done + 1


def test_every_metric_of_the_quick_set_shows_and_those_that_no_set_names(
    opened, at_once, monkeypatch
):
    monkeypatch.setattr(comparisons, "_metric_specs", UNPATCHED)
    shown = html(opened("compare", bundle="many", models="gaussian", n="20"))
    named = {key.rpartition("/")[2] for keys in PRESETS.values() for key in keys}
    quick = {key.rpartition("/")[2] for key in PRESETS["quick"]}
    named |= {name for other in named for name in metrics.get(other).details}
    titles = {metrics.get(name).title for name in metrics if name in quick or name not in named}
    # A letter beyond ASCII is written as its bytes there.
    assert not {title for title in titles if re.split(r"[^ -~]", title)[-1] not in shown}


def test_a_slow_model_is_fitted_once_in_a_quick_comparison(monkeypatch):
    monkeypatch.setattr(comparisons, "_metric_specs", UNPATCHED)
    slow = "flow-matching"
    for budget, expected in (("quick", False), ("thorough", True)):
        asked = ComparisonRequest("many", ("gaussian", "gaussian-mixture", slow), 20, 0, budget)
        with_left_out = {
            task.candidate.sampler
            for task in comparisons._found(asked).tasks
            if any(spec.space == "left-out" for spec in task.metric_specs)
        }
        assert {"gaussian", "gaussian-mixture", "held-out"} <= with_left_out
        assert (slow in with_left_out) == expected


def test_what_the_two_references_are_is_said(opened, at_once, monkeypatch):
    from aegen.comparison import metric_specs

    keys = [f"{space}/nearest-neighbour-worse-half" for space in ("left-out", "codes")]
    monkeypatch.setattr(comparisons, "_metric_specs", lambda budget: metric_specs(keys))
    monkeypatch.setattr("aegen.comparison.reference_rows.SHARE", 3)
    app = opened("compare", bundle="many", models="gaussian,kde", n="20")
    said = text(app)
    assert "There are two references" in said
    (taken,) = app.success
    assert "is nearest to real codes (1-NN worse half in left-out codes" in taken.value
    assert "Times are those of a second call; the first in a new process takes up to" in said
    assert "rank 1 of 2" in html(app)
    assert "</span> <span>generated" in html(app)  # the halves
    assert "1-NN accuracy, generated rows" in said


def test_fewer_held_out_rows_than_draws_are_said(opened, at_once):
    app = opened("compare", bundle="many", models="gaussian")
    assert "24 draws of each against as many held-out rows (asked for 2,000" in text(app)


@pytest.mark.parametrize(
    ("kind", "height", "width", "n"),
    [
        ("image", 28, 28, 2000),
        ("image", 64, 64, 500),
        ("image", 128, 32, 500),
        ("image", 96, 96, 220),
        ("image", 4096, 4096, 200),
        ("series", 200, 600, 2000),  # as it is drawn; decoding a series takes little
    ],
)
def test_fewer_draws_of_larger_images_are_usual(kind, height, width, n, monkeypatch):
    bundle = SimpleNamespace(payload=SimpleNamespace(kind=kind), image_shape=(height, width, 3))
    monkeypatch.setattr(services.bundles, "bundle", {"other": bundle}.__getitem__)
    assert comparisons.usual_draws("other") == n


def test_a_link_names_the_number_of_draws_where_somebody_chose_it(opened, at_once, monkeypatch):
    monkeypatch.setattr(comparisons, "usual_draws", lambda name: 30)
    app = opened("compare", bundle="many", models="gaussian")
    number = next(each for each in app.number_input if each.label == "Draws of each")
    assert number.value == 30
    assert at_once[-1].draws == 30
    assert "compare.n" not in link_of(app)
    number.set_value(22).run()
    assert at_once[-1].draws == 22
    assert link_of(app)["compare.n"] == "22"
    next(each for each in app.number_input if each.label == number.label).set_value(30).run()
    assert "compare.n" not in link_of(app)


def test_what_cannot_be_measured_says_why(opened, at_once, monkeypatch):
    app = opened("compare", bundle="many", models="gaussian,kde:bandwidth=0.5", n="20")
    assert "it has no density" in text(app).replace("\\", "").lower() or "density" in text(app)
    assert "(bandwidth" not in html(app).split("aegen-name")[1]
    assert "bandwidth 0.5" in html(app)


def test_a_model_is_left_out_and_added_and_the_five_come_back(opened, at_once):
    app = opened("compare", bundle="many", models="gaussian,kde", n="20")
    (gone,) = [button for button in app.button if button.key == "remove kde"]
    app = gone.click().run()
    assert not app.exception
    assert link_of(app)["compare.models"] == "gaussian"
    app = app.selectbox(key="widget:compare.addition").select("standard-normal").run()
    app = press(app, "Add")
    assert "is in every comparison already" in " ".join(w.value for w in app.warning)
    app = app.selectbox(key="widget:compare.addition").select("gaussian").run()
    app = press(app, "Add")
    assert "there already" in " ".join(w.value for w in app.warning)
    app = app.selectbox(key="widget:new gaussian.covariance").select("diagonal").run()
    app = press(app, "Add")
    assert not app.exception
    assert link_of(app)["compare.models"] == "gaussian,gaussian:covariance=diagonal"
    app = press(app, "Usual five")
    assert "compare.models" not in link_of(app)


def test_none_left_is_a_sentence(opened, at_once):
    app = opened("compare", bundle="many", models="none")
    assert not app.exception
    assert "Add a latent model" in text(app)


@pytest.mark.parametrize(
    "link",
    [
        {"models": "gausian"},
        {"models": "kde:bandwith=1"},
        {"models": "kde:bandwidth=-1"},
        {"models": "held-out"},
        {"models": "gaussian,gaussian", "n": "7", "budget": "endless", "metric": "codes/taste"},
    ],
)
def test_what_a_link_cannot_ask_for_is_a_sentence(opened, at_once, link):
    app = opened("compare", bundle="many", **{"n": "20", **link})
    assert not app.exception
    assert len(app.warning) == len(link)
    assert "draws of each" in text(app)


def test_too_many_models_in_a_link_are_cut(opened, at_once, monkeypatch):
    monkeypatch.setattr("aegen.app.pages.compare.state.MOST", 1)
    app = opened("compare", bundle="many", n="20", models="gaussian,kde")
    assert "1 models are compared at most" in " ".join(w.value for w in app.warning)


def test_a_thorough_comparison_begins_when_told_to(opened, at_once):
    app = opened("compare", bundle="many", models="gaussian", n="20", budget="thorough")
    assert "5 seeds" in text(app)
    assert not at_once
    app = press(app, "Start")
    assert len(at_once) == 1
    assert "20 draws of each against as many held-out rows, 5 seeds" in text(app)


def test_seeds_can_be_chosen_and_many_begin_when_told_to(opened, at_once):
    app = opened("compare", bundle="many", models="gaussian", n="20", seeds="3")
    assert "3 seeds, 12 tasks" in text(app)
    assert not at_once
    app = press(app, "Start")
    assert "20 draws of each against as many held-out rows, 3 seeds" in text(app)
    assert any("--seeds 3 --draws 20" in code.value for code in app.code)
    app.selectbox(key="widget:compare.seeds").select(1).run()
    assert not app.exception
    assert "20 draws of each against as many held-out rows, seed 0" in text(app)


def test_failures_are_shown_where_they_are_asked_for(opened, at_once, monkeypatch):
    app = opened("compare", bundle="many", models="gaussian", n="20")
    assert "Strangest draws" not in html(app)
    quick = "aegen.app.services.failures.at_hand"
    monkeypatch.setattr(quick, lambda spec: spec.sampler == "gaussian")
    app = opened("compare", bundle="many", models="gaussian,kde", n="20", failures="yes")
    shown = html(app)
    for kind in ("Strangest draws", "Nearest to copies", "Real images most missed"):
        assert kind in shown
    assert "No gallery: its fit takes a while" in text(app)


def test_without_held_out_rows_pictures_are_there_and_a_sentence(opened, at_once):
    app = opened("compare", bundle="bars", models="gaussian")
    assert not app.exception
    assert "has 8 held-out rows, and a comparison needs at least 40" in text(app)
    assert "Draws of" in html(app)
    assert not at_once


def test_a_bundle_without_a_classifier_leaves_those_lines_out(opened, at_once, wide, monkeypatch):
    from aegen.comparison import metric_specs

    tiny_bundle(wide / "blind", image_set=tiny_images(60, 48), classifier=None)
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "many", "blind"])
    blind = ("features/nearest-neighbour-accuracy", "attributes/attribute-distance")
    wanted = metric_specs([*KEYS, *blind])
    monkeypatch.setattr(comparisons, "_metric_specs", lambda budget: wanted)
    app = opened("compare", bundle="blind", models="gaussian", n="20")
    assert not app.exception
    assert "has no classifier" in text(app)
    assert "1-NN accuracy in features" in html(app)
    assert "Attribute distance" not in html(app)
    assert "random convolutions" in text(app)


def test_a_failing_model_is_a_sentence_and_the_rest_stays(opened, at_once, monkeypatch):
    from aegen.core.errors import InvalidInput
    from aegen.samplers.kde import KDE

    def refuse(*args, **kwargs):
        raise InvalidInput("these <codes> cannot be used")

    with monkeypatch.context() as broken:
        broken.setattr(KDE, "fit", refuse)
        asked = {"bundle": "many", "models": "gaussian,kde", "n": "20"}
        app = opened("compare", **asked, seed="7")  # of which nothing is measured yet
        assert not app.exception
        assert "these &lt;codes&gt; cannot be used" in html(app)
        assert "20 draws of each" in text(app)
    app = press(app, "Try the failed ones again")
    assert "these &lt;codes&gt;" not in html(app)


def test_an_error_of_the_job_is_its_sentence(opened, monkeypatch):
    monkeypatch.setattr(comparisons, "WORK", "tests.app.jobs.slow_work:refuse_anything")
    app = opened("compare", bundle="many", models="gaussian", n="20")
    assert one_job().wait(60)
    app = app.run()
    assert not app.exception
    assert any("change it" in error.value for error in app.error)
    job = one_job()
    app = app.run().run()  # it is not tried again by itself
    assert one_job() is job
    assert any("change it" in error.value for error in app.error)
    app = press(app, "Try again")
    assert one_job() is not job


def test_asking_for_something_else_ends_what_nobody_waits_for(opened, monkeypatch):
    monkeypatch.setattr(comparisons, "WORK", "tests.app.jobs.slow_work:hold")
    app = opened("compare", bundle="many", models="gaussian", n="20")
    job = one_job()
    app = app.number_input(key="widget:compare.seed").set_value(3).run()
    assert not app.exception
    assert job.wait(30)
    assert job.state == "stopped"
    assert len(process._jobs.all()) == 2


def test_a_model_is_skipped_and_the_others_are_compared_without_it(opened, monkeypatch):
    monkeypatch.setattr(comparisons, "WORK", "tests.app.jobs.slow_work:hold")
    asked = {"bundle": "many", "models": "gaussian,kde", "n": "20"}
    app = opened("compare", **asked)
    job = one_job()
    request = ComparisonRequest("many", ("gaussian", "kde"), 20, 0, "quick")
    notes = AtWork(comparisons._notes[comparisons._key(request)].path)
    task = comparisons._found(request).tasks[1]
    with notes.following(task):
        app = app.run()
        bars = [each.proto.text for each in app.main.get("progress")]
        assert "Kernel density · 0:0" in " ".join(bars)
        (skip,) = [each for each in app.button if each.key == "skip kde 0"]
        app = skip.click().run()
    assert not app.exception
    assert notes.skips(task)
    assert one_job() is job
    assert not job.stopping
    assert link_of(app)["compare.skipped"] == "kde"
    assert comparisons.left(replace(request, skipped=("kde",))) == (4, 4)
    assert "aegen compare many --samplers gaussian --seeds" in " ".join(c.value for c in app.code)
    (again,) = [each for each in app.button if each.key == "measure kde"]
    app = again.click().run()
    assert not notes.skips(task)
    assert "compare.skipped" not in link_of(app)


def test_files_hold_what_is_shown(at_once):
    asked = ComparisonRequest("many", TWO[:1], 20, 0, "quick")
    services.comparisons.compare(asked)
    whole = for_paper.archive(paper.material(asked, services.comparisons.table(asked)), 85, 8)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        assert "left-out.txt" not in packed.namelist()
        lines = packed.read("tables/table.csv").decode().splitlines()
        assert len(lines) == 1 + 4 * (len(KEYS) + 2)  # the accuracy's halves have their own
        assert b"20 draws of each" in packed.read("tables/table.tex")
        assert b"@article" in packed.read("references.bib")
        assert packed.read("figures/copying.pdf").startswith(b"%PDF-")
        assert packed.read("figures/draws.svg").count(b"<image") == 4 * 10
        assert rb"\texttt{aegen compare many" in packed.read("figures.tex")
    picture = Image.open(io.BytesIO(results._png(asked)))
    assert picture.size[0] > 400
    names = [
        name for name, _ in image_columns.all_pictures(asked, services.comparisons.table(asked))
    ]
    assert names == ["Gaussian", "Real codes", "Bootstrap", "Standard normal"]
    page = results._report(asked)
    assert b"<html" in page
    assert b'src="http' not in page


def test_pictures_of_a_slow_model_lead_to_their_own_places(at_once, monkeypatch):
    slow = "gaussian-mixture"
    assert comparisons.candidate_of(slow).slow
    asked = ComparisonRequest("many", (slow,), 20, 0, "quick")
    services.comparisons.compare(asked)
    shown = image_columns._images(asked, slow, services.comparisons.table(asked))
    assert len(shown.places) == len(shown.images) == 20
    at_places = services.places.pictures("many", shown.places)  # of codes in five digits
    np.testing.assert_allclose(at_places, shown.images, atol=1)
    monkeypatch.setattr(image_columns, "MANY", 7)  # as many as of the models that are drawn here
    fewer = image_columns._images(asked, slow, services.comparisons.table(asked))
    assert fewer.places == shown.places[:7]
    assert np.array_equal(fewer.images, shown.images[:7])


def test_results_make_room_for_newer_ones(tmp_path, monkeypatch):
    for k in range(4):
        (tmp_path / f"{k}.safetensors").write_bytes(bytes(100))
        os.utime(tmp_path / f"{k}.safetensors", (k, k))
    (tmp_path / "own.txt").write_bytes(bytes(1000))
    monkeypatch.setattr(comparisons, "MOST_BYTES", 250)
    monkeypatch.setattr(comparisons, "_folder", lambda: tmp_path)
    comparisons._make_room()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "2.safetensors",
        "3.safetensors",
        "own.txt",
    ]


def test_the_job_itself_gives_the_same_as_here(at_once, tmp_path, monkeypatch):
    from aegen.app.jobs.compare_samplers import compare
    from aegen.comparison import Store

    asked = ComparisonRequest("many", TWO[:1], 20, 1, "quick")
    services.comparisons.compare(asked)
    here = services.comparisons.table(asked)
    (task,) = [
        result.task for result in here.results if result.task.candidate.sampler == "gaussian"
    ]
    plain = json.loads(json.dumps(dataclasses.asdict(task)))
    said = compare([plain], str(tmp_path / "other"), 1, str(tmp_path))
    assert said == {"results": 1}
    there = Store(tmp_path / "other").find(task)
    assert there is not None
    (mine,) = here.of(task.candidate)
    assert {k: f.value for k, f in there.figures.items()} == {
        k: f.value for k, f in mine.figures.items()
    }
    assert np.array_equal(there.images, mine.images)


def test_a_process_compares_what_the_page_asks_for():
    asked = ComparisonRequest("many", TWO[:1], 20, 2, "quick")
    assert comparisons.left(asked) == (4, 4)
    assert comparisons.compare(asked).outcome() is None
    assert comparisons.left(asked) == (0, 4)
    assert not any(result.problem for result in comparisons.table(asked).results)


def test_a_comparison_outlives_nothing_it_depends_on(wide):
    one, other = (ComparisonRequest("many", ("gaussian",), 20, seed, "quick") for seed in (0, 1))
    assert comparisons._key(one) != comparisons._key(other)
    before = comparisons._key(one)
    manifest = wide / "many" / "bundle.json"
    about = manifest.stat()
    os.utime(manifest, ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    assert comparisons._key(one) != before


def test_the_link_holds_models_with_their_fields():
    item = state.models
    models = item.parse("gaussian,kde:bandwidth=0.5")
    assert models == ("gaussian", "kde:bandwidth=0.5")
    assert item.parse(item.text(models)) == models
    assert item.text(()) == "none"
    assert item.parse("none") == ()
    with pytest.raises(ValueError, match="gausian"):
        item.parse("gausian")
