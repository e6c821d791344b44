"""Back, Forward and reload: one press undoes one act, in a real browser.

Each check reads what the page shows (its widgets, its pictures), not only the address.
"""

from urllib.parse import parse_qsl, urlsplit

import pytest

from aegen.benchmarks.app import drawn, lasso
from tests.browser.conftest import heading, still

pytestmark = pytest.mark.browser


def link(page):
    """What the address holds, by name."""
    return dict(parse_qsl(urlsplit(page.url).query))


def holds(page, **values):
    """Wait until the address names these choices; "" is a choice that it leaves out."""
    wanted = {name.replace("__", "."): value for name, value in values.items()}
    page.wait_for_function(
        """wanted => {
          const held = new URLSearchParams(location.search);
          return held.has("bundle") && Object.entries(wanted)
            .every(([name, value]) => (held.get(name) ?? "") === value);
        }""",
        arg=wanted,
    )
    still(page)


def field_of(page, label):
    """A field of Sample's settings, which are opened where they are not."""
    field = page.locator(f"input[aria-label='{label}']")
    if not field.count():
        page.get_by_role("button", name="Settings").click()
        field.wait_for()
    return field


def shows(page, label, value):
    """Wait until the field says this."""
    field_of(page, label)
    page.wait_for_function(
        "([label, value]) => document.querySelector(`input[aria-label='${label}']`)"
        "?.value === value",
        arg=[label, str(value)],
    )


def choose(page, label, value):
    field = field_of(page, label)
    field.fill(str(value))
    field.press("Enter")


def shows_seed(page, value):
    shows(page, "Seed", value)


def choose_seed(page, value):
    choose(page, "Seed", value)
    holds(page, sample__seed=str(value))


def side(page, title):
    """Follow the sidebar's link to a page."""
    page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
    heading(page, title)
    holds(page)


def select(page):
    """Draw around some points of the map."""
    drawn(page)
    page.locator(".aegen-map-tool.is-lasso").click()
    lasso(page, centre=(0.5, 0.5), radius=0.15)
    page.mouse.up()
    page.wait_for_function("new URLSearchParams(location.search).has('select')")
    still(page)
    page.get_by_text("rows selected").first.wait_for()
    return link(page)["select"]


def entries(page):
    return page.evaluate("history.length")


def test_back_undoes_choices_then_pages_one_by_one_also_after_a_reload(app, visit):
    page = visit(f"{app}/sample?bundle=mnist-supermask&sampler=gaussian&sample.n=9")
    holds(page, sample__seed="0", sample__n="9")
    shows(page, "Pictures", 9)
    back_returns_to_what_a_link_chose_and_to_a_default_that_it_leaves_out(page)
    one_page_is_one_step_and_back_undoes_it_before_a_choice(page)
    a_choice_outlives_another_page_and_a_reload(page)


def back_returns_to_what_a_link_chose_and_to_a_default_that_it_leaves_out(page):
    choose(page, "Pictures", 64)  # the default
    holds(page, sample__n="")
    choose(page, "Pictures", 4)
    holds(page, sample__n="4")
    page.go_back()
    holds(page, sample__n="")
    shows(page, "Pictures", 64)
    page.go_back()
    holds(page, sample__n="9")
    shows(page, "Pictures", 9)
    page.go_forward()
    holds(page, sample__n="")
    shows(page, "Pictures", 64)
    page.go_forward()
    holds(page, sample__n="4")
    shows(page, "Pictures", 4)
    choose_seed(page, 5)
    choose_seed(page, 8)
    page.go_back()
    holds(page, sample__seed="5")
    shows_seed(page, 5)
    page.go_back()
    holds(page, sample__seed="0")
    shows_seed(page, 0)
    page.go_forward()
    holds(page, sample__seed="5")
    shows_seed(page, 5)


def one_page_is_one_step_and_back_undoes_it_before_a_choice(page):
    choose_seed(page, 6)
    begun = entries(page)
    side(page, "Traverse")
    side(page, "Help")
    assert entries(page) == begun + 2
    page.go_back()
    heading(page, "Traverse")
    holds(page)
    page.go_back()
    heading(page, "Sample")
    holds(page, sample__seed="6")
    shows_seed(page, 6)
    page.go_back()
    holds(page, sample__seed="5")
    shows_seed(page, 5)


def a_choice_outlives_another_page_and_a_reload(page):
    # The sidebar, in contrast to Back, returns to what was chosen last.
    choose_seed(page, 7)
    side(page, "Start")
    side(page, "Sample")
    holds(page, sample__seed="7")
    shows_seed(page, 7)
    page.go_back()
    heading(page, "Start")
    page.go_back()
    heading(page, "Sample")
    page.go_forward()
    heading(page, "Start")
    holds(page)
    begun = entries(page)
    page.reload()
    heading(page, "Start")
    assert entries(page) == begun
    page.go_back()
    heading(page, "Sample")
    holds(page, sample__seed="7")
    shows_seed(page, 7)


def test_back_undoes_a_lasso_and_pages_reached_by_a_button_and_by_a_link_in_the_text(app, visit):
    # By itself Sample would begin a fit that takes long, so its model is chosen before.
    page = visit(f"{app}/sample?bundle=mnist-supermask&sampler=gaussian&sample.n=9")
    holds(page, sampler="gaussian")
    side(page, "Latent map")
    drawn(page).locator(".aegen-map-over").click(position={"x": 309, "y": 545})  # among the zeros
    page.get_by_role("link", name="Traverse from here").wait_for()
    row = link(page)["row"]
    holds(page, row=row, select="")
    begun = entries(page)
    chosen = select(page)
    assert entries(page) == begun + 1
    page.go_back()
    holds(page, select="")
    page.get_by_text("Nothing selected").wait_for()
    page.go_forward()
    holds(page, select=chosen)
    page.get_by_text("rows selected").first.wait_for()
    page.get_by_role("button", name="Generate like these").click()
    heading(page, "Sample")
    holds(page, within=chosen)
    assert entries(page) == begun + 2
    page.go_back()
    heading(page, "Latent map")
    holds(page, select=chosen)
    page.go_back()
    holds(page, row=row, select="")
    page.get_by_role("link", name="Traverse from here").click()
    heading(page, "Traverse")
    holds(page, row=row)
    assert entries(page) == begun + 1  # what lay ahead is gone
    page.go_back()
    heading(page, "Latent map")
    holds(page, row=row)
    page.get_by_role("link", name="Traverse from here").wait_for()
    page.go_forward()
    heading(page, "Traverse")
    holds(page, row=row)
