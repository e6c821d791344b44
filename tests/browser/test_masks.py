"""Masks and Train as a person sees them: read off, zoom, replay, a phone, a training."""

import re
import time
from urllib.parse import unquote

import numpy as np
import pytest

from aegen.app.components.mask_map import matrix, some_tiles, tiles
from aegen.supermask.networks import networks
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.history import History
from tests.app.tiny_masks import EPOCHS, tiny_tickets
from tests.browser.conftest import packed_for_a_paper
from tests.tiny_bundle import tiny_bundle

pytestmark = pytest.mark.browser

WORDS = {1: "kept", 0: "dropped", -1: "inverted"}


@pytest.fixture(scope="module", autouse=True)
def masks(own_folder):
    """Tiny tickets, one with a layer of four million weights, all by chance, and a bundle."""
    tiny_bundle(own_folder / "bars")
    tiny_tickets(own_folder)
    plan = networks.create("conv2")
    rng = np.random.default_rng(0)
    found = {}
    for name, shape in plan.layers.items():
        probability = rng.random(shape, np.float32)
        found[name] = (probability < 0.004).astype(np.int8) - (probability > 0.996).astype(np.int8)
    Ticket("conv2", plan.arguments, "signed-he", {}, 0, found).write(own_folder / "large.ticket")
    bars = Ticket.read(own_folder / "bars.ticket")
    first = bars.masks["fc1"].copy()
    first[:3], first[3, 0] = 0, 1
    # its title is that of bars: a list must not take one for the other
    bars.with_masks({**bars.masks, "fc1": first}).write(own_folder / "late.ticket")
    return own_folder


MEASURED = """() => {
  const canvas = document.querySelector(".aegen-mask-stage > canvas");
  return canvas.width === Math.round(canvas.clientWidth * devicePixelRatio);
}"""


def drawn(page):
    """Wait for the map; its canvas."""
    page.wait_for_selector(".aegen-mask[data-drawn]")
    page.wait_for_function(MEASURED)
    return page.locator(".aegen-mask-stage > canvas")


CELL = """([across, down]) => {
  const canvas = document.querySelector(".aegen-mask-stage > canvas");
  const box = canvas.getBoundingClientRect();
  const { scale, x, y } = canvas.camera;
  const ratio = canvas.width / box.width;
  return [
    box.left + (x + (across + 0.5) * scale) / ratio,
    box.top + (y + (down + 0.5) * scale) / ratio,
  ];
}"""


CORNER = """() => {
  const { camera } = document.querySelector(".aegen-mask-stage > canvas");
  return camera.cell(0, 0);
}"""


def read_off(page, row, column):
    """What the map says of the cell at a row and column of its sheet."""
    until = time.monotonic() + 20
    while True:  # what stands above the map may come late, and moves it
        x, y = page.evaluate(CELL, [column, row])
        page.mouse.move(x - 2, y)  # a pointer that rests says nothing
        page.mouse.move(x, y)
        said = page.locator(".aegen-mask-said").inner_text().replace(", dead", "")
        if said and page.evaluate(CELL, [column, row]) == [x, y]:
            return said
        assert time.monotonic() < until
        page.wait_for_timeout(30)


def said_of(mask, axes, index):
    places = np.unravel_index(index, [size for _, size in axes])
    named = [f"{name} {place}" for (name, _), place in zip(axes, places, strict=True)]
    return " · ".join([*named, WORDS[int(mask.reshape(-1)[index])]])


def view(page):
    return page.evaluate(
        "(({ x, y, scale }) => [x, y, scale])"
        "(document.querySelector('.aegen-mask-stage > canvas').camera)"
    )


def test_reading_zooming_a_link_the_keyboard_and_the_epochs(visit, app, masks):
    page = visit(
        f"{app}/masks?masks.ticket=bars&masks.layer=fc1&masks.laid=matrix&masks.order=built"
    )
    canvas = drawn(page)
    canvas.scroll_into_view_if_needed()
    mask = Ticket.read(masks / "bars.ticket").masks["fc1"]
    axes = [("unit", 12), ("row", 16), ("column", 16)]
    cells = matrix(mask.shape).indices()
    # a sheet that is larger than the canvas opens where most weights remain
    left = max(0, page.evaluate(CORNER)[0]) + 1
    places = ((0, left), (5, left + 17), (11, left + 20))
    told = [read_off(page, row, column) for row, column in places]
    assert told == [said_of(mask, axes, int(cells[place])) for place in places]
    assert told[1] != said_of(mask, axes, int(cells[5, left + 16]))
    # The wheel zooms at the pointer, without the server; where one looks is then in the link.
    before = view(page)
    page.mouse.wheel(0, -600)
    assert view(page)[2] > 2 * before[2]
    page.wait_for_url(re.compile("masks.look="))
    assert read_off(page, 11, left + 20) == told[2]
    # A link shows the same place.
    here, url = view(page), page.url
    visit.leave()
    page = visit(f"{url}&bundle=bars&tray=yes")
    canvas = drawn(page)
    assert view(page) == pytest.approx(here, rel=0.02, abs=3)
    keys_do_what_the_mouse_does(page, canvas, before)
    the_link_is_copied(page)
    a_replay_goes_through_the_epochs(page, History.read(masks / "bars.history"))
    the_slider_takes_to_an_epoch(page)
    ten_weights_add_up(page)


def keys_do_what_the_mouse_does(page, canvas, before):
    """And what is in the middle is read out."""
    canvas.focus()
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "masks.look=" not in url)
    assert view(page) == pytest.approx(before)
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert view(page)[2] > before[2]
    assert re.match(
        "unit .* (kept|dropped|inverted)", page.locator(".aegen-mask-said").inner_text()
    )
    assert "keep" in canvas.get_attribute("aria-label")
    page.wait_for_url(re.compile("masks.look="))


def the_link_is_copied(page):
    """At one press, with what a part of the page changed."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    slider = page.get_by_role("slider", name="Put back of what was dropped")
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_url("**masks.back=1*")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied", exact=True).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "masks.back=1" in copied
    assert unquote(copied) == unquote(page.url).replace("&tray=yes", "")
    slider.press("ArrowLeft")
    page.wait_for_url(lambda url: "masks.back" not in url)


def a_replay_goes_through_the_epochs(page, history):
    """And the bars follow."""
    page.evaluate(
        """() => {
            window.seen = [];
            window.addEventListener("aegen-epoch", ({ detail }) => requestAnimationFrame(() =>
                window.seen.push([detail.epoch, document.querySelector(".kept").textContent])));
        }"""
    )
    page.get_by_role("button", name="Replay").click()
    page.wait_for_function(f"window.seen.length >= {EPOCHS}")
    page.get_by_role("button", name="Replay").wait_for()
    seen = dict(page.evaluate("window.seen"))
    wanted = {e: f"{history.counts[e - 1, 0, 0]:,} keep" for e in history.epochs}
    assert seen == wanted
    assert len(set(wanted.values())) > 1


def the_slider_takes_to_an_epoch(page):
    """Which the link then names."""
    slider = page.get_by_role("slider", name="Epoch")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_url(re.compile("masks.epoch=1"))
    page.wait_for_selector(".aegen-mask[data-epoch='1']")
    assert "epoch 1 of" in page.locator(".aegen-mask-time output").inner_text()


def ten_weights_add_up(page):
    """To another sum when a mask is clicked."""
    page.get_by_role("button", name="Try it on ten weights").click()
    page.wait_for_selector(".aegen-ten[data-sum]")
    sum_ = page.locator(".aegen-ten").get_attribute("data-sum")
    page.locator(".aegen-ten .state").first.click()
    page.wait_for_function(
        "old => document.querySelector('.aegen-ten').dataset.sum !== old", arg=sum_
    )
    page.get_by_role("button", name="As trained").click()
    page.wait_for_function(
        "old => document.querySelector('.aegen-ten').dataset.sum === old", arg=sum_
    )


def test_a_convolutions_tiles_and_another_layer(visit, app, masks):
    page = visit(f"{app}/masks?masks.ticket=edges&masks.layer=conv2&masks.order=tiles")
    drawn(page)
    mask = Ticket.read(masks / "edges.ticket").masks["conv2"]
    axes = [("filter", 4), ("channel", 4), ("row", 3), ("column", 3)]
    fullest = np.argsort(-np.count_nonzero(mask, axis=(1, 2, 3)), kind="stable")
    kernels = np.argsort(-np.count_nonzero(mask, axis=(2, 3))[fullest], axis=1, kind="stable")
    cells = some_tiles(mask.shape, fullest.tolist(), kernels.tolist()).indices()
    for row, column in ((0, 0), (4, 5), (10, 2)):
        assert read_off(page, row, column) == said_of(mask, axes, int(cells[row, column]))
    before = page.locator(".aegen-mask").get_attribute("data-drawn")
    page.locator(".aegen-layers").first.get_by_role("button").nth(2).click()
    page.wait_for_url(re.compile("masks.layer=fc1"))
    page.wait_for_function(
        "mark => document.querySelector('.aegen-mask').dataset.drawn !== mark", arg=before
    )
    counts = Ticket.read(masks / "edges.ticket").counts["fc1"]
    legend = page.locator(".aegen-mask-legend").inner_text()
    for part in (counts.keep, counts.invert, counts.drop):
        assert f"{part:,}" in legend


def test_a_layer_of_four_million_weights_on_a_phone_in_the_dark(visit, app, masks):
    page = visit(
        f"{app}/masks?masks.ticket=large&masks.layer=fc1&masks.order=built",
        width=390,
        height=844,
        dark=True,
        touch=True,
    )
    canvas = drawn(page)
    mask = Ticket.read(masks / "large.ticket").masks["fc1"]
    legend = page.locator(".aegen-mask-legend").inner_text()
    assert f"{int((mask > 0).sum()):,}" in legend
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.aegen-mask, .aegen-layers, .aegen-drawing svg')]
            .filter(box => box.getBoundingClientRect().right > innerWidth + 1).length"""
    )
    assert outside == 0
    for _ in range(10):
        page.get_by_role("button", name="Zoom in (+)").click()
    # a click brings its button into view, and most of the map may be below it
    canvas.scroll_into_view_if_needed()
    axes = [("unit", 256), ("channel", 64), ("row", 16), ("column", 16)]
    cells = tiles((256, 64, 16, 16)).indices()
    across, down = page.evaluate(
        """() => {
            const { camera } = document.querySelector(".aegen-mask-stage > canvas");
            return camera.cell(camera.wide / 2, camera.high / 2);
        }"""
    )
    down = next(y for y in range(down, down + 9) if (cells[y] >= 0).any())
    across = next(x for x in range(across, 0, -1) if cells[down, x] >= 0)
    assert read_off(page, down, across) == said_of(mask, axes, int(cells[down, across]))


def test_a_training_from_the_first_click_to_its_masks(visit, app):
    page = visit(
        f"{app}/train?train.data=bundle:bars&train.rows=40&train.hidden=12-6&train.epochs=3&train.kappa=3&train.learning_rate=0.1",
    )
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("All 3 epochs are done.").wait_for()
    page.locator("figure img[alt^='where the first layer looks']").nth(2).wait_for()
    page.locator(".js-plotly-plot .scatterlayer .trace").nth(2).wait_for()
    files = packed_for_a_paper(page)
    assert {"figures/first-layer.pdf", "tables/epochs.tex", "references.bib"} <= files
    assert "left-out.txt" not in files
    page.get_by_role("button", name="Look at its masks").click()
    page.wait_for_url(re.compile("/masks"))
    drawn(page)
    assert "epoch 3 of 3" in page.locator(".aegen-mask-time output").inner_text()
    files = packed_for_a_paper(page)
    assert {"figures/map-fc1.svg", "figures/layer-bars.pdf", "tables/layers.tex"} <= files
    assert {"masks.npz", "references.bib"} <= files
    assert "left-out.txt" not in files


def test_the_unit_beside_the_map_is_one_with_weights_and_files_of_a_persons_own(visit, app, masks):
    page = visit(f"{app}/masks?masks.ticket=late&masks.layer=fc1&masks.laid=matrix")
    drawn(page)
    left = np.count_nonzero(Ticket.read(masks / "late.ticket").masks["fc1"], axis=1)
    told = page.locator(".aegen-mask-side figcaption").nth(1).inner_text()
    assert told == f"unit {left.argmax()}"
    dead = page.locator(".aegen-mask-legend span", has_text="dead units").inner_text()
    assert re.search(r"\d+ of 12", dead)
    assert int(re.search(r"(\d+) of 12", dead)[1]) >= 3
    # Another ticket is brought as a file, and then its history with it.
    page.get_by_role("button", name="Open a file").click()
    field = page.locator("input[type='file']")
    whole = (masks / "bars-b.ticket").read_bytes()
    spoilt = {"name": "mine.ticket", "mimeType": "", "buffer": whole[:-30]}
    field.set_input_files(spoilt)
    said = page.get_by_text(re.compile(r"Mine\.ticket: is cut off"))
    said.wait_for()
    page.get_by_role("button", name=re.compile("Remove|Delete")).first.click()
    said.wait_for(state="detached")
    field.set_input_files(
        [
            {"name": "mine.ticket", "mimeType": "", "buffer": whole},
            {
                "name": "mine.history",
                "mimeType": "",
                "buffer": (masks / "bars-b.history").read_bytes(),
            },
        ]
    )
    page.get_by_role("button", name="Show it").click()
    page.wait_for_url(re.compile("masks.ticket=~"))
    counts = Ticket.read(masks / "bars-b.ticket").counts["fc1"]
    page.get_by_text(f"{counts.keep:,} keep").first.wait_for()
