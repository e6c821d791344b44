"""Bring your own as a person sees it: drop, look, choose, make, cancel, go on, open the map."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from aegen.bundles import Bundle
from tests.app.jobs.slow_work import GO
from tests.app.own_files import pair, zipped
from tests.browser.conftest import ROOT, no_exception, opened_by_link
from tests.tiny_bundle import tiny_images

pytestmark = pytest.mark.browser

CASE = ROOT.parent / "shared" / "cases" / "grey32-vae"
"""An autoencoder of other people with 400 digits, where it lies beside the checkout."""


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


def test_an_autoencoder_of_ones_own_becomes_a_bundle(serve, visit, tmp_path):
    encoder, decoder, archive, rows = own_files()
    own, go = tmp_path / "own", tmp_path / "go"
    app = serve(
        Path(__file__).with_name("own_app.py"),
        cwd=ROOT,
        AEGEN_BUNDLES=str(own),
        **{GO: str(go)},
    )
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
