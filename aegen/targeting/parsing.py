"""Targets from text, as typed on a command line or carried by a link.

    class=7                        an attribute has a value; also class!=7, class is (not) 7
    orange hair                    a value as people call it, where the bundle is known
    thick>0.8, thick=0.2..0.8      a number lies in a range; also thick is above 0.8
    probability class=7 = 0.4..0.6  the classifier's probability lies in a range
    inside umap 1,2 3,4 5,6        a place in a projection lies in a polygon (or: box 0,0 2,1)
    near row 4711 within 2.5       a code is near to a row (or: near 0.1,0.2,... within 2.5)
    density>=20%                   in a denser place than a share of the rows
    z3=0.5, z3=0.4..0.6            a coordinate is fixed, or lies in a range

joined by "and", "or", "not" and brackets; "not" binds first, "or" last. Names and values that
could be taken for something else stand in double quotes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels
from aegen.targeting.conditions.attribute import AttributeEquals, Between
from aegen.targeting.conditions.ball import Near
from aegen.targeting.conditions.coordinate import Coordinate, Fixed
from aegen.targeting.conditions.density_level import DensityLevel
from aegen.targeting.conditions.formatting import RESERVED
from aegen.targeting.conditions.probability import Probability
from aegen.targeting.conditions.region import Region, box, region
from aegen.targeting.phrases import value_called
from aegen.targeting.target import And, Not, Or, Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["parse"]

LONGEST = 20_000
"""Characters of a text; more would be no target that a person wrote or drew."""

DEEPEST = 50
"""Brackets within brackets."""

FORMER = "chance"
"""What "probability" was called in targets before version 0.2."""

IS = "is"
"""What may stand for = between an attribute and a value."""

SPOKEN = {
    "above": (True, True),
    "at least": (True, False),
    "below": (False, True),
    "at most": (False, False),
}
"""Ranges in words: whether the number is the lower end, and whether that is left out."""

NUMBER = re.compile(r"[-+.\d]")
"""What a number begins with."""

INFINITY = math.inf

TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<sign><=|>=|!=|[=<>()])
      | (?P<word>[^\s()"=<>!]+)
    )""",
    re.VERBOSE,
)


def parse(text: str, bundle: Bundle | None = None) -> Target:
    """The target that a text stands for; ``str`` of a target is such a text.

    Args:
        text: the target.
        bundle: whose attributes and values may be called as people see them: "hair is orange", or
            "orange hair". The target has the names that the bundle's files have.

    Raises:
        InvalidInput: it stands for none; the sentence says where reading ended.
        UnknownName: an attribute or a value that the bundle does not have.

    Example:
        >>> parse("not thick>0.8 and (hair=3 or hair=4)")  # doctest: +ELLIPSIS
        And(parts=(Not(part=Between(attribute='thick', low=0.8, high=inf, strict=True)), Or(...)))
    """
    if bundle is None:
        return _Reader(text, _tokens(text)).whole()
    known = AttributeModels.of(bundle)
    return _Reader(text, _tokens(text), known).whole().spelled(bundle)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    if not isinstance(text, str) or len(text) > LONGEST:
        raise InvalidInput(f"a target must be text of at most {LONGEST:,} characters")
    found, at, whole = [], 0, text.rstrip()
    while at < len(whole):
        token = TOKEN.match(whole, at)
        if token is None:
            raise InvalidInput(
                f"cannot read {_excerpt(whole[at:])} in the target: put names and values with "
                "special characters in double quotes, and close them"
            )
        kind = str(token.lastgroup)
        read = token[kind]
        if kind == "quoted":
            read = re.sub(r"\\(.)", r"\1", read[1:-1])
        found.append(_Token(kind, read, at))
        at = token.end()
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(
        self, text: str, tokens: list[_Token], known: AttributeModels | None = None
    ) -> None:
        self.text, self.tokens, self.place, self.depth = text, tokens, 0, 0
        self.known = known

    def whole(self) -> Target:
        if not self.tokens:
            raise InvalidInput("the target is empty: write for instance class=7")
        target = self.either()
        if self.place < len(self.tokens):
            raise self.problem("there is no need for more here: join parts with 'and' or 'or'")
        return target

    def either(self) -> Target:
        return self.joined("or", self.both, Or.of)

    def both(self) -> Target:
        return self.joined("and", self.one, And.of)

    def joined(self, word: str, read: Callable[[], Target], join: Callable[..., Target]) -> Target:
        parts = [read()]
        while self.takes(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else join(*parts)

    def one(self) -> Target:
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidInput(f"a target may have {DEEPEST} brackets or nots within each other")
        target = self.inner()
        self.depth -= 1
        return target

    def inner(self) -> Target:
        if self.takes("not"):
            return ~self.one()
        if self.takes("("):
            target = self.either()
            if not self.takes(")"):
                raise self.problem("a bracket is not closed: write ) after it")
            return target
        atoms = {
            "anything": lambda: And(()),
            "inside": self.inside,
            "near": self.near,
            "probability": self.probability,
            "density": self.density,
        }
        for word, atom in atoms.items():
            if self.takes(word):
                return atom()
        after = self.following
        if self.peek("word") and self.token.text == FORMER and after and after.kind != "sign":
            raise self.problem(f"there is no condition {FORMER!r}; did you mean 'probability'?")
        return self.named()

    # atoms

    def inside(self) -> Target:
        projection = self.word("a projection, such as umap")
        if self.takes("box"):
            low, high = self.pair(), self.pair()
            return box(projection, low, high)
        polygon = []
        while self.peek_name():
            polygon.append(self.pair())
        return region(projection, polygon) if polygon else Region(projection, ())

    def near(self) -> Target:
        if self.takes("row"):
            text = self.word("the number of a row")
            if not re.fullmatch(r"\d{1,18}", text):
                raise InvalidInput(f"a row must be a whole number, got {text!r}")
            centre: int | tuple[float, ...] = int(text)
        else:
            centre = tuple(map(self.number, self.word("a row or a code").split(",")))
        if not self.takes("within"):
            raise self.problem("a distance is missing: write for instance near row 3 within 2.5")
        return Near(centre, self.number(self.word("a distance")))

    def probability(self) -> Target:
        name = self.name()
        if not self.takes("="):
            raise self.problem("write for instance probability class=7 >= 0.9")
        value = self.value()
        low, high, _ = self.range()
        return Probability(
            name,
            value,
            max(low, 0.0) if low == -INFINITY else low,
            min(high, 1.0) if high == INFINITY else high,
        )

    def density(self) -> Target:
        low, high, _ = self.range()
        return DensityLevel(0.0 if low == -INFINITY else low, 1.0 if high == INFINITY else high)

    def named(self) -> Target:
        quoted = self.peek("quoted")
        name = self.name()
        index = None if quoted else re.fullmatch(r"z(\d{1,9})", name)
        if self.takes(IS):
            negated = self.takes("not")
            found = self.spoken_range(name) or AttributeEquals(name, self.value())
            return ~found if negated else found
        if self.known is not None and not self.peek("sign"):
            return AttributeEquals(*value_called(self.known, name))
        if self.takes("!="):
            return Not(AttributeEquals(name, self.value()))
        if not self.ranged() and self.takes("="):
            if index is None:
                return AttributeEquals(name, self.value())
            return Fixed(int(index[1]), self.number(self.word("a number")))
        low, high, strict = self.range()
        if index is None:
            return Between(name, low, high, strict)
        return Coordinate(int(index[1]), low, high, strict)

    def spoken_range(self, name: str) -> Target | None:
        """A range of a number in words after "is", where there is one."""
        for words, (least, strict) in SPOKEN.items():
            if self.says(words):
                end = self.number(self.word("a number"))
                ends = (end, INFINITY) if least else (-INFINITY, end)
                return Between(name, *ends, strict)
        if not self.says("from"):
            return None
        low = self.number(self.word("a number"))
        if not self.takes("to"):
            raise self.problem("write for instance slant is from 0.2 to 0.8")
        return Between(name, low, self.number(self.word("a number")))

    # pieces

    @property
    def token(self) -> _Token:
        """The next token; there must be one."""
        return self.tokens[self.place]

    @property
    def following(self) -> _Token | None:
        """The token after the next, if there is one."""
        return self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else None

    def ranged(self) -> bool:
        """Whether after the next token, a sign, two ends of a range follow."""
        after = self.following
        return after is not None and after.kind == "word" and ".." in after.text

    def range(self) -> tuple[float, float, bool]:
        """Least, largest, and whether the ends are left out."""
        for sign in ("<=", ">=", "<", ">", "="):
            if self.takes(sign):
                break
        else:
            raise self.problem("write =, < or > and a value after it")
        text = self.word("a number")
        if sign == "=":
            ends = text.split("..")
            if len(ends) != 2:
                raise InvalidInput(f"a range must be written as 0.2..0.8, got {text!r}")
            return self.number(ends[0]), self.number(ends[1]), False
        end = self.number(text)
        return (-INFINITY, end, sign == "<") if sign[0] == "<" else (end, INFINITY, sign == ">")

    def name(self) -> str:
        """One quoted name, or words up to "is", a sign or a joining word."""
        if not (self.peek_name() or self.peek("quoted")):
            raise self.problem("an attribute is missing: write for instance class=7")
        words = [self.read()]
        while self.tokens[self.place - 1].kind == "word" and self.peek_name():
            if self.token.text == IS:
                break
            words.append(self.read())
        return " ".join(words)

    def value(self) -> str:
        """One quoted value, or words up to the next sign or joining word."""
        if self.peek("quoted"):
            return self.read()
        words = []
        while self.peek_name():
            words.append(self.read())
        if not words:
            raise self.problem("a value is missing: write for instance class=7")
        return " ".join(words)

    def pair(self) -> tuple[float, float]:
        text = self.word("a corner x,y")
        parts = text.split(",")
        if len(parts) != 2:
            raise InvalidInput(f"a corner must be written as x,y without a space, got {text!r}")
        return self.number(parts[0]), self.number(parts[1])

    def number(self, text: str) -> float:
        percent = text.endswith("%")
        try:
            x = float(text.removesuffix("%"))
        except ValueError:
            raise InvalidInput(f"{_excerpt(text)} in the target must be a number") from None
        return x / 100 if percent else x

    def word(self, what: str) -> str:
        if not self.peek("word"):
            raise self.problem(f"{what} is missing")
        return self.read()

    def read(self) -> str:
        """The text of the next token; there must be one."""
        self.place += 1
        return self.tokens[self.place - 1].text

    def peek(self, kind: str) -> bool:
        return self.place < len(self.tokens) and self.token.kind == kind

    def peek_name(self) -> bool:
        return self.peek("word") and self.token.text not in RESERVED

    def takes(self, text: str) -> bool:
        """Whether the next token is this one, unquoted; it is then read."""
        if self.place == len(self.tokens) or self.peek("quoted") or self.token.text != text:
            return False
        self.place += 1
        return True

    def says(self, words: str) -> bool:
        """Whether these words come next, and then a number; they are then read."""
        wanted = words.split()
        ahead = self.tokens[self.place : self.place + len(wanted) + 1]
        fits = [token.text for token in ahead[:-1]] == wanted and NUMBER.match(ahead[-1].text)
        self.place += len(wanted) if fits else 0
        return bool(fits)

    def problem(self, what: str) -> InvalidInput:
        if self.place < len(self.tokens):
            where = f"before {_excerpt(self.text[self.token.at :].strip())}"
        else:
            where = "at its end"
        return InvalidInput(f"the target cannot be read {where}: {what}")


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:23] + "…")
