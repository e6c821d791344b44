"""A real Chromium against a real server: what every browser test needs.

``app`` is the address of the app; ``serve(script)`` starts Streamlit otherwise and gives a
``Server``; ``visit(url)`` opens a page that knows nothing of any other. A console error or an
uncaught one fails the test that caused it; a failed test leaves screenshots in
``runs/screenshots``.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aegen.app import navigation
from aegen.benchmarks.browser import FLAGS, find_chromium, free_port, served, serving

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "runs" / "screenshots"
FAILED = pytest.StashKey[bool]()
BLANK = "about:blank"


class Server:
    """A Streamlit server of its own process."""

    def __init__(self, script, cwd, environment):
        self._open = contextlib.ExitStack()
        start = served(Path(script), folder=cwd, environment=environment)
        self.url = self._open.enter_context(start)

    def stop(self):
        """Ends the server; a second call does nothing."""
        self._open.close()


HOLDS = """(...given) => {
    try {
        return (it => typeof it === "function" ? it(...given) : it)(ASKED);
    } catch (problem) {
        if (problem instanceof TypeError) return false;
        throw problem;
    }
}"""


def wait_for_function(wait, asked, *, polling=20, **how):
    """Playwright's own, for pages whose parts are replaced at any time: one that is missing is no
    error, but what is asked does not hold yet.

    Asked at each frame, as is usual, a page that is waited for draws frames for nothing.
    """
    return wait(HOLDS.replace("ASKED", asked), polling=polling, **how)


@dataclass
class Visits:
    """The pages that one test has opened, and what their consoles complained of.

    ``unused`` holds pages of earlier tests, by whether they have touch, each alone in its context:
    Streamlit's scripts, once compiled, stay with the page, which is near half of what loading it
    costs. What such a page has stored, and where it has been, is forgotten.
    """

    chromium: object
    unused: dict[bool, list]
    opened: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __call__(self, url, *, width=1400, height=900, dark=False, touch=False):
        """A page at ``url``, without what any other page has stored."""
        known = self.unused.setdefault(touch, [])
        page = known.pop() if known else self.new_page(touch)
        # One that begins empty is given scripts or routes, which would stay with it.
        self.opened.append((page, None if url == BLANK else known))
        page.set_viewport_size({"width": width, "height": height})
        # Drawn in software, what moves keeps a core busy.
        scheme = "dark" if dark else "light"
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # Generous: a slow machine is no failure, and what is there is found at once.
        page.set_default_timeout(90_000)
        page.on("console", self.hear)
        page.on("pageerror", self.hear_error)
        page.goto(url)
        return page

    def new_page(self, touch):
        page = self.chromium.new_context(has_touch=touch).new_page()
        page.wait_for_function = functools.partial(wait_for_function, page.wait_for_function)
        return page

    def leave(self):
        """Empties what is open: a page that still loads complains when its server goes."""
        while self.opened:
            page, known = self.opened.pop()
            page.remove_listener("console", self.hear)  # its end is no fault of the page
            page.remove_listener("pageerror", self.hear_error)
            if known is None:
                page.context.close()
                continue
            for other in page.context.pages[1:]:
                other.close()
            if page.url.startswith("http"):  # others have no storage
                page.evaluate("localStorage.clear(), sessionStorage.clear()")
            page.context.clear_cookies()
            page.context.clear_permissions()
            page.goto(BLANK)
            page.context.new_cdp_session(page).send("Page.resetNavigationHistory")
            known.append(page)

    def photograph(self, name):
        """Leaves a picture of each page, and closes all for good: one may hang."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        pages = [page for first, _ in self.opened for page in first.context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png")
        while self.opened:
            self.opened.pop()[0].context.close()

    def hear_error(self, error):
        """Notes what no script caught."""
        self.errors.append(str(error))

    def hear(self, said):
        """Notes an error, but for two that are none.

        To a server's first visitor by deep link Streamlit seeks its server below the page, and
        takes the page itself for missing. A script that serves no live channel refuses it;
        ``test_live.py`` sees that the app's own is there.
        """
        line = f"{said.text} {said.location.get('url', '')}"
        early = "/_stcore/" in line or "does not seem to exist" in line
        refused = "/aegen/live" in line and "handshake" in line
        if said.type == "error" and not early and not refused:
            self.errors.append(line)


def packed_for_a_paper(page):
    """The names of the files that a page's panel for a paper packs: it is opened, and closed."""
    page.get_by_role("button", name="For a paper").click()
    page.get_by_text("Caption", exact=True).wait_for()
    with page.expect_download() as coming:
        page.get_by_role("button", name="All as ZIP").click()
    page.keyboard.press("Escape")
    page.get_by_text("Caption", exact=True).wait_for(state="detached")
    with zipfile.ZipFile(coming.value.path()) as packed:
        assert packed.testzip() is None
        return set(packed.namelist())


@contextlib.contextmanager
def commanded(folder, environment, base=""):
    """The address of the app as its command serves it, from a folder where nothing of aegen is."""
    port = free_port()
    words = ["aegen", "app", "--headless", "--port", str(port)]
    if base:
        words += ["--base-path", base]
    address = f"http://127.0.0.1:{port}/{base}".removesuffix("/")
    with serving(words, address, folder, environment):
        yield address


@pytest.fixture(scope="session")
def app(kept, extra_folder, tmp_path_factory):
    """The address of the app on the shipped bundles: one server, which other tests visit too."""
    found = {"AEGEN_BUNDLES": str(extra_folder), "AEGEN_MASKS": str(extra_folder)}
    with commanded(tmp_path_factory.mktemp("elsewhere"), kept | found) as address:
        yield address


@pytest.fixture(scope="session")
def extra_folder(tmp_path_factory):
    """A folder of bundles and tickets that ``app`` finds beside the shipped ones."""
    return tmp_path_factory.mktemp("extra")


@pytest.fixture(scope="module")
def own_folder(extra_folder):
    """What the tests of one file lay there is gone after them."""
    yield extra_folder
    shutil.rmtree(extra_folder)
    extra_folder.mkdir()


@pytest.fixture(scope="module")
def serve(kept):
    """A function that starts a server: serve(script, cwd=the project, VARIABLE=...)."""
    servers = []

    def begin(script, cwd=ROOT, **environment):
        servers.append(Server(script, cwd, {**kept, **environment}))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def heading(page, title):
    """Wait for the page's own title."""
    page.get_by_role("heading", name=re.compile(f"^{title}")).first.wait_for()


def still(page):
    """Wait until no script runs."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def no_exception(page):
    assert page.locator('[data-testid="stException"]').count() == 0


def opened_by_link(page, title):
    """What holds of a page that was opened by its address, also on a fresh server."""
    heading(page, title)
    page.locator('[data-testid="stSidebarNavLink"]').nth(len(navigation.ENTRIES) - 1).wait_for()
    assert page.locator('[data-testid="stSidebarNavLink"]').count() == len(navigation.ENTRIES)
    page.get_by_text("Page not found").wait_for(state="hidden")
    no_exception(page)


def slider_stays_in_sight(page):
    """On a phone, where the pictures that follow it are scrolled to."""
    slider = page.locator('[data-testid="stMain"] [data-testid="stSlider"]').first
    page.get_by_role("button", name="Moving picture").wait_for()
    page.get_by_role("button", name="Copy link").scroll_into_view_if_needed()
    assert page.locator("h1").bounding_box()["y"] < 0
    assert slider.bounding_box()["y"] > 0


def missing(reason):
    """Browser tests skip where they cannot run, but fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is."""
    return find_chromium() or missing("no Chromium found: install Debian's package chromium")


@pytest.fixture(scope="package")
def playwright():
    """Ended with these files: while it runs, no other test can use asyncio in this thread."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no Playwright found: pip install 'aegen[test]'")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright, chromium_path):
    """The one browser."""
    # Scripts of a page that is soon left are not worth optimising: 7 % of all that a browser does.
    flags = [*FLAGS, "--js-flags=--no-maglev --no-turbofan"]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def unused():
    """Pages that no test uses at the moment, by whether they have touch."""
    return {}


@pytest.fixture
def visit(chromium, unused, request):
    """A function that opens a page: visit(url, width=..., height=..., dark=..., touch=...).

    ``visit.errors`` holds the console's errors; a test that expects some clears it.
    """
    visits = Visits(chromium, unused)
    yield visits
    if request.node.stash.get(FAILED, False):
        visits.photograph(re.sub(r"\W+", "-", request.node.name))
    visits.leave()
    assert not visits.errors, "\n".join(visits.errors)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report
