"""Help: each word has its entry, each method its card, and words on pages lead there."""

import re

import pytest

from aegen.app import glossary
from aegen.app.pages.help import entries
from aegen.core.errors import UnknownName
from tests.app.conftest import link_of


def said(app):
    return "\n".join(e.value for kind in ("markdown", "caption") for e in getattr(app, kind))


def test_words_stand_in_order_and_their_links_lead_to_each_other(opened):
    app = opened("help")
    heads = [re.sub(r" :gray.*", "", head.value) for head in app.subheader]
    assert heads == list(glossary.terms())
    places = {"#" + head.replace(",", "").replace(" ", "-") for head in heads}
    found = set(re.findall(r"\]\((#[^ )]+)", said(app)))
    assert found
    assert found <= places


@pytest.mark.parametrize(
    ("term", "section", "parts"),
    [
        ("codes", "words", ["**code**"]),
        ("shuffled", "words", ["**shuffled masks**", "at random places"]),
        ("kde", "latent-models", ["Gaussian kernel density", "When it misleads", "Silverman"]),
        ("precision", "metrics", ["manifold", "arxiv.org/abs/1904.06991"]),
        ("top-k", "mask-rules", ["Edge-popup", "arxiv.org/abs/1911.13299"]),
        ("umap", "projections", ["Cost.", "arxiv.org/abs/1802.03426"]),
    ],
)
def test_a_link_opens_the_entry_of_a_word_or_a_method(opened, term, section, parts):
    app = opened("help", term=term)
    assert not app.exception
    assert not app.warning
    assert app.segmented_control[0].value == section
    for part in parts:
        assert part in said(app)


def test_a_word_that_is_also_a_metric_is_the_word_unless_the_link_says_metrics(opened):
    assert "**density**" in said(opened("help", term="density"))
    card = opened("help", term="density", section="metrics")
    assert "Naeem" in said(card)


def test_what_is_not_there_is_named_with_what_is(opened):
    app = opened("help", term="copla")
    assert not app.exception
    assert any("copula" in warning.value for warning in app.warning)


def test_searching_opens_an_entry_and_the_link_names_it(opened):
    app = opened("help")
    (find,) = [box for box in app.selectbox if box.label == "Find a word or a method"]
    app = find.select(("metrics", "recall")).run()
    assert not app.exception
    assert link_of(app)["help.term"] == "recall"
    assert link_of(app)["help.section"] == "metrics"
    assert "Kynkäänniemi" in said(app)
    app = app.segmented_control[0].set_value("words").run()
    assert "help.term" not in link_of(app)


def test_every_entry_can_be_searched_for_under_a_title_of_its_own():
    titles = entries.titles()
    assert len(set(titles.values())) == len(titles)
    assert {section for section, _ in titles} == set(entries.SECTIONS)


@pytest.mark.parametrize("text", ["[nonsense]", "[a word](nonsense)"])
def test_a_dotted_word_that_nothing_explains_is_refused(text):
    with pytest.raises(UnknownName):
        glossary.linked(text)


def test_dotted_words_become_links_and_nothing_else_does():
    kept = r"\[x\] [a](http://x.y) :red[x] [a](#b) ![x](y.png)"
    assert glossary.linked(kept) == kept
    assert glossary.linked("[Codes] and [pictures](row)").count("](help?help.term=") == 2


def test_a_guide_is_shown_with_its_tables_and_without_what_a_page_cannot_show():
    guides = entries.known(entries.GUIDES)
    assert len(guides) > 5
    text = "\n".join(guides.values())
    assert "| `kde` |" in text
    assert "```python" in text
    for mark in ("<!--", "![", "](../", "\n## "):
        assert mark not in text
