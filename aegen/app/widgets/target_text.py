"""A target as people say it, and one more condition for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from aegen.app import services
from aegen.app.row_selection import Area, AttributeEquals, Selection
from aegen.app.state import link, map
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.targeting import Between, Target

__all__ = ["add", "alternatives", "condition", "title", "words", "words_of"]


def words(target: Target, name: str = "") -> str:
    """A target as people say it, with the names that the bundle ``name`` has for its values.

    Example:
        >>> from aegen.targeting import parse
        >>> words(parse("(class=4 or class=9) and not density<=20%"))
        'class is 4 or 9 and not in a denser place than 0 to 20 % of the rows'
        >>> words(parse("not (hair=1 and body=2) and (hair=3 or z3>0)"))
        'not (hair is 1 and body is 2) and (hair is 3 or z3>0)'
    """
    from aegen import targeting as t

    match target:
        case t.And(parts=()):
            return "anything"
        case t.And():
            return " and ".join(_inner(part, name) for part in target.parts)
        case t.Or() if len(groups := alternatives(target)) > 1:
            return " or ".join(_inner(part, name) for part in groups)
        case t.Or():
            parts: tuple[Any, ...] = target.parts
            values = " or ".join(title(name, part.attribute, part.value) for part in parts)
            return f"{title(name, parts[0].attribute)} is {values}"
        case t.Not(part=t.AttributeEquals() as part):
            return words(part, name).replace(" is ", " is not ", 1)
        case t.Not(part=t.Or() as part) if len(alternatives(part)) == 1:
            return words(part, name).replace(" is ", " is not ", 1)
        case t.Not():
            return f"not {_inner(target.part, name)}"
        case t.AttributeEquals():
            value = title(name, target.attribute, target.value)
            return f"{title(name, target.attribute)} is {value}"
        case t.Probability():
            low, high = 100 * target.low, 100 * target.high
            value = title(name, target.attribute, target.value)
            return f"{title(name, target.attribute)} {value} is {low:.0f} to {high:.0f} % likely"
        case t.Between():
            return f"{title(name, target.attribute)} is {_range(target)}"
        case t.Region() if kept := _kept_as(target):
            return f"inside “{kept}”"
        case t.Region():
            where = target.projection.upper().replace("-", " ")
            return f"inside an area of the {where} map"
        case t.Near():
            whom = "your picture" if isinstance(target.centre, tuple) else f"row {target.centre:,}"
            return f"near {whom}"
        case t.DensityLevel():
            low, high = 100 * target.low, 100 * target.high
            if high == 100:
                return f"in a denser place than {low:.0f} % of the rows"
            return f"in a denser place than {low:.0f} to {high:.0f} % of the rows"
    return str(target)


def _range(target: Between) -> str:
    """A range of a number in words.

    Example:
        >>> from aegen.targeting import parse
        >>> words(parse("slant>0.3 and width=2..9.5"))
        'slant is above 0.3 and width is from 2 to 9.5'
    """
    low, high = f"{target.low:.4g}", f"{target.high:.4g}"
    if math.isinf(target.high):
        return f"above {low}" if target.strict else f"at least {low}"
    if math.isinf(target.low):
        return f"below {high}" if target.strict else f"at most {high}"
    return f"from {low} to {high}"


def title(name: str, attribute: str, value: str | None = None) -> str:
    """An attribute, or one of its values, as the bundle ``name`` calls it, or as it is."""
    if name:
        return services.values.title(name, attribute, value)
    return attribute if value is None else value


def condition(chosen: Selection) -> Target:
    """Rows that were selected, as a condition of a target."""
    from aegen import targeting

    if isinstance(chosen, AttributeEquals):
        return targeting.AttributeEquals(chosen.attribute, chosen.value)
    return targeting.Region(chosen.projection, chosen.polygon)


def _kept_as(region: Target) -> str | None:
    """The name that the person gave to an area."""
    text = str(region)
    named = ((name, each) for name, each in map.kept.get() if isinstance(each, Area))
    return next((name for name, each in named if str(condition(each)) == text), None)


def _inner(part: Target, name: str) -> str:
    """The words of a part beside others, in brackets where it joins several things."""
    from aegen.targeting import And, Or

    several = isinstance(part, And) and len(part.parts) > 1
    if several or (isinstance(part, Or) and len(alternatives(part)) > 1):
        return f"({words(part, name)})"
    return words(part, name)


def alternatives(target: Any) -> list[Target]:
    """What a target joins by "or"; the values of one attribute count as one thing."""
    from aegen.targeting import AttributeEquals, Or

    groups: dict[Any, list[Target]] = {}
    for part in target.parts:
        groups.setdefault(
            part.attribute if isinstance(part, AttributeEquals) else part, []
        ).append(part)
    return [Or.of(*group) for group in groups.values()]


def words_of(name: str, text: str) -> str:
    """The words of a target's text; the text itself where it stands for none in this bundle."""
    try:
        return words(services.targets.target_of(name, text), name)
    except AegenError:
        return text


def add(item: link.Item[str], new: Target) -> None:
    """One more condition, beside those that there are."""
    from aegen.targeting import And, parse

    text = item.get()
    item.set(str(And.of(parse(text), new)) if text else str(new))
