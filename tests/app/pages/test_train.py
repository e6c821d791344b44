"""Train: what a job does, the page before, while and after it, going on, errors, the ticket."""

import numpy as np
import pytest

from aegen.app import services
from aegen.app.jobs import process, train_supermask
from aegen.app.pages.train import state
from aegen.app.services import trainings
from aegen.app.services.trainings import TrainingConfig
from aegen.core.parameters import parameters
from aegen.supermask import Recipe, Report
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from tests.app.conftest import link_of
from tests.app.jobs.inline import Inline
from tests.app.jobs.test_fit_sampler import press
from tests.app.pages.test_masks import component, reported
from tests.app.test_pages import text, titles

SETTINGS = {"rows": "40", "hidden": "12-6", "epochs": "2", "decay": "0.01", "kappa": "3"}
ORDER = TrainingConfig("bundle:bars", 40, "12-6", 2, 0.1, 0.01, 0.01, 3.0, 0)


@pytest.fixture(autouse=True)
def no_images(monkeypatch):
    monkeypatch.delenv("AEGEN_DATA", raising=False)


@pytest.fixture
def at_once(monkeypatch):
    """What a job would do is done here; gives what was asked for."""
    asked_for = []

    def begin(key, work, prepare, *, goes_on, title):
        arguments, finish = prepare()
        asked_for.append(arguments)
        assert work == "aegen.app.jobs.train_supermask:train"
        assert goes_on
        made = Inline(key, lambda: finish(train_supermask.train(**arguments)))
        return process._jobs.begin(key, lambda: made)

    monkeypatch.setattr(process, "begin", begin)
    return asked_for


def labels(app):
    return [button.label for button in app.button]


def counts_shown(app):
    row = component(app, "aegen.network_row")[-1]
    return [tuple(each["counts"]) for each in row["layers"]]


def test_a_job_trains_writes_and_goes_on(opened, at_once):
    services.trainings.start_training(ORDER)
    first = services.trainings.trained(ORDER)
    assert [record["epoch"] for record in first.records] == [1, 2]
    ticket = Ticket.from_bytes(services.trainings.trained_file(ORDER, "ticket"))
    assert ticket.plan.input_shape == (1, 16, 16)
    assert ticket.about["data"] == "bars"
    assert first.counts[-1].tolist() == [
        [c.keep, c.invert, c.drop] for c in Report.of(ticket.masks).layers.values()
    ]
    # Going on gives what one training of three epochs would have given.
    longer = TrainingConfig(**{**ORDER.__dict__, "epochs": 3})
    services.trainings.start_training(longer)
    again = services.trainings.trained(longer)
    assert [record["epoch"] for record in again.records] == [1, 2, 3]
    assert again.records[:2] == first.records
    services.trainings.forget_training(longer)
    assert services.trainings.trained(longer) is None
    services.trainings.start_training(longer)
    whole = services.trainings.trained(longer)
    np.testing.assert_array_equal(whole.counts, again.counts)
    other = TrainingConfig(**{**longer.__dict__, "seed": 1})
    services.trainings.start_training(other)
    assert not np.array_equal(services.trainings.trained(other).counts, whole.counts)


class Killed(BaseException):
    """Nobody catches this, as nobody catches a process's end."""


@pytest.mark.parametrize(
    "kind", [Ticket, History], ids=["before its ticket", "before its history"]
)
def test_a_job_killed_between_its_files_leaves_a_pair_and_goes_on(opened, at_once, kind):
    write, calls = kind.write, []

    def dies(self, path):
        calls.append(path)
        if len(calls) == 2:
            raise Killed
        write(self, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "write", dies)
        with pytest.raises(Killed):
            services.trainings.start_training(ORDER)
    found = services.trainings.trained(ORDER)
    ticket = Ticket.from_bytes(services.trainings.trained_file(ORDER, "ticket"))
    assert ticket.about["epochs"] == len(found.records) == 1
    assert reported(ticket.masks) == reported(found.masks(1))
    services.trainings.start_training(ORDER)  # the second epoch is in the checkpoint already
    found = services.trainings.trained(ORDER)
    ticket = Ticket.from_bytes(services.trainings.trained_file(ORDER, "ticket"))
    assert ticket.about["epochs"] == len(found.records) == 2
    assert reported(ticket.masks) == reported(found.masks(2))


def test_examples_are_the_bundles_rows(bundle_folder, tmp_path):
    images, classes, test, test_classes, names = train_supermask.examples(
        "bundle:bars", str(bundle_folder / "bars"), 30, tmp_path / "kept"
    )
    assert images.shape == (30, 16, 16, 1)
    assert images.dtype == np.uint8
    assert (len(test), names) == (8, ["upright", "lying", "neither"])
    again = train_supermask.examples(
        "bundle:bars", str(bundle_folder / "bars"), 30, tmp_path / "kept"
    )
    np.testing.assert_array_equal(images, again[0])
    fewer = train_supermask.examples(
        "bundle:bars", str(bundle_folder / "bars"), 10, tmp_path / "kept"
    )
    np.testing.assert_array_equal(fewer[1], classes[:10])
    assert len(test_classes) == 8


def test_the_page_begins_and_shows_what_came_of_it(opened, at_once):
    app = opened("train", data="bundle:bars", learning_rate="0.1", **SETTINGS)
    assert not app.exception
    assert not app.warning
    assert titles(app) == ["Train"]
    assert "Train" in labels(app)
    app = press(app, "Train")
    assert not app.exception
    assert at_once[0]["rows"] == 40
    assert at_once[0]["recipe"]["decay"] == 0.01
    assert "All 2 epochs are done" in text(app)
    found = services.trainings.trained(ORDER)
    assert counts_shown(app) == [tuple(each) for each in found.counts[-1].tolist()]
    said = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert f"last {100 * found.records[-1]['accuracy']:.4g} %" in said[0]
    maps = services.trainings.first_layer_maps(ORDER)
    assert [epoch for epoch, _ in maps] == [1, 2]
    first = found.masks(2)["fc1"]
    np.testing.assert_array_equal(maps[-1][1], (first != 0).sum(axis=0).reshape(16, 16))
    # A link, or the next visit, shows the same without training again.
    app = opened("train", data="bundle:bars", learning_rate="0.1", **SETTINGS)
    assert len(at_once) == 1
    assert counts_shown(app) == [tuple(each) for each in found.counts[-1].tolist()]
    app = opened("train", data="bundle:bars", learning_rate="0.1", **{**SETTINGS, "epochs": "3"})
    assert "Epoch 2 of 3 is done" in text(app)
    app = press(app, "Continue")
    assert "All 3 epochs are done" in text(app)


def test_the_ticket_goes_to_the_masks_page(opened, at_once):
    services.trainings.start_training(ORDER)
    app = opened("train", data="bundle:bars", learning_rate="0.1", **SETTINGS)
    app = press(app, "Look at its masks")
    assert not app.exception
    assert titles(app) == ["Masks"]
    assert not app.error
    ticket = Ticket.from_bytes(services.trainings.trained_file(ORDER, "ticket"))
    assert counts_shown(app) == [(c.keep, c.invert, c.drop) for c in ticket.counts.values()]
    given = link_of(app)["masks.ticket"]
    name = given if isinstance(given, str) else given[0]
    assert services.tickets.history(name).epochs == [1, 2]


def test_a_training_that_cannot_go_on_is_a_sentence_with_advice(opened, at_once):
    link = {**SETTINGS, "learning_rate": "1e-5", "decay": "0.1", "epochs": "40"}
    app = opened("train", data="bundle:bars", **link)
    app = press(app, "Train")
    assert not app.exception
    (error,) = app.error
    assert "after epoch" in error.value
    assert "lower the decay" in error.value
    assert "Try again" in labels(app)


def test_a_training_can_be_stopped_and_begun_anew(opened, monkeypatch):
    """With a true process, which works at something slow."""
    monkeypatch.setattr(trainings, "WORK", "tests.app.jobs.slow_work:hold")
    app = opened("train", data="bundle:bars", learning_rate="0.1", **SETTINGS)
    app = press(app, "Train")
    assert not app.exception
    assert "Stop" in labels(app)
    assert "Train" not in labels(app)
    app = press(app, "Stop")
    assert not app.exception
    job = services.trainings.training_job(ORDER)
    assert job.stopping
    assert job.wait(20)
    assert "Train" in labels(app.run())


@pytest.mark.parametrize(
    "link",
    [{"rows": "3"}, {"hidden": "300;100"}, {"epochs": "0"}, {"decay": "x"}, {"data": "images:x"}],
)
def test_what_a_link_has_wrong_is_said_and_the_page_still_shows(opened, link):
    app = opened("train", **link)
    assert not app.exception
    assert app.warning
    assert not app.error
    assert "Train" in labels(app)


def test_what_is_mistyped_stays_in_its_field_and_is_told_below_it(opened):
    app = opened("train")
    app = app.text_input(key="widget:train.hidden").set_value("300;100").run()
    (error,) = app.error
    assert "dashes between, such as 300-100" in error.value
    app = app.number_input(key="widget:train.rows").set_value(50).run()  # not even by another act
    assert app.text_input(key="widget:train.hidden").value == "300;100"
    app = app.text_input(key="widget:train.hidden").set_value("30-10").run()
    assert not app.error
    assert app.query_params["train.hidden"] == "30-10"


def test_a_recipe_sets_what_it_names(opened):
    app = opened("train")
    app = app.segmented_control(key="widget:train.preset").set_value("sparse").run()
    assert not app.exception
    settings = state.PRESETS["sparse"].settings
    assert app.number_input(key="widget:train.rows").value == settings["rows"]
    for name in ("decay", "learning_rate", "kappa"):
        assert app.number_input(key=f"widget:train.{name}").value == settings[name]


def test_the_form_offers_what_the_recipe_declares(opened):
    app = opened("train", decay="1")
    assert any("decay must be a number from 0 to 0.999" in w.value for w in app.warning)
    box = app.number_input(key="widget:train.decay")
    field = next(p.field for p in parameters(Recipe) if p.name == "decay")
    assert (box.min, box.max, box.help) == (field.low, field.high, field.help)
    assert app.number_input(key="widget:train.learning_rate").min > 0


def test_without_rows_to_train_on_the_page_says_so(opened, monkeypatch):
    monkeypatch.setattr("aegen.app.services.evaluation_data._bundles_of", lambda *_: [])
    app = opened("train")
    assert not app.exception
    assert any("nothing to train on" in error.value for error in app.error)
