"""`aegen bench app`: a real server, a real Chromium, and how long a person waits.

Every time is from the person's act (opening, clicking, letting go of the mouse) to the picture
that answers it being on screen, as the page tells: ``data-drawn`` of the map, the sentence of a
selection, ``data-shown`` of the pictures.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from aegen.app.location import folder
from aegen.benchmarks.browser import chromium, served
from aegen.benchmarks.console import console, table
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["Timing", "measure", "report"]

PATIENCE = 60_000
"""Milliseconds after which a wait is given up."""

MILLION = """
import numpy as np
import streamlit as st
from aegen.app.components.latent_map import latent_map, picture
from aegen.core.polygons import inside

@st.cache_resource
def points():
    draw = np.random.default_rng(0)
    centre = draw.integers(0, 10, 1_000_000)
    angle = 2 * np.pi * centre / 10
    spread = draw.standard_normal((1_000_000, 2))
    place = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + spread
    return place.astype(np.float32), centre

place, labels = points()
found = latent_map(
    picture(place, labels=labels, categories=[str(k) for k in range(10)]), key="million"
)
if found.polygon is not None:
    st.markdown(f"{int(inside(place, found.polygon).sum()):,} of {len(place):,} rows selected")
"""


@dataclass(frozen=True)
class Timing:
    """How long each repeat of one act took, and how long it should take at most."""

    act: str
    seconds: tuple[float, ...]
    target: float

    @property
    def p95(self) -> float:
        """The 95th percentile (nearest rank)."""
        return sorted(self.seconds)[math.ceil(0.95 * len(self.seconds)) - 1]


def measure(
    bundle: str = "mnist", rounds: int = 20, pictures: Path | None = None
) -> Iterator[Timing]:
    """Drive the app and give back each figure as it is measured; quick acts ``rounds`` times.

    Raises:
        BrowserMissing: no Chromium or Playwright.
        AegenError: the app did not answer.
    """
    with chromium() as browser:
        start = time.perf_counter()
        with (
            served(folder() / "app.py") as address,
            opened(browser, f"{address}/?bundle={bundle}") as page,
        ):
            drawn(page)
            yield Timing("first page, from a cold start", (time.perf_counter() - start,), 12.0)
            _keep(page, pictures, "latent-map")
            link = f"{address}/?bundle={bundle}"
            yield _openings("first page, warm server", browser, link, max(3, rounds // 4), 5.0)
            yield Timing("lasso on the map", tuple(_lassoes(page, rounds)), 1.0)
            _keep(page, pictures, "lasso")
            seeds = tuple(_seeds(browser, address, bundle, rounds, pictures))
            yield Timing("new seed, 64 pictures", seeds, 0.4)
        yield from _comparisons(browser, bundle, pictures)
        yield from _million(browser, rounds, pictures)


def report(bundle: str = "mnist", rounds: int = 20, pictures: Path | None = None) -> None:
    """Print what `measure` finds as a table."""
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    found = table("act", "median", "95th percentile", "worst", "target", "repeats")
    for timing in measure(bundle, rounds, pictures):
        found.add_row(
            timing.act,
            f"{median(timing.seconds):.2f} s",
            f"{timing.p95:.2f} s",
            f"{max(timing.seconds):.2f} s",
            f"{timing.target:g} s",
            str(len(timing.seconds)),
        )
    console().print(found)


def _openings(act: str, browser: Browser, link: str, rounds: int, target: float) -> Timing:
    """Seconds from opening ``link`` to its map being drawn."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        with opened(browser, link) as page:
            drawn(page)
            times.append(time.perf_counter() - start)
    return Timing(act, tuple(times), target)


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page of its own (no cache, no cookies shared) at ``address``."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        page.goto(address, wait_until="commit")
        yield page
    finally:
        context.close()


def drawn(page: Page) -> Locator:
    """The map, once all its points are painted."""
    page.wait_for_selector(".aegen-map[data-drawn]")
    return page.locator(".aegen-map").first


def lasso(page: Page, *, centre: tuple[float, float], radius: float) -> None:
    """Draw a circle around a place of the map, both as shares of its size; mouse still down."""
    box = page.locator(".aegen-map canvas").first.bounding_box()
    if box is None:
        raise AegenError("the map has no canvas: this Chromium has no WebGL")
    middle = (box["x"] + centre[0] * box["width"], box["y"] + centre[1] * box["height"])
    reach = radius * min(box["width"], box["height"])
    places = [
        (middle[0] + reach * math.cos(t / 4), middle[1] + reach * math.sin(t / 4))
        for t in range(26)
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)


def _lassoes(page: Page, rounds: int) -> Iterator[float]:
    """Seconds from letting go to a new "N of M rows selected"."""
    page.locator(".aegen-map-tool.is-lasso").first.click()
    for k in range(rounds):
        before = _selected(page)
        centre = (0.4 + 0.2 * (k % 3) / 2, 0.4 + 0.2 * (k % 2))
        lasso(page, centre=centre, radius=0.06 + 0.02 * (k % 5))
        start = time.perf_counter()
        page.mouse.up()
        deadline = start + PATIENCE / 1000
        while _selected(page) in ("", before):
            if time.perf_counter() > deadline:
                raise AegenError("the app did not answer within a minute")
            time.sleep(0.005)
        yield time.perf_counter() - start
        page.wait_for_timeout(400)


def _selected(page: Page) -> str:
    """The sentence that says how many rows are selected, or nothing."""
    found = page.get_by_text("rows selected")
    return found.first.inner_text() if found.count() else ""


def _seeds(
    browser: Browser, address: str, bundle: str, rounds: int, pictures: Path | None
) -> Iterator[float]:
    """Seconds from clicking the new seed to another grid of pictures on screen."""
    link = f"{address}/sample?bundle={bundle}&sampler=empirical-beta-copula&sample.n=64"
    with opened(browser, link) as page:
        grid = page.locator(".aegen-grid[data-shown]").first
        grid.wait_for()
        page.wait_for_timeout(5000)  # the first draw also loads what later ones find loaded
        _keep(page, pictures, "sample")
        for _ in range(rounds):
            before = grid.get_attribute("data-shown")
            button = page.get_by_role("button", name="New seed")
            start = time.perf_counter()
            button.click()
            page.wait_for_function(
                """before => ![undefined, before].includes(
                    document.querySelector(".aegen-grid")?.dataset.shown)""",
                arg=before,
                polling=5,
            )
            yield time.perf_counter() - start
            page.wait_for_timeout(300)


def _comparisons(browser: Browser, bundle: str, pictures: Path | None) -> Iterator[Timing]:
    """Seconds from opening Compare, of which nothing is kept, to pictures and to all figures."""
    shown, measured = [], []
    with (
        tempfile.TemporaryDirectory() as kept,
        served(folder() / "app.py", environment={"AEGEN_CACHE": kept}) as address,
    ):
        with opened(browser, f"{address}/sample?bundle={bundle}") as page:
            page.locator(".aegen-grid[data-shown]").first.wait_for()
            page.wait_for_timeout(5000)  # a server that has just begun is measured above
        for seed in range(3):
            start = time.perf_counter()
            with opened(browser, f"{address}/compare?bundle={bundle}&compare.seed={seed}") as page:
                page.set_default_timeout(5 * PATIENCE)
                page.locator(".aegen-grid-of img").first.wait_for()
                shown.append(time.perf_counter() - start)
                page.get_by_text("draws of each against").wait_for()
                measured.append(time.perf_counter() - start)
                _keep(page, pictures, "compare")
    yield Timing("first pictures of Compare", tuple(shown), 3.0)
    yield Timing("all figures of Compare", tuple(measured), 20.0)


def _million(browser: Browser, rounds: int, pictures: Path | None) -> Iterator[Timing]:
    """The map component alone, on a million rows."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "million.py"
        script.write_text(MILLION, encoding="utf-8")
        with served(script) as address:
            with opened(browser, address) as page:
                drawn(page)  # makes the points, which are kept
            yield _openings("1,000,000 rows drawn", browser, address, 3, 4.0)
            with opened(browser, address) as page:
                drawn(page)
                lassoes = tuple(_lassoes(page, max(3, rounds // 4)))
                yield Timing("lasso on 1,000,000 rows", lassoes, 2.0)
                _keep(page, pictures, "million")


def _keep(page: Page, folder: Path | None, name: str) -> None:
    if folder is not None:
        page.screenshot(path=folder / f"{name}.png")
