"""The papers that methods are from: BibTeX for a bibliography, and a line with a link to read.

A method's class names its papers in ``references``: keys of ``references.bib`` beside this file,
or whole BibTeX entries, so that a new method needs no other file than its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from aegen.core.errors import InvalidInput, UnknownName

__all__ = ["Cites", "Reference", "bibtex", "reference", "references"]

_HEAD = re.compile(r"\s*@(\w+)\s*\{\s*([\w:.-]+)\s*,")
_FIELD = re.compile(r"\s*(\w+)\s*=\s*\{")


class Cites(Protocol):
    """Whatever names its papers: the class of a method, or an object of it."""

    @property
    def references(self) -> tuple[str, ...]:
        """Keys of ``references.bib``, or BibTeX entries."""


@dataclass(frozen=True)
class Reference:
    """One paper or book.

    Attributes:
        key: what a text cites it by.
        kind: "article", "inproceedings", "book", ...
        fields: author, title, year, ... as BibTeX has them.
        bibtex: the entry.
    """

    key: str
    kind: str
    fields: Mapping[str, str]
    bibtex: str

    @classmethod
    def parse(cls, entry: str) -> Reference:
        """The reference that one BibTeX entry is; values stand in braces.

        Raises:
            InvalidInput: it is no such entry, or has no author, title or year.
        """
        entry = entry.strip()
        head = _HEAD.match(entry)
        fields, at = {}, head.end() if head else 0
        while head and (field := _FIELD.match(entry, at)):
            end = _closing(entry, field.end())
            fields[field[1].lower()] = " ".join(entry[field.end() : end].split())
            at = end + 1 + (entry[end + 1 : end + 2] == ",")
        lacking = [name for name in ("author", "title", "year") if not fields.get(name)]
        if head is None or entry[at:].strip() != "}" or lacking:
            raise InvalidInput(
                f"a BibTeX entry is written @kind{{key, author = {{...}}, title = {{...}}, year = "
                f"{{...}}}}, got {entry[:80]!r}"
            )
        return cls(head[2], head[1].lower(), fields, entry)

    @property
    def link(self) -> str | None:
        """Where to read it: by its DOI, or at arXiv; None where neither is known."""
        if "eprint" in self.fields:
            return f"https://arxiv.org/abs/{self.fields['eprint']}"
        return f"https://doi.org/{self.fields['doi']}" if "doi" in self.fields else None

    @property
    def authors(self) -> str:
        """Family names: "Efron", "Kingma and Welling", "Segers et al."."""
        names = [name.partition(",")[0].strip() for name in self._plain("author").split(" and ")]
        return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."

    @property
    def where(self) -> str:
        """The journal, the conference or the publisher it appeared with."""
        found = (self._plain(name) for name in ("journal", "booktitle", "publisher"))
        return next((text for text in found if text), "")

    def __str__(self) -> str:
        """Authors, year, title and where it appeared, in one line without braces."""
        ending = "" if self._plain("title")[-1] in "?!." else "."
        said = f"{self.authors} {self.fields['year']}, {self._plain('title')}{ending}"
        return f"{said} {self.where}".rstrip()

    def _plain(self, name: str) -> str:
        return re.sub(r"[{}]", "", self.fields.get(name, ""))


def _closing(text: str, at: int) -> int:
    """Where the brace closes that was opened just before ``at``."""
    depth = 1
    for place in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
    return len(text)


@cache
def _known() -> dict[str, Reference]:
    whole = Path(__file__).with_suffix(".bib").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=@)", whole)[1:]
    return {found.key: found for found in map(Reference.parse, entries)}


def references(method: Cites | str) -> tuple[Reference, ...]:
    """The papers of a method, in its own order; of a key or an entry the one that it is.

    Raises:
        UnknownName: a key that ``references.bib`` does not have.
        InvalidInput: an entry that is none.

    Example:
        >>> from aegen.samplers import Bootstrap
        >>> [str(paper) for paper in references(Bootstrap)]
        ['Efron 1979, Bootstrap Methods: Another Look at the Jackknife. The Annals of Statistics']
    """
    named = (method,) if isinstance(method, str) else method.references
    return tuple(map(reference, named))


def reference(name: str) -> Reference:
    """The paper with a key of ``references.bib``, or that a BibTeX entry is.

    Raises:
        UnknownName: a key that ``references.bib`` does not have.
        InvalidInput: an entry that is none.

    Example:
        >>> reference("efron1979").link
        'https://doi.org/10.1214/aos/1176344552'
    """
    if name.lstrip().startswith("@"):
        return Reference.parse(name)
    if name not in _known():
        raise UnknownName("reference", name, _known())
    return _known()[name]


def bibtex(methods: Iterable[Cites | str]) -> str:
    """A bibliography of all papers that ``methods`` name, each once, sorted by key.

    Args:
        methods: classes of methods or objects of them; keys of ``references.bib`` as well.

    Raises:
        UnknownName: a key that ``references.bib`` does not have.
        InvalidInput: an entry that is none.

    Example:
        >>> from aegen.samplers import KDE
        >>> bibtex([KDE, "efron1979"]).count("@")
        3
    """
    found = {paper.key: paper.bibtex for method in methods for paper in references(method)}
    return "".join(f"{found[key]}\n\n" for key in sorted(found))[:-1]
