"""Links that nobody means: every page opens by them, and says in short sentences what is off."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from aegen.app import navigation
from aegen.app.headless import choices
from aegen.benchmarks.fuzz_links import attempt, cases, crowd

PAGES = [entry.address for entry in navigation.ENTRIES]


def test_every_page_opens_by_hostile_links():
    links = list(cases(np.random.default_rng(18), 2 * len(PAGES)))
    assert {address for address, _ in links} == set(PAGES)
    assert set(Counter(map(attempt, links))) == {"accepted"}


def test_the_choices_of_a_page_are_found(opened):
    assert {"bundle", "sampler", "within", "sample.n"} <= set(choices(opened("sample")))


@pytest.mark.parametrize(("address", "name"), [("latent-map", "select"), ("sample", "within")])
def test_an_area_of_thousands_of_corners_is_simplified_with_a_sentence(opened, address, name):
    app = opened(address, **{name: "pca~" + crowd(5_001)})
    assert not app.exception
    (said,) = [each.value for each in app.warning if "corners" in each.value]
    assert "5,001 corners; what you see is its outline with " in said


@pytest.mark.parametrize(
    ("address", "link", "what"),
    [
        ("sample", {"bundle": "../../etc", "sampler": "gaussian", "seed": "x"}, "etc"),
        ("traverse", {"bundle": "bars", "row": "99999999"}, "99,999,999"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(opened, address, link, what):
    app = opened(address, **link)
    assert not app.exception
    said = [each.value for each in (*app.warning, *app.error, *app.toast)]
    assert [what in sentence for sentence in said].count(True) == 1, said


def test_an_overlong_choice_is_told_in_a_short_sentence(opened):
    app = opened("sample", seed="9" * 400, sampler="gaussian" * 2_000, x="1")
    said = [each.value for each in app.warning]
    assert len(said) == 3
    assert max(map(len, said)) < 600
    app = opened("sample", **{f"x{k}": "1" for k in range(300)})
    assert "295 more things" in app.warning[-1].value
    assert len(app.warning) == 6
