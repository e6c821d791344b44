"""A recommendation on Compare: begun by its button or link, cancelled, shown, taken on, kept."""

import json
import os
from dataclasses import replace

import pytest

from aegen.app import services
from aegen.app.jobs import process
from aegen.app.services import comparisons, recommendations
from aegen.app.services.recommendations import RecommendationRequest
from aegen.comparison import Candidate, Recommendation, Trial
from aegen.comparison.recommendation_table import to_json
from tests.app.conftest import link_of
from tests.app.jobs.inline import Inline
from tests.app.jobs.test_fit_sampler import labels, press
from tests.app.test_pages import text, titles
from tests.tiny_bundle import tiny_bundle, tiny_images

KDE = Candidate("kde", (("bandwidth", 0.25),))
ASKED = RecommendationRequest("enough", 60, 0.9, 0)


@pytest.fixture(scope="session")
def enough(tmp_path_factory):
    """A bundle with enough codes to choose by."""
    folder = tmp_path_factory.mktemp("enough")
    tiny_bundle(folder / "enough", image_set=tiny_images(120, 8))
    return folder


@pytest.fixture(autouse=True)
def two(enough, monkeypatch):
    """It beside the others; two quick models are tried, and no comparison begins."""
    monkeypatch.setenv(
        "AEGEN_BUNDLES", os.pathsep.join([os.environ["AEGEN_BUNDLES"], str(enough)])
    )
    monkeypatch.setattr("aegen.bundles.bundles", lambda: ["bars", "enough"])
    monkeypatch.setattr(comparisons, "refusal", lambda name: "not compared here")


@pytest.fixture
def answered(monkeypatch):
    """What a job would answer is known at once; gives the requests that were begun."""
    begun = []

    def begin(asked):
        begun.append(asked)
        trials = (
            Trial(KDE, 0.52, 0.49, 0.02, 0.95, 0.02, 0.1, 2),
            Trial(Candidate("bootstrap"), 0.5, 0.5, 0.02, 0.0, 0.0, 0.1, 1),
            Trial(Candidate("vine-copula"), problem="<no> time"),
        )
        said = to_json(Recommendation(trials, asked.copying, 30, 3.0))
        mark = recommendations._mark(asked)
        work = lambda: recommendations._take(asked, mark, said)  # noqa: E731
        return process._jobs.begin(mark, lambda: Inline(mark, work))

    monkeypatch.setattr(recommendations, "begin", begin)
    return begun


def shown(app):
    return " ".join(str(element.proto) for element in app.get("bidi_component"))


def test_the_button_recommends_and_what_it_says_is_taken_on(opened, answered):
    app = opened("compare", bundle="enough", models="gaussian")
    assert not answered
    app = press(app, "Recommend a model")
    assert not app.exception
    assert answered == [ASKED]
    assert link_of(app)["compare.recommended"] == "yes"
    said = text(app).replace("\\", "")
    assert "Take Kernel density (bandwidth 0.25)" in said
    assert "Left out because they copy: Bootstrap" in said
    html = shown(app)
    assert "copies out" in html
    assert html.index("0.020 ") < html.index("copies out")
    assert "Vine copula: &lt;no&gt; time" in html
    codes = " ".join(code.value for code in app.code)
    assert "aegen.recommend(codes, seconds=60, copying=0.9, rng=0)" in codes
    assert "aegen recommend enough --seconds 60" in codes
    added = press(app, "Add to the comparison")
    assert link_of(added)["compare.models"] == "gaussian,kde:bandwidth=0.25"
    app = press(added, "Draw from it")
    assert not app.exception
    assert titles(app) == ["Sample"]
    assert (link_of(app)["sampler"], link_of(app)["kde.bandwidth"]) == ("kde", "0.25")


def test_what_a_link_asks_for_is_shown_and_closed(opened, answered):
    link = {"recommended": "yes", "seconds": "20", "copying": "0.5", "seed": "3"}
    app = opened("compare", bundle="enough", models="gaussian", **link)
    assert answered == [RecommendationRequest("enough", 20, 0.5, 3)]
    assert "Take Kernel density" in text(app)
    app = press(app, "Close")
    assert "Take Kernel" not in text(app)
    assert "compare.recommended" not in link_of(app)


def test_an_answer_is_kept_for_this_bundle_and_these_options(
    opened, answered, monkeypatch, enough
):
    recommendations.begin(ASKED)
    monkeypatch.setattr(process, "_jobs", process.Jobs(1))  # another server
    assert "Take Kernel density" in str(recommendations.found(ASKED))
    opened("compare", bundle="enough", models="gaussian", recommended="yes")
    assert answered == [ASKED]
    for other in ({"seconds": 20}, {"copying": 0.5}, {"seed": 1}):
        assert recommendations.found(replace(ASKED, **other)) is None
    path = recommendations._file(recommendations._mark(ASKED))
    path.write_text(path.read_text()[:50])  # half a file is none
    assert recommendations.found(ASKED) is None
    mark, manifest = recommendations._mark(ASKED), enough / "enough" / "bundle.json"
    before = manifest.read_text()
    try:
        manifest.write_text(json.dumps(json.loads(before) | {"title": "Another"}))
        assert recommendations._mark(ASKED) != mark
    finally:
        manifest.write_text(before)


def test_it_is_watched_cancelled_and_begun_again(opened, monkeypatch):
    monkeypatch.setattr(recommendations, "WORK", "tests.app.jobs.slow_work:hold")
    app = opened("compare", bundle="enough", models="gaussian", recommended="yes")
    (job,) = process._jobs.all()
    assert "Trying models on left-out codes" in text(app)
    app = press(app, "Cancel")
    assert job.wait(30)
    assert job.state == "stopped"
    assert "Trying models was cancelled" in text(app)
    app = press(app, "Try models again")
    assert process._jobs.all() != [job]
    assert "Cancel" in labels(app)


def test_what_goes_wrong_is_a_sentence(opened, monkeypatch):
    monkeypatch.setattr(recommendations, "WORK", "tests.app.jobs.slow_work:refuse_anything")
    link = {"bundle": "enough", "models": "gaussian", "recommended": "yes"}
    app = opened("compare", **link)
    (job,) = process._jobs.all()
    assert job.wait(60)
    app = app.run()
    assert not app.exception
    assert any("change it" in error.value for error in app.error)
    assert "Try models again" in labels(app)


def test_too_few_codes_are_a_sentence_and_no_work(opened, answered):
    app = opened("compare", bundle="bars", models="gaussian", recommended="yes")
    assert not app.exception
    assert "40 codes are too few to choose a model by" in text(app)
    assert not answered


def test_the_process_gives_what_the_library_gives(enough, monkeypatch):
    from aegen.app.jobs import recommend_sampler
    from aegen.comparison import recommendation

    monkeypatch.setattr(
        recommendation.recommend,
        "__kwdefaults__",
        {**recommendation.recommend.__kwdefaults__, "candidates": [Candidate("gaussian")]},
    )
    said = recommend_sampler.recommend(str(enough / "enough"), 60, 0.0, 5)
    here = recommendation.recommend(services.bundles.bundle("enough").codes, copying=0.0, rng=5)
    assert json.loads(said)["trials"][0]["real"] == here.trials[0].real
    assert json.loads(said)["best"] == "gaussian"
