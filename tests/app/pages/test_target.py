"""Target: what is asked for is what is drawn, linked and copied; bad requests get a sentence."""

import re
import shlex
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import aegen
from aegen.app import services
from aegen.app.jobs import job
from aegen.app.pages.target import edit, snippets, state
from aegen.app.services import targets
from aegen.app.services.samplers import SamplerSpec
from aegen.app.services.targets import Edit, TargetRequest
from aegen.app.state import visit
from aegen.app.widgets import target_text
from aegen.cli import main
from aegen.core.errors import AegenError
from aegen.targeting import draw, parse, share
from tests.app.conftest import link_of


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A page waits for its draws, however busy the machine is."""
    monkeypatch.setattr("aegen.app.pages.target.results.PATIENCE", 60)


def visited(opened, **link):
    return healthy(opened("target", bundle="bars", **link))


def healthy(test):
    assert not test.exception
    assert test.title[0].value == "Target"
    return test


def said(test):
    """All that the page says, in one text."""
    kinds = (test.markdown, test.caption, test.warning, test.error, test.info, test.success)
    return "\n".join(unpictured(element.value) for kind in kinds for element in kind)


def unpictured(text):
    """A text without the pictures of values in it."""
    return re.sub(r"!\[\]\(data:image/webp[^)]*#value\) *", "", text).strip()


def button(test, label):
    [found] = [one for one in test.button if unpictured(one.label) == label]
    return found


def grids(test):
    return [
        element
        for element in test.get("bidi_component")
        if "image_grid" in element.proto.component_name
    ]


def test_nothing_asked_yet_offers_something_to_begin_with(opened):
    test = visited(opened)
    assert not test.error
    assert not test.warning
    assert "What should the pictures show?" in said(test)
    healthy(button(test, "class is lying or upright").click().run())
    assert link_of(test)["target.text"] == "class=lying or class=upright"
    assert "rows match" in said(test)


def test_a_kept_selection_is_asked_for_and_told_by_its_name(opened):
    test = visited(opened, kept="left%20side:pca~-9,-9~0,-9~0,9~-9,9")
    [about] = [one for one in test.selectbox if one.label == "What about"]
    about.select("Kept selection").run()
    healthy(button(test, "Add").click().run())
    assert link_of(test)["target.text"] == "inside pca -9,-9 0,-9 0,9 -9,9"
    assert "Inside “left side”" in said(test)


def test_draws_fulfil_the_target_and_a_link_gives_the_same_ones(opened):
    test = visited(opened, text="z0>0 and place>6", n="12", seed="3")
    assert "**Asked for: found in 100 %** of 12" in said(test)
    assert "From matching rows" in said(test)
    assert link_of(test)["target.text"] == "z0>0 and place>6"
    request = TargetRequest(
        SamplerSpec("bars", "empirical-beta-copula"), "z0>0 and place>6", 12, 3
    )
    found = services.targets.targeted(request)
    assert share(aegen.load("bars"), request.text, found.codes) == 1
    without = services.targets.baseline(request.spec, request.text)
    assert 0 < without[0] < min(without[1]) < 1
    names = {}
    exec(snippets.python_of_target(request).replace('found.save("grid.png")', ""), names)
    np.testing.assert_array_equal(names["found"].images, found.images)


def test_the_copied_command_writes_the_same_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = TargetRequest(SamplerSpec("bars", "kde"), "z0>0 or z1=0..1", 6, 2, strict=True)
    command = snippets.command_of_target(request).replace("grid.png", "grid.npz")
    monkeypatch.setattr("sys.argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    with np.load("grid.npz") as file:
        np.testing.assert_array_equal(file["images"], services.targets.targeted(request).images)


def test_a_condition_is_added_turned_round_and_left_out(opened):
    test = visited(opened, text="z0>0")
    [kinds] = [one for one in test.selectbox if one.label == "What about"]
    assert kinds.options == [
        "Attribute",
        "How sure",
        "Number",
        "Like a row",
        "Like my picture",
        "Density",
        "Coordinate",
    ]
    healthy(kinds.set_value("Density").run())
    healthy(button(test, "Add").click().run())
    assert link_of(test)["target.text"] == "z0>0 and density>=20%"
    outs = [one for one in test.button if one.label == "Exclude it instead"]
    healthy(outs[0].click().run())
    assert link_of(test)["target.text"] == "not z0>0 and density>=20%"
    outs = [one for one in test.button if one.label == "Leave it out"]
    healthy(outs[1].click().run())
    assert link_of(test)["target.text"] == "not z0>0"
    healthy(button(test, "Clear").click().run())
    assert "target.text" not in link_of(test)


@pytest.mark.parametrize("kind", ["Attribute", "How sure", "Number", "Like a row", "Coordinate"])
def test_every_kind_of_condition_can_be_added(opened, kind):
    test = visited(opened, text="density>=20%", n="2")
    [kinds] = [one for one in test.selectbox if one.label == "What about"]
    healthy(kinds.set_value(kind).run())
    if kind == "Attribute":
        [values] = [one for one in test.button_group if one.label == "Values"]
        healthy(values.set_value(["upright", "lying"]).run())
    healthy(button(test, "Add").click().run())
    texts = {
        "Attribute": "density>=20% and (class=upright or class=lying)",
        "How sure": "density>=20% and probability class=upright = 0.4..0.6",
        "Number": "density>=20% and place=",
        "Like a row": "density>=20% and near row ",
        "Coordinate": "density>=20% and z0=",
    }
    assert link_of(test)["target.text"].startswith(texts[kind])


def test_and_becomes_or(opened):
    test = visited(opened, text="z0>0 and z1>0")
    healthy(button(test, "and").click().run())
    assert link_of(test)["target.text"] == "z0>0 or z1>0"
    healthy(button(test, "or").click().run())
    assert link_of(test)["target.text"] == "z0>0 and z1>0"


def test_values_of_one_attribute_stay_together_between_and_and_or(opened):
    both = "(class=lying or class=upright) and z1>0"
    test = visited(opened, text=both)
    healthy(button(test, "and").click().run())
    assert link_of(test)["target.text"] == "class=lying or class=upright or z1>0"
    assert [one.label for one in test.button if one.label in ("and", "or")] == ["or"]
    healthy(button(test, "or").click().run())
    assert link_of(test)["target.text"] == both


def test_a_column_of_one_value_has_no_slider():
    def form():
        import numpy as np

        from aegen.app.pages.target import condition_forms

        for k, start in enumerate((None, 3.0)):
            condition_forms._ends("From, to", np.full(5, 3.0), f"flat{k}", start)
        condition_forms._ends("From, to", np.array([1e-5, 3e-5]), "small")

    test = AppTest.from_function(form).run()
    assert not test.exception
    assert ["3 in all rows" in one.value for one in test.caption] == [True, True]
    [small] = test.slider
    assert small.step < 1e-6


def test_a_target_that_cannot_be_read_leaves_the_old_one(opened):
    test = visited(opened, text="z0>0")
    [text] = [one for one in test.text_area if one.label == "The target as text"]
    healthy(text.set_value("class=").run())
    assert any("value is missing" in one.value for one in test.error)
    assert link_of(test)["target.text"] == "z0>0"
    [text] = [one for one in test.text_area if one.label == "The target as text"]
    assert text.value == "class="  # what was typed is not lost
    healthy(text.set_value("z1 < 0 and not late=yes").run())
    assert not test.error
    assert link_of(test)["target.text"] == "z1<0 and not late=yes"


def test_a_wish_for_a_value_that_is_not_there_is_answered_with_those_that_are(opened):
    test = visited(opened)
    [text] = [one for one in test.text_area if one.label == "The target as text"]
    healthy(text.set_value("class is bent").run())
    [told] = [one.value for one in test.error]
    assert "no value of class named 'bent'; there are" in told
    assert told.endswith("upright, lying, neither")
    assert "What should the pictures show?" in said(test)
    [there] = [one for one in test.button_group if one.label == "Class" and one.options]
    assert [unpictured(one) for one in there.options] == ["upright", "lying"]
    healthy(there.set_value("lying").run())
    assert link_of(test)["target.text"] == "class=lying"
    assert not test.error
    [text] = [one for one in test.text_area if one.label == "The target as text"]
    assert text.value == "class is lying"
    healthy(text.set_value("LYING and place is above 6").run())
    assert link_of(test)["target.text"] == "class=lying and place>6"


def test_what_an_edit_becomes_is_chosen_by_pictures_of_one_attribute_after_another(opened):
    test = visited(opened, mode="edit", edit="class=lying", row="5")
    [attributes] = [one for one in test.button_group if one.label == "Attribute"]
    assert attributes.options == ["Class", "Late"]
    [there] = [one for one in test.button_group if one.label == "Class"]
    assert all("data:image/webp;base64," in one for one in there.options)
    healthy(attributes.set_value("late").run())
    [there] = [one for one in test.button_group if one.label == "Late"]
    healthy(there.set_value("yes").run())
    assert link_of(test)["target.edit"] == "class=lying and late=yes"
    assert "Row 5 → class is lying and late is yes" in said(test)


@pytest.mark.parametrize(
    ("want", "says"),
    [
        ("class=lying and class=upright", "cannot be lying and upright at once"),
        ("class=sideways", "upright, lying, neither"),
        ("shape=round", "shape"),
        ("z9>0", "z9|coordinate"),
        ("inside pca box 900,900 901,901", "no training row matches"),
        ("inside umap 0,0 1,1 2,2", "no training row matches"),
        ("near row 0 within 1e-9", "row"),
        ("near row 4000 within 1", "row"),
        ("z0=0.5 or z1>0", "fixes a coordinate"),
    ],
)
def test_what_cannot_be_had_gets_a_sentence_and_a_way_out(opened, want, says):
    test = visited(opened, text=want, n="4")
    problems = "\n".join(one.value for one in (*test.error, *test.warning))
    assert any(part in problems.replace("\\", "") for part in says.split("|")), problems
    assert button(test, "Clear")


def test_a_link_that_is_no_target_is_named_and_not_followed(opened):
    test = visited(opened, text="class=")
    assert any("cannot be used" in one.value for one in test.warning)
    assert "What should the pictures show?" in said(test)


def test_a_strategy_that_a_model_cannot_follow_is_refused(opened):
    test = visited(opened, text="z0>0", sampler="gaussian", strategy="rows")
    assert any("does not draw from rows" in one.value for one in test.error)


def test_a_search_that_was_stopped_can_begin_again(opened):
    test = visited(opened, text="z0>0", n="7", sampler="empirical-beta-copula")
    request = TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 9, 0)
    test.session_state[visit.KEY].stopped.add(request)
    [number] = [one for one in test.number_input if one.label == "Pictures"]
    healthy(number.set_value(9).run())
    assert "The search was stopped" in said(test)
    healthy(button(test, "Search again").click().run())
    assert "of 9" in said(test)


@pytest.fixture
def held(monkeypatch):
    """Draws wait until they are let go; ``held.calls`` counts them."""
    gate = SimpleNamespace(calls=0, begun=threading.Event(), go_on=threading.Event())

    def slowly(*given, **more):
        gate.calls += 1
        gate.begun.set()
        gate.go_on.wait(60)
        return draw(*given, **more)

    monkeypatch.setattr("aegen.targeting.draw", slowly)
    monkeypatch.setattr("aegen.app.pages.target.results.PATIENCE", 0.1)
    yield gate
    gate.go_on.set()


def search_of(seed):
    [found] = [one for one in targets._searches.all() if one.key[1].seed == seed]
    return found


def test_a_search_that_is_being_stopped_is_not_given_to_who_asks_again(held):
    request = TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 4, 11)
    first = services.targets.search(request)
    first.watch("a")
    first.watch("b")
    first.leave("a")
    assert services.targets.search(request) is first
    first.leave("b")
    second = services.targets.search(request)
    second.watch("b")
    assert second is not first
    held.go_on.set()
    assert first.wait(30)
    assert second.wait(30)
    assert first.result is None
    assert len(second.outcome()) == 4
    with pytest.raises(AegenError, match="stopped"):
        first.outcome()


def test_a_search_whose_watcher_went_away_stops(held, monkeypatch):
    request = TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 4, 12)
    with monkeypatch.context() as soon:
        soon.setattr(job, "GRACE", 0.0)
        left = services.targets.search(request)
        left.watch("a", lambda: False)
        held.go_on.set()
        assert left.wait(30)
    assert left.result is None
    assert len(services.targets.targeted(request)) == 4


def test_who_wants_something_else_leaves_the_search_of_before(opened, held):
    test = visited(opened, text="z0>0", n="4", seed="13")
    assert held.begun.wait(10)
    before = search_of(13)
    [seed] = [one for one in test.number_input if one.label == "Seed"]
    healthy(seed.set_value(14).run())
    held.go_on.set()
    assert before.wait(30)
    assert before.result is None
    assert (
        len(
            services.targets.targeted(
                TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 4, 14)
            )
        )
        == 4
    )


def test_what_goes_wrong_late_is_told_once_it_did(opened, held):
    test = visited(opened, text="z0>0", n="4", seed="15", strategy="compose")
    assert button(test, "Stop")
    held.go_on.set()
    search = search_of(15)
    assert search.wait(30)
    healthy(test.run())
    assert any("omposition joins attribute values" in one.value for one in test.error)
    assert held.calls == 1


def test_while_draws_are_looked_for_the_last_ones_stay(opened, held):
    held.go_on.set()
    test = healthy(visited(opened, text="z0>0", n="4").run())
    services.targets.targeted(
        TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 4, 0)
    )
    healthy(test.run())
    held.go_on.clear()
    held.begun.clear()
    [seed] = [one for one in test.number_input if one.label == "Seed"]
    healthy(seed.set_value(5).run())
    assert held.begun.wait(10)
    assert "Still the draws of before: z0" in said(test)
    assert button(test, "Stop")
    assert "Asked for" not in said(test)
    held.go_on.set()
    services.targets.targeted(
        TargetRequest(SamplerSpec("bars", "empirical-beta-copula"), "z0>0", 4, 5)
    )
    healthy(test.run())
    assert "Asked for" in said(test)
    assert "Still the draws" not in said(test)


@pytest.mark.parametrize("kind", ["effects", "mean-difference", "logistic"])
def test_an_edit_shows_its_strip_and_what_is_seen(opened, kind):
    test = visited(opened, mode="edit", edit="class=lying", row="5", kind=kind)
    assert "Row 5 → class is lying" in said(test)
    assert "What is seen at 100 % of the way" in said(test)
    change = Edit("bars", 5, "class=lying", kind)
    found = services.targets.edited(change)
    assert len(found.images) == 9
    names = {}
    exec(snippets.python_of_edit(change).replace('strip.save("strip.png")', ""), names)
    np.testing.assert_array_equal(names["strip"].images, found.images)
    assert link_of(test)["target.edit"] == "class=lying"


def test_an_edit_begins_with_a_value_that_rows_have(opened):
    test = visited(opened, mode="edit")
    assert not test.error
    assert link_of(test)["target.edit"] == "class=lying"


def test_what_stays_is_what_is_not_asked_for(opened, monkeypatch):
    names = ("hair", "air", "x=1")
    monkeypatch.setattr(
        "aegen.app.pages.target.state.kind", SimpleNamespace(get=lambda: "effects")
    )
    monkeypatch.setattr("aegen.app.pages.target.state.hold", SimpleNamespace(get=lambda: None))
    for become, stays in [("hair=2", ("air", "x=1")), ('"x=1"=2', ("hair", "air"))]:
        monkeypatch.setattr(
            "aegen.app.pages.target.state.edit_target", SimpleNamespace(get=lambda b=become: b)
        )
        assert edit._shown_held(dict.fromkeys(names, ("1", "2"))) == stays


@pytest.mark.parametrize("names", [(), ("none",), ("a, b", "c"), ("50%2C", "%"), ("no", "ne")])
def test_names_that_stay_read_back_from_a_link(names):
    assert state.hold.parse(state.hold.text(names)) == names


def test_what_a_link_of_an_edit_cannot_mean_is_told(opened):
    test = visited(opened, mode="edit", edit="late=yes", hold="hat", code="1,2")
    told = "\n".join(one.value for one in test.warning)
    assert "hat" in told
    assert "2 numbers" in told


def test_an_edit_starts_from_a_code_that_a_link_holds(opened):
    test = visited(opened, mode="edit", code="0.5,-1,0.25", edit="class=lying")
    assert "Your picture, as it comes back" in said(test)
    test = visited(opened, mode="edit", code="0.5,-1", edit="class=lying")
    assert "Row " in said(test)


@pytest.mark.parametrize("become", ["z0>0", "place=3", "class=neither", "class=odd"])
def test_an_edit_to_what_no_picture_can_be_is_a_sentence(opened, become):
    test = visited(opened, mode="edit", edit=become)
    assert len(test.error) == 1


def test_a_transfer_says_what_moved_and_what_stayed(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test = visited(opened, mode="transfer", source="class=upright", margins="class=lying", n="6")
    assert "**class is lying**:" in said(test)
    found = services.targets.transferred("bars", "class=upright", "class=lying", 6, 0)
    names = {}
    exec(snippets.python_of_transfer("bars", "class=upright", "class=lying", 6, 0), names)
    np.testing.assert_array_equal(names["moved"].images, found.images)
    assert (tmp_path / "grid.png").exists()
    test = visited(opened, mode="transfer", source="class=neither", margins="class=lying")
    assert any("a transfer needs 10" in one.value for one in test.error)


def test_words_say_what_a_target_asks():
    for text, expected in {
        "class=7": "class is 7",
        "not class=7": "class is not 7",
        "class=4 or class=9": "class is 4 or 9",
        "class=4 or z0>1": "class is 4 or z0>1",
        "near row 4711 within 2.5": "near row 4,711",
        "near 0.5,1 within 2": "near your picture",
        "inside umap 0,0 1,0 0,1": "inside an area of the UMAP map",
        "probability class=7 = 0.4..0.6": "class 7 is 40 to 60 % likely",
        "density<=10%": "in a denser place than 0 to 10 % of the rows",
    }.items():
        assert target_text.words(parse(text)) == expected


def test_very_many_values_are_a_list_to_search_in(opened, monkeypatch):
    monkeypatch.setattr("aegen.app.services.values.MOST", 1)
    test = visited(opened, mode="edit", edit="class=lying", row="5")
    [there] = [one for one in test.selectbox if one.label == "Class"]
    assert there.value == "lying"
    healthy(there.set_value("upright").run())
    assert link_of(test)["target.edit"] == "class=upright"
    test = visited(opened)
    [several] = [one for one in test.multiselect if one.label == "Values"]
    healthy(several.set_value(["upright", "lying"]).run())
    healthy(button(test, "Add").click().run())
    assert link_of(test)["target.text"] == "class=upright or class=lying"
