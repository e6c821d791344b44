"""Target in a real Chromium: an area drawn by hand, the pictures from it, a link, a file."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from aegen import load
from aegen.benchmarks.app import drawn, lasso
from aegen.targeting import parse
from tests.browser.conftest import no_exception, slider_stays_in_sight, still

pytestmark = pytest.mark.browser


def asked(page):
    """The target that the page's link holds."""
    page.wait_for_function("location.search.includes('target.text=')")
    return parse_qs(urlsplit(page.url).query)["target.text"][0]


def shown(page):
    """A mark of the draws on screen."""
    grid = page.locator(".st-key-targeted .aegen-grid, .aegen-grid").first
    grid.wait_for()
    page.wait_for_function("document.querySelector('.aegen-grid')?.dataset.shown")
    return grid.get_attribute("data-shown")


def test_an_area_drawn_by_hand_is_what_draws_fall_into_and_one_more_condition_leaves_no_panel_open(
    app, visit
):
    page = visit(f"{app}/target?bundle=mnist&sampler=gaussian&projection=pca&target.n=16")
    drawn(page).wait_for()
    page.locator(".aegen-map-tool.is-lasso").click()
    lasso(page, centre=(0.3, 0.55), radius=0.2)
    page.mouse.up()
    page.get_by_role("button", name="Ask for this area").click()
    page.get_by_text(re.compile(r"Asked for: found in 100 %")).wait_for()
    target = parse(asked(page))
    bundle = load("mnist")
    rows = int(target.weights(bundle).sum())
    assert 0 < rows < 60_000
    assert "sampler=gaussian" in page.url  # as the link said before there was a target
    assert page.locator(".aegen-grid[data-n='16']").count() == 1
    page.get_by_text(re.compile(rf"{rows:,} of 60,000 rows match")).wait_for()
    before = shown(page)
    again = visit(page.url)
    again.get_by_text(re.compile(r"Asked for: found in 100 %")).wait_for()
    assert shown(again) == before
    add_a_condition(again)


def add_a_condition(page):
    page.get_by_role("button", name="Add a condition").click()
    panel = page.get_by_test_id("stPopoverBody")
    add = panel.get_by_role("button", name="Add", exact=True)
    assert add.is_disabled()
    colour = add.evaluate("button => getComputedStyle(button).color")
    assert colour != "rgb(255, 255, 255)"  # on paper that is not dark
    panel.get_by_text("7", exact=True).click()
    add.click()
    page.get_by_role("button", name="class is 7").wait_for()
    still(page)
    assert panel.count() == 0


SAME = """k => {
    const grid = document.querySelector(".st-key-edit-strip .aegen-grid");
    const [sheet, canvas] = grid.querySelectorAll("img, canvas");
    const drawn = (source, side, x, y) => {
        const copy = Object.assign(document.createElement("canvas"), {width: side, height: side});
        copy.getContext("2d").drawImage(source, -x * side, -y * side);
        return copy.toDataURL();
    };
    const across = Number(getComputedStyle(grid).getPropertyValue("--columns"));
    const side = sheet.naturalHeight;
    return !canvas.hidden && across < 9
        && drawn(sheet, side, k, 0) === drawn(canvas, side, k % across, Math.floor(k / across));
}"""


def test_the_steps_of_an_edit_stand_in_lines_on_a_phone_and_a_file_that_is_no_picture_is_refused(
    app, visit, tmp_path
):
    page = visit(f"{app}/target?bundle=mnist&target.mode=edit&row=5", width=390, height=844)
    page.locator(".st-key-edit-strip .aegen-grid[data-shown]").wait_for()
    steps = page.get_by_role("button", name="% of the way")
    assert all(steps.nth(k).bounding_box()["width"] >= 60 for k in range(9))
    assert all(page.evaluate(SAME, k) for k in range(9))
    steps.nth(0).focus()
    page.keyboard.press("ArrowDown")
    assert steps.nth(5).evaluate("step => step === document.activeElement")
    page.set_viewport_size({"width": 1400, "height": 900})
    page.wait_for_function(f"!({SAME})(0)")
    assert steps.nth(0).bounding_box()["y"] == steps.nth(8).bounding_box()["y"]
    page.set_viewport_size({"width": 390, "height": 700})
    slider_stays_in_sight(page)
    page.set_viewport_size({"width": 1400, "height": 900})
    letter = tmp_path / "letter.png"
    letter.write_bytes(b"Dear reader, this is no picture." * 40)
    page.get_by_text("What is seen at").wait_for()
    page.get_by_role("button", name="Your picture").click()
    page.locator('input[type="file"]').set_input_files(letter)
    page.get_by_text("The file is no picture that can be read").wait_for()
    no_exception(page)
