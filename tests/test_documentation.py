"""Every method has its card: a name, a formula, when it misleads, what it costs, its papers."""

import re
from dataclasses import replace

import pytest

from aegen.autoencoders import architectures
from aegen.core.references import bibtex, references
from aegen.metrics import metrics
from aegen.projections import projections
from aegen.samplers import samplers
from aegen.supermask import networks
from aegen.supermask.rules import rules

CARDS = [
    *((samplers, name) for name in samplers.names()),
    *((metrics, name) for name in metrics.names()),
    *((projections, name) for name in projections.names()),
    *((architectures, name) for name in architectures.names()),
    *((rules, name) for name in rules.names()),
]
METHODS = [*CARDS, *((networks, name) for name in networks.names())]


def ids(part):
    return getattr(part, "noun", part)


def gaps(card):
    """What a card lacks, or has in a form that the Help page cannot show."""
    if not card.title or card.title == card.name:
        yield "a title"
    if not 10 < len(card.lead) < 100 or not card.lead.endswith("."):
        yield "a first line"
    if not any(re.search(r"\$[^$]+\$", text) for text in card.essence):
        yield "a formula between dollar signs"
    if not card.misleads.startswith("Goes wrong"):
        yield "a paragraph that begins with Goes wrong"
    if not card.cost:
        yield "a paragraph that begins with Cost:"
    if not card.source or not card.references:
        yield "a paragraph that begins with Reference:, and references"
    shown = [card.lead, *card.body, card.misleads, card.cost]
    for text in shown:
        if text.count("$") % 2 or "``" in text or re.search(r"_\w+\.py", text):
            yield f"text that can be shown: {text}"
        if re.search(r"(?<!^)Goes wrong (where|with|by|as|in)\b", text):
            yield f"a paragraph of its own for Goes wrong: {text}"


@pytest.mark.parametrize(("family", "name"), CARDS, ids=ids)
def test_it_has_a_card(family, name):
    card = family.documentation(name)
    assert list(gaps(card)) == []
    kind = family.get(name)
    assert (card.title, card.summary) == (kind.title, getattr(kind, "summary", ""))
    assert card.references == references(kind)


def test_what_a_card_lacks_is_seen():
    whole = samplers.documentation("kde")
    assert not list(gaps(whole))
    spoilt = [
        {"title": "kde"},
        {"lead": "Kernels"},
        {"body": ("no formula",)},
        {"misleads": ""},
        {"cost": ""},
        {"references": ()},
        {"body": (*whole.body, "an odd $ sign")},
        {"body": (*whole.body, "More. Goes wrong where it is long.")},
    ]
    assert [len(list(gaps(replace(whole, **part)))) for part in spoilt] == [1] * len(spoilt)


def unlisted_papers(kind):
    """What is cited in the docstring of a class, or of one it derives from, and not listed."""
    text = next(base.__doc__ for base in kind.__mro__ if "Reference:" in (base.__doc__ or ""))
    cited = re.search(r"Reference:.*?(?=\n\s*\n|\Z)", text, flags=re.DOTALL)[0]
    papers = references(kind)
    if not papers:
        yield cited
    listed = {paper.fields.get("eprint") for paper in papers}
    yield from set(re.findall(r"\d{4}\.\d{4,5}", cited)) - listed
    for paper in papers:
        first = paper.authors.removesuffix(" et al.").split(" and ")[0].split()[-1]
        if first not in cited and paper.fields.get("eprint", first) not in cited:
            yield f"{paper.key} is listed and not cited"


@pytest.mark.parametrize(("family", "name"), METHODS, ids=ids)
def test_its_papers_are_listed(family, name):
    assert list(unlisted_papers(family.get(name))) == []
    assert bibtex([family.get(name)]).count("\n@") == len(references(family.get(name))) - 1


@pytest.mark.parametrize("listed", [(), ("kingma2013",), ("efron1979", "segers2017", "xu2018")])
def test_a_paper_that_is_missing_or_wrong_is_seen(listed):
    class Method:
        """A method.

        Reference: Efron 1979; Segers et al. 2017 (arXiv 1607.04430).
        """

        references = listed

    assert list(unlisted_papers(Method))
