"""A candidate of a comparison: a latent model with its fields, as one line of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aegen.core.errors import InvalidInput, UnknownName
from aegen.core.parameters import check
from aegen.samplers import samplers

if TYPE_CHECKING:
    from aegen.samplers import Sampler

__all__ = ["DEFAULTS", "HELD_OUT", "REFERENCES", "Candidate", "parse_all"]

REAL = "held-out"


@dataclass(frozen=True)
class Candidate:
    """A latent model by its name, and the fields in which it differs from its defaults.

    The name "held-out" stands for real rows in place of draws.

    Example:
        >>> Candidate("kde", (("bandwidth", 0.5),)).text
        'kde:bandwidth=0.5'
    """

    sampler: str
    fields: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Candidate:
        """The candidate that a line stands for: a name, then ``:field=value`` as often as needed.

        Raises:
            UnknownName: no such latent model or field.
            InvalidInput: a field out of its range, or a part that is no ``field=value``.

        Example:
            >>> Candidate.parse("empirical-beta-copula:degree=60:rows=balanced").fields
            (('degree', 60), ('rows', 'balanced'))
        """
        name, *settings = text.strip().split(":")
        if name == REAL and not settings:
            return cls(REAL)
        known = {parameter.name: parameter for parameter in samplers.parameters(name)}
        fields: dict[str, Any] = {}
        for setting in settings:
            field, equals, value = setting.partition("=")
            if not equals:
                raise InvalidInput(
                    f"fields of a latent model are written name:field=value, got {text!r}"
                )
            if field not in known:
                raise UnknownName(f"field of {name}", field, known)
            if field in fields:
                raise InvalidInput(f"{text!r} gives {field} twice: keep one")
            fields[field] = known[field].parse(value, name)
        return cls.of(name, fields)

    @classmethod
    def of(cls, sampler: str, fields: dict[str, Any]) -> Candidate:
        """One of checked fields; those that have their defaults are left out.

        Raises:
            UnknownName, InvalidInput: as `parse`.
        """
        checked = check(samplers.get(sampler), fields)
        defaults = {p.name: p.default for p in samplers.parameters(sampler)}
        return cls(sampler, tuple((name, v) for name, v in checked.items() if v != defaults[name]))

    @property
    def text(self) -> str:
        """The line that `parse` reads."""
        return ":".join([self.sampler, *(f"{name}={_word(v)}" for name, v in self.fields)])

    @property
    def title(self) -> str:
        """What people read: the model's title, and its fields in brackets."""
        if self.sampler == REAL:
            return "Real codes"
        title = samplers.documentation(self.sampler).title
        if not self.fields:  # for which nothing is loaded
            return title
        titles = {p.name: p.title for p in samplers.parameters(self.sampler)}
        fields = ", ".join(f"{titles[name].lower()} {_word(v)}" for name, v in self.fields)
        return f"{title} ({fields})"

    @property
    def slow(self) -> bool:
        """Whether its fit may take more than some seconds, as the model declares."""
        if self.sampler == REAL:
            return False
        chosen = dict(self.fields)
        return samplers.get(self.sampler).slow or any(
            chosen.get(parameter.name, parameter.default) in parameter.field.slow
            for parameter in samplers.parameters(self.sampler)
        )

    def make(self) -> Sampler:
        """The latent model, not fitted."""
        return samplers.create(self.sampler, **dict(self.fields))


def _word(value: Any) -> str:
    """A field's value as `Candidate.parse` reads it, with every digit of a number."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


HELD_OUT = Candidate(REAL)

REFERENCES = (HELD_OUT, Candidate("bootstrap"), Candidate("standard-normal"))
"""Rows that frame every table: real ones (other held-out codes, or other left-out training codes),
pure copying (training rows drawn again), and the prior that knows nothing of the codes."""

DEFAULTS = (
    Candidate("empirical-beta-copula"),
    Candidate("kde"),
    Candidate("gaussian-mixture"),
    Candidate("gaussian"),
    Candidate("independent-margins"),
)
"""The five that are compared where nobody says which: all are fitted within seconds."""


def parse_all(texts: Iterable[str]) -> tuple[Candidate, ...]:
    """Candidates from texts that hold one or several each, separated by commas.

    Raises:
        UnknownName, InvalidInput: as `Candidate.parse`; also for none at all, or one twice.

    Example:
        >>> [c.sampler for c in parse_all(["gaussian,kde:bandwidth=0.2"])]
        ['gaussian', 'kde']
    """
    found = [Candidate.parse(part) for text in texts for part in text.split(",") if part.strip()]
    if not found:
        raise InvalidInput("name at least one latent model, such as gaussian")
    for candidate in found:
        if candidate in REFERENCES:
            raise InvalidInput(f"{candidate.text} is in every comparison already: leave it out")
        if found.count(candidate) > 1:
            raise InvalidInput(f"{candidate.text} is named twice: name it once")
    return tuple(found)
