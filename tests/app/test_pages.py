"""Every page: opens from a link, has its title, refuses with a sentence; two do what they say."""

import re
from dataclasses import replace

import pytest

from aegen.app import navigation
from tests.app.conftest import link_of

PAPER = "empirical-beta-copula"
DEGREE = f"{PAPER}.degree"
PAGES = [entry.address for entry in navigation.ENTRIES]


def titles(app):
    return [re.sub(r" :gray\[.*", "", title.value) for title in app.title]


def text(app):
    return " ".join(
        [e.value for kind in ("markdown", "caption", "info") for e in getattr(app, kind)]
    )


@pytest.mark.parametrize("address", PAGES)
def test_page_opens_with_its_title(opened, address):
    app = opened(address)
    assert not app.exception
    assert not app.error
    assert titles(app) == [navigation.entry(address).title]


@pytest.mark.parametrize("address", PAGES)
def test_page_without_any_bundle_says_so(opened, address, monkeypatch):
    monkeypatch.setattr("aegen.bundles.bundles", list)
    app = opened(address)
    assert not app.exception
    if address in ("bundles", "bring"):
        assert "bundle" in text(app)
    else:
        assert any("bundle" in error.value for error in app.error)


@pytest.mark.parametrize("address", ["latent-map", "sample"])
def test_unknown_bundle_in_a_link_is_named_and_another_one_opens(opened, address):
    app = opened(address, bundle="mnst")
    assert not app.exception
    assert any("mnst" in warning.value for warning in app.warning)
    assert link_of(app)["bundle"] == "bars"


def test_a_spoilt_bundle_is_a_sentence(opened, bundle_folder, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(bundle_folder / "bars", tmp_path / "bars")
    (tmp_path / "bars" / "codes.safetensors").write_bytes(b"nothing")
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path))
    app = opened("latent-map", bundle="bars")
    assert not app.exception
    assert any("codes" in error.value for error in app.error)


# latent map


def test_nothing_selected_says_what_to_do(opened):
    assert "Draw around some points" in text(opened("latent-map"))


def test_a_class_in_the_link_is_selected(opened):
    app = opened("latent-map", select="class=lying")
    count = int(re.search(r"\*\*(\d+)\*\* of 40 rows selected", text(app)).group(1))
    assert 0 < count < 40
    assert "Generate like these" in [button.label for button in app.button]


def test_an_area_in_the_link_is_tested_against_every_row(opened):
    everything = "pca~-1e6,-1e6~1e6,-1e6~1e6,1e6~-1e6,1e6"
    assert "**40** of 40 rows selected" in text(opened("latent-map", select=everything))
    nothing = "pca~1e6,1e6~2e6,1e6~2e6,2e6"
    assert "no row inside" in text(opened("latent-map", select=nothing))


def test_picking_a_value_and_clearing(opened):
    app = opened("latent-map")
    (pick,) = [group for group in app.button_group if str(group.key).startswith("pick:")]
    app = pick.set_value("lying").run()
    assert link_of(app)["select"] == "class=lying"
    (clear,) = [button for button in app.button if button.label == "Clear"]
    app = clear.click().run()
    assert "Draw around some points" in text(app)
    assert "select" not in link_of(app)


def test_generate_like_these_hands_the_rows_on(opened):
    app = opened("latent-map", select="class=lying")
    (go,) = [button for button in app.button if button.label == "Generate like these"]
    app = go.click().run()
    assert titles(app) == ["Sample"]
    assert "every draw starts from one of them" in text(app)
    app = opened("sample", within="class=lying", sampler="gaussian")
    assert "the model is fitted to them alone" in text(app)


def test_a_selection_becomes_a_condition(opened):
    app = opened("latent-map", select="pca~-9,-9~9,-9~0,9")
    (go,) = [button for button in app.button if button.label == "Ask for this and more"]
    app = go.click().run()
    assert titles(app) == ["Target"]
    assert "rows match" in text(app)
    wanted = link_of(app)["target.text"]
    assert wanted in (["inside pca -9,-9 9,-9 0,9"], "inside pca -9,-9 9,-9 0,9")


def test_density_and_draws_lie_over_the_map(opened):
    app = opened("latent-map", colour="density", draws="gaussian", projection="axes", axes="0,2")
    assert not app.exception
    assert not app.warning
    assert not app.error


@pytest.mark.parametrize(
    "link",
    [
        {"row": "forty", "colour": "taste", "select": "pca~1,2"},
        {"row": "4000", "projection": "tsne", "draws": "vine"},
        {"axes": "0,99", "select": "pca~nan,2~1,1~2,2"},
        {"axes": "x"},
    ],
)
def test_what_a_link_has_wrong_is_said_and_the_map_still_shows(opened, link):
    app = opened("latent-map", **({"projection": "axes"} if "axes" in link else {}), **link)
    assert not app.exception
    assert len(app.warning) == len(link)
    assert not app.error


def test_markup_in_a_link_stays_text(opened):
    app = opened("latent-map", colour="![x](https://example.org/x.png)")
    (warning,) = app.warning
    assert "\\[x\\](https\\:" in warning.value
    assert "![" not in warning.value


@pytest.mark.parametrize("link", [{"select": "class=ten"}, {"select": "mood=good"}])
def test_a_selection_of_what_is_not_there_is_a_sentence(opened, link):
    app = opened("latent-map", **link)
    assert not app.exception
    assert app.error
    (clear,) = [button for button in app.button if button.label == "Clear"]
    app = clear.click().run()
    assert not app.error
    assert "Draw around some points" in text(app)


# sample


@pytest.mark.parametrize("within", ["class=nope", "mood=good"])
def test_a_restriction_to_what_is_not_there_is_a_sentence_with_a_way_back(opened, within):
    app = opened("sample", within=within, n="9")
    assert not app.exception
    assert app.error
    (back,) = [button for button in app.button if button.label == "Use all rows"]
    app = back.click().run()
    assert not app.error
    assert "Fitted in" in text(app)
    assert "within" not in link_of(app)


def test_the_first_visit_shows_what_does_not_copy_and_the_papers_setting_is_a_click_away(
    opened, monkeypatch
):
    from aegen.app import services
    from aegen.core import defaults
    from aegen.metrics.distance_ratio import Copying

    ratio = [0.95]
    quality = services.draws.quality
    monkeypatch.setattr(
        services.draws,
        "quality",
        lambda spec: replace(quality(spec), copying=Copying(ratio[0], 0, 2, 9)),
    )
    assert link_of(opened("sample", n="4"))["sampler"] == defaults.SAMPLER
    app = opened("sample", n="4", sampler=PAPER, **{DEGREE: "2"})
    app = app.selectbox(key="widget:sampler").select(defaults.SAMPLER).run()
    assert "does not copy: its draws lie 0.95 times as far" in text(app)
    (paper,) = [button for button in app.button if button.label == "The paper's setting"]
    app = paper.click().run()
    assert not app.exception
    assert link_of(app)["sampler"] == "empirical-beta-copula"
    assert DEGREE not in link_of(app)
    assert app.select_slider(key=f"slide:{DEGREE}").value == "n"
    assert "Shown first" not in text(app)
    ratio[0] = 0.5
    said = text(opened("sample", n="4"))
    assert "here it does" in said
    assert "does not copy" not in said


def test_a_fit_without_a_density_has_all_its_other_figures(opened, monkeypatch):
    from aegen.core.errors import InvalidInput
    from aegen.samplers.kde import KDE

    def refuse(self, z):
        raise InvalidInput("this fit has no density")

    monkeypatch.setattr(KDE, "_score_samples", refuse)
    app = opened("sample", n="4", sampler="kde")
    assert not app.error
    assert "Copying" in text(app)
    assert "Log-density" not in text(app)


def test_a_link_that_names_its_model_keeps_it(opened):
    app = opened("sample", bundle="bars", sampler="empirical-beta-copula", n="4", seed="0")
    assert not app.warning
    assert link_of(app)["sampler"] == "empirical-beta-copula"
    assert "Shown first" not in text(app)


def test_new_seed_goes_into_the_link(opened):
    app = opened("sample", seed="3", n="9")
    (again,) = [button for button in app.button if button.label == "New pictures"]
    app = again.click().run()
    assert not app.exception
    assert link_of(app)["sample.seed"] == "4"
    assert "Copying" in text(app)


def test_fields_in_a_link_are_kept_and_used(opened):
    app = opened("sample", sampler="kde", kde__bandwidth="0.125", n="9")
    assert not app.warning
    assert app.selectbox(key="widget:kde.bandwidth").value == "0.125"
    assert link_of(app)["kde.bandwidth"] == "0.125"


def test_a_very_small_number_in_a_link_is_what_the_widget_shows(opened):
    app = opened("sample", sampler="gaussian-mixture", n="4", **{"gaussian-mixture.floor": "1e-9"})
    assert not app.exception
    assert not app.warning
    assert app.number_input(key="widget:gaussian-mixture.floor").value == 1e-9
    assert link_of(app)["gaussian-mixture.floor"] == "1e-09"


def test_nearest_row_of_a_chosen_picture(opened):
    app = opened("sample", picture="2", nearest="yes", n="9")
    assert not app.exception
    assert not app.warning


@pytest.mark.parametrize(
    "link",
    [{"n": "0", "seed": "-1"}, {"n": "many", "sampler": "vine"}, {"kde__bandwidth": "-1"}],
)
def test_what_a_link_has_wrong_is_said_and_pictures_still_come(opened, link):
    given = {"sampler": "kde"} | link
    app = opened("sample", **given)
    assert not app.exception
    assert len(app.warning) == len(link)
    assert "Fitted in" in text(app)


def test_a_refusal_of_the_latent_model_is_a_sentence(opened):
    app = opened("sample", sampler="gaussian-mixture", **{"gaussian-mixture__components": "400"})
    assert not app.exception
    assert app.error


# smoothing


def copying(app):
    return re.search(r"ratio \*\*([\d.]+)\*\*.*\(([\d.]+) to ([\d.]+)\)", text(app)).groups()


@pytest.mark.parametrize(("address", "how"), [("sample", "sampler"), ("latent-map", "draws")])
def test_the_smoothing_slider_moves_the_link_the_box_and_the_copying_figure(
    opened, address, how, monkeypatch
):
    app = opened(address, **{how: "empirical-beta-copula", "n": "4"})
    slider = app.select_slider(key=f"slide:{DEGREE}")
    assert slider.value == "n"
    assert [slider.options[0], slider.options[-1]] == ["n = 40", "1"]
    copies = copying(app)
    app = slider.set_value(1).run()
    assert not app.exception
    assert link_of(app)[DEGREE] == "1"
    assert app.selectbox(key=f"widget:{DEGREE}").value == "1"
    assert float(copying(app)[0]) > float(copies[0])
    app = app.selectbox(key=f"widget:{DEGREE}").select("n").run()
    assert app.select_slider(key=f"slide:{DEGREE}").value == "n"
    assert copying(app) == copies


@pytest.mark.parametrize("degree", [1, 2, 13, 39, 40])
def test_the_slider_shows_every_number_of_a_link_exactly(opened, degree):
    app = opened("sample", n="4", sampler=PAPER, **{DEGREE: str(degree)})
    assert not app.exception
    assert not app.warning
    assert app.select_slider(key=f"slide:{DEGREE}").value == degree
    assert link_of(app)[DEGREE] == str(degree)


def test_contours_of_a_model_lie_over_the_map(opened):
    app = opened("latent-map", draws="gaussian", **{"as": "contours"}, projection="pca")
    assert not app.exception
    assert "Contours of the Gaussian" in text(app)
    assert "Rings" not in text(app)
    app = app.segmented_control(key="widget:as").set_value("both").run()
    assert "Rings: 500 draws" in text(app)
    assert "Contours" in text(app)
    assert link_of(app)["as"] == "both"


def test_names_in_a_restriction_stay_words(opened, monkeypatch):
    from aegen.app.services import bundles

    table = bundles.attributes("bars").rename(columns={"class": "![x](y)"})
    monkeypatch.setattr(bundles, "attributes", lambda name: table)
    app = opened("sample", within="![x](y)=lying", n="4")
    assert not app.exception
    said = next(m.value for m in app.markdown if "Only from" in m.value)
    assert "\\!" not in said
    assert "!\\[x\\](y)" in said


def test_a_field_that_is_named_like_the_rows_to_fit_to_is_a_field(opened):
    app = opened("sample", n="4", sampler=PAPER, **{f"{PAPER}__rows": "balanced"})
    assert not app.exception
    assert not app.error
    assert "rows='balanced'" in " ".join(code.value for code in app.code)
