"""Pages hold to WCAG 2.1 A and AA, as far as axe can tell and Streamlit leaves it to us."""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.conftest import still

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

STREAMLITS_OWN = (
    "[data-testid=stSidebarNavItems]",  # groups of pages lie between a list and its entries
    "span[aria-hidden=true] > [data-testid=stMarkdownContainer]",  # the key of a button
    "[data-testid=stCode]",  # colours of its highlighter
    "[data-stale=true]",  # what is about to be replaced fades
)
"""Parts that Streamlit draws by itself, in which axe finds something."""

FOUND = """([tags, without]) => axe.run(
    {exclude: without.map(part => [part])}, {runOnly: tags}
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
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    for _ in range(tries):
        found = page.evaluate(FOUND, [tags, list(STREAMLITS_OWN)])
        if not found:
            break
        page.wait_for_timeout(200)
    return found


def opened(visit, address):
    """The page at an address, once it is whole."""
    page = visit(address)
    page.get_by_role("heading").first.wait_for()
    still(page)
    return page


def darken(page):
    """Shows the page in the dark theme, without loading it again: its script runs once more."""
    page.evaluate(RERUN)
    page.emulate_media(color_scheme="dark")
    page.evaluate("window.rerun")


@pytest.mark.parametrize(
    "address",
    [
        "?bundle=faces&start.row=3",
        "latent-map?bundle=mnist",
        "sample?bundle=mnist&sampler=gaussian",
        "compare?bundle=mnist&compare.n=20&compare.models=gaussian,kde",
        "target?bundle=sprites",
        "masks",
        "traverse?bundle=mnist",
        "train",
        "bring",
        "bundles",
    ],
)
def test_axe_finds_nothing_in_either_theme(app, visit, address):
    page = opened(visit, f"{app}/{address}")
    assert violations(page) == []
    darken(page)
    assert violations(page) == []


def test_axe_finds_nothing_but_what_cannot_be_read(app, visit):
    page = opened(visit, f"{app}/help")
    assert violations(page) == []
    page.evaluate("document.querySelector('h1').style.color = '#dddddd'")
    page.evaluate("document.querySelector('button').setAttribute('aria-label', '')")
    assert any("color-contrast" in line for line in violations(page, tries=1))
    darken(page)
    page.evaluate("document.querySelector('h1').style.color = '#333333'")
    assert any("color-contrast" in line for line in violations(page, tries=1))
