"""The app as people have it: the shipped bundles, a real server, a real Chromium."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

import aegen
from aegen.app.row_selection import parse
from aegen.benchmarks.app import drawn, lasso
from aegen.bundles import bundles
from aegen.core.polygons import inside
from tests.browser.conftest import no_exception, still

pytestmark = pytest.mark.browser


def grid_shown(page):
    """A mark of the pictures on screen: the same for the same pictures."""
    page.wait_for_function("document.querySelector('.aegen-grid')?.dataset.shown")
    return page.locator(".aegen-grid").first.get_attribute("data-shown")


def grid_changed(page, before):
    """Wait for other pictures than ``before``."""
    page.wait_for_function(
        "before => ![undefined, before].includes("
        "document.querySelector('.aegen-grid')?.dataset.shown)",
        arg=before,
    )


def test_the_map_is_painted_has_a_picture_of_each_value_and_a_lasso_finds_the_rows_inside(
    app, visit
):
    page = visit(f"{app}/?bundle=mnist&projection=pca&colour=class")
    chart = drawn(page)
    assert chart.get_attribute("data-drawn") == "60000"
    entries = page.locator(".aegen-map-entry:has(img)")
    entries.nth(9).wait_for()
    assert entries.locator(".aegen-map-name").all_inner_texts() == [*"0123456789"]
    seen = entries.locator("img").evaluate_all("all => all.map(image => image.src)")
    assert len(set(seen)) == 10
    wide = "all => all.every(image => image.complete && image.naturalWidth > 8)"
    assert entries.locator("img").evaluate_all(wide)
    shot = Image.open(io.BytesIO(chart.screenshot()))
    colours = np.unique(np.asarray(shot.convert("RGB")).reshape(-1, 3) // 32, axis=0)
    assert len(colours) > 30  # an empty map, or one in one colour, has far fewer
    page.locator(".aegen-map-tool.is-lasso").click()
    lasso(page, centre=(0.5, 0.5), radius=0.15)
    page.mouse.up()
    said = page.get_by_text(re.compile("rows selected")).first
    said.wait_for()
    shown = int(re.search(r"([\d,]+) of 60,000", said.inner_text())[1].replace(",", ""))
    page.wait_for_url(re.compile("select="))
    assert 0 < shown < 60_000
    area = parse(parse_qs(urlsplit(page.url).query)["select"][0])
    points = aegen.load("mnist").projection("pca")
    assert int(inside(points, np.array(area.polygon)).sum()) == shown
    page.wait_for_function("[...document.images].some(i => i.complete && i.naturalWidth > 100)")
    page.get_by_role("button", name="Clear", exact=True).click()
    said.wait_for(state="hidden")
    no_exception(page)


def test_a_number_that_is_dragged_changes_what_comes_back_and_back_undoes_it(app, visit):
    page = visit(f"{app}/?bundle=mnist&start.row=3")
    root = page.locator(".aegen-ae[data-channel='open'][data-shown]")
    root.wait_for()
    picture = "document.querySelectorAll('.aegen-ae canvas')[1].toDataURL()"
    before, mark = page.evaluate(picture), root.get_attribute("data-shown")
    number = page.get_by_role("slider", name=re.compile("^Number"))
    assert number.count() == 2
    number.first.scroll_into_view_if_needed()
    box = number.first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, middle, steps=8)
    page.wait_for_function("document.querySelector('.aegen-ae').dataset.frames > 0")
    page.wait_for_function(f"before => {picture} !== before", arg=before)
    page.mouse.up()
    page.wait_for_url("**start.at=-*")
    page.wait_for_function(
        "mark => document.querySelector('.aegen-ae').dataset.shown !== mark", arg=mark
    )
    page.get_by_role("button", name="Numbers as they were").click()
    page.wait_for_function(f"before => {picture} === before", arg=before)
    page.wait_for_url(lambda url: "start.at" not in url)
    page.go_back()
    page.wait_for_url("**start.at=-*")
    page.wait_for_function(f"before => {picture} !== before", arg=before)
    no_exception(page)


def test_a_new_seed_gives_new_pictures_the_link_gives_them_again_and_a_dotted_word_its_entry(
    app, visit
):
    link = f"{app}/sample?bundle=mnist&sampler=gaussian&sample.n=16&sample.seed="
    page = visit(f"{link}1")
    first = grid_shown(page)
    page.get_by_role("button", name="New pictures").click()
    grid_changed(page, first)
    page.wait_for_url(re.compile("sample.seed=(?!1$)"))
    page.get_by_role("button", name="Settings").click()  # its fields have not been seen before
    field = page.locator("input[aria-label='Pictures']")
    field.wait_for()
    assert field.input_value() == "16"
    second, url = grid_shown(page), page.url
    visit.leave()
    page = visit(url)
    assert grid_shown(page) == second != first
    page.get_by_role("button", name="Settings").click()
    page.locator("input[aria-label='Seed']").fill("1")
    page.locator("input[aria-label='Seed']").press("Enter")
    grid_changed(page, second)
    assert grid_shown(page) == first
    page.keyboard.press("Escape")
    word = page.get_by_role("link", name="latent model", exact=True).first
    assert "distribution of codes" in word.get_attribute("title")
    with page.context.expect_page() as opened:
        word.click()
    opened.value.get_by_role("heading", name="Help").wait_for()
    opened.value.get_by_text("A distribution of codes, learned").first.wait_for()
    no_exception(opened.value)


def test_two_browsers_on_different_bundles_never_meet_and_every_shipped_bundle_opens(app, visit):
    one = visit(f"{app}/sample?bundle=mnist&sampler=gaussian&sample.n=16&sample.seed=3")
    other = visit(f"{app}/sample?bundle=sprites&sampler=kde&sample.n=9&sample.seed=4")
    before = grid_shown(one), grid_shown(other)
    assert before[0] != before[1]
    for page in (other, one):
        page.get_by_role("button", name="New pictures").click()
    for page, source in ((one, before[0]), (other, before[1])):
        grid_changed(page, source)
    for page, bundle, sampler in ((other, "sprites", "kde"), (one, "mnist", "gaussian")):
        page.wait_for_url(re.compile("sample.seed="))
        assert f"bundle={bundle}" in page.url
        assert f"sampler={sampler}" in page.url
        page.get_by_role("link", name="Latent map", exact=True).first.click()
        opens(page, bundle)
    for name in bundles():
        if name not in ("mnist", "sprites"):
            still(other)  # a script that ends closes the list of choices
            other.get_by_role("combobox", name=re.compile("Bundle")).click()
            title = aegen.load(name).manifest.title
            other.get_by_role("option", name=title, exact=True).click()
            other.wait_for_url(re.compile(f"bundle={name}(&|$)"))
            opens(other, name)
    opens(one, "mnist")


def opens(page, name):
    """Wait until the map shows all rows of this bundle."""
    page.wait_for_selector(f".aegen-map[data-drawn='{len(aegen.load(name).codes)}']")
    no_exception(page)


def test_a_bad_link_is_a_sentence(app, visit):
    page = visit(f"{app}/sample?bundle=nothing&sampler=gausian&sample.n=-4")
    alert = page.locator('[data-testid="stAlert"], [data-testid="stToast"]')
    for sentence in ("nothing", "gausian", "-4"):
        alert.filter(has_text=re.compile(sentence)).first.wait_for()
    no_exception(page)
    # The latent model that stands in takes long to fit, and would beside the tests that follow.
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("was cancelled").wait_for()
