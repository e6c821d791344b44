"""What pages ask for: right for each bundle whoever asks; what snippets say is what happens."""

import gc
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from aegen.app import services
from aegen.app.pages.sample import snippets
from aegen.app.row_selection import Area, AttributeEquals
from aegen.app.services.samplers import SamplerSpec
from aegen.app.widgets import fields
from aegen.core.errors import AegenError, InvalidInput, UnknownName
from aegen.samplers import samplers

LYING = AttributeEquals("class", "lying")


def test_two_bundles_at_once_never_mix():
    """Many threads ask for both bundles; each gets its own shapes and its own numbers."""
    alone = {
        name: services.draws.draw(SamplerSpec(name, "gaussian"), 5, 1)
        for name in ("bars", "colours")
    }
    st.cache_resource.clear()
    wrong = []

    def ask(name):
        for _ in range(5):
            draw = services.draws.draw(SamplerSpec(name, "gaussian"), 5, 1)
            if not np.array_equal(draw.images, alone[name].images):
                wrong.append(name)

    threads = [threading.Thread(target=ask, args=(n,)) for n in ("bars", "colours") * 4]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []
    assert alone["bars"].images.shape != alone["colours"].images.shape


def test_each_part_of_a_choice_counts():
    base = SamplerSpec("bars", "kde", (("bandwidth", 0.3),))
    others = [
        (SamplerSpec("bars", "kde", (("bandwidth", 0.9),)), 6, 0),
        (SamplerSpec("bars", "gaussian"), 6, 0),
        (SamplerSpec("bars", "kde", (("bandwidth", 0.3),), LYING), 6, 0),
        (base, 6, 1),
    ]
    first = services.draws.draw(base, 6, 0).codes
    assert np.array_equal(services.draws.draw(base, 6, 0).codes, first)
    for spec, n, seed in others:
        assert not np.array_equal(services.draws.draw(spec, n, seed).codes, first)


@pytest.mark.parametrize("sampler", samplers.names())
def test_draws_restricted_to_rows_come_from_them(sampler):
    rows = services.rows.rows_of("bars", LYING)
    draw = services.draws.draw(SamplerSpec("bars", sampler, _few(sampler), LYING), 30, 0)
    assert draw.images.shape[0] == 30
    if draw.rows is not None:
        assert set(draw.rows) <= set(rows)
        free = services.draws.draw(SamplerSpec("bars", sampler, _few(sampler)), 30, 0)
        assert not set(free.rows) <= set(rows)
    else:
        model = services.samplers.model(SamplerSpec("bars", sampler, _few(sampler), LYING))
        assert np.array_equal(model.rows, rows)


def _few(sampler):
    """Fields with which a fit to the tiny bundle takes a moment."""
    return tuple(samplers.get(sampler).quick.items())


def test_rows_of_an_area_and_of_a_value():
    xy = services.projections.coordinates("bars", "axes-0-2")
    box = Area("axes-0-2", ((-9.0, -9.0), (0.0, -9.0), (0.0, 9.0), (-9.0, 9.0)))
    assert np.array_equal(services.rows.rows_of("bars", box), np.flatnonzero(xy[:, 0] < 0))
    table = services.bundles.bundle("bars").attributes
    assert (
        services.rows.rows_of("bars", LYING).tolist()
        == np.flatnonzero(table["class"] == "lying").tolist()
    )
    parts = services.rows.members("bars", LYING, "class")
    assert parts[0][:2] == ("lying", 1.0)
    assert sum(whole for _, _, whole, *_ in parts) == pytest.approx(1)


@pytest.mark.parametrize("attribute", ["class", "late", "place"])
def test_every_kind_of_attribute_can_be_shown(attribute):
    colouring = services.projections.labels("bars", attribute, "pca")
    assert len(colouring.values) == 40
    assert services.rows.members("bars", LYING, attribute)


def test_saved_selection_names_rows_ids_and_attributes():
    lines = services.rows.kept_rows("bars", LYING).decode().splitlines()
    assert lines[0] == "row,id,class,late,place"
    assert len(lines) == 1 + len(services.rows.rows_of("bars", LYING))


def test_a_number_that_never_changes_is_one_group(monkeypatch):
    table = services.bundles.bundle("bars").attributes.assign(place=3.0)
    monkeypatch.setattr("aegen.app.services.bundles.attributes", lambda name: table)
    (only,) = services.rows.members("bars", LYING, "place")
    assert only[:3] == ("3.0", 1.0, 1.0)


def test_attributes_named_as_the_saved_columns_are_kept_beside_them(monkeypatch):
    table = services.bundles.bundle("bars").attributes.rename(
        columns={"late": "id", "place": "row"}
    )
    monkeypatch.setattr("aegen.app.services.bundles.attributes", lambda name: table)
    lines = services.rows.kept_rows("bars", LYING).decode().splitlines()
    assert lines[0] == "row,id,class,attribute id,attribute row"


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda: services.bundles.bundle("mnst"), UnknownName),
        (lambda: services.bundles.bundle(""), UnknownName),
        (lambda: services.projections.coordinates("bars", "axes-0-7"), InvalidInput),
        (lambda: services.projections.coordinates("bars", "axes-0"), UnknownName),
        (lambda: services.projections.coordinates("bars", "tsne"), UnknownName),
        (lambda: services.rows.rows_of("bars", AttributeEquals("mood", "good")), UnknownName),
        (lambda: services.rows.rows_of("bars", AttributeEquals("class", "good")), UnknownName),
        (lambda: services.bundles.sample_of("bars", 40), InvalidInput),
        (lambda: services.draws.draw(SamplerSpec("bars", "vine"), 1, 0), UnknownName),
        (
            lambda: services.draws.draw(SamplerSpec("bars", "kde", (("width", 1),)), 1, 0),
            UnknownName,
        ),
        (
            lambda: services.draws.draw(
                SamplerSpec("bars", "kde", (), AttributeEquals("class", "neither")), 1, 0
            ),
            AegenError,
        ),
        (
            lambda: services.draws.draw(
                SamplerSpec("bars", "gaussian", (), AttributeEquals("class", "neither")), 1, 0
            ),
            AegenError,
        ),
    ],
)
def test_bad_input_is_a_known_error(ask, error):
    with pytest.raises(error):
        ask()


@pytest.mark.parametrize(
    "within", [None, LYING, Area("pca", ((-9, -9), (9, -9), (9, 9), (-9, 9)))]
)
@pytest.mark.parametrize("sampler", ["gaussian", "empirical-beta-copula"])
def test_the_python_shown_gives_the_pictures_shown(sampler, within, tmp_path, monkeypatch):
    spec = SamplerSpec(
        "bars", sampler, (("covariance", "diagonal"),) if sampler == "gaussian" else (), within
    )
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(snippets.python(spec, 7, 3), found)
    images = found["draw"].images if "draw" in found else found["images"]
    assert np.array_equal(images, services.draws.draw(spec, 7, 3).images)


def test_the_command_shown_is_one(tmp_path, monkeypatch):
    import shlex

    from typer.testing import CliRunner

    from aegen.cli import app

    monkeypatch.chdir(tmp_path)
    spec = SamplerSpec("bars", "kde", (("bandwidth", 0.25),))
    words = shlex.split(snippets.command(spec, 5, 2).replace("grid.png", "grid.npz"))
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    with np.load("grid.npz") as file:
        assert np.array_equal(file["codes"], services.draws.draw(spec, 5, 2).codes)
    assert snippets.command(SamplerSpec("bars", "kde", (), LYING), 5, 2) is None


def test_quality_of_a_copier_and_of_a_model_far_from_the_data():
    near = services.draws.quality(SamplerSpec("bars", "kde", (("bandwidth", 0.001),)))
    far = services.draws.quality(SamplerSpec("bars", "kde", (("bandwidth", 5.0),)))
    assert near.copying.ratio < 0.05
    assert far.copying.ratio > 1
    assert near.holdout_density < far.holdout_density


# controls


@pytest.mark.parametrize("sampler", samplers.names())
def test_every_field_has_a_widget_and_a_place_in_the_link(sampler):
    from streamlit.testing.v1 import AppTest

    def page(name):
        import streamlit as st

        from aegen.app import services
        from aegen.app.state import link
        from aegen.app.widgets import fields

        chosen = fields.fields(name, services.samplers.fields_of(name))
        link.show(fields.items(name, services.samplers.fields_of(name)))
        st.text(repr(chosen))

    app = AppTest.from_function(page, kwargs={"name": sampler}).run()
    assert not app.exception
    assert app.text[0].value == "()"
    boxes = [*app.selectbox, *app.number_input, *app.toggle, *app.text_input]
    parameters = services.samplers.fields_of(sampler)
    assert all(w.help for w in (*boxes, *app.select_slider))
    assert len(boxes) == len(parameters)
    assert len(app.select_slider) == sum(_slider_stands(p) for p in parameters)
    for parameter in parameters:
        value = _another(parameter)
        app = AppTest.from_function(page, kwargs={"name": sampler})
        app.query_params[f"{sampler}.{parameter.name}"] = fields._text(value)
        app.run()
        assert not app.exception
        assert app.text[0].value == repr(((parameter.name, value),))


def _slider_stands(parameter):
    field = parameter.field
    bounded = bool(field.low and field.high) and field.slide is None
    return field.log and bounded and isinstance(parameter.default, (int, float))


def _another(parameter):
    """A value that is allowed and not the default."""
    if parameter.options:
        other = [o for o in parameter.options if o != parameter.default]
        if other:
            return other[0]
    if parameter.kind == "bool":
        return not parameter.default
    for number in (3, 7, 20, 0.25, 0.5, 0.05):
        value = int(number) if parameter.kind == "int" else float(number)
        try:
            if parameter.check(value, "test") != parameter.default:
                return value
        except InvalidInput:
            continue
    raise AssertionError(f"no other value for {parameter.name}")


@pytest.mark.parametrize("value", [0.0001, 0.5, 0.123456, 1e-6, 10.0])
def test_a_scale_slider_and_its_box_show_the_same_number(value):
    from streamlit.testing.v1 import AppTest

    def page():
        import dataclasses

        import streamlit as st

        from aegen.app import services
        from aegen.app.state import link
        from aegen.app.widgets import fields

        (found,) = [p for p in services.samplers.fields_of("kde") if p.name == "bandwidth"]
        scaled = dataclasses.replace(found, field=dataclasses.replace(found.field, slide=None))
        chosen = fields.fields("kde", [scaled])
        link.show(fields.items("kde", [scaled]))
        link.publish()
        st.text(repr(dict(chosen).get("bandwidth")))

    app = AppTest.from_function(page)
    app.query_params["bundle"] = "bars"
    app.query_params["kde.bandwidth"] = repr(value)
    app.run()
    assert not app.exception
    (slider,) = app.select_slider
    assert slider.value == value
    assert app.text[0].value == repr(value)
    app = slider.set_value(0.02).run()
    assert app.text[0].value == "0.02"
    assert app.selectbox(key="widget:kde.bandwidth").value == "0.02"
    assert app.query_params["kde.bandwidth"] == "0.02"


def test_stops_are_round_and_hold_both_ends():
    from aegen.app.widgets.sliders import stops

    assert stops(1, 40, whole=True) == [1, 2, 3, 5, 7, 10, 15, 20, 30, 40]
    assert stops(3, 3, whole=True) == [3]
    assert stops(0.0001, 0.001, whole=False)[::6] == [0.0001, 0.001]
    wide = stops(1, 60_000, whole=True)
    assert (wide[0], wide[-1]) == (1, 60_000)
    assert len(wide) == len(set(wide)) < 40


def test_selection_lists_spread_evenly():
    from aegen.app.pages.latent_map.selection_panel import sheet_rows

    rows = list(range(0, 1000, 3))
    some = sheet_rows(rows)
    assert len(some) == 24
    assert (some[0], some[-1]) == (0, rows[-1])
    assert set(some) <= set(rows)


def test_what_is_loaded_ahead_is_not_looked_through_after_each_run_of_a_page():
    loaded = [[] for _ in range(5000)]
    before = gc.get_freeze_count()
    services.warmup._warm_up(delay=0)
    assert gc.get_freeze_count() >= before + len(loaded)


@pytest.mark.parametrize(("goes_on", "waits"), [(False, True), (True, False)])
def test_what_is_fitted_ahead_waits_for_what_a_visitor_waits_for(monkeypatch, goes_on, waits):
    job = SimpleNamespace(over=False, goes_on=goes_on)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        job.over = len(slept) > 2

    monkeypatch.setattr(services.warmup.process, "known", lambda: [job])
    monkeypatch.setattr(
        services.warmup, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: sum(slept))
    )
    services.warmup._let_others_go_first()
    assert bool(slept) == waits
    assert job.over == waits


def test_it_waits_no_longer_than_a_minute(monkeypatch):
    job = SimpleNamespace(over=False, goes_on=False)
    slept = []
    clock = SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept))
    monkeypatch.setattr(services.warmup.process, "known", lambda: [job])
    monkeypatch.setattr(services.warmup, "time", clock)
    services.warmup._let_others_go_first()
    assert 59 <= sum(slept) <= 61
