"""Work that takes long as a person sees it: making a bundle of one's own, and a slow fit.

Of files that were dropped one looks, chooses, makes, cancels, goes on and opens the map. Of a fit
the bar moves by itself, Cancel stops it, pictures come.
"""

import io
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from aegen.bundles import Bundle
from tests.app.jobs.slow_work import GO
from tests.app.own_files import pair, zipped
from tests.browser.conftest import ROOT, no_exception, opened_by_link
from tests.tiny_bundle import tiny_bundle, tiny_images

pytestmark = pytest.mark.browser

CASE = ROOT.parent / "shared" / "cases" / "grey32-vae"
"""An autoencoder of other people with 400 digits, where it lies beside the checkout."""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Where bundles of one's own are made."""
    return tmp_path_factory.mktemp("made") / "own"


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    return tmp_path_factory.mktemp("gate") / "go"


@pytest.fixture
def go(gate):
    """What lets slow work end, once it is there."""
    yield gate
    gate.unlink()


@pytest.fixture(scope="module")
def app(serve, own, gate, tmp_path_factory):
    others = tmp_path_factory.mktemp("others")
    tiny_bundle(others / "bars")
    folders = os.pathsep.join(map(str, (own, others)))
    script = Path(__file__).with_name("slow_app.py")
    return serve(script, cwd=ROOT, AEGEN_BUNDLES=folders, **{GO: str(gate)})


def own_files():
    """Encoder, decoder, a ZIP of pictures, and how many of these are not held out."""
    if not CASE.is_dir():
        bars = tiny_images()
        archive = zipped(bars.images, list(bars.attributes["class"]))
        return (*pair(bars.images.transpose(0, 3, 1, 2) / 255, 24), archive, 40)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for picture in sorted((CASE / "images").rglob("*.png")):
            file.write(picture, picture.relative_to(CASE / "images"))
    networks = ((CASE / f"{name}.onnx").read_bytes() for name in ("encoder", "decoder"))
    return (*networks, archive.getvalue(), 333)


def a_file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def drop(page, field):
    """Where files are dropped; fields that are filled may be there for a moment still."""
    return page.locator(f"[class*='st-key-bring-{field}-'] input[type='file']")


def test_an_autoencoder_of_ones_own_becomes_a_bundle(app, own, go, visit):
    encoder, decoder, archive, rows = own_files()
    page = visit(f"{app.url}/bring")
    opened_by_link(page, "Bring your own")
    page.get_by_text("Drop an encoder, a decoder and a ZIP of pictures").wait_for()
    drop(page, "encoder").set_input_files(
        [a_file("encoder.onnx", encoder), a_file("decoder.onnx", decoder)]
    )
    page.get_by_text("Decoder · ").wait_for()
    page.get_by_text("Now bring data").wait_for()
    drop(page, "data").set_input_files(a_file("digits.zip", archive))
    page.get_by_text("Taken, as suggested").wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('img[alt=\"What comes back\"]')].filter("
        "i => i.naturalWidth > 0).length === 4"
    )
    # Another convention, and the suggested one again.
    page.get_by_role("button", name="Take this").first.click()
    page.get_by_text("Suggested", exact=True).wait_for()
    page.locator("code", has_text="input=Convention(").wait_for()
    page.get_by_role("button", name="Take this").first.click()
    page.get_by_text("Taken, as suggested").wait_for()
    # Begun, cancelled: nothing but what it goes on from is there.
    page.get_by_role("button", name="Make the bundle").click()
    page.get_by_test_id("stMain").get_by_text("projecting by UMAP").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("It was begun and not finished").wait_for()
    assert [place.name for place in own.iterdir()] == [".digits.unfinished"]
    # Begun again: it goes on from there, also when the page is loaded anew.
    page.get_by_role("button", name="Go on").click()
    page.get_by_test_id("stMain").get_by_text("projecting by UMAP").wait_for()
    page.reload()
    page.get_by_test_id("stMain").get_by_text("Making the bundle digits").wait_for()
    go.touch()
    page.get_by_text(f"{rows:,} rows").first.wait_for()
    page.wait_for_selector(".aegen-grid[data-shown][data-n='16']")
    assert [place.name for place in own.iterdir()] == ["digits"]
    if CASE.is_dir():
        with np.load(CASE / "reference.npz") as known:
            images, decoded = known["images"], known["decoded"]
        back = Bundle.open(own / "digits").reconstruct(images / np.float32(255))
        np.testing.assert_allclose(back, decoded, atol=1e-4)
    page.get_by_role("button", name="Open it on the map").click()
    page.wait_for_selector(f".aegen-map[data-drawn='{rows}']")
    assert "bundle=digits" in page.url
    no_exception(page)


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
