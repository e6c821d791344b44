"""Pictures that follow the hand: sliders, map and pad over the live channel, and without it."""

import re
import time

import numpy as np
import pytest
from websockets.sync.client import connect

import aegen
from aegen.benchmarks.app import drawn
from aegen.benchmarks.live import ask
from aegen.core.images import quantize
from aegen.traversal import principal_directions
from tests.browser.conftest import BLANK, commanded, slider_stays_in_sight, still

pytestmark = pytest.mark.browser

DEGREE = "empirical-beta-copula.degree"


def in_sight(page, part):
    """Where a part of the page lies once it is scrolled to and all above it has its size."""
    seen = []
    while len(seen) < 4 or seen[-1] != seen[-4]:
        part.scroll_into_view_if_needed()
        page.wait_for_timeout(30)
        seen.append(part.bounding_box())
    return seen[-1]


def slider(page):
    """The track of the page's first slider."""
    return in_sight(page, page.locator('[data-testid="stSlider"] div[role="group"] > div').first)


def drag(page, box, shares, *, y=0.5):
    """Press at the first of these shares of a box's width and move to the others."""
    places = [(box["x"] + share * box["width"], box["y"] + y * box["height"]) for share in shares]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)


def frames(page, root, least=1):
    """Wait for so many pictures from the channel."""
    page.wait_for_function(
        "([root, least]) => Number(document.querySelector(root)?.dataset.frames ?? 0) >= least",
        arg=[root, least],
    )
    return int(page.locator(root).first.get_attribute("data-frames"))


def opened(page, root):
    """Wait until a component is shown, its channel open, and all about it in its place."""
    page.locator(f"{root}[data-shown]").first.wait_for()
    still(page)
    page.wait_for_function('globalThis[Symbol.for("aegen.live")]?.state === "open"')


def pixels(page, canvas):
    """The red channel of a canvas, (h, w)."""
    found = page.evaluate(
        """canvas => {
            const { width, height } = document.querySelector(canvas);
            const context = document.querySelector(canvas).getContext("2d");
            const data = context.getImageData(0, 0, width, height).data;
            return [height, width, ...data.filter((_, k) => k % 4 === 0)];
        }""",
        canvas,
    )
    return np.array(found[2:]).reshape(found[:2])


def shows(page, canvas, wanted):
    """Wait until a canvas begins with the picture ``wanted`` (h, w), to one grey level."""
    h, w = wanted.shape
    deadline = time.monotonic() + 30
    while True:
        found = pixels(page, canvas)[:h, :w]
        if found.shape == wanted.shape and abs(found - wanted).max() <= 1:
            return
        assert time.monotonic() < deadline, abs(found - wanted).max()
        page.wait_for_timeout(50)


def test_traverse_follows_its_sliders_before_they_are_let_go_and_its_pad(app, visit):
    page = visit(f"{app}/traverse?bundle=mnist&row=7")
    opened(page, ".aegen-live")
    before = pixels(page, ".aegen-live canvas")
    frame = page.locator(".aegen-frame-0")
    assert "left: 42.857" in frame.get_attribute("style")
    drag(page, slider(page), [0.5, 0.6, 0.7, 0.75])
    page.locator(".aegen-frame-0[style*='left: 64']").wait_for()
    page.get_by_text("+1.5 sd").wait_for()
    frames(page, ".aegen-live")
    bundle = aegen.load("mnist")
    directions = principal_directions(bundle.codes)
    z = bundle.codes[7] + 1.5 * directions.sd[0] * directions.vectors[0]
    wanted = quantize(bundle.decode(z[None]))[0, ..., 0].astype(int)
    shows(page, ".aegen-live canvas", wanted)
    assert abs(before - wanted).max() > 20
    assert "move-principal" not in page.url  # no run of the page's script was needed
    mark = page.locator(".aegen-live").get_attribute("data-shown")
    page.mouse.up()
    page.wait_for_function(
        "mark => document.querySelector('.aegen-live').dataset.shown !== mark", arg=mark
    )
    shows(page, ".aegen-live canvas", wanted)
    count = frames(page, ".aegen-live")
    page.keyboard.press("ArrowLeft")
    frames(page, ".aegen-live", count + 1)
    # The pad moves both ways, and starts anew.
    opened(page, ".aegen-pad")
    sheet = page.locator(".aegen-pad-sheet")
    drag(page, in_sight(page, sheet), [0.5, 0.6, 0.7], y=0.3)
    frames(page, ".aegen-pad")
    page.mouse.up()
    page.wait_for_url("**traverse.at=1.4*")
    sheet.dblclick(position={"x": 60, "y": 60})
    page.get_by_text("A point of the pad").first.wait_for()
    page.wait_for_url("**code-from=point*")
    page.wait_for_function("!location.search.includes('traverse.at')")


def test_draws_and_edits_follow_their_sliders(app, visit):
    page = visit(f"{app}/sample?bundle=mnist&sampler=empirical-beta-copula&sample.n=16")
    opened(page, ".aegen-grid")
    page.get_by_text("more new").wait_for()
    copying = page.get_by_text(re.compile(r"Copying · ratio"))
    copies = copying.inner_text()
    drag(page, slider(page), [0.01, 0.3, 0.6, 1.0])
    frames(page, ".aegen-grid")
    page.get_by_text("by these pictures").wait_for()
    bundle = aegen.load("mnist")
    draw = bundle.model("empirical-beta-copula", rng=0, degree=1).sample(16, rng=0)
    shows(page, ".aegen-grid canvas", quantize(draw.images)[0, ..., 0].astype(int))
    assert pixels(page, ".aegen-grid canvas").shape == (4 * 28, 4 * 28)
    page.mouse.up()
    page.get_by_text("by 512 draws").wait_for()
    # What was let go is in the link, which shows the same to others; keys move it as well.
    page.wait_for_url(re.compile(re.escape(DEGREE) + "=1(&|$)"))
    assert copying.inner_text() != copies
    again = visit(page.url)
    again.get_by_text("by 512 draws").wait_for()
    assert again.get_by_text(re.compile(r"Copying · ratio")).inner_text() == copying.inner_text()
    for each in (page, again):
        box = each.get_by_text("closer to the data").bounding_box()
        assert box["x"] < each.get_by_text("more new").bounding_box()["x"]
    again.set_viewport_size({"width": 390, "height": 700})
    slider_stays_in_sight(again)
    again.get_by_role("slider", name="How new").press("Home")
    again.wait_for_url(lambda url: f"{DEGREE}=1" not in url)
    page.goto(f"{app}/target?bundle=mnist&target.mode=edit&row=7")
    opened(page, ".aegen-grid")
    drag(page, slider(page), [0.3, 0.5, 0.6])
    frames(page, ".aegen-grid")
    page.mouse.up()


def test_the_map_shows_what_is_at_the_pointer_along_a_path_and_from_a_pinned_row(app, visit):
    page = visit(f"{app}/?bundle=mnist-supermask&projection=pca")
    drawn(page)
    page.locator(".aegen-map-tool.is-look").click()
    box = page.locator(".aegen-map-over").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.locator(".aegen-map-card .aegen-map-look").nth(1).wait_for()
    page.locator(".aegen-map-card").get_by_text("here", exact=True).wait_for()
    assert pixels(page, ".aegen-map-looked").max() > 100
    page.locator(".aegen-map-tool.is-path").click()
    drag(page, box, [0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    strip = page.locator(".aegen-map-strip-of-path[data-pictures='16']")
    strip.wait_for()
    page.mouse.up()
    page.get_by_text("decoded from the plane through the mean").wait_for()
    page.wait_for_url("**path=pca~*")
    page.goto(f"{page.url}&row=7")
    strip.wait_for()
    page.get_by_role("button", name="Clear the path").click()
    page.get_by_text("decoded from the plane").wait_for(state="detached")
    strip.wait_for(state="hidden")
    # Shift walks from a pinned row, and selects elsewhere.
    page.locator(".aegen-map[data-pinned='7'][data-channel='open']").wait_for()
    left, bottom, right, top = map(
        float, page.locator(".aegen-map").get_attribute("data-view").split(",")
    )
    x, y = aegen.load("mnist-supermask").projection("pca")[7]
    box = page.locator(".aegen-map-over").bounding_box()
    share, up = (x - left) / (right - left), (top - y) / (top - bottom)
    page.keyboard.down("Shift")
    drag(page, box, [share, share + 0.1, share + 0.2], y=up)
    strip.wait_for()
    page.mouse.up()
    page.get_by_text("from the plane through row 7").wait_for()
    assert page.locator(".aegen-map[data-polygon]").count() == 0


def test_pages_work_where_the_channel_is_refused(app, visit):
    page = visit(BLANK)
    page.route_web_socket(re.compile("aegen/live"), lambda socket: socket.close(code=1008))
    page.goto(f"{app}/traverse?bundle=mnist&row=7")
    page.locator(".aegen-live[data-channel]").wait_for()
    page.locator(".aegen-live").get_by_text("blocked here").wait_for()
    page.locator(".aegen-pad[data-shown]").wait_for()
    before = page.locator(".aegen-live").get_attribute("data-shown")
    drag(page, slider(page), [0.5, 0.6, 0.75])
    page.mouse.up()
    page.wait_for_function(
        "mark => document.querySelector('.aegen-live').dataset.shown !== mark", arg=before
    )
    pad = page.locator(".aegen-pad").get_attribute("data-shown")
    page.locator(".aegen-pad-sheet").click(position={"x": 100, "y": 100})
    page.wait_for_function(
        "mark => document.querySelector('.aegen-pad').dataset.shown !== mark", arg=pad
    )
    page.goto(f"{app}/?bundle=mnist-supermask&projection=pca")
    drawn(page)
    page.locator(".aegen-map").get_by_text("blocked here").wait_for()
    assert not page.locator(".aegen-map-tool.is-look").is_visible()
    visit.errors.clear()  # the browser itself complains of a refused WebSocket


def touch(page, places):
    """A finger that comes down at the first of these places, moves, and is lifted."""
    session = page.context.new_cdp_session(page)
    for k, (x, y) in enumerate(places):
        kind = "touchMove" if k else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    return lambda: session.send(
        "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
    )


def across(box, shares, y=0.5):
    return [(box["x"] + share * box["width"], box["y"] + y * box["height"]) for share in shares]


def test_a_finger_drags_sliders_pad_and_map(app, visit):
    page = visit(f"{app}/traverse?bundle=mnist&row=7", width=390, height=844, touch=True)
    opened(page, ".aegen-live")
    page.locator(".aegen-pad[data-shown]").wait_for()
    lift = touch(page, across(slider(page), [0.5, 0.55, 0.6, 0.7, 0.8]))
    frames(page, ".aegen-live")
    lift()
    page.wait_for_url("**move-principal*")
    page.get_by_role("slider").nth(6).scroll_into_view_if_needed()
    assert page.locator(".aegen-live canvas").bounding_box()["y"] > 0  # it is in sight of all
    page.get_by_role("button", name="Copy link").first.click()
    page.get_by_text("Copied").wait_for()
    sheet = page.locator(".aegen-pad-sheet")
    lift = touch(page, across(in_sight(page, sheet), [0.5, 0.55, 0.6, 0.7]))
    frames(page, ".aegen-pad")
    lift()
    page.wait_for_url("**traverse.at*")
    page.goto(f"{app}/?bundle=mnist-supermask&projection=pca")
    drawn(page)
    page.locator(".aegen-map-tool.is-look").tap()
    box = page.locator(".aegen-map-over").bounding_box()
    lift = touch(page, across(box, [0.5, 0.52, 0.55]))
    page.locator(".aegen-map-card .aegen-map-look").nth(1).wait_for()
    lift()


def test_the_channel_answers_to_what_is_no_browser(app):
    channel_answers(app)


def test_below_a_path_the_command_serves_pages_and_their_channel_too(visit, tmp_path, kept):
    with commanded(tmp_path, kept, base="lab/one") as address:
        channel_answers(address)
        page = visit(f"{address}/?bundle=mnist-supermask")
        drawn(page)
        page.locator(".aegen-map[data-channel='open']").wait_for()
        # the parts of other pages find the channel where the map does
        page.goto(f"{address}/traverse?bundle=mnist-supermask&row=7")
        opened(page, ".aegen-live")
        visit.leave()


def channel_answers(address):
    """Its picture of a code is the decoder's."""
    bundle = aegen.load("mnist-supermask")
    codes = bundle.codes[:1]
    with connect(f"{address.replace('http', 'ws', 1)}/aegen/live") as channel:
        show = {"ask": "codes", "bundle": bundle.name, "codes": codes.tolist()}
        _, pictures = ask(channel, show)
    assert abs(pictures.astype(int) - quantize(bundle.decode(codes))).max() <= 1
