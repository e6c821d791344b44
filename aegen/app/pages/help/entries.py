"""What can be asked for on the Help page: words, methods and guides, by section and name."""

from __future__ import annotations

from aegen.app import glossary, services
from aegen.app.pages.help import state
from aegen.app.state import visit
from aegen.core.documentation import Documentation
from aegen.core.errors import UnknownName

__all__ = ["SECTIONS", "asked", "known", "titles"]

WORDS, GUIDES = "words", "guides"
SECTIONS = {WORDS: "Words", **services.documentation.FAMILIES, GUIDES: "Guides"}
"""The parts of the page: by their name in links, as people read them."""

Entry = glossary.Term | Documentation | str
"""A word, a method, or a guide's text."""


def known(section: str) -> dict[str, Entry]:
    """The entries of a section by name."""
    if section == WORDS:
        return dict(glossary.terms())
    if section == GUIDES:
        return dict(services.documentation.guides())
    return {card.name: card for card in services.documentation.methods(section)}


def titles() -> dict[tuple[str, str], str]:
    """All entries by section and name: what a person searches among."""
    found = {}
    for section, kind in SECTIONS.items():
        for name, entry in known(section).items():
            title = entry.title if isinstance(entry, Documentation) else name
            also = entry.also if isinstance(entry, glossary.Term) else (name.replace("-", " "),)
            others = ", ".join(form for form in also if form not in title.lower())
            found[section, name] = f"{title} · {kind}" + (f" ({others})" if others else "")
    return found


def asked() -> tuple[str, str]:
    """The section and the name that the link asks for; what is not there is named to the person.

    A name is looked for in its section first, then in the others.
    """
    section, name = state.section.keep(list(SECTIONS)), state.term.get()
    if not name:
        return section, ""
    for place in dict.fromkeys((section, *SECTIONS)):
        if name in known(place):
            state.section.set(place)
            return place, name
    try:
        word = glossary.term(name).name
    except UnknownName as problem:
        visit.notify(str(problem))
        state.term.reset()
        return section, ""
    state.section.set(WORDS)
    state.term.set(word)
    return WORDS, word
