"""Each page by its link and by click: it opens, suits everyone, and fits a phone and a tablet.

That it suits everyone is WCAG 2.1 A and AA, as far as axe can tell and Streamlit leaves it to us.
"""

from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest

from aegen.app import navigation
from tests.browser.conftest import heading, no_exception, still

pytestmark = pytest.mark.browser

LINKS = {
    "latent-map": "?bundle=mnist",
    "traverse": "?bundle=mnist",
    "sample": "?bundle=mnist-supermask&sampler=gaussian",
    "compare": "?bundle=mnist-supermask&compare.n=20&compare.models=gaussian,kde",
    "target": "?bundle=sprites",
    "help": "?help.term=Latent models: what they are, and which to take",
}
"""What a page is asked for; figures may be few, a guide has wide tables."""

BARE = {"bring", "help"}
"""Pages that show no picture, or none before a person brings one."""

# The first page is the app's own address; the others are named in theirs.
TITLES = {"": navigation.ENTRIES[0].title}
TITLES |= {entry.address: entry.title for entry in navigation.ENTRIES[1:]}

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

STREAMLITS_OWN = (
    "[data-testid=stSidebarNavItems]",  # groups of pages lie between a list and its entries
    "span[aria-hidden=true] > [data-testid=stMarkdownContainer]",  # the key of a button
    "[data-testid=stCode]",  # colours of its highlighter
    "[data-stale=true]",  # what is about to be replaced fades
)
"""Parts that Streamlit draws by itself, in which axe finds something."""

FOUND = """([tags, without]) => axe.run(
    {exclude: without.map(part => [part])}, {runOnly: tags, resultTypes: ["violations"]}
).then(seen => seen.violations.flatMap(
    kind => kind.nodes.map(node => `${kind.id} ${node.target} ${node.failureSummary}`)
))"""


RERUN = """() => void (window.rerun = new Promise(done => {
    const app = document.querySelector("[data-testid=stApp]");
    const look = () => app.dataset.testScriptState === "notRunning" && done();
    new MutationObserver(look).observe(app, {attributeFilter: ["data-test-script-state"]});
}))"""


def violations(page, tries=30):
    """What axe finds; a page that is still on its way is asked again until it finds nothing."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    for _ in range(tries):
        found = page.evaluate(FOUND, [tags, list(STREAMLITS_OWN)])
        if not found:
            break
        page.wait_for_timeout(200)
    return found


def darken(page):
    """Shows the page in the dark theme, without loading it again: its script runs once more."""
    page.evaluate(RERUN)
    page.emulate_media(color_scheme="dark")
    page.evaluate("window.rerun")


WIDER = """Math.max(...[document.scrollingElement, document.querySelector('[data-testid=stMain]')]
    .map(box => box.scrollWidth - box.clientWidth))"""

OUT_OF_SIGHT = """document.querySelector('[data-testid=stSidebar]').offsetWidth === 0"""

NARROWEST = """Math.min(...[...document.querySelectorAll(
    '[data-testid=stMain] [data-testid=stColumn]')].map(column => column.offsetWidth || 999))"""


def shows_a_picture(page, address):
    """Wait for one, unless the page has none."""
    if address not in BARE:
        page.wait_for_function(
            "[...document.images].some(i => i.complete && i.naturalWidth > 1)"
            " || document.querySelector('canvas')?.width > 1"
        )


@pytest.mark.parametrize("address", TITLES)
def test_a_deep_link_opens_a_page_for_everyone_that_fits_a_phone_and_a_tablet(app, visit, address):
    page = visit(f"{app}/{address}{LINKS.get(address, '')}")
    heading(page, TITLES[address])
    shows_a_picture(page, address)
    still(page)
    assert violations(page) == []
    sidebar = page.get_by_test_id("stSidebar")
    page.set_viewport_size({"width": 390, "height": 844})
    sidebar.and_(page.locator("[data-collapsed=true]")).wait_for(state="attached")
    page.wait_for_function(OUT_OF_SIGHT)  # it opens again where another size comes too soon
    page.wait_for_function(f"{WIDER} <= 1")  # the app's own style may come after its words
    page.set_viewport_size({"width": 820, "height": 1180})
    sidebar.and_(page.locator("[data-collapsed=true]")).wait_for(state="attached")
    assert page.evaluate(WIDER) <= 1
    assert page.evaluate(NARROWEST) >= 150
    page.set_viewport_size({"width": 1400, "height": 900})
    sidebar.and_(page.locator("[data-collapsed=false]")).wait_for()
    page.get_by_text("Page not found").wait_for(state="hidden")
    no_exception(page)


def test_axe_finds_what_cannot_be_read(app, visit):
    """It finds nothing else on this page, as the test before says."""
    page = visit(f"{app}/bring")
    heading(page, TITLES["bring"])
    still(page)
    page.evaluate("document.querySelector('h1').style.color = '#dddddd'")
    page.evaluate("document.documentElement.lang = ''")
    found = violations(page, tries=1)
    assert [line.split()[0] for line in found] == ["color-contrast", "html-has-lang"]
    page.evaluate("document.documentElement.lang = 'en'")
    darken(page)
    assert violations(page) == []
    page.evaluate("document.querySelector('h1').style.color = '#333333'")
    found = violations(page, tries=1)
    assert [line.split()[0] for line in found] == ["color-contrast"]


CLICKS = {
    "sample": [
        "",
        "latent-map",
        "traverse",
        "target",
        "masks",
        "train",
        "bundles",
        "sample",
        "help",
    ],
    "compare": ["bring", "compare"],
}
"""Pages to click after one that was opened by its link: by themselves Sample and Compare would be
at work for long, so their links choose before."""


def test_every_page_is_reached_by_click_shows_pictures_and_suits_everyone_in_the_dark(app, visit):
    assert sorted(CLICKS["sample"] + CLICKS["compare"]) == sorted(TITLES)
    hosts = set()
    for first, others in CLICKS.items():
        page = visit(f"{app}/{first}{LINKS[first]}", dark=True)
        heading(page, TITLES[first])
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        still(page)
        for address in others:
            page.get_by_role("link", name=TITLES[address], exact=True).first.click()
            heading(page, TITLES[address])
            shows_a_picture(page, address)
            still(page)
            no_exception(page)
            assert violations(page) == [], address
        visit.leave()
    # Nothing is fetched from anywhere else.
    assert hosts - {None, ""} == {"127.0.0.1"}
