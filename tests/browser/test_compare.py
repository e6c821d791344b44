"""Compare as a person sees it: pictures, figures as they come, plots, a link, a phone."""

import re
from pathlib import Path

import pytest

from tests.browser.conftest import no_exception, packed_for_a_paper
from tests.tiny_bundle import tiny_bundle, tiny_images

pytestmark = pytest.mark.browser

LINK = "compare?bundle=many&compare.models=gaussian-mixture,kde&compare.n=20"
"""The first is slow: a job fits it."""


@pytest.fixture(scope="module", autouse=True)
def many(own_folder):
    tiny_bundle(own_folder / "many", image_set=tiny_images(60, 48))


def figures(page):
    page.get_by_text(re.compile("^20 draws of each against as many held-out rows")).wait_for()
    table = page.locator(".aegen-compared")
    table.locator("tbody tr").nth(5).wait_for()  # it is drawn after what is said of it
    table.locator("td.best, td svg").nth(10).wait_for()
    return table


def test_pictures_then_figures_then_another_model_then_a_large_picture(visit, app):
    page = visit(f"{app}/{LINK}")
    page.locator(".aegen-grid[data-shown]").nth(1).wait_for()
    table = figures(page)
    assert table.locator("thead th").all_inner_texts()[1][:8] == "Gaussian"
    page.locator(".js-plotly-plot .points").nth(1).wait_for()
    assert page.locator('[data-testid="stException"]').count() == 0
    # What is shown can be had as files, also those for a paper.
    for label, begins in (("PNG", b"\x89PNG"), ("Report", b"<!")):
        with page.expect_download() as coming:
            page.get_by_role("button", name=label, exact=True).click()
        assert Path(coming.value.path()).read_bytes().startswith(begins)
    files = packed_for_a_paper(page)
    assert {"figures/copying.pdf", "tables/table.tex", "references.bib"} <= files
    # Another model: its column comes, and only its figures are still to be made.
    page.get_by_role("button", name="Add a model").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url(re.compile("gaussian-copula"))
    page.locator(".aegen-grid[data-shown]").nth(2).wait_for()
    page.wait_for_function("document.querySelectorAll('.aegen-compared thead th').length === 7")
    figures(page)
    # And it is left out with one click.
    page.get_by_role("button", name=re.compile("Leave out Gaussian copula")).first.click()
    page.wait_for_function("!location.search.includes('gaussian-copula')")
    page.wait_for_function("document.querySelectorAll('.aegen-compared thead th').length === 6")
    # A picture opens large, also one of a slow model.
    page.locator(".st-key-aegen-pictures-0 .aegen-grid[data-shown]").click()
    page.get_by_text("A draw of a latent model").wait_for()
    page.wait_for_url(re.compile("look=draw"))


def test_a_phone_and_paper_that_is_dark_and_then_light(visit, app):
    page = visit(f"{app}/{LINK}", width=390, height=844, dark=True, touch=True)
    table = figures(page)
    page.wait_for_function(  # two side by side
        """() => {
            const [a, b] = document.querySelector(".st-key-aegen-models").children;
            const [one, other] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
            return Math.abs(one.top - other.top) < 2 && one.right <= other.left;
        }"""
    )
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.aegen-grid, .aegen-grid-of, '
            + '.aegen-compared, .js-plotly-plot')]
            .filter(box => box.getBoundingClientRect().right > innerWidth + 1).length"""
    )
    assert outside == 0
    # Figures follow the system without being loaded again.
    ink = "getComputedStyle(document.querySelector('.js-plotly-plot .xtick text')).fill"
    page.locator(".js-plotly-plot .xtick text").first.wait_for()
    before = page.evaluate(ink)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"before => {ink} !== before", arg=before)
    no_exception(page)
