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


def violations(page, tries=8):
    """What axe finds; a page that is still on its way is asked again for some seconds."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    for _ in range(tries):
        found = page.evaluate(FOUND, [tags, list(STREAMLITS_OWN)])
        if not found:
            break
        page.wait_for_timeout(1000)
    return found


def opened(visit, address, *, dark=False):
    """The page at an address, once it is whole."""
    page = visit(address, dark=dark)
    page.get_by_role("heading").first.wait_for()
    still(page)
    return page


@pytest.mark.parametrize(
    ("address", "dark"),
    [
        ("?bundle=faces&start.row=3", False),
        ("latent-map?bundle=mnist", True),
        ("sample?bundle=mnist&sampler=gaussian", False),
        ("compare?bundle=mnist&compare.n=20&compare.models=gaussian,kde", True),
        ("target?bundle=sprites", False),
        ("masks", True),
        ("traverse?bundle=mnist", True),
        ("train", True),
        ("bring", False),
        ("bundles", True),
    ],
)
def test_axe_finds_nothing(app, visit, address, dark):
    assert violations(opened(visit, f"{app}/{address}", dark=dark)) == []


def test_axe_finds_nothing_but_what_cannot_be_read(app, visit):
    page = opened(visit, f"{app}/help")
    assert violations(page) == []
    page.evaluate("document.querySelector('h1').style.color = '#dddddd'")
    page.evaluate("document.querySelector('button').setAttribute('aria-label', '')")
    assert any("color-contrast" in line for line in violations(page, tries=1))
