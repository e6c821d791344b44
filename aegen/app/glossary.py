"""The words of the app, each with what it means; a word in square brackets is a link to that.

``glossary.md`` beside this file holds them. A page's sentence says "[code]", or "[pictures](row)"
where its own word is another one, and `linked` makes a link of it: the first sentence shows at the
pointer, a click opens the Help page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from aegen.core.errors import UnknownName

__all__ = ["Term", "card", "linked", "term", "terms"]

_MARK = re.compile(r"(?<![\w\\\]])\[([^\[\]]+)\](?:\(([\w ,-]+)\))?(?!\()")


@dataclass(frozen=True)
class Term:
    """A word: its name, other forms of it, and what it means, as Markdown with `linked` words."""

    name: str
    also: tuple[str, ...]
    text: str

    @property
    def short(self) -> str:
        """The first sentence, without markup."""
        plain = _MARK.sub(r"\1", self.text)
        return re.split(r"(?<=[.:])\s", plain, maxsplit=1)[0].rstrip(":")


@cache
def terms() -> dict[str, Term]:
    """All words by their name, in alphabetical order."""
    found = {}
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    for block in re.split(r"(?m)^## ", text)[1:]:
        name, also, meaning = block.strip().split("\n", 2)
        others = also.removeprefix("also:").split(",")
        found[name] = Term(name, tuple(word.strip() for word in others), meaning.strip())
    return dict(sorted(found.items()))


@cache
def _forms() -> dict[str, Term]:
    found = {form: term for term in terms().values() for form in term.also}
    return found | terms()


def term(word: str) -> Term:
    """What a word, or a form of it, means.

    Raises:
        UnknownName: nothing says that.

    Example:
        >>> term("codes").name
        'code'
    """
    found = _forms().get(word) or _forms().get(word.lower())
    if found is None:
        raise UnknownName("word", word, terms())
    return found


def card(family: str, name: str, words: str) -> str:
    """A link to the card of a method on the Help page.

    Args:
        family: of `aegen.app.services.documentation.FAMILIES`.
        name: of the method in it.
        words: the link's own, as Markdown.

    Example:
        >>> card("metrics", "recall", "Recall")
        '[Recall](help?help.section=metrics&help.term=recall)'
    """
    return f"[{words}](help?help.section={family}&help.term={quote(name)})"


def linked(text: str, target: Callable[[Term], str] | None = None) -> str:
    """``text`` with its words in square brackets as links to what they mean.

    Args:
        text: Markdown.
        target: the address for a word; the Help page, where none is given.

    Raises:
        UnknownName: a word in brackets that nothing explains.

    Example:
        >>> linked("Each [row] has a place.")[:40]
        'Each [row](help?help.term=row "One pictu'
    """

    def link(found: re.Match[str]) -> str:
        meant = term(found[2] or found[1])
        address = target(meant) if target else f"help?help.term={quote(meant.name)}"
        hint = meant.short.replace('"', "'")
        return f'[{found[1]}]({address} "{hint}")'

    return _MARK.sub(link, text)
