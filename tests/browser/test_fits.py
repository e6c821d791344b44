"""A slow fit as a person sees it: the bar moves by itself, Cancel stops it, pictures come."""

import re
from pathlib import Path

import pytest

from tests.app.jobs.slow_work import GO
from tests.browser.conftest import ROOT, opened_by_link
from tests.tiny_bundle import tiny_bundle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    """What lets the slow fit end, once it is there."""
    return tmp_path_factory.mktemp("go") / "go"


@pytest.fixture(scope="module")
def app(serve, go, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle_folder")
    tiny_bundle(folder / "bars")
    script = Path(__file__).with_name("slow_app.py")
    return serve(script, cwd=ROOT, AEGEN_BUNDLES=str(folder), **{GO: str(go)})


def of_page(page):
    """What the page itself shows, without the list of jobs beside it."""
    return page.get_by_test_id("stMain")


def fits_beside_the_picker(page, height):
    """Whether the tray of jobs, which then has to scroll, leaves the bundle's picker free."""
    page.set_viewport_size({"width": 1400, "height": height})
    tray, picker = page.locator(".st-key-aegen-jobs"), page.get_by_test_id("stSidebar")
    picker = picker.get_by_test_id("stSelectbox").bounding_box()
    assert tray.evaluate("box => box.scrollHeight > box.clientHeight")
    return picker["y"] + picker["height"] <= tray.bounding_box()["y"]


def test_a_slow_fit_is_shown_cancelled_and_done(app, go, visit):
    link = f"{app.url}/sample?bundle=bars&sampler=gaussian&sample.n=9"
    page, other = visit(link), visit(link)
    opened_by_link(page, "Sample")
    for each in (page, other):
        of_page(each).get_by_text("25 % · a quarter of the *way*").wait_for()
    so_far = of_page(page).get_by_text("so far")
    first = so_far.inner_text()
    page.wait_for_function(
        "old => [...document.querySelectorAll('[data-testid=stMain] p')].some("
        "p => p.textContent.includes('so far') && p.textContent !== old)",
        arg=first,
    )
    # Other pages stay usable, and the fit goes on meanwhile.
    page.get_by_role("link", name="Latent map", exact=True).first.click()
    page.wait_for_selector(".aegen-map[data-drawn='40']")
    assert fits_beside_the_picker(page, height=850)
    page.get_by_role("link", name="Sample", exact=True).first.click()
    of_page(page).get_by_text("25 % · a quarter of the *way*").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("was cancelled").wait_for()
    # Who did not cancel still waits for it; who did can join again.
    assert other.get_by_role("button", name="Cancel").count() == 1
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Cancel").wait_for()
    go.touch()
    for each in (page, other):
        each.get_by_text(re.compile("^Fitted in")).wait_for()
        each.wait_for_selector(".aegen-grid[data-shown]")
        assert each.locator('[data-testid="stException"]').count() == 0
