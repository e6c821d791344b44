"""A morph from a chosen 3 into a chosen 8 and back; pictures that are kept."""

import json
import re

import pytest

pytestmark = pytest.mark.browser


def test_a_chosen_three_becomes_a_chosen_eight_in_five_clicks(app, visit):
    page = visit(f"{app}/?bundle=mnist-supermask&start.row=3")
    clicks = []

    def click(target):
        clicks.append(target)
        target.click()

    def choose(end, digit, number):
        card = page.locator(f".st-key-end-card-{end}")
        before = card.locator(f".st-key-offered-{end} .aegen-grid").get_attribute("data-shown")
        click(card.get_by_text(digit, exact=True))
        page.wait_for_function(
            "([end, before]) => document.querySelector(`.st-key-offered-${end} .aegen-grid`)"
            "?.dataset.shown !== before",
            arg=[end, before],
        )
        click(card.locator(f".st-key-offered-{end} button").nth(number))

    click(page.get_by_role("link", name="Traverse", exact=True).first)
    page.locator(".st-key-offered-a .aegen-grid[data-shown]").wait_for()
    choose("a", "3", 4)
    page.wait_for_url("**traverse.from=*")
    choose("b", "8", 2)
    page.wait_for_url("**traverse.b-like=*")
    for end, digit in (("A", 3), ("B", 8)):
        page.get_by_text(re.compile(rf"^{end} · Row [\d,]+: class {digit}\b")).wait_for()
    assert len(clicks) == 5
    scrubber = page.locator(".aegen-scrubber")
    slider = scrubber.get_by_role("slider")
    slider.focus()
    slider.press("End")
    assert scrubber.get_attribute("data-at") == "32"
    page.wait_for_url("**traverse.step=32*")
    scrubber.get_by_role("button", name="look closer").click()
    page.get_by_role("dialog").get_by_text("Nearest training rows").wait_for()
    page.wait_for_url(re.compile(r"[?&]look="))  # it may come after what is shown
    page.go_back()
    page.get_by_role("dialog").wait_for(state="hidden")
    assert "traverse.step=32" in page.url


def test_kept_pictures_outlive_a_page_that_is_loaded_anew(app, visit):
    page = visit(f"{app}/sample?bundle=mnist-supermask&sampler=gaussian&sample.n=4&look=7")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="1 kept").wait_for()
    page.get_by_role("dialog").get_by_label("Nearest row").get_by_role("button").nth(2).click()
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="2 kept").wait_for()
    held = page.evaluate("localStorage['aegen-kept']")
    page.wait_for_url(f"**tray.pictures={list(json.loads(held))[-1]}*")
    link = page.url
    page.reload()
    page.get_by_role("button", name="2 kept").wait_for()
    assert page.url == link
    # What has been tampered with is not what the link names, and a sentence says so.
    page.evaluate("text => localStorage.setItem('aegen-kept', text)", held.replace("7;", "8;"))
    page.reload()
    page.get_by_text("a tray of kept pictures that this browser does not have").wait_for()
    # Nor is there any of it in another browser.
    page.evaluate("localStorage.clear()")
    page.goto(link)
    page.get_by_text("a tray of kept pictures that this browser does not have").wait_for()
    assert "tray.pictures" not in page.url
