"""The latent map in a real browser: real mouse, real WebGL, real answers from Python."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aegen.core.polygons import inside
from aegen.figures.palette import CATEGORIES
from tests.browser.conftest import BLANK

pytestmark = pytest.mark.browser

APP = Path(__file__).with_name("map_app.py")


def reference_set(n):
    """The same points as the page's, without running the page."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    return np.column_stack([10 * group, 0 * group]) + rng.normal(size=(n, 2)), group


class Map:
    """What a person does with the map, in data coordinates."""

    def __init__(self, page, n):
        self.page = page
        self.root = page.locator(".aegen-map")
        page.wait_for_selector(f".aegen-map[data-drawn='{n}']")

    @property
    def sight(self):
        return [float(value) for value in self.root.get_attribute("data-view").split(",")]

    @property
    def box(self):
        return self.page.locator(".aegen-map-over").bounding_box()

    def pixel(self, x, y):
        left, bottom, right, top = self.sight
        box = self.box
        return (
            box["x"] + (x - left) / (right - left) * box["width"],
            box["y"] + (top - y) / (top - bottom) * box["height"],
        )

    def drag(self, corners, shift=False):
        mouse, keyboard = self.page.mouse, self.page.keyboard
        mouse.move(*self.pixel(*corners[0]))
        if shift:
            keyboard.down("Shift")
        mouse.down()
        for corner in corners[1:]:
            mouse.move(*self.pixel(*corner))
        mouse.up()
        if shift:
            keyboard.up("Shift")

    def says(self, text):
        self.page.get_by_text(text, exact=True).wait_for()

    def wait_for_other_sight(self, old):
        self.page.wait_for_function(
            "old => document.querySelector('.aegen-map').dataset.view.split(',')"
            ".some((value, k) => Number(value) !== old[k])",
            arg=old,
        )
        return self.sight

    def tool(self, name):
        self.page.get_by_role("button", name=name).click()

    def leave(self):
        """The page shows the map no longer."""
        self.page.get_by_text("map", exact=True).click()
        self.root.wait_for(state="detached")

    def come_back(self, n):
        """The page shows the map again: another one, drawn anew."""
        self.page.get_by_text("map", exact=True).click()
        self.page.wait_for_selector(f".aegen-map[data-drawn='{n}']")


@pytest.fixture(scope="module")
def server(serve):
    return serve(APP)


def test_the_world_of_the_test_is_the_world_of_the_page():
    source = APP.read_text(encoding="utf-8")
    spec = importlib.util.spec_from_loader("world_only", loader=None)
    module = importlib.util.module_from_spec(spec)
    start, end = source.index("def reference_set"), source.index("def atlas")
    exec("import numpy as np\n" + source[start:end], module.__dict__)
    assert np.array_equal(module.reference_set(30)[0], reference_set(30)[0])


def test_a_page_that_is_used_again_knows_nothing_of_before(server, visit):
    link = f"{server.url}/_stcore/health"
    page = visit(link, dark=True)
    page.evaluate("localStorage.held = sessionStorage.held = document.cookie = 'held=1'")
    visit.leave()
    assert visit(link) is page
    known = page.evaluate(
        "[localStorage.held, sessionStorage.held, document.cookie.includes('held'),"
        " history.length, matchMedia('(prefers-color-scheme: dark)').matches]"
    )
    assert known == [None, None, False, 2, False]


AROUND = [(-2.8, -3.1), (4.9, -3.5), (4.2, 3.4), (-2.5, 3.3)]


def test_a_person_selects_on_a_map_whose_points_are_stressed_outlined_and_changed(server, visit):
    """One visit; each part but the last leaves the map as it was."""
    map_ = Map(visit(server.url), 3_000)
    tools_click_escape_and_the_page_itself_select(map_)
    rows_that_are_stressed_stand_out_also_in_another_colour(map_)
    contours_lie_where_they_should_and_go_with_the_map(map_)
    a_lasso_finds_its_rows_and_survives_runs_that_change_something_else(map_)


def a_lasso_finds_its_rows_and_survives_runs_that_change_something_else(map_):
    points, _ = reference_set(3_000)
    left, bottom, right, top = map_.sight
    box = map_.box
    # One unit of x is as long as one unit of y, and every point is in sight.
    assert (right - left) / (top - bottom) == pytest.approx(box["width"] / box["height"], rel=1e-3)
    assert inside(points, [(left, bottom), (right, bottom), (right, top), (left, top)]).all()

    map_.drag(AROUND, shift=True)
    expected = int(inside(points, AROUND).sum())
    assert 950 < expected < 1_000
    map_.says(f"found {expected} pinned None hidden ()")
    assert map_.root.get_attribute("data-polygon") == "4"

    # The wheel brings closer what is under the pointer; a new colour leaves the camera alone.
    map_.page.mouse.move(*map_.pixel(10, 0))
    before = map_.pixel(10, 0)
    map_.page.mouse.wheel(0, -300)
    closer = map_.wait_for_other_sight([left, bottom, right, top])
    assert closer[2] - closer[0] < 0.8 * (right - left)
    # A wheel's place comes in whole pixels.
    assert map_.pixel(10, 0) == pytest.approx(before, abs=1.5)
    map_.page.get_by_text("height", exact=True).first.click()
    map_.page.wait_for_selector(".aegen-map-strip")
    Map(map_.page, 3_000).says(f"found {expected} pinned None hidden ()")
    assert map_.sight == closer
    assert map_.root.get_attribute("data-polygon") == "4"

    # Other points: the outline lay over the old ones, so it goes.
    map_.page.get_by_text("turned", exact=True).click()
    map_.says("found None pinned None hidden ()")
    map_.page.wait_for_selector(".aegen-map:not([data-polygon])")
    map_.wait_for_other_sight(closer)


def tools_click_escape_and_the_page_itself_select(map_):
    points, group = reference_set(3_000)
    map_.tool("Select a box (B)")
    map_.drag([(6, -3.9), (15, 3.9)])
    in_box = inside(points, [(6, -3.9), (15, -3.9), (15, 3.9), (6, 3.9)])
    map_.says(f"found {int(in_box.sum())} pinned None hidden ()")
    map_.page.keyboard.press("Escape")
    map_.says("found None pinned None hidden ()")
    map_.page.wait_for_selector(".aegen-map:not([data-polygon])")

    outermost = int(points[:, 0].argmax())
    map_.page.mouse.click(*map_.pixel(*points[outermost]))
    map_.says(f"found None pinned {outermost} hidden ()")
    map_.page.wait_for_selector(f".aegen-map[data-pinned='{outermost}']")
    map_.page.get_by_text("clear", exact=True).click()
    map_.says("found None pinned None hidden ()")
    map_.page.wait_for_selector(".aegen-map:not([data-pinned])")

    # A hidden category cannot be hovered or clicked; the page hears what was hidden.
    map_.page.locator(".aegen-map-entry").nth(2).click()
    map_.page.mouse.click(*map_.pixel(*points[outermost]))
    middle = int(np.flatnonzero(group == 0)[points[group == 0, 0].argmin()])
    map_.page.mouse.click(*map_.pixel(*points[middle]))
    map_.says(f"found None pinned {middle} hidden (2,)")

    # The keyboard alone: everything in sight.
    map_.page.locator(".aegen-map-over").focus()
    map_.page.keyboard.press("Enter")
    map_.says(f"found 3000 pinned {middle} hidden (2,)")
    map_.tool("Move the map (P)")
    map_.page.locator(".aegen-map-entry").nth(2).click()
    map_.page.get_by_text("clear", exact=True).click()
    map_.says("found None pinned None hidden ()")


UNPACKED = """window.unpacked = 0;
const unpack = window.createImageBitmap;
window.createImageBitmap = (...given) => (window.unpacked++, unpack(...given));"""

TILE_IS = """wanted => {
    const canvas = document.querySelector(".aegen-map-tile");
    const { data } = canvas.getContext("2d").getImageData(1, 1, 1, 1);
    return wanted.every((value, k) => data[k] === value);
}"""


def test_hovering_shows_the_tile_of_a_row_and_pictures_and_names_lie_where_there_is_room(
    server, visit
):
    """One visit; each part but the last leaves the map as it was."""
    page = visit(BLANK)
    page.add_init_script(UNPACKED)
    page.goto(f"{server.url}?n=300&named=1")
    map_ = Map(page, 300)
    hovering_shows_the_tile_of_the_row(map_)
    draws_answer_to_hover_and_click_and_are_told_as_new(map_)
    pictures_and_names_lie_over_the_points_where_there_is_room(map_)
    assert page.evaluate("window.unpacked") == 1
    pictures_that_cannot_be_unpacked_leave_rows_without_a_picture(map_)


def hovering_shows_the_tile_of_the_row(map_):
    points, _ = reference_set(300)
    page = map_.page
    tiled = int(points[:200, 1].argmax())
    page.wait_for_timeout(300)
    assert page.evaluate("window.unpacked") == 0  # the pictures are large, and may not be wanted
    page.mouse.move(*map_.pixel(*points[tiled]))
    page.get_by_text(f"row {tiled}", exact=True).wait_for()
    page.wait_for_function(TILE_IS, arg=[tiled, 255 - tiled, 0, 255])
    assert page.locator(".aegen-map-tile").bounding_box()["width"] >= 84
    name = ["left", "middle", "right"][tiled % 3]
    page.get_by_text(f"group {name}", exact=True).wait_for()
    # A row beyond the atlas has its words alone.
    bare = 200 + int(points[200:, 1].argmin())
    page.mouse.move(*map_.pixel(*points[bare]))
    page.get_by_text(f"row {bare}", exact=True).wait_for()
    assert page.locator(".aegen-map-tile").is_hidden()
    again = int(points[:200, 1].argmin())
    page.mouse.move(*map_.pixel(*points[again]))
    page.wait_for_function(TILE_IS, arg=[again, 255 - again, 0, 255])
    assert page.evaluate("window.unpacked") == 1


def draws_answer_to_hover_and_click_and_are_told_as_new(map_):
    points, _ = reference_set(300)
    map_.page.get_by_text("draws", exact=True).click()
    map_.page.get_by_text("300 points · 30 draws").wait_for()
    outermost = int(points[:30, 0].argmax())
    place = map_.pixel(*(points[outermost] + 0.5))
    map_.page.mouse.move(*place)
    map_.page.get_by_text(f"new: draw {outermost + 1}", exact=True).wait_for()
    map_.page.mouse.click(*place)
    map_.says(f"chosen {{'index': {outermost}}} scale None")
    map_.says("found None pinned None hidden ()")
    assert map_.root.get_attribute("data-draw") == str(outermost)
    map_.page.mouse.click(*place)
    map_.says("chosen {'index': None} scale None")
    map_.page.get_by_text("draws", exact=True).click()
    map_.page.get_by_text("300 points · 30 draws").wait_for(state="detached")


def pictures_and_names_lie_over_the_points_where_there_is_room(map_):
    whole = map_.root.get_attribute("data-view")
    map_.page.wait_for_selector(".aegen-map[data-names='2']:not([data-thumbnails])")
    map_.page.locator(".aegen-map-entry").nth(2).click()  # what is hidden has no name
    map_.page.wait_for_selector(".aegen-map[data-names='1']")
    for _ in range(2):
        map_.tool("Zoom in (+)")
    map_.page.wait_for_selector(".aegen-map[data-thumbnails]")
    map_.page.locator(".aegen-map-over").focus()
    map_.page.keyboard.press("i")
    map_.page.wait_for_selector(".aegen-map:not([data-thumbnails]):not([data-names])")
    map_.page.keyboard.press("i")
    map_.page.locator(".aegen-map-entry").nth(2).click()
    map_.tool("Show everything (0)")
    map_.page.wait_for_selector(f".aegen-map[data-view='{whole}'][data-names='2']")
    map_.says("found None pinned None hidden ()")


BROKEN = """() => {
    window.createImageBitmap = () => Promise.reject(new Error("broken"));
}"""


def pictures_that_cannot_be_unpacked_leave_rows_without_a_picture(map_):
    points, _ = reference_set(300)
    page = map_.page
    map_.leave()
    page.evaluate(BROKEN)
    map_.come_back(300)
    for row in (int(points[:200, 1].argmax()), int(points[:200, 1].argmin())):
        page.mouse.move(*map_.pixel(*points[row]))
        page.get_by_text(f"row {row}", exact=True).wait_for()
    assert page.locator(".aegen-map-tile").is_hidden()
    for _ in range(2):
        map_.tool("Zoom in (+)")
    page.wait_for_timeout(300)
    assert page.locator(".aegen-map[data-thumbnails]").count() == 0


def rows_are_drawn_in_random_order(map_):
    """All three values lie all over each group: drawn by rows, the last one would cover them."""
    map_.page.get_by_text("third", exact=True).first.click()
    map_.page.wait_for_function(
        "document.querySelectorAll('.aegen-map-entry')[2]?.innerText == '2'"
    )
    map_.page.wait_for_selector(".aegen-map[data-drawn='30000']")
    map_.page.mouse.move(5, 5)
    map_.page.wait_for_timeout(500)
    left, top = map_.pixel(10, 0)
    clip = {"x": left - 12, "y": top - 12, "width": 24, "height": 24}
    shot = Image.open(io.BytesIO(map_.page.screenshot(clip=clip))).convert("RGB")
    colours = [[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in CATEGORIES[:3]]
    pixels = np.asarray(shot, dtype=float).reshape(-1, 1, 3)
    nearest = np.linalg.norm(pixels - np.array(colours), axis=2).argmin(axis=1)
    assert np.bincount(nearest, minlength=3).min() > 0.15 * len(nearest)


def dark_at(map_, x, y):
    """How dark the darkest pixel of the upper canvas is around a place in data coordinates."""
    left, top = map_.pixel(x, y)
    box = map_.box
    return map_.page.locator(".aegen-map-over").evaluate(
        """(canvas, [x, y]) => {
            const r = devicePixelRatio;
            const { data } = canvas.getContext("2d").getImageData((x - 4) * r, (y - 4) * r, 9, 9);
            let most = 0;
            for (let i = 0; i < data.length; i += 4)
                most = Math.max(most, (data[i + 3] / 255) * (255 - data[i]));
            return most;
        }""",
        [left - box["x"], top - box["y"]],
    )


def contours_lie_where_they_should_and_go_with_the_map(map_):
    whole = map_.root.get_attribute("data-view")
    top, beside = (10, 2), (10, 0)
    assert dark_at(map_, *top) == 0
    map_.page.get_by_text("ring", exact=True).click()
    map_.page.wait_for_selector(".aegen-map[data-contours='1']")
    assert dark_at(map_, *top) > 100
    assert dark_at(map_, *beside) == 0
    before = map_.sight
    map_.page.mouse.move(*map_.pixel(10, 1))
    map_.page.mouse.wheel(0, -300)
    closer = map_.wait_for_other_sight(before)
    map_.page.wait_for_timeout(300)
    assert dark_at(map_, *top) > 100
    assert dark_at(map_, *beside) == 0
    map_.drag([(10, 1), (9, 1.5)])
    map_.wait_for_other_sight(closer)
    map_.page.wait_for_timeout(300)
    assert dark_at(map_, *top) > 100
    map_.page.get_by_text("ring", exact=True).click()
    map_.page.wait_for_selector(".aegen-map:not([data-contours])")
    assert dark_at(map_, *top) == 0
    map_.tool("Show everything (0)")
    map_.page.wait_for_selector(f".aegen-map[data-view='{whole}']")


def faintness(map_, x):
    """The mean brightness of the points around (x, 0), as seen on screen."""
    left, top = map_.pixel(x, 0)
    clip = {"x": left - 40, "y": top - 40, "width": 80, "height": 80}
    shot = Image.open(io.BytesIO(map_.page.screenshot(clip=clip))).convert("L")
    return float(np.asarray(shot).mean())


def rows_that_are_stressed_stand_out_also_in_another_colour(map_):
    map_.page.mouse.move(5, 5)
    map_.page.wait_for_timeout(300)
    before = {x: faintness(map_, x) for x in (0, 10, 20)}
    map_.page.get_by_text("stress", exact=True).click()
    map_.page.wait_for_selector(".aegen-map[data-chosen='1000']")
    map_.page.mouse.move(5, 5)
    map_.page.wait_for_timeout(500)
    after = {x: faintness(map_, x) for x in (0, 10, 20)}
    assert after[0] > before[0] + 10
    assert after[20] > before[20] + 10
    assert after[10] <= before[10]
    # Another colour draws the points anew; what is stressed stays so.
    map_.page.get_by_text("height", exact=True).first.click()
    map_.page.wait_for_selector(".aegen-map-strip")
    map_.page.wait_for_selector(".aegen-map[data-drawn='3000'][data-chosen='1000']")
    # Its scale is chosen beside the bar.
    map_.page.get_by_role("button", name="rank").click()
    map_.says("chosen None scale rank")
    map_.page.get_by_text("stress", exact=True).click()
    map_.page.wait_for_selector(".aegen-map:not([data-chosen])")
    map_.page.get_by_text("group", exact=True).first.click()
    map_.page.locator(".aegen-map-entry").nth(2).wait_for()


def test_only_what_changed_is_sent_again_and_rows_are_drawn_in_random_order(server, visit):
    page = visit(f"{server.url}/_stcore/health")
    heard = []
    page.once("websocket", lambda ws: ws.on("framereceived", lambda data: heard.append(len(data))))
    page.goto(f"{server.url}?n=30000")
    map_ = Map(page, 30_000)
    map_.says("found None pinned None hidden ()")
    script = Path(importlib.util.find_spec("aegen.app.components").origin).parent
    script_size = (script / "latent_map" / "latent_map.js").stat().st_size
    points_size = 30_000 * 8
    assert sum(heard) > points_size + script_size
    heard.clear()
    page.get_by_text("draws", exact=True).click()
    page.get_by_text("30,000 points · 30 draws").wait_for()
    page.wait_for_timeout(300)
    assert sum(heard) < 40_000
    heard.clear()
    page.get_by_text("height", exact=True).first.click()
    page.wait_for_selector(".aegen-map-strip")
    page.wait_for_timeout(300)
    assert 30_000 * 4 < sum(heard) < 30_000 * 4 + 40_000
    page.get_by_text("draws", exact=True).click()
    page.get_by_text("30,000 points · 30 draws").wait_for(state="detached")
    rows_are_drawn_in_random_order(map_)


COUNT = """
window.drawings = 0;
for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
  const draw = kind.prototype.drawArrays;
  kind.prototype.drawArrays = function (mode, first, count) {
    if (count >= 3000) window.drawings += 1;
    return draw.call(this, mode, first, count);
  };
}
"""


FRAMES = """
window.asked = 0;
const next = window.requestAnimationFrame;
window.requestAnimationFrame = what => { window.asked++; return next(what); };
"""
"""Counts the frames that anything on the page asks for."""

RESTS = """() => {
    window.looks = window.before === asked ? window.looks + 1 : 0;
    window.before = asked;
    return window.looks > 1;
}"""
"""Whether none was asked for from one look to the next, and to the one after it."""


def test_a_map_is_drawn_once_then_asks_for_no_frames_and_wakes_where_something_changes(
    server, visit
):
    page = visit(BLANK)
    page.add_init_script(FRAMES + COUNT)
    page.goto(f"{server.url}?n=200000")
    Map(page, 200_000)
    page.wait_for_function(RESTS, polling=300)
    assert page.evaluate("drawings") == 1
    for change in (
        lambda: page.locator(".aegen-map-over").press("ArrowRight"),
        lambda: page.locator(".aegen-map-entry").first.click(),
        lambda: page.get_by_text("stress", exact=True).click(),
        lambda: page.set_viewport_size({"width": 1000, "height": 700}),
    ):
        page.wait_for_function(RESTS, polling=300)
        drawn = page.evaluate("drawings")
        change()
        page.wait_for_function("drawn => drawings > drawn", arg=drawn)
    page.wait_for_function(RESTS, polling=300)


HOLD = """() => {
    const next = window.requestAnimationFrame, held = [];
    window.requestAnimationFrame = what => held.push(what);
    window.release = () => {
        window.requestAnimationFrame = next;
        held.splice(0).forEach(what => next(what));
    };
}"""
"""Keeps what waits for the next frame waiting until ``release()``."""

LOSE = """() => {
    const open = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (...asked) {
        const context = open.apply(this, asked);
        if (/webgl/.test(asked[0])) window.lose = () => {
            context.getExtension("WEBGL_lose_context").loseContext();
        };
        return context;
    };
}"""


def test_a_map_comes_back_as_the_page_wants_it_also_where_it_went_undrawn_or_was_lost(
    server, visit
):
    map_ = Map(visit(f"{server.url}?n=300&linked=1", dark=True), 300)
    a_link_selects_and_the_map_comes_back_with_it(map_)
    a_map_that_goes_before_it_was_drawn_leaves_without_a_word(map_)
    a_map_whose_context_is_lost_is_drawn_again(map_)


def a_link_selects_and_the_map_comes_back_with_it(map_):
    points, _ = reference_set(300)
    found = int(inside(points, [(-5, -5), (5, -5), (5, 5), (-5, 5)]).sum())
    map_.says(f"found {found} pinned 3 hidden ()")
    assert map_.root.get_attribute("data-polygon") == "4"
    assert map_.root.get_attribute("data-pinned") == "3"
    map_.tool("Clear the selection (Escape)")
    map_.says("found None pinned None hidden ()")
    map_.leave()
    map_.come_back(300)
    map_.says(f"found {found} pinned 3 hidden ()")


def a_map_that_goes_before_it_was_drawn_leaves_without_a_word(map_):
    page = map_.page
    map_.leave()
    page.evaluate(HOLD)
    page.get_by_text("map", exact=True).click()
    page.locator(".aegen-map-caption").get_by_text("300 points").wait_for()
    map_.leave()
    page.evaluate("release()")
    page.wait_for_timeout(300)  # a complaint would come now, and fail the test
    map_.come_back(300)


def a_map_whose_context_is_lost_is_drawn_again(map_):
    page = map_.page
    map_.leave()
    page.evaluate(LOSE)
    page.evaluate(HOLD)
    page.get_by_text("map", exact=True).click()
    page.locator(".aegen-map-caption").get_by_text("300 points").wait_for()
    page.evaluate("lose()")  # before it was drawn
    page.wait_for_timeout(700)  # it begins anew after half a second
    page.evaluate("release()")
    Map(page, 300)
    page.evaluate("delete document.querySelector('.aegen-map').dataset.drawn, lose()")
    map_ = Map(page, 300)
    map_.drag(AROUND, shift=True)
    points, _ = reference_set(300)
    map_.says(f"found {inside(points, AROUND).sum()} pinned 3 hidden ()")


def test_fingers_select_on_a_phone_and_nothing_overflows(server, visit):
    points, _ = reference_set(3_000)
    page = visit(server.url, width=390, height=844, touch=True)
    map_ = Map(page, 3_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    legend = page.locator(".aegen-map-legend").bounding_box()
    assert legend["x"] >= 0
    assert legend["x"] + legend["width"] <= 390
    assert map_.box["height"] < 1.2 * map_.box["width"]

    map_.root.scroll_into_view_if_needed()
    page.touchscreen.tap(*map_.pixel(*points[int(points[:, 0].argmax())]))
    map_.says(f"found None pinned {int(points[:, 0].argmax())} hidden ()")

    fingers = page.context.new_cdp_session(page)

    def touch(kind, *places):
        spots = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    # Two fingers that part bring the map closer.
    wide, whole = map_.sight, map_.root.get_attribute("data-view")
    (x, y) = map_.pixel(10, 0)
    touch("touchStart", (x - 30, y), (x + 30, y))
    touch("touchMove", (x - 60, y), (x + 60, y))
    touch("touchEnd")
    page.wait_for_function(
        "most => { const [l, , r] = document.querySelector('.aegen-map').dataset.view.split(',');"
        " return r - l < most; }",
        arg=0.6 * (wide[2] - wide[0]),
    )
    map_.tool("Show everything (0)")
    page.wait_for_function(
        "old => document.querySelector('.aegen-map').dataset.view === old", arg=whole
    )

    map_.tool("Draw around points (L, or hold Shift)")
    places = [map_.pixel(*corner) for corner in AROUND]
    touch("touchStart", places[0])
    for place in places[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    found = page.get_by_text(re.compile(r"^found \d")).text_content()
    assert abs(int(found.split()[1]) - int(inside(points, AROUND).sum())) < 30


def test_without_webgl_fewer_rows_are_drawn_and_a_box_still_finds_them_all(
    server, playwright, chromium_path, request
):
    points, _ = reference_set(6_000)
    browser = playwright.chromium.launch(
        executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    )
    request.addfinalizer(browser.close)
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(90_000)
    page.goto(f"{server.url}?n=6000")
    page.get_by_text("5,000 of 6,000 drawn: this browser has no WebGL").wait_for()
    page.wait_for_selector(".js-plotly-plot .scatterlayer .point")
    assert page.locator(".aegen-map").count() == 0
    # The left third of the chart holds the left group.
    plot = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    middle, low, high = (
        plot["x"] + plot["width"] * 0.33,
        plot["y"] + 5,
        plot["y"] + plot["height"] - 5,
    )
    page.mouse.move(plot["x"] + 3, low)
    page.mouse.down()
    for x, y in [(middle, low), (middle, high), (plot["x"] + 3, high), (plot["x"] + 3, low)]:
        page.mouse.move(x, y)
    page.mouse.up()
    left = int((points[:, 0] < 5).sum())
    page.get_by_text(f"found {left} pinned None hidden ()", exact=True).wait_for()
